//! Owns the description of how the configuration is read again.

use serde_json::{Value, json};

use super::parts::Op;

const TAKES: &str = "Reads the configuration, and the files that it names, and checks all of it. With one mistake anywhere nothing is taken over \
                     (`wrong_configuration`). Else what can change while the engine runs is taken over, and the answer says what that was and \
                     what waits for a start. What was accepted before goes on under its own flow. Leaves an audit line.";

pub(super) fn operations() -> Vec<Op> {
    vec![get(), post()]
}

fn get() -> Op {
    Op::new("get", "/v1/reload", "getConfiguration", "operation", "Which configuration runs").gives_json(
        200,
        "Its checksum.",
        "RunningConfiguration",
        &json!({ "checksum": CHECKSUM, "since": "2026-02-02T08:00:00Z", "waiting": ["engine.shards"] }),
    )
}

fn post() -> Op {
    let check = json!({ "type": "boolean", "default": false });
    Op::new(
        "post",
        "/v1/reload",
        "reload",
        "operation",
        "Read the configuration again",
    )
    .about(TAKES)
    .query("check", "Whether only to say what would change.", &check)
    .gives_json(
        200,
        "Taken over, or only looked at.",
        "Reloaded",
        &example(),
    )
    .fails(&[(422, "wrong_configuration")])
}

const CHECKSUM: &str = "9f3c1f0a52d84f7e9be0c3f8a6d1b2c4";

fn example() -> Value {
    json!({
        "taken": true, "checksum": CHECKSUM, "since": "2026-02-02T08:00:00Z", "waiting": ["engine.shards"],
        "changes": [{ "kind": "flow", "corporation": "waterpoort", "name": "storno", "change": "changed", "from_version": 2, "to_version": 3 }]
    })
}
