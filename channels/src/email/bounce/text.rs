//! Owns what people are told in a report: which lines of it are the report's own, and how words are
//! compared. Refuses the copy of our message behind it, and lines that quote.

use super::fields::cut;
use super::phrases::{Kind, Table};
use super::status::{Status, basic_codes};

/// The longest text that is compared with phrases, in bytes.
pub(super) const MAX_WORDS: usize = 16 * 1024;
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

/// Letters in lower case without accents; whatever stands between words is one space, and there is
/// one before and one behind. Words with an `@` or a `://` in them are left out: an address may be
/// called anything.
pub(crate) fn words(text: &str) -> String {
    let text = cut(text, MAX_WORDS);
    let mut out = String::with_capacity(text.len() + 2);
    out.push(' ');
    for word in text.split_whitespace() {
        if word.contains("://") {
            continue;
        }
        // `weg@huurder.example:quota` and `<weg@huurder.example>...` have words beside the address.
        let mut pieces = word
            .split(['<', '>', '(', ')', '[', ']', ',', ';', ':', '"', '\''])
            .collect::<Vec<_>>();
        if word.contains('@') {
            pieces.retain(|piece| !piece.contains('@'));
        }
        for piece in pieces.into_iter().filter(|piece| !is_host(piece)) {
            for c in piece.chars() {
                push(&mut out, c);
            }
            space(&mut out);
        }
    }
    space(&mut out);
    out
}

/// Lists of bad hosts: their name is a reason.
const LISTS: [&str; 5] = ["spamhaus", "spamcop", "sorbs", "barracudacentral", "bl."];

/// The name of a host may be made of any words: `antispam.huurder.example`. Names of lists are
/// kept.
fn is_host(piece: &str) -> bool {
    let piece = piece.trim_end_matches('.');
    let named = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-')
    };
    let letters = piece.bytes().any(|byte| byte.is_ascii_lowercase());
    piece.matches('.').count() >= 2
        && letters
        && piece.bytes().all(named)
        && !LISTS.iter().any(|list| piece.contains(list))
}

fn space(out: &mut String) {
    if !out.ends_with(' ') {
        out.push(' ');
    }
}

fn push(out: &mut String, c: char) {
    match c {
        'a'..='z' | '0'..='9' => out.push(c),
        'A'..='Z' => out.push(c.to_ascii_lowercase()),
        c if c.is_ascii() => space(out),
        'ß' => out.push_str("ss"),
        'æ' | 'Æ' => out.push_str("ae"),
        'ø' | 'Ø' => out.push('o'),
        'ł' | 'Ł' => out.push('l'),
        'ı' => out.push('i'),
        c if c.is_alphanumeric() => c.to_lowercase().for_each(|c| out.push(plain(c))),
        // A combining accent belongs to the letter before it.
        '\u{300}'..='\u{36f}' => {}
        _ => space(out),
    }
}

/// The letter without its accent (Latin-1 and Latin Extended-A, as far as the phrases have them).
const fn plain(c: char) -> char {
    match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è'..='ë' | 'ē' | 'ę' | 'ě' => 'e',
        'ì'..='ï' | 'ī' => 'i',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò'..='ö' | 'ō' | 'ő' => 'o',
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => 'u',
        'ý' | 'ÿ' => 'y',
        'ś' | 'š' | 'ş' => 's',
        'ź' | 'ż' | 'ž' => 'z',
        'ğ' => 'g',
        'ř' => 'r',
        'ť' => 't',
        'ď' => 'd',
        c => c,
    }
}

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
    fn words_are_compared_without_what_stands_between_and_above_them() {
        assert_eq!(
            words("User-Unknown,  (user_unknown)\r\nÜberprüfung!"),
            " user unknown user unknown uberprufung "
        );
        assert_eq!(
            words("<quota@full.example>: see https://x.example/full ok"),
            " see ok "
        );
        assert_eq!(words("weg@huurder.example:quota"), " quota ");
        assert_eq!(
            words("host antispam.huurder.example[192.0.2.3] said zen.spamhaus.org"),
            " host 192 0 2 3 said zen spamhaus org "
        );
        assert_eq!(words(""), " ");
        assert_eq!(words("n\u{303}o ł ß"), " no l ss ");
        assert!(words(&"a ".repeat(100_000)).len() <= MAX_WORDS + 2);
    }

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
