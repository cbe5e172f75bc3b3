//! Owns the random inputs: what can happen, and how often.

use proptest::prelude::*;

use super::super::world::{OWED, accepted, barred, delivered, in_doubt, refused, retry, withdrawn};
use crate::{Barred, Environment, FactKind, HOUR, OnDoubt, ReceiptKind, Refusal, Verdict};

/// One thing that happens. Numbers pick among what there is at that moment.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Storno {
        invoice: u32,
        cents: i64,
        code: &'static str,
        after: Option<i64>,
        expires: Option<i64>,
        environment: Environment,
    },
    Notice {
        invoice: Option<u32>,
        expires: Option<i64>,
    },
    Profile(u8),
    Fact {
        number: u8,
        kind: FactKind,
        invoice: u32,
        cents: i64,
        age: i64,
    },
    Later(i64),
    FallDue(usize),
    Timer(usize),
    Permit {
        pick: usize,
        exact: bool,
        on_doubt: OnDoubt,
    },
    Outcome {
        pick: usize,
        attempt: Option<u16>,
        verdict: Verdict,
    },
    Interrupted(usize),
    Receipt {
        pick: usize,
        attempt: Option<u16>,
        kind: ReceiptKind,
    },
    Cancel(usize),
    CancelSubject(u32),
    Answer {
        pick: usize,
        answer: &'static str,
    },
    Link {
        pick: usize,
        pressed: bool,
    },
}

pub(super) fn act() -> impl Strategy<Value = Act> {
    let pick = || 0..8usize;
    let of = || 1..4u32;
    let cents = || prop::sample::select(vec![0, 1, OWED / 2, OWED, -1]);
    let moment = || prop::option::weighted(0.2, 0..(60 * HOUR));
    let attempt = || prop::option::weighted(0.2, 0..4u16);
    let code = prop::sample::select(vec!["AM04", "AM04", "AM04", "MD07", "AM05", "ZZ99"]);
    let environment = prop::sample::select(vec![
        Environment::Production,
        Environment::Production,
        Environment::Test,
    ]);
    let kind = prop::sample::select(FactKind::ALL.to_vec());
    let verdict = prop::sample::select(vec![
        accepted(),
        delivered(),
        retry(None),
        retry(Some(1_000)),
        refused(Refusal::Address),
        refused(Refusal::Policy),
        refused(Refusal::Ours),
        refused(Refusal::Unsendable),
        refused(Refusal::Soft),
        in_doubt(),
        withdrawn(),
        barred(Barred::Account),
        barred(Barred::Sender),
    ]);
    use ReceiptKind::{
        Accepted, Blocked, BouncedHard, Complained, Delayed, Delivered, Failed, Opened, Replied,
        Unexplained,
    };
    let receipt = vec![
        Accepted,
        Delivered,
        BouncedHard,
        Delayed,
        Failed,
        Opened,
        Complained,
        Replied,
        Blocked,
        Unexplained,
    ];
    let on_doubt = prop::sample::select(vec![OnDoubt::Resend, OnDoubt::Hold]);
    prop_oneof![
        3 => (of(), cents(), code, moment(), moment(), environment).prop_map(|(invoice, cents, code, after, expires, environment)| {
            Act::Storno { invoice, cents, code, after, expires, environment }
        }),
        1 => (prop::option::of(of()), moment()).prop_map(|(invoice, expires)| Act::Notice { invoice, expires }),
        1 => (0..6u8).prop_map(Act::Profile),
        3 => (0..24u8, kind, of(), cents(), prop_oneof![4 => 0..(30 * HOUR), 1 => (-10 * 365 * 24 * HOUR)..0])
            .prop_map(|(number, kind, invoice, cents, age)| Act::Fact { number, kind, invoice, cents, age }),
        // A clock may step backwards.
        1 => (-HOUR..(3 * 24 * HOUR)).prop_map(Act::Later),
        2 => pick().prop_map(Act::FallDue),
        1 => pick().prop_map(Act::Timer),
        6 => (pick(), prop::bool::weighted(0.9), on_doubt).prop_map(|(pick, exact, on_doubt)| Act::Permit { pick, exact, on_doubt }),
        5 => (pick(), attempt(), verdict).prop_map(|(pick, attempt, verdict)| Act::Outcome { pick, attempt, verdict }),
        1 => pick().prop_map(Act::Interrupted),
        3 => (pick(), attempt(), prop::sample::select(receipt))
            .prop_map(|(pick, attempt, kind)| Act::Receipt { pick, attempt, kind }),
        1 => pick().prop_map(Act::Cancel),
        1 => of().prop_map(Act::CancelSubject),
        2 => (pick(), prop::sample::select(vec!["retry", "close", "arrived", "bounced", "perhaps"])).prop_map(|(pick, answer)| Act::Answer { pick, answer }),
        2 => (pick(), any::<bool>()).prop_map(|(pick, pressed)| Act::Link { pick, pressed }),
    ]
}
