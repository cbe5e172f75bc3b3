//! Owns the description of what comes out: outcomes, tasks. Refuses to describe an answer's parts:
//! `schemas` does.

use serde_json::{Value, json};

use super::parts::Op;
use super::shapes::{ID, notification_id_or_empty};

const FEED: &str = "Rows in the order of the journal, NDJSON; the last line is always `{\"cursor\": …}`, to be given as `after` next time. \
                    With `wait` the answer is held until there is news, so that nobody has to poll ids.";
const UNMATCHED: &str = "Facts about a tenant of whom nothing is known, and payments or open amounts on a subject that no notification for the \
                         tenant is or was about and no earlier fact told of. They are taken all the same, leave this list when what they \
                         miss comes, when somebody dismisses them, and after 90 days.";
const DISMISS: &str = "For a fact that somebody has looked at. It leaves `GET /v1/facts/unmatched` and the task list for good, and so does \
                       the same fact when a feed repeats it, for 90 days. The fact itself stays what it is: a payment still counts when \
                       its notification comes. Said again, the answer is the same.";
const CURSOR: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
/// The id of a fact that fits nothing, for examples.
const FACT: &str = "AAEAAAAAAAAHfn0Zk2cQ9w3TtB8dJm4yR5uXaPq1Lb6oSe";
/// The id of a group of tasks, for examples.
const GROUP: &str = "g-5bb1f0c2a4e87d10";
const TASKS: &str = "Messages that could not be made for one reason, such as a text that is too long for SMS, are one task: a row of \
                     `groups`, on the first page. `?group=` lists the tasks in one. `unread_messages` are messages that nobody could \
                     read and that no task is about: answer `read` when somebody has looked.";
const ANSWER: &str = "A row of `groups` is answered as one: each of its tasks gets the answer. With `next` in the answer there are more \
                      of them: call again with it as `after`. What `asks_for` of a task names for an answer goes into `fields`.";

pub(super) fn operations() -> Vec<Op> {
    vec![
        get_outcomes(),
        list_unmatched_facts(),
        dismiss_unmatched_fact(),
        list_tasks(),
        answer_task(),
    ]
}

fn an_end() -> Value {
    json!({
        "position": "5bb1f0c2a4e87d10", "at": "2026-02-03T09:30:00Z", "id": ID, "tenant_id": "H-1001", "state": "ended",
        "end": "paid", "reason": "stop"
    })
}

fn a_fact() -> Value {
    json!({
        "id": FACT, "fact_id": "bank-17", "tenant_id": "H-1001", "type": "payment", "subject": { "kind": "invoice", "id": "f-1" },
        "amount_cents": 71_250, "occurred_at": "2026-02-02T08:00:00Z", "since": "2026-02-02T08:00:05Z", "unknown": ["subject"]
    })
}

fn task_id() -> String {
    format!("{ID}.1")
}

fn a_task() -> Value {
    json!({
        "id": task_id(), "list": "collections", "notification": ID, "tenant_id": "H-1001", "flow": "storno",
        "step": "sms", "since": "2026-02-09T08:00:00Z", "why": "nobody answered within 5 days", "answers": ["close", "retry"]
    })
}

fn a_group() -> Value {
    json!({
        "id": GROUP, "list": "delivery", "flow": "notice", "step": "fallback", "since": "2026-02-09T08:00:00Z", "notifications": 500,
        "why": "the message cannot be sent over the channel, for a reason of ours (segments 7 segments, at most 4)",
        "answers": ["retry", "close"]
    })
}

fn get_outcomes() -> Op {
    Op::new(
        "get",
        "/v1/outcomes",
        "getOutcomes",
        "results",
        "What became of everything",
    )
    .about(FEED)
    .query(
        "corrections",
        "With `true` also contact points that a message showed to be dead, or alive after all, for their source to correct.",
        &json!({ "type": "boolean", "default": false }),
    )
    .query(
        "after",
        "The cursor of an earlier answer; without it, or empty, from the beginning.",
        &json!({ "type": "string", "maxLength": 4_096 }),
    )
    .limit("Most rows; a record's rows stay together.", 10_000, 1_000)
    .query(
        "wait",
        "Seconds to wait for news.",
        &json!({ "type": "integer", "minimum": 0, "maximum": 30, "default": 0 }),
    )
    .gives_lines(
        200,
        "Rows, then the cursor.",
        "OutcomeLine",
        &[an_end(), json!({ "cursor": CURSOR })],
    )
    .fails(&[
        (400, "bad_cursor"),
        (410, "cursor_expired"),
        (429, "too_many_reads"),
        (500, "journal_unreadable"),
    ])
}

fn list_unmatched_facts() -> Op {
    Op::new(
        "get",
        "/v1/facts/unmatched",
        "listUnmatchedFacts",
        "facts",
        "Facts that fit nothing",
    )
    .about(UNMATCHED)
    .query(
        "after",
        "`next` of the page before.",
        &json!({ "type": "string", "maxLength": 4_096 }),
    )
    .limit("Most rows.", 1_000, 100)
    .gives_json(
        200,
        "A page.",
        "UnmatchedList",
        &json!({ "facts": [a_fact()] }),
    )
    .asks()
    .fails(&[(500, "journal_unreadable")])
}

fn dismiss_unmatched_fact() -> Op {
    Op::new(
        "post",
        "/v1/facts/unmatched/{id}/dismiss",
        "dismissUnmatchedFact",
        "facts",
        "Take a fact that fits nothing from the lists",
    )
    .about(DISMISS)
    .path_part(
        "id",
        "`id` of the row.",
        &json!({ "type": "string", "maxLength": 200, "pattern": "^[A-Za-z0-9_-]+$" }),
    )
    .takes_json("DismissFact", &json!({ "by": "m.bakker" }))
    .gives_json(200, "Durable.", "FactDismissed", &json!({ "id": FACT }))
    .reads()
    .asks()
    .fails(&[(404, "not_found")])
}

fn list_tasks() -> Op {
    Op::new(
        "get",
        "/v1/tasks",
        "listTasks",
        "results",
        "What waits for people",
    )
    .about(TASKS)
    .query(
        "list",
        "Only this list.",
        &json!({ "type": "string", "example": "collections" }),
    )
    .query(
        "team",
        "Only this team. What has no team is left out.",
        &json!({ "type": "string", "example": "noord" }),
    )
    .query(
        "due_before",
        "Only what its flow goes on without before this instant.",
        &json!({ "type": "string", "format": "date-time", "example": "2026-12-01T17:00:00Z" }),
    )
    .query(
        "group",
        "The tasks of this row of `groups`, each by itself.",
        &json!({ "type": "string", "pattern": "^(g-[0-9a-f]{16})?$", "example": GROUP }),
    )
    .query(
        "after",
        "`next` of the page before.",
        &notification_id_or_empty(),
    )
    .limit("Most rows looked at.", 1_000, 100)
    .gives_json(
        200,
        "A page.",
        "TaskList",
        &json!({ "tasks": [a_task()], "groups": [a_group()] }),
    )
    .asks()
}

fn answer_task() -> Op {
    Op::new(
        "post",
        "/v1/tasks/{id}/answer",
        "answerTask",
        "results",
        "Answer a task",
    )
    .about(ANSWER)
    .path_part(
        "id",
        "The task: `<notification>.<number>`, or the `id` of a row of `groups` or of `unread_messages`. For the tenant's answer \
         to what a step asks him: `<notification>.<step>`.",
        &json!({ "type": "string", "maxLength": 200, "pattern": "^([0-9a-f]{32}\\..+|[A-Za-z0-9_-]+)$", "example": task_id() }),
    )
    .takes_json(
        "TaskAnswer",
        &json!({ "answer": "close", "by": "m.bakker" }),
    )
    .gives_json(
        200,
        "Durable.",
        "TaskAnswered",
        &json!({ "id": task_id(), "answer": "close" }),
    )
    .reads()
    .asks()
    .fails(&[
        (404, "not_found"),
        (409, "task_not_open"),
        (422, "unknown_answer"),
    ])
}
