//! Owns what an SMTP answer or an enhanced status code means: pure, answer in, verdict with a reason out.
//! Refuses the network, and to retry.
//!
//! Sources: RFC 5321 4.2 (reply codes), RFC 3463 with the IANA registry (enhanced codes), RFC 7504 (521, 556),
//! RFC 4954 (AUTH). A 4yz is always `Retry`. For a 5yz the enhanced code decides; where there is none, or one that only
//! says "other" (`5.0.0`, `5.1.0`), the basic code does, together with the command it answers.

use sluis_model::{Refusal, Verdict, Why};

use super::session::Trouble;
use crate::words::why;

/// The command an answer belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The relay's first words.
    Greeting,
    /// `EHLO`, `STARTTLS`.
    Hello,
    /// `AUTH`.
    Auth,
    /// `MAIL FROM`.
    Mail,
    /// `RCPT TO`.
    Rcpt,
    /// `DATA`.
    Data,
    /// The message, after its final dot.
    Body,
}

/// An answer of the relay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What it answers.
    pub phase: Phase,
    /// The basic code.
    pub code: u16,
    /// The text, all lines.
    pub text: String,
}

/// An enhanced status code, RFC 3463: class, subject, detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u16, pub u16, pub u16);

impl Status {
    /// The code at the beginning of the text, if there is one: `5.1.1 no such user`.
    #[must_use]
    pub fn at_start(text: &str) -> Option<Status> {
        let word = text.trim_start().split(|c: char| c.is_whitespace() || c == ':' || c == '(').next()?;
        let mut numbers = word.split('.').map(|part| if part.len() <= 3 { part.parse::<u16>().ok() } else { None });
        let status = Status(numbers.next()??, numbers.next()??, numbers.next()??);
        (numbers.next().is_none() && matches!(status.0, 2 | 4 | 5)).then_some(status)
    }

    /// Whether it says nothing about the cause: "other or undefined".
    #[must_use]
    pub const fn is_vague(self) -> bool {
        matches!((self.1, self.2), (0, _) | (1, 0) | (2, 0))
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// What a permanent failure is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The address is bad: hard.
    Address,
    /// The mailbox is full: may pass.
    Full,
    /// Policy, reputation, size, a system or route that does not work: not the tenant's fault, nor plainly ours.
    Policy,
    /// Our sender, our syntax, our credentials.
    Ours,
}

/// What a permanent enhanced code (class 5) is about; none when it is vague.
#[must_use]
pub const fn fault(status: Status) -> Option<Fault> {
    Some(match (status.1, status.2) {
        // No such mailbox, system, or syntax; moved; null MX (RFC 7505); disabled.
        (1, 1 | 2 | 3 | 6 | 10) | (2, 1) => Fault::Address,
        // Our sender address.
        (1, 7 | 8) => Fault::Ours,
        (2, 2) => Fault::Full,
        // Commands, parameters.
        (5, _) => Fault::Ours,
        // Credentials: invalid, mechanism too weak, encryption needed, account disabled, trust relationship.
        (7, 8 | 9 | 11 | 13 | 14) => Fault::Ours,
        _ if status.is_vague() => return None,
        // Too big (2.3, 3.4), not authenticated (7.26), routing (4.x), content (6.x) and all else.
        _ => Fault::Policy,
    })
}

/// What a basic code means where no enhanced one helps.
const fn basic_fault(phase: Phase, code: u16) -> Fault {
    match (code, phase) {
        // Syntax (500-504), parameters (555), authentication (530, 534, 535, 538).
        (500..=504 | 530 | 534 | 535 | 538 | 555, _) | (_, Phase::Auth) => Fault::Ours,
        // RFC 7504: a host or domain that takes no mail at all.
        (521 | 556, Phase::Rcpt) => Fault::Address,
        // "Mailbox unavailable", "user not local", "mailbox name not allowed": of the recipient only where it answers RCPT.
        (550 | 551 | 553, Phase::Rcpt) => Fault::Address,
        (550 | 551 | 553, Phase::Mail) => Fault::Ours,
        // "Exceeded storage allocation": of the mailbox at RCPT, of the message elsewhere.
        (552, Phase::Rcpt) => Fault::Full,
        _ => Fault::Policy,
    }
}

/// The verdict of a positive last answer; its text is the relay's id for the message (`queued as …`).
#[must_use]
pub fn accepted(reply: &Reply, recipient: &str) -> Verdict {
    Verdict::Accepted { provider_id: why("", &reply.text, recipient).text }
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
pub fn refused(reply: &Reply, recipient: &str) -> Verdict {
    let status = Status::at_start(&reply.text);
    let reason = why(code_of(reply.code, status), &reply.text, recipient);
    if reply.code / 100 == 4 {
        return Verdict::Retry { after_ms: None, why: reason };
    }
    if matches!(reply.phase, Phase::Greeting | Phase::Hello) {
        // The relay refuses us, not this message: nothing was asked of it yet. The breaker deals with that.
        return Verdict::Withdrawn { why: reason };
    }
    // A basic code about credentials outranks the enhanced one (530 5.7.0).
    let credentials = reply.phase == Phase::Auth || matches!(reply.code, 530 | 534 | 535 | 538);
    let enhanced = status.filter(|status| status.0 == 5 && !credentials).and_then(fault);
    match enhanced.unwrap_or_else(|| basic_fault(reply.phase, reply.code)) {
        Fault::Address => Verdict::Refused { class: Refusal::Address, why: reason },
        Fault::Policy => Verdict::Refused { class: Refusal::Policy, why: reason },
        Fault::Ours => Verdict::Refused { class: Refusal::Ours, why: reason },
        Fault::Full => Verdict::Retry { after_ms: None, why: reason },
    }
}

/// The enhanced code where there is one, else `smtp 550`.
fn code_of(basic: u16, status: Option<Status>) -> Box<str> {
    status.map_or_else(|| format!("smtp {basic}"), |status| status.to_string()).into_boxed_str()
}

/// A reason from a report: the enhanced code and the diagnostic text.
pub(super) fn reason(status: Status, diagnostic: &str, recipient: &str) -> Why {
    why(status.to_string(), diagnostic, recipient)
}
