//! Owns what people are told in a report: which lines of it are the report's own. Refuses the copy
//! of our message behind it, and lines that quote.

use super::fields::cut;
use super::phrases::{Kind, Table};
use super::status::{Status, basic_codes};
use super::words::{MAX_WORDS, words};

/// A line of so many words may be a heading; more of them are a sentence.
const HEADING: usize = 4;
/// Fields that only the header of a message has: from here on it is ours that came back.
const HEADER: [&str; 9] = [
    "received:",
    "return-path:",
    "dkim-signature:",
    "mime-version:",
    "content-transfer-encoding:",
    "authentication-results:",
    "arc-seal:",
    "delivered-to:",
    "list-unsubscribe:",
];

/// The lines of a report that are its own.
pub(super) fn own_lines(text: &str, table: &Table) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let trimmed = line.trim();
        if out.len() > 2 * MAX_WORDS || (returns_message(trimmed, table) && !out.trim().is_empty())
        {
            break;
        }
        if is_quote(trimmed) {
            continue;
        }
        out.push_str(cut(trimmed, 2_000));
        out.push('\n');
    }
    out
}

/// `> text`, but not the `>>> RCPT To:` of a transcript.
fn is_quote(line: &str) -> bool {
    line.starts_with('>') && !line.starts_with(">>>")
}

/// Whether the message that is returned begins with this line.
fn returns_message(line: &str, table: &Table) -> bool {
    let folded = cut(line, 200).to_ascii_lowercase();
    if HEADER.iter().any(|name| folded.starts_with(name)) {
        return true;
    }
    let framed = |c: char| "-=*_#+~".contains(c);
    let compared = words(line);
    let short = compared.split_whitespace().count() <= HEADING;
    let heading = line.len() < 200
        && (short || line.starts_with(framed) || line.ends_with(framed) || line.ends_with(':'));
    heading && table.begins(Kind::Cut, &compared)
}

/// The paragraphs that carry a code: the words of a mail system between the words of a template.
/// Everything, where none does.
pub(super) fn diagnostic(text: &str) -> String {
    let mut out = String::new();
    for paragraph in text.split("\n\n") {
        if !Status::all_in(paragraph).is_empty() || basic_codes(paragraph).next().is_some() {
            out.push_str(paragraph);
            out.push('\n');
        }
    }
    if out.is_empty() { text.to_owned() } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_of_our_message_is_not_read() {
        let table = Table::get();
        let report = "It failed:\n\n<x>: 550 no\n\n--- Below this line is a copy of the message.\n\nmailbox full\n";
        assert_eq!(own_lines(report, table), "It failed:\n\n<x>: 550 no\n\n");
        let headers = "It failed.\n\nReturn-Path: <x>\nSubject: mailbox full\n";
        assert_eq!(own_lines(headers, table), "It failed.\n\n");
        assert_eq!(
            own_lines("a\n> mailbox full\n>>> RCPT To:<x>\n", table),
            "a\n>>> RCPT To:<x>\n"
        );
        let begins = "The original message was received at Tue, 3 Nov 2026\n\n<<< 550 no\n";
        assert_eq!(own_lines(begins, table), begins, "a sentence is no heading");
    }
}
