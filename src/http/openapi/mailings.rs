//! Owns the description of mailings. Refuses to describe an answer's parts: `schemas` does.

use serde_json::{Value, json};

use super::parts::{BYTES, NOT_BLANK, Op, bytes};
use super::shapes::{ID, SEEN_LINE, mailing_id};

const MAKE: &str = "A draft without rows. A mailing never is urgent: `priority` is `bulk` (when it is left out) or `normal`.";
const ROWS: &str = "A list, CSV or NDJSON, in the place of the rows that the draft has. Each row is held against the flow's `[input]`: \
                    those that fit are kept, the others are listed with line, field, value and what was expected. A tenant who stands \
                    there twice is told once. A list of which nothing was taken is 422 `nothing_taken`, with the report. \
                    docs/mailings.md describes it.";
const SELECT: &str = "Every tenant of the corporation is looked at. Those for whom the condition holds become the rows of the draft, in the place \
                      of those that it has; then they are as those of a list. Those for whom it is unknown are counted, and listed apart. \
                      docs/mailings.md describes conditions.";
const RELEASE: &str = "From now on rows are handed over, in order, at this pace and within these windows. It pauses by itself when more than \
                       `stop_percent` of what was tried bounced or was refused.";
const STOP: &str = "No more rows, and every notification of it that is open is cancelled. When it is `stopped`, the account says of each row \
                    whether a message left.";
const ACCOUNT: &str = "A line a row, in the order of the list: whether it was handed over, whether a message left, and what became of it.";
const CORRECT: &str = "A new draft whose rows are exactly those that are affected: `left`, those of which a message left or may have; \
                       `not_left`, the others; `bounced`; `all`.";

pub(super) fn operations() -> Vec<Op> {
    vec![
        make(),
        list(),
        get(),
        upload(),
        select(),
        undecided(),
        preview(),
        approve(),
        release(),
        step(
            "/v1/mailings/{id}/pause",
            "pauseMailing",
            "Hand over no more rows for now",
        )
        .takes_json("MailingStep", &json!({ "by": "Bea de Wit" })),
        resume(),
        step(
            "/v1/mailings/{id}/stop",
            "stopMailing",
            "Stop, and say exactly what had gone",
        )
        .about(STOP)
        .takes_json("MailingStep", &json!({ "by": "Bea de Wit" })),
        account(),
        correct(),
        step(
            "/v1/mailings/{id}/remove",
            "removeMailing",
            "Remove with its rows",
        )
        .about("One that never began, or has ended. Its notifications stay as they are.")
        .takes_json("MailingStep", &json!({ "by": "Bea de Wit" })),
    ]
}

fn a_frame() -> Value {
    json!({
        "name": "Onderhoud Rivierenwijk", "flow": "notice", "category": "repairs", "environment": "production",
        "data": { "title": "Onderhoud aan de lift" }, "by": "Anna Kok"
    })
}

fn a_mailing() -> Value {
    json!({
        "id": "9f86d081884c7d659a2feaa0c55ad015", "name": "Onderhoud Rivierenwijk", "flow": "notice", "category": "repairs",
        "environment": "production", "priority": "bulk", "data": { "title": "Onderhoud aan de lift" }, "stage": "draft",
        "made": { "by": "Anna Kok", "at": "2026-02-02T08:00:00Z" }
    })
}

fn a_report() -> Value {
    json!({ "mailing": a_mailing(), "rows": 1, "taken": 1, "rejected": 0, "repeated": 0, "rejections": [], "repeats": [] })
}

fn op(method: &'static str, path: &'static str, id: &'static str, summary: &'static str) -> Op {
    Op::new(method, path, id, "mailings", summary)
}

/// One that is told what it became.
fn step(path: &'static str, id: &'static str, summary: &'static str) -> Op {
    of_one(op("post", path, id, summary))
        .gives_json(200, "Durable.", "Mailing", &a_mailing())
        .reads()
        .fails(&[(409, "wrong_stage")])
}

fn of_one(op: Op) -> Op {
    op.path_part("id", "The mailing.", &mailing_id())
        .fails(&[(404, "not_found"), (500, "mailing_unreadable")])
}

fn make() -> Op {
    op("post", "/v1/mailings", "makeMailing", "Make a draft")
        .about(MAKE)
        .takes_json("NewMailing", &a_frame())
        .gives_json(201, "Durable.", "Mailing", &a_mailing())
        .reads()
        .fails(&[
            (409, "too_many_mailings"),
            (422, "unknown_flow"),
            (500, "mailing_unreadable"),
        ])
}

fn list() -> Op {
    op("get", "/v1/mailings", "listMailings", "All mailings").gives_json(
        200,
        "The newest first.",
        "MailingList",
        &json!({ "mailings": [a_mailing()] }),
    )
}

fn get() -> Op {
    of_one(op(
        "get",
        "/v1/mailings/{id}",
        "getMailing",
        "How far a mailing is",
    ))
    .in_a_language()
    .gives_json(200, "As it stands.", "Mailing", &a_mailing())
}

fn select() -> Op {
    of_one(op(
        "post",
        "/v1/mailings/{id}/select",
        "selectMailingTenants",
        "Choose its tenants by a condition",
    ))
    .about(SELECT)
    .takes_json(
        "MailingChoice",
        &json!({ "when": "facts.segment.name == 'noord' && tenant.reached_by_email", "by": "Anna Kok" }),
    )
    .gives_json(202, "It has begun: `selection` says how far it is.", "Mailing", &a_mailing())
    .reads()
    .fails(&[(409, "wrong_stage"), (409, "selecting")])
}

fn undecided() -> Op {
    let line = json!({ "tenant_id": "H-1001", "lacks": ["facts.segment.name"] });
    of_one(op(
        "get",
        "/v1/mailings/{id}/undecided",
        "getMailingUndecided",
        "Those for whom the condition was unknown",
    ))
    .about("A line a tenant, with what is not known of him. They are no rows of the mailing.")
    .gives_lines(
        200,
        "As they were when they were looked at.",
        "MailingUndecided",
        &[line],
    )
}

fn upload() -> Op {
    let csv = "huurdernummer;title;text\nH-1001;Onderhoud;Wij komen langs.\n";
    let row = "{\"tenant_id\":\"H-1001\",\"data\":{\"text\":\"Wij komen langs.\"}}\n";
    let text = |description: &str| json!({ "type": "string", "pattern": NOT_BLANK, "description": description });
    let who = json!({ "type": "string", "minLength": 1, "maxLength": 200, "pattern": SEEN_LINE, "example": "Anna Kok" });
    of_one(op(
        "post",
        "/v1/mailings/{id}/rows",
        "uploadMailingRows",
        "Bring its rows",
    ))
    .about(ROWS)
    .needs("by", "Who brings them.", &who)
    .takes(
        &[
            (
                "text/csv",
                text("A header, then a row a tenant."),
                csv.into(),
            ),
            ("application/x-ndjson", text("A row a line."), row.into()),
            (BYTES, bytes("CSV or NDJSON."), csv.into()),
        ],
        true,
    )
    .gives_json(200, "Durable.", "MailingRows", &a_report())
    .fails(&[
        (409, "wrong_stage"),
        (422, "invalid"),
        (422, "nothing_taken"),
        (422, "unknown_flow"),
    ])
}

fn preview() -> Op {
    let rows = json!({ "type": "integer", "minimum": 1, "maximum": 20, "default": 3 });
    of_one(op(
        "get",
        "/v1/mailings/{id}/preview",
        "previewMailing",
        "What some of its rows say, per channel",
    ))
    .about("Rows spread over the list. `checksum` is what is approved.")
    .query("rows", "How many.", &rows)
    .gives_json(
        200,
        "Rendered as they would be sent.",
        "MailingPreview",
        &json!({ "checksum": "af13…", "rows": [{
            "line": 2, "tenant_id": "H-1001", "is_known": true, "data": { "title": "Onderhoud" },
            "messages": [{ "step": "first", "channel": "sms", "text": "Onderhoud: wij komen langs." }]
        }] }),
    )
    .asks()
}

fn approve() -> Op {
    step("/v1/mailings/{id}/approve", "approveMailing", "Approve it, as a second person")
        .about("Whoever made the mailing or brought its rows cannot approve it. `checksum` is that of the preview.")
        .takes_json("MailingApproval", &json!({ "by": "Bea de Wit", "checksum": "af13…" }))
        .fails(&[(409, "same_person"), (409, "rows_changed"), (409, "no_rows"), (422, "unknown_flow")])
}

fn terms() -> Value {
    json!({
        "by": "Bea de Wit", "per_minute": 600, "windows": ["mon-fri 09:00-17:00"], "stop_percent": 5, "stop_after": 200
    })
}

fn release() -> Op {
    step(
        "/v1/mailings/{id}/release",
        "releaseMailing",
        "Begin to hand rows over",
    )
    .about(RELEASE)
    .takes_json("MailingTerms", &terms())
    .fails(&[(409, "too_many_running")])
}

fn resume() -> Op {
    step(
        "/v1/mailings/{id}/resume",
        "resumeMailing",
        "Go on, perhaps on other terms",
    )
    .about("Terms that are said take the place of all earlier ones; with none, those stay.")
    .takes_json("MailingTerms", &terms())
}

fn account() -> Op {
    let line = json!({
        "row": 1, "line": 2, "tenant_id": "H-1001", "left": "yes", "outcome": "delivered", "id": ID
    });
    of_one(op(
        "get",
        "/v1/mailings/{id}/account",
        "getMailingAccount",
        "What became of each row",
    ))
    .about(ACCOUNT)
    .gives_lines(200, "A line a row.", "MailingAccountRow", &[line])
}

fn correct() -> Op {
    let mut frame = a_frame();
    frame["affected"] = "left".into();
    frame["keep_data"] = true.into();
    of_one(op(
        "post",
        "/v1/mailings/{id}/corrections",
        "correctMailing",
        "Make a mailing to those who are affected",
    ))
    .about(CORRECT)
    .takes_json("MailingCorrection", &frame)
    .gives_json(201, "Durable.", "MailingRows", &a_report())
    .reads()
    .fails(&[
        (409, "nobody_affected"),
        (409, "too_many_mailings"),
        (422, "nothing_taken"),
        (422, "unknown_flow"),
    ])
}
