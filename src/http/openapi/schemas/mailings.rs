//! Owns the parts of mailings.

use serde_json::{Value, json};

use super::super::parts::reference;
use super::super::shapes::{
    count, instant, list, mailing_id, notification_id, object, or_null, plain, strict, text, truth,
    word,
};

pub(super) fn all() -> [(&'static str, Value); 24] {
    [
        ("NewMailing", new_mailing()),
        ("MailingCorrection", correction()),
        ("MailingStep", mailing_step()),
        ("MailingChoice", choice()),
        ("MailingSelection", selection()),
        ("MailingUndecided", undecided()),
        ("MailingApproval", approval()),
        ("MailingTerms", terms()),
        ("Mailing", mailing()),
        ("MailingSaid", said()),
        ("MailingFields", fields()),
        ("MailingLane", lane()),
        ("MailingAffected", affected()),
        ("MailingCounts", counts()),
        ("MailingCorrected", corrected()),
        ("MailingRefused", refused()),
        ("MailingRepeat", repeat()),
        ("MailingProgress", progress()),
        ("MailingList", mailing_list()),
        ("MailingRows", rows()),
        ("MailingPreview", preview()),
        ("MailingSample", sample()),
        ("MailingMessage", message()),
        ("MailingAccountRow", account_row()),
    ]
}

fn by() -> Value {
    plain(1, 200, "Who, as they name themselves.")
}

fn frame() -> Value {
    json!({
        "name": plain(1, 200, "What people call it."), "flow": word(64), "category": word(64), "environment": reference("Environment"),
        "priority": or_null(reference("MailingLane")),
        "data": or_null(reference("MailingFields")),
        "by": by()
    })
}

const FRAME: [&str; 5] = ["name", "flow", "category", "environment", "by"];

fn new_mailing() -> Value {
    strict("A mailing to be made.", &FRAME, frame())
}

fn correction() -> Value {
    let mut parts = frame();
    parts["affected"] = reference("MailingAffected");
    parts["keep_data"] = or_null(truth(
        "Whether rows keep their own fields, where the new mailing does not say them.",
    ));
    let required = [&FRAME[..], &["affected"]].concat();
    strict("A mailing to those who are affected.", &required, parts)
}

fn mailing_step() -> Value {
    strict("Who does it.", &["by"], json!({ "by": by() }))
}

fn choice() -> Value {
    let parts = json!({ "by": by(), "when": text("A condition over what is known of a tenant.") });
    strict("By what tenants are chosen.", &["when", "by"], parts)
}

fn selection() -> Value {
    let parts = json!({
        "when": text("The condition."), "state": text("`running`, `done` or `failed`."), "percent": count("How far it is."),
        "looked_at": count("Tenants that were looked at."), "chosen": count("Those for whom it holds: the rows."),
        "undecided": count("Those for whom it is unknown: they are no rows."),
        "not_loaded": count("Those whom nobody loaded, who are known from facts alone: they are no rows."),
        "at": instant("The instant that counted."), "failed": text("Why it did not come to its end: the rows are as they were.")
    });
    object(
        "By what the rows of a mailing are chosen, and how far that is.",
        &[
            "when",
            "state",
            "percent",
            "looked_at",
            "chosen",
            "undecided",
        ],
        parts,
    )
}

fn undecided() -> Value {
    let parts = json!({
        "tenant_id": or_null(text("Whose; null: the tenant was erased.")),
        "lacks": list(text("What is not known of him: a path, as the condition names it."))
    });
    object("One for whom the condition was unknown.", &["lacks"], parts)
}

fn approval() -> Value {
    strict(
        "Who approves what.",
        &["by", "checksum"],
        json!({ "by": by(), "checksum": text("That of the preview.") }),
    )
}

fn terms() -> Value {
    let number = |description: &str, most: u32| json!({ "type": ["integer", "null"], "minimum": 0, "maximum": most, "description": description });
    let mut per_minute = number(
        "Rows a minute; without it as fast as they are taken.",
        1_000_000,
    );
    per_minute["minimum"] = 1.into();
    let windows = json!({
        "type": ["array", "null"], "maxItems": 14,
        "items": { "type": "string", "example": "mon-fri 09:00-17:00", "description": "Days and hours in the Netherlands." },
        "description": "When; without any at all times."
    });
    let parts = json!({
        "by": by(), "per_minute": per_minute, "windows": windows,
        "stop_percent": number("It pauses when more than so many percent bounced or were refused; 10 when it is left out, and 100 never.", 100),
        "stop_after": number("How many rows must have been tried or refused before that is looked at; 100 when it is left out.", u32::MAX)
    });
    strict("How rows are handed over.", &["by"], parts)
}

fn said() -> Value {
    let parts = json!({ "by": text("Who."), "at": instant("When.") });
    object("Somebody did something.", &["by", "at"], parts)
}

fn fields() -> Value {
    json!({ "type": "object", "additionalProperties": true, "description": "Fields that the flow's templates and rules read." })
}

fn lane() -> Value {
    json!({ "type": "string", "enum": ["normal", "bulk"], "description": "The lane." })
}

fn affected() -> Value {
    json!({
        "type": "string", "enum": ["left", "not_left", "bounced", "all"], "description": "Which rows."
    })
}

fn counts() -> Value {
    let parts = json!({
        "count": count("Rows that were taken."), "checksum": text("What is approved."), "rejected": count("Rows that were not."),
        "repeated": count("Rows that stood there already."), "brought": reference("MailingSaid")
    });
    object(
        "The rows of a mailing.",
        &["count", "checksum", "rejected", "repeated"],
        parts,
    )
}

fn corrected() -> Value {
    let parts = json!({ "mailing": mailing_id(), "affected": text("Which of its rows.") });
    object(
        "The mailing that another one corrects.",
        &["mailing", "affected"],
        parts,
    )
}

fn refused() -> Value {
    json!({
        "type": "object", "additionalProperties": { "type": "integer", "minimum": 0 },
        "description": "Rows that could not be handed over, by code."
    })
}

fn repeat() -> Value {
    let parts = json!({
        "line": count("Line that it begins on."), "tenant_id": text("Whose."), "first": count("Line on which the same stands already.")
    });
    object(
        "A row that stood there already.",
        &["line", "tenant_id", "first"],
        parts,
    )
}

fn mailing() -> Value {
    let required = [
        "id",
        "name",
        "flow",
        "category",
        "environment",
        "priority",
        "data",
        "stage",
        "made",
    ];
    let parts = json!({
        "id": mailing_id(), "name": text("What people call it."), "flow": text("Its flow."), "category": text("Its category."),
        "environment": text("The world that its list comes from."), "priority": text("Its lane."),
        "data": reference("MailingFields"),
        "stage": text("`draft`, `approved`, `running`, `paused`, `stopping`, `stopped` or `done`."),
        "made": reference("MailingSaid"), "corrects": reference("MailingCorrected"),
        "rows": reference("MailingCounts"), "selection": reference("MailingSelection"),
        "approved": reference("MailingSaid"), "released": reference("MailingSaid"),
        "terms": json!({ "type": "object", "additionalProperties": true, "description": "How rows are handed over." }),
        "paused_for": text("`person`; `share`: too many bounces and refusals; `flow`: no more the one that was approved; `damage`: its files cannot be used."),
        "opens_at": instant("When rows go on, while it runs and none of its windows is open."),
        "turned": reference("MailingSaid"), "ended_at": instant("When it was stopped or done."), "progress": reference("MailingProgress"),
        "short": text("How it stands and how far it is, in a sentence or two, where one mailing was asked for."),
        "why": text("Who did what with it, on which terms, and what became of its rows."),
        "language": text("In which language that is told: `en` or `nl`.")
    });
    object("A mailing.", &required, parts)
}

fn progress() -> Value {
    let parts = json!({
        "rows": count("All."), "admitted": count("There is a notification."), "refused": reference("MailingRefused"), "left": count("Not handed over yet."),
        "open": count("The notification is open."), "ended": count("It ended."), "taken": count("A provider has taken a message."),
        "delivered": count("One arrived."), "bounced": count("One was refused or came back."),
        "in_doubt": count("Nobody knows whether one was taken."), "under_way": count("An attempt is under way."),
        "with_people": count("People were asked."),
        "reconciled": truth("Whether every row has come to its end: handed over or accounted for, and its notification ended.")
    });
    object(
        "How many rows are how far. A row may be counted in several of them.",
        &[
            "rows",
            "admitted",
            "refused",
            "left",
            "open",
            "ended",
            "reconciled",
        ],
        parts,
    )
}

fn mailing_list() -> Value {
    let parts = json!({ "mailings": list(reference("Mailing")) });
    object("Mailings.", &["mailings"], parts)
}

fn rows() -> Value {
    let required = [
        "mailing",
        "rows",
        "taken",
        "rejected",
        "repeated",
        "rejections",
        "repeats",
    ];
    let parts = json!({
        "mailing": reference("Mailing"), "rows": count("Rows of the list."), "taken": count("Kept."), "rejected": count("Not kept."),
        "repeated": count("Told once."), "rejections": list(reference("ListRow")),
        "repeats": list(reference("MailingRepeat")),
        "notes": list(reference("FieldProblem"))
    });
    object("What became of a list of rows.", &required, parts)
}

fn preview() -> Value {
    let parts = json!({ "checksum": or_null(text("What is approved; null without rows.")), "rows": list(reference("MailingSample")) });
    object("Some rows.", &["checksum", "rows"], parts)
}

fn sample() -> Value {
    let parts = json!({
        "line": count("Line of the list."), "tenant_id": text("Whose."), "is_known": truth("Whether the tenant was loaded."),
        "data": reference("MailingFields"),
        "messages": list(reference("MailingMessage"))
    });
    object(
        "A row, and what it says.",
        &["line", "tenant_id", "is_known", "data", "messages"],
        parts,
    )
}

fn message() -> Value {
    let parts = json!({
        "step": text("The flow's step."), "channel": text("The channel."), "subject": text("Of a mail."), "text": text("The text."),
        "html": text("The same, where the template has it."), "problem": text("Why it cannot be said over this channel.")
    });
    object(
        "What a step says over a channel.",
        &["step", "channel"],
        parts,
    )
}

fn account_row() -> Value {
    let parts = json!({
        "row": count("Its number, from 1."), "line": or_null(count("Line of the list; null: it cannot be read any more.")),
        "tenant_id": or_null(text("Whose; null: the tenant was erased.")), "left": text("Whether a message left: `no`, `perhaps`, `yes`."),
        "outcome": text("`not_handed_over`, `refused`, `open`, `taken`, `delivered`, `bounced`, `in_doubt` or `ended_unsent`."),
        "reason": text("Why it was refused."), "id": notification_id()
    });
    object("A row of the account.", &["row", "left", "outcome"], parts)
}
