//! What fits nothing is kept until something fits it, and no longer.

use super::*;

const HOUSE: CorporationId = CorporationId(1);
const SUBJECT: u64 = 0xfeed_0000_0000_0001;

fn missed(tenant: bool, subject: bool) -> Unmatched {
    Unmatched {
        tenant,
        subject,
        near: None,
    }
}

fn waiting(facts: &UnmatchedFacts) -> Vec<u64> {
    facts.list(HOUSE, 0).map(|(sequence, _)| sequence).collect()
}

#[test]
fn a_fact_leaves_when_what_it_missed_comes() {
    let mut facts = UnmatchedFacts::default();
    assert!(
        facts
            .take(
                HOUSE,
                1,
                (10, Timestamp(0)),
                Some(SUBJECT),
                missed(true, true)
            )
            .is_some()
    );
    assert!(
        facts
            .take(HOUSE, 1, (11, Timestamp(0)), None, missed(true, false))
            .is_some()
    );
    assert!(
        facts
            .take(
                HOUSE,
                2,
                (12, Timestamp(0)),
                Some(SUBJECT),
                missed(false, true)
            )
            .is_some()
    );
    facts.profiled(HOUSE, 1);
    assert_eq!(
        waiting(&facts),
        [10, 12],
        "the profile says nothing of the subject"
    );
    facts.accepted(HOUSE, 1, Some(SUBJECT + 1));
    facts.accepted(CorporationId(2), 1, Some(SUBJECT));
    assert_eq!(waiting(&facts), [10, 12]);
    facts.accepted(HOUSE, 1, Some(SUBJECT));
    assert_eq!(waiting(&facts), [12], "that of the other tenant stays");
    assert_eq!(
        facts
            .counts()
            .map(|strays| (strays.facts, strays.facts_ever))
            .next(),
        Some((1, 3))
    );
}

#[test]
fn what_was_dismissed_is_gone_for_good_and_its_repeats_with_it() {
    let mut facts = UnmatchedFacts::default();
    let take = |facts: &mut UnmatchedFacts, slot, sequence| {
        let at = (sequence, Timestamp(sequence as i64));
        facts.take(HOUSE, slot, at, None, missed(true, false))
    };
    take(&mut facts, 1, 10);
    take(&mut facts, 2, 11);
    assert!(
        !facts.dismiss(CorporationId(2), 10),
        "another corporation has no such fact"
    );
    assert!(facts.dismiss(HOUSE, 10));
    assert!(!facts.dismiss(HOUSE, 10), "once");
    assert!(!facts.dismiss(HOUSE, 99));
    take(&mut facts, 1, 12);
    assert_eq!(waiting(&facts), [11], "the same, a night later");
    let at = (20, Timestamp(20));
    facts.take(HOUSE, 3, at, Some(SUBJECT), missed(true, true));
    assert!(facts.dismiss(HOUSE, 20));
    take(&mut facts, 3, 21);
    assert_eq!(waiting(&facts), [11], "its subject is known by itself now");
    let counted = facts.counts().next().expect("a house");
    assert_eq!((counted.facts, counted.oldest), (1, Some(Timestamp(11))));
    facts.profiled(HOUSE, 1);
    take(&mut facts, 1, 13);
    assert_eq!(
        waiting(&facts),
        [11, 13],
        "what fitted meanwhile is new again"
    );
}

#[test]
fn what_ended_before_the_payment_came_is_remembered() {
    let mut facts = UnmatchedFacts::default();
    facts.ended(HOUSE, 1, SUBJECT);
    assert_eq!(
        facts.take(
            HOUSE,
            1,
            (10, Timestamp(0)),
            Some(SUBJECT),
            missed(true, true)
        ),
        None
    );
    assert!(
        facts
            .take(
                HOUSE,
                2,
                (11, Timestamp(0)),
                Some(SUBJECT),
                missed(false, true)
            )
            .is_some(),
        "another tenant"
    );
    for n in 0..3 * REMEMBERED as u64 {
        facts.ended(HOUSE, 3, n << 32);
    }
    assert!(
        facts
            .take(
                HOUSE,
                1,
                (12, Timestamp(0)),
                Some(SUBJECT),
                missed(false, true)
            )
            .is_some(),
        "bounded: forgotten"
    );
}

#[test]
fn what_a_feed_repeats_stands_once_and_the_newest_stay() {
    let mut facts = UnmatchedFacts::default();
    for night in 1..=365 {
        facts.take(
            HOUSE,
            1,
            (night, Timestamp(night as i64)),
            None,
            missed(true, false),
        );
    }
    assert_eq!(waiting(&facts), [1]);
    for n in 0..2 * MOST_FACTS as u64 {
        facts.take(
            HOUSE,
            7 + n as u32,
            (1_000 + n, Timestamp(400)),
            None,
            missed(true, false),
        );
    }
    let kept = waiting(&facts);
    assert_eq!(
        (kept.len(), kept.last()),
        (MOST_FACTS, Some(&(999 + 2 * MOST_FACTS as u64)))
    );
    facts.take(
        HOUSE,
        6,
        (900_000, Timestamp(401 + KEPT_MS)),
        None,
        missed(true, false),
    );
    assert_eq!(waiting(&facts), [900_000], "the old ones are gone");
    let house = &facts.0[&HOUSE];
    assert_eq!(
        (house.by_slot.len(), house.facts.len()),
        (1, 1),
        "the index forgets with them"
    );
}
