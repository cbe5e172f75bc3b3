//! The keyed table beside the log: profiles, passivated tenants and the like, in a sled directory
//! of its own. Refuses to be the only copy of anything: it can be rebuilt from the log, and says up
//! to where it is complete. That it says nothing wrong is proven at every start (`proof`);
//! a table that is not what it claims is emptied, and the shards fill it again from the log.
//!
//! A value is written in one piece: its entries as an atomic sled batch, or its only entry. The
//! watermark is an entry of the same tree, written, flushed and synced after what it covers is: it can
//! never be newer than the values. Barriers come in between too: what is put between two is a small
//! part of a segment, for sled reuses segments whether what left them is durable or not.
//!
//! A delete leaves a mark in the place of the value, which says what the last watermark covers there.
//! The mark itself goes behind the next watermark, which covers nothing there any more.

use std::collections::BTreeSet;
use std::ops::{Bound, ControlFlow};
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use parking_lot::{Mutex, RwLock};

use super::entry::{self, HEAD_BYTES, Head, OWNER_KEY, Sum, Watermark};
use super::files;
use super::options::Options;
use super::phase::Phase;
use super::proof::{self, Expected, Proven, Wrong};
use super::report::{Opening, Repaired};
use super::store::{StartFile, Store};
use super::values::Values;
use crate::{JournalError, MAX_KEY_BYTES, MAX_VALUE_BYTES, Sequence, Shard};

pub(super) const DIR: &str = "table";
/// A file that says that this is a copy which was made without the table. It goes once there is one.
const LEFT_OUT: &str = "table-left-out";
/// The part of a segment that is put between two barriers at most. sled writes a page again every
/// few changes of it: some four bytes of its log for each byte that is put, a quarter of a segment.
const BARRIER_PART: usize = 16;
/// Most marks of deleted values in a shard. With more there is a watermark, so that they can go.
const MOST_GONE: usize = 16_384;
/// Marks that are removed in one piece: sled answers nobody meanwhile.
const REMOVED_AT_ONCE: usize = 256;

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

#[derive(Debug, Default)]
struct Books {
    /// The last watermark's number.
    mark: u64,
    /// Of all values.
    sum: Sum,
    /// Where a mark of a deleted value stands.
    gone: BTreeSet<Vec<u8>>,
}

/// Whether a data directory is a copy without the table, on which nothing was started yet.
pub(super) fn is_left_out(data: &Path) -> Result<bool, JournalError> {
    let path = data.join(LEFT_OUT);
    std::fs::exists(&path).map_err(JournalError::io("look for", &path))
}

/// Says that a copy has no table. Durable on return.
pub(super) fn leave_out(data: &Path) -> Result<(), JournalError> {
    files::write_checked(&data.join(LEFT_OUT), &[])
}

/// There is a table now.
pub(super) fn put_in(data: &Path) -> Result<(), JournalError> {
    files::remove_file(&data.join(LEFT_OUT))
}

impl Table {
    /// Opens the table and proves it. Makes it anew when it is not there, or is not what it claims:
    /// then from nothing, to be filled from the log.
    pub(super) fn open(
        data: &Path,
        options: &Options,
        expected: &Expected<'_>,
        opening: &mut Opening<'_>,
    ) -> Result<Self, JournalError> {
        let dir = data.join(DIR);
        let is_there = std::fs::exists(&dir).map_err(JournalError::io("look for", &dir))?;
        if !is_there && expected.is_first {
            return Self::create(&dir, options, expected.id);
        }
        let why = match Self::open_proven(&dir, options, expected, opening)? {
            Ok(table) => return Ok(table),
            Err(why) => why,
        };
        if !expected.is_first {
            if let Some(remedy) = why_not_again(expected, options) {
                return Err(JournalError::Table {
                    path: dir,
                    why,
                    remedy,
                });
            }
            let why = format!("{why}: emptied, and filled again from the log");
            opening.repairs.add(Repaired::Table, &dir, why);
        }
        if is_there {
            files::remove_dir(&dir)?;
        }
        Self::create(&dir, options, expected.id)
    }

    fn create(dir: &Path, options: &Options, id: u64) -> Result<Self, JournalError> {
        let own = |tree: &sled::Tree| tree.insert(OWNER_KEY, &id.to_le_bytes()).map(drop);
        let start = StartFile {
            segment_bytes: options.segment_bytes,
            id,
        };
        let store = Store::create(dir, &start, options.cache_bytes, options, own)?;
        Ok(Self::around(store, &start, options.shards))
    }

    fn around(store: Store, start: &StartFile, shards: u16) -> Self {
        Self {
            store,
            id: start.id,
            locks: (0..shards).map(|_| RwLock::new(())).collect(),
            books: (0..shards).map(|_| Mutex::default()).collect(),
            applied: (0..shards).map(|_| AtomicU64::new(0)).collect(),
            syncing: Mutex::new(()),
            unsynced: AtomicUsize::new(0),
            most_unsynced: start.segment_bytes / BARRIER_PART,
        }
    }

    /// The table, or why it cannot be trusted. An error is one of the disk.
    fn open_proven(
        dir: &Path,
        options: &Options,
        expected: &Expected<'_>,
        opening: &mut Opening<'_>,
    ) -> Result<Result<Self, Wrong>, JournalError> {
        match Self::try_open(dir, options, expected, opening) {
            Err(error) if proof::is_damage(&error) => Ok(Err(format!("is damaged ({error})"))),
            tried => tried,
        }
    }

    fn try_open(
        dir: &Path,
        options: &Options,
        expected: &Expected<'_>,
        opening: &mut Opening<'_>,
    ) -> Result<Result<Self, Wrong>, JournalError> {
        let Some(start) = Store::start_file(dir)? else {
            return Ok(Err("was not made completely, or its start is gone".into()));
        };
        if start.id != expected.id {
            return Ok(Err("belongs to another data directory".into()));
        }
        let store = Store::open(dir, &start, options.cache_bytes, options, opening)?;
        let proven = proof::prove(&store, expected, options.threads)?;
        opening.watch.ended(Phase::TableProven);
        Ok(proven.map(|proven| {
            let table = Self::around(store, &start, options.shards);
            table.take_over(proven);
            table
        }))
    }

    /// Goes on from what was proven.
    fn take_over(&self, proven: Vec<Proven>) {
        for ((books, applied), proven) in self.books.iter().zip(&self.applied).zip(proven) {
            let Proven { mark, sum, gone } = proven;
            applied.store(mark.sequence.0, Ordering::Release);
            *books.lock() = Books {
                mark: mark.number,
                sum,
                gone,
            };
        }
    }

    fn values(&self) -> Values<'_> {
        Values(&self.store)
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
        let before = self.values().head(shard, key)?;
        let replaced = before.map_or(0, |before| before.worth_at(books.mark));
        let head = Head::of(shard, key, value, books.mark + 1, replaced);
        self.write(shard, key, value, head, before)?;
        if let Some(before) = before {
            books.sum.take(before.worth());
        }
        books.sum.add(head.worth());
        books.gone.remove(key);
        drop(books);
        let parts = usize::from(entry::parts_of(key, value.len()));
        self.bound_unsynced(HEAD_BYTES + value.len() + parts * key.len())
    }

    /// Writes a value's entries, and removes those that only the one before it had, in one piece.
    fn write(
        &self,
        shard: Shard,
        key: &[u8],
        value: &[u8],
        head: Head,
        before: Option<Head>,
    ) -> Result<(), JournalError> {
        let framed = [&head.encode(), value].concat();
        let parts = entry::parts_of(key, value.len());
        let had = before.map_or(0, |before| entry::parts_of(key, before.length));
        let _whole = self.locks[usize::from(shard.0)].write();
        if parts == 1 && had <= 1 {
            // One entry is in one piece by itself. sled writes a batch to the disk at once, which would
            // be for each small value what is done for many.
            let only = entry::key_of(shard, key, 0);
            return self
                .store
                .ask("write a table value", |tree| tree.insert(only, framed))
                .map(drop);
        }
        let mut batch = sled::Batch::default();
        for (part, bytes) in (0..).zip(framed.chunks(entry::part_bytes(key))) {
            batch.insert(&entry::key_of(shard, key, part)[..], bytes);
        }
        for part in parts..had {
            batch.remove(&entry::key_of(shard, key, part)[..]);
        }
        self.store
            .ask("write a table value", |tree| tree.apply_batch(batch))
    }

    /// Deletes the values of these keys; not in one piece.
    pub(super) fn delete(&self, shard: Shard, keys: &[Vec<u8>]) -> Result<(), JournalError> {
        keys.iter().try_for_each(|key| check_key(key))?;
        let mut books = self.books[usize::from(shard.0)].lock();
        let mut bytes = 0;
        for key in keys {
            let before = self.values().head(shard, key)?;
            if let Some(before) = before.filter(|before| !before.is_gone) {
                let replaced = before.worth_at(books.mark);
                let head = Head::gone(shard, key, books.mark + 1, replaced);
                self.write(shard, key, &[], head, Some(before))?;
                books.sum.take(before.worth());
                books.gone.insert(key.clone());
                bytes += HEAD_BYTES + key.len();
            }
        }
        if books.gone.len() > MOST_GONE {
            return self.mark(shard, self.applied(shard), &mut books);
        }
        drop(books);
        self.bound_unsynced(bytes)
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
        self.values().get(shard, key)
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
        self.values().visit(shard, from, to, visit)
    }

    /// The keys between two of one length, ends included, that have a value: the first `most` of them.
    pub(super) fn keys(
        &self,
        shard: Shard,
        (from, to): (&[u8], &[u8]),
        most: usize,
    ) -> Result<Vec<Vec<u8>>, JournalError> {
        check_key(from)?;
        check_same_length(from, to)?;
        let _whole = self.locks[usize::from(shard.0)].read();
        self.values().keys(shard, (from, to), most)
    }

    pub(super) fn applied(&self, shard: Shard) -> Sequence {
        Sequence(self.applied[usize::from(shard.0)].load(Ordering::Acquire))
    }

    /// Makes what was put durable, then the claim, then says so. Nothing is put for the shard
    /// meanwhile.
    pub(super) fn set_applied(&self, shard: Shard, sequence: Sequence) -> Result<(), JournalError> {
        self.mark(
            shard,
            sequence,
            &mut self.books[usize::from(shard.0)].lock(),
        )
    }

    fn mark(
        &self,
        shard: Shard,
        sequence: Sequence,
        books: &mut Books,
    ) -> Result<(), JournalError> {
        self.write_mark(shard, sequence, books)?;
        self.remove_gone(shard, books)
    }

    fn write_mark(
        &self,
        shard: Shard,
        sequence: Sequence,
        books: &mut Books,
    ) -> Result<(), JournalError> {
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

    /// Removes the marks of deleted values. The watermark that was written last covers nothing of them,
    /// so it does not matter which of them a cut of the power brings back.
    fn remove_gone(&self, shard: Shard, books: &mut Books) -> Result<(), JournalError> {
        let gone: Vec<_> = std::mem::take(&mut books.gone).into_iter().collect();
        for some in gone.chunks(REMOVED_AT_ONCE) {
            let mut batch = sled::Batch::default();
            for key in some {
                batch.remove(entry::key_of(shard, key, 0));
            }
            self.store.ask("remove deleted table values", |tree| {
                tree.apply_batch(batch)
            })?;
            let bytes = some.iter().map(|key| HEAD_BYTES + key.len()).sum();
            self.bound_unsynced(bytes)?;
        }
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
        let all = (Bound::Unbounded, Bound::Unbounded);
        self.values().walk(all, &mut |_, _, _| ())
    }
}

/// What to do when a table that is wrong may not be made again here; nothing when it may.
fn why_not_again(expected: &Expected<'_>, options: &Options) -> Option<&'static str> {
    let is_trimmed = expected.marks.iter().any(|mark| *mark > 1);
    if is_trimmed {
        Some(
            "what it was made from is forgotten already, so it cannot be made again: restore the directory from a copy",
        )
    } else if options.rebuild_table {
        None
    } else {
        Some("the log has everything; a start makes it anew from there")
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
mod tests;
