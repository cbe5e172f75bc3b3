//! Owns the question what a mail is: a report, in fields or in words; a complaint; an automatic
//! answer; a challenge; the noise of a list; or something that only people can read. Daemons mark
//! their mail as automatic, too (RFC 3834 3.1.8 is about responders), so that mark alone makes
//! nothing an automatic answer. Refuses references: whether the mail is about a message of ours is
//! asked elsewhere.

use sluis_model::{ReceiptKind, Why};

use super::phrases::{Found, Kind, Table};
use super::report::{Told, delivery_status, feedback, has_status_fields, kind_of, reason};
use super::status::{Status, basic_codes};
use super::structure::{Mail, Message, Part};
use super::text::{diagnostic, own_lines};
use super::verdict::{Said, judge};
use super::words::words;

/// The most messages within a mail that are asked.
const MAX_MESSAGES: usize = 4;

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
    let find = |kinds: &[&str]| {
        message
            .parts
            .iter()
            .filter(|part| kinds.contains(&part.kind.as_str()))
            .collect::<Vec<_>>()
    };
    let statuses = find(&["message/delivery-status", "message/global-delivery-status"]);
    if !statuses.is_empty() {
        let words = spoken(message);
        let told = statuses
            .iter()
            .find_map(|part| delivery_status(&part.text, &words, date));
        // Fields that say nothing leave it to the words.
        return told.map(Reading::Told);
    }
    let complaints = find(&["message/feedback-report"]);
    if let Some(part) = complaints.first() {
        return Some(feedback(&part.text, date).map_or(Reading::OtherReport, Reading::Told));
    }
    if !find(&[
        "message/disposition-notification",
        "message/global-disposition-notification",
    ])
    .is_empty()
    {
        return Some(Reading::OtherReport);
    }
    let text =
        |part: &&Part| part.kind.starts_with("text/") || part.kind.starts_with("application/");
    let within = message
        .parts
        .iter()
        .filter(text)
        .map(|part| part.text.as_str());
    for text in within.filter(|text| has_status_fields(text)) {
        let told = delivery_status(text, &spoken(message), date);
        if told.is_some() {
            return told.map(Reading::Told);
        }
    }
    let feedback_type = |part: &Part| {
        part.text
            .lines()
            .any(|line| line.to_ascii_lowercase().starts_with("feedback-type:"))
    };
    let part = message.parts.iter().find(|part| feedback_type(part))?;
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
        let says = |name: &str, begins: &[&str]| {
            head.all(name).any(|value| {
                let value = value.trim().to_ascii_lowercase();
                begins.iter().any(|begin| value.starts_with(begin))
            })
        };
        let any = |names: &[&str]| names.iter().any(|name| head.first(name).is_some());
        let subject = message.subject.trim().to_lowercase();
        let answer = [
            "re:", "aw:", "antw:", "sv:", "fw:", "fwd:", "wg:", "tr:", "rif:", "res:",
        ];
        let report =
            message.kind == "multipart/report" && message.report_type.contains("delivery-status");
        let null = |value: &str| matches!(value.trim(), "<>" | "");
        Self {
            subject: table.find(&words(&message.subject)),
            text: table.find(&words(spoken)),
            daemon: table.find(&sender_words(&message.from)).has(Kind::Daemon),
            null_sender: head
                .all("return-path")
                .chain(head.all("x-envelope-from"))
                .any(null),
            responder: says(
                "auto-submitted",
                &["auto-replied", "auto-generated (vacation", "auto-notified"],
            ) || says("precedence", &["auto_reply", "auto-reply"])
                || any(&[
                    "x-autoreply",
                    "x-autorespond",
                    "x-autoresponder",
                    "x-auto-reply",
                    "x-vacation",
                    "x-mail-autoreply",
                ]),
            claims: report || any(&["x-failed-recipients", "x-failed-recipient"]),
            answers: answer.iter().any(|begin| subject.starts_with(begin)),
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

    /// It says that a message did not arrive, or not yet.
    fn is_report(&self) -> bool {
        let named = self.subject.has(Kind::Failure)
            || self.subject.has(Kind::Delay)
            || self.subject.has_at(Kind::Address, None);
        let stated = self.text.has(Kind::Failure)
            || self.text.has(Kind::Delay)
            || self.text.has(Kind::Final);
        let system = self.daemon || self.null_sender;
        if self.claims {
            return true;
        }
        if self.answers {
            // Somebody answers, perhaps quoting; a system may prefix its subject, too.
            return self.daemon && (stated || self.coded);
        }
        named && (system || stated || self.coded || self.gives_reason())
            || system
                && (stated
                    || self.coded
                    || self.gives_reason()
                    || self.text.has(Kind::Soft)
                    || self.text.has(Kind::Later))
            || (stated && (self.coded || self.gives_reason()))
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
        return told(
            ReceiptKind::Complained,
            Why::new("complaint", "a complaint in words"),
        );
    }
    if signs.is_automatic() {
        return Reading::Automatic;
    }
    let waits = signs.subject.has(Kind::Challenge) || signs.text.has(Kind::Challenge);
    if waits && !signs.subject.has(Kind::Failure) && !signs.claims {
        return Reading::People("challenge");
    }
    if signs.subject.has(Kind::List)
        || signs.text.has(Kind::List) && !signs.is_report()
        || signs.list && !signs.daemon && !signs.claims
    {
        return Reading::List;
    }
    if !signs.is_report() {
        return Reading::People(if signs.daemon { "daemon" } else { "reply" });
    }
    // The subject may be all that says it.
    let text = if spoken.trim().is_empty() {
        message.subject.clone()
    } else {
        diagnostic(&spoken)
    };
    let mut judged = judge(&Said {
        text: &text,
        ..Said::default()
    });
    if judged.meaning.is_none() {
        let all = format!("{}\n{spoken}", message.subject);
        let further = judge(&Said {
            text: &all,
            ..Said::default()
        });
        judged = if further.meaning.is_some() {
            further
        } else {
            judged
        };
    }
    let over = signs.subject.has(Kind::Failure) || signs.text.has(Kind::Final);
    let waiting = (signs.subject.has(Kind::Delay) || signs.text.has(Kind::Delay)) && !over;
    if waiting {
        return told(ReceiptKind::Delayed, reason(&judged, &text, ""));
    }
    let stated = over
        || signs.claims
        || signs.text.has(Kind::Failure)
        || signs.subject.has_at(Kind::Address, None);
    if judged.meaning.is_none() && judged.code.is_empty() && !stated {
        return Reading::People("daemon");
    }
    told(kind_of(judged.meaning), reason(&judged, &text, ""))
}
