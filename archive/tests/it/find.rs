//! Finding: by notification, tenant and subject, in the open volume, in sealed ones, after a start.

use proptest::prelude::*;
use sluis_archive::{Archive, Key, Kind, Store};
use sluis_model::CorporationId;

use super::world::{all, batch, fill, filled, id, mail, open, record, subject, tenant};

/// Kind and sequence of what was found, newest first.
fn found(archive: &Archive, key: &Key) -> Vec<(Kind, u64)> {
    let found = all(archive, key);
    found
        .iter()
        .map(|found| (found.head.kind, found.head.sequence))
        .collect()
}

fn keys(number: u64) -> [Key; 3] {
    [
        Key::Notification(id(number)),
        Key::Tenant(tenant(number)),
        Key::Subject(CorporationId(7), subject(number)),
    ]
}

fn assert_all_found(archive: &Archive, number: u64) {
    let records = [
        (Kind::Record, 2 * number + 2),
        (Kind::Record, 2 * number + 1),
    ];
    let output = [(Kind::Output, 2 * number + 2)];
    let expected = [output.as_slice(), &records].concat();
    let [notification, tenant, subject] = keys(number).map(|key| found(archive, &key));
    assert_eq!((&notification, &tenant), (&expected, &expected), "{number}");
    assert_eq!(subject, records, "an output is found by its notification");
}

#[test]
fn the_index_of_a_volume_that_has_nothing_of_a_tenant_is_not_asked() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::directory(folder.path()).unwrap();
    let archive = filled(&store, 3, 50);
    let known = all(&archive, &Key::Tenant(tenant(120)));
    assert_eq!(known.len(), 3);
    for volume in [1, 2] {
        let index = folder
            .path()
            .join(format!("volumes/000000000{volume}/index"));
        std::fs::remove_file(index).unwrap();
    }
    let unread = |number| {
        let look = |_| std::ops::ControlFlow::Continue(());
        let found = archive.find(&Key::Tenant(tenant(number)), |_| true, &mut { look });
        found.is_ok()
    };
    assert_eq!(all(&archive, &Key::Tenant(tenant(120))), known);
    assert!(!unread(70), "the control: the index of volume 2 is asked");
    let asked = (100..150).filter(|number| !unread(*number)).count();
    assert!(asked <= 10, "{asked} of 50 tenants of volume 3");
}

#[test]
fn everything_is_found_by_each_key_before_and_after_sealing_and_after_a_start() {
    let store = Store::memory();
    let archive = open(&store);
    fill(&archive, 0..50);
    (0..50).for_each(|number| assert_all_found(&archive, number));
    archive.seal(0).unwrap().unwrap();
    fill(&archive, 50..100);
    (0..100).for_each(|number| assert_all_found(&archive, number));
    archive.seal(0).unwrap().unwrap();
    let again = open(&store);
    (0..100).for_each(|number| assert_all_found(&again, number));
    assert_eq!(again.tip(), archive.tip());
    assert_eq!(found(&again, &Key::Notification(id(100))), []);
}

#[test]
fn a_mail_comes_back_byte_for_byte() {
    let archive = filled(&Store::memory(), 3, 40);
    for number in [0, 57, 119] {
        let found = all(&archive, &Key::Notification(id(number)));
        assert_eq!(found[0].body, mail(number));
        assert_eq!(found[0].volume, Some(number / 40 + 1));
    }
}

#[test]
fn entries_of_other_corporations_and_longer_numbers_are_not_taken_for_the_tenants() {
    let archive = open(&Store::memory());
    let mut foreign = record(1, 1);
    foreign.head.corporation = 8;
    let mut longer = record(2, 2);
    longer.head.tenant = "T-11".into();
    archive
        .append(&batch(vec![foreign, longer, record(3, 1)]), 0)
        .unwrap();
    assert_eq!(
        found(&archive, &Key::Tenant(tenant(1))),
        [(Kind::Record, 3)]
    );
}

#[test]
fn a_walk_finds_the_newest_record_that_is_no_newer_than_asked() {
    let store = Store::memory();
    let archive = open(&store);
    for (sequence, of) in [(1, 1), (4, 2), (6, 1), (9, 1)] {
        archive
            .append(&batch(vec![record(sequence, of)]), 0)
            .unwrap();
        if sequence != 9 {
            archive.seal(0).unwrap().unwrap();
        }
    }
    let at = |sequence| {
        let record = archive.record(&tenant(1), 1, sequence).unwrap();
        record.0.map(|record| record.head.sequence)
    };
    let expected = [None, Some(1), Some(1), Some(6), Some(6), Some(9), Some(9)];
    assert_eq!([0, 1, 5, 6, 8, 9, 99].map(at), expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever comes in which batches and volumes: each entry is found by its keys, once.
    #[test]
    fn nothing_is_lost_and_nothing_comes_twice(
        tenants in proptest::collection::vec((0u64..6, any::<bool>(), any::<bool>()), 1..60),
    ) {
        let store = Store::memory();
        let mut archive = open(&store);
        for (number, (of, seal, restart)) in tenants.iter().enumerate() {
            archive.append(&batch(vec![record(number as u64 + 1, *of)]), 0).unwrap();
            if *seal {
                archive.seal(0).unwrap();
            }
            if *restart {
                let from = archive.passed(1);
                archive = open(&store);
                // What was not sealed is handed over again, with some that was.
                for again in from.saturating_sub(2)..=number as u64 {
                    let of = tenants[again as usize].0;
                    archive.append(&batch(vec![record(again + 1, of)]), 0).unwrap();
                }
            }
        }
        for of in 0..6 {
            let expected = tenants.iter().enumerate().rev().filter(|(_, tenant)| tenant.0 == of);
            let expected: Vec<_> = expected.map(|(at, _)| (Kind::Record, at as u64 + 1)).collect();
            prop_assert_eq!(found(&archive, &Key::Tenant(tenant(of))), expected);
        }
    }
}
