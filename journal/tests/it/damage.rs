//! What only a disk can do: torn tails, flipped bytes, tables and checkpoints that are damaged.

mod generations;
mod parts;
mod space;
mod start;

use sluis_journal::{
    Damage, DiskJournal, Journal, JournalError, Options, Repaired, Sequence, Shard, inspect,
};

use self::parts::{
    fill_generations, fill_three_groups, flip, log, place_of, refusal, three_groups,
    three_groups_and_a_kill, with_log,
};
use crate::support::{SHARDS, Settle, append, killed, open, options, replayed, without_room};

#[test]
fn a_torn_tail_is_cut_off_and_appending_goes_on() {
    let dir = three_groups_and_a_kill();
    flip(dir.path(), b"third");
    let inspection = inspect(dir.path()).expect("inspected");
    assert!(inspection.defects.len() == 1 && inspection.defects[0].repaired_by_start);

    let (journal, report) = DiskJournal::open(dir.path(), options()).expect("opened");
    assert_eq!(report.shards[1].last, Sequence(2));
    assert_eq!(report.torn_bytes, inspection.torn_bytes);
    assert!(
        matches!(&report.repairs[..], [repair] if repair.what == Repaired::Tail && repair.path == log(dir.path()))
    );
    append(&journal, 1, &[b"third again"]);
    journal.settle();
    drop(journal);
    let expected = [
        (1, b"first".to_vec()),
        (2, b"second".to_vec()),
        (3, b"third again".to_vec()),
    ];
    assert_eq!(replayed(&open(dir.path()), 1, 1), expected);
}

/// The control is the test above: without the group that a clean close writes, the same flip is cut
/// off.
#[test]
fn after_a_clean_close_a_flipped_byte_in_the_last_group_is_no_torn_tail() {
    let dir = tempfile::tempdir().expect("a directory");
    three_groups(dir.path());
    flip(dir.path(), b"third");
    let error = refusal(dir.path(), options());
    let JournalError::Damaged { place, damage, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(
        (place.record, *damage),
        (Some((Shard(1), Sequence(3))), Damage::Checksum)
    );
}

#[test]
fn a_flipped_byte_in_the_middle_stops_the_start_and_names_the_place() {
    let dir = tempfile::tempdir().expect("a directory");
    three_groups(dir.path());
    flip(dir.path(), b"second");
    let error = refusal(dir.path(), options());
    let JournalError::Damaged { place, damage, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(
        (place.record, *damage),
        (Some((Shard(1), Sequence(2))), Damage::Checksum)
    );
    let message = error.to_string();
    for part in [
        "gen-00000001/log",
        "shard 1",
        "sequence 2",
        &format!("byte {}", place.offset),
        "restore",
    ] {
        assert!(message.contains(part), "{part:?} is not in {message:?}");
    }
    let inspection = inspect(dir.path()).expect("inspected");
    assert!(
        inspection
            .defects
            .iter()
            .any(|defect| !defect.repaired_by_start)
    );
}

#[test]
fn a_group_that_is_gone_from_the_middle_stops_the_start() {
    let dir = tempfile::tempdir().expect("a directory");
    three_groups(dir.path());
    with_log(dir.path(), |bytes| {
        let (begin, end) = (
            place_of(bytes, b"first") + 5,
            place_of(bytes, b"second") + 6,
        );
        bytes[begin..end].fill(0);
    });
    let error = refusal(dir.path(), options());
    assert!(
        matches!(
            error,
            JournalError::Damaged {
                damage: Damage::Malformed,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_damaged_length_does_not_hide_what_follows() {
    let dir = tempfile::tempdir().expect("a directory");
    three_groups(dir.path());
    // The length of the first group: it then seems to reach over the rest of the file.
    with_log(dir.path(), |bytes| bytes[18] ^= 1);
    let error = refusal(dir.path(), options());
    assert!(
        matches!(
            error,
            JournalError::Damaged {
                damage: Damage::Checksum,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn what_an_older_file_left_in_a_reused_place_is_no_record() {
    let dirs = [three_groups_and_a_kill(), three_groups_and_a_kill()];
    let older = std::fs::read(log(dirs[0].path())).expect("read");
    with_log(dirs[1].path(), |bytes| {
        let second = place_of(bytes, b"second") + 6;
        bytes.truncate(second);
        bytes.extend_from_slice(&older[second..]);
    });
    let (journal, report) = DiskJournal::open(dirs[1].path(), options()).expect("opened");
    assert!(report.torn_bytes > 0);
    assert_eq!(journal.last(Shard(1)), Sequence(2));
}

#[test]
fn damage_behind_a_good_index_is_noticed_by_the_reader_and_by_an_inspection() {
    let dir = tempfile::tempdir().expect("a directory");
    fill_generations(&open(dir.path()), 2);
    with_log(dir.path(), |bytes| bytes[5000] ^= 1);
    assert!(!inspect(dir.path()).expect("inspected").defects.is_empty());
    let journal = open(dir.path());
    let replays = (0..SHARDS).map(|shard| {
        journal.replay(Shard(shard), Sequence(1), &mut |_, _| {
            std::ops::ControlFlow::Continue(())
        })
    });
    assert_eq!(
        replays.filter(Result::is_err).count(),
        1,
        "the shard whose record it is"
    );
}

#[test]
fn records_that_a_checkpoint_covers_cannot_be_a_torn_tail() {
    let dir = tempfile::tempdir().expect("a directory");
    let (journal, _) = DiskJournal::open(dir.path(), without_room()).expect("opened");
    fill_three_groups(&journal);
    journal
        .checkpoint(
            Shard(1),
            Sequence(3),
            &mut std::iter::once(b"state".to_vec()),
        )
        .expect("written");
    let dir = killed(dir.path());
    flip(dir.path(), b"third");
    let error = refusal(dir.path(), options());
    assert!(
        matches!(
            error,
            JournalError::Damaged {
                damage: Damage::Missing { .. },
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_damaged_checkpoint_is_not_given_out() {
    let dir = tempfile::tempdir().expect("a directory");
    three_groups(dir.path());
    let journal = open(dir.path());
    journal
        .checkpoint(
            Shard(1),
            Sequence(3),
            &mut std::iter::once(b"state".to_vec()),
        )
        .expect("written");
    let path = dir
        .path()
        .join("checkpoints/00001-00000000000000000003.ckpt");
    let mut bytes = std::fs::read(&path).expect("read");
    bytes[9] ^= 1;
    std::fs::write(&path, bytes).expect("written");
    assert!(matches!(
        journal.latest_checkpoint(Shard(1)),
        Err(JournalError::DamagedFile { .. })
    ));
}

#[test]
fn a_start_goes_on_without_a_checkpoint_that_is_gone_or_damaged_and_says_so_once() {
    let dir = tempfile::tempdir().expect("a directory");
    three_groups(dir.path());
    let journal = open(dir.path());
    append(&journal, 0, &[b"first", b"second", b"third"]);
    journal.settle();
    for shard in 0..2 {
        let mut chunks = std::iter::once(b"state".to_vec());
        let written = journal.checkpoint(Shard(shard), Sequence(3), &mut chunks);
        written.expect("written");
    }
    // The log is trimmed: what is alive was written again behind there.
    journal.trim(Shard(0), Sequence(3)).expect("trimmed");
    drop(journal);
    let of = |shard: u16| {
        let name = format!("checkpoints/{shard:05}-00000000000000000003.ckpt");
        dir.path().join(name)
    };
    std::fs::remove_file(of(0)).expect("removed");
    let mut bytes = std::fs::read(of(1)).expect("read");
    bytes[9] ^= 1;
    std::fs::write(of(1), bytes).expect("written");

    let (journal, report) = DiskJournal::open(dir.path(), options()).expect("opened");
    let mut said: Vec<_> = report
        .repairs
        .iter()
        .map(|it| (it.what, &it.path))
        .collect();
    said.sort_by_key(|(_, path)| *path);
    let expected = [of(0), of(1)];
    let expected: Vec<_> = expected
        .iter()
        .map(|path| (Repaired::Checkpoint, path))
        .collect();
    assert_eq!(said, expected);
    for shard in 0..2 {
        let found = journal.latest_checkpoint(Shard(shard));
        assert!(found.expect("looked").is_none());
    }
    drop(journal);
    let (_, report) = DiskJournal::open(dir.path(), options()).expect("opened again");
    assert_eq!(report.repairs, []);
}

#[test]
fn records_that_a_checkpoint_covered_must_be_there_though_it_is_gone() {
    let dir = tempfile::tempdir().expect("a directory");
    let (journal, _) = DiskJournal::open(dir.path(), without_room()).expect("opened");
    fill_three_groups(&journal);
    let mut chunks = std::iter::once(b"state".to_vec());
    let written = journal.checkpoint(Shard(1), Sequence(3), &mut chunks);
    written.expect("written");
    let dir = killed(dir.path());
    flip(dir.path(), b"third");
    std::fs::remove_dir_all(dir.path().join("checkpoints")).expect("removed");
    let error = refusal(dir.path(), options());
    let is_missing = matches!(&error, JournalError::Damaged { damage, .. } if matches!(damage, Damage::Missing { .. }));
    assert!(is_missing, "{error}");
}

/// sled reads a page again once it left its cache: what it finds then is no "not there".
#[test]
fn a_table_that_is_damaged_under_a_running_journal_ends_it_and_is_made_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let small = Options {
        cache_bytes: 1 << 20,
        segment_bytes: 512 << 10,
        ..options()
    };
    let (journal, _) = DiskJournal::open(dir.path(), small.clone()).expect("opened");
    append(&journal, 0, &[b"a record"]);
    journal.settle();
    for number in 0..3_000_u16 {
        journal
            .put(Shard(0), &number.to_be_bytes(), &vec![number as u8; 4_000])
            .expect("put");
    }
    journal
        .set_table_applied(Shard(0), Sequence(1))
        .expect("applied");
    let db = dir.path().join("table/db");
    let zeros = vec![0; std::fs::metadata(&db).expect("there").len() as usize];
    let file = std::fs::File::options()
        .write(true)
        .open(&db)
        .expect("opened");
    std::os::unix::fs::FileExt::write_all_at(&file, &zeros, 0).expect("written");
    let found = (0..3_000_u16).map(|number| journal.get(Shard(0), &number.to_be_bytes()));
    let error = found
        .filter_map(Result::err)
        .next()
        .expect("not all of it is in the cache");
    let failure = journal.failure().expect("it ended").to_string();
    assert!(failure.contains("start again"), "{error}: {failure}");
    drop(journal);
    let (journal, report) = DiskJournal::open(dir.path(), small).expect("opened");
    assert!(
        report
            .repairs
            .iter()
            .any(|repair| repair.what == Repaired::Table),
        "{:?}",
        report.repairs
    );
    assert_eq!(
        (journal.table_applied(Shard(0)), journal.last(Shard(0))),
        (Sequence::ZERO, Sequence(1))
    );
}

#[test]
fn a_start_file_that_is_gone_is_said_by_an_inspection_and_made_again() {
    let dir = tempfile::tempdir().expect("a directory");
    three_groups(dir.path());
    let start = dir.path().join("gen-00000001/start");
    std::fs::remove_file(&start).expect("it was there");
    let inspection = inspect(dir.path()).expect("inspected");
    let defects: Vec<_> = inspection
        .defects
        .iter()
        .map(|defect| (defect.repaired_by_start, defect.error.to_string()))
        .collect();
    assert!(
        matches!(&defects[..], [(true, error)] if error.contains("gen-00000001/start")),
        "{defects:?}"
    );
    let (_, report) = DiskJournal::open(dir.path(), options()).expect("opened");
    assert!(matches!(&report.repairs[..], [repair] if repair.path == start));
}
