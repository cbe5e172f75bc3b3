//! Owns what is told of tenants: how they are reached, what they lived through, what a list or a fact did.

use serde_json::{Value, json};

use super::super::parts::reference;
use super::super::shapes::{
    cents, count, instant, list, notes, notification_id, object, or_null, text, truth,
};

pub(super) fn all() -> [(&'static str, Value); 18] {
    [
        ("Tenant", tenant()),
        ("StoredProfile", stored_profile()),
        ("StoredAddress", stored_address()),
        ("StoredPreference", stored_preference()),
        ("ContactPoint", contact_point()),
        ("OnChannel", on_channel()),
        ("TenantStored", tenant_stored()),
        ("TenantErased", tenant_erased()),
        ("Contacted", contacted()),
        ("Timeline", timeline()),
        ("TimelineRow", timeline_row()),
        ("Removal", removal()),
        ("Details", details()),
        ("LoadReport", load_report()),
        ("ListRow", list_row()),
        ("FactType", fact_type()),
        ("FactTaken", fact_taken()),
        ("FactTenant", fact_tenant()),
    ]
}

fn tenant() -> Value {
    object(
        "A tenant.",
        &["tenant_id", "profile", "open"],
        json!({
            "tenant_id": text("The corporation's number."), "profile": or_null(reference("StoredProfile")),
            "open": count("Open notifications."), "balance_cents": cents("What the tenant owes in all, when it is known."),
            "households": list(text("A household that names the tenant.")),
            "not_used": list(reference("NotUsed")),
            "contact_points": list(reference("ContactPoint")),
            "contacted": list(reference("Contacted"))
        }),
    )
}

fn contacted() -> Value {
    object(
        "A message that went to the tenant lately, as far as it is remembered. The timeline has everything.",
        &["at", "state"],
        json!({
            "at": instant("When it left."), "id": notification_id(), "channel": reference("Channel"),
            "state": text("`under_way`, `left` or `came_back`; more may come."),
            "purpose": text("The purpose of its flow, where a flow of today has it."),
            "category": text("Its category, where something open has it."),
            "subject": reference("Subject")
        }),
    )
}

fn tenant_erased() -> Value {
    object(
        "How far the erasure of a tenant is.",
        &["state"],
        json!({
            "state": text("`erased` or `under_way`."), "erased_at": instant("When the record of it was written."),
            "before": truth("Whether an earlier call did it."), "records": count("Records that can be read no more."),
            "notifications": count("Notifications that they were about.")
        }),
    )
}

fn stored_profile() -> Value {
    object(
        "How a tenant is addressed.",
        &["name", "language", "addresses", "preferences"],
        json!({
            "name": text("As it follows `Beste`."), "language": text("ISO 639-1; empty: Dutch."),
            "addresses": { "type": "array", "items": reference("StoredAddress"), "deprecated": true, "description": "The older form of `contact_points`." },
            "preferences": list(reference("StoredPreference"))
        }),
    )
}

fn stored_preference() -> Value {
    object(
        "By which channel a tenant wants a category.",
        &["category", "channel", "source"],
        json!({
            "category": text("A category, or `*` for all others."), "channel": reference("Channel"),
            "source": text("Who said so: `system`, `list` or `person`."),
            "since": instant("Since when; absent where an older version stored it.")
        }),
    )
}

fn stored_address() -> Value {
    object(
        "A contact point, in its older form.",
        &["channel", "value", "state"],
        json!({
            "channel": reference("Channel"), "value": text("As it is used."),
            "state": text("`created`, `validated` or `invalid`: its state on that channel.")
        }),
    )
}

fn contact_point() -> Value {
    object(
        "A mailbox, a number, an address, an account at which a tenant is reached.",
        &[
            "kind", "value", "state", "status", "source", "since", "channels",
        ],
        json!({
            "kind": text("`email`, `phone`, `postal`, `portal`, `messenger` or `push`; more may come."), "value": text("As it is used."),
            "soort": text("VERA's CONTACTGEGEVENSOORT, where it has a word: `EMA`, `MOB`, `TEL`, `POS`."),
            "state": text("What all that is known of it amounts to: `created`, `validated`, or `invalid` when its source says so or when it is dead on every channel that uses it."),
            "status": text("The same as VERA's CONTACTGEGEVENSTATUS: `AAN`, `GEV`, `ONG`."),
            "source": text("Who supplied what is said of it: `system`, `list`, `person`, or `receipt` when only a message showed it. More may come."),
            "since": instant("Since when that is said: a date of the source where it gave one, else by the engine's clock."),
            "channel": reference("Channel"),
            "channels": list(reference("OnChannel"))
        }),
    )
}

fn on_channel() -> Value {
    object(
        "What is known of a contact point on one channel that uses its kind.",
        &["channel", "used"],
        json!({
            "channel": reference("Channel"), "used": { "type": "boolean", "description": "Whether a message may go to it there." },
            "state": text("What a message showed of it there, or its source took back: `validated` or `invalid`."),
            "since": instant("Since when that is known."),
            "by": text("What that rests on: `source`, `bounce` or `use`. More may come.")
        }),
    )
}

fn tenant_stored() -> Value {
    object(
        "Durable.",
        &["tenant_id", "result"],
        json!({
            "tenant_id": text("Who."), "result": text("`new`, `changed` or `same`."), "notes": list(reference("FieldProblem"))
        }),
    )
}

fn timeline() -> Value {
    object(
        "Newest first.",
        &["tenant_id", "rows"],
        json!({
            "tenant_id": text("Whose."), "rows": list(reference("TimelineRow")), "next": text("Give this as `before`; absent: that was all."),
            "older_not_kept": truth("Whether there was something older, which is not kept any more."),
            "removed": reference("Removal")
        }),
    )
}

fn removal() -> Value {
    object(
        "What was removed from the archive after its period.",
        &["at", "rule"],
        json!({ "at": instant("When."), "rule": text("The setting with the period.") }),
    )
}

fn timeline_row() -> Value {
    object(
        "Something that came in, or was decided.",
        &["at", "kind", "text", "label_nl", "details"],
        json!({
            "at": instant("When."), "kind": text("Stable code; more may come."), "id": notification_id(), "text": text("For people."),
            "label_nl": text("The kind in Dutch."), "details": or_null(reference("Details"))
        }),
    )
}

fn details() -> Value {
    json!({ "type": "object", "additionalProperties": true, "description": "The facts of a row, by its kind." })
}

fn load_report() -> Value {
    object(
        "What became of a list.",
        &[
            "rows",
            "new",
            "changed",
            "same",
            "rejected",
            "warned",
            "rejections",
            "warnings",
        ],
        json!({
            "rows": count("In all."), "new": count("Stored for the first time."), "changed": count("Stored anew."), "same": count("As it was."),
            "rejected": count("Not taken."), "warned": count("Taken, with something left out."),
            "rejections": list(reference("ListRow")), "warnings": list(reference("ListRow")), "notes": list(reference("FieldProblem"))
        }),
    )
}

fn list_row() -> Value {
    object(
        "A row of the list.",
        &["line", "tenant_id", "reasons"],
        json!({
            "line": count("Line it begins on, from 1."), "tenant_id": or_null(text("Whose, when the row says so.")), "reasons": list(reference("FieldProblem"))
        }),
    )
}

fn fact_type() -> Value {
    json!({
        "type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[a-z][a-z0-9_]*$",
        "description": "A declared type. Built in are payment, open_amount, balance, exception, arrangement, appointment, segment and consent; \
                        a corporation can declare more. A payment or an open amount needs `amount_cents` and `subject`, a balance `amount_cents`."
    })
}

fn fact_taken() -> Value {
    object(
        "Durable.",
        &["fact_id", "tenants"],
        json!({ "fact_id": text("Which."), "tenants": list(reference("FactTenant")) }),
    )
}

fn fact_tenant() -> Value {
    object(
        "What it did to one tenant.",
        &["tenant_id", "duplicate", "ended"],
        json!({
            "tenant_id": text("Who."), "duplicate": truth("It was told before."), "ended": list(notification_id()),
            "notes": notes()
        }),
    )
}
