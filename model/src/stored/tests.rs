//! A stored tenant comes back as it was, whatever it holds, or not at all.

use proptest::prelude::*;

use super::*;
use crate::codec::MAX_PAYLOAD;
use crate::flow::FlowRef;
use crate::ids::CorporationId;
use crate::notification::{Environment, Idempotency, Lane, Subject};
use crate::record::Record;
use crate::state::Phase;

const AT: Timestamp = Timestamp(1_795_000_000_000);

fn key() -> TenantKey {
    TenantKey::new(CorporationId(1), "H-1")
}

fn subject(number: u128) -> Subject {
    Subject {
        kind: "invoice".into(),
        id: format!("F-{number}").into(),
    }
}

fn open(number: u128) -> Box<Open> {
    Box::new(Open {
        id: NotificationId(number),
        flow: FlowRef([1; 16]),
        body: 1 + number as u64,
        accepted_at: AT,
        category: "collection".into(),
        subject: Some(Box::new(subject(number))),
        fields: Box::new([]),
        lane: Lane::Normal,
        environment: Environment::Test,
        expires_at: None,
        step: 0,
        entered: true,
        tasks: 0,
        answered: false,
        link_closed: false,
        tried: None,
        phase: Phase::Waiting { until: AT },
    })
}

fn body(number: u128, bytes: usize) -> Notification {
    Notification {
        id: NotificationId(number),
        flow: FlowRef([1; 16]),
        category: "collection".into(),
        subject: Some(subject(number)),
        data: "x".repeat(bytes).into(),
        fields: Box::new([]),
        lane: Lane::Normal,
        send_after: None,
        expires_at: None,
        environment: Environment::Test,
        idempotency: Idempotency { key: 1, body: 2 },
        addressed: Default::default(),
    }
}

fn money(number: u128) -> SubjectMoney {
    SubjectMoney {
        subject: subject(number),
        open: Some((1, AT)),
        open_ahead: false,
        paid_cents: 0,
        paid_at: AT,
        payments: vec![(0, Timestamp(0)); 16],
    }
}

/// A tenant with so many open, and money for each.
fn tenant(count: u128) -> Tenant {
    let mut tenant = Tenant {
        last: 7,
        profile: Some(Box::default()),
        ..Tenant::default()
    };
    (1..=count).for_each(|number| tenant.open.insert(open(number)));
    let told = Told {
        subjects: (1..=count).map(money).collect(),
        facts: [(1, 2)].into(),
        ..Told::default()
    };
    tenant.told = Some(Box::new(told));
    tenant
}

/// What comes back when the pieces are written from `first` on and read, and the longest of them.
fn written_and_read(pieces: &[StoredTenant], first: u64) -> (Option<Whole>, usize) {
    let (mut assembly, mut longest, mut whole) = (Assembly::default(), 0, None);
    for (piece, sequence) in pieces.iter().zip(first..) {
        assert!(whole.is_none(), "it was whole before its last piece");
        let mut bytes = Vec::new();
        piece.encode(&mut bytes).expect("a piece fits a record");
        longest = longest.max(bytes.len());
        match Record::decode(&bytes).expect("what was written is read") {
            Record::Stored(read) => whole = assembly.take(sequence, *read),
            other => panic!("{other:?}"),
        }
    }
    (whole, longest)
}

/// The tenant as it is once these pieces are written.
fn as_stored(mut tenant: Tenant, pieces: &[StoredTenant], first: u64) -> Tenant {
    tenant.was_stored(pieces, first);
    tenant
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_stored_comes_back(
        count in 0..600u128, sizes in prop::collection::btree_map(0..700u128, 0..3_000usize, 0..200),
    ) {
        // Behind every place where a body stands so far.
        let (tenant, first) = (tenant(count), 1_000);
        let bodies = sizes.iter().map(|(number, bytes)| body(*number, *bytes)).collect();
        let pieces = StoredTenant::pieces(&key(), &tenant, bodies, AT, first);
        let (whole, _) = written_and_read(&pieces, first);
        let whole = whole.expect("all pieces came");
        prop_assert_eq!((&whole.key, whole.first), (&key(), first));
        for open in &whole.state.open {
            let carried = sizes.contains_key(&open.id.0);
            prop_assert_eq!(open.body >= first, carried);
            if carried {
                let piece = &pieces[(open.body - first) as usize];
                prop_assert_eq!(piece.body(open.id).map(|body| body.id), Some(open.id));
            }
        }
        prop_assert_eq!(whole.state, as_stored(tenant, &pieces, first));
    }
}

#[test]
fn the_pieces_lead_back_to_the_record_before() {
    let pieces = StoredTenant::pieces(&key(), &tenant(2_000), Vec::new(), AT, 20);
    assert!(pieces.len() > 3, "{}", pieces.len());
    let previous: Vec<u64> = pieces.iter().map(|piece| piece.previous).collect();
    let expected = [7].into_iter().chain(20..);
    assert!(expected.take(pieces.len()).eq(previous));
}

#[test]
fn ten_thousand_open_with_their_bodies_fit_into_records() {
    let (count, first) = (10_000, 20);
    let tenant = tenant(count);
    let bodies = (1..=count).map(|number| body(number, 600)).collect();
    let pieces = StoredTenant::pieces(&key(), &tenant, bodies, AT, first);
    let (whole, longest) = written_and_read(&pieces, first);
    let whole = whole.expect("all pieces came");
    assert_eq!(whole.state, as_stored(tenant, &pieces, first));
    assert!(longest < MAX_PAYLOAD / 8, "{longest} bytes");
}

#[test]
fn the_largest_entry_stands_alone_and_is_read() {
    let largest = 200 << 10;
    let bodies = (1..=3).map(|number| body(number, largest)).collect();
    let pieces = StoredTenant::pieces(&key(), &tenant(3), bodies, AT, 20);
    let (whole, longest) = written_and_read(&pieces, 20);
    assert!(whole.is_some());
    assert!(longest < largest + (16 << 10), "{longest} bytes");
}

/// Entries of which nearly every number takes one byte: for the decoder's limit they count most.
#[test]
fn a_piece_of_the_smallest_entries_is_within_the_decoders_limit() {
    let mut tenant = Tenant::default();
    let told = Told {
        subjects: (0..20_000)
            .map(|_| SubjectMoney {
                subject: Subject {
                    kind: "i".into(),
                    id: "".into(),
                },
                open: None,
                open_ahead: false,
                paid_cents: 0,
                paid_at: Timestamp(0),
                payments: vec![(0, Timestamp(0)); 16],
            })
            .collect(),
        ..Told::default()
    };
    tenant.told = Some(Box::new(told));
    for number in 1..=20_000 {
        let mut small = open(number);
        (small.category, small.subject) = ("".into(), None);
        tenant.open.insert(small);
    }
    let pieces = StoredTenant::pieces(&key(), &tenant, Vec::new(), Timestamp(0), 20);
    assert!(written_and_read(&pieces, 20).0.is_some());
}

#[test]
fn a_set_that_was_cut_off_or_broken_into_does_not_count() {
    let pieces = StoredTenant::pieces(&key(), &tenant(2_000), Vec::new(), AT, 20);
    let count = pieces.len();
    assert_eq!(
        written_and_read(&pieces[..count - 1], 20).0,
        None,
        "cut off"
    );
    assert_eq!(
        written_and_read(&pieces[1..], 21).0,
        None,
        "without its head"
    );
    let gap: Vec<StoredTenant> = [&pieces[..1], &pieces[2..]].concat();
    assert_eq!(written_and_read(&gap, 20).0, None, "without its middle");
    let mut assembly = Assembly::default();
    for (piece, sequence) in pieces.iter().cloned().zip(20..) {
        // Another record came in between.
        let at = if sequence > 20 {
            sequence + 1
        } else {
            sequence
        };
        assert_eq!(assembly.take(at, piece), None);
    }
    // What begins anew is taken, whatever stood there before.
    assert!(assembly.take(90, pieces[0].clone()).is_none());
    let again = pieces.iter().cloned().zip(100..);
    let whole = again.filter_map(|(piece, sequence)| assembly.take(sequence, piece));
    assert_eq!(whole.map(|whole| whole.first).collect::<Vec<_>>(), [100]);
}

#[test]
fn bodies_by_themselves_move_and_change_nothing_else() {
    let bodies: Vec<_> = (1..=300).map(|number| body(number, 600)).collect();
    let (was, first) = (tenant(400), 20);
    let records = StoredTenant::bodies_only(&key(), bodies, AT, (was.last, first));
    assert!(records.len() > 1);
    assert_eq!(written_and_read(&records, first).0, None, "it is no state");
    let previous: Vec<u64> = records.iter().map(|record| record.previous).collect();
    assert!([7].into_iter().chain(20..).take(records.len()).eq(previous));
    let now = as_stored(was.clone(), &records, first);
    assert_eq!(now.last, first + records.len() as u64 - 1);
    for (before, after) in was.open.iter().zip(&now.open) {
        if after.id.0 <= 300 {
            let record = &records[(after.body - first) as usize];
            assert!(record.body(after.id).is_some());
        } else {
            assert_eq!(before, after);
        }
    }
}
