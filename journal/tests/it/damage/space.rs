//! Space: what is forgotten comes back, what is full says so, long values leave nothing behind.

use sluis_journal::{
    Batch, DiskJournal, Journal, MAX_RECORD_BYTES, MAX_VALUE_BYTES, Options, Sequence, Shard,
    TryAppendError,
};

use super::parts::{fill_generations, generation};
use crate::support::{SHARDS, Settle, append, open, options, replayed};

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
