//! The corpus of bounces: every mail system in the forms it writes, with every reason, and what is
//! no bounce. What the reader makes of each is published as a table in `docs/bounces.md`, which
//! this test keeps. Refuses real mails: wording and addresses are our own, forms and codes are
//! those of the world.

mod forms;
mod others;
mod reasons;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sluis_model::{CorporationId, ReceiptKind};

use self::forms::{FORMS, Form};
use self::reasons::{Needs, REASONS, Row, reason};
use super::super::bounce::read_bounce;
use crate::testing::{attempt, key};

/// Set to write the table instead of comparing it.
const WRITE: &str = "SLUIS_WRITE_BOUNCES";
/// Between which lines of the document the table stands.
const MARKS: [&str; 2] = [
    "<!-- table: written by the test -->",
    "<!-- end of the table -->",
];
/// Everything a reader can say, in the order of the table.
const WORDS: [&str; 12] = [
    "bounced",
    "failed",
    "blocked",
    "delayed",
    "delivered",
    "accepted",
    "complained",
    "automatic_reply",
    "other_report",
    "other_mail",
    "unexplained",
    "no_reference",
];
/// What says that a message did not arrive.
const FAILURES: [&str; 4] = ["bounced", "failed", "blocked", "delayed"];

/// A mail and what is expected of it.
struct Sample {
    name: String,
    expected: &'static str,
    raw: String,
}

/// What a form can show of a reason; what it hides leaves "it did not arrive".
fn expected(form: &Form, row: &Row) -> &'static str {
    let shown = match row.3 {
        Needs::Words => true,
        Needs::Status => form.tells_status,
        Needs::Command => form.tells_stage,
    };
    match row.3 {
        // A refusal of the message itself, where the command is told.
        Needs::Status if !shown && form.tells_stage => "blocked",
        _ if shown => row.4,
        _ => "failed",
    }
}

fn corpus() -> Vec<Sample> {
    let reference = key().attempt(CorporationId(7), attempt());
    let to = format!("b+{reference}@bounce.woon.example");
    let ours = format!(
        "Return-Path: <{to}>\r\nMessage-ID: <{reference}@bounce.woon.example>\r\nSubject: Uw huur\r\n"
    );
    let mut samples = Vec::new();
    for form in FORMS {
        for row in REASONS {
            samples.push(Sample {
                name: format!("{}: {}", form.system, row.1),
                expected: expected(form, row),
                raw: (form.write)(&to, &ours, &reason(row)),
            });
        }
    }
    for (name, expected, head, body) in others::others() {
        let kind = if head.contains("Content-Type") {
            ""
        } else {
            "Content-Type: text/plain; charset=utf-8\r\n"
        };
        let raw = format!(
            "{head}\r\nTo: <{to}>\r\nDate: Tue, 3 Nov 2026 10:00:00 +0100\r\n{kind}\r\n{body}\r\n"
        );
        samples.push(Sample {
            name,
            expected,
            raw,
        });
    }
    samples
}

fn said(raw: &str) -> &'static str {
    match read_bounce(raw.as_bytes(), &key(), "relay") {
        Ok(receipt) if receipt.kind == ReceiptKind::Unexplained => "unexplained",
        Ok(receipt) => receipt.kind.name(),
        Err(error) => error.code(),
    }
}

#[test]
fn the_corpus_is_read_as_expected() {
    let samples = corpus();
    let (mut counts, mut wrong) = (BTreeMap::new(), Vec::new());
    let (mut killed, mut taken, mut lost) = (Vec::new(), Vec::new(), Vec::new());
    for sample in &samples {
        let said = said(&sample.raw);
        *counts.entry((sample.expected, said)).or_insert(0_usize) += 1;
        let line = format!("{}: expected {}, said {said}", sample.name, sample.expected);
        if said == "bounced" && sample.expected != "bounced" {
            killed.push(line.clone());
        }
        if FAILURES.contains(&said) && !FAILURES.contains(&sample.expected) {
            taken.push(line.clone());
        }
        if said == "no_reference" || said == "not_mail" {
            lost.push(line.clone());
        }
        if said != sample.expected {
            wrong.push(line);
        }
    }
    assert!(samples.len() >= 300, "{} samples", samples.len());
    assert!(
        killed.is_empty(),
        "good addresses killed:\n{}",
        killed.join("\n")
    );
    assert!(
        taken.is_empty(),
        "no bounces, taken for bounces:\n{}",
        taken.join("\n")
    );
    assert!(lost.is_empty(), "lost:\n{}", lost.join("\n"));
    let agreed = samples.len() - wrong.len();
    assert!(
        agreed * 100 >= samples.len() * 95,
        "{agreed} of {} agree:\n{}",
        samples.len(),
        wrong.join("\n")
    );
    keep(&table(samples.len(), agreed, &counts));
}

/// The confusion table as it stands in the document.
fn table(all: usize, agreed: usize, counts: &BTreeMap<(&str, &str), usize>) -> String {
    let mut out = format!(
        "{all} samples: {} mail systems in {} reasons each, and {} other mails. {agreed} are read as expected ({:.1} %). \
         No valid address becomes invalid, and no other mail counts as a bounce.\n\n| expected ↓, read → |",
        FORMS.len(),
        REASONS.len(),
        all - FORMS.len() * REASONS.len(),
        agreed as f64 * 100.0 / all as f64
    );
    let used: Vec<&str> = WORDS
        .into_iter()
        .filter(|word| counts.keys().any(|(a, b)| a == word || b == word))
        .collect();
    used.iter()
        .for_each(|word| out.push_str(&format!(" `{word}` |")));
    out.push_str("\n|---|");
    used.iter().for_each(|_| out.push_str("--:|"));
    for expected in &used {
        let _ = write!(out, "\n| `{expected}` |");
        for said in &used {
            let count = counts
                .get(&(*expected, *said))
                .map_or(String::new(), ToString::to_string);
            let _ = write!(out, " {count} |");
        }
    }
    out.push('\n');
    out
}

/// Compares the document with the table, or writes it.
fn keep(table: &str) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/bounces.md");
    let document = std::fs::read_to_string(path).expect("docs/bounces.md");
    let (before, rest) = document
        .split_once(MARKS[0])
        .expect("the mark before the table");
    let (_, after) = rest
        .split_once(MARKS[1])
        .expect("the mark behind the table");
    let renewed = format!("{before}{}\n\n{table}\n{}{after}", MARKS[0], MARKS[1]);
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(path, renewed).expect("the document can be written");
    } else {
        assert!(
            renewed == document,
            "docs/bounces.md is not up to date: run this test with {WRITE}=1"
        );
    }
}

/// The control: a reader that takes every refusal for a dead address would be noticed.
#[test]
fn the_corpus_has_enough_of_each_kind() {
    let mut counts = BTreeMap::new();
    corpus()
        .iter()
        .for_each(|sample| *counts.entry(sample.expected).or_insert(0_usize) += 1);
    for (kind, least) in [
        ("bounced", 300),
        ("failed", 200),
        ("blocked", 300),
        ("delayed", 8),
        ("automatic_reply", 40),
        ("unexplained", 8),
    ] {
        assert!(counts[kind] >= least, "{} of {kind}", counts[kind]);
    }
}
