//! Owns the description of pauses and of what operators do with the engine as a whole. Refuses to
//! describe metrics and health: `serving` does.

use serde_json::{Value, json};

use super::parts::{Op, reference};
use super::schemas::{count, instant, list, object, strict, text, truth, word};

const SCOPE: &str = "A flow, a channel or both; `{\"all\": true}` for everything the corporation sends. A scope that is not said is refused, and \
                     so is `null`. In effect before the next attempt starts, and kept over restarts.";
const RESUME: &str = "Ends the pause of exactly this scope; the answer lists the pauses that remain. What is not paused is `not_paused`, and the \
                      detail says what is.";
const OPERATOR_SCOPE: &str = "As `/v1/pause`, with whose sends: a corporation by its name in the configuration, or all of them. A corporation cannot \
                              end it. Leaves an audit line.";

pub(super) fn operations() -> Vec<Op> {
    let own = |path, id, summary, about| {
        told(
            Op::new("post", path, id, "operation", summary).about(about),
            "Scope",
            id == "pause",
        )
    };
    let all = |path, id, summary, about| {
        let op = Op::new("post", path, id, "operation", summary).about(about);
        told(op, "OperatorScope", id == "operatorPause")
    };
    let mut operations = vec![
        own("/v1/pause", "pause", "Send nothing for now", SCOPE).fails(&[(422, "unknown_flow")]),
        own("/v1/resume", "resume", "End a pause", RESUME).fails(&[(409, "not_paused")]),
        Op::new("get", "/v1/pauses", "listPauses", "operation", "What is paused")
            .about("The corporation's own pauses, and those of operators that hold its sends too: these have no `corporation`.")
            .gives_json(200, "Every pause that stands.", "Pauses", &json!({ "pauses": [example()] })),
        all("/v1/operator/pause", "operatorPause", "Send nothing for now, for any corporation", OPERATOR_SCOPE)
            .fails(&[(422, "unknown_flow")]),
        all("/v1/operator/resume", "operatorResume", "End any pause", "Also one that a corporation made. Leaves an audit line.")
            .fails(&[(409, "not_paused")]),
        Op::new("get", "/v1/operator/pauses", "listAllPauses", "operation", "What is paused, of all corporations")
            .gives_json(200, "Every pause that stands.", "Pauses", &json!({ "pauses": [example()] })),
    ];
    operations.extend(views());
    operations
}

fn views() -> [Op; 2] {
    let whose = json!({ "type": "string", "example": "waterpoort" });
    [
        Op::new("get", "/v1/operator/overview", "getOverview", "operation", "The engine as a whole")
            .about("What is open by corporation and state, with the age of the oldest; tasks by list, holds by guard, attempts under way. \
                    Counted shard by shard: not one instant. Names no tenant. Leaves an audit line.")
            .gives_json(200, "Counted.", "Overview", &an_overview())
            .asks()
            .fails(&[(429, "too_many_reads")]),
        Op::new("get", "/v1/operator/notifications", "listAllNotifications", "operation", "What is open, of all corporations")
            .about("In order of id; names no tenant. Leaves an audit line.")
            .query("state", "Only this state.", &super::senders::open_state())
            .query("corporation", "Only this corporation, by its name in the configuration.", &whose)
            .query("after", "`next` of the page before.", &super::senders::notification_id_or_empty())
            .limit("Most rows.", 1_000, 100)
            .gives_json(200, "A page.", "OperatorList", &json!({ "notifications": [{
                "id": super::senders::ID, "corporation": "waterpoort", "flow": "storno", "state": "sent", "accepted_at": "2026-02-02T08:00:00Z"
            }] }))
            .asks(),
    ]
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
    json!({ "corporation": "waterpoort", "flow": "storno", "channel": "sms", "since": "2026-02-02T08:00:00Z", "complete": true })
}

fn an_overview() -> Value {
    let one = json!({ "count": 3, "oldest": "2026-02-02T08:00:00Z", "oldest_seconds": 3_600 });
    json!({
        "at": "2026-02-02T09:00:00Z", "open": 3, "pauses": [example()],
        "corporations": [{ "corporation": "waterpoort", "open": 3, "states": { "sent": one }, "tasks": {}, "held": {} }], "under_way": {}
    })
}

/// The parts of these.
pub(super) fn schemas() -> Value {
    let parts = || json!({ "flow": word(64), "channel": reference("Channel") });
    let mut wider = parts();
    wider["corporation"] = text("Name in the configuration.");
    let counted = || reference("Counted");
    let by_name = |about: &str, of: Value| json!({ "type": "object", "description": about, "additionalProperties": of });
    let corporation = json!({
        "corporation": text("Name in the configuration."), "open": count("Open notifications."), "states": by_name("By state.", counted()),
        "tasks": by_name("Tasks, by list.", counted()), "held": by_name("What is held, by guard.", counted())
    });
    json!({
        "Scope": scope("What a pause covers.", "ScopeParts"),
        "OperatorScope": scope("What a pause of an operator covers.", "OperatorScopeParts"),
        "Everything": strict("All of it.", &["all"], json!({ "all": { "type": "boolean", "const": true } })),
        "ScopeParts": some(parts()),
        "OperatorScopeParts": some(wider),
        "Pause": object("One pause.", &["since", "complete"], json!({
            "corporation": text("Whose sends; absent: those of all, by an operator."), "flow": text("Only this flow."),
            "channel": reference("Channel"), "since": instant("Since when."),
            "complete": truth("Whether every part of the engine has it; repeat the call if not.")
        })),
        "Pauses": object("What is paused.", &["pauses"], json!({ "pauses": list(reference("Pause")) })),
        "Paused": object("What holds now.", &["paused", "pauses"], json!({
            "paused": truth("Whether a pause stands that covers something of this scope."), "corporation": text("Whose sends; absent: those of all."),
            "flow": text("Only this flow."), "channel": reference("Channel"), "pauses": list(reference("Pause"))
        })),
        "Counted": object("How many.", &["count", "oldest", "oldest_seconds"], json!({
            "count": count("How many."), "oldest": instant("Since when the one that has been there longest is there."),
            "oldest_seconds": count("The same, in seconds.")
        })),
        "Overview": object("The engine as a whole.", &["at", "open", "pauses", "corporations", "under_way"], json!({
            "at": instant("The instant to which ages count."), "intake_closed": text("Stable code of why; absent: intake is open."),
            "open": count("Open notifications."), "pauses": list(reference("Pause")),
            "corporations": list(reference("CorporationOverview")),
            "under_way": by_name("Attempts under way, by provider.", count("How many."))
        })),
        "CorporationOverview": object("One corporation.", &["corporation", "open", "states", "tasks", "held"], corporation),
        "OperatorList": object("A page.", &["notifications"], json!({
            "notifications": list(reference("OperatorRow")), "next": super::senders::notification_id()
        })),
        "OperatorRow": object("An open notification.", &["id", "corporation", "flow", "state", "accepted_at"], json!({
            "id": super::senders::notification_id(), "corporation": text("Name in the configuration."), "flow": text("Its flow."),
            "state": reference("State"), "accepted_at": instant("When."), "list": text("For a task: its list."),
            "next_at": instant("When it is decided again at the latest.")
        }))
    })
}

/// Either everything, said, or at least one part.
fn scope(about: &str, parts: &str) -> Value {
    json!({ "description": about, "oneOf": [reference("Everything"), reference(parts)] })
}

/// At least one of the parts.
fn some(parts: Value) -> Value {
    let mut some = strict("At least one of these.", &[], parts);
    some["minProperties"] = 1.into();
    some
}
