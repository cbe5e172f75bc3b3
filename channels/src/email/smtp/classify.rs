//! Owns what an SMTP answer means: pure, answer in, verdict with a reason out. Refuses the network,
//! and to retry.
//!
//! Sources: RFC 5321 4.2 (reply codes), RFC 4954 (AUTH). A 4yz is always `Retry`. What a 5yz is
//! about says the table of verdicts, which reports of bounces use, too.

use sluis_model::{Barred, Refusal, Verdict, Why};

use crate::email::bounce::verdict::{Meaning, Said, judge};
use crate::email::reply::{Reply, Stage, Trouble};
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
        stage: Some(reply.stage),
    });
    let reason = why(judged.code.as_str(), &reply.text, recipient);
    if let Some(verdict) = put_off_login(reply, &reason) {
        return verdict;
    }
    if reply.code / 100 == 4 {
        return Verdict::Retry {
            after_ms: None,
            why: reason,
        };
    }
    if matches!(reply.stage, Stage::Greeting | Stage::Hello) {
        // The relay refuses us, not this message: nothing was asked of it yet. The breaker deals
        // with that.
        return Verdict::Withdrawn { why: reason };
    }
    if let Some(what) = barred(reply, judged.meaning) {
        return Verdict::Barred { what, why: reason };
    }
    by_meaning(judged.meaning, reason)
}

/// The verdict on a refusal that is about this message.
fn by_meaning(meaning: Option<Meaning>, why: Why) -> Verdict {
    let class = match meaning {
        // It says that it may pass: not this time.
        Some(Meaning::Full | Meaning::Rate) => {
            let after_ms = None;
            return Verdict::Retry { after_ms, why };
        }
        Some(Meaning::Address) => Refusal::Address,
        // A late word about our account may be about the recipient's.
        Some(Meaning::Ours | Meaning::Sender | Meaning::Account) => Refusal::Ours,
        Some(Meaning::Policy) => Refusal::Policy,
        Some(Meaning::Soft) | None => Refusal::Soft,
    };
    Verdict::Refused { class, why }
}

/// The verdict of a temporary answer to `AUTH` (RFC 4954 6). The message was not named yet, so it
/// does not count against it: 432 wants another password, 454 and others are the relay's own
/// trouble. 421 says that there is too much at once, as it does anywhere.
fn put_off_login(reply: &Reply, reason: &Why) -> Option<Verdict> {
    if reply.stage != Stage::Auth || reply.code / 100 != 4 || reply.code == 421 {
        return None;
    }
    let why = reason.clone();
    Some(match reply.code {
        432 => Verdict::Barred {
            what: Barred::Account,
            why,
        },
        _ => Verdict::Withdrawn { why },
    })
}

/// What the relay bars, where the refusal is about us: our account in a basic code of RFC 4954 at
/// any point (it outranks the enhanced one, 530 5.7.0), our sender in whatever is said of `MAIL`,
/// for nobody else was named yet, or in plain words at `RCPT`.
fn barred(reply: &Reply, meaning: Option<Meaning>) -> Option<Barred> {
    if reply.stage == Stage::Auth || matches!(reply.code, 530 | 534 | 535 | 538) {
        return Some(Barred::Account);
    }
    match (reply.stage, meaning) {
        (Stage::Mail, Some(Meaning::Account)) => Some(Barred::Account),
        // Malformed, or too much at once: not barred.
        (Stage::Mail, Some(Meaning::Ours | Meaning::Full | Meaning::Rate)) => None,
        (Stage::Mail, _) | (Stage::Rcpt, Some(Meaning::Sender)) => Some(Barred::Sender),
        (
            Stage::Greeting | Stage::Hello | Stage::Auth | Stage::Rcpt | Stage::Data | Stage::Body,
            _,
        ) => None,
    }
}

/// Enhanced and basic codes that speak of load, not of one mailbox: system not accepting messages,
/// congestion, too many messages (RFC 3463, IANA registry; 4.7.0 is what large providers send with
/// 421).
const LOAD: [&str; 5] = ["4.3.2", "4.4.5", "4.7.0", "4.7.28", "smtp 421"];

/// Whether "later" with this reason speaks of load. SMTP has no word for a time.
pub(super) fn is_about_load(after_ms: Option<u64>, why: &Why) -> bool {
    after_ms.is_some() || LOAD.contains(&&*why.code)
}
