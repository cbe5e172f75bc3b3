//! Owns what households and groups are made of.

use serde_json::{Value, json};

use super::super::parts::reference;
use super::super::shapes::{
    instant, list, notification_id, object, or_null, plain, strict, text, truth,
};

pub(super) fn all() -> [(&'static str, Value); 12] {
    [
        ("GivenHousehold", given_household()),
        ("GivenMember", given_member()),
        ("MemberRole", member_role()),
        ("HouseholdStored", household_stored()),
        ("Household", household()),
        ("Member", member()),
        ("Told", told()),
        ("NotTold", not_told()),
        ("AcceptedGroup", accepted_group()),
        ("Group", group()),
        ("GroupPart", group_part()),
        ("OfGroup", of_group()),
    ]
}

fn given_household() -> Value {
    strict(
        "The people of a household or a contract, whole.",
        &["members"],
        json!({ "members": { "type": "array", "maxItems": 32, "items": reference("GivenMember") } }),
    )
}

fn given_member() -> Value {
    let day = |text: &str| or_null(plain(1, 40, text));
    strict(
        "One person in one role.",
        &["tenant_id", "role"],
        json!({
            "tenant_id": plain(1, 64, "The corporation's own number for the person, who has a profile of his own under it."),
            "role": reference("MemberRole"),
            "from": day("The first day, such as `2026-11-01`, or an instant."),
            "until": day("The last day, or the instant at which it is over."),
            "deceased": or_null(truth("Whether he has died.")),
            "represents": or_null(json!({ "type": "array", "maxItems": 32, "items": plain(1, 64, "A member."), "description": "Whom a representative represents." })),
            "told": or_null(json!({
                "type": "string", "enum": ["instead", "as_well"],
                "description": "Of a representative: whether he is told instead of them. Left out: `instead` for bewindvoerder and curator, else `as_well`."
            }))
        }),
    )
}

fn member_role() -> Value {
    json!({
        "type": "string", "description": "What somebody is in a household.",
        "enum": ["tenant", "joint_tenant", "resident", "child", "parent", "neighbour", "contact", "bewindvoerder", "curator", "mentor", "gemachtigde"]
    })
}

fn household_stored() -> Value {
    object(
        "A household was stored.",
        &["household_id", "result", "told_now", "not_told_now"],
        json!({
            "household_id": text("Its number."), "result": text("`new`, `changed` or `same`."),
            "told_now": list(reference("Told")), "not_told_now": list(reference("NotTold"))
        }),
    )
}

fn household() -> Value {
    object(
        "A household, and who would be told now.",
        &[
            "household_id",
            "members",
            "told_now",
            "not_told_now",
            "open_groups",
        ],
        json!({
            "household_id": text("Its number."), "members": list(reference("Member")),
            "told_now": list(reference("Told")), "not_told_now": list(reference("NotTold")),
            "open_groups": list(notification_id())
        }),
    )
}

fn member() -> Value {
    object(
        "One person in one role.",
        &["tenant_id", "role", "deceased"],
        json!({
            "tenant_id": text("Who."), "role": text("As it was given; more may come."), "from": instant("From then on."),
            "until": instant("Until then, that instant excluded."), "deceased": truth("Whether he has died."),
            "represents": list(text("Whom he represents.")), "told": text("`instead` or `as_well`.")
        }),
    )
}

fn told() -> Value {
    object(
        "Somebody who is told.",
        &["tenant_id", "role"],
        json!({
            "tenant_id": text("Who."), "role": text("In which role."), "on_behalf_of": list(text("Whom he is told for.")),
            "id": notification_id()
        }),
    )
}

fn not_told() -> Value {
    object(
        "Somebody who is not told.",
        &["tenant_id", "role", "why"],
        json!({
            "tenant_id": text("Who."), "role": text("His role."),
            "why": text("`role_not_told`, `deceased`, `not_yet`, `left`, `represented` or `represents_nobody_told`; more may come."),
            "by": text("Who is told instead.")
        }),
    )
}

fn accepted_group() -> Value {
    object(
        "Whom a notification to a household is for.",
        &["told", "not_told"],
        json!({ "told": list(reference("Told")), "not_told": list(reference("NotTold")) }),
    )
}

fn group() -> Value {
    object(
        "A notification to a household, as one.",
        &[
            "id",
            "household_id",
            "category",
            "accepted_at",
            "state",
            "answered",
            "told",
            "not_told",
            "history",
            "short",
            "why",
            "language",
        ],
        json!({
            "id": notification_id(), "household_id": text("Which household."), "flow": or_null(reference("FlowName")),
            "category": text("Its category."), "subject": reference("Subject"), "accepted_at": instant("When."),
            "state": text("`open` or `ended`."), "end": text("Name of the end state, once ended."),
            "answered": text("`all`: what one answers is the answer of all. `each`."),
            "told": list(reference("GroupPart")), "not_told": list(reference("NotTold")),
            "stopped": {
                "type": "object", "description": "Why the rest was stopped.", "required": ["end"],
                "properties": { "end": text("Under which end."), "by": text("Whose part brought it about; absent: it was cancelled.") }
            },
            "history": list(reference("TimelineRow")),
            "short": text("Whom it tells and how far it is, in a few sentences."), "why": text("Whom, why, and why not the others."),
            "language": text("In which language it is told: `en` or `nl`.")
        }),
    )
}

fn group_part() -> Value {
    object(
        "One part of a group.",
        &["tenant_id", "role", "id", "state"],
        json!({
            "tenant_id": text("Who."), "role": text("In which role."), "on_behalf_of": list(text("Whom he is told for.")),
            "id": notification_id(),
            "state": text("As of a notification; `on_its_way` until his tenant has it, `erased` when nothing is kept of him."),
            "end": text("Name of the end state, once ended.")
        }),
    )
}

fn of_group() -> Value {
    object(
        "The group that a notification is a part of.",
        &["id", "household_id", "others"],
        json!({
            "id": notification_id(), "household_id": text("Which household."),
            "others": list(reference("Told"))
        }),
    )
}
