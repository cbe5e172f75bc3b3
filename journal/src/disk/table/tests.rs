//! When a table makes its barriers.

use super::super::phase::Stopwatch;
use super::super::report::Repairs;
use super::*;

#[test]
fn a_barrier_comes_before_much_of_a_segment_was_put() {
    let dir = tempfile::tempdir().expect("a directory");
    let options = Options {
        shards: 2,
        segment_bytes: 512 << 10,
        ..Options::default()
    };
    let expected = Expected {
        id: 7,
        lasts: &[9, 9],
        marks: &[1, 1],
        is_first: true,
    };
    let open = |options: &Options| {
        Table::open(
            dir.path(),
            options,
            &expected,
            &mut Opening {
                removed: &mut Vec::new(),
                repairs: &mut Repairs::default(),
                watch: &mut Stopwatch::start(options.monotonic.clone()),
            },
        )
    };
    let table = open(&options).expect("made");
    let (bound, value) = (options.segment_bytes / 16, vec![7; 1_000]);
    let (mut since, mut barriers) = (0, 0);
    for n in 0..500_u32 {
        table.put(Shard(0), &n.to_be_bytes(), &value).expect("put");
        since += value.len();
        if table.unsynced.load(Ordering::Acquire) == 0 {
            barriers += 1;
            since = 0;
        }
        assert!(since < bound, "{since} bytes without a barrier");
    }
    assert!(
        (500_000 / bound..=500_000 / bound + 2).contains(&barriers),
        "{barriers} barriers"
    );
    table.put(Shard(1), b"key", &value).expect("put");
    table.set_applied(Shard(1), Sequence(1)).expect("marked");
    assert_eq!(
        table.unsynced.load(Ordering::Acquire),
        0,
        "a mark is a barrier"
    );
    drop(table);

    // What counts for a table is the segment it was made with.
    let larger = Options {
        segment_bytes: 8 << 20,
        ..options.clone()
    };
    let table = open(&larger).expect("opened");
    assert_eq!(table.most_unsynced, bound);
}
