//! Walks every page of a generation and says how far each shard is good. Tells a torn tail (nothing good follows)
//! from damage in the middle (something good does). Refuses to change anything.

use super::generation::Generation;
use super::page::{KEY_BYTES, Page, PageKey};
use crate::{Damage, JournalError, Shard};

/// One shard's part of a generation.
#[derive(Clone, Debug, Default)]
pub(super) struct ShardScan {
    /// The last sequence of the good, gapless run from the generation's start; one before the start when empty.
    pub(super) last: u64,
    pub(super) pages: u64,
    pub(super) bytes: u64,
    /// What follows the good run, when it is not the end.
    pub(super) broken: Option<Broken>,
}

/// Where a shard stops being good.
#[derive(Clone, Debug)]
pub(super) struct Broken {
    pub(super) page: PageKey,
    pub(super) damage: Damage,
    /// The keys of the bad pages at the end; damage in the middle when good pages follow.
    pub(super) tail: Vec<PageKey>,
    pub(super) good_follows: bool,
}

struct Walker {
    expected: u64,
    /// A split record of which the parts so far were good: how many, of how many.
    open: Option<(u16, u16)>,
    scan: ShardScan,
}

/// Scans all shards of a generation.
pub(super) fn scan(generation: &Generation) -> Result<Vec<ShardScan>, JournalError> {
    let mut walkers: Vec<Walker> = generation.starts.iter().map(|start| Walker::new(*start)).collect();
    let mut position = PageKey::new(Shard(0), 0, 0);
    let mut pages = generation.store.ask("read pages", |tree| Ok(tree.iter()))?;
    loop {
        let entry = generation.store.ask("read pages", |_| pages.next().transpose());
        let entry = entry.map_err(|error| unreadable(generation, position, error))?;
        let Some((key, value)) = entry else { break };
        let Some(key) = PageKey::decode(&key).filter(|key| usize::from(key.shard.0) < walkers.len()) else {
            return Err(generation.damaged(stray_key(&key), Damage::Malformed));
        };
        position = key;
        walkers[usize::from(key.shard.0)].step(key, &value);
    }
    Ok((0..).zip(walkers).map(|(shard, walker)| walker.finish(Shard(shard))).collect())
}

/// sled's own checksum failed: name the place, which sled does not.
fn unreadable(generation: &Generation, after: PageKey, error: JournalError) -> JournalError {
    tracing::error!(%error, "a page could not be read");
    generation.damaged(after, Damage::UnreadableAfter)
}

/// A key that is not ours, as far as its bytes go.
fn stray_key(key: &[u8]) -> PageKey {
    let mut padded = [0; KEY_BYTES];
    let length = key.len().min(KEY_BYTES);
    padded[..length].copy_from_slice(&key[..length]);
    PageKey::decode(&padded).unwrap_or(PageKey::new(Shard(0), 0, 0))
}

impl Walker {
    fn new(start: u64) -> Self {
        Self { expected: start, open: None, scan: ShardScan { last: start - 1, ..ShardScan::default() } }
    }

    fn step(&mut self, key: PageKey, value: &[u8]) {
        self.scan.pages += 1;
        self.scan.bytes += value.len() as u64;
        let page = Page::decode(key, value);
        if let Some(broken) = &mut self.scan.broken {
            broken.good_follows |= page.is_ok();
            broken.tail.push(key);
            return;
        }
        match page {
            Ok(page) if self.follows(&page) => self.accept(&page),
            Ok(_) => {
                let (first, damage) = self.gap(key);
                self.break_at(first, key, damage, true);
            }
            Err(damage) => self.break_at(key, key, damage, false),
        }
    }

    fn follows(&self, page: &Page<'_>) -> bool {
        let (part, parts) = self.open.unwrap_or((0, page.parts));
        page.key.sequence.0 == self.expected && page.key.part == part && page.parts == parts
    }

    fn accept(&mut self, page: &Page<'_>) {
        let done = page.key.part + 1;
        if done < page.parts {
            self.open = Some((done, page.parts));
            return;
        }
        self.open = None;
        self.expected += u64::from(page.records);
        self.scan.last = self.expected - 1;
    }

    /// What is missing before a good page that does not follow.
    fn gap(&self, key: PageKey) -> (PageKey, Damage) {
        match self.open {
            Some((part, parts)) => (PageKey::new(key.shard, self.expected, part), Damage::Incomplete { parts }),
            None => (key, Damage::Gap { expected: crate::Sequence(self.expected) }),
        }
    }

    fn break_at(&mut self, at: PageKey, page: PageKey, damage: Damage, good_follows: bool) {
        // The parts of a record that was never finished belong to what is broken.
        let (parts, _) = self.open.take().unwrap_or((0, 0));
        let mut tail: Vec<_> = (0..parts).map(|part| PageKey::new(page.shard, self.expected, part)).collect();
        tail.push(page);
        self.scan.broken = Some(Broken { page: at, damage, tail, good_follows });
    }

    fn finish(mut self, shard: Shard) -> ShardScan {
        if let Some((done, parts)) = self.open.take() {
            let page = PageKey::new(shard, self.expected, done);
            let tail = (0..done).map(|part| PageKey::new(shard, self.expected, part)).collect();
            let damage = Damage::Incomplete { parts };
            self.scan.broken = Some(Broken { page, damage, tail, good_follows: false });
        }
        self.scan
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::super::page::PageWriter;
    use super::*;
    use crate::Sequence;

    /// Each record on a page of its own, so that a test can leave pages out.
    fn pages(records: &[&[u8]]) -> Vec<(PageKey, Vec<u8>)> {
        let mut pages = Vec::new();
        let mut sink = |key: PageKey, value: &[u8]| {
            pages.push((key, value.to_vec()));
            Ok::<_, Infallible>(())
        };
        let mut writer = PageWriter::new();
        for (sequence, record) in (1..).zip(records) {
            let Ok(()) = writer.push(Shard(0), Sequence(sequence), record, &mut sink);
            let Ok(()) = writer.finish(&mut sink);
        }
        pages
    }

    fn walk(pages: &[(PageKey, Vec<u8>)]) -> ShardScan {
        let mut walker = Walker::new(1);
        pages.iter().for_each(|(key, value)| walker.step(*key, value));
        walker.finish(Shard(0))
    }

    #[test]
    fn a_whole_log_is_good() {
        let scan = walk(&pages(&[b"a", &[1; 9000], b"c"]));
        assert_eq!(scan.last, 3);
        assert!(scan.broken.is_none());
    }

    #[test]
    fn bad_pages_at_the_end_are_a_torn_tail() {
        let mut pages = pages(&[b"a", b"b", b"c"]);
        pages[1].1[13] ^= 1;
        pages[2].1.truncate(5);
        let scan = walk(&pages);
        let broken = scan.broken.expect("broken");
        assert_eq!((scan.last, broken.damage, broken.good_follows), (1, Damage::Checksum, false));
        assert_eq!(broken.tail, [pages[1].0, pages[2].0]);
    }

    #[test]
    fn an_unfinished_record_at_the_end_is_a_torn_tail() {
        let mut pages = pages(&[b"a", &[1; 20_000]]);
        pages.pop();
        let scan = walk(&pages);
        let broken = scan.broken.expect("broken");
        assert_eq!((scan.last, broken.good_follows), (1, false));
        assert_eq!(broken.tail.len(), pages.len() - 1, "all its parts go");
    }

    #[test]
    fn a_bad_page_before_a_good_one_is_damage() {
        let mut pages = pages(&[b"a", b"b", b"c"]);
        pages[1].1[13] ^= 1;
        let broken = walk(&pages).broken.expect("broken");
        assert_eq!((broken.page, broken.good_follows), (pages[1].0, true));
    }

    #[test]
    fn a_missing_page_before_a_good_one_is_damage() {
        let mut pages = pages(&[b"a", b"b", b"c"]);
        pages.remove(1);
        let broken = walk(&pages).broken.expect("broken");
        assert_eq!((broken.damage, broken.good_follows), (Damage::Gap { expected: Sequence(2) }, true));
    }

    #[test]
    fn a_missing_part_before_a_good_page_is_damage() {
        let mut pages = pages(&[b"a", &[1; 20_000], b"c"]);
        pages.remove(3);
        let broken = walk(&pages).broken.expect("broken");
        assert!(broken.good_follows && matches!(broken.damage, Damage::Incomplete { .. }));
    }
}
