//! Crashes, restarts, a second writer: what is sealed stays, what is not is handed over again, and
//! nothing stands twice.

use std::fs;

use sluis_archive::{Archive, ArchiveError, Key, Limits, Store, verify};

use super::world::{NEVER, all, batch, fill, filled, id, open, record};

fn faults(store: &Store) -> Vec<String> {
    let report = verify(store, None, &mut |_, _| ()).unwrap();
    report.faults.into_iter().map(|fault| fault.place).collect()
}

#[test]
fn what_was_not_sealed_is_handed_over_again_from_the_watermark() {
    let store = Store::memory();
    let archive = filled(&store, 2, 10);
    fill(&archive, 20..25);
    assert_eq!((archive.passed(1), archive.followed(1)), (40, 50));
    assert_eq!((archive.passed(0), archive.followed(0)), (0, 0));
    drop(archive);
    let archive = open(&store);
    assert_eq!((archive.passed(1), archive.followed(1)), (40, 40));
    fill(&archive, 15..25);
    archive.seal(3).unwrap().unwrap();
    for number in 0..25 {
        assert_eq!(
            all(&archive, &Key::Notification(id(number))).len(),
            3,
            "{number}"
        );
    }
    assert_eq!(faults(&store), [""; 0]);
}

#[test]
fn a_crash_between_the_objects_and_the_manifest_leaves_no_volume() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::directory(folder.path()).unwrap();
    filled(&store, 3, 10);
    fs::remove_file(folder.path().join("volumes/0000000003/manifest.json")).unwrap();
    let archive = open(&store);
    assert_eq!((archive.tip().volume, archive.passed(1)), (2, 40));
    let left = fs::read_dir(folder.path().join("volumes/0000000003")).unwrap();
    assert_eq!(left.count(), 0, "what the crash left is removed");
    fill(&archive, 20..30);
    assert_eq!(archive.seal(0).unwrap().unwrap().tip.volume, 3);
    assert_eq!(faults(&store), [""; 0]);
}

#[test]
fn two_engines_cannot_write_to_one_archive() {
    let folder = tempfile::tempdir().unwrap();
    for store in [Store::memory(), Store::directory(folder.path()).unwrap()] {
        let (first, second) = (open(&store), open(&store));
        first.append(&batch(vec![record(1, 1)]), 0).unwrap();
        second.append(&batch(vec![record(1, 2)]), 0).unwrap();
        first.seal(0).unwrap().unwrap();
        let error = second.seal(0).unwrap_err();
        assert!(
            matches!(error, ArchiveError::Taken { volume: 1 }),
            "{error}"
        );
    }
}

#[test]
fn the_archive_of_another_data_directory_is_refused() {
    let store = Store::memory();
    filled(&store, 1, 1);
    let error = Archive::open(store, 16, NEVER).unwrap_err();
    let expected = ArchiveError::Shards {
        archived: 2,
        given: 16,
    };
    assert_eq!(error.to_string(), expected.to_string());
}

#[test]
fn a_volume_is_sealed_when_it_is_large_or_old_and_never_empty() {
    let limits = Limits {
        bytes: 20_000,
        age_ms: 1_000,
    };
    let archive = Archive::open(Store::memory(), 2, limits).unwrap();
    assert!(!archive.wants_seal(i64::MAX));
    assert_eq!(archive.seal(0).unwrap(), None);
    archive.append(&batch(vec![record(1, 1)]), 500).unwrap();
    assert_eq!(
        [1_499, 1_500].map(|now| archive.wants_seal(now)),
        [false, true]
    );
    archive.seal(1_500).unwrap().unwrap();
    let mut number = 1;
    while !archive.wants_seal(0) {
        fill(&archive, number..number + 1);
        number += 1;
        assert!(number < 100, "{:?}", archive.unsealed());
    }
    assert!(number > 5);
}

#[test]
fn an_entry_that_is_too_long_is_refused() {
    let archive = open(&Store::memory());
    let mut entry = record(1, 1);
    entry.body = vec![0; sluis_archive::MAX_BODY_BYTES + 1].into();
    let error = archive.append(&batch(vec![entry]), 0).unwrap_err();
    assert!(matches!(error, ArchiveError::TooLong { .. }), "{error}");
}

/// A start reads every manifest. Some at a time, so that it takes no minutes from an object store.
#[test]
fn ten_thousand_volumes_are_opened_and_the_chain_is_followed_through_all() {
    const VOLUMES: u64 = 10_000;
    let store = Store::memory();
    let archive = open(&store);
    for volume in 0..VOLUMES {
        archive
            .append(&batch(vec![record(volume + 1, volume)]), 0)
            .unwrap();
        archive.seal(0).unwrap().unwrap();
    }
    let tip = archive.tip();
    drop(archive);
    let opened = open(&store);
    assert_eq!((opened.tip(), opened.passed(1)), (tip, VOLUMES));
}
