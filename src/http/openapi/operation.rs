//! Owns the description of pauses and of what operators do with the engine as a whole. Refuses to
//! describe metrics and health: `serving` does.

use serde_json::{Value, json};

use super::parts::Op;
use super::shapes::{ID, notification_id_or_empty, open_state};

const SCOPE: &str = "A flow, a channel or both; `{\"all\": true}` for everything the corporation sends. A scope that is not said is refused, and \
                     so is `null`. In effect before the next attempt starts, and kept over restarts.";
const RESUME: &str = "Ends the pause of exactly this scope; the answer lists the pauses that remain. What is not paused is `not_paused`, and the \
                      detail says what is.";
const OPERATOR_SCOPE: &str = "As `/v1/pause`, with whose sends: a corporation by its name in the configuration, or all of them. A corporation cannot \
                              end it. Leaves an audit line.";

pub(super) fn operations() -> Vec<Op> {
    let mut operations = vec![
        pause(),
        resume(),
        list_pauses(),
        operator_pause(),
        operator_resume(),
        list_all_pauses(),
    ];
    operations.extend(views());
    operations
}

fn pause() -> Op {
    let op = Op::new(
        "post",
        "/v1/pause",
        "pause",
        "operation",
        "Send nothing for now",
    );
    told(op.about(SCOPE), "Scope", true).fails(&[(422, "unknown_flow")])
}

fn resume() -> Op {
    let op = Op::new("post", "/v1/resume", "resume", "operation", "End a pause");
    told(op.about(RESUME), "Scope", false).fails(&[(409, "not_paused")])
}

fn operator_pause() -> Op {
    let summary = "Send nothing for now, for any corporation";
    let op = Op::new(
        "post",
        "/v1/operator/pause",
        "operatorPause",
        "operation",
        summary,
    );
    told(op.about(OPERATOR_SCOPE), "OperatorScope", true).fails(&[(422, "unknown_flow")])
}

fn operator_resume() -> Op {
    let op = Op::new(
        "post",
        "/v1/operator/resume",
        "operatorResume",
        "operation",
        "End any pause",
    )
    .about("Also one that a corporation made. Leaves an audit line.");
    told(op, "OperatorScope", false).fails(&[(409, "not_paused")])
}

fn list_pauses() -> Op {
    Op::new("get", "/v1/pauses", "listPauses", "operation", "What is paused")
        .about("The corporation's own pauses, and those of operators that hold its sends too: these have no `corporation`.")
        .gives_json(200, "Every pause that stands.", "Pauses", &json!({ "pauses": [example()] }))
}

fn list_all_pauses() -> Op {
    Op::new(
        "get",
        "/v1/operator/pauses",
        "listAllPauses",
        "operation",
        "What is paused, of all corporations",
    )
    .gives_json(
        200,
        "Every pause that stands.",
        "Pauses",
        &json!({ "pauses": [example()] }),
    )
}

fn views() -> [Op; 2] {
    [get_overview(), list_all_notifications()]
}

fn get_overview() -> Op {
    Op::new("get", "/v1/operator/overview", "getOverview", "operation", "The engine as a whole")
        .about("What is open by corporation and state, with the age of the oldest; tasks by list, holds by guard, attempts under way. \
                Counted shard by shard: not one instant. Names no tenant. Leaves an audit line.")
        .gives_json(200, "Counted.", "Overview", &an_overview())
        .asks()
        .fails(&[(429, "too_many_reads")])
}

fn list_all_notifications() -> Op {
    let whose = json!({ "type": "string", "example": "waterpoort" });
    Op::new("get", "/v1/operator/notifications", "listAllNotifications", "operation", "What is open, of all corporations")
        .about("In order of id; names no tenant. Leaves an audit line.")
        .query("state", "Only this state.", &open_state())
        .query("corporation", "Only this corporation, by its name in the configuration.", &whose)
        .query("after", "`next` of the page before.", &notification_id_or_empty())
        .limit("Most rows.", 1_000, 100)
        .gives_json(200, "A page.", "OperatorList", &json!({ "notifications": [{
            "id": ID, "corporation": "waterpoort", "flow": "storno", "state": "sent", "accepted_at": "2026-02-02T08:00:00Z"
        }] }))
        .asks()
}

fn told(op: Op, scope: &str, paused: bool) -> Op {
    let pauses = if paused {
        json!([example()])
    } else {
        json!([])
    };
    op.takes_json(scope, &json!({ "flow": "storno", "channel": "sms" }))
        .gives_json(
            200,
            "Durable, on every shard.",
            "Paused",
            &json!({ "paused": paused, "corporation": "waterpoort", "flow": "storno", "channel": "sms", "pauses": pauses }),
        )
        .reads()
        .asks()
}

fn example() -> Value {
    json!({ "corporation": "waterpoort", "flow": "storno", "channel": "sms", "by": "corporation", "since": "2026-02-02T08:00:00Z", "complete": true })
}

fn an_overview() -> Value {
    let one = json!({ "count": 3, "oldest": "2026-02-02T08:00:00Z", "oldest_seconds": 3_600 });
    json!({
        "at": "2026-02-02T09:00:00Z", "open": 3, "pauses": [example()],
        "corporations": [{ "corporation": "waterpoort", "open": 3, "states": { "sent": one }, "tasks": {}, "held": {} }], "under_way": {}
    })
}
