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
                (1, 1),
                (10, Timestamp(0)),
                Some(SUBJECT),
                missed(true, true)
            )
            .is_some()
    );
    assert!(
        facts
            .take(HOUSE, (1, 1), (11, Timestamp(0)), None, missed(true, false))
            .is_some()
    );
    assert!(
        facts
            .take(
                HOUSE,
                (2, 2),
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
        facts.take(
            HOUSE,
            (slot, u64::from(slot)),
            at,
            None,
            missed(true, false),
        )
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
    facts.take(HOUSE, (3, 3), at, Some(SUBJECT), missed(true, true));
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
            (1, 1),
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
                (2, 2),
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
                (1, 1),
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
            (1, 1),
            (night, Timestamp(night as i64)),
            None,
            missed(true, false),
        );
    }
    assert_eq!(waiting(&facts), [1]);
    for n in 0..2 * MOST_FACTS as u64 {
        facts.take(
            HOUSE,
            (7 + n as u32, n),
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
        (6, 6),
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

#[test]
fn what_is_carried_comes_back_as_it_was_but_for_the_facts_whose_records_go() {
    let mut facts = UnmatchedFacts::default();
    for (sequence, slot) in [(10, 1), (20, 2), (30, 3)] {
        let (at, tenant) = ((sequence, Timestamp(0)), (slot, u64::from(slot)));
        facts.take(HOUSE, tenant, at, Some(SUBJECT), missed(true, true));
    }
    facts.dismiss(HOUSE, 20);
    facts.ended(HOUSE, 7, SUBJECT);
    facts.stranger(CorporationId(2));
    let carried = facts.carry(20, |slot| format!("H-{slot}").into());
    assert_eq!(waiting(&facts), [30], "20 is dismissed, and 10 goes");

    let mut again = UnmatchedFacts::default();
    // What a replay made of records that miss those before them.
    let spurious = (CorporationId(9), (1, 1), (25, Timestamp(0)));
    again.take(
        spurious.0,
        spurious.1,
        spurious.2,
        None,
        missed(true, false),
    );
    let slot = |_, tenant: &str| tenant["H-".len()..].parse().expect("a number");
    for strays in carried.clone() {
        again.put_carried(strays, slot);
    }
    assert_eq!(waiting(&again), [30]);
    let repeat = again.take(
        HOUSE,
        (7, 7),
        (40, Timestamp(0)),
        Some(SUBJECT),
        missed(true, true),
    );
    assert_eq!(repeat, None, "it was told about that, and it ended");
    let dismissed = again.take(
        HOUSE,
        (2, 2),
        (41, Timestamp(0)),
        Some(SUBJECT),
        missed(true, true),
    );
    assert!(
        dismissed.is_some() && waiting(&again) == [30],
        "still dismissed"
    );
    assert_eq!(
        again
            .counts()
            .map(|strays| (strays.facts_ever, strays.notifications_ever))
            .collect::<Vec<_>>(),
        [(4, 0), (0, 1)]
    );
    assert_eq!(
        again.carry(0, |slot| format!("H-{slot}").into())[1..].len(),
        carried[1..].len()
    );
}
