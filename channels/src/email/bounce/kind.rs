//! Owns the question what a mail is: a report, in fields or in words; a complaint; an automatic
//! answer; a challenge; the noise of a list; or something that only people can read. Daemons mark
//! their mail as automatic, too (RFC 3834 3.1.8 is about responders), so that mark alone makes
//! nothing an automatic answer. Refuses references: whether the mail is about a message of ours is
//! asked elsewhere.

use sluis_model::{ReceiptKind, Why};

use super::fields::Fields;
use super::phrases::{Found, Kind, Table};
use super::report::{Told, delivery_status, feedback, has_status_fields, kind_of, reason};
use super::status::{Status, basic_codes};
use super::structure::{Mail, Message, Part};
use super::text::{diagnostic, own_lines};
use super::verdict::{Judged, Said, judge};
use super::words::words;

/// The most messages within a mail that are asked.
const MAX_MESSAGES: usize = 4;

/// Parts with the fields of a delivery report (RFC 3464, RFC 6533).
const STATUS_PARTS: &[&str] = &["message/delivery-status", "message/global-delivery-status"];
/// Parts with the fields of a complaint (RFC 5965).
const FEEDBACK_PARTS: &[&str] = &["message/feedback-report"];
/// Parts with the fields of a read receipt (RFC 8098).
const DISPOSITION_PARTS: &[&str] = &[
    "message/disposition-notification",
    "message/global-disposition-notification",
];
/// What a subject begins with that answers or forwards.
const ANSWERS: [&str; 10] = [
    "re:", "aw:", "antw:", "sv:", "fw:", "fwd:", "wg:", "tr:", "rif:", "res:",
];
/// Fields that responders write.
const RESPONDERS: [&str; 6] = [
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-reply",
    "x-vacation",
    "x-mail-autoreply",
];

/// What a mail is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// It says something of an attempt.
    Told(Told),
    /// An automatic answer of the recipient.
    Automatic,
    /// A report of another kind: read receipts, authentication failures, "not spam".
    OtherReport,
    /// The noise of a mailing list.
    List,
    /// For people: a report that says nothing we know, a challenge, an answer somebody wrote.
    People(&'static str),
}

/// Reads the mail; a message within it when the mail itself says nothing (a report that was
/// forwarded whole).
pub(super) fn read(mail: &Mail) -> Reading {
    let mut first = None;
    for (number, message) in mail.messages.iter().take(MAX_MESSAGES).enumerate() {
        let reading = match fields(message) {
            Some(reading) => reading,
            // The words of a message within it may be ours, or anybody's: only a daemon's count.
            None if number > 0 && !Signs::of(message, "").daemon => continue,
            None => in_words(message),
        };
        match reading {
            Reading::Told(_) => return reading,
            // What an automatic answer returns is the message it answers.
            Reading::Automatic | Reading::OtherReport | Reading::List if number == 0 => {
                return reading;
            }
            other => first = first.or(Some(other)),
        }
    }
    first.unwrap_or(Reading::People("empty"))
}

/// What the fields of a report say, where there are any.
fn fields(message: &Message) -> Option<Reading> {
    let date = message.head.date("date");
    let find = |kinds: &'static [&str]| {
        let parts = message.parts.iter();
        parts.filter(|part| kinds.contains(&part.kind.as_str()))
    };
    let mut statuses = find(STATUS_PARTS).peekable();
    if statuses.peek().is_some() {
        let words = spoken(message);
        let told = statuses.find_map(|part| delivery_status(&part.text, &words, date));
        // Fields that say nothing leave it to the words.
        return told.map(Reading::Told);
    }
    if let Some(part) = find(FEEDBACK_PARTS).next() {
        return Some(feedback(&part.text, date).map_or(Reading::OtherReport, Reading::Told));
    }
    if find(DISPOSITION_PARTS).next().is_some() {
        return Some(Reading::OtherReport);
    }
    fields_in_text(message)
}

/// The same fields within another part: a gateway may have made text of a report.
fn fields_in_text(message: &Message) -> Option<Reading> {
    let date = message.head.date("date");
    let readable =
        |part: &&Part| part.kind.starts_with("text/") || part.kind.starts_with("application/");
    let texts = message.parts.iter().filter(readable);
    let told = texts
        .map(|part| part.text.as_str())
        .filter(|text| has_status_fields(text))
        .find_map(|text| delivery_status(text, &spoken(message), date));
    if told.is_some() {
        return told.map(Reading::Told);
    }
    let is_feedback = |line: &str| line.to_ascii_lowercase().starts_with("feedback-type:");
    let mut parts = message.parts.iter();
    let part = parts.find(|part| part.text.lines().any(is_feedback))?;
    feedback(&part.text, date).map(Reading::Told)
}

/// What the message tells people: its own lines, without the message it returns.
fn spoken(message: &Message) -> String {
    let table = Table::get();
    let has_plain = message
        .parts
        .iter()
        .any(|part| part.kind == "text/plain" && !part.text.trim().is_empty());
    let spoken = |part: &&Part| match part.kind.as_str() {
        "text/plain" => true,
        "text/rfc822-headers" => false,
        kind => kind.starts_with("text/") && !has_plain,
    };
    let mut out = String::new();
    for part in message.parts.iter().filter(spoken) {
        out.push_str(&own_lines(&part.text, table));
        out.push('\n');
    }
    out
}

/// Everything about a message that its words may decide.
struct Signs {
    subject: Found,
    text: Found,
    daemon: bool,
    /// A null return path, as reports and automatic answers have it (RFC 5321 4.5.5, RFC 3834 3.3).
    null_sender: bool,
    /// It says that a responder made it.
    responder: bool,
    /// It names recipients that failed, or calls itself a report.
    claims: bool,
    /// It answers a subject: `Re:`.
    answers: bool,
    list: bool,
    coded: bool,
}

impl Signs {
    fn of(message: &Message, spoken: &str) -> Self {
        let table = Table::get();
        let head = &message.head;
        let any = |names: &[&str]| names.iter().any(|name| head.first(name).is_some());
        let subject = message.subject.trim().to_lowercase();
        let report =
            message.kind == "multipart/report" && message.report_type.contains("delivery-status");
        Self {
            subject: table.find(&words(&message.subject)),
            text: table.find(&words(spoken)),
            daemon: table.find(&sender_words(&message.from)).has(Kind::Daemon),
            null_sender: has_null_sender(head),
            responder: is_of_responder(head) || any(&RESPONDERS),
            claims: report || any(&["x-failed-recipients", "x-failed-recipient"]),
            answers: ANSWERS.iter().any(|begin| subject.starts_with(begin)),
            list: any(&["list-id", "x-mailman-version", "x-mailing-list"]),
            coded: !Status::all_in(spoken).is_empty() || basic_codes(spoken).next().is_some(),
        }
    }

    /// The text names a reason that only a mail system gives.
    fn gives_reason(&self) -> bool {
        [
            Kind::Gone,
            Kind::Address,
            Kind::Host,
            Kind::Full,
            Kind::Rate,
            Kind::Policy,
        ]
        .iter()
        .any(|kind| self.text.has_at(*kind, None))
    }

    /// What it is, where it is no report.
    fn no_report(&self) -> Option<Reading> {
        if self.is_automatic() {
            return Some(Reading::Automatic);
        }
        if self.is_challenge() {
            return Some(Reading::People("challenge"));
        }
        if self.is_of_list() {
            return Some(Reading::List);
        }
        let people = if self.daemon { "daemon" } else { "reply" };
        (!self.is_report()).then_some(Reading::People(people))
    }

    fn is_challenge(&self) -> bool {
        let asks = self.subject.has(Kind::Challenge) || self.text.has(Kind::Challenge);
        asks && !self.subject.has(Kind::Failure) && !self.claims
    }

    fn is_of_list(&self) -> bool {
        self.subject.has(Kind::List)
            || self.text.has(Kind::List) && !self.is_report()
            || self.list && !self.daemon && !self.claims
    }

    /// It says that the message is over.
    fn is_over(&self) -> bool {
        self.subject.has(Kind::Failure) || self.text.has(Kind::Final)
    }

    /// It says that the message is still being tried.
    fn is_delay(&self) -> bool {
        let delay = self.subject.has(Kind::Delay) || self.text.has(Kind::Delay);
        delay && !self.is_over()
    }

    /// It says plainly that a message failed.
    fn is_stated(&self) -> bool {
        self.is_over()
            || self.claims
            || self.text.has(Kind::Failure)
            || self.subject.has_at(Kind::Address, None)
    }

    /// It says that a message did not arrive, or not yet.
    fn is_report(&self) -> bool {
        let stated = self.text.has(Kind::Failure)
            || self.text.has(Kind::Delay)
            || self.text.has(Kind::Final);
        if self.claims {
            return true;
        }
        if self.answers {
            // Somebody answers, perhaps quoting; a system may prefix its subject, too.
            return self.daemon && (stated || self.coded);
        }
        let system = self.daemon || self.null_sender;
        let explains = self.coded || self.gives_reason();
        let may_pass = self.text.has(Kind::Soft) || self.text.has(Kind::Later);
        self.is_named() && (system || stated || explains)
            || system && (stated || explains || may_pass)
            || stated && explains
    }

    /// The subject names a report.
    fn is_named(&self) -> bool {
        self.subject.has(Kind::Failure)
            || self.subject.has(Kind::Delay)
            || self.subject.has_at(Kind::Address, None)
    }

    fn is_automatic(&self) -> bool {
        if self.claims || self.subject.has(Kind::Failure) || self.subject.has(Kind::Delay) {
            return false;
        }
        if self.subject.has(Kind::Away) {
            return true;
        }
        let failed = self.text.has(Kind::Failure) || self.text.has(Kind::Final);
        let system = self.daemon && (failed || self.coded)
            || failed && (self.coded || self.gives_reason()) && !self.text.has(Kind::Away);
        !system
            && (self.responder && !self.daemon
                || (self.responder || self.null_sender || self.list) && self.text.has(Kind::Away))
    }
}

fn has_null_sender(head: &Fields) -> bool {
    let paths = head.all("return-path").chain(head.all("x-envelope-from"));
    let mut paths = paths.map(str::trim);
    paths.any(|path| matches!(path, "<>" | ""))
}

/// A responder says so in one of two fields (RFC 3834 5, and an older one).
fn is_of_responder(head: &Fields) -> bool {
    let says = |name: &str, begins: &[&str]| {
        head.all(name).any(|value| {
            let value = value.trim().to_ascii_lowercase();
            begins.iter().any(|begin| value.starts_with(begin))
        })
    };
    let submitted = ["auto-replied", "auto-generated (vacation", "auto-notified"];
    says("auto-submitted", &submitted) || says("precedence", &["auto_reply", "auto-reply"])
}

/// The words of a sender, its address among them: for a daemon the address is its name.
fn sender_words(from: &str) -> String {
    words(&from.replace(['@', '.', '<', '>'], " "))
}

/// What the words say.
fn in_words(message: &Message) -> Reading {
    let spoken = spoken(message);
    let signs = Signs::of(message, &spoken);
    let date = message.head.date("date");
    let told = |kind, why| {
        Reading::Told(Told {
            kind,
            why: Some(why),
            occurred_at: date,
        })
    };
    if signs.subject.has(Kind::Complaint) && !signs.answers {
        let why = Why::new("complaint", "a complaint in words");
        return told(ReceiptKind::Complained, why);
    }
    if let Some(reading) = signs.no_report() {
        return reading;
    }
    let (judged, text) = judged_words(message, &spoken);
    let why = reason(&judged, &text, "");
    if signs.is_delay() {
        return told(ReceiptKind::Delayed, why);
    }
    if judged.meaning.is_none() && judged.code.is_empty() && !signs.is_stated() {
        return Reading::People("daemon");
    }
    told(kind_of(judged.meaning), why)
}

/// The verdict on the words, and the words that it rests on: the subject may be all that says it.
fn judged_words(message: &Message, spoken: &str) -> (Judged, String) {
    let text = if spoken.trim().is_empty() {
        message.subject.clone()
    } else {
        diagnostic(spoken)
    };
    let of = |text| {
        judge(&Said {
            text,
            ..Said::default()
        })
    };
    let judged = of(&text);
    if judged.meaning.is_some() {
        return (judged, text);
    }
    let further = of(&format!("{}\n{spoken}", message.subject));
    let better = further.meaning.is_some();
    (if better { further } else { judged }, text)
}
