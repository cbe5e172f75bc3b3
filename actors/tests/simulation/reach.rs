//! Owns what runs must have met, all of them together: every kind of event, the ends, the faults.
//! Refuses to judge what was met.

use std::collections::BTreeSet;

use sluis_model::{Cause, Control, Event, Input, Record, Verdict};

use crate::outside::{BARRED, Fate};
use crate::world::World;

/// What a few dozen seeds must reach together.
pub(crate) const EXPECTED: [&str; 83] = [
    "Accepted",
    "Waiting",
    "StepEntered",
    "Ready",
    "Held",
    "AttemptStarted",
    "AttemptWithdrawn",
    "AttemptAccepted",
    "AttemptDelivered",
    "AttemptDeferred",
    "AttemptFailed",
    "AttemptInDoubt",
    "ReceiptNoted",
    "OutcomeNoted",
    "TaskOpened",
    "LinkClosed",
    "LinkUsed",
    "Ended",
    "ProfileStored",
    "PointMarked",
    "FactTaken",
    "SubjectOpen",
    "Unexplained",
    "cause Bounced",
    "cause Unreachable",
    "cause Unanswered",
    "cause Settled",
    "cause Answered",
    "cause Waited",
    "cause Guard",
    "cause Stop",
    "cause Task",
    "cause Cancelled",
    "cause Expired",
    "cause AlreadyRunning",
    "cause HeldTooLong",
    "cause DoubtTooLong",
    "cause CannotSend",
    "cause SendAfterReached",
    "cause Blocked",
    "cause Unexplained",
    "input Interrupted",
    "input Timer",
    "input Link",
    "input Answer",
    "input Cancel",
    "input LateReceipt",
    "input Sent",
    "verdict accepted",
    "verdict delivered",
    "verdict retry",
    "verdict refused",
    "verdict in_doubt",
    "verdict withdrawn",
    "control Pause",
    "control Resume",
    "control IntentOpened",
    "control IntentDone",
    "fate BreaksOff",
    "fate KeepsSilent",
    "the same attempt again",
    "a crash",
    "the clock set on",
    "the clock set back",
    "a failure of a shard",
    "a repeat that was answered",
    "a refusal for lack of room",
    "a tenant who was full",
    "a tenant at rest",
    "a start from a checkpoint",
    "a reader's turn",
    "an acknowledged fact of several tenants",
    "a stored tenant",
    "control Carried",
    "records that were forgotten",
    "a retry that ran out",
    "input NoWay",
    "other owners of the providers",
    "a provider that was given up",
    "control Erased",
    "a tenant who was erased",
    "an erasure that was cut short",
    "an erased tenant who came back",
];

impl World {
    /// What this run met.
    pub(crate) fn reached(&self) -> BTreeSet<String> {
        let mut reached = BTreeSet::new();
        for record in self.shadow.logs.iter().flat_map(|log| &log.records) {
            match record {
                Record::Tenant(record) => {
                    of_input(&record.input, &mut reached);
                    record
                        .events
                        .iter()
                        .for_each(|event| of_event(event, &mut reached));
                }
                Record::Control(record) => {
                    reached.insert(format!("control {}", of_control(&record.control)));
                }
                Record::Stored(_) => drop(reached.insert("a stored tenant".into())),
                Record::Gone(_) => drop(reached.insert("a record that is gone".into())),
            }
        }
        for arrival in &self.outside.arrivals {
            match arrival.fate {
                Fate::BreaksOff { .. } => drop(reached.insert("fate BreaksOff".into())),
                Fate::KeepsSilent { .. } => drop(reached.insert("fate KeepsSilent".into())),
                _ => {}
            }
        }
        let several = self
            .senders
            .facts
            .iter()
            .any(|told| told.acknowledged && told.tenants.len() > 1);
        let met = [
            ("a crash", self.crashes > 1),
            ("the clock set on", self.jumps[0] > 0),
            ("the clock set back", self.jumps[1] > 0),
            ("a failure of a shard", self.failures > 0),
            ("a repeat that was answered", self.repeats > 0),
            ("a refusal for lack of room", self.refusals > 0),
            ("a tenant who was full", self.full > 0),
            ("a tenant at rest", self.at_rest),
            ("a start from a checkpoint", self.from_checkpoints > 0),
            ("a reader's turn", self.reads > 0),
            ("an acknowledged fact of several tenants", several),
            ("records that were forgotten", self.forgotten),
            ("other owners of the providers", self.changes > 0),
            ("a tenant who was erased", self.keys.erasures > 0),
            ("an erasure that was cut short", self.keys.cut_short > 0),
            ("an erased tenant who came back", self.keys.came_back),
        ];
        reached.extend(
            met.into_iter()
                .filter(|(_, met)| *met)
                .map(|(what, _)| what.to_owned()),
        );
        reached
    }
}

/// The name of a variant, from how it is shown.
fn name(shown: &str) -> &str {
    shown.split([' ', '{', '(']).next().unwrap_or_default()
}

fn of_input(input: &Input, reached: &mut BTreeSet<String>) {
    reached.insert(format!("input {}", name(&format!("{input:?}"))));
    if matches!(input, Input::NoWay(no_way) if *no_way.why.code == *BARRED) {
        reached.insert("a provider that was given up".into());
    }
    if let Some((_, verdict)) = input.as_outcome() {
        reached.insert(format!("verdict {}", Verdict::name(verdict)));
    }
}

fn of_event(event: &Event, reached: &mut BTreeSet<String>) {
    reached.insert(name(&format!("{event:?}")).to_owned());
    match event {
        Event::StepEntered { cause, .. }
        | Event::Ended { cause, .. }
        | Event::TaskOpened { cause, .. } => of_cause(cause, reached),
        Event::AttemptStarted { resend: true, .. } => {
            reached.insert("the same attempt again".into());
        }
        Event::AttemptFailed {
            exhausted: true, ..
        } => drop(reached.insert("a retry that ran out".into())),
        _ => {}
    }
}

fn of_cause(cause: &Cause, reached: &mut BTreeSet<String>) {
    reached.insert(format!("cause {}", name(&format!("{cause:?}"))));
}

const fn of_control(control: &Control) -> &'static str {
    match control {
        Control::Pause(_) => "Pause",
        Control::Resume(_) => "Resume",
        Control::IntentOpened { .. } => "IntentOpened",
        Control::IntentDone { .. } => "IntentDone",
        Control::Unexplained { .. } => "Unexplained",
        Control::StrayDismissed { .. } => "StrayDismissed",
        Control::Carried(_) => "Carried",
        Control::Erased(_) => "Erased",
    }
}

/// What the drawn flows must reach together.
pub(crate) const OF_DRAWN_FLOWS: [&str; 33] = [
    "a message left",
    "held by a guard",
    "held by a case",
    "a guard fails",
    "a stop rule is true",
    "a case is true",
    "no case is true",
    "a case is unknown",
    "a wait ends",
    "it waits",
    "it waits for working days",
    "people answer",
    "a cap leads on",
    "it waits until a day",
    "a fact moves the day",
    "a fact ends a wait",
    "a day is over",
    "a day is unknown",
    "a task is planned",
    "a task is overdue",
    "a task is reminded",
    "a step ends it",
    "people answer as written",
    "what has not begun moves",
    "a wait moves",
    "what wants to be sent moves",
    "what was sent moves",
    "what is held moves",
    "a task moves",
    "a step that is not there",
    "a step of another kind",
    "an order while an attempt is under way",
    "an order that came twice",
];
