//! Checkpoints: one file per shard, chunks with checksums, complete only once it has its name.
//! Refuses half ones: a file is written aside, synced and renamed, and read only when every
//! checksum is right. A start removes one that is damaged: the log has everything without it.
//!
//! Layout: per chunk `length (4), CRC-32C (4), bytes`; then `u32::MAX`, the number of chunks (8),
//! and a CRC over the directory's number, shard, sequence and that number (4): a file under another
//! one's name is noticed, and another directory's.

use std::fs::{self, File};
use std::io::{BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files;
use super::manifest::Ledger;
use crate::{CheckpointChunks, JournalError, Sequence, Shard};

const DIR: &str = "checkpoints";
const EXTENSION: &str = "ckpt";
const END: u32 = u32::MAX;

/// The checkpoint files of a data directory.
#[derive(Debug)]
pub(super) struct Checkpoints {
    dir: PathBuf,
    /// The number of the data directory.
    id: u64,
    ledger: Option<Arc<Ledger>>,
    /// Per shard up to where the one reaches that a start found good; 0: none.
    proven: Vec<u64>,
}

impl Checkpoints {
    /// `ledger`: who is told of each; `None` for a look. `proven`: see [`Examined::good`].
    pub(super) fn open(
        dir: &Path,
        id: u64,
        ledger: Option<Arc<Ledger>>,
        proven: Vec<u64>,
        removed: &mut Vec<PathBuf>,
    ) -> Result<Self, JournalError> {
        let dir = dir.join(DIR);
        files::create_dir(&dir)?;
        files::remove_unfinished(&dir, removed)?;
        Ok(Self {
            dir,
            id,
            ledger,
            proven,
        })
    }

    /// Writes a checkpoint, and removes the shard's older ones once it is durable.
    pub(super) fn write(
        &self,
        shard: Shard,
        upto: Sequence,
        chunks: &mut dyn Iterator<Item = Vec<u8>>,
    ) -> Result<(), JournalError> {
        let name = Name {
            shard: shard.0,
            upto: upto.0,
        };
        files::replace(&name.path(&self.dir), |writer| {
            write_chunks(writer, name, self.id, chunks)
        })?;
        self.ledger
            .as_ref()
            .map_or(Ok(()), |ledger| ledger.checkpointed(shard, upto.0))?;
        for (other, older) in list(&self.dir)? {
            if other.shard == shard.0 && other.upto < upto.0 {
                fs::remove_file(&older).map_err(JournalError::io("remove", &older))?;
            }
        }
        Ok(())
    }

    /// The newest checkpoint, checked in full.
    pub(super) fn latest(
        &self,
        shard: Shard,
    ) -> Result<Option<(Sequence, CheckpointChunks)>, JournalError> {
        let newest = list(&self.dir)?
            .into_iter()
            .rfind(|(name, _)| name.shard == shard.0);
        let Some((name, path)) = newest else {
            return Ok(None);
        };
        if self.proven.get(usize::from(shard.0)) != Some(&name.upto) {
            check(&path, name, self.id)?;
        }
        Ok(Some((
            Sequence(name.upto),
            Box::new(Chunks::open(&path, name, self.id)?),
        )))
    }
}

/// Per shard what its newest checkpoint covers by its name; 0 when it has none.
pub(super) fn covered(data: &Path, shards: usize) -> Result<Vec<u64>, JournalError> {
    let mut covered = vec![0; shards];
    for (name, _) in listed(data)? {
        if let Some(upto) = covered.get_mut(usize::from(name.shard)) {
            *upto = name.upto.max(*upto);
        }
    }
    Ok(covered)
}

/// What a start finds of checkpoints.
#[derive(Debug, Default)]
pub(super) struct Examined {
    /// Per shard what its newest good one covers; 0 when it has none.
    pub(super) good: Vec<u64>,
    /// Those that are damaged.
    pub(super) bad: Vec<PathBuf>,
}

/// Reads every checkpoint. Not being able to read one is a damage too: it costs time only.
pub(super) fn examine(data: &Path, id: u64, shards: usize) -> Result<Examined, JournalError> {
    let mut examined = Examined {
        good: vec![0; shards],
        bad: Vec::new(),
    };
    for (name, path) in listed(data)? {
        let good = examined.good.get_mut(usize::from(name.shard));
        match (good, check(&path, name, id)) {
            (Some(good), Ok(())) => *good = name.upto.max(*good),
            (None, _) | (_, Err(_)) => examined.bad.push(path),
        }
    }
    Ok(examined)
}

/// Reads a checkpoint to its end.
fn check(path: &Path, name: Name, id: u64) -> Result<(), JournalError> {
    Chunks::open(path, name, id)?.try_for_each(|chunk| chunk.map(drop))
}

/// The checkpoints of a data directory, whether it has a place for them or not.
fn listed(data: &Path) -> Result<Vec<(Name, PathBuf)>, JournalError> {
    let dir = data.join(DIR);
    if !fs::exists(&dir).map_err(JournalError::io("look for", &dir))? {
        return Ok(Vec::new());
    }
    // What a killed process left may have its name in the page cache alone; what is counted here is
    // promised elsewhere.
    files::sync_dir(&dir)?;
    list(&dir)
}

/// Where a shard's checkpoint stands.
pub(super) fn path(data: &Path, shard: Shard, upto: Sequence) -> PathBuf {
    Name {
        shard: shard.0,
        upto: upto.0,
    }
    .path(&data.join(DIR))
}

#[derive(Clone, Copy)]
struct Name {
    shard: u16,
    upto: u64,
}

impl Name {
    fn path(&self, dir: &Path) -> PathBuf {
        dir.join(format!("{:05}-{:020}.{EXTENSION}", self.shard, self.upto))
    }

    /// The checksum of what a file under this name ends with.
    fn end_checksum(&self, id: u64, count: u64) -> u32 {
        let numbers = [id, u64::from(self.shard), self.upto, count];
        numbers.iter().fold(0, |crc, number| {
            crc32c::crc32c_append(crc, &number.to_le_bytes())
        })
    }
}

/// The complete checkpoints of all shards, each shard's oldest first.
fn list(dir: &Path) -> Result<Vec<(Name, PathBuf)>, JournalError> {
    let parse = |path: &Path| {
        let name = path
            .file_name()?
            .to_str()?
            .strip_suffix(EXTENSION)?
            .strip_suffix('.')?;
        let (shard, upto) = name.split_once('-')?;
        Some(Name {
            shard: shard.parse().ok()?,
            upto: upto.parse().ok()?,
        })
    };
    Ok(files::list(dir)?
        .into_iter()
        .filter_map(|path| Some((parse(&path)?, path)))
        .collect())
}

fn write_chunks(
    writer: &mut dyn Write,
    name: Name,
    id: u64,
    chunks: &mut dyn Iterator<Item = Vec<u8>>,
) -> std::io::Result<()> {
    let mut count = 0_u64;
    for chunk in chunks {
        let length = u32::try_from(chunk.len())
            .ok()
            .filter(|length| *length < END);
        let length = length.ok_or_else(|| std::io::Error::from(ErrorKind::FileTooLarge))?;
        writer.write_all(&length.to_le_bytes())?;
        writer.write_all(&crc32c::crc32c(&chunk).to_le_bytes())?;
        writer.write_all(&chunk)?;
        count += 1;
    }
    writer.write_all(&END.to_le_bytes())?;
    writer.write_all(&count.to_le_bytes())?;
    writer.write_all(&name.end_checksum(id, count).to_le_bytes())
}

/// Reads chunks one at a time, so that a large checkpoint never stands in memory as a whole.
struct Chunks {
    path: PathBuf,
    reader: BufReader<File>,
    name: Name,
    id: u64,
    left: u64,
    read: u64,
    done: bool,
}

impl Chunks {
    fn open(path: &Path, name: Name, id: u64) -> Result<Self, JournalError> {
        let file = File::open(path).map_err(JournalError::io("open", path))?;
        let left = file
            .metadata()
            .map_err(JournalError::io("look at", path))?
            .len();
        Ok(Self {
            path: path.to_owned(),
            reader: BufReader::new(file),
            name,
            id,
            left,
            read: 0,
            done: false,
        })
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], JournalError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), JournalError> {
        self.left = self
            .left
            .checked_sub(bytes.len() as u64)
            .ok_or_else(|| self.damaged())?;
        self.reader
            .read_exact(bytes)
            .map_err(JournalError::io("read", &self.path))
    }

    fn damaged(&self) -> JournalError {
        JournalError::DamagedFile {
            path: self.path.clone(),
        }
    }

    fn read_next(&mut self) -> Result<Option<Vec<u8>>, JournalError> {
        let length = u32::from_le_bytes(self.bytes()?);
        if length == END {
            return self.check_end().map(|()| None);
        }
        let crc = u32::from_le_bytes(self.bytes()?);
        if u64::from(length) > self.left {
            return Err(self.damaged()); // before the buffer is made
        }
        let mut chunk = vec![0; length as usize];
        self.fill(&mut chunk)?;
        self.read += 1;
        if crc32c::crc32c(&chunk) == crc {
            Ok(Some(chunk))
        } else {
            Err(self.damaged())
        }
    }

    fn check_end(&mut self) -> Result<(), JournalError> {
        let count = self.bytes::<8>()?;
        let crc = u32::from_le_bytes(self.bytes()?);
        let count = u64::from_le_bytes(count);
        if self.name.end_checksum(self.id, count) == crc && count == self.read && self.left == 0 {
            Ok(())
        } else {
            Err(self.damaged())
        }
    }
}

impl Iterator for Chunks {
    type Item = Result<Vec<u8>, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let next = self.read_next().transpose();
        self.done = !matches!(next, Some(Ok(_)));
        next
    }
}
