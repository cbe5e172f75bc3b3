//! Owns the parts of the daily counters.

use serde_json::{Value, json};
use sluis_model::Event;

use super::super::parts::reference;
use super::super::shapes::{count, list, object, text, truth};

pub(super) fn all() -> [(&'static str, Value); 3] {
    [
        ("Counters", counters()),
        ("Counter", counter()),
        ("CountedEvent", event()),
    ]
}

fn event() -> Value {
    json!({
        "type": "string", "enum": Event::NAMES,
        "description": "What can be asked for by name. More may come."
    })
}

fn day(description: &str) -> Value {
    json!({ "type": "string", "format": "date", "description": description })
}

fn counters() -> Value {
    let parts = json!({
        "from": day("The first day."), "to": day("The last day."),
        "complete": truth("Whether everything that was durable when the call came is counted."),
        "counters": list(reference("Counter"))
    });
    object(
        "Counts in order of days.",
        &["from", "to", "complete", "counters"],
        parts,
    )
}

fn counter() -> Value {
    let required = [
        "day", "flow", "version", "step", "channel", "provider", "event", "end", "reason", "count",
    ];
    let parts = json!({
        "day": day("In Dutch time."),
        "corporation": text("Its name in the configuration; only for operators."),
        "flow": text("Empty: the beginning of the notification was no longer kept."),
        "version": count("Of the flow; 0: not known."), "step": text("The flow's step."),
        "channel": text("Channel of the attempt."), "provider": text("By its name in the configuration."),
        "event": text("What was decided."), "end": text("Name of the end, or the list of a task."),
        "reason": text("A word for the cause, with the provider's code where there is one."),
        "count": count("How often.")
    });
    object(
        "How often something was decided on one day.",
        &required,
        parts,
    )
}
