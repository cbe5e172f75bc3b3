//! Owns the description of what comes from outside: providers' receipts and tenants' links. Refuses
//! to promise more than evidence gives.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sluis_channels::KINDS;

use super::parts::{BYTES, Op, bytes};
use super::shapes::ID;

const CALLBACK: &str = "Verified on the raw bytes by the provider's own rules; a signed status that nobody has mapped goes on the record for people.";
const BOUNCES: &str = "`email`: a raw bounce (RFC 3464) or abuse report (RFC 5965), posted by the mail server with the corporation's key. Any other name: \
                       a provider's status callback, verified on the raw bytes by the provider's own rules, without a key.";
const PRESSED: &str = "The trusted click. Asked behind everything accepted before: once a payment is acknowledged, it never leads to paying again. Where the flow asks the tenant something, the page's form \
                       is his answer.";

pub(super) fn operations() -> Vec<Op> {
    vec![
        post_receipt(),
        get_receipt(),
        open_link(),
        press_link(),
        unsubscribe(
            "get",
            "openUnsubscribe",
            "The page to unsubscribe",
            "It shows a button and changes nothing: machines open links too.",
        ),
        unsubscribe(
            "post",
            "unsubscribe",
            "Unsubscribe",
            "The button on that page, or the mail program of the tenant (RFC 8058). The tenant gets no more messages of the purpose: a \
             fact of the type `consent` says so. A second one changes nothing. What comes with it is not read.",
        ),
    ]
}

fn post_receipt() -> Op {
    let op = receipts("post", "postReceipt", "Take a receipt");
    op.about(BOUNCES).takes(&media(), true)
}

fn get_receipt() -> Op {
    let op = receipts(
        "get",
        "getReceipt",
        "Take a receipt that stands in the query",
    );
    op.about(CALLBACK)
}

fn open_link() -> Op {
    let about =
        "Weak evidence: machines open links too. Closed links say why, in Dutch and English.";
    link(
        "get",
        "openLink",
        "The page behind a link in a message",
        about,
    )
}

fn press_link() -> Op {
    let op = link("post", "pressLink", "The button on that page", PRESSED)
        .moves(303, "To `data.payment_url` of the notification.");
    let op = page(op, 413, "More text than can be taken.");
    page(
        op,
        422,
        "A question that was not answered as it must be: the page says what is wrong.",
    )
}

fn receipts(method: &'static str, id: &'static str, summary: &'static str) -> Op {
    let provider =
        json!({ "type": "string", "pattern": "^[a-z0-9_-]{1,32}$", "example": "gateway" });
    Op::new(method, "/v1/receipts/{provider}", id, "outside", summary)
        .path_part("provider", "`email`, or a provider's name in the configuration.", &provider)
        .gives_json(200, "Durable; what each receipt did.", "Receipts", &json!({
            "receipts": [{ "notification": ID, "attempt": 1, "said": "bounced", "effect": "applied" }]
        }))
        .asks()
        .fails(&refused())
}

/// The media types of receipts, each with an example.
fn media() -> [(&'static str, Value, Value); 4] {
    let fields = || json!({ "type": "object", "additionalProperties": true, "description": "The provider's own." });
    let mail = json!({ "type": "string", "description": "The mail as it came, whole." });
    let status = json!({ "id": "e8077d80-353f-4bb6", "reference": format!("{ID}-1"), "status": "delivered" });
    [
        ("message/rfc822", mail, BOUNCE.into()),
        (BYTES, bytes("As `message/rfc822`."), BOUNCE.into()),
        (
            "application/x-www-form-urlencoded",
            fields(),
            status.clone(),
        ),
        ("application/json", fields(), status),
    ]
}

fn refused() -> Vec<(u16, &'static str)> {
    let unknown = [(404, "not_found")];
    let codes = codes().into_iter().map(|code| (422, code));
    unknown.into_iter().chain(codes).collect()
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
    let op = Op::new(method, "/b/{token}", id, "outside", summary)
        .about(about)
        .path_part("token", "The token of the link.", &token());
    let op = page(op, 200, "The page.");
    let op = page(op, 404, "No link of this engine.");
    let op = page(
        op,
        410,
        "Closed: already paid or answered, cancelled, expired.",
    );
    let op = page(op, 429, "This link was followed too often in this minute.");
    page(
        op,
        503,
        "It cannot be known right now; never a redirect on a guess.",
    )
}

fn unsubscribe(
    method: &'static str,
    id: &'static str,
    summary: &'static str,
    about: &'static str,
) -> Op {
    let example = "A".repeat(40);
    let token = json!({ "type": "string", "minLength": 26, "maxLength": 512, "pattern": "^[A-Za-z0-9_-]+$", "example": example });
    let op = Op::new(method, "/u/{token}", id, "outside", summary)
        .about(about)
        .path_part("token", "The token of the link.", &token);
    let op = page(op, 200, "The page.");
    let op = page(op, 404, "No link of this engine.");
    let op = page(op, 429, "This link was followed too often in this minute.");
    page(op, 503, "It cannot be known or told right now: try again.")
}

fn token() -> Value {
    json!({ "type": "string", "minLength": 46, "maxLength": 46, "pattern": "^[A-Za-z0-9_-]+$", "example": "A".repeat(46) })
}

fn page(op: Op, status: u16, text: &'static str) -> Op {
    let schema = json!({ "type": "string" });
    let example = "<!doctype html><html lang=\"nl\">…</html>".into();
    op.gives(status, text, "text/html", &schema, &example)
}
