//! Owns the parts of pauses and of what operators see of the engine as a whole.

use serde_json::{Value, json};

use super::super::parts::reference;
use super::super::shapes::{
    count, instant, list, notification_id, object, strict, text, truth, word,
};

pub(super) fn all() -> [(&'static str, Value); 14] {
    [
        ("Scope", scope("What a pause covers.", "ScopeParts")),
        (
            "OperatorScope",
            scope("What a pause of an operator covers.", "OperatorScopeParts"),
        ),
        ("Everything", everything()),
        ("ScopeParts", some(parts())),
        ("OperatorScopeParts", some(wider())),
        ("Pause", pause()),
        ("PausedBy", paused_by()),
        ("Pauses", pauses()),
        ("Paused", paused()),
        ("Counted", counted()),
        ("Overview", overview()),
        ("CorporationOverview", corporation_overview()),
        ("OperatorList", operator_list()),
        ("OperatorRow", operator_row()),
    ]
}

/// What a scope of a corporation may name.
fn parts() -> Value {
    json!({ "flow": word(64), "channel": reference("Channel") })
}

/// What a scope of an operator may name.
fn wider() -> Value {
    let mut wider = parts();
    wider["corporation"] = text("Name in the configuration.");
    wider
}

fn everything() -> Value {
    strict(
        "All of it.",
        &["all"],
        json!({ "all": { "type": "boolean", "const": true } }),
    )
}

fn pause() -> Value {
    object(
        "One pause.",
        &["by", "since", "complete"],
        json!({
            "corporation": text("Whose sends; absent: those of all, by an operator."), "flow": text("Only this flow."),
            "channel": reference("Channel"), "since": instant("Since when."),
            "by": reference("PausedBy"),
            "complete": truth("Whether every part of the engine has it; repeat the call if not.")
        }),
    )
}

fn paused_by() -> Value {
    json!({
        "type": "string", "enum": ["corporation", "operator"],
        "description": "Who began a pause. Only an operator ends what an operator began."
    })
}

fn pauses() -> Value {
    object(
        "What is paused.",
        &["pauses"],
        json!({ "pauses": list(reference("Pause")) }),
    )
}

fn paused() -> Value {
    object(
        "What holds now.",
        &["paused", "pauses"],
        json!({
            "paused": truth("Whether a pause stands that covers something of this scope."), "corporation": text("Whose sends; absent: those of all."),
            "flow": text("Only this flow."), "channel": reference("Channel"), "pauses": list(reference("Pause"))
        }),
    )
}

fn counted() -> Value {
    object(
        "How many.",
        &["count", "oldest", "oldest_seconds"],
        json!({
            "count": count("How many."), "oldest": instant("Since when the one that has been there longest is there."),
            "oldest_seconds": count("The same, in seconds.")
        }),
    )
}

fn by_name(about: &str, of: Value) -> Value {
    json!({ "type": "object", "description": about, "additionalProperties": of })
}

fn overview() -> Value {
    object(
        "The engine as a whole.",
        &["at", "open", "pauses", "corporations", "under_way"],
        json!({
            "at": instant("The instant to which ages count."), "intake_closed": text("Stable code of why; absent: intake is open."),
            "open": count("Open notifications."), "pauses": list(reference("Pause")),
            "corporations": list(reference("CorporationOverview")),
            "under_way": by_name("Attempts under way, by provider.", count("How many."))
        }),
    )
}

fn corporation_overview() -> Value {
    let counted = || reference("Counted");
    object(
        "One corporation.",
        &["corporation", "open", "states", "tasks", "held"],
        json!({
            "corporation": text("Name in the configuration."), "open": count("Open notifications."), "states": by_name("By state.", counted()),
            "tasks": by_name("Tasks, by list.", counted()), "held": by_name("What is held, by guard.", counted())
        }),
    )
}

fn operator_list() -> Value {
    object(
        "A page.",
        &["notifications"],
        json!({
            "notifications": list(reference("OperatorRow")), "next": notification_id()
        }),
    )
}

fn operator_row() -> Value {
    object(
        "An open notification.",
        &["id", "corporation", "flow", "state", "accepted_at"],
        json!({
            "id": notification_id(), "corporation": text("Name in the configuration."), "flow": text("Its flow."),
            "state": reference("State"), "accepted_at": instant("When."), "list": text("For a task: its list."),
            "next_at": instant("When it is decided again at the latest.")
        }),
    )
}

/// Either everything, said, or at least one part.
fn scope(about: &str, parts: &str) -> Value {
    json!({ "description": about, "oneOf": [reference("Everything"), reference(parts)] })
}

/// At least one of the parts.
fn some(parts: Value) -> Value {
    let mut some = strict("At least one of these.", &[], parts);
    some["minProperties"] = 1.into();
    some
}
