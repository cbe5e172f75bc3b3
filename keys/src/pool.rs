//! Owns the keys that are made and durable, and nobody's yet: a tenant that is seen for the first time
//! gets one at once, without a disk. Refuses to make them.

use std::collections::HashMap;

use sluis_model::CorporationId;

use crate::data_key::KEY_BYTES;
use crate::id::KeyId;

/// A key that is nobody's yet.
pub(crate) type Ready = (KeyId, [u8; KEY_BYTES]);

/// The keys that wait, by corporation.
#[derive(Default)]
pub(crate) struct Pools {
    of: HashMap<u16, Pool>,
}

struct Pool {
    ready: Vec<Ready>,
    /// How many are made the next time: more, when the last ones were gone at once.
    chunk: usize,
    /// Given since it was filled last.
    given: usize,
}

impl Pools {
    /// A key for a tenant of this corporation; whether it is time to make more.
    pub(crate) fn take(&mut self, corporation: CorporationId) -> (Option<Ready>, bool) {
        let Some(pool) = self.of.get_mut(&corporation.0) else {
            return (None, true);
        };
        let ready = pool.ready.pop();
        pool.given += usize::from(ready.is_some());
        (ready, pool.ready.len() < pool.chunk / 2)
    }

    /// How many are to be made for this corporation now; 0: it has enough. At least `least`, at most
    /// `most` at once.
    pub(crate) fn wanted(
        &mut self,
        corporation: CorporationId,
        least: usize,
        most: usize,
    ) -> usize {
        let pool = self.of.entry(corporation.0).or_insert(Pool {
            ready: Vec::new(),
            chunk: least,
            given: 0,
        });
        if pool.ready.len() >= pool.chunk / 2 && !pool.ready.is_empty() {
            return 0;
        }
        if pool.given >= pool.chunk {
            pool.chunk = (pool.chunk * 2).min(most);
        } else if pool.given < pool.chunk / 4 {
            pool.chunk = (pool.chunk / 2).max(least);
        }
        pool.given = 0;
        pool.chunk.saturating_sub(pool.ready.len())
    }

    /// Keys that are durable now.
    pub(crate) fn add(
        &mut self,
        corporation: CorporationId,
        least: usize,
        made: impl IntoIterator<Item = Ready>,
    ) {
        let pool = self.of.entry(corporation.0).or_insert(Pool {
            ready: Vec::new(),
            chunk: least,
            given: 0,
        });
        pool.ready.extend(made);
    }

    /// A key that was taken and is not needed after all.
    pub(crate) fn give_back(&mut self, corporation: CorporationId, ready: Ready) {
        if let Some(pool) = self.of.get_mut(&corporation.0) {
            pool.ready.push(ready);
            pool.given = pool.given.saturating_sub(1);
        }
    }

    /// A key of this number is somebody's after all.
    pub(crate) fn withdraw(&mut self, id: KeyId) {
        for pool in self.of.values_mut() {
            pool.ready.retain(|(ready, _)| *ready != id);
        }
    }

    /// Keys that wait, of all corporations.
    pub(crate) fn len(&self) -> usize {
        self.of.values().map(|pool| pool.ready.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: CorporationId = CorporationId(1);

    fn made(count: usize) -> impl Iterator<Item = Ready> {
        (0..count).map(|id| (KeyId(id as u32 + 1), [0; KEY_BYTES]))
    }

    #[test]
    fn many_new_tenants_make_the_pool_grow_and_few_let_it_shrink() {
        let mut pools = Pools::default();
        assert_eq!(pools.take(ONE), (None, true));
        let mut sizes = Vec::new();
        for _ in 0..6 {
            let wanted = pools.wanted(ONE, 8, 64);
            sizes.push(wanted);
            pools.add(ONE, 8, made(wanted));
            while pools.take(ONE).0.is_some() {}
        }
        assert_eq!(sizes, [8, 16, 32, 64, 64, 64]);
        pools.add(ONE, 8, made(64));
        assert_eq!(pools.wanted(ONE, 8, 64), 0, "it is full");
        assert_eq!(pools.len(), 64);
    }

    #[test]
    fn it_says_in_time_that_more_are_wanted() {
        let mut pools = Pools::default();
        let wanted = pools.wanted(ONE, 8, 64);
        pools.add(ONE, 8, made(wanted));
        let low: Vec<_> = (0..8).map(|_| pools.take(ONE).1).collect();
        assert_eq!(low, [false, false, false, false, true, true, true, true]);
    }
}
