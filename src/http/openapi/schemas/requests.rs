//! Owns the parts of what senders and people post.

use serde_json::{Value, json};

use super::super::parts::reference;
use super::super::shapes::{
    cents, instant, notification_id, or_null, plain, storno_data, strict, word,
};

/// A language, or nothing; lists write it out.
const LANGUAGE: &str = "^(|[A-Za-z]{2}([-_][ -~]*)?|[Nn]ederlands|[Dd]utch|[Ee]ngels|[Ee]nglish)$";

pub(super) fn all() -> [(&'static str, Value); 14] {
    [
        ("Data", data()),
        ("Notification", notification()),
        ("CancelNote", cancel_note()),
        ("Cancellation", cancellation()),
        ("Fact", fact()),
        ("Profile", profile()),
        ("GivenPoint", given_point()),
        ("Address", address()),
        ("PointState", point_state()),
        ("Preference", preference()),
        ("DismissFact", dismiss_fact()),
        ("EraseTenant", erase_tenant()),
        ("TaskAnswer", task_answer()),
        ("TaskFields", task_fields()),
    ]
}

fn data() -> Value {
    json!({ "type": "object", "additionalProperties": true, "description": "What the flow declares under `[input]`; at most 64 KiB.", "example": storno_data() })
}

fn notification() -> Value {
    let required = ["flow", "category", "environment", "idempotency_key"];
    let mut notification = strict(
        "One thing to tell one tenant (`tenant_id`) or those of a household (`household_id`). `null` is as if it were left out.",
        &required,
        json!({
            "tenant_id": or_null(plain(1, 64, "The corporation's own number for the tenant.")),
            "household_id": or_null(plain(1, 63, "The corporation's own number for the household or the contract.")),
            "flow": word(64), "category": word(64),
            "subject": or_null(reference("Subject")),
            "data": or_null(reference("Data")),
            "priority": or_null(reference("Priority")),
            "send_after": or_null(instant("Not before. 0001-01-01 and 1970-01-01T00:00:00Z are as if it were left out.")),
            "expires_at": or_null(instant("Not any more from then on. The year 9999 is as if it were left out.")),
            "environment": reference("Environment"),
            "idempotency_key": plain(1, 128, "Remembered for the window in the configuration.")
        }),
    );
    notification["allOf"] = json!([one_or_household()]);
    notification
}

/// Who gets it stands there once.
fn one_or_household() -> Value {
    json!({
        "if": is("tenant_id", json!({ "type": "string" })),
        "then": { "properties": { "household_id": { "type": "null" } } },
        "else": is("household_id", json!({ "type": "string" }))
    })
}

fn cancel_note() -> Value {
    strict("Why.", &[], json!({ "note": or_null(note()) }))
}

fn cancellation() -> Value {
    strict(
        "Everything about this.",
        &["subject"],
        json!({ "subject": reference("Subject"), "note": or_null(note()) }),
    )
}

fn profile() -> Value {
    strict(
        "How a tenant is addressed and reached. `null` is as if it were left out.",
        &[],
        json!({
            "name": or_null(plain(0, 200, "As it follows `Beste`.")),
            "language": or_null(json!({
                "type": "string", "maxLength": 16, "pattern": LANGUAGE, "example": "nl",
                "description": "ISO 639-1, perhaps a region, which is not used; Dutch when left out."
            })),
            "contact_points": or_null(json!({ "type": "array", "maxItems": 32, "items": reference("GivenPoint"), "description": "The best of a kind first; at most 16 of a kind." })),
            "addresses": or_null(json!({ "type": "array", "maxItems": 32, "items": reference("Address"), "deprecated": true, "description": "The older form of `contact_points`, instead of it." })),
            "preferences": or_null(json!({ "type": "array", "maxItems": 32, "items": reference("Preference") }))
        }),
    )
}

fn given_point() -> Value {
    strict(
        "Where a tenant is reached: every channel that uses the kind may use it.",
        &["kind", "value"],
        json!({
            "kind": {
                "type": "string", "enum": ["email", "phone", "postal", "portal", "messenger", "push", "EMA", "MOB", "TEL", "POS"],
                "description": "What it is, by its name or by VERA's CONTACTGEGEVENSOORT."
            },
            "value": plain(1, 4096, "As its kind writes it: an address, a number with its country code or a Dutch one, a token. All but a token have at most 254 bytes."),
            "channel": {
                "anyOf": [reference("Channel"), { "type": "null" }],
                "description": "For which channel it is meant first: it goes before others there. Other channels that use the kind may use it too."
            },
            "state": or_null(reference("PointState")),
            "confirmed_at": or_null(confirmed_at()),
            "source": or_null(json!({
                "type": "string", "enum": ["system", "list", "person"],
                "description": "Who says so: a system of the corporation, a list, a person. Left out: `list` in a list, else `system`."
            }))
        }),
    )
}

fn address() -> Value {
    strict(
        "A contact point, in its older form: its kind is that of the channel.",
        &["channel", "value"],
        json!({
            "channel": reference("Channel"), "value": plain(1, 254, "As its channel writes it."),
            "state": or_null(reference("PointState")),
            "confirmed_at": or_null(confirmed_at())
        }),
    )
}

fn confirmed_at() -> Value {
    json!({
        "type": "string", "example": "2026-11-27",
        "description": "When its source last made sure of it: RFC 3339, or a date in the Netherlands, which means its first \
            minute. A contact point that bounced is used again when this is later than the bounce."
    })
}

fn point_state() -> Value {
    json!({
        "type": "string", "enum": ["created", "validated", "invalid", "AAN", "GEV", "ONG"],
        "description": "Supplied, proven, or not to be used, also as VERA's CONTACTGEGEVENSTATUS; created when left out. \
            `created` takes back nothing that was said before."
    })
}

fn preference() -> Value {
    strict(
        "By which channel a tenant wants a category.",
        &["category", "channel"],
        json!({
            "category": { "type": "string", "pattern": "^([a-z0-9_-]+|\\*)$", "maxLength": 64, "description": "A category, or `*` for all.", "example": "*" },
            "channel": reference("Channel"),
            "since": or_null(json!({ "type": "string", "maxLength": 40, "example": "2026-11-20", "description": "Since when: a date, or an RFC 3339 instant. When left out, since it was first supplied." })),
            "source": { "type": ["string", "null"], "enum": ["system", "list", "person"], "description": "Who said so. Left out: `list` in a list, else `system`." }
        }),
    )
}

fn dismiss_fact() -> Value {
    strict(
        "Who looked at it.",
        &["by"],
        json!({ "by": plain(1, 200, "Who, as you name them.") }),
    )
}

fn erase_tenant() -> Value {
    strict(
        "Who asks for it, and why. Both stay readable in the journal: nothing about the tenant.",
        &["by", "why"],
        json!({ "by": plain(1, 200, "Who, as you name them."), "why": plain(1, 200, "Why, for the record.") }),
    )
}

fn task_answer() -> Value {
    strict(
        "What people decided.",
        &["answer", "by"],
        json!({
            "answer": plain(1, 200, "One of the task's answers."), "by": plain(1, 200, "Who, for the record."),
            "fields": or_null(reference("TaskFields")),
            "after": or_null(notification_id())
        }),
    )
}

fn task_fields() -> Value {
    json!({ "type": "object", "additionalProperties": true, "description": "What the answer asks for: see `asks_for` of the task.", "example": {} })
}

/// Who did it and why.
fn note() -> Value {
    plain(0, 200, "Who and why, for the record.")
}

/// The conditions say what the words cannot: generators of clients pass them over, validators do
/// not.
fn fact() -> Value {
    let mut fact = strict(
        "A business event, about one tenant (`tenant_id`) or several (`tenant_ids`), with the fields of its type. Cents are whole. `null` is as \
         if it were left out.",
        &["fact_id", "type", "occurred_at", "environment"],
        fact_fields(),
    );
    // The fields of the other types: which there are is declared in files. Their values are texts, whole
    // numbers and truths. That is not said here: makers of clients take it for all fields, and the
    // subject is an object.
    fact["additionalProperties"] = true.into();
    fact["allOf"] = json!([
        one_or_several(),
        money_has_an_amount(),
        money_has_a_subject()
    ]);
    fact
}

fn fact_fields() -> Value {
    let whom = || plain(1, 64, "Whom it is about.");
    json!({
        "fact_id": plain(1, 128, "Unique at its source: the same id again is the same fact."),
        "type": reference("FactType"),
        "tenant_id": or_null(whom()),
        "tenant_ids": or_null(json!({ "type": "array", "items": whom(), "minItems": 1, "maxItems": 1_000 })),
        "subject": or_null(reference("Subject")),
        "amount_cents": or_null(cents("What came in, or what is open.")),
        "occurred_at": instant("When it happened at its source."),
        "environment": reference("Environment")
    })
}

/// That a field is there, and is so.
fn is(field: &str, schema: Value) -> Value {
    json!({ "required": [field], "properties": { field: schema } })
}

fn one_or_several() -> Value {
    json!({
        "if": is("tenant_id", json!({ "type": "string" })),
        "then": { "properties": { "tenant_ids": { "type": "null" } } },
        "else": is("tenant_ids", json!({ "type": "array" }))
    })
}

fn money_has_an_amount() -> Value {
    json!({
        "if": is("type", json!({ "enum": ["payment", "open_amount", "balance"] })),
        "then": is("amount_cents", json!({ "type": "integer" }))
    })
}

fn money_has_a_subject() -> Value {
    json!({
        "if": is("type", json!({ "enum": ["payment", "open_amount"] })),
        "then": is("subject", json!({ "type": "object" }))
    })
}
