//! Where each record of a generation stands. In memory while the generation grows, some two bytes a
//! record; in a file of its own once it is sealed, four. Refuses to be the only copy: a bad or
//! missing file is made again from the log.
//!
//! The file: format (8), length of the log (8), groups (8), shards (8); per shard records (8) and
//! bytes (8); then the offsets (4 each), shard after shard; and a CRC-32C (4). It is not synced,
//! which is what its checksum is for.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use parking_lot::RwLock;

use super::files;
use super::frame::{Mark, Salt};
use super::offsets::Offsets;
use crate::{JournalError, Sequence, Shard};

const NAME: &str = "index";
/// 2: its checksum begins with the salt of the log, so that another generation's index does not
/// fit.
const FORMAT: u64 = 2;
const HEAD_NUMBERS: usize = 4;

/// The part of a generation that one shard has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) offsets: Offsets,
    pub(super) bytes: u64,
}

/// How much of a shard is in a generation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) records: u64,
    pub(super) bytes: u64,
}

/// The index of a generation.
pub(super) struct Index {
    starts: Vec<u64>,
    place: RwLock<Place>,
}

enum Place {
    Memory(Vec<Column>),
    File(Sealed),
}

struct Sealed {
    path: PathBuf,
    file: File,
    extents: Vec<Extent>,
    /// Per shard where its first offset stands in the file.
    columns: Vec<u64>,
}

impl Index {
    /// An index in memory.
    pub(super) fn growing(starts: &[u64], columns: Vec<Column>) -> Self {
        Self {
            starts: starts.to_vec(),
            place: RwLock::new(Place::Memory(columns)),
        }
    }

    /// The index of a sealed generation from its file; `None` when there is none that can be read
    /// and fits. Gives the number of bytes and groups of the log too.
    pub(super) fn open(
        dir: &Path,
        salt: Salt,
        starts: &[u64],
    ) -> Result<Option<(Self, u64, u64)>, JournalError> {
        let path = dir.join(NAME);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                if error.kind() != ErrorKind::NotFound {
                    tracing::warn!(path = %path.display(), %error, "an index cannot be read, it is made again from its log");
                }
                return Ok(None);
            }
        };
        let Some((end, groups, extents)) = heads(&bytes, salt, starts.len()) else {
            return Ok(None);
        };
        let place = RwLock::new(Place::File(Sealed::new(path, extents)?));
        Ok(Some((
            Self {
                starts: starts.to_vec(),
                place,
            },
            end,
            groups,
        )))
    }

    /// Whether a generation has a file for it, right or not.
    pub(super) fn exists(dir: &Path) -> bool {
        dir.join(NAME).exists()
    }

    /// Where its file stands.
    pub(super) fn file(dir: &Path) -> PathBuf {
        dir.join(NAME)
    }

    /// Adds the records of a group that begins at `base`.
    pub(super) fn add(&self, base: u64, marks: &[Mark]) {
        let Place::Memory(columns) = &mut *self.place.write() else {
            return;
        };
        for mark in marks {
            let column = &mut columns[usize::from(mark.shard.0)];
            column.offsets.push((base + u64::from(mark.offset)) as u32);
            column.bytes += u64::from(mark.bytes);
        }
    }

    /// Moves the index to its file. A failure to write leaves it in memory.
    pub(super) fn seal(
        &self,
        dir: &Path,
        salt: Salt,
        end: u64,
        groups: u64,
    ) -> Result<(), JournalError> {
        let (bytes, extents): (_, Vec<Extent>) = match &*self.place.read() {
            Place::Memory(columns) => (
                encode(columns, salt, end, groups),
                columns.iter().map(Column::extent).collect(),
            ),
            Place::File(_) => return Ok(()),
        };
        let path = dir.join(NAME);
        files::replace_unsynced(&path, |file| file.write_all(&bytes))?;
        *self.place.write() = Place::File(Sealed::new(path, extents)?);
        Ok(())
    }

    /// Up to `most` offsets of the shard from a sequence on, into `offsets`.
    pub(super) fn offsets(
        &self,
        shard: Shard,
        from: Sequence,
        most: usize,
        offsets: &mut Vec<u32>,
    ) -> Result<(), JournalError> {
        offsets.clear();
        let index = usize::from(shard.0);
        let Some(skip) = from.0.checked_sub(self.starts[index]) else {
            return Ok(());
        };
        // The committer waits for this lock: whoever reads much gives way, and must not be stopped
        // while it holds it for long.
        let part = match &*self.place.read() {
            Place::Memory(columns) => columns[index].offsets.part(skip as usize, most),
            Place::File(sealed) => return sealed.offsets(index, skip, most, offsets),
        };
        offsets.extend(part.into_offsets().take(most));
        Ok(())
    }

    /// The last sequence of each shard; one before its start when it has none here.
    pub(super) fn lasts(&self) -> Vec<u64> {
        self.starts
            .iter()
            .enumerate()
            .map(|(shard, start)| start + self.extent(shard).records - 1)
            .collect()
    }

    /// How much of a shard is in here.
    pub(super) fn extent(&self, shard: usize) -> Extent {
        match &*self.place.read() {
            Place::Memory(columns) => columns[shard].extent(),
            Place::File(sealed) => sealed.extents[shard],
        }
    }
}

impl Column {
    fn extent(&self) -> Extent {
        Extent {
            records: self.offsets.len() as u64,
            bytes: self.bytes,
        }
    }
}

impl Sealed {
    fn new(path: PathBuf, extents: Vec<Extent>) -> Result<Self, JournalError> {
        let file = File::open(&path).map_err(JournalError::io("open", &path))?;
        let columns = columns(&extents);
        Ok(Self {
            path,
            file,
            extents,
            columns,
        })
    }

    fn offsets(
        &self,
        shard: usize,
        skip: u64,
        most: usize,
        offsets: &mut Vec<u32>,
    ) -> Result<(), JournalError> {
        let count = self.extents[shard]
            .records
            .saturating_sub(skip)
            .min(most as u64) as usize;
        let mut bytes = vec![0; count * 4];
        let at = self.columns[shard] + skip * 4;
        self.file
            .read_exact_at(&mut bytes, at)
            .map_err(JournalError::io("read", &self.path))?;
        offsets.extend(
            bytes
                .as_chunks::<4>()
                .0
                .iter()
                .map(|offset| u32::from_le_bytes(*offset)),
        );
        Ok(())
    }
}

fn encode(columns: &[Column], salt: Salt, end: u64, groups: u64) -> Vec<u8> {
    let head = [FORMAT, end, groups, columns.len() as u64].into_iter();
    let extents = columns
        .iter()
        .flat_map(|column| [column.offsets.len() as u64, column.bytes]);
    let mut bytes: Vec<u8> = head.chain(extents).flat_map(u64::to_le_bytes).collect();
    columns
        .iter()
        .flat_map(|column| column.offsets.iter_from(0))
        .for_each(|offset| bytes.extend_from_slice(&offset.to_le_bytes()));
    let crc = salt.of(&bytes);
    bytes.extend_from_slice(&crc.to_le_bytes());
    bytes
}

/// The length of the log, its groups and the extents, from a file that is right in every byte.
fn heads(bytes: &[u8], salt: Salt, shards: usize) -> Option<(u64, u64, Vec<Extent>)> {
    let (content, crc) = bytes.split_last_chunk::<4>()?;
    if salt.of(content) != u32::from_le_bytes(*crc) {
        return None;
    }
    let (numbers, _) = content
        .get(..(HEAD_NUMBERS + 2 * shards) * 8)?
        .as_chunks::<8>();
    let mut numbers = numbers.iter().map(|number| u64::from_le_bytes(*number));
    let (format, end, groups, stored) = (
        numbers.next()?,
        numbers.next()?,
        numbers.next()?,
        numbers.next()?,
    );
    if format != FORMAT || stored != shards as u64 {
        return None;
    }
    let mut extents = Vec::with_capacity(shards);
    while let (Some(records), Some(bytes)) = (numbers.next(), numbers.next()) {
        extents.push(Extent { records, bytes });
    }
    let records: u64 = extents.iter().map(|extent| extent.records).sum();
    let whole = content.len() as u64 == ((HEAD_NUMBERS + 2 * shards) * 8) as u64 + records * 4;
    whole.then_some((end, groups, extents))
}

fn columns(extents: &[Extent]) -> Vec<u64> {
    let first = ((HEAD_NUMBERS + 2 * extents.len()) * 8) as u64;
    let begin = |at: &mut u64, extent: &Extent| {
        let column = *at;
        *at += extent.records * 4;
        Some(column)
    };
    extents.iter().scan(first, begin).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> Index {
        let index = Index::growing(&[1, 5, 9], vec![Column::default(); 3]);
        let mark = |shard, offset, bytes| Mark {
            shard: Shard(shard),
            offset,
            bytes,
        };
        index.add(100, &[mark(0, 28, 3), mark(0, 40, 4), mark(2, 60, 5)]);
        index.add(1000, &[mark(0, 28, 1), mark(1, 44, 9)]);
        index
    }

    fn offsets(index: &Index, shard: u16, from: u64, most: usize) -> Vec<u32> {
        let mut offsets = vec![7];
        index
            .offsets(Shard(shard), Sequence(from), most, &mut offsets)
            .expect("read");
        offsets
    }

    fn all(index: &Index) -> Vec<Vec<u32>> {
        let asked = [
            (0, 1, 9),
            (0, 2, 1),
            (0, 4, 9),
            (1, 5, 9),
            (1, 4, 9),
            (2, 9, 9),
            (2, 10, 9),
        ];
        asked
            .iter()
            .map(|(shard, from, most)| offsets(index, *shard, *from, *most))
            .collect()
    }

    #[test]
    fn it_says_the_same_from_memory_and_from_its_file() {
        let dir = tempfile::tempdir().expect("a directory");
        let index = index();
        let expected = vec![
            vec![128, 140, 1028],
            vec![140],
            vec![],
            vec![1044],
            vec![],
            vec![160],
            vec![],
        ];
        assert_eq!(all(&index), expected);
        index
            .seal(dir.path(), Salt::new(3), 5000, 2)
            .expect("sealed");
        assert!(matches!(&*index.place.read(), Place::File(_)));
        assert_eq!(all(&index), expected);
        let (opened, end, groups) = Index::open(dir.path(), Salt::new(3), &[1, 5, 9])
            .expect("read")
            .expect("there");
        assert_eq!((all(&opened), end, groups), (expected, 5000, 2));
        assert_eq!(
            opened.extent(0),
            Extent {
                records: 3,
                bytes: 8
            }
        );
    }

    #[test]
    fn a_file_that_is_not_right_in_every_byte_is_not_there() {
        let dir = tempfile::tempdir().expect("a directory");
        index()
            .seal(dir.path(), Salt::new(3), 5000, 2)
            .expect("sealed");
        let path = dir.path().join(NAME);
        let bytes = fs::read(&path).expect("read");
        for at in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[at] ^= 1;
            fs::write(&path, bad).expect("written");
            assert!(
                Index::open(dir.path(), Salt::new(3), &[1, 5, 9])
                    .expect("read")
                    .is_none(),
                "byte {at}"
            );
            fs::write(&path, &bytes[..at]).expect("written");
            assert!(
                Index::open(dir.path(), Salt::new(3), &[1, 5, 9])
                    .expect("read")
                    .is_none(),
                "cut at {at}"
            );
        }
        fs::write(&path, &bytes).expect("written");
        assert!(
            Index::open(dir.path(), Salt::new(3), &[1, 5])
                .expect("read")
                .is_none(),
            "another number of shards"
        );
        assert!(
            Index::open(dir.path(), Salt::new(4), &[1, 5, 9])
                .expect("read")
                .is_none(),
            "another log"
        );
        assert!(
            Index::open(dir.path(), Salt::new(3), &[1, 5, 9])
                .expect("read")
                .is_some()
        );
    }
}
