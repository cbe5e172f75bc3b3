//! Owns the message: its headers, its body, its envelope. The same outgoing gives the same bytes,
//! so that a resend is recognisable as one. Refuses what would break a header, and sends one
//! recipient per envelope.
//!
//! A header field that is plain ASCII and fits its line is written as it stands; encoded words and
//! folding are lettre's.

use std::io::Write as _;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use lettre::Address;
use lettre::message::header::{Date, From, HeaderName, HeaderValue, Headers};
use lettre::message::{Mailbox, Mailboxes};
use sluis_model::{Timestamp, Why};

use super::body::Encoding;
use crate::email::originator::MailFrom;
use crate::outgoing::{Content, Outgoing};
use crate::words::why;

/// The longest line of a header that is not folded.
const MAX_LINE: usize = 76;
/// Fields that the engine writes itself, beside every `Content-…`: nobody else may.
const OWN: [&str; 8] = [
    "message-id",
    "date",
    "from",
    "to",
    "subject",
    "auto-submitted",
    "reply-to",
    "mime-version",
];

/// A message ready for the wire.
pub(super) struct MailObject {
    /// VERP return path: `b+<reference>@<bounce domain>`.
    pub(super) from: String,
    /// The one recipient.
    pub(super) to: String,
    /// The reference, which is also the envelope id (RFC 3461 4.4).
    pub(super) reference: String,
    /// Headers and body, lines ending in CRLF, ASCII throughout.
    pub(super) bytes: Bytes,
}

/// Whether it is a mail to an address that SMTP without SMTPUTF8 (RFC 6531) can name.
pub(super) fn fits(outgoing: &Outgoing) -> Result<(), Why> {
    if !matches!(outgoing.content, Content::Email { .. }) {
        return Err(Why::new("render", "the content is not a mail"));
    }
    is_ascii(&outgoing.to)
}

/// Composes the message, or says what in it is wrong (that is ours, not the tenant's). `own_from`:
/// what mails over this account come from, instead of the corporation's own.
pub(super) fn compose(outgoing: &Outgoing, own_from: Option<&str>) -> Result<MailObject, Why> {
    let Content::Email {
        subject,
        text,
        html,
        headers,
    } = &outgoing.content
    else {
        return Err(Why::new("render", "the content is not a mail"));
    };
    let reference = &outgoing.reference;
    let mut sender = MailFrom::of(&outgoing.originator)?;
    sender.from = own_from.unwrap_or(sender.from);
    let from = return_path(reference, sender.bounce_domain)?;
    let to = address(&outgoing.to)?;
    let length = text.len() + html.as_ref().map_or(0, String::len);
    let mut out = Vec::with_capacity(1_024 + length * 5 / 4);
    let message_id = format!("<{reference}@{}>", sender.bounce_domain);
    field(&mut out, "Message-ID", &message_id);
    date(&mut out, outgoing.at);
    author(&mut out, &sender)?;
    field(&mut out, "To", to.as_ref());
    title(&mut out, subject)?;
    // RFC 3834 5: says that no person wrote this, so that vacation programs stay silent.
    field(&mut out, "Auto-Submitted", "auto-generated");
    if let Some(reply_to) = sender.reply_to {
        field(&mut out, "Reply-To", address(reply_to)?.as_ref());
    }
    further(&mut out, headers)?;
    field(&mut out, "MIME-Version", "1.0");
    match html {
        None => part(&mut out, "text/plain", text),
        // A boundary of its own making: a random one would make a resend another message.
        Some(html) => alternative(&mut out, &format!("sluis-{reference}"), text, html),
    }
    Ok(MailObject {
        from: from.to_string(),
        to: to.to_string(),
        reference: reference.clone(),
        bytes: out.into(),
    })
}

/// The address that bounces come back to.
fn return_path(reference: &str, bounce_domain: &str) -> Result<Address, Why> {
    Address::new(format!("b+{reference}"), bounce_domain)
        .map_err(|e| why("render", &format!("return path: {e}"), ""))
}

fn date(out: &mut Vec<u8>, at: Timestamp) {
    let since_epoch = Duration::from_millis(u64::try_from(at.0).unwrap_or(0));
    let sent = SystemTime::UNIX_EPOCH + since_epoch;
    by_lettre(out, |fields| fields.set(Date::new(sent)));
}

fn title(out: &mut Vec<u8>, subject: &str) -> Result<(), Why> {
    if has_break(subject) {
        return Err(Why::new("render", "the subject has more than one line"));
    }
    field(out, "Subject", subject);
    Ok(())
}

fn author(out: &mut Vec<u8>, sender: &MailFrom<'_>) -> Result<(), Why> {
    let email = address(sender.from)?;
    match sender.name {
        None => field(out, "From", email.as_ref()),
        Some(name) => by_lettre(out, |fields| {
            let mailbox = Mailbox::new(Some(name.to_owned()), email);
            fields.set(From::from(Mailboxes::from(mailbox)));
        }),
    }
    Ok(())
}

/// Further fields, such as `List-Unsubscribe`.
fn further(out: &mut Vec<u8>, headers: &[(String, String)]) -> Result<(), Why> {
    for (name, value) in headers {
        let name = HeaderName::new_from_ascii(name.clone())
            .map_err(|_| Why::new("render", "a header name is not ASCII"))?;
        let folded = name.to_ascii_lowercase();
        if OWN.contains(&&*folded) || folded.starts_with("content-") {
            return Err(Why::new("render", "a header that the engine writes itself"));
        }
        if has_break(value) {
            return Err(Why::new("render", "a header has more than one line"));
        }
        field(out, &name, value);
    }
    Ok(())
}

/// One field. What is not printable ASCII becomes encoded words (RFC 2047), what is too long is
/// folded at its spaces.
fn field(out: &mut Vec<u8>, name: &str, value: &str) {
    let printable = value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if printable && (name.len() + 2 + value.len() <= MAX_LINE || !value.contains(' ')) {
        return line(out, &[name, ": ", value]);
    }
    // The name was checked, or is ours.
    let Ok(name) = HeaderName::new_from_ascii(name.to_owned()) else {
        return;
    };
    by_lettre(out, |fields| {
        fields.insert_raw(HeaderValue::new(name, value.to_owned()))
    });
}

fn by_lettre(out: &mut Vec<u8>, set: impl FnOnce(&mut Headers)) {
    let mut fields = Headers::new();
    set(&mut fields);
    // Writing into memory does not fail.
    let _ = write!(out, "{fields}");
}

/// RFC 2046 5.1.4: the same text twice, the better form last.
fn alternative(out: &mut Vec<u8>, boundary: &str, text: &str, html: &str) {
    line(out, &["Content-Type: multipart/alternative;"]);
    line(out, &[" boundary=\"", boundary, "\""]);
    line(out, &[]);
    for (kind, content) in [("text/plain", text), ("text/html", html)] {
        line(out, &["--", boundary]);
        part(out, kind, content);
    }
    line(out, &["--", boundary, "--"]);
}

fn part(out: &mut Vec<u8>, kind: &str, content: &str) {
    let encoding = Encoding::of(content);
    line(out, &["Content-Type: ", kind, "; charset=utf-8"]);
    line(out, &["Content-Transfer-Encoding: ", encoding.name()]);
    line(out, &[]);
    encoding.write(content, out);
    line(out, &[]);
}

fn line(out: &mut Vec<u8>, pieces: &[&str]) {
    pieces
        .iter()
        .for_each(|piece| out.extend_from_slice(piece.as_bytes()));
    out.extend_from_slice(b"\r\n");
}

fn has_break(text: &str) -> bool {
    text.contains(['\r', '\n', '\0'])
}

fn is_ascii(address: &str) -> Result<(), Why> {
    if address.is_ascii() {
        Ok(())
    } else {
        Err(Why::new("render", "an address is not ASCII"))
    }
}

fn address(text: &str) -> Result<Address, Why> {
    is_ascii(text)?;
    text.parse()
        .map_err(|e: lettre::address::AddressError| why("render", &format!("address: {e}"), text))
}
