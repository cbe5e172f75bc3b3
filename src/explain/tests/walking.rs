//! Owns the check that a walk keeps to its tenant, its limit and its pages.
//! Refuses a store: records are handed out by a closure.

use std::collections::BTreeMap;
use std::convert::Infallible;

use sluis_model::{
    CorporationId, Event, Input, NotificationId, Record, StoredTenant, Tenant, TenantKey,
    TenantRecord, Timestamp,
};

use crate::explain::{MAX_READS, Wanted, about, walk};

/// `count` records of tenant A at even sequences, each pointing at the one before; tenant B at the
/// odd ones.
fn log(count: u64) -> BTreeMap<u64, Record> {
    let record = |sequence: u64, tenant: &str| {
        Record::Tenant(TenantRecord {
            at: Timestamp(0),
            tenant: TenantKey::new(CorporationId(1), tenant),
            previous: sequence.saturating_sub(2),
            input: Input::PutProfile(Box::default()),
            events: vec![Event::ProfileStored { new: false }],
        })
    };
    (1..=2 * count)
        .map(|sequence| {
            (
                sequence,
                record(sequence, if sequence % 2 == 0 { "A" } else { "B" }),
            )
        })
        .collect()
}

fn wanted(before: Option<u64>, limit: usize) -> Wanted {
    let of = None;
    Wanted { before, limit, of }
}

/// Sequences of one page, its `next`, and how many records were read.
fn page(
    log: &BTreeMap<u64, Record>,
    last: u64,
    before: Option<u64>,
    limit: usize,
) -> (Vec<u64>, Option<u64>, usize) {
    let mut reads = 0;
    let mut read = |sequence: u64| {
        reads += 1;
        Ok::<_, Infallible>(log.get(&sequence).cloned())
    };
    let Ok(page) = walk(&mut read, last, wanted(before, limit), |_| true);
    (
        page.records.iter().map(|(sequence, _)| *sequence).collect(),
        page.next,
        reads,
    )
}

#[test]
fn pages_follow_each_other_without_gap_or_repeat() {
    let log = log(7);
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let (sequences, next, reads) = page(&log, 14, before, 3);
        assert!(
            reads <= 6,
            "a page does not read the pages before it: {reads}"
        );
        seen.extend(sequences);
        before = next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!(seen, [14, 12, 10, 8, 6, 4, 2]);
}

#[test]
fn a_made_up_position_never_shows_another_tenant() {
    let log = log(5);
    for before in 0..30 {
        let (sequences, _, _) = page(&log, 10, Some(before), 50);
        let expected: Vec<u64> = [10, 8, 6, 4, 2]
            .into_iter()
            .filter(|s| *s < before)
            .collect();
        assert_eq!(sequences, expected, "before {before}");
    }
}

#[test]
fn what_retention_took_ends_the_walk() {
    let mut log = log(5);
    log.remove(&4);
    assert_eq!(page(&log, 10, None, 50).0, [10, 8, 6]);
    assert_eq!(page(&log, 10, Some(4), 50).0, [0; 0]);
    assert_eq!(page(&log, 0, None, 50).0, [0; 0]);
    assert_eq!(page(&log, 99, None, 50).0, [0; 0]);
}

#[test]
fn a_page_that_keeps_nothing_still_ends_and_goes_on() {
    let log = log(MAX_READS as u64 + 5);
    let last = 2 * (MAX_READS as u64 + 5);
    let mut read = |sequence: u64| Ok::<_, Infallible>(log.get(&sequence).cloned());
    let Ok(first) = walk(&mut read, last, wanted(None, 10), about(NotificationId(1)));
    assert!(first.records.is_empty() && first.next.is_some());
    let Ok(second) = walk(
        &mut read,
        last,
        wanted(first.next, 10),
        about(NotificationId(1)),
    );
    assert_eq!(second.next, None);
}

/// The tenant of the even sequences, stored at `sequence`.
fn store(log: &mut BTreeMap<u64, Record>, sequence: u64) {
    let (tenant, state) = (
        TenantKey::new(CorporationId(1), "A"),
        Tenant {
            last: sequence - 2,
            ..Tenant::default()
        },
    );
    let pieces = StoredTenant::pieces(&tenant, &state, Vec::new(), Timestamp(0), sequence);
    let piece = pieces.into_iter().next().expect("at least one");
    log.insert(sequence, Record::Stored(Box::new(piece)));
}

#[test]
fn a_stored_tenant_leads_on_and_is_no_decision() {
    let mut log = log(7);
    store(&mut log, 14);
    store(&mut log, 8);
    assert_eq!(page(&log, 14, None, 10).0, [12, 10, 6, 4, 2]);
    let (first, next, _) = page(&log, 14, None, 2);
    assert_eq!((first, next), (vec![12, 10], Some(10)));
    assert_eq!(page(&log, 14, next, 10).0, [6, 4, 2]);
}

#[test]
fn a_walk_that_meets_what_is_not_kept_says_so() {
    let is_cut = |log: &BTreeMap<u64, Record>, last: u64| {
        let mut read = |sequence: u64| Ok::<_, Infallible>(log.get(&sequence).cloned());
        let Ok(page) = walk(&mut read, last, wanted(None, 10), |_| true);
        (page.records.len(), page.is_cut)
    };
    let mut log = log(7);
    assert_eq!(is_cut(&log, 14), (7, false));
    log.retain(|sequence, _| *sequence > 6);
    assert_eq!(is_cut(&log, 14), (4, true));
    assert_eq!(is_cut(&log, 6), (0, true));
    assert_eq!(is_cut(&log, 0), (0, false), "there never was anything");
}
