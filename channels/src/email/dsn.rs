//! Owns the reading of what comes back by mail: delivery status notifications (RFC 3464, with RFC 3463 codes and
//! RFC 6533 for internationalised ones) and abuse reports (RFC 5965). Pure: bytes in, receipts out.
//! Refuses to match by recipient (a forwarder reports another address than ours), to take an out-of-office reply for a
//! bounce, and to fail on any input other than by an error.

use sluis_model::{AttemptRef, CorporationId, ReceiptKind, ReferenceKey, Why};

use super::classify::{Fault, Status, fault, reason};
use super::mime::{Entity, Fields};
use crate::provider::ProviderReceipt;

/// The largest report read, in bytes. A report returns the headers, at worst one of our own messages.
pub const MAX_REPORT: usize = 1024 * 1024;
/// The most recipients of a report that are looked at.
const MAX_RECIPIENTS: usize = 32;

/// Why a mail gives no receipt.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum DsnError {
    /// Over [`MAX_REPORT`].
    #[error("{0} bytes: expected a report of at most 1 MiB")]
    TooLarge(usize),
    /// No headers at all.
    #[error("not a mail message: expected the raw message with its headers (RFC 5322)")]
    NotMail,
    /// A mail, but not a report about ours.
    #[error("not a delivery report: {0}")]
    NotAReport(NotAReport),
    /// A report that carries no reference of ours.
    #[error("no reference of ours: expected one in the return path, in Original-Envelope-Id or in the Message-ID returned")]
    NoReference,
    /// A report that names no recipient and action that we know.
    #[error("no usable recipient: expected a group with Action (RFC 3464 2.3.3)")]
    NoRecipient,
}

/// What the mail is instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAReport {
    /// An automatic answer of the recipient (RFC 3834).
    #[error("an automatic reply such as out-of-office, which is not a bounce")]
    AutomaticReply,
    /// A report of another kind: read receipts, authentication failures, "not spam".
    #[error("a report of a kind that says nothing about delivery")]
    OtherReport,
    /// Something else, perhaps written by a person.
    #[error("a mail without a delivery-status part")]
    OtherMail,
}

impl DsnError {
    /// Stable code for the API and metrics.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            DsnError::TooLarge(_) => "too_large",
            DsnError::NotMail => "not_mail",
            DsnError::NotAReport(NotAReport::AutomaticReply) => "automatic_reply",
            DsnError::NotAReport(NotAReport::OtherReport) => "other_report",
            DsnError::NotAReport(NotAReport::OtherMail) => "other_mail",
            DsnError::NoReference => "no_reference",
            DsnError::NoRecipient => "no_recipient",
        }
    }
}

/// Reads a raw report into receipts, one for each recipient group; `provider` is written into them.
///
/// The attempt is found, in this order, in: the address the report came to (`To`, `Delivered-To`, `X-Original-To`,
/// `Envelope-To`) or the return path of the returned message; `Original-Envelope-Id`; the returned `Message-ID`.
///
/// # Errors
/// [`DsnError`].
pub fn read_dsn(raw: &[u8], key: &ReferenceKey, provider: &str) -> Result<Vec<ProviderReceipt>, DsnError> {
    if raw.len() > MAX_REPORT {
        return Err(DsnError::TooLarge(raw.len()));
    }
    let message = Entity::read(raw);
    if message.fields.is_empty() {
        return Err(DsnError::NotMail);
    }
    let head = message.fields.clone();
    let instead = what_instead(&message);
    let parts = message.parts();
    let find = |kinds: &[&str]| parts.iter().find(|part| kinds.contains(&part.kind.as_str())).map(Entity::body);
    let returned = ["message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"];
    let returned = find(&returned).map(|body| Fields::read(&body)).unwrap_or_default();
    if let Some(status) = find(&["message/delivery-status", "message/global-delivery-status"]) {
        return delivery_status(&status, &head, &returned, key, provider);
    }
    if let Some(feedback) = find(&["message/feedback-report"]) {
        return feedback_report(&feedback, &head, &returned, key, provider);
    }
    Err(DsnError::NotAReport(instead))
}

/// An automatic reply says so. A delivery report may say it too (Postfix does), so this is used last.
fn what_instead(message: &Entity<'_>) -> NotAReport {
    let says = |name: &str, value: &str| message.fields.all(name).any(|text| text.to_ascii_lowercase().starts_with(value));
    if message.kind == "multipart/report" {
        NotAReport::OtherReport
    } else if says("auto-submitted", "auto-") || says("x-autoreply", "") || says("precedence", "auto_reply") {
        NotAReport::AutomaticReply
    } else {
        NotAReport::OtherMail
    }
}

fn delivery_status(
    status: &[u8],
    head: &Fields,
    returned: &Fields,
    key: &ReferenceKey,
    provider: &str,
) -> Result<Vec<ProviderReceipt>, DsnError> {
    let mut groups = Fields::blocks(status, MAX_RECIPIENTS + 1).into_iter();
    let about = groups.next().unwrap_or_default();
    let (corporation, attempt) = find_attempt(head, &about, returned, key).ok_or(DsnError::NoReference)?;
    // Some reporters leave the first block out: then it is a recipient's already.
    let first = about.first("action").is_some().then_some(about);
    let receipts: Vec<_> = first
        .into_iter()
        .chain(groups)
        .take(MAX_RECIPIENTS)
        .filter_map(|group| {
            let (kind, why) = outcome(&group)?;
            let occurred_at = group.date("last-attempt-date").or_else(|| head.date("date"));
            Some(ProviderReceipt { corporation, attempt, kind, why, provider: provider.to_owned(), occurred_at })
        })
        .collect();
    if receipts.is_empty() { Err(DsnError::NoRecipient) } else { Ok(receipts) }
}

/// What one recipient group says (RFC 3464 2.3.3, 2.3.4, 2.3.6).
fn outcome(group: &Fields) -> Option<(ReceiptKind, Option<Why>)> {
    let action = group.first("action")?.split(|c: char| !c.is_ascii_alphabetic()).next()?.to_ascii_lowercase();
    let kind = match action.as_str() {
        "failed" => None,
        "delayed" => Some(ReceiptKind::Delayed),
        "delivered" => return Some((ReceiptKind::Delivered, None)),
        // Handed to a system that sends no reports, or to a list: taken, no more is known.
        "relayed" | "expanded" => return Some((ReceiptKind::Accepted, None)),
        _ => return None,
    };
    let diagnostic = group.first("diagnostic-code").map_or("", after_type);
    let recipient = group.first("final-recipient").map_or("", after_type);
    let status = status_of(group, diagnostic);
    let why = reason(status, diagnostic, recipient);
    let hard = status.0 == 5 && fault(status) == Some(Fault::Address);
    let kind = kind.unwrap_or(if hard { ReceiptKind::BouncedHard } else { ReceiptKind::Failed });
    Some((kind, Some(why)))
}

/// The status of the group; where that is missing or vague, the one the remote system gave (`smtp; 550 5.1.1 …`).
fn status_of(group: &Fields, diagnostic: &str) -> Status {
    let own = group.first("status").and_then(Status::at_start);
    let without_basic = diagnostic.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches([' ', '-']);
    let remote = Status::at_start(without_basic).or_else(|| Status::at_start(diagnostic));
    match (own, remote) {
        (Some(own), Some(remote)) if own.is_vague() && remote.0 == own.0 => remote,
        (Some(own), _) => own,
        (None, remote) => remote.unwrap_or(Status(5, 0, 0)),
    }
}

/// `smtp; 550 …` and `rfc822; a@b`: the part after the type.
fn after_type(value: &str) -> &str {
    value.split_once(';').map_or(value, |(_, rest)| rest).trim()
}

/// RFC 5965 3.1; types of RFC 6430 ("not-spam") and RFC 6591 ("auth-failure") are no complaint.
fn feedback_report(
    feedback: &[u8],
    head: &Fields,
    returned: &Fields,
    key: &ReferenceKey,
    provider: &str,
) -> Result<Vec<ProviderReceipt>, DsnError> {
    let report = Fields::read(feedback);
    let kind = report.first("feedback-type").unwrap_or_default().trim().to_ascii_lowercase();
    if !matches!(kind.as_str(), "abuse" | "fraud" | "virus" | "other" | "opt-out" | "opt-out-list") {
        return Err(DsnError::NotAReport(NotAReport::OtherReport));
    }
    let (corporation, attempt) = find_attempt(head, &report, returned, key).ok_or(DsnError::NoReference)?;
    Ok(vec![ProviderReceipt {
        corporation,
        attempt,
        kind: ReceiptKind::Complained,
        why: Some(Why::new(kind, "feedback report")),
        provider: provider.to_owned(),
        occurred_at: report.date("arrival-date").or_else(|| head.date("date")),
    }])
}

/// The attempt, in the order that [`read_dsn`] documents.
fn find_attempt(head: &Fields, about: &Fields, returned: &Fields, key: &ReferenceKey) -> Option<(CorporationId, AttemptRef)> {
    let verp = |fields: &Fields, name: &str| {
        fields.all(name).flat_map(local_parts).find_map(|local| {
            let reference = local.strip_prefix("b+").or_else(|| local.strip_prefix("B+"))?;
            key.open_attempt(reference).ok()
        })
    };
    let came_to = ["to", "delivered-to", "x-original-to", "envelope-to", "return-path"];
    came_to
        .iter()
        .find_map(|name| verp(head, name))
        .or_else(|| verp(returned, "return-path"))
        .or_else(|| verp(about, "original-mail-from"))
        .or_else(|| about.all("original-envelope-id").find_map(|id| key.open_attempt(id.trim()).ok()))
        .or_else(|| returned.all("message-id").flat_map(local_parts).find_map(|local| key.open_attempt(local).ok()))
}

/// What stands directly before each `@`.
fn local_parts(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices('@').take(16).map(|(at, _)| {
        let before = &text[..at];
        let start = before.rfind(|c: char| !c.is_ascii_alphanumeric() && !"+-_.=".contains(c));
        start.map_or(before, |start| before[start..].trim_start_matches(|c: char| !c.is_ascii_alphanumeric()))
    })
}
