//! Owns the description of what comes from outside: providers' receipts and tenants' links. Refuses
//! to promise more than evidence gives.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sluis_channels::KINDS;

use super::parts::{BYTES, Op, bytes};

pub(super) fn operations() -> Vec<Op> {
    let provider =
        || json!({ "type": "string", "pattern": "^[a-z0-9_-]{1,32}$", "example": "gateway" });
    let callback = "Verified on the raw bytes by the provider's own rules; a signed status that nobody has mapped goes on the record for people.";
    let bounce = "`email`: a raw bounce (RFC 3464) or abuse report (RFC 5965), posted by the mail server with the corporation's key. Any other name: \
                  a provider's status callback, verified on the raw bytes by the provider's own rules, without a key.";
    let mut refused = vec![(404, "not_found")];
    refused.extend(codes().into_iter().map(|code| (422, code)));
    let receipts = |op: Op, about| {
        op.about(about)
            .path_part("provider", "`email`, or a provider's name in the configuration.", &provider())
            .gives_json(200, "Durable; what each receipt did.", "Receipts", &json!({
                "receipts": [{ "notification": "0003019c1d4a6000a1b2c3d4e5f60718", "attempt": 1, "said": "bounced", "effect": "applied" }]
            }))
            .asks()
            .fails(&refused)
    };
    let fields = || json!({ "type": "object", "additionalProperties": true, "description": "The provider's own." });
    let status = json!({ "id": "e8077d80-353f-4bb6", "reference": "0003019c1d4a6000a1b2c3d4e5f60718-1", "status": "delivered" });
    let media = [
        (
            "message/rfc822",
            json!({ "type": "string", "description": "The mail as it came, whole." }),
            Value::from(BOUNCE),
        ),
        (BYTES, bytes("As `message/rfc822`."), Value::from(BOUNCE)),
        (
            "application/x-www-form-urlencoded",
            fields(),
            status.clone(),
        ),
        ("application/json", fields(), status),
    ];
    vec![
        receipts(Op::new("post", "/v1/receipts/{provider}", "postReceipt", "outside", "Take a receipt"), bounce)
            .takes(&media, true),
        receipts(Op::new("get", "/v1/receipts/{provider}", "getReceipt", "outside", "Take a receipt that stands in the query"), callback),
        link("get", "openLink", "The page behind a link in a message", "Weak evidence: machines open links too. Closed links say why, in Dutch and English."),
        link("post", "pressLink", "The button on that page", "The trusted click. Asked behind everything accepted before: once a payment is acknowledged, it never leads to paying again.")
            .moves(303, "To `data.payment_url` of the notification."),
    ]
}

/// What a receipt can be refused for: each kind of provider says what it refuses.
fn codes() -> BTreeSet<&'static str> {
    let of_kinds = KINDS.iter().flat_map(|kind| kind.receipt_codes);
    let everywhere = ["no_receipts", "no_reference"];
    of_kinds.copied().chain(everywhere).collect()
}

/// A bounce as a mail server returns it.
const BOUNCE: &str = "From: MAILER-DAEMON@relay.example\r\nTo: <b+0003019c1d4a6000@bounce.demo.example>\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\
    Reporting-MTA: dns; relay.example\r\n\r\nFinal-Recipient: rfc822; a@example.nl\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n";

fn link(method: &'static str, id: &'static str, summary: &'static str, about: &'static str) -> Op {
    let page = json!({ "type": "string" });
    let html = |op: Op, status, text| {
        op.gives(
            status,
            text,
            "text/html",
            &page,
            &"<!doctype html><html lang=\"nl\">…</html>".into(),
        )
    };
    let op = Op::new(method, "/b/{token}", id, "outside", summary).about(about).path_part(
        "token",
        "The token of the link.",
        &json!({ "type": "string", "minLength": 46, "maxLength": 46, "pattern": "^[A-Za-z0-9_-]+$", "example": "A".repeat(46) }),
    );
    let op = html(op, 200, "The page.");
    let op = html(op, 404, "No link of this engine.");
    let op = html(op, 410, "Closed: already paid, cancelled, expired.");
    html(
        op,
        503,
        "It cannot be known right now; never a redirect on a guess.",
    )
}
