//! Owns what an admitted notification holds before it is durable: its place in the quota and its
//! idempotency key. Both come back by themselves when the notification is refused or lost. Refuses
//! to admit: `src` does.

use std::sync::Arc;

use sluis_model::{CorporationId, Idempotency, NotificationId, Timestamp};

use crate::keys::{KeyIndex, KeyUse};
use crate::quota::{NoRoom, Quota};

/// The hold of one admitted notification, or of the part of a group. Dropped, it gives quota and key back; kept,
/// they are the notification's.
#[derive(Debug)]
pub struct Claim {
    quota: Arc<Quota>,
    corporation: CorporationId,
    /// None: a part has the key of its group.
    held: Option<HeldKey>,
    kept: bool,
}

/// An idempotency key that is held.
#[derive(Debug)]
struct HeldKey {
    keys: Arc<KeyIndex>,
    key: u128,
    id: NotificationId,
    /// Of the use of the key.
    number: u32,
}

/// What became of a claim.
#[derive(Debug)]
pub enum Claimed {
    /// Here it is.
    Granted(Claim),
    /// The same was accepted before.
    Duplicate(NotificationId),
    /// The key stands for something else.
    Conflict(NotificationId),
    /// There is no room.
    NoRoom(NoRoom),
}

impl Claim {
    /// Claims key and quota for `id`, which was made at `now`.
    #[must_use]
    pub fn take(
        quota: &Arc<Quota>,
        keys: &Arc<KeyIndex>,
        corporation: CorporationId,
        key: Idempotency,
        id: NotificationId,
        now: Timestamp,
    ) -> Claimed {
        let room = || quota.take(corporation, now);
        let number = match keys.use_key(corporation, key, id, now, room) {
            Ok(KeyUse::Same(known)) => return Claimed::Duplicate(known),
            Ok(KeyUse::Other(known)) => return Claimed::Conflict(known),
            Ok(KeyUse::New(number)) => number,
            Err(no_room) => return Claimed::NoRoom(no_room),
        };
        let held = HeldKey {
            keys: keys.clone(),
            key: key.key,
            id,
            number,
        };
        Claimed::Granted(Claim {
            quota: quota.clone(),
            corporation,
            held: Some(held),
            kept: false,
        })
    }

    /// Claims a place for each of so many parts of a group.
    ///
    /// # Errors
    /// There is no room for all of them; nothing was taken then.
    pub(crate) fn take_parts(
        quota: &Arc<Quota>,
        corporation: CorporationId,
        count: usize,
    ) -> Result<Vec<Self>, NoRoom> {
        quota.take_parts(corporation, count)?;
        let place = || Self {
            quota: quota.clone(),
            corporation,
            held: None,
            kept: false,
        };
        Ok(std::iter::repeat_with(place).take(count).collect())
    }

    /// Whose it is.
    #[must_use]
    pub const fn corporation(&self) -> CorporationId {
        self.corporation
    }

    /// The notification's record was handed to the journal: the hold is permanent.
    pub fn keep(mut self) {
        if let Some(held) = &self.held {
            held.keys.keep(self.corporation, held.key, held.number);
        }
        self.kept = true;
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some(held) = &self.held {
            self.quota.arrived(self.corporation);
            if !self.kept {
                held.keys.release(self.corporation, held.key, held.id);
            }
        }
        if !self.kept {
            self.quota.release(self.corporation);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;
    use sluis_model::ShardId;

    use super::*;
    use crate::keys::KeyWindow;

    const HOUSE: CorporationId = CorporationId(1);

    fn key(n: u64) -> Idempotency {
        Idempotency {
            key: u128::from(n) << 4,
            body: n,
        }
    }

    fn fixture(total: u64, share: u64) -> (Arc<Quota>, Arc<KeyIndex>) {
        let window = KeyWindow {
            age_ms: 1_000,
            count: 1_600,
        };
        (
            Arc::new(Quota::new(total, 1_000, [(HOUSE, share)])),
            Arc::new(KeyIndex::new(window, [HOUSE])),
        )
    }

    /// The id with this number, made then.
    fn id(number: u64, at: i64) -> NotificationId {
        NotificationId::new(ShardId(3), at, number)
    }

    fn claim(fixture: &(Arc<Quota>, Arc<KeyIndex>), n: u64, number: u64, now: i64) -> Claimed {
        Claim::take(
            &fixture.0,
            &fixture.1,
            HOUSE,
            key(n),
            id(number, now),
            Timestamp(now),
        )
    }

    #[test]
    fn a_lost_claim_gives_back_key_and_quota_a_kept_one_does_not() {
        let fixture = fixture(10, 10);
        assert!(
            matches!(claim(&fixture, 1, 1, 0), Claimed::Granted(_)),
            "dropped at once"
        );
        assert_eq!(fixture.0.total().0, 0);
        let Claimed::Granted(kept) = claim(&fixture, 1, 2, 0) else {
            panic!("the key was given back")
        };
        kept.keep();
        assert_eq!(fixture.0.total().0, 1);
        assert!(matches!(claim(&fixture, 1, 3, 0), Claimed::Duplicate(known) if known == id(2, 0)));
        let other = Idempotency { body: 99, ..key(1) };
        let conflict = Claim::take(&fixture.0, &fixture.1, HOUSE, other, id(4, 0), Timestamp(0));
        assert!(matches!(conflict, Claimed::Conflict(known) if known == id(2, 0)));
    }

    #[test]
    fn a_full_share_and_a_full_engine_are_told_apart() {
        for (total, share, expected) in [(10, 1, NoRoom::ShareFull), (1, 10, NoRoom::EngineFull)] {
            let fixture = fixture(total, share);
            let _held = claim(&fixture, 1, 1, 0);
            assert!(matches!(claim(&fixture, 2, 2, 0), Claimed::NoRoom(why) if why == expected));
            assert_eq!(fixture.0.total().0, 1, "a refusal takes nothing");
        }
    }

    #[test]
    fn what_is_refused_leaves_nothing_behind() {
        let fixture = fixture(1, 10);
        let _held = claim(&fixture, 0, 1, 0);
        for n in 1..5_000 {
            assert!(matches!(claim(&fixture, n, n, 0), Claimed::NoRoom(_)));
        }
        assert_eq!(fixture.1.uses(), 1);
    }

    #[test]
    fn a_key_that_was_used_again_stands_for_its_newest_use_after_a_restart() {
        let fixture = fixture(10, 10);
        // The clock stood a moment before the end of the first window when the process died.
        for (number, at) in [(1, 0), (2, 1_000)] {
            fixture
                .1
                .recover(HOUSE, key(1), id(number, at), Timestamp(1_000));
        }
        assert!(
            matches!(claim(&fixture, 1, 3, 1_500), Claimed::Duplicate(known) if known == id(2, 1_000))
        );
        assert!(matches!(claim(&fixture, 1, 3, 2_001), Claimed::Granted(_)));
    }

    #[test]
    fn keys_are_forgotten_by_age_and_by_count() {
        let fixture = fixture(1_000_000, 1_000_000);
        let keep = |n: u64, now: i64| match claim(&fixture, n, n, now) {
            Claimed::Granted(claim) => claim.keep(),
            other => panic!("{other:?}"),
        };
        keep(1, 0);
        keep(1, 2_000);
        for n in 0..500 {
            keep(16 * n + 2, 2_000);
        }
        assert!(fixture.1.len().all(|(_, count)| count <= 1_600));
    }

    #[test]
    fn a_restart_remembers_a_key_exactly_as_long() {
        for (now, known) in [(1_500, true), (1_501, false)] {
            let (before, after) = (fixture(10, 10), fixture(10, 10));
            let Claimed::Granted(kept) = claim(&before, 1, 1, 500) else {
                panic!("the first use")
            };
            kept.keep();
            after.1.recover(HOUSE, key(1), id(1, 500), Timestamp(900));
            for fixture in [before, after] {
                let found = claim(&fixture, 1, 2, now);
                assert_eq!(
                    matches!(found, Claimed::Duplicate(first) if first == id(1, 500)),
                    known,
                    "{found:?} at {now}"
                );
                assert_eq!(
                    matches!(found, Claimed::Granted(_)),
                    !known,
                    "{found:?} at {now}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn it_remembers_what_a_map_remembers(
            steps in prop::collection::vec((0..40u64, 0..3u64, 0..4u8, 0..120i64), 1..400),
        ) {
            let fixture = fixture(1_000_000, 1_000_000);
            let mut twin: HashMap<u64, (u64, NotificationId)> = HashMap::new();
            let mut now = 0;
            for (number, (n, body, kind, later)) in (1..).zip(steps) {
                now += later;
                twin.retain(|_, (_, used)| now - used.made_at().0 <= 1_000);
                let (idempotency, new) = (Idempotency { body, ..key(n) }, id(number, now));
                if kind == 0 {
                    // As at a start: the newest use counts.
                    fixture.1.recover(HOUSE, idempotency, new, Timestamp(now));
                    twin.insert(n, (body, new));
                    continue;
                }
                let found = Claim::take(&fixture.0, &fixture.1, HOUSE, idempotency, new, Timestamp(now));
                match (found, twin.get(&n)) {
                    (Claimed::Granted(claim), None) if kind == 1 => drop(claim),
                    (Claimed::Granted(claim), None) => {
                        claim.keep();
                        twin.insert(n, (body, new));
                    }
                    (Claimed::Duplicate(first), Some((same, known))) => prop_assert_eq!((first, body), (*known, *same)),
                    (Claimed::Conflict(first), Some((other, known))) => {
                        prop_assert_eq!(first, *known);
                        prop_assert_ne!(body, *other);
                    }
                    (found, expected) => prop_assert!(false, "{found:?} for {expected:?}"),
                }
            }
        }
    }
}
