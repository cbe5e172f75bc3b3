//! What only a disk can do: damage, leftovers, two processes, a wrong configuration, space that
//! comes back.

use std::path::{Path, PathBuf};

use sluis_journal::{
    Batch, Damage, DiskJournal, Journal, JournalError, MAX_RECORD_BYTES, MAX_VALUE_BYTES, Options,
    Repaired, Sequence, Shard, TryAppendError, inspect,
};

use crate::support::{SHARDS, Settle, append, killed, open, options, replayed, without_room};

fn generation(dir: &Path) -> PathBuf {
    dir.join("gen-00000001")
}

fn log(dir: &Path) -> PathBuf {
    generation(dir).join("log")
}

/// Works on the log behind the journal's back.
fn with_log(dir: &Path, work: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(log(dir)).expect("read");
    work(&mut bytes);
    std::fs::write(log(dir), bytes).expect("written");
}

/// Three groups of one record in shard 1.
fn three_groups(dir: &Path) {
    fill_three_groups(&open(dir));
}

fn fill_three_groups(journal: &DiskJournal) {
    for record in [&b"first"[..], b"second", b"third"] {
        append(journal, 1, &[record]);
        journal.settle();
    }
}

/// Where a record's bytes stand.
fn place_of(bytes: &[u8], record: &[u8]) -> usize {
    bytes
        .windows(record.len())
        .position(|window| window == record)
        .expect("the record")
}

fn flip(dir: &Path, record: &[u8]) {
    with_log(dir, |bytes| {
        let place = place_of(bytes, record);
        bytes[place] ^= 1;
    });
}

/// Three groups as a kill leaves them: nothing behind the third.
fn three_groups_and_a_kill() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let (journal, _) = DiskJournal::open(dir.path(), without_room()).expect("opened");
    fill_three_groups(&journal);
    killed(dir.path())
}

fn refusal(dir: &Path, options: Options) -> JournalError {
    DiskJournal::open(dir, options).err().expect("refused")
}

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
fn a_generation_that_was_ready_and_never_begun_is_removed_and_made_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let journal = open(dir.path());
    let next = dir.path().join("gen-00000002");
    let record = vec![1; 3000];
    while !next.join("start").exists() {
        append(&journal, 0, &[&record[..]; 20]);
        journal.settle();
    }
    assert_eq!(journal.stats().generations, 1, "half of the first is used");
    let whole = replayed(&journal, 0, 1);
    drop(journal);
    let (journal, report) = DiskJournal::open(dir.path(), options()).expect("opened");
    assert_eq!((report.removed, report.generations), (vec![next], 1));
    fill_generations(&journal, 3);
    assert_eq!(replayed(&journal, 0, 1)[..whole.len()], whole);
}

/// Fills the first generation until the next one is ready, and not begun.
fn with_a_ready_generation(journal: &DiskJournal, dir: &Path) {
    let record = vec![1; 3000];
    while !dir.join("gen-00000002/start").exists() || inspect_made(dir) < 2 {
        append(journal, 0, &[&record[..]; 5]);
        journal.settle();
    }
    assert_eq!(journal.stats().generations, 1, "half of the first is used");
}

/// How many generations the manifest knows: the ninth number.
fn inspect_made(dir: &Path) -> u64 {
    let bytes = std::fs::read(dir.join("manifest")).expect("read");
    u64::from_le_bytes(bytes[64..72].try_into().expect("eight bytes"))
}

/// A first group that is torn was never acknowledged: the generation before it goes on. What was
/// written is kept all the same.
#[test]
fn a_generation_whose_first_group_is_torn_was_never_begun_and_is_moved_aside() {
    let dir = tempfile::tempdir().expect("a directory");
    let (journal, _) = DiskJournal::open(dir.path(), without_room()).expect("opened");
    with_a_ready_generation(&journal, dir.path());
    let whole = replayed(&journal, 0, 1);
    let left = killed(dir.path());
    std::fs::write(
        left.path().join("gen-00000002/log"),
        b"SlGr and then the power went",
    )
    .expect("written");
    let (journal, report) = DiskJournal::open(left.path(), options()).expect("opened");
    assert!(
        matches!(&report.repairs[..], [repair] if repair.what == Repaired::Unbegun),
        "{:?}",
        report.repairs
    );
    assert_eq!((report.generations, replayed(&journal, 0, 1)), (1, whole));
    assert!(left.path().join("gen-00000002.aside-1/log").exists());
    fill_generations(&journal, 3);
}

/// The control: once it was begun, a log without its groups is damage, whatever it holds.
#[test]
fn a_generation_that_was_begun_and_has_no_group_is_refused() {
    for content in [&b""[..], &[0; 5000], b"something else"] {
        let dir = tempfile::tempdir().expect("a directory");
        let journal = open(dir.path());
        fill_generations(&journal, 2);
        let left = killed(dir.path());
        std::fs::write(left.path().join("gen-00000002/log"), content).expect("written");
        assert!(matches!(
            refusal(left.path(), options()),
            JournalError::Damaged { .. }
        ));
    }
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
fn a_sealed_generation_is_read_without_its_index_and_checked_when_it_has_none() {
    let dir = tempfile::tempdir().expect("a directory");
    fill_generations(&open(dir.path()), 3);
    let whole = replayed(&open(dir.path()), 1, 1);
    let index = generation(dir.path()).join("index");
    std::fs::write(&index, b"half").expect("written");
    assert_eq!(replayed(&open(dir.path()), 1, 1), whole);
    assert!(std::fs::metadata(&index).expect("made again").len() > 100);
    std::fs::remove_file(&index).expect("removed");
    with_log(dir.path(), |bytes| bytes[5000] ^= 1);
    assert!(matches!(
        refusal(dir.path(), options()),
        JournalError::Damaged { .. }
    ));
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
fn a_missing_generation_stops_the_start() {
    let dir = tempfile::tempdir().expect("a directory");
    fill_generations(&open(dir.path()), 3);
    std::fs::rename(
        dir.path().join("gen-00000002"),
        dir.path().join("elsewhere"),
    )
    .expect("moved");
    assert!(matches!(
        refusal(dir.path(), options()),
        JournalError::MissingGeneration { number: 2, .. }
    ));
    std::fs::rename(
        dir.path().join("elsewhere"),
        dir.path().join("gen-00000002"),
    )
    .expect("moved back");
    std::fs::rename(generation(dir.path()), dir.path().join("elsewhere")).expect("moved");
    assert!(matches!(
        refusal(dir.path(), options()),
        JournalError::MissingGeneration { number: 1, .. }
    ));
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
fn leftovers_of_a_killed_process_do_not_stop_the_start() {
    let dir = tempfile::tempdir().expect("a directory");
    three_groups(dir.path());
    let leftovers = [
        dir.path().join("table/snap.00000000FFFFFFFF.generating"),
        dir.path()
            .join("checkpoints/00001-00000000000000000002.ckpt.tmp"),
        dir.path().join("trim.tmp"),
    ];
    for leftover in &leftovers {
        std::fs::write(leftover, b"half").expect("written");
    }
    std::fs::create_dir(dir.path().join("gen-00000002"))
        .expect("a generation whose making was interrupted");
    std::fs::create_dir(dir.path().join("gen-00000000.dead"))
        .expect("a generation whose removal was interrupted");
    let (journal, report) = DiskJournal::open(dir.path(), options()).expect("opened");
    assert_eq!((report.removed.len(), report.generations), (5, 1));
    assert!(leftovers.iter().all(|leftover| !leftover.exists()));
    assert_eq!(replayed(&journal, 1, 1).len(), 3);
}

#[test]
fn a_second_start_is_refused_and_says_where() {
    let dir = tempfile::tempdir().expect("a directory");
    let journal = open(dir.path());
    let error = refusal(dir.path(), options());
    assert!(matches!(error, JournalError::Locked { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains(&dir.path().display().to_string())
    );
    drop(journal);
    open(dir.path());
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
fn a_removed_lock_file_lets_nobody_in() {
    let dir = tempfile::tempdir().expect("a directory");
    let journal = open(dir.path());
    std::fs::remove_file(dir.path().join("lock")).expect("removed");
    assert!(matches!(
        refusal(dir.path(), options()),
        JournalError::Locked { .. }
    ));
    assert!(matches!(
        inspect(dir.path()).err(),
        Some(JournalError::Locked { .. })
    ));
    append(&journal, 0, &[b"it goes on"]);
    journal.settle();
    drop(journal);
    assert_eq!(replayed(&open(dir.path()), 0, 1).len(), 1);
}

#[test]
fn nobody_else_may_read_what_is_made_and_what_came_from_elsewhere() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("journal");
    fill_generations(&open(&path), 2);
    let open_to_others = |path: &Path| {
        let mut found = Vec::new();
        let mut dirs = vec![path.to_owned()];
        while let Some(dir) = dirs.pop() {
            for entry in std::fs::read_dir(&dir).expect("listed").flatten() {
                let mode = entry.metadata().expect("known").permissions().mode();
                if mode & 0o077 != 0 {
                    found.push(entry.path());
                }
                if entry.path().is_dir() {
                    dirs.push(entry.path());
                }
            }
        }
        found
    };
    assert_eq!(open_to_others(dir.path()), Vec::<PathBuf>::new());
    let changed = [
        path.join("gen-00000001"),
        path.join("gen-00000001/log"),
        path.join("meta"),
    ];
    for changed in &changed {
        let mode = if changed.is_dir() { 0o755 } else { 0o644 };
        std::fs::set_permissions(changed, std::fs::Permissions::from_mode(mode)).expect("changed");
    }
    assert_eq!(open_to_others(dir.path()).len(), 3, "the control");
    let (_journal, report) = DiskJournal::open(&path, options()).expect("opened");
    assert_eq!(
        (report.made_private, open_to_others(dir.path())),
        (3, Vec::new())
    );
}

#[test]
fn another_number_of_shards_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    open(dir.path());
    let error = refusal(
        dir.path(),
        Options {
            shards: SHARDS + 1,
            ..options()
        },
    );
    assert!(
        matches!(
            error,
            JournalError::ShardCount {
                stored: SHARDS,
                configured: 5,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn long_records_and_values_leave_no_blobs() {
    let dir = tempfile::tempdir().expect("a directory");
    let journal = open(dir.path());
    let long = vec![7; MAX_RECORD_BYTES];
    for _ in 0..4 {
        append(&journal, 0, &[&long, b"short", &long]);
        journal
            .put(Shard(0), b"key", &vec![8; MAX_VALUE_BYTES])
            .expect("put");
        journal.settle();
    }
    journal
        .set_table_applied(Shard(0), journal.durable(Shard(0)))
        .expect("applied");
    journal.check_blobs().expect("no blobs");
    drop(journal);
    let journal = open(dir.path());
    assert_eq!(replayed(&journal, 0, 1).len(), 12);
    assert!(journal.verify_table().expect("verified") > 200);
}

/// Appends until there are this many generations.
fn fill_generations(journal: &DiskJournal, count: u64) {
    let record = vec![1; 3000];
    while journal.stats().generations < count {
        for shard in 0..SHARDS {
            append(journal, shard, &[&record[..]; 20]);
        }
        journal.settle();
    }
}

#[test]
fn space_comes_back_when_no_shard_keeps_a_generation() {
    let dir = tempfile::tempdir().expect("a directory");
    let journal = open(dir.path());
    fill_generations(&journal, 4);
    let before = journal.stats();
    for shard in 0..SHARDS - 1 {
        journal
            .trim(Shard(shard), journal.durable(Shard(shard)).next())
            .expect("trimmed");
    }
    assert_eq!(
        journal.stats().generations,
        before.generations,
        "one shard still keeps its records"
    );
    assert!(journal.stats().live_bytes < before.live_bytes);
    let last = Shard(SHARDS - 1);
    journal
        .trim(last, journal.durable(last).next())
        .expect("trimmed");
    let after = journal.stats();
    assert!(after.generations < before.generations && after.disk_bytes < before.disk_bytes);
    assert!(!generation(dir.path()).exists());
    assert!(after.disk_free_bytes > 0 && after.disk_total_bytes > after.disk_free_bytes);

    // Nothing is kept of any shard, and still every shard goes on where it was.
    let lasts: Vec<_> = (0..SHARDS)
        .map(|shard| journal.last(Shard(shard)))
        .collect();
    drop(journal);
    let journal = open(dir.path());
    for (shard, last) in (0..).zip(lasts) {
        assert_eq!(
            (journal.first(Shard(shard)), journal.last(Shard(shard))),
            (last.next(), last)
        );
    }
}

#[test]
fn a_full_queue_gives_the_batch_back() {
    let dir = tempfile::tempdir().expect("a directory");
    let small = Options {
        queue_max_batches: 2,
        ..options()
    };
    let (journal, _) = DiskJournal::open(dir.path(), small).expect("opened");
    // The committer is held in a wake, so that what follows stays in the queue.
    let (entered_tx, entered) = std::sync::mpsc::channel();
    let (release, held) = std::sync::mpsc::channel::<()>();
    let held = std::sync::Mutex::new(held);
    journal.on_durable(
        Shard(0),
        std::sync::Arc::new(move || {
            let _ = entered_tx.send(());
            let _ = held.lock().expect("not poisoned").recv();
        }),
    );
    append(&journal, 0, &[b"held"]);
    entered.recv().expect("the committer is in the wake");
    append(&journal, 1, &[b"one"]);
    append(&journal, 1, &[b"two"]);
    let mut batch = Batch::new(Shard(1), Sequence(3));
    batch.push(b"three");
    let refused = journal.try_append(batch.clone(), Sequence(2));
    assert!(matches!(refused, Err(TryAppendError::Full(back)) if back == batch));
    assert_eq!(
        (journal.queue().batches, journal.last(Shard(1))),
        (2, Sequence(2))
    );
    drop(release);
    journal.close().expect("closed");
    assert_eq!(journal.durable(Shard(1)), Sequence(2));
}
