//! A checkpoint comes back as it was, cannot be read where it lies, and is lost with every copy when a
//! tenant of its shard is erased.

use super::*;

const ERASED_AT: Timestamp = Timestamp(99);

fn chunks() -> Vec<Vec<u8>> {
    vec![NEEDLE.into(), Vec::new(), vec![7; 1_000]]
}

fn store(journal: &dyn Journal, upto: u64) {
    let mut chunks = chunks().into_iter();
    let stored = journal.checkpoint(SHARD, Sequence(upto), &mut chunks);
    stored.expect("it is durable");
}

/// The newest checkpoint; none when there is none that can be used.
fn newest(journal: &dyn Journal) -> Option<(u64, Vec<Vec<u8>>)> {
    let (upto, chunks) = journal.latest_checkpoint(SHARD).expect("it can be read")?;
    let chunks: Result<Vec<_>, _> = chunks.collect();
    Some((upto.0, chunks.expect("every chunk opens")))
}

fn forget(both: &Both, erased: u64) {
    let forgotten = both
        .checkpoints
        .forget(CorporationId(1), SHARD, Sequence(erased), ERASED_AT);
    forgotten.expect("destroyed");
}

/// What a reader with these keys finds in a copy of the disk that has this.
fn in_a_copy(
    (upto, chunks): &(u64, Vec<Vec<u8>>),
    (checkpoints, store): (&Arc<SealedCheckpoints>, &Arc<KeyStore>),
) -> Option<(u64, Vec<Vec<u8>>)> {
    let copy = both().inner;
    let written = copy.checkpoint(SHARD, Sequence(*upto), &mut chunks.clone().into_iter());
    written.expect("it is durable");
    newest(&sealed(&copy, checkpoints, store))
}

#[test]
fn it_comes_back_and_cannot_be_read_where_it_lies() {
    let both = both();
    store(&both.sealed, 2);
    assert_eq!(newest(&both.sealed), Some((2, chunks())));
    let (_, lying) = newest(&*both.inner).expect("it is there");
    assert_eq!(lying.len(), 1 + chunks().len());
    let stands = |bytes: &[u8]| {
        let mut parts = bytes.windows(NEEDLE.len());
        parts.any(|part| part == NEEDLE.as_bytes())
    };
    assert!(!stands(&lying.concat()));
    assert!(stands(&chunks().concat()), "the control");
}

#[test]
fn an_erasure_makes_it_unreadable_in_every_copy_too() {
    let both = both();
    store(&both.sealed, 2);
    let copy = newest(&*both.inner).expect("it is there");
    let keys = (&both.checkpoints, &both.store);
    assert!(in_a_copy(&copy, keys).is_some(), "the control");
    forget(&both, 3);
    assert_eq!(newest(&both.sealed), None);
    store(&both.sealed, 4);
    assert_eq!(
        newest(&both.sealed),
        Some((4, chunks())),
        "a new one is good"
    );
    assert_eq!(in_a_copy(&copy, keys), None);
}

#[test]
fn one_that_was_begun_before_an_erasure_is_not_stored_after_it() {
    let both = both();
    store(&both.sealed, 1);
    forget(&both, 3);
    forget(&both, 2);
    store(&both.sealed, 2);
    let lies = |both: &Both| newest(&*both.inner).map(|(upto, _)| upto);
    assert_eq!(lies(&both), Some(1), "nothing new was written");
    store(&both.sealed, 3);
    assert_eq!(
        lies(&both),
        Some(3),
        "this one was begun when he was forgotten"
    );
}

#[test]
fn what_was_stored_for_fewer_corporations_is_replaced_and_loses_its_key() {
    let Both {
        dir,
        inner,
        sealed: one,
        ..
    } = both();
    store(&one, 2);
    one.forget_checkpoints().expect("nothing is to be done");
    assert_eq!(newest(&one), Some((2, chunks())));
    let copy = newest(&*inner).expect("it is there");

    let keys = keys(dir.path(), 2);
    let checkpoints = SealedCheckpoints::new(keys.clone());
    let two = sealed(&inner, &checkpoints, &keys);
    assert!(newest(&two).is_some(), "the control");
    two.forget_checkpoints().expect("it can be written");
    assert_eq!(newest(&two), None);
    assert_eq!(in_a_copy(&copy, (&checkpoints, &keys)), None);
    store(&two, 4);
    two.forget_checkpoints().expect("nothing is to be done");
    assert_eq!(newest(&two), Some((4, chunks())));
}

#[test]
fn a_plain_one_from_before_encryption_is_replaced() {
    let both = both();
    store(&*both.inner, 1);
    both.sealed.forget_checkpoints().expect("it can be written");
    let (upto, left) = newest(&*both.inner).expect("an empty one");
    assert_eq!((upto, left.len()), (4, 0));
    assert_eq!(newest(&both.sealed), None);
}

/// A start from it would not learn whose the keys are that the older file does not know.
#[test]
fn it_is_passed_over_with_an_older_file_of_keys() {
    let Both {
        dir,
        inner,
        store: keys_of_now,
        sealed: journal,
        ..
    } = both();
    store(&journal, 2);
    let (file, older) = (dir.path().join("keys"), dir.path().join("older"));
    std::fs::copy(&file, &older).expect("copied");
    let new = TenantKey::new(CorporationId(1), "H-2");
    keys_of_now.sealing_key(&new).expect("a key");
    store(&journal, 4);
    drop((journal, keys_of_now));
    for (from, expected) in [(&file, Some((4, chunks()))), (&older, None)] {
        if from != &file {
            std::fs::copy(from, &file).expect("put back");
        }
        let store = keys(dir.path(), 1);
        let checkpoints = SealedCheckpoints::new(store.clone());
        assert_eq!(newest(&sealed(&inner, &checkpoints, &store)), expected);
    }
}

#[test]
fn a_chunk_in_another_place_does_not_open() {
    let both = both();
    store(&both.sealed, 2);
    let (_, lying) = newest(&*both.inner).expect("it is there");
    let read = |upto: u64, chunks: Vec<Vec<u8>>| {
        let copy = self::both().inner;
        let written = copy.checkpoint(SHARD, Sequence(upto), &mut chunks.into_iter());
        written.expect("it is durable");
        let journal = sealed(&copy, &both.checkpoints, &both.store);
        let (_, chunks) = journal.latest_checkpoint(SHARD)?.expect("it is there");
        chunks.collect::<Result<Vec<_>, _>>()
    };
    assert_eq!(read(2, lying.clone()).expect("the control"), chunks());
    let mut swapped = lying.clone();
    swapped.swap(1, 3);
    let error = read(2, swapped).expect_err("in another order");
    assert!(error.to_string().contains("a checkpoint"), "{error}");
    read(3, lying).expect_err("of another place in the log");
}
