//! Owns what is told of attempts: started, what became of them, receipts about them.

use serde_json::{Value, json};
use sluis_model::{Event, Flow, Input, ReceiptKind, Refusal, Timestamp, Why};

use super::super::causes;
use super::super::reason::{ReasonRow, reason};
use super::super::words::{guard, json as observed_json, mask, rfc3339};
use super::course::choice_code;
use super::told::Told;

/// An event of an attempt.
pub(super) fn tell_attempt(event: &Event, input: &Input, flow: Option<&Flow>) -> Told {
    match event {
        Event::AttemptStarted { .. } => started(event, flow),
        Event::AttemptWithdrawn { attempt, why, .. } => withdrawn(*attempt, why),
        Event::AttemptAccepted {
            attempt,
            provider_id,
            ..
        } => accepted(*attempt, provider_id),
        Event::AttemptDelivered { attempt, .. } => delivered(*attempt, input),
        Event::AttemptDeferred { attempt, why, .. } => deferred(*attempt, why),
        Event::AttemptFailed {
            attempt,
            class,
            why,
            exhausted,
            ..
        } => failed(*attempt, *class, why, *exhausted),
        Event::AttemptInDoubt {
            attempt,
            provider,
            why,
            until,
            ..
        } => in_doubt(*attempt, provider, why, *until),
        Event::Unexplained { attempt, why, .. } => unexplained(*attempt, why),
        Event::ReceiptNoted { attempt, kind, .. } => receipt_noted(*attempt, *kind),
        Event::OutcomeNoted { attempt, why, .. } => outcome_noted(*attempt, why),
        // No attempt: told elsewhere.
        Event::Accepted { .. }
        | Event::Waiting { .. }
        | Event::StepEntered { .. }
        | Event::Ready { .. }
        | Event::Held { .. }
        | Event::TaskOpened { .. }
        | Event::LinkClosed { .. }
        | Event::LinkUsed { .. }
        | Event::Ended { .. }
        | Event::ProfileStored { .. }
        | Event::PointMarked { .. }
        | Event::PointKept { .. }
        | Event::FactTaken
        | Event::SubjectOpen { .. }
        | Event::Steered { .. }
        | Event::Capped { .. }
        | Event::Contacted { .. }
        | Event::GroupFormed { .. }
        | Event::GroupTold { .. }
        | Event::PartEnded { .. }
        | Event::GroupStopping { .. }
        | Event::PartTells { .. }
        | Event::PartBarred { .. }
        | Event::HouseholdStored { .. }
        | Event::HouseholdNoted { .. }
        | Event::AnswerKept { .. }
        | Event::TaskPlanned { .. }
        | Event::TaskReminded { .. }
        | Event::HeldBack { .. }
        | Event::Varied { .. }
        | Event::Migrated { .. }
        | Event::Closing { .. }
        | Event::FactSet { .. }
        | Event::Follows { .. } => elsewhere(),
    }
}

fn withdrawn(attempt: u16, why: &Why) -> Told {
    let what = "was withdrawn: nothing left us";
    attempt_row(
        "attempt_withdrawn",
        "Poging ingetrokken",
        attempt,
        what,
        why,
    )
}

fn accepted(attempt: u16, provider_id: &str) -> Told {
    let text = format!("the provider took attempt {attempt}");
    let details = json!({ "attempt": attempt, "provider_id": provider_id });
    Told::new("attempt_accepted", "Aangenomen", text, details)
}

fn delivered(attempt: u16, input: &Input) -> Told {
    let text = format!("attempt {attempt} was delivered{}", said_by(input));
    let details = json!({ "attempt": attempt });
    Told::new("attempt_delivered", "Bezorgd", text, details)
}

fn deferred(attempt: u16, why: &Why) -> Told {
    let what = "was put off by the provider and is tried again";
    attempt_row("attempt_deferred", "Uitgesteld", attempt, what, why)
}

fn failed(attempt: u16, class: Refusal, why: &Why, exhausted: bool) -> Told {
    let after = if exhausted { " after all retries" } else { "" };
    let what = format!("failed{after}: {}", causes::refusal(class));
    let mut told = attempt_row("attempt_failed", "Mislukt", attempt, &what, why);
    told.details["class"] = json!(class);
    told.details["exhausted"] = json!(exhausted);
    told
}

fn in_doubt(attempt: u16, provider: &str, why: &Why, until: Timestamp) -> Told {
    let what = format!("left through {provider}, and it is not known whether it was taken");
    let mut told = attempt_row("attempt_in_doubt", "Onzeker", attempt, &what, why);
    told.details["until"] = json!(rfc3339(until));
    told
}

fn unexplained(attempt: u16, why: &Why) -> Told {
    let what = "is what a message is about that cannot be read automatically: people must look";
    attempt_row("unexplained", "Onleesbaar bericht", attempt, what, why)
}

fn receipt_noted(attempt: u16, kind: ReceiptKind) -> Told {
    let name = kind.name();
    let text = format!("noted '{name}' for attempt {attempt}: it moves no flow");
    let details = json!({ "attempt": attempt, "receipt": name });
    Told::new("receipt_noted", "Genoteerd", text, details)
}

fn outcome_noted(attempt: u16, why: &Why) -> Told {
    let what = "had an outcome that matters no more";
    attempt_row("outcome_noted", "Genoteerd", attempt, what, why)
}

/// Of an attempt that started: where to, through whom, and what the guards saw.
fn started(event: &Event, flow: Option<&Flow>) -> Told {
    let Event::AttemptStarted {
        attempt,
        channel,
        provider,
        address,
        choice,
        passed,
        resend,
        ..
    } = event
    else {
        return elsewhere();
    };
    let again = if *resend {
        "sent again, its outcome being unknown"
    } else {
        "started"
    };
    let address = mask(address);
    let text = format!("attempt {attempt} over {channel} to {address} through {provider} {again}");
    let held: Vec<String> = (0..)
        .zip(passed)
        .map(|(index, observed)| guard(flow, index, "held", observed))
        .collect();
    let values: Vec<Value> = passed
        .iter()
        .map(|observed| observed_json(&observed.first.left))
        .collect();
    let details = json!({
        "attempt": attempt, "channel": channel, "provider": provider, "address": address,
        "choice": choice_code(*choice), "resend": resend, "guards": held, "observed": values,
    });
    Told::new("attempt_started", "Poging gestart", text, details)
}

/// What another function tells.
fn elsewhere() -> Told {
    Told::new("other", "Overig", "", Value::Null)
}

/// Who said it, when a person did.
fn said_by(input: &Input) -> String {
    match input {
        Input::Answer { by, .. } => format!(", as {} read", causes::person(by)),
        Input::TaskAnswered(given) => format!(", as {} read", causes::person(&given.by)),
        _ => String::new(),
    }
}

fn attempt_row(
    kind: &'static str,
    label_nl: &'static str,
    attempt: u16,
    what: &str,
    why: &Why,
) -> Told {
    let text = format!("attempt {attempt} {what} ({})", reason(why));
    Told::new(
        kind,
        label_nl,
        text,
        json!({ "attempt": attempt, "why": ReasonRow::of(why) }),
    )
}
