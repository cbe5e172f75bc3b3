//! Reads the keyed table: one value, a range of values, all of it. Owns how a value is put together
//! from its entries, and checks each. Refuses to write.

use std::ops::{Bound, ControlFlow};

use super::entry::{self, HEAD_BYTES, Head, Kind};
use super::store::Store;
use crate::{JournalError, Shard};

const READING: &str = "read table values";

/// The values that a store holds.
#[derive(Clone, Copy)]
pub(super) struct Values<'a>(pub(super) &'a Store);

impl Values<'_> {
    /// The head of a value, when there is one.
    pub(super) fn head(self, shard: Shard, key: &[u8]) -> Result<Option<Head>, JournalError> {
        let first = self.entry(shard, key, 0)?;
        first.map(|entry| self.decode(&entry)).transpose()
    }

    /// The value of a key, unless it was deleted.
    pub(super) fn get(self, shard: Shard, key: &[u8]) -> Result<Option<Vec<u8>>, JournalError> {
        let Some(first) = self.entry(shard, key, 0)? else {
            return Ok(None);
        };
        let head = self.decode(&first)?;
        let mut value = first[HEAD_BYTES..].to_vec();
        for part in 1..entry::parts_of(key, head.length) {
            let bytes = self.entry(shard, key, part)?;
            value.extend_from_slice(&bytes.ok_or_else(|| self.damaged())?);
        }
        self.check(head, shard, key, &value)?;
        Ok((!head.is_gone).then_some(value))
    }

    /// The keys between two of one length, ends included, that have a value: the first `most` of them.
    pub(super) fn keys(
        self,
        shard: Shard,
        (from, to): (&[u8], &[u8]),
        most: usize,
    ) -> Result<Vec<Vec<u8>>, JournalError> {
        let mut keys = Vec::new();
        let mut entries = self.between(shard, from, to)?;
        while keys.len() < most
            && let Some((of, entry)) = self.next(&mut entries)?
        {
            match entry::kind_of(&of) {
                Kind::Head(_, key) if !self.decode(&entry)?.is_gone => keys.push(key.to_vec()),
                Kind::Head(..) | Kind::Part(..) => {}
                Kind::Watermark | Kind::Owner | Kind::Unknown => return Err(self.damaged()),
            }
        }
        Ok(keys)
    }

    fn between(self, shard: Shard, from: &[u8], to: &[u8]) -> Result<sled::Iter, JournalError> {
        let range = entry::key_of(shard, from, 0)..=entry::key_of(shard, to, u16::MAX);
        self.0.ask(READING, |tree| Ok(tree.range(range)))
    }

    /// Visits the values of the keys between two of one length, ends included.
    pub(super) fn visit(
        self,
        shard: Shard,
        from: &[u8],
        to: &[u8],
        visit: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        let mut entries = self.between(shard, from, to)?;
        while let Some((of, first)) = self.next(&mut entries)? {
            let Kind::Head(_, key) = entry::kind_of(&of) else {
                return Err(self.damaged());
            };
            let (head, value) = self.whole(shard, key, &first, &mut entries)?;
            if !head.is_gone && visit(&value).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Checks every entry of a range and visits every head, of what was deleted too. Gives the number
    /// of entries.
    pub(super) fn walk(
        self,
        range: (Bound<Vec<u8>>, Bound<Vec<u8>>),
        visit: &mut dyn FnMut(Shard, &[u8], Head),
    ) -> Result<u64, JournalError> {
        let mut entries = self.0.ask(READING, |tree| Ok(tree.range(range)))?;
        let mut count = 0;
        while let Some((of, first)) = self.next(&mut entries)? {
            match entry::kind_of(&of) {
                Kind::Head(shard, key) => {
                    let head = self.checked(shard, key, &first, &mut entries)?;
                    count += u64::from(entry::parts_of(key, head.length));
                    visit(shard, key, head);
                }
                Kind::Watermark | Kind::Owner => count += 1,
                Kind::Part(..) | Kind::Unknown => return Err(self.damaged()),
            }
        }
        Ok(count)
    }

    /// The head of a value, which is checked; its first entry was just read. Most values have no other:
    /// then nothing is copied.
    fn checked(
        self,
        shard: Shard,
        key: &[u8],
        first: &[u8],
        entries: &mut sled::Iter,
    ) -> Result<Head, JournalError> {
        let head = self.decode(first)?;
        if entry::parts_of(key, head.length) > 1 {
            return self.whole(shard, key, first, entries).map(|(head, _)| head);
        }
        self.check(head, shard, key, &first[HEAD_BYTES..])?;
        Ok(head)
    }

    /// The value whose first entry was just read; its other entries are the next ones.
    fn whole(
        self,
        shard: Shard,
        key: &[u8],
        first: &[u8],
        entries: &mut sled::Iter,
    ) -> Result<(Head, Vec<u8>), JournalError> {
        let head = self.decode(first)?;
        let mut value = first[HEAD_BYTES..].to_vec();
        for part in 1..entry::parts_of(key, head.length) {
            let (of, bytes) = self.next(entries)?.ok_or_else(|| self.damaged())?;
            if entry::kind_of(&of) != Kind::Part(shard, key, part) {
                return Err(self.damaged());
            }
            value.extend_from_slice(&bytes);
        }
        self.check(head, shard, key, &value)?;
        Ok((head, value))
    }

    fn next(
        self,
        entries: &mut sled::Iter,
    ) -> Result<Option<(sled::IVec, sled::IVec)>, JournalError> {
        self.0.ask(READING, |_| entries.next().transpose())
    }

    fn entry(
        self,
        shard: Shard,
        key: &[u8],
        part: u16,
    ) -> Result<Option<sled::IVec>, JournalError> {
        let key = entry::key_of(shard, key, part);
        self.0.ask("read a table value", |tree| tree.get(key))
    }

    fn decode(self, first: &[u8]) -> Result<Head, JournalError> {
        Head::decode(first).ok_or_else(|| self.damaged())
    }

    fn check(self, head: Head, shard: Shard, key: &[u8], value: &[u8]) -> Result<(), JournalError> {
        if head.fits(shard, key, value) {
            Ok(())
        } else {
            Err(self.damaged())
        }
    }

    fn damaged(self) -> JournalError {
        JournalError::DamagedFile {
            path: self.0.dir().join("db"),
        }
    }
}
