//! Owns the parts that requests and answers are made of, each under a name of its own: whoever
//! generates a client gets one type for each. Refuses a part without a word on what it means, and
//! closed lists in answers that may still grow: a client made today would choke on the word of
//! tomorrow.

use serde_json::{Map, Value, json};
use sluis_model::Channel;

use super::parts::reference;

pub(super) fn all() -> Value {
    let mut all = Map::new();
    for part in [
        words(),
        requests(),
        acceptances(),
        open_notifications(),
        explanations(),
        attempts(),
        about_tenants(),
        about_lists(),
        about_facts(),
        outcomes(),
        unmatched_facts(),
        tasks(),
        receipts(),
        readiness(),
        super::operation::schemas(),
    ] {
        if let Value::Object(part) = part {
            all.extend(part);
        }
    }
    Value::Object(all)
}

/// Remarks beside "taken".
fn notes() -> Value {
    json!({ "type": "array", "items": { "type": "string" }, "description": "What it did not find, for people: it is taken all the same." })
}

pub(super) fn object(description: &str, required: &[&str], properties: Value) -> Value {
    json!({ "type": "object", "description": description, "required": required, "properties": properties })
}

/// Something sent: a key nobody knows is a mistake.
pub(super) fn strict(description: &str, required: &[&str], properties: Value) -> Value {
    let mut schema = object(description, required, properties);
    schema["additionalProperties"] = false.into();
    schema
}

pub(super) fn list(of: Value) -> Value {
    json!({ "type": "array", "items": of })
}

pub(super) fn text(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

pub(super) fn count(description: &str) -> Value {
    json!({ "type": "integer", "minimum": 0, "description": description })
}

pub(super) fn instant(description: &str) -> Value {
    json!({ "type": "string", "format": "date-time", "description": description })
}

fn cents(description: &str) -> Value {
    json!({ "type": "integer", "format": "int64", "description": description })
}

pub(super) fn truth(description: &str) -> Value {
    json!({ "type": "boolean", "description": description })
}

pub(super) fn word(most: u32) -> Value {
    json!({ "type": "string", "pattern": WORD, "minLength": 1, "maxLength": most })
}

/// Lower-case letters, digits, hyphens and underscores.
const WORD: &str = "^[a-z0-9_-]+$";
/// One line: no control character, no separator of lines or paragraphs.
pub(super) const ONE_LINE: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$";

/// A language, or nothing; lists write it out.
const LANGUAGE: &str = "^(|[A-Za-z]{2}([-_][ -~]*)?|[Nn]ederlands|[Dd]utch|[Ee]ngels|[Ee]nglish)$";

fn plain(least: u32, most: u32, description: &str) -> Value {
    json!({ "type": "string", "pattern": ONE_LINE, "minLength": least, "maxLength": most, "description": description })
}

/// What may be `null`, which is as if it were left out.
fn or_null(mut schema: Value) -> Value {
    match schema.get("type") {
        Some(kind) => {
            schema["type"] = json!([kind, "null"]);
            schema
        }
        None => json!({ "anyOf": [schema, { "type": "null" }] }),
    }
}

fn words() -> Value {
    json!({
        "Problem": object("RFC 9457: every answer that is not what was asked for. Programs compare `code`.", &["type", "title", "status", "code", "detail"], json!({
            "type": { "type": "string", "format": "uri", "example": "https://sluis.dev/problems/invalid" },
            "title": text("The status in words."),
            "status": { "type": "integer", "minimum": 400, "maximum": 599, "example": 422 },
            "code": { "type": "string", "description": "Stable; more may come. docs/errors.md lists them.", "example": "invalid" },
            "detail": text("What happened and what to do, for people."),
            "errors": list(reference("FieldProblem")),
            "retry_after": { "type": "integer", "minimum": 1, "description": "Seconds, as in the header `Retry-After`; a row of a batch has no header." },
            "report": reference("LoadReport")
        })),
        "FieldProblem": object("One mistake.", &["path", "code", "expected"], json!({
            "path": { "type": "string", "description": "Where; `body` for the whole.", "example": "data.amount_cents" },
            "code": { "type": "string", "example": "too_long", "description": "Stable; more may come. Now `not_utf8`, `not_json`, \
                `not_a_list`, `missing`, `wrong_type`, `unknown_key`, `twice`, `unknown_word`, `too_long`, `empty`, `bad_characters`, \
                `bad_time`, `ahead`, `out_of_range`, `bad_url`, `bad_address`, `contradiction`, `ignored`, `placeholder`, `cleaned`." },
            "value": text("What stood there, cut; addresses are masked."),
            "expected": text("What was expected."),
            "hint": text("What may help.")
        })),
        "Subject": strict("What a notification is about. One live instance of a flow runs for each.", &["kind", "id"], json!({
            "kind": word(64), "id": plain(1, 128, "Its number at its source.")
        })),
        "Channel": { "type": "string", "enum": Channel::ALL.map(Channel::name), "description": "A way to a tenant." },
        "Environment": { "type": "string", "enum": ["production", "acceptance", "test", "development"], "description": "The world that data comes from." },
        "Priority": { "type": "string", "enum": ["urgent", "normal", "bulk"], "description": "The lane; normal when left out. Bulk never holds up urgent." },
        "State": { "type": "string", "enum": ["scheduled", "ready", "sending", "in_doubt", "sent", "held", "task", "ended"], "description": "Where a notification stands." },
        "Reason": object("A provider's reason.", &["code", "text"], json!({ "code": text("Stable."), "text": text("Without addresses.") }))
    })
}

fn requests() -> Value {
    let required = [
        "tenant_id",
        "flow",
        "category",
        "environment",
        "idempotency_key",
    ];
    let note = || plain(0, 200, "Who and why, for the record.");
    json!({
        "Data": { "type": "object", "additionalProperties": true, "description": "What the flow declares under `[input]`; at most 64 KiB.", "example": super::senders::storno_data() },
        "Notification": strict("One thing to tell one tenant. `null` is as if it were left out.", &required, json!({
            "tenant_id": plain(1, 64, "The corporation's own number for the tenant."), "flow": word(64), "category": word(64),
            "subject": or_null(reference("Subject")),
            "data": or_null(reference("Data")),
            "priority": or_null(reference("Priority")),
            "send_after": or_null(instant("Not before. 0001-01-01 and 1970-01-01T00:00:00Z are as if it were left out.")),
            "expires_at": or_null(instant("Not any more from then on. The year 9999 is as if it were left out.")),
            "environment": reference("Environment"),
            "idempotency_key": plain(1, 128, "Remembered for the window in the configuration.")
        })),
        "CancelNote": strict("Why.", &[], json!({ "note": or_null(note()) })),
        "Cancellation": strict("Everything about this.", &["subject"], json!({ "subject": reference("Subject"), "note": or_null(note()) })),
        "Fact": fact(),
        "Profile": strict("How a tenant is addressed and reached. `null` is as if it were left out.", &[], json!({
            "name": or_null(plain(0, 200, "As it follows `Beste`.")),
            "language": or_null(json!({
                "type": "string", "maxLength": 16, "pattern": LANGUAGE, "example": "nl",
                "description": "ISO 639-1, perhaps a region, which is not used; Dutch when left out."
            })),
            "addresses": or_null(json!({ "type": "array", "maxItems": 16, "items": reference("Address") })),
            "preferences": or_null(json!({ "type": "array", "maxItems": 32, "items": reference("Preference") }))
        })),
        "Address": strict("Where a tenant is reached.", &["channel", "value"], json!({
            "channel": reference("Channel"), "value": plain(1, 254, "As its channel writes it."),
            "state": or_null(reference("AddressState")),
            "confirmed_at": or_null(json!({
                "type": "string", "example": "2026-11-27",
                "description": "When its source last made sure of it: RFC 3339, or a date in the Netherlands, which means its first \
                    minute. An address that bounced is used again when this is later than the bounce."
            }))
        })),
        "AddressState": { "type": "string", "enum": ["created", "validated", "invalid"], "description": "Supplied, proven, or not to be used; created when left out." },
        "Preference": strict("By which channel a tenant wants a category.", &["category", "channel"], json!({
            "category": { "type": "string", "pattern": "^([a-z0-9_-]+|\\*)$", "maxLength": 64, "description": "A category, or `*` for all.", "example": "*" },
            "channel": reference("Channel")
        })),
        "DismissFact": strict("Who looked at it.", &["by"], json!({ "by": plain(1, 200, "Who, as you name them.") })),
        "TaskAnswer": strict("What people decided.", &["answer", "by"], json!({
            "answer": plain(1, 200, "One of the task's answers."), "by": plain(1, 200, "Who, for the record.")
        }))
    })
}

/// The conditions say what the words cannot: generators of clients pass them over, validators do
/// not.
fn fact() -> Value {
    let mut fact = strict(
        "A business event, about one tenant (`tenant_id`) or several (`tenant_ids`). Cents are whole. `null` is as if it were left out.",
        &["fact_id", "type", "occurred_at", "environment"],
        json!({
            "fact_id": plain(1, 128, "Unique at its source: the same id again is the same fact."),
            "type": reference("FactType"),
            "tenant_id": or_null(plain(1, 64, "Whom it is about.")),
            "tenant_ids": or_null(json!({ "type": "array", "items": plain(1, 64, "Whom it is about."), "minItems": 1, "maxItems": 1_000 })),
            "subject": or_null(reference("Subject")),
            "amount_cents": or_null(cents("What came in, or what is open.")),
            "occurred_at": instant("When it happened at its source."),
            "environment": reference("Environment")
        }),
    );
    let is = |field: &str, schema: Value| json!({ "required": [field], "properties": { field: schema } });
    fact["allOf"] = json!([
        {
            "if": is("tenant_id", json!({ "type": "string" })),
            "then": { "properties": { "tenant_ids": { "type": "null" } } },
            "else": is("tenant_ids", json!({ "type": "array" }))
        },
        {
            "if": is("type", json!({ "enum": ["payment", "open_amount", "balance"] })),
            "then": is("amount_cents", json!({ "type": "integer" }))
        },
        {
            "if": is("type", json!({ "enum": ["payment", "open_amount"] })),
            "then": is("subject", json!({ "type": "object" }))
        }
    ]);
    fact
}

/// What a sender is told of what it handed in.
fn acceptances() -> Value {
    let id = super::senders::notification_id;
    json!({
        "Accepted": object("Durable.", &["id", "status", "position"], json!({
            "id": id(), "status": { "type": "string", "const": "accepted" },
            "position": text("Where its record stands in the journal; opaque."),
            "duplicate": truth("It had been accepted before; id and position are those of then."),
            "notes": notes()
        })),
        "BatchRow": { "description": "The verdict of one row.", "oneOf": [reference("BatchAccepted"), reference("BatchRefused")] },
        "BatchAccepted": object("A row that was taken.", &["row", "id", "status", "position"], json!({
            "row": count("Which row, from 1."), "id": id(), "status": { "type": "string", "const": "accepted" },
            "position": text("Where its record stands in the journal; opaque."),
            "duplicate": truth("It had been accepted before; id and position are those of then."),
            "notes": notes()
        })),
        "BatchRefused": object("A row that was not taken.", &["row", "error"], json!({
            "row": count("Which row, from 1."), "error": reference("Problem")
        }))
    })
}

/// What is open, and what was cancelled.
fn open_notifications() -> Value {
    let id = super::senders::notification_id;
    json!({
        "NotificationList": object("A page.", &["notifications"], json!({
            "notifications": list(reference("OpenNotification")), "next": text("Give this as `after`; absent: that was all.")
        })),
        "OpenNotification": object("An open notification.", &["id", "tenant_id", "state", "category", "accepted_at"], json!({
            "id": id(), "tenant_id": text("Whose."), "state": reference("State"), "category": text("Its category."),
            "subject": reference("Subject"), "accepted_at": instant("When it was accepted."), "next_at": instant("When something is next.")
        })),
        "Cancelled": object("What a cancellation did.", &["stopped", "not_open"], json!({
            "stopped": list(reference("Stopped")), "not_open": list(id())
        })),
        "Stopped": object("One that was stopped.", &["id", "was", "already_gone"], json!({
            "id": id(), "was": text("Its state before."), "already_gone": list(reference("Channel"))
        }))
    })
}

/// Why a notification is where it is.
fn explanations() -> Value {
    let id = super::senders::notification_id;
    let explained = ["id", "tenant_id", "state", "attempts", "history", "why"];
    json!({
        "Explanation": object("Everything there is to say about a notification.", &explained, json!({
            "id": id(), "tenant_id": text("Whose."),
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
            "history": list(reference("TimelineRow")),
            "why": text("Why this tenant, this channel, this address, now.")
        })),
        "NotUsed": object("An address of the profile that no message goes to.", &["channel", "address", "since", "by"], json!({
            "channel": reference("Channel"), "address": text("Masked."), "since": instant("Since when, by the engine's clock."),
            "by": text("`bounce`: a message to it came back or was refused. `source`: its source says so. More may come.")
        })),
        "FlowName": object("The flow it runs by.", &["name", "version"], json!({ "name": text("Its name."), "version": count("Its version.") })),
        "Next": object("What comes next, while open.", &["what"], json!({
            "what": text("In words."), "at": instant("When at the latest; absent while only an outcome, a receipt or a person can move it."),
            "delays": list(reference("Delay"))
        })),
        "Delay": object("What keeps a message that is ready from leaving now.", &["reason", "text"], json!({
            "reason": text("`pause`, `send_window`, `rate_limit`, `breaker` (no provider can be reached) or `barred` (the provider refuses our account); more may come."), "text": text("In words."),
            "until": instant("Until when; absent while only a person or a provider can end it.")
        }))
    })
}

/// What was tried.
fn attempts() -> Value {
    json!({
        "Attempt": object("One try.", &["number", "step", "channel", "provider", "address", "started_at", "outcome"], json!({
            "number": count("From 1."), "step": text("The step it belongs to."), "channel": reference("Channel"), "provider": text("Through whom."),
            "address": text("Where it went, masked."), "started_at": instant("When."), "resends": count("How often it was sent again because its outcome was unknown."),
            "outcome": text("`sending`, `accepted`, `delivered`, `deferred`, `withdrawn`, `failed` or `in_doubt`; more may come."),
            "outcome_at": instant("When that was known."), "why": reference("Reason"),
            "guards": list(reference("GuardSeen")),
            "channel_reason": text("Why that channel."), "step_reason": text("What led to that step.")
        })),
        "GuardSeen": object("What a guard saw.", &["name", "when", "observed"], json!({
            "name": text("Its name."), "when": text("What must hold."), "observed": text("What was seen."),
            "value": { "description": "The value on the left." }, "as_of": instant("When that was true at its source.")
        }))
    })
}

/// Tenants and what they lived through.
fn about_tenants() -> Value {
    json!({
        "Tenant": object("A tenant.", &["tenant_id", "profile", "open"], json!({
            "tenant_id": text("The corporation's number."), "profile": or_null(reference("Profile")),
            "open": count("Open notifications."), "balance_cents": cents("What the tenant owes in all, when it is known."),
            "not_used": list(reference("NotUsed")),
            "contact_points": list(reference("ContactPoint"))
        })),
        "ContactPoint": object("A mailbox, a number, an address, an account at which a tenant is reached.", &["kind", "value", "status", "channels"], json!({
            "kind": text("`email`, `phone`, `postal` or `portal`; more may come."), "value": text("As it is used."),
            "soort": text("VERA's CONTACTGEGEVENSOORT, where it has a word: `EMA`, `MOB`, `TEL`, `POS`."),
            "status": text("VERA's CONTACTGEGEVENSTATUS: `AAN` (created), `GEV` (validated), `ONG` (invalid)."),
            "channels": list(reference("OnChannel"))
        })),
        "OnChannel": object("What is known of a contact point on one channel that uses its kind.", &["channel", "used"], json!({
            "channel": reference("Channel"), "used": { "type": "boolean", "description": "Whether a message may go to it there." },
            "since": instant("Since when its state is known there, by the engine's clock."),
            "by": text("What that rests on: `source`, `bounce` or `use`. More may come.")
        })),
        "TenantStored": object("Durable.", &["tenant_id", "result"], json!({
            "tenant_id": text("Who."), "result": text("`new`, `changed` or `same`."), "notes": list(reference("FieldProblem"))
        })),
        "Timeline": object("Newest first.", &["tenant_id", "rows"], json!({
            "tenant_id": text("Whose."), "rows": list(reference("TimelineRow")), "next": text("Give this as `before`; absent: that was all.")
        })),
        "TimelineRow": object("Something that came in, or was decided.", &["at", "kind", "text", "label_nl", "details"], json!({
            "at": instant("When."), "kind": text("Stable code; more may come."), "id": super::senders::notification_id(), "text": text("For people."),
            "label_nl": text("The kind in Dutch."), "details": or_null(reference("Details"))
        })),
        "Details": { "type": "object", "additionalProperties": true, "description": "The facts of a row, by its kind." }
    })
}

/// What became of a list.
fn about_lists() -> Value {
    let counted = [
        "rows",
        "new",
        "changed",
        "same",
        "rejected",
        "warned",
        "rejections",
        "warnings",
    ];
    json!({
        "LoadReport": object("What became of a list.", &counted, json!({
            "rows": count("In all."), "new": count("Stored for the first time."), "changed": count("Stored anew."), "same": count("As it was."),
            "rejected": count("Not taken."), "warned": count("Taken, with something left out."),
            "rejections": list(reference("ListRow")), "warnings": list(reference("ListRow")), "notes": list(reference("FieldProblem"))
        })),
        "ListRow": object("A row of the list.", &["line", "tenant_id", "reasons"], json!({
            "line": count("Line it begins on, from 1."), "tenant_id": or_null(text("Whose, when the row says so.")), "reasons": list(reference("FieldProblem"))
        }))
    })
}

/// What a fact did.
fn about_facts() -> Value {
    json!({
        "FactType": { "type": "string", "enum": ["payment", "open_amount", "balance", "exception", "appointment"], "description": "A payment or an open amount needs `amount_cents` and `subject`, a balance `amount_cents`." },
        "FactTaken": object("Durable.", &["fact_id", "tenants"], json!({ "fact_id": text("Which."), "tenants": list(reference("FactTenant")) })),
        "FactTenant": object("What it did to one tenant.", &["tenant_id", "duplicate", "ended"], json!({
            "tenant_id": text("Who."), "duplicate": truth("It was told before."), "ended": list(super::senders::notification_id()),
            "notes": notes()
        }))
    })
}

/// The feed of what ended.
fn outcomes() -> Value {
    let id = super::senders::notification_id;
    json!({
        "OutcomeLine": { "description": "One line of the feed: an end, or the cursor that closes the answer.", "oneOf": [reference("Outcome"), reference("Cursor")] },
        "Outcome": object("How one ended.", &["position", "at", "id", "tenant_id", "state", "end", "reason"], json!({
            "position": text("Opaque."), "at": instant("When."), "id": id(), "tenant_id": text("Whose."), "subject": reference("Subject"),
            "state": { "type": "string", "const": "ended" }, "end": text("Name of the end state."), "reason": text("Stable code of why."), "why": reference("Reason"),
            "attempt": count("The attempt that ended it."), "channel": reference("Channel")
        })),
        "Cursor": object("The last line.", &["cursor"], json!({ "cursor": text("Give this as `after`.") }))
    })
}

/// Facts that fit nothing.
fn unmatched_facts() -> Value {
    json!({
        "UnmatchedList": object("A page.", &["facts"], json!({
            "facts": list(reference("UnmatchedFact")), "next": text("Give this as `after`; absent: that was all.")
        })),
        "UnmatchedFact": object("A fact that fits nothing that is known.", &["id", "fact_id", "tenant_id", "type", "occurred_at", "since", "unknown"], json!({
            "id": text("Names it to `POST /v1/facts/unmatched/{id}/dismiss`; the same each time."),
            "fact_id": text("As it was told."), "tenant_id": text("About whom."), "type": text("Its type."), "subject": reference("Subject"),
            "amount_cents": { "type": "integer", "description": "Euro cents." }, "occurred_at": instant("When it happened at its source."),
            "since": instant("When it was taken."),
            "unknown": list(json!({ "type": "string", "enum": ["tenant", "subject"] })), "notes": notes()
        }))
    })
}

/// What waits for people.
fn tasks() -> Value {
    let id = super::senders::notification_id;
    json!({
        "TaskList": object("A page.", &["tasks"], json!({
            "unmatched_facts": list(reference("UnmatchedFact")),
            "tasks": list(reference("Task")), "next": text("Give this as `after`; absent: that was all.")
        })),
        "Task": object("A task.", &["id", "list", "notification", "tenant_id", "flow", "since", "why", "answers"], json!({
            "id": text("For the answer."), "list": text("Whose work it is."), "notification": id(), "tenant_id": text("About whom."),
            "flow": text("Its flow."), "subject": reference("Subject"), "since": instant("Since when."), "why": text("Why people are asked."),
            "answers": list(text("Leads somewhere."))
        })),
        "FactDismissed": object("Durable.", &["id"], json!({ "id": text("The fact.") })),
        "TaskAnswered": object("Durable.", &["id", "answer"], json!({ "id": text("The task."), "answer": text("What was answered.") }))
    })
}

/// What providers reported.
fn receipts() -> Value {
    let id = super::senders::notification_id;
    json!({
        "Receipts": object("What each receipt did.", &["receipts"], json!({ "receipts": list(reference("ReceiptTaken")) })),
        "ReceiptTaken": object("What one receipt did.", &["notification", "attempt", "said", "effect"], json!({
            "notification": id(), "attempt": count("Which."),
            "said": text("What was reported, such as `delivered`, `bounced` (no such address), `failed` (it may pass: mailbox full, host out of reach), `blocked` (refused for policy, content or rate), `delayed`, `opened`, `complained`; more may come."),
            "effect": text("`applied`, `noted`, `unknown` (no such attempt) or `unexplained` (kept for people); more may come.")
        }))
    })
}

/// Whether the engine takes something in.
fn readiness() -> Value {
    json!({
        "Ready": object("Readiness.", &["ready"], json!({
            "ready": truth("Whether intake is open."), "durability": text("What an acceptance means."), "reason": text("Stable code of why not."),
            "paused": reference("ReadyPaused"), "providers": list(reference("ProviderOut")), "replayed": count("While it starts: records replayed."), "of": count("Of how many.")
        })),
        "ReadyPaused": object("Whether sends are paused; intake goes on.", &["everything", "pauses"], json!({
            "everything": truth("An operator paused everything."), "pauses": count("Pauses that stand: those of everybody and the caller's own; to operators all.")
        })),
        "ProviderOut": object("A provider that lets nothing through now; told to operators. Intake goes on, and messages wait or go by another provider of the channel.", &["channel", "name", "state"], json!({
            "channel": text("Its channel."), "name": text("Its name in the configuration."),
            "state": text("`unreachable`, or `barred`: it takes nothing from our account (credentials, rights, balance, address of its API). More may come."),
            "code": text("The provider's code, where it bars us."), "until": instant("When it is tried again; absent while that is being done.")
        }))
    })
}
