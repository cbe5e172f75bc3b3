//! Owns an ordered set whose entries lie side by side: sorted pages of a bounded size behind a
//! sorted list of pages. An entry costs its own bytes and little more, nothing is ever rehashed,
//! and what one insertion moves is bounded by a page. Its order is that of the keys, so the same
//! entries come in the same order in every run. Refuses entries that are not plain values.

use std::collections::VecDeque;
use std::fmt::Debug;

/// Entries a page holds at most: to move half of them takes no longer than to find the page.
const PAGE: usize = 256;
/// Two neighbours that have no more than this together become one page.
const SPARSE: usize = PAGE / 2;
/// How near to an end of a full page an entry must fall for the split to be there, so that what
/// comes nearly in order leaves pages that are nearly full.
const NEAR: usize = PAGE / 8;

/// What stands in the pages.
pub(super) trait Entry: Copy {
    /// What tells entries apart, and their order.
    type Key: Ord + Copy + Debug;

    fn key(&self) -> Self::Key;
}

/// A sorted set of plain values.
#[derive(Debug)]
pub(super) struct SortedPages<E: Entry> {
    /// None is empty.
    pages: VecDeque<Page<E>>,
    len: usize,
}

#[derive(Debug)]
struct Page<E: Entry> {
    /// No key of this page is smaller, none of the page before is as large; the first page takes
    /// what is smaller still.
    from: E::Key,
    entries: Vec<E>,
}

impl<E: Entry> Default for SortedPages<E> {
    fn default() -> Self {
        Self {
            pages: VecDeque::new(),
            len: 0,
        }
    }
}

impl<E: Entry> SortedPages<E> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn first(&self) -> Option<&E> {
        self.pages.front().and_then(|page| page.entries.first())
    }

    pub(super) fn get(&self, key: E::Key) -> Option<&E> {
        let (page, at) = self.find(key).ok()?;
        Some(&self.pages[page].entries[at])
    }

    /// For changes that leave the key as it is.
    pub(super) fn get_mut(&mut self, key: E::Key) -> Option<&mut E> {
        let (page, at) = self.find(key).ok()?;
        Some(&mut self.pages[page].entries[at])
    }

    /// Puts an entry in its place, over one with the same key.
    pub(super) fn insert(&mut self, entry: E) {
        self.insert_or(entry, |known| *known = entry);
    }

    /// Puts an entry in its place, or lets `change` change the one with the same key, its key
    /// excepted.
    pub(super) fn insert_or(&mut self, entry: E, change: impl FnOnce(&mut E)) {
        let (mut number, mut at) = match self.find(entry.key()) {
            Ok((page, at)) => return change(&mut self.pages[page].entries[at]),
            Err(place) => place,
        };
        if self.pages.is_empty() {
            self.pages.push_back(Page {
                from: entry.key(),
                entries: Vec::new(),
            });
        }
        if self.pages[number].entries.len() == PAGE {
            let cut = self.split(number, at);
            if at > cut {
                (number, at) = (number + 1, at - cut);
            }
        }
        self.pages[number].entries.insert(at, entry);
        self.len += 1;
    }

    /// The same as [`SortedPages::insert`], for entries that come in order: nothing is looked for and
    /// every page is full.
    pub(super) fn append(&mut self, entry: E) {
        let last = self.pages.back_mut();
        let is_behind = |page: &Page<E>| page.entries.last().is_none_or(|e| e.key() < entry.key());
        match last {
            Some(page) if !is_behind(page) => return self.insert(entry),
            Some(page) if page.entries.len() < PAGE => page.entries.push(entry),
            Some(_) | None => {
                let mut entries = Vec::with_capacity(PAGE);
                entries.push(entry);
                let from = entry.key();
                self.pages.push_back(Page { from, entries });
            }
        }
        self.len += 1;
    }

    /// Keeps the entries for which `keep` says yes.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&E) -> bool) {
        for page in &mut self.pages {
            page.entries.retain(&mut keep);
        }
        self.pages.retain(|page| !page.entries.is_empty());
        self.len = self.pages.iter().map(|page| page.entries.len()).sum();
    }

    /// Takes over the entries of another one; of two with the same key the other's stays. Every page is
    /// full then: entries that are put one by one into full pages would split each of them.
    pub(super) fn merge(&mut self, others: Self) {
        let mut own = std::mem::take(self).into_entries().peekable();
        let mut others = others.into_entries().peekable();
        loop {
            let key = others.peek().map(Entry::key);
            let is_own = |own: &E| key.is_none_or(|key| own.key() < key);
            let next = own.next_if(is_own).or_else(|| {
                own.next_if(|own| Some(own.key()) == key);
                others.next()
            });
            match next {
                Some(entry) => self.append(entry),
                None => return,
            }
        }
    }

    /// Takes all entries, in order; a page at a time is given back.
    fn into_entries(self) -> impl Iterator<Item = E> {
        self.pages.into_iter().flat_map(|page| page.entries)
    }

    pub(super) fn remove(&mut self, key: E::Key) -> Option<E> {
        let (number, at) = self.find(key).ok()?;
        let entry = self.pages[number].entries.remove(at);
        self.len -= 1;
        self.thin_out(number);
        Some(entry)
    }

    /// Takes entries from the front for as long as `take` says yes.
    pub(super) fn take_while(&mut self, mut take: impl FnMut(&E) -> bool) {
        while let Some(page) = self.pages.front_mut() {
            let taken = page.entries.iter().take_while(|entry| take(entry)).count();
            self.len -= taken;
            if taken < page.entries.len() {
                page.entries.drain(..taken);
                return;
            }
            self.pages.pop_front();
        }
    }

    /// Entries in order, from `key` on.
    pub(super) fn iter_from(&self, key: E::Key) -> impl Iterator<Item = &E> {
        let (number, at) = self.find(key).unwrap_or_else(|place| place);
        let first = self
            .pages
            .get(number)
            .map_or(&[][..], |page| &page.entries[at..]);
        first.iter().chain(
            self.pages
                .iter()
                .skip(number + 1)
                .flat_map(|page| &page.entries),
        )
    }

    /// Where the key stands, or where it belongs.
    fn find(&self, key: E::Key) -> Result<(usize, usize), (usize, usize)> {
        let number = self
            .pages
            .partition_point(|page| page.from <= key)
            .saturating_sub(1);
        let Some(page) = self.pages.get(number) else {
            return Err((0, 0));
        };
        let at = page.entries.binary_search_by_key(&key, Entry::key);
        at.map(|at| (number, at)).map_err(|at| (number, at))
    }

    /// Makes two pages of a full one, for an entry that is to stand at `at`; says where the second
    /// begins.
    fn split(&mut self, number: usize, at: usize) -> usize {
        let cut = match at {
            PAGE => PAGE - 1,
            at if at > PAGE - NEAR => PAGE - NEAR,
            at if at < NEAR => NEAR,
            _ => PAGE / 2,
        };
        let page = &mut self.pages[number];
        // With the room of a page: one that grew from what it begins with would come to have more.
        let mut entries = Vec::with_capacity(PAGE);
        entries.extend(page.entries.drain(cut..));
        self.pages.insert(
            number + 1,
            Page {
                from: entries[0].key(),
                entries,
            },
        );
        cut
    }

    /// Lets a page go to its neighbour once both are nearly empty.
    fn thin_out(&mut self, number: usize) {
        let len = |number: usize| {
            self.pages
                .get(number)
                .map_or(PAGE, |page| page.entries.len())
        };
        if len(number) == 0 {
            self.pages.remove(number);
        } else if len(number) + len(number + 1) <= SPARSE {
            let next = self.pages.remove(number + 1);
            self.pages[number]
                .entries
                .extend(next.into_iter().flat_map(|page| page.entries));
        } else if number > 0 && len(number - 1) + len(number) <= SPARSE {
            let page = self.pages.remove(number);
            self.pages[number - 1]
                .entries
                .extend(page.into_iter().flat_map(|page| page.entries));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    impl Entry for (u16, u32) {
        type Key = u16;

        fn key(&self) -> u16 {
            self.0
        }
    }

    fn check(shelf: &SortedPages<(u16, u32)>, twin: &BTreeMap<u16, u32>) {
        assert!(shelf.pages.iter().all(
            |page| (1..=PAGE).contains(&page.entries.len()) && page.entries.capacity() <= PAGE
        ));
        assert_eq!(shelf.len(), twin.len());
        assert!(
            shelf
                .iter_from(0)
                .copied()
                .eq(twin.iter().map(|(key, value)| (*key, *value)))
        );
        assert_eq!(
            shelf.first().map(|entry| entry.0),
            twin.keys().next().copied()
        );
    }

    proptest! {
        #[test]
        fn it_is_a_sorted_map(
            changes in prop::collection::vec((0..11u8, any::<u16>(), 1..400u16), 1..40),
            looks in prop::collection::vec(any::<u16>(), 20),
        ) {
            let (mut shelf, mut twin) = (SortedPages::default(), BTreeMap::new());
            for (step, (kind, from, count)) in changes.into_iter().enumerate() {
                let mut others = SortedPages::default();
                for n in 0..count {
                    // In order, backwards, scattered.
                    let key = match kind % 3 {
                        0 => from.wrapping_add(n),
                        1 => from.wrapping_sub(n),
                        _ => from.wrapping_add(n.wrapping_mul(40_503)),
                    };
                    if kind == 10 {
                        others.insert((key, step as u32));
                        twin.insert(key, step as u32);
                    } else if kind < 5 || kind == 8 {
                        let put = if kind == 8 { SortedPages::append } else { SortedPages::insert };
                        put(&mut shelf, (key, step as u32));
                        twin.insert(key, step as u32);
                    } else if kind < 7 {
                        prop_assert_eq!(shelf.remove(key).map(|entry| entry.1), twin.remove(&key));
                    }
                }
                if kind == 7 {
                    shelf.take_while(|entry| entry.0 < from / 8);
                    twin = twin.split_off(&(from / 8));
                }
                if kind == 10 {
                    shelf.merge(others);
                }
                if kind == 9 {
                    shelf.retain(|(key, _)| key % 3 == 0);
                    twin.retain(|key, _| key % 3 == 0);
                }
                check(&shelf, &twin);
            }
            for key in looks {
                prop_assert_eq!(shelf.get(key).map(|entry| entry.1), twin.get(&key).copied());
                prop_assert_eq!(shelf.get_mut(key).is_some(), twin.contains_key(&key));
                prop_assert!(shelf.iter_from(key).map(|entry| entry.0).eq(twin.range(key..).map(|(key, _)| *key)));
            }
        }
    }

    #[test]
    fn what_comes_in_order_fills_every_page() {
        let (mut shelf, mut twin) = (SortedPages::default(), BTreeMap::new());
        for key in 0..10_000_u16 {
            shelf.append((key, 0));
            twin.insert(key, 0);
        }
        assert_eq!(shelf.pages.len(), 10_000_usize.div_ceil(PAGE));
        check(&shelf, &twin);
        let mut both = SortedPages::default();
        (10_000..12_000).for_each(|key| both.append((key, 0)));
        both.merge(shelf);
        assert_eq!(both.pages.len(), 12_000_usize.div_ceil(PAGE));
        assert!(both.into_entries().eq((0..12_000).map(|key| (key, 0))));
    }

    #[test]
    fn what_comes_nearly_in_order_fills_its_pages_and_what_goes_frees_them() {
        let mut shelf = SortedPages::default();
        // Every eight in a row come in another order.
        (0..60_000u16).for_each(|n| shelf.insert(((n & !7) | (((n & 7) * 5) & 7), 0)));
        assert!(
            shelf.pages.len() <= 60_000 / PAGE * 5 / 4,
            "{} pages",
            shelf.pages.len()
        );
        for n in (0..60_000).filter(|n| n % 50 != 0) {
            shelf.remove(n);
        }
        assert_eq!(shelf.len(), 1_200);
        assert!(
            shelf.pages.len() <= 1_200 / SPARSE * 4,
            "{} pages",
            shelf.pages.len()
        );
    }
}
