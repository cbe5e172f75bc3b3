//! What goes in comes out, what lies between cannot be read, and nothing can be moved.

use std::ops::ControlFlow;
use std::sync::Arc;

use sluis_journal::{Batch, Journal, MemoryJournal, Sequence, Shard};
use sluis_keys::{KeyStore, Secret, StoreOptions, WrappingKeys};
use sluis_model::codec::{FrameKind, take_frame};
use sluis_model::{
    CancelTarget, Control, ControlRecord, CorporationId, Gone, Input, Intent, PauseScope, Record,
    Subject, TenantKey, TenantRecord, Timestamp,
};

use super::{SealedCheckpoints, SealedJournal};

mod checkpoints;

const SHARD: Shard = Shard(0);
const NEEDLE: &str = "the needle";

fn tenant() -> TenantKey {
    TenantKey::new(CorporationId(1), "H-1")
}

fn subject() -> Subject {
    Subject {
        kind: "invoice".into(),
        id: NEEDLE.into(),
    }
}

fn of_tenant(at: i64, previous: u64) -> Record {
    Record::Tenant(TenantRecord {
        at: Timestamp(at),
        tenant: tenant(),
        previous,
        input: Input::Cancel {
            target: CancelTarget::Subject(subject()),
            note: NEEDLE.into(),
        },
        events: Vec::new(),
    })
}

fn control(control: Control) -> Record {
    let at = Timestamp(5);
    Record::Control(ControlRecord { at, control })
}

/// A record of each kind, in the order of the log.
fn records() -> Vec<Record> {
    let work = Intent::CancelSubject {
        corporation: CorporationId(1),
        subject: subject(),
        note: NEEDLE.into(),
    };
    vec![
        of_tenant(3, 0),
        control(Control::IntentOpened { intent: 1, work }),
        control(Control::Pause(PauseScope::EVERYTHING)),
        of_tenant(6, 1),
    ]
}

struct Both {
    dir: tempfile::TempDir,
    inner: Arc<MemoryJournal>,
    store: Arc<KeyStore>,
    checkpoints: Arc<SealedCheckpoints>,
    sealed: SealedJournal,
}

/// The keys of a folder, with as many corporations.
fn keys(dir: &std::path::Path, corporations: u16) -> Arc<KeyStore> {
    let with = |keys: WrappingKeys, number| {
        keys.with(CorporationId(number), &[Secret::new([number as u8; 32])])
    };
    let keys = (1..=corporations).fold(WrappingKeys::default(), with);
    let store = KeyStore::open(&dir.join("keys"), keys, StoreOptions::default());
    Arc::new(store.expect("it opens"))
}

/// The journal that seals before this one.
fn sealed(
    inner: &Arc<MemoryJournal>,
    checkpoints: &Arc<SealedCheckpoints>,
    store: &Arc<KeyStore>,
) -> SealedJournal {
    let (store, checkpoints) = (store.clone(), checkpoints.clone());
    SealedJournal::new(inner.clone(), store, checkpoints, |error| panic!("{error}"))
}

fn both() -> Both {
    let dir = tempfile::tempdir().expect("a directory");
    let store = keys(dir.path(), 1);
    let (inner, checkpoints) = (
        Arc::new(MemoryJournal::new(1, 8)),
        SealedCheckpoints::new(store.clone()),
    );
    let sealed = sealed(&inner, &checkpoints, &store);
    let mut batch = Batch::new(SHARD, Sequence::FIRST);
    for record in records() {
        batch
            .push_with(|buffer| record.encode(buffer))
            .expect("it fits");
    }
    sealed
        .try_append(batch, Sequence::ZERO)
        .expect("there is room");
    inner.commit();
    Both {
        dir,
        inner,
        store,
        checkpoints,
        sealed,
    }
}

fn all(journal: &dyn Journal) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let read = journal.replay(SHARD, Sequence::FIRST, &mut |_, bytes| {
        found.push(bytes.to_vec());
        ControlFlow::Continue(())
    });
    read.expect("read");
    found
}

fn decoded(journal: &dyn Journal) -> Vec<Record> {
    let decode = |bytes: Vec<u8>| Record::decode(&bytes).expect("a record");
    all(journal).into_iter().map(decode).collect()
}

#[test]
fn what_goes_in_comes_out_and_what_lies_between_cannot_be_read() {
    let Both { inner, sealed, .. } = both();
    assert_eq!(decoded(&sealed), records());
    let third = sealed
        .read(SHARD, Sequence(3))
        .expect("read")
        .expect("there");
    assert_eq!(Record::decode(&third).as_ref(), Ok(&records()[2]));

    let keys: Vec<u32> = all(&*inner)
        .iter()
        .map(|frame| take_frame(FrameKind::Record, frame).expect("a frame").key)
        .collect();
    assert!(
        keys[0] != 0 && keys[0] == keys[3],
        "one key for a tenant: {keys:?}"
    );
    assert!(
        keys[1] != 0 && keys[1] != keys[0],
        "another for several: {keys:?}"
    );
    assert_eq!(keys[2], 0, "it is about nobody");
    let lying = all(&*inner).concat();
    let stands = |bytes: &[u8]| {
        bytes
            .windows(NEEDLE.len())
            .any(|at| at == NEEDLE.as_bytes())
    };
    assert!(!stands(&lying));
    assert!(stands(&all(&sealed).concat()), "the control");
}

#[test]
fn of_a_destroyed_key_only_the_times_are_left() {
    let Both {
        store,
        sealed,
        inner,
        ..
    } = both();
    store.erase(&tenant(), Timestamp(99)).expect("destroyed");
    let gone = |at, previous| {
        Record::Gone(Gone {
            at: Timestamp(at),
            corporation: CorporationId(1),
            previous,
            erased: Timestamp(99),
        })
    };
    let found = decoded(&sealed);
    assert_eq!((&found[0], &found[3]), (&gone(3, 0), &gone(6, 1)));
    assert_eq!(found[1..3], records()[1..3]);
    assert_eq!(inner.last(SHARD), Sequence(4), "nothing was rewritten");
}

#[test]
fn a_record_in_another_place_does_not_open() {
    let Both {
        inner,
        store,
        sealed,
        ..
    } = both();
    let first = all(&*inner).remove(0);
    let mut batch = Batch::new(SHARD, Sequence(5));
    batch.push(&first);
    inner.try_append(batch, Sequence(4)).expect("there is room");
    inner.commit();
    let error = sealed.read(SHARD, Sequence(5)).expect_err("it was moved");
    let text = error.to_string();
    assert!(text.contains("record 5 of shard 0 is encrypted"), "{text}");
    drop(store);
}
