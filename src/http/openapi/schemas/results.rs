//! Owns what came out: ends, facts that fit nothing, tasks.

use serde_json::{Value, json};

use super::super::parts::reference;
use super::super::shapes::{
    cents, count, instant, list, notes, notification_id, object, text, truth,
};

pub(super) fn all() -> [(&'static str, Value); 17] {
    [
        ("OutcomeLine", outcome_line()),
        ("Outcome", outcome()),
        ("TaskReminder", task_reminder()),
        ("FactSet", fact_set()),
        ("FactSetFact", fact_set_fact()),
        ("Correction", correction()),
        ("Cursor", cursor()),
        ("UnmatchedList", unmatched_list()),
        ("UnmatchedFact", unmatched_fact()),
        ("UnreadMessage", unread_message()),
        ("TaskList", task_list()),
        ("Task", task()),
        ("TaskAsks", task_asks()),
        ("TaskField", task_field()),
        ("TaskGroup", task_group()),
        ("FactDismissed", fact_dismissed()),
        ("TaskAnswered", task_answered()),
    ]
}

fn outcome_line() -> Value {
    json!({ "description": "One line of the feed: an end, a reminder of a task, a fact that a flow set, a correction where they were asked for, or the cursor that closes the answer.", "oneOf": [reference("Outcome"), reference("TaskReminder"), reference("FactSet"), reference("Correction"), reference("Cursor")] })
}

fn task_reminder() -> Value {
    object(
        "A task that has waited for longer than its flow likes. Once for a task.",
        &["position", "at", "id", "tenant_id", "state", "task"],
        json!({
            "position": text("Where it stands in the journal."), "at": instant("When."), "id": notification_id(),
            "tenant_id": text("Whose."), "state": { "type": "string", "const": "task_reminded" }, "task": text("The task, as `GET /v1/tasks` names it.")
        }),
    )
}

fn fact_set() -> Value {
    object(
        "A fact that a step of a flow told. It holds in the engine from then on; its source may take it over.",
        &[
            "position",
            "at",
            "id",
            "tenant_id",
            "state",
            "flow",
            "step",
            "fact",
        ],
        json!({
            "position": text("Where it stands in the journal."), "at": instant("When."), "id": notification_id(),
            "tenant_id": text("Whose."), "state": { "type": "string", "const": "fact_set" },
            "flow": reference("FlowName"), "step": text("The step that told it."), "fact": reference("FactSetFact")
        }),
    )
}

fn fact_set_fact() -> Value {
    json!({
        "type": "object", "additionalProperties": true,
        "description": "The fact, as `POST /v1/facts` takes it, with the fields of its type. A source that tells it again under this `fact_id` tells the same fact.",
        "required": ["fact_id", "type", "tenant_id", "occurred_at", "environment"],
        "properties": {
            "fact_id": text("Of the notification, the step and the record."), "type": text("Its type."), "tenant_id": text("Whose."),
            "subject": reference("Subject"), "occurred_at": instant("When it was told."), "environment": text("The world that it comes from.")
        }
    })
}

fn outcome() -> Value {
    object(
        "How one ended.",
        &[
            "position",
            "at",
            "id",
            "tenant_id",
            "state",
            "end",
            "reason",
        ],
        json!({
            "position": text("Opaque."), "at": instant("When."), "id": notification_id(), "tenant_id": text("Whose."), "subject": reference("Subject"),
            "state": { "type": "string", "const": "ended" }, "end": text("Name of the end state."), "reason": text("Stable code of why."), "why": reference("Reason"),
            "attempt": count("The attempt that ended it."), "group": notification_id(), "channel": reference("Channel")
        }),
    )
}

fn correction() -> Value {
    object(
        "What a message showed of a contact point, for its source to correct.",
        &[
            "position",
            "at",
            "id",
            "tenant_id",
            "state",
            "kind",
            "value",
            "channel",
            "known",
            "status",
            "everywhere",
        ],
        json!({
            "position": text("Opaque."), "at": instant("When it was seen."), "id": notification_id(), "tenant_id": text("Whose."),
            "state": { "type": "string", "const": "corrected" }, "kind": text("`email`, `phone` and so on; more may come."),
            "value": text("The contact point, as it was used."), "channel": reference("Channel"),
            "known": text("`invalid` or `validated`."), "status": text("The same in VERA's words: `ONG` or `GEV`."),
            "everywhere": truth("Whether no other channel uses the kind: then it holds for the contact point as a whole.")
        }),
    )
}

fn cursor() -> Value {
    object(
        "The last line.",
        &["cursor"],
        json!({ "cursor": text("Give this as `after`.") }),
    )
}

fn unmatched_list() -> Value {
    object(
        "A page.",
        &["facts"],
        json!({
            "facts": list(reference("UnmatchedFact")), "next": text("Give this as `after`; absent: that was all.")
        }),
    )
}

fn unmatched_fact() -> Value {
    object(
        "A fact that fits nothing that is known.",
        &[
            "id",
            "fact_id",
            "tenant_id",
            "type",
            "occurred_at",
            "since",
            "unknown",
        ],
        json!({
            "id": text("Names it to `POST /v1/facts/unmatched/{id}/dismiss`; the same each time."),
            "fact_id": text("As it was told."), "tenant_id": text("About whom."), "type": text("Its type."), "subject": reference("Subject"),
            "amount_cents": { "type": "integer", "description": "Euro cents." }, "occurred_at": instant("When it happened at its source."),
            "since": instant("When it was taken."),
            "unknown": list(json!({ "type": "string", "enum": ["tenant", "subject"] })), "notes": notes()
        }),
    )
}

fn task_list() -> Value {
    object(
        "A page.",
        &["tasks"],
        json!({
            "unmatched_facts": list(reference("UnmatchedFact")),
            "unread_messages": list(reference("UnreadMessage")),
            "groups": list(reference("TaskGroup")), "tasks": list(reference("Task")), "next": text("Give this as `after`; absent: that was all.")
        }),
    )
}

fn unread_message() -> Value {
    object(
        "A message about a message of yours that nobody could read and that no task is about: its attempt is not the newest, or \
         its notification has ended, or nobody has mapped its status.",
        &["id", "provider", "since", "said", "answers"],
        json!({
            "id": text("For the answer; the same each time."), "notification": notification_id(),
            "attempt": count("Which attempt; absent: not known."), "tenant_id": text("About whom."),
            "provider": text("Which provider brought it; `email` for a mail."), "since": instant("Since when it waits."),
            "said": text("What it says, as far as that is kept."),
            "answers": list(text("`read` takes it from the list."))
        }),
    )
}

fn task() -> Value {
    object(
        "A task.",
        &[
            "id",
            "list",
            "notification",
            "tenant_id",
            "flow",
            "step",
            "since",
            "why",
            "answers",
        ],
        json!({
            "id": text("For the answer."), "list": text("Whose work it is."), "notification": notification_id(), "tenant_id": text("About whom."),
            "flow": text("Its flow."), "step": text("The step at which it stands."), "subject": reference("Subject"), "since": instant("Since when."),
            "why": text("Why people are asked."), "team": text("Whose it is, where its flow says so."),
            "due": instant("Then its flow goes on without an answer."), "remind_at": instant("Then somebody is reminded."),
            "reminded_at": instant("Since when it waits for longer than its flow likes."), "asks": text("What the flow says to them."), "answers": list(text("Leads somewhere.")),
            "asks_for": list(reference("TaskAsks"))
        }),
    )
}

fn task_asks() -> Value {
    object(
        "What one answer asks for.",
        &["answer", "fields"],
        json!({ "answer": text("The answer."), "fields": list(reference("TaskField")) }),
    )
}

fn task_field() -> Value {
    object(
        "A field that comes with an answer.",
        &["name", "kind", "optional"],
        json!({
            "name": text("Its name within `fields`."), "kind": text("As docs/flows.md has the kinds of input."), "optional": truth("Whether it may be left out."),
            "one_of": list(text("A word that it may be; none: any.")),
            "least": cents("The least that a number may be, where there is a bound."), "most": cents("The most.")
        }),
    )
}

fn task_group() -> Value {
    object(
        "Tasks that are one for people: messages that could not be made, for one reason.",
        &[
            "id",
            "list",
            "flow",
            "step",
            "since",
            "why",
            "notifications",
            "answers",
        ],
        json!({
            "id": text("For the answer, and for `?group=`. The same each time."), "list": text("Whose work it is."),
            "flow": text("Their flow."), "step": text("The step they stand at."), "since": instant("Since when the oldest waits."),
            "why": text("Why people are asked, in the words of the oldest."), "notifications": count("How many wait."),
            "answers": list(text("Leads somewhere."))
        }),
    )
}

fn fact_dismissed() -> Value {
    object("Durable.", &["id"], json!({ "id": text("The fact.") }))
}

fn task_answered() -> Value {
    object(
        "Durable.",
        &["id", "answer"],
        json!({
            "id": text("The task."), "answer": text("What was answered."), "answered": count("Of a group: how many tasks took it."),
            "next": text("Of a group: give this as `after`, with the same answer, for the others; absent: that was all.")
        }),
    )
}
