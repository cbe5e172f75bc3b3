//! Owns the timers of a shard: one entry of 32 bytes per wait, found by its instant. Cancelling is free: an entry
//! whose notification no longer wants it is ignored when it falls due, and swept when such entries outnumber the live.
//! Refuses to know what a timer means.

use std::collections::BTreeMap;

use sluis_model::{NotificationId, Timestamp};

/// Entries within 64 ms share a bucket; the order inside one does not matter, the instant does.
const BUCKET_BITS: u32 = 6;
/// Below this many entries sweeping is not worth it.
const SWEEP_FROM: usize = 1_024;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Wheel {
    buckets: BTreeMap<i64, Bucket>,
    entries: usize,
}

#[derive(Debug)]
struct Bucket {
    earliest: Timestamp,
    entries: Vec<(Timestamp, NotificationId)>,
}

impl Wheel {
    pub(super) fn insert(&mut self, due: Timestamp, id: NotificationId) {
        if due == Timestamp::NEVER {
            return;
        }
        let fresh = || Bucket { earliest: due, entries: Vec::new() };
        let bucket = self.buckets.entry(due.0 >> BUCKET_BITS).or_insert_with(fresh);
        bucket.earliest = bucket.earliest.min(due);
        bucket.entries.push((due, id));
        self.entries += 1;
    }

    /// Takes at most `limit` entries that are due at `now`.
    pub(super) fn take_due(&mut self, now: Timestamp, limit: usize, into: &mut Vec<(Timestamp, NotificationId)>) {
        while into.len() < limit {
            let Some(mut first) = self.buckets.first_entry() else { return };
            if first.get().earliest > now {
                return;
            }
            let bucket = first.get_mut();
            let room = limit - into.len();
            let before = into.len();
            let mut kept = Vec::new();
            for entry in bucket.entries.drain(..) {
                if entry.0 <= now && into.len() - before < room { into.push(entry) } else { kept.push(entry) }
            }
            self.entries -= into.len() - before;
            match kept.iter().map(|(due, _)| *due).min() {
                Some(earliest) => *bucket = Bucket { earliest, entries: kept },
                None => drop(first.remove()),
            }
        }
    }

    /// When the next entry falls due.
    pub(super) fn next_due(&self) -> Timestamp {
        self.buckets.first_key_value().map_or(Timestamp::NEVER, |(_, bucket)| bucket.earliest)
    }

    pub(super) fn len(&self) -> usize {
        self.entries
    }

    /// Drops entries nobody wants any more, once they outnumber the `live` ones.
    pub(super) fn sweep(&mut self, live: usize, wanted: impl Fn(Timestamp, NotificationId) -> bool) {
        if self.entries < SWEEP_FROM || self.entries < 2 * live {
            return;
        }
        for bucket in self.buckets.values_mut() {
            bucket.entries.retain(|(due, id)| wanted(*due, *id));
            bucket.entries.shrink_to_fit();
        }
        self.buckets.retain(|_, bucket| !bucket.entries.is_empty());
        self.entries = self.buckets.values().map(|bucket| bucket.entries.len()).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn drain(wheel: &mut Wheel, now: i64, limit: usize) -> Vec<i64> {
        let mut due = Vec::new();
        wheel.take_due(Timestamp(now), limit, &mut due);
        due.into_iter().map(|(at, _)| at.0).collect()
    }

    proptest! {
        #[test]
        fn every_entry_comes_once_and_never_early(mut dues in prop::collection::vec(0i64..1_000, 0..200), step in 1i64..200) {
            let mut wheel = Wheel::default();
            for (n, due) in dues.iter().enumerate() {
                wheel.insert(Timestamp(*due), NotificationId(n as u128));
            }
            let mut seen = Vec::new();
            let mut now = 0;
            while now <= 1_000 + step {
                for due in drain(&mut wheel, now, 7) {
                    prop_assert!(due <= now);
                    seen.push(due);
                }
                if wheel.next_due() > Timestamp(now) { now += step; }
            }
            dues.sort_unstable();
            seen.sort_unstable();
            prop_assert_eq!(seen, dues);
            prop_assert_eq!(wheel.len(), 0);
        }
    }

    #[test]
    fn sweeping_drops_what_nobody_wants() {
        let mut wheel = Wheel::default();
        for n in 0..4_000 {
            wheel.insert(Timestamp(n), NotificationId(n as u128));
        }
        wheel.sweep(3_000, |_, _| false);
        assert_eq!(wheel.len(), 4_000, "too few are stale");
        wheel.sweep(1_000, |due, _| due.0 % 4 == 0);
        assert_eq!(wheel.len(), 1_000);
        assert_eq!(wheel.next_due(), Timestamp(0));
    }
}
