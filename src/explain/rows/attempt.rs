//! Owns what is told of attempts: started, what became of them, receipts about them.

use serde_json::{Value, json};
use sluis_model::flow::Seen;
use sluis_model::{Channel, Choice, Flow, Input, ReceiptKind, Refusal, Timestamp, Why};

use super::super::causes;
use super::super::language::Language;
use super::super::reason::{ReasonRow, reason};
use super::super::words::{guard, json as observed_json, mask, rfc3339};
use super::course::choice_code;
use super::told::Told;

/// An attempt that started.
pub(super) struct Start<'a> {
    /// Its number.
    pub attempt: u16,
    /// Over which channel.
    pub channel: Channel,
    /// Through whom.
    pub provider: &'a str,
    /// Where it goes to.
    pub address: &'a str,
    /// Why that channel.
    pub choice: Choice,
    /// What each guard saw.
    pub passed: &'a [Seen],
    /// The same as before, once more.
    pub resend: bool,
}

/// Nothing left.
pub(super) fn withdrawn(attempt: u16, why: &Why, lang: Language) -> Told {
    let labels = ("attempt_withdrawn", "Poging ingetrokken");
    attempt_row(labels, attempt, &lang.was_withdrawn(), why, lang)
}

/// The provider has it.
pub(super) fn accepted(attempt: u16, provider_id: &str, lang: Language) -> Told {
    let details = json!({ "attempt": attempt, "provider_id": provider_id });
    let text = lang.provider_took(attempt);
    Told::new("attempt_accepted", "Aangenomen", text, details)
}

/// It arrived.
pub(super) fn delivered(attempt: u16, input: &Input, lang: Language) -> Told {
    let text = lang.was_delivered(attempt, said_by(input, lang));
    let details = json!({ "attempt": attempt });
    Told::new("attempt_delivered", "Bezorgd", text, details)
}

/// It is tried again.
pub(super) fn deferred(attempt: u16, why: &Why, lang: Language) -> Told {
    let labels = ("attempt_deferred", "Uitgesteld");
    attempt_row(labels, attempt, &lang.was_put_off(), why, lang)
}

/// It did not arrive.
pub(super) fn failed(
    attempt: u16,
    (class, exhausted): (Refusal, bool),
    why: &Why,
    lang: Language,
) -> Told {
    let refused = causes::refusal(class, lang);
    let what = match exhausted {
        true => lang.failed_at_last(refused),
        false => lang.failed_for(refused),
    };
    let mut told = attempt_row(("attempt_failed", "Mislukt"), attempt, &what, why, lang);
    told.details["class"] = json!(class);
    told.details["exhausted"] = json!(exhausted);
    told
}

/// Nobody knows whether it was taken.
pub(super) fn in_doubt(
    attempt: u16,
    (provider, until): (&str, Timestamp),
    why: &Why,
    lang: Language,
) -> Told {
    let what = lang.left_in_doubt(provider);
    let mut told = attempt_row(("attempt_in_doubt", "Onzeker"), attempt, &what, why, lang);
    told.details["until"] = json!(rfc3339(until));
    told
}

/// A message about it cannot be read.
pub(super) fn unexplained(attempt: u16, why: &Why, lang: Language) -> Told {
    let labels = ("unexplained", "Onleesbaar bericht");
    attempt_row(labels, attempt, &lang.is_unreadable(), why, lang)
}

/// A receipt that moves nothing.
pub(super) fn receipt_noted(attempt: u16, kind: ReceiptKind, lang: Language) -> Told {
    let text = lang.noted_receipt(lang.receipt(kind), attempt);
    let details = json!({ "attempt": attempt, "receipt": kind.name() });
    Told::new("receipt_noted", "Genoteerd", text, details)
}

/// An outcome that came too late.
pub(super) fn outcome_noted(attempt: u16, why: &Why, lang: Language) -> Told {
    let labels = ("outcome_noted", "Genoteerd");
    attempt_row(labels, attempt, &lang.outcome_too_late(), why, lang)
}

/// Of an attempt that started: where to, through whom, and what the guards saw.
pub(super) fn started(start: &Start<'_>, flow: Option<&Flow>, lang: Language) -> Told {
    let Start {
        attempt, channel, ..
    } = *start;
    let again = match start.resend {
        true => lang.sent_again(),
        false => lang.started(),
    };
    let (address, provider) = (mask(start.address), start.provider);
    let text = lang.attempt_started(attempt, lang.channel(channel), &address, provider, again);
    let held: Vec<String> = (0..)
        .zip(start.passed)
        .map(|(index, observed)| guard(flow, index, &lang.held(), observed, lang))
        .collect();
    let values: Vec<Value> = start
        .passed
        .iter()
        .map(|observed| observed_json(&observed.first.left))
        .collect();
    let details = json!({
        "attempt": attempt, "channel": channel, "provider": provider, "address": address,
        "choice": choice_code(start.choice), "resend": start.resend, "guards": held, "observed": values,
    });
    Told::new("attempt_started", "Poging gestart", text, details)
}

/// Who said it, when a person did.
fn said_by(input: &Input, lang: Language) -> String {
    let by = match input {
        Input::Answer { by, .. } => by,
        Input::TaskAnswered(given) => &given.by,
        _ => return String::new(),
    };
    lang.somebody_read(causes::person(by, lang))
}

fn attempt_row(
    (kind, label_nl): (&'static str, &'static str),
    attempt: u16,
    what: &str,
    why: &Why,
    lang: Language,
) -> Told {
    let details = json!({ "attempt": attempt, "why": ReasonRow::of(why) });
    let text = lang.attempt_was(attempt, what, reason(why));
    Told::new(kind, label_nl, text, details)
}
