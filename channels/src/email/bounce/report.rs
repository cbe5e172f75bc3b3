//! Owns delivery status fields (RFC 3464, RFC 6533) and feedback reports (RFC 5965), wherever in a
//! mail they stand: what each recipient's group says, and the one thing that a report says of our
//! attempt. Refuses to match by recipient (a forwarder reports another address than ours), and to
//! depend on the order of groups.

use sluis_model::{ReceiptKind, Timestamp, Why};

use super::fields::{Fields, Groups};
use super::status::Status;
use super::verdict::{Judged, Meaning, Said, judge};
use crate::words::why;

/// The most recipients of a report that are looked at.
const MAX_RECIPIENTS: usize = 32;

/// What a mail says of our attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) kind: ReceiptKind,
    pub(super) why: Option<Why>,
    pub(super) occurred_at: Option<Timestamp>,
}

/// What a verdict means for an attempt that failed.
pub(super) const fn kind_of(meaning: Option<Meaning>) -> ReceiptKind {
    match meaning {
        Some(Meaning::Address) => ReceiptKind::BouncedHard,
        Some(
            Meaning::Rate | Meaning::Policy | Meaning::Ours | Meaning::Sender | Meaning::Account,
        ) => ReceiptKind::Blocked,
        Some(Meaning::Full | Meaning::Soft) | None => ReceiptKind::Failed,
    }
}

/// A reason: the code, or the word for what it is about; the text without addresses.
pub(super) fn reason(judged: &Judged, text: &str, recipient: &str) -> Why {
    let word = match judged.meaning {
        Some(Meaning::Address) => "unknown address",
        Some(Meaning::Full) => "mailbox full",
        Some(Meaning::Soft) => "unreachable",
        Some(Meaning::Rate) => "rate",
        Some(Meaning::Policy) => "policy",
        Some(Meaning::Ours | Meaning::Sender | Meaning::Account) => "ours",
        None => "unstated",
    };
    let code = if judged.code.is_empty() {
        word
    } else {
        &judged.code
    };
    why(code, text.trim(), recipient)
}

/// Reads delivery status fields; `words` is what the report tells people. None when no group can be
/// read.
///
/// One message of ours has one recipient. A report may still have several groups, because its
/// address stood for several (RFC 3464 2.1.2): as long as one of them got it, or may still get it,
/// the address is not dead. So the best news counts, whatever the order; of two groups for the same
/// recipient the one that is final.
pub(super) fn delivery_status(text: &str, words: &str, date: Option<Timestamp>) -> Option<Told> {
    let groups = Groups::read(text, MAX_RECIPIENTS);
    let mut told: Vec<(String, Told)> = Vec::new();
    for group in &groups.recipients {
        if let Some(news) = outcome(group, words, date) {
            told.push((recipient(group).to_ascii_lowercase(), news));
        }
    }
    let failed: Vec<String> = told
        .iter()
        .filter(|(_, news)| is_final(news.kind))
        .map(|(who, _)| who.clone())
        .collect();
    told.retain(|(who, news)| news.kind != ReceiptKind::Delayed || !failed.contains(who));
    told.into_iter()
        .map(|(_, news)| news)
        .min_by_key(|news| rank(news.kind))
}

const fn is_final(kind: ReceiptKind) -> bool {
    matches!(
        kind,
        ReceiptKind::Failed | ReceiptKind::Blocked | ReceiptKind::BouncedHard
    )
}

/// The best news first.
const fn rank(kind: ReceiptKind) -> u8 {
    match kind {
        ReceiptKind::Delivered => 0,
        ReceiptKind::Accepted => 1,
        ReceiptKind::Delayed => 2,
        ReceiptKind::Failed => 3,
        ReceiptKind::Blocked => 4,
        ReceiptKind::BouncedHard => 5,
        ReceiptKind::Opened
        | ReceiptKind::Complained
        | ReceiptKind::Replied
        | ReceiptKind::Unexplained => 6,
    }
}

fn recipient(group: &Fields) -> &str {
    group
        .first("final-recipient")
        .or(group.first("original-recipient"))
        .map_or("", after_type)
}

/// What a recipient's action is (RFC 3464 2.3.3), in the words that systems use for it.
enum Action {
    Failed,
    Delayed,
    Delivered,
    Relayed,
    /// None of them: the status says.
    Unknown,
}

/// How the words for an action begin.
const FAILED: [&str; 12] = [
    "fail",
    "perm",
    "undeliver",
    "bounc",
    "reject",
    "refus",
    "error",
    "fatal",
    "expired",
    "fehlge",
    "mislukt",
    "échec",
];
const DELAYED: [&str; 11] = [
    "delay",
    "defer",
    "warn",
    "temp",
    "transient",
    "retry",
    "pending",
    "queued",
    "verz",
    "vertraagd",
    "retard",
];
const DELIVERED: [&str; 3] = ["deliver", "success", "ok"];
const RELAYED: [&str; 4] = ["relay", "expand", "transfer", "forward"];

fn action(text: &str) -> Action {
    let text = text.trim().to_lowercase();
    let begins = |words: &[&str]| words.iter().any(|word| text.starts_with(word));
    if begins(&FAILED) {
        Action::Failed
    } else if begins(&DELAYED) {
        Action::Delayed
    } else if begins(&DELIVERED) {
        Action::Delivered
    } else if begins(&RELAYED) {
        Action::Relayed
    } else {
        Action::Unknown
    }
}

/// What one recipient's group says (RFC 3464 2.3.3, 2.3.4, 2.3.6).
fn outcome(group: &Fields, words: &str, date: Option<Timestamp>) -> Option<Told> {
    let status = group.first("status").and_then(Status::at_start);
    let occurred_at = group.date("last-attempt-date").or(date);
    let told = |kind, why| Told {
        kind,
        why,
        occurred_at,
    };
    let refused = || verdict(group, words, status);
    Some(match action_of(group, status) {
        Action::Delivered => told(ReceiptKind::Delivered, None),
        // Handed to a system that sends no reports, or to a list: taken, no more is known.
        Action::Relayed => told(ReceiptKind::Accepted, None),
        Action::Delayed => told(ReceiptKind::Delayed, Some(refused().1)),
        Action::Failed => {
            let (kind, why) = refused();
            told(kind, Some(why))
        }
        Action::Unknown => return None,
    })
}

/// The action. Without one that we know, the class of the status (RFC 3463 2) and what else there
/// is must say.
fn action_of(group: &Fields, status: Option<Status>) -> Action {
    let stated = group.first("action").map_or(Action::Unknown, action);
    match (stated, status) {
        (Action::Unknown, Some(Status(2, ..))) => Action::Delivered,
        (Action::Unknown, Some(Status(4, ..))) if group.first("will-retry-until").is_some() => {
            Action::Delayed
        }
        (Action::Unknown, Some(_)) => Action::Failed,
        (Action::Unknown, None) if group.first("diagnostic-code").is_some() => Action::Failed,
        (action, _) => action,
    }
}

/// Why it failed, or is late. The diagnosis may stand in what people are told; what the reporter
/// made of it is still its own.
fn verdict(group: &Fields, words: &str, status: Option<Status>) -> (ReceiptKind, Why) {
    let of = |text| {
        judge(&Said {
            text,
            status,
            ..Said::default()
        })
    };
    let diagnostic = diagnostic(group);
    let (mut judged, mut text) = (of(&diagnostic), diagnostic.as_str());
    let silent = diagnostic.trim().is_empty();
    if (judged.meaning.is_none() || silent) && !words.trim().is_empty() {
        let further = of(words);
        if further.meaning.is_some() {
            judged = further;
            text = if silent { words } else { text };
        }
    }
    let why = reason(&judged, text, recipient(group));
    (kind_of(judged.meaning), why)
}

/// Everything in the group that is a diagnosis: systems have fields of their own beside
/// `Diagnostic-Code`.
fn diagnostic(group: &Fields) -> String {
    let named = |name: &str| {
        ["diagnostic", "supplementary", "reason", "error"]
            .iter()
            .any(|word| name.contains(word))
    };
    let all: Vec<&str> = group
        .iter()
        .filter(|(name, _)| named(name))
        .map(|(_, value)| after_type(value))
        .collect();
    all.join("\n")
}

/// `smtp; 550 …` and `rfc822; a@b`: the part after the type.
fn after_type(value: &str) -> &str {
    match value.split_once(';') {
        // A type is one word (RFC 3464 2.1.2); without one, a semicolon is the sentence's own.
        Some((kind, rest)) if !kind.trim().contains(' ') && kind.len() <= 32 => rest.trim(),
        _ => value.trim(),
    }
}

/// Whether a text carries delivery status fields of its own accord, without saying so in its media
/// type.
pub(super) fn has_status_fields(text: &str) -> bool {
    let begins = |name: &str| {
        text.lines().any(|line| {
            line.get(..name.len())
                .is_some_and(|begin| begin.eq_ignore_ascii_case(name))
        })
    };
    begins("action:")
        && (begins("final-recipient:") || begins("status:") || begins("original-recipient:"))
        || begins("final-recipient:") && (begins("status:") || begins("diagnostic-code:"))
}

/// What a feedback report says: a complaint, or something else (RFC 5965 3.1; "not-spam" of RFC
/// 6430 and "auth-failure" of RFC 6591 are no complaint).
pub(super) fn feedback(text: &str, date: Option<Timestamp>) -> Option<Told> {
    let report = Fields::read(text.as_bytes());
    let kind = report
        .first("feedback-type")
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if !matches!(
        kind.as_str(),
        "abuse" | "fraud" | "virus" | "other" | "opt-out" | "opt-out-list" | "complaint"
    ) {
        return None;
    }
    let occurred_at = report
        .date("arrival-date")
        .or(report.date("received-date"))
        .or(date);
    Some(Told {
        kind: ReceiptKind::Complained,
        why: Some(Why::new(kind, "feedback report")),
        occurred_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(who: &str, action: &str, status: &str) -> String {
        format!("Final-Recipient: rfc822; {who}\nAction: {action}\nStatus: {status}\n\n")
    }

    #[test]
    fn a_report_says_one_thing_whatever_the_order_of_its_groups() {
        use ReceiptKind::{Accepted, BouncedHard, Delayed, Delivered, Failed};
        let cases = [
            (
                ("a", "failed", "5.1.1"),
                ("b", "delivered", "2.0.0"),
                Delivered,
            ),
            (
                ("a", "failed", "5.1.1"),
                ("b", "relayed", "2.0.0"),
                Accepted,
            ),
            (("a", "failed", "5.1.1"), ("b", "delayed", "4.4.1"), Delayed),
            (("a", "failed", "5.1.1"), ("b", "failed", "5.2.2"), Failed),
            (
                ("a", "failed", "5.1.1"),
                ("b", "failed", "5.1.2"),
                BouncedHard,
            ),
            (
                ("a", "failed", "5.1.1"),
                ("A", "delayed", "4.4.1"),
                BouncedHard,
            ),
        ];
        for (one, two, expected) in cases {
            let (one, two) = (group(one.0, one.1, one.2), group(two.0, two.1, two.2));
            for text in [format!("{one}{two}"), format!("{two}{one}")] {
                assert_eq!(
                    delivery_status(&text, "", None).unwrap().kind,
                    expected,
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn actions_have_synonyms() {
        for (word, expected) in [
            ("failed", ReceiptKind::BouncedHard),
            ("Failure", ReceiptKind::BouncedHard),
            ("FAILED (permanently)", ReceiptKind::BouncedHard),
            ("permanent-error", ReceiptKind::BouncedHard),
            ("bounced", ReceiptKind::BouncedHard),
            ("deferred", ReceiptKind::Delayed),
            ("warning", ReceiptKind::Delayed),
            ("Delayed", ReceiptKind::Delayed),
            ("success", ReceiptKind::Delivered),
            ("expanded", ReceiptKind::Accepted),
            ("5.1.1", ReceiptKind::BouncedHard),
        ] {
            assert_eq!(
                delivery_status(&group("a", word, "5.1.1"), "", None)
                    .unwrap()
                    .kind,
                expected,
                "{word}"
            );
        }
        assert_eq!(delivery_status("Action: sung\n", "", None), None);
    }
}
