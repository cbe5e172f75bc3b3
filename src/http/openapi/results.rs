//! Owns the description of what comes out: outcomes, tasks. Refuses to describe an answer's parts: `schemas` does.

use serde_json::{Value, json};

use super::parts::{Op, reference};

pub(super) fn operations() -> Vec<Op> {
    let feed = "Rows in the order of the journal, NDJSON; the last line is always `{\"cursor\": …}`, to be given as `after` next time. \
                With `wait` the answer is held until there is news, so that nobody has to poll ids.";
    vec![
        Op::new("get", "/v1/outcomes", "getOutcomes", "results", "What became of everything")
            .about(feed)
            .query("after", "The cursor of an earlier answer; without it, from the beginning.", &json!({ "type": "string" }))
            .query(
                "limit",
                "Most rows; a record's rows stay together.",
                &json!({ "type": "integer", "minimum": 1, "maximum": 10_000, "default": 1_000 }),
            )
            .query("wait", "Seconds to wait for news, at most 30.", &json!({ "type": "integer", "minimum": 0, "default": 0 }))
            .gives(
                200,
                "Rows, then the cursor.",
                "application/x-ndjson",
                &json!({ "oneOf": [reference("Outcome"), reference("Cursor")] }),
                &Value::Null,
            )
            .fails(&[(400, "bad_cursor"), (400, "bad_request"), (500, "journal_unreadable")]),
        Op::new("get", "/v1/tasks", "listTasks", "results", "What waits for people")
            .query("list", "Only this list.", &json!({ "type": "string", "example": "collections" }))
            .query("after", "`next` of the page before.", &super::senders::notification_id())
            .query("limit", "Most rows looked at.", &json!({ "type": "integer", "minimum": 1, "maximum": 1_000, "default": 100 }))
            .gives_json(200, "A page.", "TaskList", &Value::Null)
            .asks()
            .fails(&[(400, "bad_query"), (400, "bad_request")]),
        Op::new("post", "/v1/tasks/{id}/answer", "answerTask", "results", "Answer a task")
            .path_part(
                "id",
                "The task: `<notification>.<number>`.",
                &json!({ "type": "string", "pattern": "^[0-9a-f]{32}\\.[0-9]+$" }),
            )
            .takes_json("TaskAnswer", &json!({ "answer": "close", "by": "m.bakker" }))
            .gives_json(200, "Durable.", "TaskAnswered", &Value::Null)
            .reads()
            .asks()
            .fails(&[(404, "not_found"), (409, "task_not_open"), (422, "unknown_answer")]),
    ]
}
