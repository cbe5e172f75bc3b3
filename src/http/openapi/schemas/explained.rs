//! Owns why a notification is where it is, and what was tried.

use serde_json::{Value, json};

use super::super::parts::reference;
use super::super::shapes::{count, instant, list, notification_id, object, or_null, text, truth};

pub(super) fn all() -> [(&'static str, Value); 8] {
    [
        ("Explanation", explanation()),
        ("NotUsed", not_used()),
        ("OtherChannel", other_channel()),
        ("FlowName", flow_name()),
        ("Next", next()),
        ("Delay", delay()),
        ("Attempt", attempt()),
        ("GuardSeen", guard_seen()),
    ]
}

fn explanation() -> Value {
    object(
        "Everything there is to say about a notification.",
        &[
            "id",
            "tenant_id",
            "state",
            "attempts",
            "history",
            "short",
            "why",
            "language",
        ],
        json!({
            "id": notification_id(), "tenant_id": text("Whose."),
            "flow": or_null(reference("FlowName")),
            "category": or_null(text("Its category.")),
            "subject": or_null(reference("Subject")),
            "priority": or_null(reference("Priority")),
            "state": reference("State"),
            "end": text("Name of the end state, once ended."), "reason": text("Stable code of why it ended."),
            "step": or_null(text("The step it stands at, while open.")),
            "attempts": list(reference("Attempt")),
            "next": or_null(reference("Next")),
            "not_used": list(reference("NotUsed")),
            "contacted_about_this": list(reference("Contacted")),
            "follows": notification_id(),
            "round": count("Which round of the flow it is for its subject, where it is not the first."),
            "followed_by": notification_id(),
            "history": list(reference("TimelineRow")),
            "older_not_kept": truth("Whether older decisions about the tenant are not kept any more."),
            "group": reference("OfGroup"),
            "short": text("What became of it, in a sentence or two."),
            "why": text("Why this tenant, this channel, this address, now."),
            "language": text("In which language it is told: `en` or `nl`.")
        }),
    )
}

fn not_used() -> Value {
    object(
        "A contact point of the profile that no message goes to, or none over one channel.",
        &["kind", "address", "since", "by"],
        json!({
            "kind": text("`email`, `phone`, `postal`, `portal`, `messenger` or `push`; more may come."),
            "channel": reference("Channel"), "address": text("Masked."), "since": instant("Since when."),
            "by": text("`bounce`: a message to it came back or was refused. `source`: its source says so. More may come.")
        }),
    )
}

fn flow_name() -> Value {
    object(
        "The flow it runs by.",
        &["name", "version"],
        json!({ "name": text("Its name."), "version": count("Its version.") }),
    )
}

fn next() -> Value {
    object(
        "What comes next, while open.",
        &["what"],
        json!({
            "what": text("In words."), "at": instant("When at the latest; absent while only an outcome, a receipt or a person can move it."),
            "delays": list(reference("Delay"))
        }),
    )
}

fn delay() -> Value {
    object(
        "What keeps a message that is ready from leaving now.",
        &["reason", "text"],
        json!({
            "reason": text("`pause`, `send_window`, `rate_limit`, `breaker` (no provider can be reached) or `barred` (the provider refuses our account); more may come."), "text": text("In words."),
            "until": instant("Until when; absent while only a person or a provider can end it.")
        }),
    )
}

fn attempt() -> Value {
    object(
        "One try.",
        &[
            "number",
            "step",
            "channel",
            "provider",
            "address",
            "started_at",
            "outcome",
        ],
        json!({
            "number": count("From 1."), "step": text("The step it belongs to."), "channel": reference("Channel"), "provider": text("Through whom."),
            "address": text("Where it went, masked."), "started_at": instant("When."), "resends": count("How often it was sent again because its outcome was unknown."),
            "outcome": text("`sending`, `accepted`, `delivered`, `deferred`, `withdrawn`, `failed` or `in_doubt`; more may come."),
            "outcome_at": instant("When that was known."), "why": reference("Reason"),
            "guards": list(reference("GuardSeen")),
            "channel_reason": text("Why that channel."), "other_channels": list(reference("OtherChannel")),
            "expected_cost_cents": text("What it was expected to cost, in cents, perhaps with decimals: `7.5`. Only where the corporation has a rate card."), "step_reason": text("What led to that step.")
        }),
    )
}

fn other_channel() -> Value {
    object(
        "A channel of the step that was not taken. Only where the corporation has a matrix of channels.",
        &["channel", "code", "why"],
        json!({
            "channel": reference("Channel"),
            "code": text("`off`, `no_template`, `cannot_carry`, `failed`, `tried`, `no_provider`, `no_address`, `later`, `legal`, `too_slow` or `too_late`; more may come."),
            "why": text("In words."),
            "expected_cost_cents": text("What it would have been expected to cost, in cents, where it could have been used and a price is known.")
        }),
    )
}

fn guard_seen() -> Value {
    object(
        "What a guard saw.",
        &["name", "when", "observed"],
        json!({
            "name": text("Its name."), "when": text("What must hold."), "observed": text("What was seen."),
            "value": { "description": "The value on the left." }, "as_of": instant("When that was true at its source.")
        }),
    )
}
