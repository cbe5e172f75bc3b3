//! The keyed table beside the log: profiles, passivated tenants and the like, in a sled directory
//! of its own. Refuses to be the only copy of anything: it can be rebuilt from the log, and says up
//! to where it is complete. That it says nothing wrong is proven at every start ([`Table::prove`]);
//! a table that is not what it claims is emptied, and the shards fill it again from the log.
//!
//! A value is written as one atomic sled batch. The watermark is an entry of the same tree,
//! written, flushed and synced after what it covers is: it can never be newer than the values.
//! Barriers come in between too: what is put between two is a small part of a segment, for sled
//! reuses segments whether what left them is durable or not.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use parking_lot::{Mutex, RwLock};

use super::entry::{self, HEAD_BYTES, Head, Kind, OWNER_KEY, Sum, Watermark};
use super::files;
use super::options::Options;
use super::report::{Repaired, Repairs};
use super::store::{Seal, Store};
use crate::{JournalError, MAX_KEY_BYTES, MAX_VALUE_BYTES, Sequence, Shard};

pub(super) const DIR: &str = "table";
/// The part of a segment that is put between two barriers at most. sled writes a page again every
/// few changes of it: some four bytes of its log for each byte that is put, a quarter of a segment.
const BARRIER_PART: usize = 16;

/// What a table is held against.
pub(super) struct Expected<'a> {
    /// The number of the data directory.
    pub(super) id: u64,
    /// Per shard its last record.
    pub(super) lasts: &'a [u64],
    /// Per shard the oldest record that is kept.
    pub(super) marks: &'a [u64],
    /// Whether there was no table yet, or one of the format before this.
    pub(super) is_first: bool,
}

/// The open table.
pub(super) struct Table {
    store: Store,
    id: u64,
    /// A get must not see half of a put.
    locks: Box<[RwLock<()>]>,
    /// Per shard what was put and what is claimed: one writer at a time.
    books: Box<[Mutex<Books>]>,
    applied: Box<[AtomicU64]>,
    /// One sync at a time.
    syncing: Mutex<()>,
    /// Bytes put since the last barrier began, and from how many on there is one.
    unsynced: AtomicUsize,
    most_unsynced: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Books {
    /// The last watermark's number.
    mark: u64,
    /// Of all values.
    sum: Sum,
}

impl Table {
    /// Opens the table and proves it. Makes it anew when it is not there, or is not what it claims:
    /// then from nothing, to be filled from the log.
    pub(super) fn open(
        data: &Path,
        options: &Options,
        expected: &Expected<'_>,
        repairs: &mut Repairs,
        removed: &mut Vec<PathBuf>,
    ) -> Result<Self, JournalError> {
        let dir = data.join(DIR);
        let is_there = std::fs::exists(&dir).map_err(JournalError::io("look for", &dir))?;
        if !is_there && expected.is_first {
            return Self::create(&dir, options, expected.id);
        }
        let why = match Self::open_proven(&dir, options, expected, removed)? {
            Ok(table) => return Ok(table),
            Err(why) => why,
        };
        if !expected.is_first {
            let trimmed = expected.marks.iter().any(|mark| *mark > 1);
            let remedy = match (trimmed, options.rebuild_table) {
                (true, _) => {
                    "what it was made from is forgotten already, so it cannot be made again: restore the directory from a copy"
                }
                (false, false) => "the log has everything; a start makes it anew from there",
                (false, true) => "",
            };
            if !remedy.is_empty() {
                return Err(JournalError::Table {
                    path: dir,
                    why,
                    remedy,
                });
            }
            repairs.add(
                Repaired::Table,
                &dir,
                format!("{why}: emptied, and filled again from the log"),
            );
        }
        if is_there {
            files::remove_dir(&dir)?;
        }
        Self::create(&dir, options, expected.id)
    }

    fn create(dir: &Path, options: &Options, id: u64) -> Result<Self, JournalError> {
        let own = |tree: &sled::Tree| tree.insert(OWNER_KEY, &id.to_le_bytes()).map(drop);
        let seal = Seal {
            segment_bytes: options.segment_bytes,
            id,
        };
        let store = Store::create(dir, &seal, options.cache_bytes, options, own)?;
        Ok(Self::around(store, &seal, options.shards))
    }

    fn around(store: Store, seal: &Seal, shards: u16) -> Self {
        Self {
            store,
            id: seal.id,
            locks: (0..shards).map(|_| RwLock::new(())).collect(),
            books: (0..shards).map(|_| Mutex::default()).collect(),
            applied: (0..shards).map(|_| AtomicU64::new(0)).collect(),
            syncing: Mutex::new(()),
            unsynced: AtomicUsize::new(0),
            most_unsynced: seal.segment_bytes / BARRIER_PART,
        }
    }

    /// The table, or why it cannot be trusted. An error is one of the disk.
    fn open_proven(
        dir: &Path,
        options: &Options,
        expected: &Expected<'_>,
        removed: &mut Vec<PathBuf>,
    ) -> Result<Result<Self, String>, JournalError> {
        let mut tried = || {
            let Some(seal) = Store::seal(dir)? else {
                return Ok(Err("was not made completely, or its start is gone".into()));
            };
            if seal.id != expected.id {
                return Ok(Err("belongs to another data directory".into()));
            }
            let store = Store::open(dir, &seal, options.cache_bytes, options, removed)?;
            let table = Self::around(store, &seal, options.shards);
            Ok(table.prove(expected)?.map(|()| table))
        };
        match tried() {
            Ok(found) => Ok(found),
            Err(error) if is_damage(&error) => Ok(Err(format!("is damaged ({error})"))),
            Err(error) => Err(error),
        }
    }

    /// Reads everything and holds it against the watermarks: every value that one covers is there,
    /// every value is right, and no watermark claims what the log does not have. Says what is
    /// wrong.
    fn prove(&self, expected: &Expected<'_>) -> Result<Result<(), String>, JournalError> {
        let owner = self
            .store
            .ask("read its owner", |tree| tree.get(OWNER_KEY))?;
        if owner.as_deref() != Some(&self.id.to_le_bytes()[..]) {
            return Ok(Err(
                "lost what it held, or holds another data directory's".into()
            ));
        }
        let mut marks = Vec::with_capacity(self.books.len());
        for (shard, last) in (0..).map(Shard).zip(expected.lasts) {
            let stored = self.store.ask("read a watermark", |tree| {
                tree.get(entry::watermark_key(shard))
            })?;
            match stored.map_or(Some(Watermark::default()), |bytes| {
                Watermark::decode(&bytes, self.id)
            }) {
                Some(mark) if mark.sequence.0 <= *last => marks.push(mark),
                Some(mark) => {
                    return Ok(Err(format!(
                        "claims shard {shard} up to {}, the log ends at {last}",
                        mark.sequence
                    )));
                }
                None => return Ok(Err(format!("has a damaged watermark for shard {shard}"))),
            }
        }
        let (mut covered, mut all) = (
            vec![Sum::default(); marks.len()],
            vec![Sum::default(); marks.len()],
        );
        let mut wrong = None;
        self.walk(&mut |shard, head| match marks.get(usize::from(shard.0)) {
            Some(mark) if head.period <= mark.number + 1 => {
                covered[usize::from(shard.0)].add(head.worth_at(mark.number));
                all[usize::from(shard.0)].add(head.worth());
            }
            _ => wrong = Some(format!("lost a watermark of shard {shard}")),
        })?;
        for (index, (mark, covered)) in marks.iter().zip(covered).enumerate() {
            if mark.sum != covered {
                let up_to = mark.sequence;
                wrong.get_or_insert_with(|| {
                    format!("lost values of shard {index} that it claims to have up to {up_to}")
                });
            }
        }
        if let Some(wrong) = wrong {
            return Ok(Err(wrong));
        }
        for (((books, applied), mark), sum) in
            self.books.iter().zip(&self.applied).zip(&marks).zip(all)
        {
            *books.lock() = Books {
                mark: mark.number,
                sum,
            };
            applied.store(mark.sequence.0, Ordering::Release);
        }
        Ok(Ok(()))
    }

    /// Checks every entry; gives their number.
    fn walk(&self, visit: &mut dyn FnMut(Shard, Head)) -> Result<u64, JournalError> {
        let mut all = self
            .store
            .ask("read table values", |tree| Ok(tree.iter()))?;
        let mut next = || {
            self.store
                .ask("read table values", |_| all.next().transpose())
        };
        let mut entries = 0;
        while let Some((entry, bytes)) = next()? {
            entries += 1;
            match entry::kind_of(&entry) {
                Kind::Head(shard, key) => {
                    let head = Head::decode(&bytes).ok_or_else(|| self.damaged())?;
                    let mut value = bytes[HEAD_BYTES..].to_vec();
                    for part in 1..entry::parts_of(key, head.length) {
                        let (of, bytes) = next()?.ok_or_else(|| self.damaged())?;
                        entries += 1;
                        if entry::kind_of(&of) != Kind::Part(shard, key, part) {
                            return Err(self.damaged());
                        }
                        value.extend_from_slice(&bytes);
                    }
                    if !head.fits(shard, key, &value) {
                        return Err(self.damaged());
                    }
                    visit(shard, head);
                }
                Kind::Watermark | Kind::Owner => {}
                Kind::Part(..) | Kind::Unknown => return Err(self.damaged()),
            }
        }
        Ok(entries)
    }

    fn damaged(&self) -> JournalError {
        JournalError::DamagedFile {
            path: self.store.dir().join("db"),
        }
    }

    pub(super) fn put(&self, shard: Shard, key: &[u8], value: &[u8]) -> Result<(), JournalError> {
        check_key(key)?;
        if value.len() > MAX_VALUE_BYTES {
            return Err(JournalError::Size {
                what: "table value",
                bytes: value.len(),
                limit: MAX_VALUE_BYTES,
            });
        }
        let mut books = self.books[usize::from(shard.0)].lock();
        let before = self
            .entry(shard, key, 0)?
            .map(|entry| Head::decode(&entry).ok_or_else(|| self.damaged()))
            .transpose()?;
        let replaced = before.map_or(0, |before| before.worth_at(books.mark));
        let head = Head::of(shard, key, value, books.mark + 1, replaced);
        let framed = [&head.encode(), value].concat();
        let parts = entry::parts_of(key, value.len());
        let mut batch = sled::Batch::default();
        for (part, bytes) in (0..).zip(framed.chunks(entry::part_bytes(key))) {
            batch.insert(&entry::key_of(shard, key, part)[..], bytes);
        }
        let left_over = parts..before.map_or(0, |before| entry::parts_of(key, before.length));
        left_over.for_each(|part| batch.remove(&entry::key_of(shard, key, part)[..]));
        let whole = self.locks[usize::from(shard.0)].write();
        self.store
            .ask("write a table value", |tree| tree.apply_batch(batch))?;
        drop(whole);
        before
            .iter()
            .for_each(|before| books.sum.take(before.worth()));
        books.sum.add(head.worth());
        drop(books);
        self.bound_unsynced(framed.len() + usize::from(parts) * key.len())
    }

    /// Counts what was put; a barrier when it is enough.
    fn bound_unsynced(&self, bytes: usize) -> Result<(), JournalError> {
        if self.unsynced.fetch_add(bytes, Ordering::AcqRel) + bytes < self.most_unsynced {
            return Ok(());
        }
        let _alone = self.syncing.lock();
        // Somebody else's barrier may have come meanwhile.
        if self.unsynced.load(Ordering::Acquire) < self.most_unsynced {
            Ok(())
        } else {
            self.sync()
        }
    }

    pub(super) fn get(&self, shard: Shard, key: &[u8]) -> Result<Option<Vec<u8>>, JournalError> {
        check_key(key)?;
        let _whole = self.locks[usize::from(shard.0)].read();
        let Some(first) = self.entry(shard, key, 0)? else {
            return Ok(None);
        };
        let head = Head::decode(&first).ok_or_else(|| self.damaged())?;
        let mut value = first[HEAD_BYTES..].to_vec();
        for part in 1..entry::parts_of(key, head.length) {
            value.extend_from_slice(
                &self
                    .entry(shard, key, part)?
                    .ok_or_else(|| self.damaged())?,
            );
        }
        if head.fits(shard, key, &value) {
            Ok(Some(value))
        } else {
            Err(self.damaged())
        }
    }

    /// Visits the values of the keys between two of one length, ends included.
    pub(super) fn visit(
        &self,
        shard: Shard,
        from: &[u8],
        to: &[u8],
        visit: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        check_key(from)?;
        check_same_length(from, to)?;
        let _whole = self.locks[usize::from(shard.0)].read();
        let range = entry::key_of(shard, from, 0)..=entry::key_of(shard, to, u16::MAX);
        let mut entries = self
            .store
            .ask("read table values", |tree| Ok(tree.range(range)))?;
        while let Some((of, first)) = self
            .store
            .ask("read table values", |_| entries.next().transpose())?
        {
            let Kind::Head(_, key) = entry::kind_of(&of) else {
                return Err(self.damaged());
            };
            let head = Head::decode(&first).ok_or_else(|| self.damaged())?;
            let mut value = first[HEAD_BYTES..].to_vec();
            for _ in 1..entry::parts_of(key, head.length) {
                let next = self
                    .store
                    .ask("read table values", |_| entries.next().transpose())?;
                value.extend_from_slice(&next.ok_or_else(|| self.damaged())?.1);
            }
            if !head.fits(shard, key, &value) {
                return Err(self.damaged());
            }
            if visit(&value).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn entry(
        &self,
        shard: Shard,
        key: &[u8],
        part: u16,
    ) -> Result<Option<sled::IVec>, JournalError> {
        self.store.ask("read a table value", |tree| {
            tree.get(entry::key_of(shard, key, part))
        })
    }

    pub(super) fn applied(&self, shard: Shard) -> Sequence {
        Sequence(self.applied[usize::from(shard.0)].load(Ordering::Acquire))
    }

    /// Makes what was put durable, then the claim, then says so. Nothing is put for the shard
    /// meanwhile.
    pub(super) fn set_applied(&self, shard: Shard, sequence: Sequence) -> Result<(), JournalError> {
        let mut books = self.books[usize::from(shard.0)].lock();
        let _alone = self.syncing.lock();
        self.sync()?;
        let mark = Watermark {
            sequence,
            number: books.mark + 1,
            sum: books.sum,
        };
        self.store.ask("write a watermark", |tree| {
            tree.insert(entry::watermark_key(shard), &mark.encode(self.id)[..])
        })?;
        self.sync()?;
        books.mark = mark.number;
        self.applied[usize::from(shard.0)].store(sequence.0, Ordering::Release);
        Ok(())
    }

    fn sync(&self) -> Result<(), JournalError> {
        // Before: what is put meanwhile may come too late for this one.
        self.unsynced.store(0, Ordering::Release);
        self.store.flush()?;
        self.store.barrier()
    }

    pub(super) fn check_blobs(&self) -> Result<(), JournalError> {
        self.store.check_blobs()
    }

    /// Checks every value; gives the number of entries. For the command line.
    pub(super) fn verify(&self) -> Result<u64, JournalError> {
        self.walk(&mut |_, _| ())
    }
}

/// Whether an error speaks of the table's content. What the operating system says of the disk does
/// not: there another start may find everything.
pub(super) fn is_damage(error: &JournalError) -> bool {
    let of_io = |error: &std::io::Error| {
        error.raw_os_error().is_none() || error.kind() == std::io::ErrorKind::NotFound
    };
    match error {
        JournalError::Store {
            source: sled::Error::Io(error),
            ..
        }
        | JournalError::Io { source: error, .. } => of_io(error),
        JournalError::Store { .. } | JournalError::StorePanicked { .. } => true,
        JournalError::DamagedFile { .. }
        | JournalError::MissingFile { .. }
        | JournalError::Blobs { .. } => true,
        _ => false,
    }
}

fn check_key(key: &[u8]) -> Result<(), JournalError> {
    if key.is_empty() || key.len() > MAX_KEY_BYTES {
        return Err(JournalError::Size {
            what: "table key",
            bytes: key.len(),
            limit: MAX_KEY_BYTES,
        });
    }
    Ok(())
}

fn check_same_length(from: &[u8], to: &[u8]) -> Result<(), JournalError> {
    if from.len() == to.len() {
        return Ok(());
    }
    Err(JournalError::Size {
        what: "last table key",
        bytes: to.len(),
        limit: from.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_barrier_comes_before_much_of_a_segment_was_put() {
        let dir = tempfile::tempdir().expect("a directory");
        let options = Options {
            shards: 2,
            segment_bytes: 512 << 10,
            ..Options::default()
        };
        let expected = Expected {
            id: 7,
            lasts: &[9, 9],
            marks: &[1, 1],
            is_first: true,
        };
        let open = |options| {
            Table::open(
                dir.path(),
                options,
                &expected,
                &mut Repairs::default(),
                &mut Vec::new(),
            )
        };
        let table = open(&options).expect("made");
        let (bound, value) = (options.segment_bytes / 16, vec![7; 1_000]);
        let (mut since, mut barriers) = (0, 0);
        for n in 0..500_u32 {
            table.put(Shard(0), &n.to_be_bytes(), &value).expect("put");
            since += value.len();
            if table.unsynced.load(Ordering::Acquire) == 0 {
                barriers += 1;
                since = 0;
            }
            assert!(since < bound, "{since} bytes without a barrier");
        }
        assert!(
            (500_000 / bound..=500_000 / bound + 2).contains(&barriers),
            "{barriers} barriers"
        );
        table.put(Shard(1), b"key", &value).expect("put");
        table.set_applied(Shard(1), Sequence(1)).expect("marked");
        assert_eq!(
            table.unsynced.load(Ordering::Acquire),
            0,
            "a mark is a barrier"
        );
        drop(table);

        // What counts for a table is the segment it was made with.
        let larger = Options {
            segment_bytes: 8 << 20,
            ..options.clone()
        };
        let table = open(&larger).expect("opened");
        assert_eq!(table.most_unsynced, bound);
    }
}
