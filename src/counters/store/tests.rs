//! Owns the proofs of the store: crashes, lost files, clocks that were set back. Refuses to count records.

use super::*;

fn day(text: &str) -> Date {
    file::day(text).unwrap()
}

fn accepted(corporation: u16) -> Counted {
    Counted {
        corporation,
        flow: "storno".into(),
        version: 3,
        event: "accepted".into(),
        ..Counted::default()
    }
}

fn all() -> Asked {
    Asked {
        days: Date::MIN..=Date::MAX,
        corporation: None,
        flow: None,
        channel: None,
        event: None,
        most: 100,
    }
}

fn sum(store: &Store) -> u64 {
    let rows = store.rows(&all()).unwrap().unwrap();
    rows.iter().map(|row| row.count).sum()
}

/// Counts one for each record of shard 0 after `followed`, up to `upto`.
fn follow(store: &Store, day: Date, upto: u64) {
    let count = upto - store.followed(0);
    store.add(0, upto, [(day, accepted(1), count)].into_iter());
}

#[test]
fn after_a_crash_it_counts_on_from_what_was_written_and_nothing_twice() {
    let dir = tempfile::tempdir().unwrap();
    let today = day("2026-02-02");
    let store = Store::open(dir.path(), 2).unwrap();
    follow(&store, today, 10);
    store.save(None).unwrap();
    follow(&store, today, 25);
    assert_eq!(
        (store.followed(0), store.saved(0), sum(&store)),
        (25, 10, 25)
    );
    // The process dies: what was not written is counted again, from the log.
    let store = Store::open(dir.path(), 2).unwrap();
    assert_eq!(
        (store.followed(0), store.saved(0), sum(&store)),
        (10, 10, 10)
    );
    follow(&store, today, 25);
    assert_eq!(sum(&store), 25);
}

#[test]
fn a_crash_between_the_file_of_a_day_and_now_counts_nothing_twice() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (day("2026-02-02"), day("2026-02-04"));
    let store = Store::open(dir.path(), 1).unwrap();
    follow(&store, first, 10);
    follow(&store, second, 15);
    store.save(None).unwrap();
    let before = fs::read(dir.path().join(NOW)).unwrap();
    store.save(Some(day("2026-02-03"))).unwrap();
    assert_eq!(sum(&store), 15);
    assert!(dir.path().join("2026-02-02").exists());
    // As if it had died before `now` was written.
    fs::write(dir.path().join(NOW), before).unwrap();
    let store = Store::open(dir.path(), 1).unwrap();
    assert_eq!(sum(&store), 15);
    store.save(Some(day("2026-02-03"))).unwrap();
    assert_eq!(sum(&Store::open(dir.path(), 1).unwrap()), 15);
}

#[test]
fn without_now_the_open_days_are_counted_again_and_the_others_are_left() {
    for damaged in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let (first, second) = (day("2026-02-02"), day("2026-02-04"));
        let store = Store::open(dir.path(), 1).unwrap();
        follow(&store, first, 10);
        follow(&store, second, 15);
        store.save(Some(second)).unwrap();
        drop(store);
        match damaged {
            true => fs::write(dir.path().join(NOW), b"no counters").unwrap(),
            false => fs::remove_file(dir.path().join(NOW)).unwrap(),
        }
        let store = Store::open(dir.path(), 1).unwrap();
        assert_eq!(store.followed(0), 0);
        // It dies in the middle of the first day, and counts on.
        follow(&store, first, 4);
        store.save(None).unwrap();
        let store = Store::open(dir.path(), 1).unwrap();
        follow(&store, first, 10);
        follow(&store, second, 15);
        assert_eq!(sum(&store), 15, "damaged: {damaged}");
    }
}

#[test]
fn a_clock_that_was_set_back_changes_no_day_that_has_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (day("2026-02-02"), day("2026-02-04"));
    let store = Store::open(dir.path(), 1).unwrap();
    follow(&store, first, 10);
    store.save(Some(second)).unwrap();
    follow(&store, first, 12);
    store.save(None).unwrap();
    let rows = store.rows(&all()).unwrap().unwrap();
    let counts: Vec<_> = rows.iter().map(|row| (row.day, row.count)).collect();
    assert_eq!(counts, [(first, 10), (second, 2)]);
}

#[test]
fn another_state_of_the_log_is_counted_from_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), 1).unwrap();
    follow(&store, day("2026-02-02"), 10);
    store.is_at_most(0, 7);
    assert_eq!(store.followed(0), 7);
}

#[test]
fn each_question_has_its_rows_and_no_more_than_it_asks_for() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), 1).unwrap();
    let (first, second) = (day("2026-02-02"), day("2026-02-04"));
    for (number, at) in [(1, first), (2, first), (1, second)] {
        store.add(0, 1, [(at, accepted(number), 5)].into_iter());
    }
    store.save(Some(second)).unwrap();
    let count = |asked: Asked| store.rows(&asked).unwrap().map(|rows| rows.len());
    assert_eq!(count(all()), Ok(3));
    let of_one = Asked {
        corporation: Some(1),
        ..all()
    };
    assert_eq!(count(of_one), Ok(2));
    let of_a_day = Asked {
        days: second..=second,
        ..all()
    };
    assert_eq!(count(of_a_day), Ok(1));
    let of_a_flow = Asked {
        flow: Some("other".into()),
        ..all()
    };
    assert_eq!(count(of_a_flow), Ok(0));
    assert_eq!(count(Asked { most: 2, ..all() }), Err(Full));
}

#[test]
fn a_copy_beside_the_engine_is_a_state_that_it_was_in() {
    let (dir, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = Store::open(dir.path(), 1).unwrap();
    let (first, second) = (day("2026-02-02"), day("2026-02-04"));
    follow(&store, first, 10);
    follow(&store, second, 15);
    store.save(None).unwrap();
    copy(dir.path(), to.path()).unwrap();
    let copied = Store::open(to.path(), 1).unwrap();
    assert_eq!((sum(&copied), copied.followed(0)), (15, 15));
    store.save(Some(second)).unwrap();
    follow(&store, second, 20);
    store.save(None).unwrap();
    copy(dir.path(), to.path()).unwrap();
    let copied = Store::open(to.path(), 1).unwrap();
    assert_eq!((sum(&copied), copied.followed(0)), (20, 20));
}
