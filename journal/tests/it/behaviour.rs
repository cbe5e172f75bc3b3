//! What every journal does, run on the one on disk and on the one in memory.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sluis_journal::{
    Batch, Journal, JournalError, MAX_RECORD_BYTES, MAX_VALUE_BYTES, MemoryJournal, Sequence,
    Shard, TryAppendError,
};

use crate::support::{SHARDS, Settle, append, open, replayed};

/// Makes a test of a check for each journal.
macro_rules! on_both {
    ($($check:ident => $on_disk:ident, $in_memory:ident;)+) => {$(
        #[test]
        fn $on_disk() {
            let dir = tempfile::tempdir().expect("a directory");
            $check(&open(dir.path()));
        }

        #[test]
        fn $in_memory() {
            $check(&MemoryJournal::new(SHARDS, 1000));
        }
    )+};
}

on_both! {
    check_append_and_read => appended_records_are_read_on_disk, appended_records_are_read_in_memory;
    check_fence => a_stale_writer_is_fenced_on_disk, a_stale_writer_is_fenced_in_memory;
    check_refusals => what_cannot_be_taken_is_refused_on_disk, what_cannot_be_taken_is_refused_in_memory;
    check_wake => a_moved_shard_is_woken_on_disk, a_moved_shard_is_woken_in_memory;
    check_replay => a_replay_is_in_order_and_can_stop_on_disk, a_replay_is_in_order_and_can_stop_in_memory;
    check_trim => trimmed_records_are_forgotten_on_disk, trimmed_records_are_forgotten_in_memory;
    check_checkpoints => the_newest_checkpoint_counts_on_disk, the_newest_checkpoint_counts_in_memory;
    check_table => the_table_keeps_values_on_disk, the_table_keeps_values_in_memory;
    check_definitions => definitions_stay_on_disk, definitions_stay_in_memory;
    check_not_durable => nothing_runs_ahead_of_the_log_on_disk, nothing_runs_ahead_of_the_log_in_memory;
    check_close => a_closed_journal_has_drained_on_disk, a_closed_journal_has_drained_in_memory;
}

fn check_append_and_read(journal: &impl Settle) {
    let large = vec![9; MAX_RECORD_BYTES];
    let ticket = append(journal, 1, &[b"one", &large, b"", b"four"]);
    assert_eq!((ticket.shard, ticket.last), (Shard(1), Sequence(4)));
    append(journal, 3, &[b"elsewhere"]);
    journal.settle();
    assert_eq!(journal.durable(Shard(1)), Sequence(4));
    assert_eq!(journal.durable(Shard(0)), Sequence::ZERO);
    let read = |shard, sequence| {
        journal
            .read(Shard(shard), Sequence(sequence))
            .expect("read")
    };
    assert_eq!(read(1, 0), None);
    assert_eq!(read(1, 1).as_deref(), Some(&b"one"[..]));
    assert_eq!(read(1, 2), Some(large));
    assert_eq!(read(1, 3).as_deref(), Some(&b""[..]));
    assert_eq!(read(1, 4).as_deref(), Some(&b"four"[..]));
    assert_eq!(read(1, 5), None);
    assert_eq!(read(3, 1).as_deref(), Some(&b"elsewhere"[..]));
}

fn check_fence(journal: &impl Settle) {
    append(journal, 0, &[b"a", b"b"]);
    let mut batch = Batch::new(Shard(0), Sequence(2));
    batch.push(b"late");
    let refused = journal.try_append(batch.clone(), Sequence(1));
    let Err(TryAppendError::Fenced {
        batch: back,
        expected,
        actual,
    }) = refused
    else {
        panic!("{refused:?}")
    };
    assert_eq!((back, expected, actual), (batch, Sequence(1), Sequence(2)));

    // The right fence with a batch that does not follow is refused as well.
    let mut gap = Batch::new(Shard(0), Sequence(4));
    gap.push(b"gap");
    assert!(matches!(
        journal.try_append(gap, Sequence(2)),
        Err(TryAppendError::Fenced { .. })
    ));
    assert_eq!(append(journal, 0, &[b"c"]).last, Sequence(3));
}

fn check_refusals(journal: &impl Settle) {
    let mut long = Batch::new(Shard(0), Sequence(1));
    long.push(&vec![0; MAX_RECORD_BYTES + 1]);
    assert!(matches!(
        journal.try_append(long, Sequence(0)),
        Err(TryAppendError::TooLarge { .. })
    ));
    let mut nowhere = Batch::new(Shard(SHARDS), Sequence(1));
    nowhere.push(b"x");
    assert!(matches!(
        journal.try_append(nowhere, Sequence(0)),
        Err(TryAppendError::UnknownShard { .. })
    ));
    assert!(matches!(
        journal.read(Shard(SHARDS), Sequence(1)),
        Err(JournalError::UnknownShard { .. })
    ));
    let empty = journal
        .try_append(Batch::new(Shard(0), Sequence(1)), Sequence(0))
        .expect("nothing to do");
    assert_eq!(empty.last, Sequence::ZERO);
    assert_eq!(journal.last(Shard(0)), Sequence::ZERO);
}

fn check_wake(journal: &impl Settle) {
    append(journal, 2, &[b"before"]);
    journal.settle();
    let (moved, other) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (in_moved, in_other) = (Arc::clone(&moved), Arc::clone(&other));
    journal.on_durable(
        Shard(1),
        Arc::new(move || _ = in_other.fetch_add(1, Ordering::SeqCst)),
    );
    journal.on_durable(
        Shard(2),
        Arc::new(move || _ = in_moved.fetch_add(1, Ordering::SeqCst)),
    );
    append(journal, 2, &[b"a", b"b", b"c"]);
    journal.close().expect("closed"); // the committer is gone: no wake is on its way
    assert_eq!(
        (moved.load(Ordering::SeqCst), other.load(Ordering::SeqCst)),
        (1, 0)
    );
}

fn check_replay(journal: &impl Settle) {
    let large = vec![3; 10_000];
    append(journal, 0, &[b"a", b"b", &large]);
    journal.settle();
    append(journal, 0, &[b"d"]);
    journal.settle();
    let all = [
        (1, b"a".to_vec()),
        (2, b"b".to_vec()),
        (3, large),
        (4, b"d".to_vec()),
    ];
    assert_eq!(replayed(journal, 0, 0), all);
    assert_eq!(replayed(journal, 0, 2), all[1..]);
    assert_eq!(replayed(journal, 0, 5), []);
    assert_eq!(replayed(journal, 1, 1), []);
    let mut seen = 0;
    let mut stop_at_two = |sequence: Sequence, _: &[u8]| {
        seen += 1;
        if sequence.0 == 2 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    journal
        .replay(Shard(0), Sequence(1), &mut stop_at_two)
        .expect("replayed");
    assert_eq!(seen, 2);
}

fn check_trim(journal: &impl Settle) {
    append(journal, 0, &[b"a", b"b", b"c"]);
    journal.settle();
    assert_eq!(
        (journal.first(Shard(0)), journal.first(Shard(1))),
        (Sequence(1), Sequence(1))
    );
    journal.trim(Shard(0), Sequence(3)).expect("trimmed");
    assert_eq!(journal.first(Shard(0)), Sequence(3));
    assert_eq!(journal.read(Shard(0), Sequence(2)).expect("read"), None);
    assert_eq!(replayed(journal, 0, 1), [(3, b"c".to_vec())]);
    journal.trim(Shard(0), Sequence(1)).expect("nothing to do");
    assert_eq!(
        journal.first(Shard(0)),
        Sequence(3),
        "a trim never goes back"
    );
    journal.trim(Shard(0), Sequence(4)).expect("trimmed");
    assert_eq!(replayed(journal, 0, 1), []);
    assert_eq!(append(journal, 0, &[b"d"]).last, Sequence(4));
}

fn check_checkpoints(journal: &impl Settle) {
    append(journal, 0, &[b"a", b"b"]);
    journal.settle();
    assert!(
        journal
            .latest_checkpoint(Shard(0))
            .expect("looked")
            .is_none()
    );
    let write = |upto, chunks: &[&[u8]]| {
        let mut chunks = chunks.iter().map(|chunk| chunk.to_vec());
        journal
            .checkpoint(Shard(0), Sequence(upto), &mut chunks)
            .expect("written");
    };
    write(1, &[b"old"]);
    write(2, &[b"new", b"", b"er"]);
    let (upto, chunks) = journal
        .latest_checkpoint(Shard(0))
        .expect("looked")
        .expect("there");
    let chunks: Result<Vec<_>, _> = chunks.collect();
    assert_eq!(upto, Sequence(2));
    assert_eq!(
        chunks.expect("good"),
        [b"new".to_vec(), b"".to_vec(), b"er".to_vec()]
    );
    assert!(
        journal
            .latest_checkpoint(Shard(1))
            .expect("looked")
            .is_none()
    );
}

fn check_table(journal: &impl Settle) {
    let (shard, large) = (Shard(0), vec![5; MAX_VALUE_BYTES]);
    let get = |shard, key: &[u8]| journal.get(shard, key).expect("got");
    assert_eq!(get(shard, b"k"), None);
    journal.put(shard, b"k", &large).expect("put");
    journal.put(shard, b"k2", b"").expect("put");
    journal.put(Shard(1), b"k", b"other shard").expect("put");
    assert_eq!(get(shard, b"k"), Some(large));
    assert_eq!(get(shard, b"k2"), Some(Vec::new()));
    journal.put(shard, b"k", b"short now").expect("put");
    assert_eq!(get(shard, b"k").as_deref(), Some(&b"short now"[..]));
    assert_eq!(get(Shard(1), b"k").as_deref(), Some(&b"other shard"[..]));
    let too_long = vec![0; MAX_VALUE_BYTES + 1];
    assert!(matches!(
        journal.put(shard, b"k", &too_long),
        Err(JournalError::Size { .. })
    ));
    assert!(matches!(
        journal.put(shard, b"", b"v"),
        Err(JournalError::Size { .. })
    ));

    check_deletes(journal);

    append(journal, 0, &[b"a"]);
    journal.settle();
    assert_eq!(journal.table_applied(shard), Sequence::ZERO);
    journal
        .set_table_applied(shard, Sequence(1))
        .expect("applied");
    assert_eq!(
        (
            journal.table_applied(shard),
            journal.table_applied(Shard(1))
        ),
        (Sequence(1), Sequence::ZERO)
    );
}

/// `k` and `k2` are there.
fn check_deletes(journal: &impl Settle) {
    let shard = Shard(0);
    let keys = |most| {
        let keys = journal.table_keys(shard, (b"k1", b"k9"), most);
        keys.expect("listed")
    };
    journal.put(shard, b"k3", b"3").expect("put");
    assert_eq!(keys(9), [b"k2".to_vec(), b"k3".to_vec()]);
    assert_eq!(keys(1), [b"k2".to_vec()]);
    let these = [b"k".to_vec(), b"k2".to_vec(), b"none".to_vec()];
    journal.delete(shard, &these).expect("deleted");
    journal.delete(shard, &these).expect("nothing to do");
    assert_eq!(journal.get(shard, b"k").expect("got"), None);
    assert_eq!(keys(9), [b"k3".to_vec()]);
    assert!(journal.get(Shard(1), b"k").expect("got").is_some());
    let mut visited = Vec::new();
    journal
        .visit(shard, b"k0", b"k9", &mut |value| {
            visited.push(value.to_vec());
            std::ops::ControlFlow::Continue(())
        })
        .expect("visited");
    assert_eq!(visited, [b"3".to_vec()]);
    journal.put(shard, b"k", b"again").expect("put");
    assert_eq!(
        journal.get(shard, b"k").expect("got").as_deref(),
        Some(&b"again"[..])
    );
}

fn check_definitions(journal: &impl Settle) {
    let (a, b) = ([1; 16], [2; 16]);
    journal.put_definition(b, b"flow b").expect("put");
    journal.put_definition(a, b"flow a").expect("put");
    journal.put_definition(a, b"flow a").expect("put again");
    assert_eq!(journal.definitions().expect("listed"), [a, b]);
    assert_eq!(
        journal.get_definition(a).expect("got").as_deref(),
        Some(&b"flow a"[..])
    );
    assert_eq!(journal.get_definition([3; 16]).expect("got"), None);
    journal.delete_definition(a).expect("deleted");
    journal.delete_definition(a).expect("nothing to do");
    assert_eq!(journal.definitions().expect("listed"), [b]);
}

fn check_not_durable(journal: &impl Settle) {
    append(journal, 0, &[b"a"]);
    journal.settle();
    let ahead = |result| matches!(result, Err(JournalError::NotDurable { .. }));
    assert!(ahead(journal.checkpoint(
        Shard(0),
        Sequence(2),
        &mut std::iter::empty()
    )));
    assert!(ahead(journal.set_table_applied(Shard(0), Sequence(2))));
    assert!(ahead(journal.trim(Shard(0), Sequence(3))));
    journal
        .trim(Shard(0), Sequence(2))
        .expect("everything can be trimmed");
}

fn check_close(journal: &impl Settle) {
    append(journal, 0, &[b"a", b"b"]);
    journal.close().expect("closed");
    assert_eq!(journal.durable(Shard(0)), Sequence(2));
    assert_eq!(journal.queue().batches, 0);
    let mut batch = Batch::new(Shard(0), Sequence(3));
    batch.push(b"c");
    assert!(matches!(
        journal.try_append(batch, Sequence(2)),
        Err(TryAppendError::Closed(_))
    ));
    journal.close().expect("closing twice is fine");
}

#[test]
fn in_memory_nothing_is_durable_before_a_commit_and_a_crash_drops_it() {
    let journal = MemoryJournal::new(1, 2);
    append(&journal, 0, &[b"kept"]);
    assert_eq!(journal.commit(), 1);
    append(&journal, 0, &[b"lost"]);
    append(&journal, 0, &[b"lost too"]);
    let mut batch = Batch::new(Shard(0), Sequence(4));
    batch.push(b"no room");
    assert!(matches!(
        journal.try_append(batch, Sequence(3)),
        Err(TryAppendError::Full(_))
    ));
    assert_eq!(journal.durable(Shard(0)), Sequence(1));
    assert_eq!(journal.read(Shard(0), Sequence(2)).expect("read"), None);
    journal.put(Shard(0), b"k", b"unclaimed").expect("put");
    journal.crash();
    assert_eq!(journal.last(Shard(0)), Sequence(1));
    assert_eq!(journal.get(Shard(0), b"k").expect("got"), None);
    assert_eq!(append(&journal, 0, &[b"again"]).last, Sequence(2));
}

#[test]
fn in_memory_a_failure_is_told_and_stops_everything() {
    let journal = MemoryJournal::new(1, 10);
    append(&journal, 0, &[b"a"]);
    let told = Arc::new(AtomicUsize::new(0));
    let in_told = Arc::clone(&told);
    journal.on_failure(Arc::new(move |_| {
        _ = in_told.fetch_add(1, Ordering::SeqCst)
    }));
    journal.fail();
    assert_eq!((journal.commit(), told.load(Ordering::SeqCst)), (0, 1));
    assert_eq!(journal.durable(Shard(0)), Sequence::ZERO);
}
