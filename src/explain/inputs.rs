//! Owns the rows for what came in from outside: receipts, cancellations, answers of people,
//! interruptions. Refuses a row for an input whose events say the same (a fact, a permit, an
//! outcome).

use serde_json::json;
use sluis_model::flow::Value;
use sluis_model::{AttemptRef, CancelTarget, Input, NotificationId, Receipt, TenantAnswered};

use super::causes::remark;
use super::language::Language;
use super::reason::reason;
use super::rows::Told;
use super::words::{rfc3339, scrub};

/// The row of an input, if it has one, and the notification it names.
pub(super) fn tell(input: &Input, lang: Language) -> Option<(Option<NotificationId>, Told)> {
    Some(match input {
        Input::Receipt(receipt) => (Some(receipt.attempt.id), tell_receipt(receipt, lang)),
        Input::LateReceipt(late) => (
            Some(late.receipt.attempt.id),
            tell_receipt(&late.receipt, lang),
        ),
        Input::Interrupted { attempt } => (Some(attempt.id), tell_interrupted(*attempt, lang)),
        Input::Cancel { target, note } => tell_cancel(target, note, lang),
        Input::Answer {
            id,
            task,
            answer,
            by,
        } => (Some(*id), tell_answer(*task, (answer, &[]), by, lang)),
        Input::TaskAnswered(given) => {
            let said = (&*given.answer, &*given.says);
            (
                Some(given.id),
                tell_answer(given.task, said, &given.by, lang),
            )
        }
        Input::TenantAnswered(given) => (Some(given.id), tell_tenants_answer(given, lang)),
        Input::Notify(_)
        | Input::PutProfile(_)
        | Input::Fact(_)
        | Input::Declared(_)
        | Input::Timer { .. }
        | Input::Permit(_)
        | Input::Outcome { .. }
        | Input::NoWay(_)
        | Input::Sent { .. }
        | Input::Link { .. }
        | Input::PutHousehold(_)
        | Input::InHousehold { .. }
        | Input::PartNews(_)
        | Input::GroupTold { .. }
        | Input::StopPart(_)
        | Input::Migrate(_) => return None,
    })
}

fn tell_interrupted(attempt: AttemptRef, lang: Language) -> Told {
    let number = attempt.attempt;
    let text = lang.was_interrupted(number);
    let details = json!({ "attempt": number });
    Told::new("interrupted", "Onderbroken", text, details)
}

fn tell_answer(
    task: u16,
    (answer, says): (&str, &[(Box<str>, Value)]),
    by: &str,
    lang: Language,
) -> Told {
    let (answer, by) = (scrub(answer), scrub(by));
    let text = lang.task_answered(task, &answer, &by, with(says));
    let mut details = json!({ "task": task, "answer": answer, "by": by });
    add_fields(&mut details, says);
    Told::new("task_answered", "Taak beantwoord", text, details)
}

fn tell_tenants_answer(given: &TenantAnswered, lang: Language) -> Told {
    let (answer, by) = (scrub(&given.answer), scrub(&given.by));
    let says = &*given.says;
    let mut details = json!({ "answer": answer });
    let text = if by.is_empty() {
        lang.page_answered(&answer, with(says))
    } else {
        details["by"] = by.clone().into();
        lang.answer_was_told(by, &answer, with(says))
    };
    if let Some(shown) = given.shown {
        // What he was shown is in the archive, with the definition: the hash says which it was.
        details["shown_sha256"] = data_encoding::HEXLOWER.encode(&shown).into();
    }
    add_fields(&mut details, says);
    Told::new("tenant_answered", "Huurder antwoordde", text, details)
}

/// What the fields say, behind a sentence.
fn with(says: &[(Box<str>, Value)]) -> String {
    let said: Vec<String> = says
        .iter()
        .map(|(name, value)| format!("{name} = {}", scrub(&value.to_string())))
        .collect();
    let with = if said.is_empty() { "" } else { ": " };
    format!("{with}{}", said.join(", "))
}

fn add_fields(details: &mut serde_json::Value, says: &[(Box<str>, Value)]) {
    if !says.is_empty() {
        let fields = says.iter();
        let fields: serde_json::Map<String, serde_json::Value> = fields
            .map(|(name, value)| (name.to_string(), said_json(value)))
            .collect();
        details["fields"] = fields.into();
    }
}

/// What a field of an answer says, whole: it is for people.
fn said_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Missing => serde_json::Value::Null,
        Value::Text(text) => scrub(text).into(),
        Value::Integer(number) => (*number).into(),
        Value::Boolean(truth) => (*truth).into(),
    }
}

fn tell_receipt(receipt: &Receipt, lang: Language) -> Told {
    let name = receipt.kind.name();
    let why = receipt
        .why
        .as_ref()
        .map(|why| lang.in_brackets(reason(why)));
    let why = why.unwrap_or_default();
    let kind = lang.receipt(receipt.kind);
    let text = lang.reported(&receipt.provider, kind, receipt.attempt.attempt, why);
    let details = json!({
        "attempt": receipt.attempt.attempt,
        "receipt": name,
        "provider": receipt.provider,
        "code": receipt.why.as_ref().map(|why| &why.code),
        "occurred_at": receipt.occurred_at.map(rfc3339),
    });
    Told::new("receipt", "Terugmelding", text, details)
}

fn tell_cancel(
    target: &CancelTarget,
    note: &str,
    lang: Language,
) -> (Option<NotificationId>, Told) {
    let (id, what, subject) = match target {
        CancelTarget::Notification(id) => (Some(*id), lang.this_notification(), None),
        CancelTarget::Subject(subject) => (None, lang.everything_about(subject), Some(subject)),
    };
    let text = lang.cancel_asked(what, remark(note));
    let details = json!({ "subject": subject, "note": scrub(note) });
    let told = Told::new("cancel_asked", "Annulering gevraagd", text, details);
    (id, told)
}
