//! Owns what one send needs: the attempt, the address, the rendered content and the corporation's
//! sender. Refuses to print any of it: `Debug` shows no address and no body.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sluis_model::{AttemptRef, CorporationId, Timestamp};

use crate::address::mailbox;
use crate::checks::{http_url, is_domain};
use crate::problem::Problem;

/// Everything one send needs; owned, so that the send is a future of its own.
#[derive(Clone)]
pub struct Outgoing {
    /// The attempt, as the journal knows it.
    pub attempt: AttemptRef,
    /// The corporation that sends.
    pub corporation: CorporationId,
    /// `ReferenceKey::attempt(..)`: 50 characters of lower-case base32. Goes into `Message-ID`, the
    /// VERP local part and the provider's reference field. The same for a resend of the same
    /// attempt.
    pub reference: String,
    /// The address on this channel, normalised ([`crate::address`]).
    pub to: String,
    /// What is said.
    pub content: Content,
    /// Who says it.
    pub sender: Arc<Sender>,
    /// When the attempt started: the `Date` of a mail. The same for a resend of the same attempt.
    pub at: Timestamp,
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("attempt", &self.attempt)
            .field("corporation", &self.corporation)
            .field("content", &self.content)
            .finish_non_exhaustive()
    }
}

/// Rendered content, by channel.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    /// A mail.
    Email {
        /// One line.
        subject: String,
        /// The plain text.
        text: String,
        /// The same in HTML, when the template has it.
        html: Option<String>,
        /// Further headers (name, value), such as `List-Unsubscribe`.
        headers: Vec<(String, String)>,
    },
    /// A text message.
    Text(String),
    /// Nothing, for the null channel.
    Null,
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Content::Email { text, html, .. } => {
                write!(f, "Email({} B, html {})", text.len(), html.is_some())
            }
            Content::Text(text) => write!(f, "Text({} B)", text.len()),
            Content::Null => f.write_str("Null"),
        }
    }
}

/// Who sends, per corporation. A section of the configuration; [`Sender::check`] says everything
/// wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Sender {
    /// `From` of every mail.
    pub email_from: String,
    /// Display name beside it.
    #[serde(default)]
    pub email_name: Option<String>,
    /// Where a tenant's reply goes; without it, to `email_from`.
    #[serde(default)]
    pub reply_to: Option<String>,
    /// Domain of the return path `b+<reference>@<bounce domain>` and of the `Message-ID`.
    pub bounce_domain: String,
    /// Sender of a text message: at most 11 letters and digits, or a number in E.164.
    pub sms_originator: String,
    /// Public base address of this engine, as tenants and providers reach it:
    /// `https://post.example.nl`.
    pub public_url: String,
}

impl Sender {
    /// Everything wrong with this section; `path` is where it stands in the configuration.
    #[must_use]
    pub fn check(&self, path: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut email = |field: &str, value: &str| {
            if let Err(why) = mailbox(value) {
                problems.push(Problem::new(
                    path,
                    field,
                    value,
                    "an e-mail address",
                    why.to_string(),
                ));
            }
        };
        email("email_from", &self.email_from);
        if let Some(reply_to) = &self.reply_to {
            email("reply_to", reply_to);
        }
        if self
            .email_name
            .as_ref()
            .is_some_and(|name| name.chars().any(char::is_control))
        {
            problems.push(Problem::new(
                path,
                "email_name",
                "(control characters)",
                "one line of text",
                "remove them",
            ));
        }
        if !is_domain(&self.bounce_domain) {
            let hint = "its MX must lead to the mailbox that posts to /v1/receipts/email";
            problems.push(Problem::new(
                path,
                "bounce_domain",
                &self.bounce_domain,
                "a domain name",
                hint,
            ));
        }
        if !is_originator(&self.sms_originator) {
            let expected = "1 to 11 ASCII letters, digits or spaces with at least one letter, or an E.164 number";
            problems.push(Problem::new(
                path,
                "sms_originator",
                &self.sms_originator,
                expected,
                "3GPP TS 23.040 9.1.2.5",
            ));
        }
        if http_url(&self.public_url).is_none() {
            let hint = "providers call it back and tenants follow links to it";
            problems.push(Problem::new(
                path,
                "public_url",
                &self.public_url,
                "an http or https address",
                hint,
            ));
        }
        problems
    }
}

/// Alphanumeric sender (at most 11 characters of GSM-7) or E.164, with or without the plus.
fn is_originator(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let number = (3..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let name = (1..=11).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b' ')
        && text.bytes().any(|b| b.is_ascii_alphabetic());
    number || name
}
