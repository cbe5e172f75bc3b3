//! Owns how endings leave the keyed table: a span of packs after the other, the oldest first. Refuses
//! to say when one may leave, and to take away what it cannot read.
//!
//! Before the first ones leave, the table is told until when: so who compares it with the log knows
//! that nothing is missing.
//!
//! A reader of a span goes from pack to pack until there is none. So only the last packs of a span are
//! deleted; one before them stays, empty.

use std::collections::BTreeMap;

use sluis_journal::{Journal, JournalError, Sequence, Shard};
use sluis_model::codec::decode_plain;
use sluis_model::{NotificationId, Timestamp};

use super::packs::{Pack, PackKey};
use super::table::Ended;

/// Under which key the table says what may have left it: a version, and milliseconds since 1970.
const LEFT_KEY: &[u8] = b"left";
/// No version of a pack: whoever seals takes it as it is.
const LEFT_VERSION: u8 = b'l';

/// Which endings leave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leaving {
    /// What ended before this instant ...
    pub(crate) before: Timestamp,
    /// ... by a record up to this one.
    pub(crate) upto: Sequence,
}

impl Leaving {
    fn takes(self, body: &[u8]) -> bool {
        let ended = decode_plain::<Ended>(body);
        ended.is_ok_and(|ended| ended.at < self.before && ended.sequence <= self.upto.0)
    }
}

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Swept {
    /// Endings that left.
    pub(crate) endings: u64,
    /// Where to go on; none: nothing that may leave comes behind.
    pub(super) next: Option<PackKey>,
}

/// Takes out what leaves of at most `most` packs from `from` on.
pub(super) fn sweep(
    journal: &dyn Journal,
    shard: Shard,
    from: PackKey,
    leaving: Leaving,
    most: usize,
) -> Result<Swept, JournalError> {
    // What ended before that instant was made before it.
    let last = PackKey::last_of(leaving.before);
    if from > last {
        return Ok(Swept::default());
    }
    let keys = journal.table_keys(shard, (&from.bytes(), &last.bytes()), most)?;
    let keys: Vec<PackKey> = keys.iter().filter_map(|key| PackKey::of(key)).collect();
    let spans: Vec<&[PackKey]> = keys.chunk_by(PackKey::is_of_span).collect();
    // The last span may go on behind what was asked for. If it is the only one, it stays.
    let is_cut = keys.len() == most;
    let whole = spans.len() - usize::from(is_cut).min(spans.len());
    if whole > 0 {
        note_left(journal, shard, leaving.before)?;
    }
    let mut swept = Swept::default();
    let mut dead = Vec::new();
    for span in &spans[..whole] {
        swept.endings += sweep_span(journal, shard, span, leaving, &mut dead)?;
    }
    journal.delete(shard, &dead)?;
    let behind = spans.get(whole).and_then(|span| span.first().copied());
    swept.next = match (behind, whole) {
        (Some(first), 0) => Some(first.next_span()),
        (behind, _) => behind,
    };
    Ok(swept)
}

/// What ended before this instant may have left the table of the shard.
pub(super) fn left_until(journal: &dyn Journal, shard: Shard) -> Result<Timestamp, JournalError> {
    Ok(match journal.get(shard, LEFT_KEY)?.as_deref() {
        Some([LEFT_VERSION, millis @ ..]) => millis
            .try_into()
            .map_or(Timestamp(0), |millis| Timestamp(i64::from_le_bytes(millis))),
        Some(_) | None => Timestamp(0),
    })
}

fn note_left(journal: &dyn Journal, shard: Shard, before: Timestamp) -> Result<(), JournalError> {
    if before <= left_until(journal, shard)? {
        return Ok(());
    }
    let mut value = vec![LEFT_VERSION];
    value.extend_from_slice(&before.0.to_le_bytes());
    journal.put(shard, LEFT_KEY, &value)
}

/// Takes out what leaves of the packs of one span. Puts the keys of those into `dead` that are to be
/// deleted.
fn sweep_span(
    journal: &dyn Journal,
    shard: Shard,
    span: &[PackKey],
    leaving: Leaving,
    dead: &mut Vec<Vec<u8>>,
) -> Result<u64, JournalError> {
    let mut endings = 0;
    let mut is_last = true;
    for key in span.iter().rev() {
        let Some(pack) = Pack::get(journal, shard, *key)? else {
            continue;
        };
        let mut entries = pack.entries();
        let before = entries.len();
        let takes = |body: &Vec<u8>| pack.is_readable() && leaving.takes(body);
        entries.retain(|_, body| !takes(body));
        endings += (before - entries.len()) as u64;
        if is_last && entries.is_empty() && pack.is_readable() {
            dead.push(key.bytes().to_vec());
            continue;
        }
        is_last = false;
        if entries.len() < before {
            put(journal, shard, *key, &entries)?;
        }
    }
    Ok(endings)
}

fn put(
    journal: &dyn Journal,
    shard: Shard,
    key: PackKey,
    entries: &BTreeMap<NotificationId, Vec<u8>>,
) -> Result<(), JournalError> {
    journal.put(shard, &key.bytes(), Pack::of(entries).as_bytes())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use sluis_journal::MemoryJournal;
    use sluis_model::{CorporationId, ShardId, TenantKey};

    use super::super::packs;
    use super::*;

    const SHARD: Shard = Shard(0);
    const ALL: Sequence = Sequence(u64::MAX);

    fn ended(made: i64, number: u64, at: i64) -> (NotificationId, Ended) {
        let tenant = TenantKey::new(CorporationId(1), format!("H-{number}"));
        let ended = Ended {
            tenant,
            end: "sent".into(),
            at: Timestamp(at),
            sequence: number,
            accepted: 1,
        };
        (NotificationId::new(ShardId(0), made, number), ended)
    }

    fn is_there(journal: &MemoryJournal, id: NotificationId) -> bool {
        let mut key = PackKey::first(id);
        while let Some(pack) = Pack::get(journal, SHARD, key).expect("read") {
            if pack.find(id).is_some() {
                return true;
            }
            key = key.next();
        }
        false
    }

    fn keys(journal: &MemoryJournal) -> usize {
        let (from, to) = (PackKey::FIRST.bytes(), [u8::MAX; 9]);
        let keys = journal.table_keys(SHARD, (&from, &to), usize::MAX);
        keys.expect("listed").len()
    }

    /// Sweeps to the end, some packs at a time.
    fn sweep_all(journal: &MemoryJournal, leaving: Leaving, most: usize) -> u64 {
        let (mut from, mut endings) = (PackKey::FIRST, 0);
        loop {
            let swept = sweep(journal, SHARD, from, leaving, most).expect("swept");
            endings += swept.endings;
            let Some(next) = swept.next else {
                return endings;
            };
            assert!(next > from, "it goes on");
            from = next;
        }
    }

    proptest! {
        #[test]
        fn whoever_ended_before_leaves_and_everybody_else_is_found(
            all in prop::collection::btree_map((0..500_i64, 0..60_u64), 0..700_i64, 0..150),
            before in 0..700_i64,
            upto in 0..60_u64,
            most in 1..40_usize,
        ) {
            let journal = MemoryJournal::new(1, 8);
            let all: Vec<_> = all
                .into_iter()
                .map(|((made, number), lasted)| ended(made, number, made + lasted))
                .collect();
            packs::put(&journal, SHARD, &all).expect("put");
            let leaving = Leaving { before: Timestamp(before), upto: Sequence(upto) };
            let leaves = |ended: &Ended| ended.at.0 < before && ended.sequence <= upto;
            let expected = all.iter().filter(|(_, ended)| leaves(ended)).count() as u64;
            // A span of a single pack is looked at whole from two packs on.
            prop_assert_eq!(sweep_all(&journal, leaving, most + 1), expected);
            for (id, ended) in &all {
                prop_assert_eq!(is_there(&journal, *id), !leaves(ended));
            }
            prop_assert_eq!(sweep_all(&journal, leaving, most + 1), 0, "nothing is left to do");
        }
    }

    #[test]
    fn a_span_of_several_packs_goes_from_its_end_and_can_be_read_all_the_time() {
        let journal = MemoryJournal::new(1, 8);
        let all: Vec<_> = (0..3_000).map(|number| ended(7, number, 9)).collect();
        packs::put(&journal, SHARD, &all).expect("put");
        // The last one ended later.
        let (id, late) = ended(7, 3_000, 90);
        packs::put(&journal, SHARD, &[(id, late)]).expect("put");
        assert_eq!(keys(&journal), 3);
        let leaving = |before| Leaving {
            before: Timestamp(before),
            upto: ALL,
        };
        assert_eq!(sweep_all(&journal, leaving(50), 8), 3_000);
        assert!(is_there(&journal, id) && !is_there(&journal, all[0].0));
        assert_eq!(keys(&journal), 3, "those before it stay, empty");
        packs::put(&journal, SHARD, &all[..1]).expect("put again, as after a restart");
        assert!(is_there(&journal, id) && is_there(&journal, all[0].0));
        assert_eq!(sweep_all(&journal, leaving(100), 8), 2);
        assert_eq!(keys(&journal), 0);
    }

    #[test]
    fn the_table_says_what_may_have_left_it() {
        let journal = MemoryJournal::new(1, 8);
        let until = || left_until(&journal, SHARD).expect("read").0;
        let sweep_before = |before| {
            let leaving = Leaving {
                before: Timestamp(before),
                upto: ALL,
            };
            sweep_all(&journal, leaving, 8)
        };
        assert_eq!((sweep_before(5_000), until()), (0, 0), "there is nothing");
        packs::put(&journal, SHARD, &[ended(7, 1, 9), ended(7, 2, 900)]).expect("put");
        assert_eq!((sweep_before(500), until()), (1, 500));
        assert_eq!(
            (sweep_before(400), until()),
            (0, 500),
            "a clock was set back"
        );
    }

    #[test]
    fn what_cannot_be_read_stays() {
        let journal = MemoryJournal::new(1, 8);
        let mut entries = BTreeMap::new();
        entries.insert(ended(7, 1, 9).0, b"no ending".to_vec());
        let (first, second) = (PackKey::FIRST.bytes(), PackKey::FIRST.next_span().bytes());
        let value = Pack::of(&entries);
        journal.put(SHARD, &first, value.as_bytes()).expect("put");
        journal
            .put(SHARD, &second, b"\x09 of a later version")
            .expect("put");
        let leaving = Leaving {
            before: Timestamp(1_000),
            upto: ALL,
        };
        assert_eq!(sweep_all(&journal, leaving, 8), 0);
        assert_eq!(keys(&journal), 2);
    }
}
