//! Owns the sample records, each with the name of its golden file, and which version brought what.

use sluis_model::{
    Barred, CancelTarget, Carried, Cause, Choice, Control, ControlRecord, Environment, Event, Fact,
    FactKind, Input, Intent, Lane, Notification, Phase, ReceiptKind, Record, Refusal, StoredTenant,
    TenantRecord, Verdict, Where,
};

use crate::controls::controls;
use crate::facts;
use crate::households::addressed;
use crate::people::{supplied_then, undated};
use crate::steering::steered_then;
use crate::stored::{carried, erased, stored, stored_then};
use crate::values::{
    AT, ATTEMPT, ID, causes, events, fact, inputs, joined, notification, tenant, verdicts, words,
};

pub(crate) fn input_name(input: &Input) -> &'static str {
    match input {
        Input::Notify(_) => "notify",
        Input::PutProfile(_) => "put-profile",
        Input::Fact(_) => "fact",
        Input::Receipt(_) => "receipt",
        Input::Timer { .. } => "timer",
        Input::Permit(_) => "permit",
        Input::Outcome { .. } => "outcome",
        Input::Interrupted { .. } => "interrupted",
        Input::Cancel { .. } => "cancel",
        Input::Answer { .. } => "answer",
        Input::Link { .. } => "link",
        Input::LateReceipt(_) => "late-receipt",
        Input::NoWay(_) => "no-way",
        Input::Sent { .. } => "sent",
        Input::Declared(_) => "declared",
        Input::PutHousehold(_) => "put-household",
        Input::InHousehold { .. } => "in-household",
        Input::PartNews(_) => "part-news",
        Input::GroupTold { .. } => "group-told",
        Input::StopPart(_) => "stop-part",
        Input::TaskAnswered(_) => "task-answered",
        Input::TenantAnswered(_) => "tenant-answered",
        Input::Migrate(_) => "migrate",
    }
}

pub(crate) fn control_name(control: &Control) -> &'static str {
    match control {
        Control::Pause(_) => "pause",
        Control::Resume(_) => "resume",
        Control::IntentOpened {
            work: Intent::Each { .. },
            ..
        } => "intent-each",
        Control::IntentOpened {
            work: Intent::CancelSubject { .. },
            ..
        } => "intent-cancel-subject",
        Control::IntentOpened {
            work: Intent::PartNews { .. },
            ..
        } => "intent-part-news",
        Control::IntentDone { .. } => "intent-done",
        Control::Unexplained { .. } => "unexplained",
        Control::StrayDismissed { .. } => "stray-dismissed",
        Control::Carried(carried) => match &**carried {
            Carried::Pause { .. } => "carried-pause",
            Carried::Strays(_) => "carried-strays",
            Carried::Unread(_) => "carried-unread",
        },
        Control::Erased(_) => "erased",
    }
}

pub(crate) fn of_tenant(name: &str, input: Input, events: Vec<Event>) -> (String, Record) {
    (
        name.into(),
        Record::Tenant(TenantRecord {
            at: AT,
            tenant: tenant(),
            previous: 41,
            input,
            events,
        }),
    )
}

/// Every golden record with the name of its file.
pub(crate) fn samples() -> Vec<(String, Record)> {
    let timer = || Input::Timer { id: ID };
    let mut samples = Vec::new();
    for input in inputs() {
        samples.push(of_tenant(
            &format!("input-{}", input_name(&input)),
            input,
            vec![Event::FactTaken],
        ));
    }
    for verdict in verdicts() {
        let sender = matches!(
            verdict,
            Verdict::Barred {
                what: Barred::Sender,
                ..
            }
        );
        let name = format!(
            "verdict-{}{}",
            verdict.name(),
            if sender { "-sender" } else { "" }
        );
        samples.push(of_tenant(
            &name,
            Input::Outcome {
                attempt: ATTEMPT,
                verdict,
            },
            Vec::new(),
        ));
    }
    let one = Input::Cancel {
        target: CancelTarget::Notification(ID),
        note: "".into(),
    };
    samples.push(of_tenant("input-cancel-one", one, Vec::new()));
    samples.push(of_tenant("every-event", timer(), events()));
    let ends = causes().into_iter().map(|cause| Event::Ended {
        id: ID,
        end: "end".into(),
        cause,
    });
    samples.push(of_tenant("every-cause", timer(), ends.collect()));
    samples.push(of_tenant("every-word", timer(), words()));
    samples.push(of_tenant("joined", timer(), joined()));
    let not_set = facts::not_set().into_iter().map(|cause| Event::Ended {
        id: ID,
        end: "end".into(),
        cause,
    });
    samples.push(of_tenant("not-set", timer(), not_set.collect()));
    for (kind, environment) in FactKind::ALL
        .into_iter()
        .zip(Environment::ALL.into_iter().cycle())
    {
        let input = Input::Fact(Fact {
            kind,
            environment,
            subject: None,
            amount_cents: None,
            ..fact()
        });
        samples.push(of_tenant(
            &format!("fact-{}", kind.name()),
            input,
            Vec::new(),
        ));
    }
    for (lane, environment) in Lane::ALL
        .into_iter()
        .zip(Environment::ALL.into_iter().rev())
    {
        let input = Input::Notify(Box::new(Notification {
            lane,
            environment,
            ..notification()
        }));
        samples.push(of_tenant(
            &format!("lane-{}", lane.name()),
            input,
            Vec::new(),
        ));
    }
    for (name, body) in addressed() {
        let input = Input::Notify(Box::new(body));
        samples.push(of_tenant(name, input, Vec::new()));
    }
    let said_again = carried().map(|carried| Control::Carried(Box::new(carried)));
    for control in controls().into_iter().chain(said_again).chain([erased()]) {
        let name = format!("control-{}", control_name(&control));
        samples.push((name, Record::Control(ControlRecord { at: AT, control })));
    }
    for (name, piece) in stored() {
        samples.push((name.into(), Record::Stored(Box::new(piece))));
    }
    samples
}

/// The version that brought this variant. What came after version 1 stands here by name: it is in no
/// golden file of an older version.
pub(crate) fn version_of(event: &Event) -> u8 {
    match event {
        Event::HeldBack { .. }
        | Event::Varied { .. }
        | Event::AnswerKept { .. }
        | Event::TaskPlanned { .. }
        | Event::TaskReminded { .. }
        | Event::Migrated { .. }
        | Event::Closing { .. }
        | Event::FactSet { .. }
        | Event::Follows { .. }
        | Event::GroupFormed { .. }
        | Event::GroupTold { .. }
        | Event::PartEnded { .. }
        | Event::GroupStopping { .. }
        | Event::PartTells { .. }
        | Event::PartBarred { .. }
        | Event::HouseholdStored { .. }
        | Event::HouseholdNoted { .. }
        | Event::Ended {
            cause:
                Cause::Group { .. }
                | Cause::PartsEnded
                | Cause::TaskOverdue { .. }
                | Cause::DayOver { .. }
                | Cause::NoDay { .. }
                | Cause::FactCame { .. }
                | Cause::PeopleFirst { .. }
                | Cause::Superseded { .. }
                | Cause::AllOff
                | Cause::TooLate
                | Cause::TenantAnswered { .. }
                | Cause::Closing { .. }
                | Cause::FactSet { .. }
                | Cause::NotSet { .. },
            ..
        } => 6,
        Event::Steered { .. }
        | Event::Ready {
            choice: Choice::Primary | Choice::LastResort | Choice::Legal | Choice::Cheapest,
            ..
        }
        | Event::Capped { .. }
        | Event::Contacted { .. }
        | Event::Ended {
            cause: Cause::Capped { .. } | Cause::Branched { .. },
            ..
        } => 5,
        Event::PointMarked {
            on: Where::Everywhere(_),
            ..
        }
        | Event::PointKept {
            on: Where::Everywhere(_),
            ..
        } => 4,
        Event::Ended {
            cause: Cause::Blocked { .. } | Cause::Unexplained { .. },
            ..
        }
        | Event::AttemptFailed {
            class: Refusal::Soft,
            ..
        }
        | Event::ReceiptNoted {
            kind: ReceiptKind::Unexplained,
            ..
        }
        | Event::Unexplained { .. } => 3,
        Event::Ended {
            cause: Cause::CannotSend { .. } | Cause::Interrupted { .. },
            ..
        }
        | Event::AttemptFailed {
            class: Refusal::Unsendable,
            ..
        }
        | Event::ReceiptNoted {
            kind: ReceiptKind::Blocked,
            ..
        }
        | Event::PointKept { .. } => 2,
        _ => 1,
    }
}

/// What the golden files of an older version hold: the samples without what is newer, and before
/// version 4 what a source supplied as it was then.
pub(crate) fn samples_of(version: u8) -> Vec<(String, Record)> {
    let then = |name: &str, confirmed| {
        let supplied = Box::new(supplied_then(confirmed));
        of_tenant(name, Input::PutProfile(supplied), vec![Event::FactTaken])
    };
    let mut samples = samples();
    samples.retain(|(name, _)| version >= 5 || name != "joined");
    samples.retain(|(name, _)| version >= 6 || name != "not-set");
    if version < 4 {
        samples.retain(|(name, _)| name != "input-put-profile");
        samples.push(then("input-put-profile", None));
        samples.push(then("input-supplied", Some(AT)));
    }
    for (_, record) in &mut samples {
        if let (Record::Stored(piece), true) = (&mut *record, version < 6) {
            unplan(piece);
        }
        match record {
            Record::Tenant(record) => {
                record.events.retain(|event| version_of(event) <= version);
                for event in record.events.iter_mut().filter(|_| version < 6) {
                    if let Event::Steered { steered, .. } = event {
                        **steered = steered_then();
                    }
                }
                if let (Input::PutProfile(supplied), true) = (&mut record.input, version < 5) {
                    supplied.preferences = vec![undated()];
                }
            }
            Record::Stored(piece) => stored_then(piece, version),
            Record::Control(ControlRecord {
                control: Control::Erased(erased),
                ..
            }) if version < 5 => erased.why = "".into(),
            Record::Control(_) | Record::Gone(_) => {}
        }
    }
    samples
}

pub(crate) fn encoded(record: &Record) -> Vec<u8> {
    let mut bytes = Vec::new();
    record.encode(&mut bytes).expect("the record fits");
    bytes
}

/// As versions before 6 wrote it: tasks without a plan.
fn unplan(piece: &mut StoredTenant) {
    let open = piece.open.iter().map(|open| {
        let mut open = open.clone();
        if let Phase::Task { asked, .. } = &mut open.phase {
            asked.plan = None;
        }
        Box::new(open)
    });
    piece.open = open.collect();
}
