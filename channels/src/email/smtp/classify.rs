//! Owns what an SMTP answer means: pure, answer in, verdict with a reason out. Refuses the network,
//! and to retry.
//!
//! Sources: RFC 5321 4.2 (reply codes), RFC 4954 (AUTH). A 4yz is always `Retry`. What a 5yz is
//! about says the table of verdicts, which reports of bounces use, too.

use sluis_model::{Barred, Refusal, Verdict};

use crate::email::bounce::verdict::{Meaning, Said, judge};
use crate::email::reply::{Phase, Reply, Trouble};
use crate::words::why;

/// The verdict of a positive last answer; its text is the relay's id for the message (`queued as
/// …`).
#[must_use]
pub(super) fn accepted(reply: &Reply, recipient: &str) -> Verdict {
    Verdict::Accepted {
        provider_id: why("", &reply.text, recipient).text,
    }
}

/// The verdict of a refusal or of a lost connection.
pub(super) fn verdict(trouble: Trouble, recipient: &str) -> Verdict {
    match trouble {
        Trouble::Lost(why) => Verdict::Withdrawn { why },
        Trouble::Doubt(why) => Verdict::InDoubt { why },
        Trouble::Answer(reply) => refused(&reply, recipient),
    }
}

/// The verdict of a negative answer.
#[must_use]
pub(super) fn refused(reply: &Reply, recipient: &str) -> Verdict {
    let judged = judge(&Said {
        text: &reply.text,
        status: None,
        basic: Some(reply.code),
        phase: Some(reply.phase),
    });
    let reason = why(judged.code.as_str(), &reply.text, recipient);
    if reply.code / 100 == 4 {
        return Verdict::Retry {
            after_ms: None,
            why: reason,
        };
    }
    if matches!(reply.phase, Phase::Greeting | Phase::Hello) {
        // The relay refuses us, not this message: nothing was asked of it yet. The breaker deals
        // with that.
        return Verdict::Withdrawn { why: reason };
    }
    if let Some(what) = barred(reply, judged.meaning) {
        return Verdict::Barred { what, why: reason };
    }
    match judged.meaning {
        Some(Meaning::Address) => Verdict::Refused {
            class: Refusal::Address,
            why: reason,
        },
        // A late word about our account may be about the recipient's.
        Some(Meaning::Ours | Meaning::Sender | Meaning::Account) => Verdict::Refused {
            class: Refusal::Ours,
            why: reason,
        },
        // It says that it may pass: not this time.
        Some(Meaning::Full | Meaning::Rate) => Verdict::Retry {
            after_ms: None,
            why: reason,
        },
        Some(Meaning::Policy) => Verdict::Refused {
            class: Refusal::Policy,
            why: reason,
        },
        Some(Meaning::Soft) | None => Verdict::Refused {
            class: Refusal::Soft,
            why: reason,
        },
    }
}

/// What the relay bars, where the refusal is about us: our account in a basic code of RFC 4954 at
/// any point (it outranks the enhanced one, 530 5.7.0), our sender in whatever is said of `MAIL`,
/// for nobody else was named yet, or in plain words at `RCPT`.
fn barred(reply: &Reply, meaning: Option<Meaning>) -> Option<Barred> {
    if reply.phase == Phase::Auth || matches!(reply.code, 530 | 534 | 535 | 538) {
        return Some(Barred::Account);
    }
    match (reply.phase, meaning) {
        (Phase::Mail, Some(Meaning::Account)) => Some(Barred::Account),
        // Malformed, or too much at once: not barred.
        (Phase::Mail, Some(Meaning::Ours | Meaning::Full | Meaning::Rate)) => None,
        (Phase::Mail, _) | (Phase::Rcpt, Some(Meaning::Sender)) => Some(Barred::Sender),
        (
            Phase::Greeting | Phase::Hello | Phase::Auth | Phase::Rcpt | Phase::Data | Phase::Body,
            _,
        ) => None,
    }
}
