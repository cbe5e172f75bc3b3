//! Owns the message: its headers, its body, its envelope. The same outgoing gives the same bytes, so that a resend is
//! recognisable as one. Refuses what would break a header, and sends one recipient per envelope.

use std::time::{Duration, SystemTime};

use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};
use lettre::{Address, message::MessageBuilder};
use sluis_model::Why;

use crate::outgoing::{Content, Outgoing};
use crate::words::why;

/// A message ready for the wire.
pub(super) struct Letter {
    /// VERP return path: `b+<reference>@<bounce domain>`.
    pub(super) from: Address,
    /// The one recipient.
    pub(super) to: Address,
    /// The reference, which is also the envelope id (RFC 3461 4.4).
    pub(super) reference: String,
    /// Headers and body, lines ending in CRLF, ASCII throughout.
    pub(super) bytes: Vec<u8>,
}

/// RFC 3834 5: says that no person wrote this, so that vacation programs stay silent.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// Composes the message, or says what in it is wrong (that is ours, not the tenant's).
pub(super) fn compose(outgoing: &Outgoing) -> Result<Letter, Why> {
    let Content::Email { subject, text, html, headers } = &outgoing.content else {
        return Err(Why::new("render", "the content is not a mail"));
    };
    let bounce = &outgoing.sender.bounce_domain;
    let builder = head(outgoing, subject, headers)?;
    let message = match html {
        None => builder.singlepart(SinglePart::plain(text.clone())),
        Some(html) => {
            // A fixed boundary: the default one is random, and a resend must be the same message.
            let alternative = MultiPart::alternative().boundary(format!("sluis-{}", outgoing.reference));
            builder.multipart(alternative.singlepart(SinglePart::plain(text.clone())).singlepart(SinglePart::html(html.clone())))
        }
    };
    let message = message.map_err(|e| why("render", &e.to_string(), &outgoing.to))?;
    let from = Address::new(format!("b+{}", outgoing.reference), bounce.clone());
    let from = from.map_err(|e| why("render", &format!("return path: {e}"), ""))?;
    Ok(Letter { from, to: address(&outgoing.to)?, reference: outgoing.reference.clone(), bytes: message.formatted() })
}

fn head(outgoing: &Outgoing, subject: &str, headers: &[(String, String)]) -> Result<MessageBuilder, Why> {
    let sender = &outgoing.sender;
    if has_break(subject) {
        return Err(Why::new("render", "the subject has more than one line"));
    }
    let sent = SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(outgoing.at.0).unwrap_or(0));
    let mut builder = Message::builder()
        .message_id(Some(format!("<{}@{}>", outgoing.reference, sender.bounce_domain)))
        .date(sent)
        .from(Mailbox::new(sender.email_name.clone(), address(&sender.email_from)?))
        .to(Mailbox::new(None, address(&outgoing.to)?))
        .subject(subject)
        .header(AutoSubmitted);
    if let Some(reply_to) = &sender.reply_to {
        builder = builder.reply_to(Mailbox::new(None, address(reply_to)?));
    }
    for (name, value) in headers {
        let name = HeaderName::new_from_ascii(name.clone()).map_err(|_| Why::new("render", "a header name is not ASCII"))?;
        if has_break(value) {
            return Err(Why::new("render", "a header has more than one line"));
        }
        builder = builder.raw_header(HeaderValue::new(name, value.clone()));
    }
    Ok(builder)
}

fn has_break(text: &str) -> bool {
    text.contains(['\r', '\n', '\0'])
}

fn address(text: &str) -> Result<Address, Why> {
    if !text.is_ascii() {
        return Err(Why::new("render", "an address is not ASCII"));
    }
    text.parse().map_err(|e: lettre::address::AddressError| why("render", &format!("address: {e}"), text))
}
