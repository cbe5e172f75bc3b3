//! Owns the description of households and groups. Refuses to describe the notifications of addressees: those
//! are like every other.

use serde_json::{Value, json};

use super::parts::Op;
use super::shapes::{ID, SEEN_LINE, notification_id};

const PUT: &str = "A household or a contract with its people, whole. Answered when it is durable, at each of its people too. Who stands there is told by \
                   what is sent to the household; nobody is told by guess. docs/households.md describes it.";
const GROUP: &str = "One notification to a household, explained as one: who was told and why, who was not and why not, where each part stands. It is \
                     told as the household was when it was accepted.";

pub(super) fn operations() -> Vec<Op> {
    vec![put_household(), get_household(), get_group()]
}

fn household(op: Op) -> Op {
    let number = json!({ "type": "string", "minLength": 1, "maxLength": 63, "pattern": SEEN_LINE, "example": "C-77" });
    op.path_part(
        "id",
        "The corporation's own number for the household or the contract.",
        &number,
    )
}

fn put_household() -> Op {
    household(Op::new("put", "/v1/households/{id}", "putHousehold", "tenants", "Store who is in a household"))
        .about(PUT)
        .takes_json("GivenHousehold", &json!({ "members": [
            { "tenant_id": "H-1001", "role": "tenant" },
            { "tenant_id": "H-1002", "role": "joint_tenant", "from": "2024-05-01" },
            { "tenant_id": "BWI-7", "role": "bewindvoerder", "represents": ["H-1002"] }
        ] }))
        .gives_json(200, "Durable.", "HouseholdStored", &json!({
            "household_id": "C-77", "result": "new", "told_now": told_now(), "not_told_now": not_told()
        }))
        .reads()
        .asks()
        .fails(&[(429, "day_full"), (503, "disk_nearly_full"), (503, "stopping")])
}

fn get_household() -> Op {
    household(Op::new("get", "/v1/households/{id}", "getHousehold", "tenants", "Who is in a household"))
        .gives_json(200, "Its people, and who would be told now.", "Household", &json!({
            "household_id": "C-77", "open_groups": [ID], "told_now": told_now(), "not_told_now": not_told(),
            "members": [{ "tenant_id": "H-1001", "role": "tenant", "deceased": false }]
        }))
        .asks()
        .fails(&[(404, "not_found"), (422, "invalid")])
}

fn get_group() -> Op {
    Op::new("get", "/v1/groups/{id}", "getGroup", "notifications", "A notification to a household, as one")
        .about(GROUP)
        .path_part("id", "The id that the notification to the household got.", &notification_id())
        .in_a_language()
        .gives_json(200, "As of everything accepted before.", "Group", &json!({
            "id": ID, "household_id": "C-77", "flow": { "name": "storno", "version": 2 }, "category": "collection",
            "subject": { "kind": "invoice", "id": "F-2026-0118" }, "accepted_at": "2026-02-02T08:00:00Z", "state": "open", "answered": "all",
            "told": [{ "tenant_id": "H-1001", "role": "tenant", "id": ID, "state": "sent" }],
            "not_told": not_told(), "history": [], "language": "en",
            "short": "Household 'C-77' is told through H-1001 (tenant). Still open: 1 of 1 messages.",
            "why": "Household 'C-77' was told through H-1001 (tenant): sent."
        }))
        .asks()
        .fails(&[
            (404, "not_found"),
            (410, "no_longer_kept"),
            (429, "too_many_reads"),
            (500, "archive_unreadable"),
            (500, "journal_unreadable"),
            (503, "archive_away"),
        ])
}

fn told_now() -> Value {
    json!([{ "tenant_id": "BWI-7", "role": "bewindvoerder", "on_behalf_of": ["H-1002"] }, { "tenant_id": "H-1001", "role": "tenant" }])
}

fn not_told() -> Value {
    json!([{ "tenant_id": "H-1002", "role": "joint_tenant", "why": "represented", "by": "BWI-7" }])
}
