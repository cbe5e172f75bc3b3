//! What only a disk can do: damage, leftovers, two processes, a wrong configuration, space that comes back.

use std::path::{Path, PathBuf};

use sluis_journal::{
    Batch, Damage, Journal, JournalError, MAX_RECORD_BYTES, MAX_VALUE_BYTES, Options, Sequence, Shard, SledJournal,
    TryAppendError, inspect,
};

use crate::support::{SHARDS, Settle, append, open, options, replayed};

fn generation(dir: &Path) -> PathBuf {
    dir.join("gen-00000001")
}

/// Works on the pages behind the journal's back.
fn with_pages<T>(dir: &Path, work: impl FnOnce(&sled::Tree) -> T) -> T {
    let options = options();
    let config = sled::Config::new().path(generation(dir)).segment_size(options.segment_bytes).flush_every_ms(None);
    let db = config.open().expect("opened");
    let result = work(&db.open_tree("log").expect("a tree"));
    db.flush().expect("flushed");
    result
}

/// Three pages in shard 1: each record is a group of its own.
fn three_pages(dir: &Path) {
    let journal = open(dir);
    for record in [&b"first"[..], b"second", b"third"] {
        append(&journal, 1, &[record]);
        journal.settle();
    }
}

fn flip(tree: &sled::Tree, place: usize) {
    let (key, value) = tree.iter().nth(place).expect("a page").expect("readable");
    let mut bytes = value.to_vec();
    *bytes.last_mut().expect("not empty") ^= 1;
    tree.insert(key, bytes).expect("written");
}

fn refusal(dir: &Path, options: Options) -> JournalError {
    SledJournal::open(dir, options).err().expect("refused")
}

#[test]
fn a_torn_tail_is_cut_off_and_appending_goes_on() {
    let dir = tempfile::tempdir().expect("a directory");
    three_pages(dir.path());
    with_pages(dir.path(), |tree| flip(tree, 2));
    let inspection = inspect(dir.path()).expect("inspected");
    assert!(inspection.problems.len() == 1 && inspection.problems[0].repaired_by_start);

    let (journal, report) = SledJournal::open(dir.path(), options()).expect("opened");
    assert_eq!((report.shards[1].last, report.shards[1].torn_pages), (Sequence(2), 1));
    append(&journal, 1, &[b"third again"]);
    journal.settle();
    drop(journal);
    let expected = [(1, b"first".to_vec()), (2, b"second".to_vec()), (3, b"third again".to_vec())];
    assert_eq!(replayed(&open(dir.path()), 1, 1), expected);
}

#[test]
fn a_flipped_byte_in_the_middle_stops_the_start_and_names_the_place() {
    let dir = tempfile::tempdir().expect("a directory");
    three_pages(dir.path());
    with_pages(dir.path(), |tree| flip(tree, 1));
    let error = refusal(dir.path(), options());
    let JournalError::Damaged { page, damage, .. } = &error else { panic!("{error}") };
    assert_eq!((page.shard, page.sequence, *damage), (Shard(1), Sequence(2), Damage::Checksum));
    let message = error.to_string();
    for part in ["gen-00000001", "shard 1", "sequence 2", "00001/00000000000000000002/00000", "restore"] {
        assert!(message.contains(part), "{part:?} is not in {message:?}");
    }
    let inspection = inspect(dir.path()).expect("inspected");
    assert!(inspection.problems.iter().any(|problem| !problem.repaired_by_start));
}

#[test]
fn a_missing_page_in_the_middle_stops_the_start() {
    let dir = tempfile::tempdir().expect("a directory");
    three_pages(dir.path());
    with_pages(dir.path(), |tree| {
        let (key, _) = tree.iter().nth(1).expect("a page").expect("readable");
        tree.remove(key).expect("removed");
    });
    let error = refusal(dir.path(), options());
    assert!(matches!(error, JournalError::Damaged { damage: Damage::Gap { .. }, .. }), "{error}");
}

#[test]
fn records_that_a_checkpoint_covers_cannot_be_a_torn_tail() {
    let dir = tempfile::tempdir().expect("a directory");
    three_pages(dir.path());
    let journal = open(dir.path());
    journal.checkpoint(Shard(1), Sequence(3), &mut std::iter::once(b"state".to_vec())).expect("written");
    drop(journal);
    with_pages(dir.path(), |tree| flip(tree, 2));
    let error = refusal(dir.path(), options());
    assert!(matches!(error, JournalError::Damaged { damage: Damage::Missing { .. }, .. }), "{error}");
}

#[test]
fn a_missing_generation_stops_the_start() {
    let dir = tempfile::tempdir().expect("a directory");
    fill_generations(&open(dir.path()), 3);
    std::fs::rename(dir.path().join("gen-00000002"), dir.path().join("elsewhere")).expect("moved");
    assert!(matches!(refusal(dir.path(), options()), JournalError::MissingGeneration { number: 2, .. }));
    std::fs::rename(dir.path().join("elsewhere"), dir.path().join("gen-00000002")).expect("moved back");
    std::fs::rename(generation(dir.path()), dir.path().join("elsewhere")).expect("moved");
    assert!(matches!(refusal(dir.path(), options()), JournalError::MissingGeneration { number: 1, .. }));
}

#[test]
fn a_damaged_checkpoint_is_not_given_out() {
    let dir = tempfile::tempdir().expect("a directory");
    three_pages(dir.path());
    let journal = open(dir.path());
    journal.checkpoint(Shard(1), Sequence(3), &mut std::iter::once(b"state".to_vec())).expect("written");
    let path = dir.path().join("checkpoints/00001-00000000000000000003.ckpt");
    let mut bytes = std::fs::read(&path).expect("read");
    bytes[9] ^= 1;
    std::fs::write(&path, bytes).expect("written");
    assert!(matches!(journal.latest_checkpoint(Shard(1)), Err(JournalError::DamagedFile { .. })));
}

#[test]
fn leftovers_of_a_killed_process_do_not_stop_the_start() {
    let dir = tempfile::tempdir().expect("a directory");
    three_pages(dir.path());
    let leftovers = [
        generation(dir.path()).join("snap.00000000FFFFFFFF.generating"),
        dir.path().join("table/snap.00000000FFFFFFFF.generating"),
        dir.path().join("checkpoints/00001-00000000000000000002.ckpt.tmp"),
        dir.path().join("trim.tmp"),
    ];
    for leftover in &leftovers {
        std::fs::write(leftover, b"half").expect("written");
    }
    std::fs::create_dir(dir.path().join("gen-00000002")).expect("a generation whose making was interrupted");
    std::fs::create_dir(dir.path().join("gen-00000000.dead")).expect("a generation whose removal was interrupted");
    let (journal, report) = SledJournal::open(dir.path(), options()).expect("opened");
    assert_eq!((report.removed.len(), report.generations), (6, 1));
    assert!(leftovers.iter().all(|leftover| !leftover.exists()));
    assert_eq!(replayed(&journal, 1, 1).len(), 3);
}

#[test]
fn a_second_start_is_refused_and_says_where() {
    let dir = tempfile::tempdir().expect("a directory");
    let journal = open(dir.path());
    let error = refusal(dir.path(), options());
    assert!(matches!(error, JournalError::Locked { .. }), "{error}");
    assert!(error.to_string().contains(&dir.path().display().to_string()));
    drop(journal);
    open(dir.path());
}

#[test]
fn another_number_of_shards_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    open(dir.path());
    let error = refusal(dir.path(), Options { shards: SHARDS + 1, ..options() });
    assert!(matches!(error, JournalError::ShardCount { stored: SHARDS, configured: 5, .. }), "{error}");
}

#[test]
fn long_records_and_values_leave_no_blobs() {
    let dir = tempfile::tempdir().expect("a directory");
    let journal = open(dir.path());
    let long = vec![7; MAX_RECORD_BYTES];
    for _ in 0..4 {
        append(&journal, 0, &[&long, b"short", &long]);
        journal.put(Shard(0), b"key", &vec![8; MAX_VALUE_BYTES]).expect("put");
        journal.settle();
    }
    journal.set_table_applied(Shard(0), journal.durable(Shard(0))).expect("applied");
    journal.check_blobs().expect("no blobs");
    drop(journal);
    let journal = open(dir.path());
    assert_eq!(replayed(&journal, 0, 1).len(), 12);
    assert!(journal.verify_table().expect("verified") > 200);
}

/// Appends until there are this many generations.
fn fill_generations(journal: &SledJournal, count: u64) {
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
        journal.trim(Shard(shard), journal.durable(Shard(shard)).next()).expect("trimmed");
    }
    assert_eq!(journal.stats().generations, before.generations, "one shard still keeps its records");
    assert!(journal.stats().live_bytes < before.live_bytes);
    let last = Shard(SHARDS - 1);
    journal.trim(last, journal.durable(last).next()).expect("trimmed");
    let after = journal.stats();
    assert!(after.generations < before.generations && after.disk_bytes < before.disk_bytes);
    assert!(!generation(dir.path()).exists());
    assert!(after.disk_free_bytes > 0 && after.disk_total_bytes > after.disk_free_bytes);

    // Nothing is kept of any shard, and still every shard goes on where it was.
    let lasts: Vec<_> = (0..SHARDS).map(|shard| journal.last(Shard(shard))).collect();
    drop(journal);
    let journal = open(dir.path());
    for (shard, last) in (0..).zip(lasts) {
        assert_eq!((journal.first(Shard(shard)), journal.last(Shard(shard))), (last.next(), last));
    }
}

#[test]
fn a_full_queue_gives_the_batch_back() {
    let dir = tempfile::tempdir().expect("a directory");
    let small = Options { queue_max_batches: 2, ..options() };
    let (journal, _) = SledJournal::open(dir.path(), small).expect("opened");
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
    assert_eq!((journal.queue().batches, journal.last(Shard(1))), (2, Sequence(2)));
    drop(release);
    journal.close().expect("closed");
    assert_eq!(journal.durable(Shard(1)), Sequence(2));
}
