//! Owns the parts that requests and answers are made of. Refuses a part without a word on what it means.

use serde_json::{Map, Value, json};

use super::parts::reference;

pub(super) fn all() -> Value {
    let mut all = Map::new();
    for part in [words(), requests(), about_notifications(), about_tenants(), about_results(), super::operation::schemas()] {
        if let Value::Object(part) = part {
            all.extend(part);
        }
    }
    Value::Object(all)
}

pub(super) fn object(description: &str, required: &[&str], properties: Value) -> Value {
    json!({ "type": "object", "description": description, "required": required, "properties": properties })
}

/// Something sent: a key nobody knows is a mistake.
fn strict(description: &str, required: &[&str], properties: Value) -> Value {
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
    json!({ "type": "string", "pattern": "^[a-z0-9_-]+$", "maxLength": most })
}

fn plain(most: u32) -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": most })
}

fn words() -> Value {
    json!({
        "Problem": object("RFC 9457. Programs compare `code`.", &["type", "title", "status", "code", "detail"], json!({
            "type": { "type": "string", "format": "uri", "example": "https://sluis.dev/problems/invalid" },
            "title": text("The status in words."),
            "status": { "type": "integer", "example": 422 },
            "code": { "type": "string", "description": "Stable.", "example": "invalid" },
            "detail": text("What happened and what to do, for people."),
            "errors": list(reference("FieldProblem"))
        })),
        "FieldProblem": object("One mistake.", &["path", "code", "expected"], json!({
            "path": { "type": "string", "description": "Where; `body` for the whole.", "example": "data.amount_cents" },
            "code": { "enum": [
                "not_utf8", "not_json", "not_a_list", "missing", "wrong_type", "unknown_key", "twice", "unknown_word", "too_long",
                "empty", "bad_characters", "bad_time", "out_of_range", "bad_url", "bad_address", "contradiction", "ignored"
            ] },
            "value": text("What stood there, cut; addresses are masked."),
            "expected": text("What was expected."),
            "hint": text("What may help.")
        })),
        "Subject": strict("What a notification is about. One live instance of a flow runs for each.", &["kind", "id"], json!({
            "kind": word(64), "id": plain(128)
        })),
        "Channel": { "enum": ["email", "sms", "letter", "whatsapp", "voice", "portal", "null"], "description": "A way to a tenant." },
        "Environment": { "enum": ["production", "acceptance", "test", "development"], "description": "The world that data comes from." },
        "Priority": { "enum": ["urgent", "normal", "bulk"], "default": "normal", "description": "The lane. Bulk never holds up urgent." },
        "Reason": object("A provider's reason.", &["code", "text"], json!({ "code": text("Stable."), "text": text("Without addresses.") }))
    })
}

fn requests() -> Value {
    let required = ["tenant_id", "flow", "category", "environment", "idempotency_key"];
    json!({
        "Notification": strict("One thing to tell one tenant.", &required, json!({
            "tenant_id": plain(64), "flow": word(64), "category": word(64),
            "subject": reference("Subject"),
            "data": { "type": "object", "description": "What the flow declares; at most 64 KiB." },
            "priority": reference("Priority"),
            "send_after": instant("Not before."), "expires_at": instant("Not any more from then on."),
            "environment": reference("Environment"),
            "idempotency_key": { "type": "string", "minLength": 1, "maxLength": 128, "description": "Remembered for the window in the configuration." }
        })),
        "CancelNote": strict("Why.", &[], json!({ "note": { "type": "string", "maxLength": 200 } })),
        "Cancellation": strict("Everything about this.", &["subject"], json!({
            "subject": reference("Subject"), "note": { "type": "string", "maxLength": 200 }
        })),
        "Fact": {
            "allOf": [
                strict("A business event. Cents are whole.", &["fact_id", "type", "occurred_at", "environment"], json!({
                    "fact_id": plain(128),
                    "type": { "enum": ["payment", "open_amount", "balance", "exception", "appointment"] },
                    "tenant_id": plain(64),
                    "tenant_ids": { "type": "array", "items": plain(64), "minItems": 1, "maxItems": 1_000 },
                    "subject": reference("Subject"),
                    "amount_cents": cents("What came in, or what is open."),
                    "occurred_at": instant("When it happened at its source."),
                    "environment": reference("Environment")
                })),
                { "oneOf": [{ "required": ["tenant_id"] }, { "required": ["tenant_ids"] }] }
            ]
        },
        "Profile": strict("How a tenant is addressed and reached.", &[], json!({
            "name": { "type": "string", "maxLength": 200, "example": "mevrouw De Vries" },
            "language": { "type": "string", "description": "ISO 639-1; Dutch when left out.", "example": "nl" },
            "addresses": { "type": "array", "maxItems": 16, "items": reference("Address") },
            "preferences": { "type": "array", "maxItems": 32, "items": reference("Preference") }
        })),
        "Address": strict("Where a tenant is reached.", &["channel", "value"], json!({
            "channel": reference("Channel"), "value": plain(254),
            "state": { "enum": ["created", "validated", "invalid"], "default": "created" }
        })),
        "Preference": strict("By which channel a tenant wants a category.", &["category", "channel"], json!({
            "category": { "type": "string", "description": "A category, or `*` for all." }, "channel": reference("Channel")
        })),
        "TaskAnswer": strict("What people decided.", &["answer", "by"], json!({
            "answer": text("One of the task's answers."), "by": text("Who, for the record.")
        }))
    })
}

fn about_notifications() -> Value {
    let id = super::senders::notification_id;
    let explained = ["id", "tenant_id", "state", "attempts", "history", "why"];
    let states = json!({ "enum": ["scheduled", "ready", "sending", "in_doubt", "sent", "held", "task", "ended"] });
    json!({
        "Accepted": object("Durable.", &["id", "status", "position"], json!({
            "id": id(), "status": { "const": "accepted" },
            "position": text("Where its record stands in the journal; opaque."),
            "duplicate": truth("It had been accepted before; id and position are those of then.")
        })),
        "BatchRow": {
            "description": "A verdict.",
            "oneOf": [
                { "allOf": [reference("Accepted"), object("Taken.", &["row"], json!({ "row": count("Which row, from 1.") }))] },
                object("Not taken.", &["row", "error"], json!({ "row": count("Which row, from 1."), "error": reference("Problem") }))
            ]
        },
        "NotificationList": object("A page.", &["notifications"], json!({
            "notifications": list(object("An open notification.", &["id", "tenant_id", "state", "category", "accepted_at"], json!({
                "id": id(), "tenant_id": text("Whose."), "state": states, "category": text("Its category."),
                "subject": reference("Subject"), "accepted_at": instant("When it was accepted."), "next_at": instant("When something is next.")
            }))),
            "next": text("Give this as `after`; absent: that was all.")
        })),
        "Explanation": object("Everything there is to say about a notification.", &explained, json!({
            "id": id(), "tenant_id": text("Whose."),
            "flow": { "type": ["object", "null"], "properties": { "name": text("Its name."), "version": count("Its version.") } },
            "category": { "type": ["string", "null"] },
            "subject": { "anyOf": [reference("Subject"), { "type": "null" }] },
            "priority": { "anyOf": [reference("Priority"), { "type": "null" }] },
            "state": states,
            "end": text("Name of the end state, once ended."), "reason": text("Stable code of why it ended."),
            "step": { "type": ["string", "null"], "description": "The step it stands at, while open." },
            "attempts": list(reference("Attempt")),
            "next": { "type": ["object", "null"], "properties": { "what": text("In words."), "at": instant("When at the latest.") } },
            "history": list(reference("TimelineRow")),
            "why": text("Why this tenant, this channel, this address, now.")
        })),
        "Attempt": object("One try.", &["number", "step", "channel", "provider", "address", "started_at", "outcome"], json!({
            "number": count("From 1."), "step": text("The step it belongs to."), "channel": reference("Channel"), "provider": text("Through whom."),
            "address": text("Where it went, masked."), "started_at": instant("When."), "resends": count("How often it was sent again because its outcome was unknown."),
            "outcome": { "enum": ["sending", "accepted", "delivered", "deferred", "withdrawn", "failed", "in_doubt"] },
            "outcome_at": instant("When that was known."), "why": reference("Reason"),
            "guards": list(object("What a guard saw.", &["name", "when", "observed"], json!({
                "name": text("Its name."), "when": text("What must hold."), "observed": text("What was seen."),
                "value": { "description": "The value on the left." }, "as_of": instant("When that was true at its source.")
            }))),
            "channel_reason": text("Why that channel."), "step_reason": text("What led to that step.")
        })),
        "Cancelled": object("What a cancellation did.", &["stopped", "not_open"], json!({
            "stopped": list(object("One that was stopped.", &["id", "was", "already_gone"], json!({
                "id": id(), "was": text("Its state before."), "already_gone": list(reference("Channel"))
            }))),
            "not_open": list(id())
        }))
    })
}

fn about_tenants() -> Value {
    let row = object(
        "A row of the list.",
        &["line", "tenant_id", "reasons"],
        json!({
            "line": count("Line it begins on, from 1."), "tenant_id": { "type": ["string", "null"] }, "reasons": list(reference("FieldProblem"))
        }),
    );
    let counted = ["rows", "new", "changed", "same", "rejected", "warned", "rejections", "warnings"];
    json!({
        "Tenant": object("A tenant.", &["tenant_id", "profile", "open"], json!({
            "tenant_id": text("The corporation's number."), "profile": { "anyOf": [reference("Profile"), { "type": "null" }] },
            "open": count("Open notifications."), "balance_cents": cents("What the tenant owes in all, when it is known.")
        })),
        "TenantStored": object("Durable.", &["tenant_id", "result"], json!({ "tenant_id": text("Who."), "result": { "enum": ["new", "changed", "same"] } })),
        "Timeline": object("Newest first.", &["tenant_id", "rows"], json!({
            "tenant_id": text("Whose."), "rows": list(reference("TimelineRow")), "next": text("Give this as `before`; absent: that was all.")
        })),
        "TimelineRow": object("Something that came in, or was decided.", &["at", "kind", "text", "label_nl", "details"], json!({
            "at": instant("When."), "kind": text("Stable code."), "id": super::senders::notification_id(), "text": text("For people."),
            "label_nl": text("The kind in Dutch."), "details": { "type": ["object", "null"], "description": "The facts of the row." }
        })),
        "LoadReport": object("What became of a list.", &counted, json!({
            "rows": count("In all."), "new": count("Stored for the first time."), "changed": count("Stored anew."), "same": count("As it was."),
            "rejected": count("Not taken."), "warned": count("Taken, with something left out."),
            "rejections": list(row.clone()), "warnings": list(row), "notes": list(reference("FieldProblem"))
        })),
        "FactTaken": object("Durable.", &["fact_id", "tenants"], json!({
            "fact_id": text("Which."),
            "tenants": list(object("One tenant.", &["tenant_id", "duplicate", "ended"], json!({
                "tenant_id": text("Who."), "duplicate": truth("It was told before."), "ended": list(super::senders::notification_id())
            })))
        }))
    })
}

fn about_results() -> Value {
    let id = super::senders::notification_id;
    json!({
        "Outcome": object("How one ended.", &["position", "at", "id", "tenant_id", "state", "end", "reason"], json!({
            "position": text("Opaque."), "at": instant("When."), "id": id(), "tenant_id": text("Whose."), "subject": reference("Subject"),
            "state": { "const": "ended" }, "end": text("Name of the end state."), "reason": text("Stable code of why."), "why": reference("Reason"),
            "attempt": count("The attempt that ended it."), "channel": reference("Channel")
        })),
        "Cursor": object("The last line.", &["cursor"], json!({ "cursor": text("Give this as `after`.") })),
        "TaskList": object("A page.", &["tasks"], json!({
            "tasks": list(object("A task.", &["id", "list", "notification", "tenant_id", "flow", "since", "why", "answers"], json!({
                "id": text("For the answer."), "list": text("Whose work it is."), "notification": id(), "tenant_id": text("About whom."),
                "flow": text("Its flow."), "subject": reference("Subject"), "since": instant("Since when."), "why": text("Why people are asked."),
                "answers": list(text("Leads somewhere."))
            }))),
            "next": text("Give this as `after`; absent: that was all.")
        })),
        "TaskAnswered": object("Durable.", &["id", "answer"], json!({ "id": text("The task."), "answer": text("What was answered.") })),
        "Receipts": object("What each receipt did.", &["receipts"], json!({
            "receipts": list(object("One.", &["notification", "attempt", "said", "effect"], json!({
                "notification": id(), "attempt": count("Which."), "said": text("What was reported."),
                "effect": { "enum": ["applied", "noted", "unknown", "unexplained"] }
            })))
        })),
        "Ready": object("Readiness.", &["ready"], json!({
            "ready": truth("Whether intake is open."), "durability": text("What an acceptance means."), "reason": text("Stable code of why not."),
            "paused": object("Whether sends are paused; intake goes on.", &["everything", "pauses"], json!({
                "everything": truth("An operator paused everything."), "pauses": count("Pauses that stand.")
            }))
        }))
    })
}
