//! Owns the parts of migrations.

use serde_json::{Value, json};

use super::super::parts::reference;
use super::super::shapes::{
    count, instant, list, mailing_id, notification_id, object, or_null, plain, strict, text,
};

pub(super) fn all() -> [(&'static str, Value); 8] {
    [
        ("NewMigration", new()),
        ("MigrationBegin", begin()),
        ("MigrationStep", step()),
        ("Migration", migration()),
        ("MigrationList", migrations()),
        ("MigrationPlace", place()),
        ("MigrationStays", stays()),
        ("MigrationStayed", stayed()),
    ]
}

fn by() -> Value {
    plain(1, 200, "Who, as they name themselves.")
}

fn checksum() -> Value {
    plain(1, 64, "Of what was shown.")
}

fn new() -> Value {
    strict(
        "A migration to look at.",
        &["to", "by"],
        json!({
            "to": plain(1, 20, "`latest`, or the number of the version that new notifications get."), "by": by()
        }),
    )
}

fn begin() -> Value {
    strict(
        "The order to move what was shown.",
        &["by", "checksum"],
        json!({ "by": by(), "checksum": checksum() }),
    )
}

fn step() -> Value {
    strict("Who does it.", &["by"], json!({ "by": by() }))
}

fn migrations() -> Value {
    object(
        "The migrations of the corporation.",
        &["migrations"],
        json!({ "migrations": list(reference("Migration")) }),
    )
}

fn migration() -> Value {
    object(
        "A migration, and how far it is.",
        &[
            "id",
            "flow",
            "to_version",
            "stage",
            "made_by",
            "made_at",
            "would_move",
            "moved",
            "gone",
            "passes",
            "shown",
            "left",
            "stayed",
        ],
        json!({
            "id": mailing_id(), "flow": text("The flow."), "to_version": count("The version to which it moves."),
            "stage": text("`checking`, `checked`, `running`, `done` or `cancelled`; more may come."),
            "made_by": text("Who asked for it."), "made_at": instant("When."),
            "begun_by": text("Who began it."), "begun_at": instant("When."),
            "ended_by": text("Who stopped it; or the engine, when everything was asked."), "ended_at": instant("When."),
            "checksum": text("Of what was shown: it begins the migration. Absent while it looks."),
            "would_move": count("How many would move, of what was shown."), "moved": count("How many have moved."),
            "gone": count("How many ended before they could move."), "passes": count("How often everything open was looked at."),
            "shown": list(reference("MigrationPlace")), "left": list(reference("MigrationPlace")),
            "stayed": list(reference("MigrationStayed"))
        }),
    )
}

fn place() -> Value {
    object(
        "What stands at one step of one version.",
        &["version", "step", "moves", "under_way", "stays"],
        json!({
            "version": count("The version by which it runs."), "step": or_null(text("The step; null: its flow has not begun.")),
            "moves": count("How many move."), "under_way": count("How many move when the outcome of an attempt is known."),
            "stays": reference("MigrationStays")
        }),
    )
}

fn stays() -> Value {
    json!({
        "type": "object",
        "description": "How many stay, by why: `no_such_step`, `other_kind_of_step`, `in_doubt`, `no_closing`, `lacks_data`; more may come.",
        "additionalProperties": count("How many.")
    })
}

fn stayed() -> Value {
    object(
        "One that stays. The first hundred are named.",
        &["id", "step", "why", "text"],
        json!({
            "id": notification_id(), "step": or_null(text("The step at which it stands.")), "why": text("The code of why."),
            "text": text("Why, in words.")
        }),
    )
}
