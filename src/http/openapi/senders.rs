//! Owns the description of what internal systems call: notifications, cancellations, tenants,
//! facts. Refuses to describe an answer's parts: `schemas` does.

use serde_json::{Value, json};

use super::parts::{BYTES, NOT_BLANK, Op, bytes, reference};
use super::shapes::{
    ID, SEEN_LINE, notification_id, notification_id_or_empty, open_state, storno_data,
};

const ADMITTED: &[(u16, &str)] = &[
    (422, "unknown_flow"),
    (422, "unknown_household"),
    (422, "nobody_to_tell"),
    (409, "idempotency_conflict"),
    (429, "share_full"),
    (429, "tenant_full"),
    (429, "too_fast"),
    (429, "day_full"),
    (503, "busy"),
    (503, "disk_nearly_full"),
    (503, "engine_full"),
    (503, "stopping"),
];

const ROWS: &str = "One notification a line, at most 50,000 lines. Every row gets its own verdict in the same order; bad rows fail alone. \
                    The answer comes when every accepted row is durable.";
const LIST: &str = "A whole list, CSV (`;` or `,`, a header with Dutch or English names) or NDJSON. Idempotent: what is the same stays. \
                    An address that cannot be used is left out with a warning; a row without a usable number is rejected with every reason; \
                    what was put right is counted in `notes`. A list of which nothing was taken is 422 `nothing_taken`, with the report. \
                    Bytes that begin with `{` are read as NDJSON, all others as CSV. UTF-8, UTF-16 and Windows-1252 are recognised; \
                    the `charset` of the Content-Type names any other encoding. docs/lists.md describes it.";

const EXPORT: &str = "AVG, art. 15 and 20. A ZIP file: what the archive has, also what it has not sealed yet, with every record and every message \
                      that left; what the engine knows now; an overview to read; hashes of everything. Leaves an audit line with the hash of \
                      the file.";
const ERASE: &str = "AVG, art. 17. Destroys the key with which everything about the tenant is encrypted, in journal, table and archive; in a backup \
                     once it is brought up to date. Refused while something of his is open, while he owes something, while a legal hold \
                     keeps him, and while some of it was written before encryption began: the code says which. What comes about this \
                     number later is about somebody new. Can be repeated: `before` says that it had been done.";

pub(super) fn operations() -> Vec<Op> {
    notifications()
        .into_iter()
        .chain(tenants())
        .chain([facts()])
        .collect()
}

fn tenant_id() -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": 64, "pattern": SEEN_LINE, "example": "H-1001" })
}

fn a_storno() -> Value {
    json!({
        "tenant_id": "H-1001", "flow": "storno", "category": "collection", "environment": "production",
        "subject": { "kind": "invoice", "id": "F-2026-0118" }, "priority": "normal", "idempotency_key": "run-7/H-1001",
        "data": storno_data()
    })
}

fn stopped() -> Value {
    json!({ "stopped": [{ "id": ID, "was": "sent", "already_gone": ["email"] }], "not_open": [] })
}

fn an_acceptance() -> Value {
    json!({ "id": ID, "status": "accepted", "position": "5bb1f0c2a4e87d10" })
}

fn a_row() -> Value {
    let mut row = an_acceptance();
    row["row"] = 1.into();
    row
}

fn a_line_of_the_timeline() -> Value {
    json!({
        "at": "2026-02-02T08:00:00Z", "kind": "accepted", "id": ID, "text": "accepted for flow storno", "label_nl": "Aangenomen",
        "details": { "category": "collection" }
    })
}

fn an_explanation() -> Value {
    json!({
        "id": ID, "tenant_id": "H-1001", "flow": { "name": "storno", "version": 1 }, "category": "collection",
        "subject": { "kind": "invoice", "id": "F-2026-0118" }, "priority": "normal", "state": "ended", "end": "paid", "reason": "stop",
        "step": null, "attempts": [], "next": null, "history": [a_line_of_the_timeline()],
        "short": "Nothing was sent. It ended 'paid' at 2026-02-02T10:00:00Z.",
        "why": "Ended as \"paid\": the rule \"paid another way\" holds.", "language": "en"
    })
}

fn notifications() -> Vec<Op> {
    vec![
        post_notification(),
        post_batch(),
        list_notifications(),
        get_notification(),
        cancel_notification(),
        cancel_subject(),
    ]
}

fn post_notification() -> Op {
    Op::new("post", "/v1/notifications", "postNotification", "notifications", "Take in one notification")
        .about("Answered when it is durable. The same key with the same body gets the same answer with `duplicate: true`; with another body, 409.")
        .takes_json("Notification", &a_storno())
        .gives_json(202, "Durable.", "Accepted", &an_acceptance())
        .reads()
        .asks()
        .fails(ADMITTED)
}

fn post_batch() -> Op {
    Op::new(
        "post",
        "/v1/notifications/batch",
        "postBatch",
        "notifications",
        "Take in many notifications",
    )
    .about(ROWS)
    .takes_lines("Notification", &[a_storno()])
    .gives_lines(200, "A verdict a row, in order.", "BatchRow", &[a_row()])
    .fails(&[(413, "too_many_rows"), (422, "invalid")])
}

fn list_notifications() -> Op {
    Op::new("get", "/v1/notifications", "listNotifications", "notifications", "What is open")
        .about("In the order of ids. What ended is told by `/v1/outcomes`.")
        .query("state", "Only this state.", &open_state())
        .query("after", "`next` of the page before.", &notification_id_or_empty())
        .limit("Most rows.", 1_000, 100)
        .gives_json(200, "A page.", "NotificationList", &json!({ "notifications": [{
            "id": ID, "tenant_id": "H-1001", "state": "sent", "category": "collection", "accepted_at": "2026-02-02T08:00:00Z"
        }] }))
        .asks()
}

fn get_notification() -> Op {
    Op::new("get", "/v1/notifications/{id}", "getNotification", "notifications", "Where one stands, and why")
        .about("State, step, attempts, what is next and when, the history, and one sentence: why this tenant, this channel, this address, now.")
        .path_part("id", "The notification.", &notification_id())
        .in_a_language()
        .gives_json(200, "As of everything accepted before.", "Explanation", &an_explanation())
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

fn cancel_notification() -> Op {
    Op::new("post", "/v1/notifications/{id}/cancel", "cancelNotification", "notifications", "Stop one")
        .about("Says what it stopped and over which channels something had already gone. The body may be left out.")
        .path_part("id", "The notification.", &notification_id())
        .takes(&[("application/json", reference("CancelNote"), json!({ "note": "entered twice" }))], false)
        .gives_json(200, "Durable.", "Cancelled", &stopped())
        .reads()
        .asks()
        .fails(&[(404, "not_found"), (410, "no_longer_kept")])
}

fn cancel_subject() -> Op {
    Op::new(
        "post",
        "/v1/cancellations",
        "cancelSubject",
        "notifications",
        "Stop everything about a subject",
    )
    .takes_json(
        "Cancellation",
        &json!({ "subject": { "kind": "invoice", "id": "F-2026-0118" }, "note": "credited" }),
    )
    .gives_json(200, "Durable, for every tenant.", "Cancelled", &stopped())
    .reads()
    .asks()
}

fn a_profile() -> Value {
    json!({
        "name": "mevrouw De Vries", "language": "nl",
        "contact_points": [
            { "kind": "email", "value": "a.devries@example.nl", "state": "validated" },
            { "kind": "phone", "value": "06-12345678" }
        ],
        "preferences": [{ "category": "collection", "channel": "email" }]
    })
}

/// The same, as it is given back.
fn a_tenant() -> Value {
    json!({
        "tenant_id": "H-1001", "open": 1, "balance_cents": 61_250,
        "profile": {
            "name": "mevrouw De Vries", "language": "nl",
            "addresses": [{ "channel": "email", "value": "a.devries@example.nl", "state": "invalid" }],
            "preferences": [{ "category": "collection", "channel": "email", "source": "system", "since": "2026-11-20T09:00:00Z" }]
        },
        "contact_points": [{
            "kind": "email", "soort": "EMA", "value": "a.devries@example.nl", "state": "invalid", "status": "ONG",
            "source": "system", "since": "2026-11-20T09:00:00Z",
            "channels": [{ "channel": "email", "used": false, "state": "invalid", "since": "2026-11-27T10:00:00Z", "by": "bounce" }]
        }],
        "contacted": [{
            "at": "2026-11-27T09:00:00Z", "id": "000301a1ef0e4c000123456789abcdef", "channel": "email", "state": "left",
            "purpose": "collection"
        }],
        "not_used": [{
            "kind": "email", "channel": "email", "address": "a***@example.nl", "since": "2026-11-27T10:00:00Z", "by": "bounce"
        }]
    })
}

fn tenants() -> Vec<Op> {
    vec![
        get_tenant(),
        put_tenant(),
        get_timeline(),
        export_tenant(),
        erase_tenant(),
        load(),
    ]
}

/// A call about one tenant.
fn tenant(op: Op) -> Op {
    op.path_part(
        "id",
        "The corporation's own number for the tenant.",
        &tenant_id(),
    )
}

fn get_tenant() -> Op {
    tenant(Op::new(
        "get",
        "/v1/tenants/{id}",
        "getTenant",
        "tenants",
        "A tenant's profile",
    ))
    .gives_json(200, "The profile.", "Tenant", &a_tenant())
    .asks()
    .fails(&[(404, "not_found"), (422, "invalid")])
}

fn put_tenant() -> Op {
    tenant(Op::new(
        "put",
        "/v1/tenants/{id}",
        "putTenant",
        "tenants",
        "Store a tenant's profile",
    ))
    .takes_json("Profile", &a_profile())
    .gives_json(
        200,
        "Durable.",
        "TenantStored",
        &json!({ "tenant_id": "H-1001", "result": "new" }),
    )
    .reads()
    .asks()
    .fails(&[
        (429, "day_full"),
        (503, "disk_nearly_full"),
        (503, "stopping"),
    ])
}

fn get_timeline() -> Op {
    tenant(Op::new(
        "get",
        "/v1/tenants/{id}/timeline",
        "getTimeline",
        "tenants",
        "Everything about a tenant, newest first",
    ))
    .in_a_language()
    .query(
        "before",
        "`next` of the page before; without it, or empty, from the newest.",
        &json!({ "type": "string", "maxLength": 4_096 }),
    )
    .limit("Most records; each has one row or a few.", 200, 50)
    .gives_json(
        200,
        "A page.",
        "Timeline",
        &json!({ "tenant_id": "H-1001", "rows": [a_line_of_the_timeline()] }),
    )
    .asks()
    .fails(&[
        (400, "bad_cursor"),
        (404, "not_found"),
        (422, "invalid"),
        (429, "too_many_reads"),
        (500, "journal_unreadable"),
    ])
}

fn export_tenant() -> Op {
    let line = json!({ "type": "string", "minLength": 1, "maxLength": 200, "pattern": SEEN_LINE });
    tenant(Op::new(
        "get",
        "/v1/tenants/{id}/personal-data",
        "exportTenant",
        "tenants",
        "All that is held of a tenant",
    ))
    .about(EXPORT)
    .needs("by", "Who asks for it, for the audit line.", &line)
    .needs(
        "why",
        "Why, for the audit line; nothing about the tenant.",
        &line,
    )
    .gives_bytes(200, "The dossier.", &[("application/zip", "PK")])
    .asks()
    .fails(&[
        (404, "not_found"),
        (404, "no_archive"),
        (409, "dossier_too_large"),
        (422, "invalid"),
        (429, "too_many_reads"),
        (500, "archive_unreadable"),
        (503, "archive_away"),
        (503, "archive_behind"),
    ])
}

fn erase_tenant() -> Op {
    tenant(Op::new(
        "delete",
        "/v1/tenants/{id}/personal-data",
        "eraseTenant",
        "tenants",
        "Erase a tenant",
    ))
    .about(ERASE)
    .takes_json(
        "EraseTenant",
        &json!({ "by": "m.bakker", "why": "request 2026-17" }),
    )
    .gives_json(
        200,
        "Erased: the key is destroyed, durably.",
        "TenantErased",
        &json!({ "state": "erased", "erased_at": "2026-02-02T08:00:00Z", "before": false, "records": 31, "notifications": 4 }),
    )
    .gives_json(
        202,
        "It goes on. Send the same request again to learn its end.",
        "TenantErased",
        &json!({ "state": "under_way" }),
    )
    .reads()
    .asks()
    .fails(&[
        (404, "not_found"),
        (409, "legal_hold"),
        (409, "named_with_others"),
        (409, "not_encrypted"),
        (409, "notifications_open"),
        (409, "obligation_open"),
        (409, "written_in_plain"),
        (500, "journal_unreadable"),
        (503, "archive_away"),
        (503, "archive_behind"),
    ])
}

fn load() -> Op {
    let csv = "huurdernummer;aanhef;achternaam;email;mobiel\nH-1001;Mevrouw;De Vries;a.devries@example.nl;06-12345678\n";
    let row = "{\"tenant_id\":\"H-1001\",\"name\":\"mevrouw De Vries\",\"email\":\"a.devries@example.nl\"}\n";
    let text = |description: &str| json!({ "type": "string", "pattern": NOT_BLANK, "description": description });
    Op::new("post", "/v1/tenants/load", "loadTenants", "tenants", "Load a tenant list")
        .about(LIST)
        .takes(
            &[
                ("text/csv", text("A header, then a row a tenant."), csv.into()),
                ("application/x-ndjson", text("A tenant a line."), row.into()),
                (BYTES, bytes("CSV or NDJSON."), csv.into()),
            ],
            true,
        )
        .gives_json(
            200,
            "Counts, and every row that was rejected or warned about.",
            "LoadReport",
            &json!({
                "rows": 1, "new": 1, "changed": 0, "same": 0, "rejected": 0, "warned": 0, "rejections": [], "warnings": []
            }),
        )
        .asks()
        .fails(&[(422, "nothing_taken"), (429, "day_full"), (503, "disk_nearly_full"), (503, "stopping")])
}

fn facts() -> Op {
    Op::new("post", "/v1/facts", "postFact", "facts", "Tell a business event")
        .about("For one tenant or several. Idempotent by `fact_id`. Answered when every tenant has it, durably: a payment acknowledged here stops every attempt that has not started.")
        .takes_json("Fact", &json!({
            "fact_id": "bank-2026-02-02-0017", "type": "payment", "tenant_id": "H-1001", "amount_cents": 61_250,
            "subject": { "kind": "invoice", "id": "F-2026-0118" }, "occurred_at": "2026-02-02T08:00:00Z", "environment": "production"
        }))
        .gives_json(200, "Durable, for every tenant.", "FactTaken", &json!({
            "fact_id": "bank-2026-02-02-0017", "tenants": [{ "tenant_id": "H-1001", "duplicate": false, "ended": [ID] }]
        }))
        .reads()
        .asks()
        .fails(&[(409, "fact_conflict"), (429, "unknown_tenants")])
}
