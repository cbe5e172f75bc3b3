//! Owns what one send needs: the attempt, the address, the rendered content and who it comes from.
//! Refuses to print any of it: `Debug` shows no address and no body.

use std::fmt;
use std::sync::Arc;

use sluis_model::{AttemptRef, CorporationId, Timestamp};

use crate::originator::Originator;
use crate::output::OutputSlot;

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
    pub originator: Arc<Originator>,
    /// When the attempt started: the `Date` of a mail. The same for a resend of the same attempt.
    pub at: Timestamp,
    /// Where a copy of the bytes is left that are sent.
    pub output: OutputSlot,
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
