//! Owns the one table of verdicts, for reports and for our own SMTP dialogue alike: what a refusal
//! is about, from its words, its enhanced code wherever it stands, and its basic code with the
//! command it answers. Refuses to know who asks.
//!
//! Sources: RFC 3463 and the IANA registry of enhanced codes, RFC 5321 4.2, RFC 7504 (521, 556),
//! RFC 7505 (5.1.10), RFC 7293 (5.7.17, 5.7.18), RFC 7372 (5.7.20 and on). Codes of vendors beyond
//! them are named where they are.
//!
//! Whatever may pass or is about us outranks "no such mailbox": a wrong "full" costs one more try,
//! a wrong "gone" costs a tenant the address. What the remote system said outranks the status that
//! a reporter made of it.

use super::super::reply::Stage;
use super::phrases::{Found, Kind, Table};
use super::status::{Status, basic_codes};
use super::words::words;

/// What a refusal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The address is bad: hard.
    Address,
    /// The mailbox is full: may pass.
    Full,
    /// A system or a route that does not work: may pass.
    Soft,
    /// Too much, too fast.
    Rate,
    /// Policy, reputation, content, size: refused for what we are or wrote.
    Policy,
    /// Our syntax: what we said is malformed.
    Ours,
    /// Our sender: its address is not allowed, or the relay does not relay for it. What a report
    /// says of a relay far from ours is [`Meaning::Policy`].
    Sender,
    /// Our credentials, our account.
    Account,
}

/// What a system said.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Said<'a> {
    /// Its words.
    pub(crate) text: &'a str,
    /// The status that a reporter made of it (RFC 3464 2.3.4).
    pub(crate) status: Option<Status>,
    /// The basic code, where it is known apart from the words.
    pub(crate) basic: Option<u16>,
    /// What it answers, where that is known apart from the words.
    pub(crate) stage: Option<Stage>,
}

/// A verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Judged {
    /// What it is about; none when neither words nor codes tell.
    pub(crate) meaning: Option<Meaning>,
    /// The code that says so: enhanced, else `smtp 550`, else empty.
    pub(crate) code: String,
}

/// What an enhanced code is about, and whether it is so general that plain words outrank it; none
/// when it is vague.
const fn meaning(status: Status) -> Option<(Meaning, bool)> {
    if status.is_vague() {
        return None;
    }
    let temporary = status.0 == 4;
    Some(match (status.1, status.2) {
        (2, 2) => (Meaning::Full, false),
        // Our sender address (1.7, 1.8), several authors (Exchange: 1.20).
        (1, 7 | 8 | 20) => (Meaning::Sender, false),
        // Exchange: the sender's daily limit of recipients.
        (1, 90..=99) => (Meaning::Rate, false),
        // "Valid", and a gateway that changed the message.
        (1, 5 | 9) => (Meaning::Soft, true),
        (1, _) if temporary => (Meaning::Soft, true),
        // No such mailbox, system, or syntax; ambiguous; moved; null MX; and what vendors have put
        // there.
        (1, _) => (Meaning::Address, false),
        (2, 1) if !temporary => (Meaning::Address, false),
        // Too large for the mailbox, for the system; a list that cannot be expanded is a mailbox
        // that does not work.
        (2, 3) | (3, 4) => (Meaning::Policy, true),
        // Exchange: limits of recipients, of senders.
        (2, 121 | 122) => (Meaning::Rate, false),
        // No route: the host does not exist. Exchange: DNS says that there is no such domain.
        (4, 4 | 310) if !temporary => (Meaning::Address, false),
        (4, 5) => (Meaning::Rate, true),
        (2..=4, _) => (Meaning::Soft, true),
        // Too many recipients at once.
        (5, 3) => (Meaning::Rate, true),
        (5, _) => (Meaning::Ours, true),
        (6, _) => (Meaning::Policy, true),
        // The mailbox, the domain has another owner since (RFC 7293).
        (7, 17 | 18) if !temporary => (Meaning::Address, false),
        // Credentials: invalid, too weak, encryption needed, account disabled, trust relationship.
        (7, 8 | 9 | 11 | 13 | 14) => (Meaning::Account, false),
        (7, 0 | 1) => (Meaning::Policy, true),
        (7, _) => (Meaning::Policy, false),
        _ => (Meaning::Soft, true),
    })
}

/// What a basic code means where nothing else helps; none where it could be anything.
const fn basic_meaning(code: u16, stage: Option<Stage>) -> Option<Meaning> {
    Some(match (code, stage) {
        (400..=499, _) => Meaning::Soft,
        // Authentication, RFC 4954.
        (530 | 534 | 535 | 538, _) | (_, Some(Stage::Auth)) => Meaning::Account,
        // Syntax (500-504), parameters (555).
        (500..=504 | 555, _) => Meaning::Ours,
        // RFC 7504: a host or domain that takes no mail at all.
        (521 | 556, Some(Stage::Rcpt)) | (556, None) => Meaning::Address,
        // "Mailbox unavailable", "user not local", "mailbox name not allowed": of the recipient
        // only where it answers RCPT.
        (550 | 551 | 553, Some(Stage::Rcpt)) => Meaning::Address,
        (550 | 551 | 553, Some(Stage::Mail)) => Meaning::Sender,
        // "Exceeded storage allocation": of the mailbox at RCPT, of the message elsewhere.
        (552, None | Some(Stage::Rcpt)) => Meaning::Full,
        (571 | 572, _) => Meaning::Policy,
        (_, None) => return None,
        (_, Some(_)) => Meaning::Policy,
    })
}

/// The verdict.
pub(crate) fn judge(said: &Said<'_>) -> Judged {
    let heard = Heard::of(said);
    Judged {
        meaning: heard.meaning(),
        code: code_of(&heard.codes, heard.status, heard.basic),
    }
}

/// What was heard: the phrases, the codes, and what they answer.
struct Heard {
    found: Found,
    /// Codes in the words of the remote system.
    codes: Vec<Status>,
    /// What a reporter made of them.
    status: Option<Status>,
    basic: Option<u16>,
    stage: Option<Stage>,
    /// The stage of our own dialogue.
    own_stage: Option<Stage>,
}

impl Heard {
    fn of(said: &Said<'_>) -> Self {
        let found = Table::get().find(&words(said.text));
        let remote = remote(said.text);
        Self {
            codes: Status::all_in(remote),
            status: said.status,
            basic: said.basic.or_else(|| basic_codes(remote).next()),
            stage: said.stage.or_else(|| found.stage()),
            own_stage: said.stage,
            found,
        }
    }

    fn has(&self, kind: Kind) -> bool {
        self.found.has_at(kind, self.stage)
    }

    fn is_temporary(&self) -> bool {
        is_temporary(&self.codes, self.basic, self.status)
    }

    /// Before there is a recipient, no word is about one.
    const fn is_before_recipient(&self) -> bool {
        matches!(
            self.stage,
            Some(Stage::Greeting | Stage::Hello | Stage::Auth | Stage::Mail)
        )
    }

    /// "Host not found, try again": the resolver's word for now is not its word for ever.
    fn names_nobody(&self) -> bool {
        let no_host = self.has(Kind::Host) && !self.has(Kind::Later);
        (self.has(Kind::Address) || no_host) && !self.is_before_recipient()
    }

    /// What the codes say, and whether plain words outrank that.
    fn by_code(&self) -> Option<(Meaning, bool)> {
        remote_meaning(&self.codes).or_else(|| {
            let status = self.status.filter(|status| self.fits(*status));
            status.and_then(meaning)
        })
    }

    /// A basic code of another class than the status contradicts it, and so does one about room.
    fn fits(&self, status: Status) -> bool {
        self.basic
            .is_none_or(|basic| basic != 552 && status.0 == basic / 100)
    }

    fn meaning(&self) -> Option<Meaning> {
        if self.has(Kind::Gone) && !self.is_temporary() && !self.is_before_recipient() {
            return Some(Meaning::Address);
        }
        let by_code = self.by_code();
        self.outranking(by_code).or_else(|| self.rest(by_code))
    }

    /// What outranks "no such mailbox": what is about us, and what may pass.
    fn outranking(&self, by_code: Option<(Meaning, bool)>) -> Option<Meaning> {
        match by_code {
            Some((about_us @ (Meaning::Sender | Meaning::Account), false)) => Some(about_us),
            _ if self.has(Kind::Rate) => Some(Meaning::Rate),
            Some((Meaning::Full, _)) => Some(Meaning::Full),
            _ if self.has(Kind::Full) => Some(Meaning::Full),
            _ if self.has(Kind::Sender) => Some(self.about_sender(by_code)),
            _ if self.has(Kind::Policy) => Some(Meaning::Policy),
            _ => None,
        }
    }

    /// Our own relay, asked about a recipient that is none of its own: ours to mend. In a report it
    /// is the word of somebody else's relay.
    fn about_sender(&self, by_code: Option<(Meaning, bool)>) -> Meaning {
        let of_our_relay = matches!(self.own_stage, Some(Stage::Mail | Stage::Rcpt));
        let of_recipient = self.names_nobody() || matches!(by_code, Some((Meaning::Address, _)));
        if of_our_relay && !of_recipient {
            Meaning::Sender
        } else {
            Meaning::Policy
        }
    }

    fn rest(&self, by_code: Option<(Meaning, bool)>) -> Option<Meaning> {
        let (nobody, temporary) = (self.names_nobody(), self.is_temporary());
        let soft = self.has(Kind::Soft) || self.has(Kind::Later);
        match by_code {
            Some((_, true)) if nobody && !temporary => Some(Meaning::Address),
            Some((Meaning::Address, _)) if soft && !nobody => Some(Meaning::Soft),
            Some((meaning, _)) => Some(meaning),
            None if nobody && temporary => Some(Meaning::Soft),
            None if nobody => Some(Meaning::Address),
            None if soft => Some(Meaning::Soft),
            None if self.has(Kind::Hint) => Some(Meaning::Policy),
            None => self
                .basic
                .and_then(|basic| basic_meaning(basic, self.stage)),
        }
    }
}

/// What the remote system said, where a reporter put its own code before it: `#5.1.1 smtp;452 4.2.2
/// …`.
fn remote(text: &str) -> &str {
    let behind = text.find("smtp;").map_or(text, |at| &text[at..]);
    if Status::all_in(behind).is_empty() && basic_codes(behind).next().is_none() {
        text
    } else {
        behind
    }
}

/// What the codes in the words say: "full" and policy outrank the others, of those the first
/// counts.
fn remote_meaning(codes: &[Status]) -> Option<(Meaning, bool)> {
    let all = || codes.iter().filter_map(|status| meaning(*status));
    let of = |wanted: Meaning| all().find(|(meaning, _)| *meaning == wanted);
    of(Meaning::Full)
        .or_else(|| of(Meaning::Rate))
        .or_else(|| of(Meaning::Policy))
        .or_else(|| all().next())
}

/// Whether it was said to be for now: by the first code that is not vague, else by any.
fn is_temporary(codes: &[Status], basic: Option<u16>, status: Option<Status>) -> bool {
    let plain = codes
        .iter()
        .find(|status| !status.is_vague())
        .or(codes.first())
        .map(|status| status.0);
    let class = plain
        .or_else(|| basic.map(|basic| basic / 100))
        .or_else(|| status.map(|status| status.0));
    class == Some(4)
}

/// The code that stands in the reason.
fn code_of(codes: &[Status], status: Option<Status>, basic: Option<u16>) -> String {
    let plain = |status: &&Status| !status.is_vague();
    let chosen = codes
        .iter()
        .find(plain)
        .or(status.as_ref().filter(plain))
        .or(codes.first())
        .or(status.as_ref());
    match (chosen, basic) {
        (Some(status), _) => status.to_string(),
        (None, Some(basic)) => format!("smtp {basic}"),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(status: &str, text: &str) -> char {
        let said = Said {
            text,
            status: Status::at_start(status),
            ..Said::default()
        };
        match judge(&said).meaning {
            Some(Meaning::Address) => 'a',
            Some(Meaning::Full) => 'f',
            Some(Meaning::Soft) => 's',
            Some(Meaning::Rate) => 'r',
            Some(Meaning::Policy) => 'p',
            Some(Meaning::Ours) => 'o',
            Some(Meaning::Sender) => 'n',
            Some(Meaning::Account) => 'c',
            None => '-',
        }
    }

    #[test]
    fn words_codes_and_stages_have_their_order() {
        let cases = [
            // What the remote system says outranks what the reporter made of it.
            ("5.1.1", "smtp; 552 5.2.2 over quota", 'f'),
            ("5.1.1", "smtp; 552 no more room", 'f'),
            ("5.1.1", "smtp; 450 4.2.1 later", 's'),
            ("5.1.1", "smtp; 554 5.7.1 no", 'p'),
            ("5.7.1", "smtp; 550 5.1.1 no", 'a'),
            ("4.0.0", "smtp; 550 User unknown", 'a'),
            ("5.1.1", "smtp; 450 later", 's'),
            // Quota, rate and policy before hard.
            ("5.1.1", "550 5.1.1 mailbox is full", 'f'),
            (
                "5.2.1",
                "550 5.2.1 this person is receiving mail at a rate that is too high",
                'r',
            ),
            ("5.1.1", "550 5.1.1 blocked using a list", 'p'),
            // Vague codes, and the words that help.
            ("5.0.0", "550 user unknown", 'a'),
            ("5.5.0", "550 5.5.0 user unknown", 'a'),
            ("5.0.0", "", '-'),
            ("5.3.0", "553 5.3.0 no such user here", 'a'),
            ("5.7.1", "550 5.7.1 no such user here", 'a'),
            ("5.7.26", "550 5.7.26 user unknown", 'p'),
            // Hosts, and codes of vendors.
            ("5.4.4", "Host not found", 'a'),
            ("5.4.4", "", 'a'),
            ("4.4.4", "", 's'),
            ("", "DNS Error: domain name not found", 'a'),
            ("", "Host not found, try again", 's'),
            ("4.4.3", "Host or domain name not found: try again", 's'),
            ("5.1.351", "", 'a'),
            ("5.1.90", "", 'r'),
            ("5.4.310", "", 'a'),
            (
                "5.4.1",
                "550 5.4.1 Recipient address rejected: Access denied",
                'a',
            ),
            (
                "5.7.1",
                "554 5.7.1 Recipient address rejected: Access denied",
                'p',
            ),
            // The basic code with its stage.
            ("", "550 no (in reply to RCPT TO command)", 'a'),
            ("", "550 no (in reply to end of DATA command)", 'p'),
            ("", "550 no (in reply to MAIL FROM command)", 'n'),
            ("", "550 no", '-'),
            ("", "552 no", 'f'),
            ("", "450 no such user", 's'),
            ("5.1.1", "550 no", 'a'),
            (
                "",
                "mailbox unavailable (in reply to end of DATA command)",
                '-',
            ),
        ];
        for (status, text, expected) in cases {
            assert_eq!(letter(status, text), expected, "{status} {text}");
        }
    }

    /// Each code of RFC 3463 and of the registry, alone.
    #[test]
    fn every_registered_code_has_its_meaning() {
        let rows = [
            (
                'a',
                "5.1.1 5.1.2 5.1.3 5.1.4 5.1.6 5.1.10 5.2.1 5.4.4 5.7.17 5.7.18",
            ),
            ('f', "5.2.2 4.2.2"),
            (
                's',
                "5.2.4 5.3.0 5.4.0 5.3.1 5.3.2 5.3.3 5.3.5 5.4.1 5.4.2 5.4.3 5.4.6 5.4.7 4.1.1 4.2.1 4.3.1 4.3.2 4.4.1 4.4.2 4.4.7 5.1.9",
            ),
            ('r', "5.4.5 4.4.5 5.5.3 5.1.90"),
            (
                'p',
                "5.2.3 5.3.4 5.6.1 5.6.3 5.7.1 5.7.2 5.7.3 5.7.7 5.7.20 5.7.23 5.7.25 5.7.26 5.7.27 5.7.28 4.7.0 4.7.1",
            ),
            ('o', "5.5.1 5.5.2 5.5.4"),
            ('n', "5.1.7 5.1.8"),
            ('c', "5.7.8 5.7.9 5.7.11 5.7.13 5.7.14"),
            ('-', "5.0.0 5.1.0 5.2.0 5.5.0 4.0.0"),
        ];
        for (expected, codes) in rows {
            for code in codes.split(' ') {
                assert_eq!(letter(code, ""), expected, "{code}");
            }
        }
    }
}
