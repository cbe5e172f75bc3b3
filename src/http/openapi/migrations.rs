//! Owns the description of migrations. Refuses to describe an answer's parts: `schemas` does.

use serde_json::{Value, json};

use super::parts::Op;
use super::shapes::{mailing_id, word};

const MAKE: &str = "Looks at everything open of the flow that runs by another definition than the one that new notifications get, and counts, by version \
                    and step, how many would move and how many would stay, and why. Nothing moves. When it is `checked`, its `checksum` \
                    begins it.";
const BEGIN: &str = "Moves what fits: what stands at a step that the newer definition has, too, by the same name and of a compatible kind. Waits keep \
                     their time, tasks stay with their people. What has an attempt under way moves when its outcome is known.";
const CANCEL: &str = "No more move. What has moved stays where it is.";

pub(super) fn operations() -> Vec<Op> {
    let by = json!({ "by": "Anna Kok" });
    vec![
        Op::new(
            "post",
            "/v1/flows/{name}/migrations",
            "checkMigration",
            "operation",
            "See what a migration would move",
        )
        .about(MAKE)
        .path_part("name", "The flow.", &word(64))
        .takes_json("NewMigration", &json!({ "to": "latest", "by": "Anna Kok" }))
        .gives_json(201, "It looks.", "Migration", &a_migration())
        .fails(&[
            (422, "unknown_flow"),
            (409, "not_current"),
            (409, "migration_under_way"),
            (422, "invalid"),
        ]),
        Op::new(
            "get",
            "/v1/migrations",
            "listMigrations",
            "operation",
            "Migrations",
        )
        .gives_json(
            200,
            "The newest first.",
            "MigrationList",
            &json!({ "migrations": [a_migration()] }),
        ),
        one(
            "get",
            "/v1/migrations/{id}",
            "getMigration",
            "How far a migration is",
        ),
        one(
            "post",
            "/v1/migrations/{id}/begin",
            "beginMigration",
            "Move what was shown",
        )
        .about(BEGIN)
        .takes_json(
            "MigrationBegin",
            &json!({ "by": "Anna Kok", "checksum": SUM }),
        )
        .fails(&[
            (409, "wrong_stage"),
            (409, "not_shown"),
            (409, "flow_changed"),
            (409, "migration_under_way"),
            (422, "invalid"),
        ]),
        one(
            "post",
            "/v1/migrations/{id}/cancel",
            "cancelMigration",
            "Move no more",
        )
        .about(CANCEL)
        .takes_json("MigrationStep", &by)
        .fails(&[(409, "wrong_stage"), (422, "invalid")]),
    ]
}

fn one(method: &'static str, path: &'static str, id: &'static str, summary: &'static str) -> Op {
    Op::new(method, path, id, "operation", summary)
        .path_part("id", "The number of the migration.", &mailing_id())
        .gives_json(200, "The migration.", "Migration", &a_migration())
        .fails(&[(404, "not_found")])
}

const SUM: &str = "9f3c1f0a52d84f7e9be0c3f8a6d1b2c4";

fn a_migration() -> Value {
    json!({
        "id": "9f86d081884c7d659a2feaa0c55ad015", "flow": "storno", "to_version": 3, "stage": "checked", "made_by": "Anna Kok",
        "made_at": "2026-02-02T08:00:00Z", "checksum": SUM, "would_move": 812, "moved": 0, "gone": 0, "passes": 1,
        "shown": [
            { "version": 2, "step": "mail", "moves": 812, "under_way": 0, "stays": {} },
            { "version": 2, "step": "sms", "moves": 0, "under_way": 0, "stays": { "no_such_step": 1 } }
        ],
        "left": [],
        "stayed": [{
            "id": "0003019c1d4a6000a1b2c3d4e5f60718", "step": "sms", "why": "no_such_step", "text": "the new version has no step of this name"
        }]
    })
}
