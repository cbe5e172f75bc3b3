//! Owns the reading of what comes back by mail: reports of every form (RFC 3461 to 3464, RFC 6533,
//! and words alone), abuse reports (RFC 5965), and what is neither (RFC 3834). Pure: bytes in,
//! receipts out.
//!
//! `structure` takes the mail apart, `reference` finds the attempt it is about, `kind` says what it
//! is: by `report` where it has fields, else by its words (`text`, `phrases` with the table
//! `bounces.toml`), and `verdict` what a refusal means. Refuses to fail on any input other than by
//! an error, and to lose a mail about a message of ours: what nobody can read goes to people.

mod fields;
mod kind;
mod phrases;
mod reference;
mod report;
mod status;
mod structure;
mod text;
pub(crate) mod verdict;
mod words;

use sluis_model::{ReceiptKind, ReferenceKey, Why};

pub use status::Status;
pub use structure::MAX_REPORT;
pub use verdict::Meaning;

use self::kind::Reading;
use self::structure::Mail;
use crate::kind::Intake;
use crate::receipt::{ProviderReceipt, ReceiptError, ReceiptFault};

/// Where mail systems post what comes back, whatever the relay is called.
pub(crate) const MAIL_INTAKE: Intake = Intake {
    name: "email",
    most: MAX_REPORT,
    read: |raw, key, provider| Ok(read_bounce(raw, key, provider)?),
};

/// Codes of the mails that are refused.
pub(crate) const RECEIPT_CODES: &[&str] = &[
    "automatic_reply",
    "no_reference",
    "not_mail",
    "other_mail",
    "other_report",
];

/// Why a mail gives no receipt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BounceError {
    /// No headers at all.
    #[error("not a mail message: expected the raw message with its headers (RFC 5322)")]
    NotMail,
    /// A mail, but not a report about ours.
    #[error("not a delivery report: {0}")]
    NotAReport(NotAReport),
    /// A report that carries no reference of ours.
    #[error(
        "no reference of ours: expected one in the return path, in Original-Envelope-Id or in the Message-ID returned"
    )]
    NoReference,
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
    /// Something else, perhaps written by a person or by a list.
    #[error("a mail that reports nothing about a message of ours")]
    OtherMail,
}

impl BounceError {
    /// Stable code for the API and metrics.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            BounceError::NotMail => "not_mail",
            BounceError::NotAReport(NotAReport::AutomaticReply) => "automatic_reply",
            BounceError::NotAReport(NotAReport::OtherReport) => "other_report",
            BounceError::NotAReport(NotAReport::OtherMail) => "other_mail",
            BounceError::NoReference => "no_reference",
        }
    }
}

impl From<BounceError> for ReceiptError {
    fn from(error: BounceError) -> Self {
        let (code, text) = (error.code(), error.to_string().into());
        let fault = match error {
            BounceError::NotMail | BounceError::NotAReport(_) => ReceiptFault::Refused,
            // In the words that are everybody's: whose reference it is must not show.
            BounceError::NoReference => return ReceiptError::no_reference(),
        };
        Self { code, text, fault }
    }
}

/// Reads a raw mail into what it says of one attempt; `provider` is written into the receipt. Of a
/// mail that is longer than [`MAX_REPORT`] that much is read.
///
/// The reference is looked for first, and proves itself by its MAC wherever it stands (see
/// `reference`). Then the mail is asked what it is; of one that nobody can read the receipt says so.
///
/// # Errors
/// [`BounceError`].
pub fn read_bounce(
    raw: &[u8],
    key: &ReferenceKey,
    provider: &str,
) -> Result<ProviderReceipt, BounceError> {
    let mail = Mail::read(raw);
    let Some((corporation, attempt)) = reference::find(&mail, key) else {
        return Err(without_reference(&mail));
    };
    let (kind, why, occurred_at) = match kind::read(&mail) {
        Reading::Told(told) => (told.kind, told.why, told.occurred_at),
        Reading::People(code) => {
            let why = Why::new(code, for_people(code));
            (ReceiptKind::Unexplained, Some(why), None)
        }
        Reading::Automatic => return Err(BounceError::NotAReport(NotAReport::AutomaticReply)),
        Reading::OtherReport => return Err(BounceError::NotAReport(NotAReport::OtherReport)),
        Reading::List => return Err(BounceError::NotAReport(NotAReport::OtherMail)),
    };
    Ok(ProviderReceipt {
        corporation,
        attempt,
        kind,
        why,
        provider: provider.to_owned(),
        occurred_at,
    })
}

/// What people are told; none of the mail's own words, which may be anybody's.
fn for_people(code: &str) -> &'static str {
    match code {
        "challenge" => "the recipient's mail system wants a confirmation before it delivers",
        "reply" => "somebody wrote to the return path of the message",
        "daemon" => {
            "a mail system wrote about the message, in words and codes that nobody has mapped"
        }
        _ => "a mail about the message that says nothing",
    }
}

/// What to say of a mail that is about nothing of ours.
fn without_reference(mail: &Mail) -> BounceError {
    if mail
        .messages
        .first()
        .is_none_or(|message| message.head.is_empty())
    {
        return BounceError::NotMail;
    }
    match kind::read(mail) {
        Reading::Told(_) | Reading::People("daemon") => BounceError::NoReference,
        Reading::Automatic => BounceError::NotAReport(NotAReport::AutomaticReply),
        Reading::OtherReport => BounceError::NotAReport(NotAReport::OtherReport),
        Reading::List | Reading::People(_) => BounceError::NotAReport(NotAReport::OtherMail),
    }
}
