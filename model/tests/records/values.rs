//! Owns the sample values: every input, event, cause, word and control once.

use sluis_model::flow::{FlowRef, Observed, Seen, Value};
use sluis_model::{
    AttemptRef, Barred, Branched, CancelTarget, Cause, Channel, Choice, ContactKind, CorporationId,
    Environment, Event, Evidence, Fact, FactKind, Idempotency, Input, Lane, LateReceipt, Left,
    NoWay, Notification, NotificationId, OnDoubt, Permit, PointState, Receipt, ReceiptKind,
    Refusal, Subject, TenantKey, Timestamp, Verdict, Where, Why,
};

use crate::answers;
use crate::facts::{self, declared};
use crate::households;
use crate::migrating;
use crate::people::supplied;
use crate::steering::{self, capped, choices, steered};
use crate::stored::plan;

/// How many channels the golden files hold. Of each later one the table of channels says that it is
/// stored as its code, so that a new channel changes nothing here.
pub(crate) const HELD_CHANNELS: usize = 7;
pub(crate) const ID: NotificationId = NotificationId(0x0003_01a1_ef0e_4c00_0123_4567_89ab_cdef);
pub(crate) const AT: Timestamp = Timestamp(1_795_000_000_123);
pub(crate) const ATTEMPT: AttemptRef = AttemptRef {
    id: ID,
    step: 1,
    attempt: 2,
};

pub(crate) fn subject() -> Subject {
    Subject {
        kind: "invoice".into(),
        id: "F-2026-00017".into(),
    }
}

pub(crate) fn why() -> Why {
    Why::new("5.1.1", "no such mailbox")
}

pub(crate) fn tenant() -> TenantKey {
    TenantKey::new(CorporationId(7), "H-1001")
}

pub(crate) fn notification() -> Notification {
    Notification {
        id: ID,
        flow: FlowRef([0xf1; 16]),
        category: "collection".into(),
        subject: Some(subject()),
        data: r#"{"amount_cents":61250,"naam":"Müller"}"#.into(),
        fields: [
            Value::Missing,
            Value::Text("AM04".into()),
            Value::Integer(-61_250),
            Value::Boolean(true),
        ]
        .into(),
        lane: Lane::Urgent,
        send_after: Some(AT),
        expires_at: None,
        environment: Environment::Production,
        idempotency: Idempotency {
            key: 1 << 100,
            body: u64::MAX,
        },
        addressed: Default::default(),
    }
}

pub(crate) fn fact() -> Fact {
    Fact {
        fact_id: "bank-1".into(),
        body: 99,
        kind: FactKind::Payment,
        subject: Some(subject()),
        amount_cents: Some(-1),
        occurred_at: AT,
        environment: Environment::Acceptance,
    }
}

pub(crate) fn verdicts() -> Vec<Verdict> {
    let provider_id = || "p-1".into();
    vec![
        Verdict::Accepted {
            provider_id: provider_id(),
        },
        Verdict::Delivered {
            provider_id: provider_id(),
        },
        Verdict::Retry {
            after_ms: Some(1_500),
            why: why(),
        },
        Verdict::Refused {
            class: Refusal::Policy,
            why: why(),
        },
        Verdict::InDoubt { why: why() },
        Verdict::Withdrawn { why: why() },
        Verdict::Barred {
            what: Barred::Account,
            why: why(),
        },
        Verdict::Barred {
            what: Barred::Sender,
            why: why(),
        },
    ]
}

pub(crate) fn inputs() -> Vec<Input> {
    let receipt = Receipt {
        attempt: ATTEMPT,
        kind: ReceiptKind::BouncedHard,
        why: Some(why()),
        provider: "relay".into(),
        occurred_at: Some(AT),
    };
    let permit = Permit {
        id: ID,
        channel: Channel::Sms,
        provider: "sms".into(),
        on_doubt: OnDoubt::Hold,
    };
    let mut inputs = vec![
        Input::Notify(Box::new(notification())),
        Input::PutProfile(Box::new(supplied())),
        Input::Fact(fact()),
        Input::LateReceipt(Box::new(LateReceipt {
            receipt: receipt.clone(),
            channel: Channel::Email,
            address: "a@example.nl".into(),
        })),
        Input::Receipt(receipt),
        Input::Timer { id: ID },
        Input::Permit(permit),
        Input::Outcome {
            attempt: ATTEMPT,
            verdict: verdicts()[2].clone(),
        },
        Input::Interrupted { attempt: ATTEMPT },
        Input::Cancel {
            target: CancelTarget::Subject(subject()),
            note: "desk: moved out".into(),
        },
        Input::Answer {
            id: ID,
            task: 3,
            answer: "retry".into(),
            by: "desk".into(),
        },
        Input::Link {
            id: ID,
            pressed: true,
        },
        Input::NoWay(Box::new(NoWay {
            id: ID,
            channel: Channel::Email,
            pinned: Some("relay".into()),
            why: why(),
        })),
        Input::Sent {
            attempt: ATTEMPT,
            verdict: verdicts()[0].clone(),
            left: Left {
                hash: [0xab; 32],
                length: 1_400,
            },
        },
        Input::Declared(Box::new(declared())),
        Input::TaskAnswered(Box::new(answers::of_people())),
        Input::TenantAnswered(Box::new(answers::of_tenant())),
        migrating::order(),
    ];
    inputs.extend(households::inputs());
    inputs
}

pub(crate) fn causes() -> Vec<Cause> {
    let observed = Seen::from(Observed {
        left: Value::Integer(0),
        right: Value::Text("0".into()),
        as_of: Some(AT),
    });
    let mut causes = vec![
        Cause::Accepted,
        Cause::SendAfterReached,
        Cause::Bounced { why: why() },
        Cause::Unreachable,
        Cause::Unanswered,
        Cause::Settled,
        Cause::HandedOver,
        Cause::Delivered,
        Cause::Answered,
        Cause::Waited,
        Cause::Guard {
            guard: 3,
            observed: observed.clone(),
        },
        Cause::Stop {
            stop: 0,
            observed: observed.clone(),
        },
        Cause::Task {
            answer: "close".into(),
            by: "desk".into(),
        },
        Cause::Cancelled {
            note: "desk".into(),
        },
        Cause::Expired,
        Cause::AlreadyRunning { live: ID },
        Cause::HeldTooLong,
        Cause::DoubtTooLong,
        Cause::OurMistake { why: why() },
        Cause::NotAllowListed,
        Cause::CannotSend { why: why() },
        Cause::Interrupted { times: 3 },
        Cause::Blocked { why: why() },
        Cause::Unexplained {
            attempt: 2,
            why: why(),
        },
        Cause::Capped {
            cap: "newsletters".into(),
        },
        Cause::Branched {
            step: 1,
            way: Branched::Unknown(1),
            observed: [observed.clone(), observed.clone()].into(),
        },
        Cause::TaskOverdue { task: 3 },
        Cause::DayOver { at: AT },
        Cause::NoDay { step: 1 },
        Cause::FactCame { step: 1, observed },
        Cause::TenantAnswered {
            answer: "given".into(),
            by: "".into(),
        },
        Cause::Closing { end: "paid".into() },
        Cause::FactSet { step: 2 },
        facts::not_set().remove(0),
    ];
    causes.extend(households::causes());
    causes.extend(steering::causes());
    causes
}

/// A guard of three comparisons, which holds a message back.
pub(crate) fn joined() -> Vec<Event> {
    let one = |left: Value, as_of| Observed {
        left,
        right: Value::Integer(0),
        as_of,
    };
    let observed = Seen {
        first: one(Value::Integer(61_250), Some(AT)),
        others: [
            one(Value::Text("RENT".into()), None),
            one(Value::Missing, None),
        ]
        .into(),
    };
    vec![Event::Held {
        id: ID,
        guard: 1,
        observed,
        until: AT,
    }]
}

pub(crate) fn events() -> Vec<Event> {
    let (id, attempt, step, until) = (ID, 2, 1, AT);
    let observed = Seen::from(Observed {
        left: Value::Missing,
        right: Value::Boolean(false),
        as_of: None,
    });
    let mut events = vec![
        Event::Accepted { id },
        Event::Waiting { id, until },
        Event::StepEntered {
            id,
            step,
            cause: Cause::Accepted,
        },
        Event::Ready {
            id,
            channel: Channel::Email,
            choice: Choice::Preferred,
            pinned: Some("relay".into()),
            not_before: AT,
        },
        Event::Held {
            id,
            guard: 3,
            observed: observed.clone(),
            until,
        },
        Event::AttemptStarted {
            id,
            attempt,
            channel: Channel::Email,
            provider: "relay".into(),
            address: "a@example.nl".into(),
            on_doubt: OnDoubt::Resend,
            choice: Choice::FlowOrder,
            passed: vec![observed],
            resend: true,
        },
        Event::AttemptWithdrawn {
            id,
            attempt,
            why: why(),
        },
        Event::AttemptAccepted {
            id,
            attempt,
            provider_id: "p-1".into(),
        },
        Event::AttemptDelivered { id, attempt },
        Event::AttemptDeferred {
            id,
            attempt,
            why: why(),
        },
        Event::AttemptFailed {
            id,
            attempt,
            class: Refusal::Ours,
            why: why(),
            exhausted: true,
        },
        Event::AttemptInDoubt {
            id,
            attempt,
            provider: "relay".into(),
            why: why(),
            until,
        },
        Event::ReceiptNoted {
            id,
            attempt,
            kind: ReceiptKind::Replied,
        },
        Event::OutcomeNoted {
            id,
            attempt,
            why: why(),
        },
        Event::TaskOpened {
            id,
            task: 3,
            list: "collections".into(),
            cause: Cause::Unanswered,
        },
        Event::LinkClosed {
            id,
            end: "paid".into(),
        },
        Event::LinkUsed { id, pressed: false },
        Event::Ended {
            id,
            end: "paid".into(),
            cause: Cause::Cancelled {
                note: "desk".into(),
            },
        },
        Event::ProfileStored { new: true },
        Event::PointMarked {
            on: Where::On(Channel::Email),
            value: "a@example.nl".into(),
            state: PointState::Invalid,
        },
        Event::FactTaken,
        Event::SubjectOpen {
            subject: subject(),
            open_cents: Some(-1),
        },
        Event::PointKept {
            on: Where::On(Channel::Email),
            value: "A@example.nl".into(),
            since: AT,
            by: Evidence::Bounce,
        },
        Event::Unexplained {
            id,
            attempt,
            why: why(),
        },
        Event::Steered {
            id,
            steered: Box::new(steered()),
        },
        Event::Capped {
            id,
            capped: Box::new(capped()),
        },
        Event::Contacted { id },
        Event::AnswerKept { id, step },
        Event::TaskPlanned {
            id,
            plan: Box::new(plan()),
        },
        Event::TaskReminded { id, task: 3 },
        migrating::moved(),
        Event::Closing {
            id,
            end: "paid".into(),
            cause: Cause::Unanswered,
        },
    ];
    events.extend(facts::events());
    events.extend(households::events());
    events.extend(steering::events());
    events
}

/// The closed lists of words: a word's code is its place in its list.
pub(crate) fn words() -> Vec<Event> {
    use ReceiptKind::{
        Accepted, Blocked, BouncedHard, Complained, Delayed, Delivered, Failed, Opened, Replied,
        Unexplained,
    };
    let (id, attempt) = (ID, 2);
    let receipts = [
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
    ]
    .map(|kind| Event::ReceiptNoted { id, attempt, kind });
    let channels = Channel::ALL[..HELD_CHANNELS].iter().map(|channel| {
        let (choice, pinned) = (Choice::FlowOrder, None);
        Event::Ready {
            id,
            channel: *channel,
            choice,
            pinned,
            not_before: AT,
        }
    });
    let refusals = [
        Refusal::Address,
        Refusal::Policy,
        Refusal::Ours,
        Refusal::Unsendable,
        Refusal::Soft,
    ]
    .map(|class| Event::AttemptFailed {
        id,
        attempt,
        class,
        why: why(),
        exhausted: false,
    });
    let states = [
        PointState::Created,
        PointState::Validated,
        PointState::Invalid,
    ]
    .map(|state| Event::PointMarked {
        on: Where::On(Channel::Sms),
        value: "+31600000001".into(),
        state,
    });
    let everywhere = ContactKind::ALL.map(|kind| Event::PointMarked {
        on: Where::Everywhere(kind),
        value: "v".into(),
        state: PointState::Invalid,
    });
    let kept = |by| Event::PointKept {
        on: Where::On(Channel::Sms),
        value: "+31600000001".into(),
        since: AT,
        by,
    };
    let kept = [Evidence::Source, Evidence::Bounce, Evidence::Use].map(kept);
    receipts
        .into_iter()
        .chain(channels)
        .chain(choices())
        .chain(refusals)
        .chain(states)
        .chain(kept)
        .chain(everywhere)
        .collect()
}

// ---- their names: a new variant does not compile until it is named here, and has no golden file
// until it is above
