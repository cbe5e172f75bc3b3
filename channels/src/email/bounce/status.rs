//! Owns the codes of mail systems as they stand in text: enhanced status codes (RFC 3463, with the
//! IANA registry) and basic reply codes (RFC 5321 4.2). Refuses addresses of hosts and versions of
//! programs, which look like them.

/// An enhanced status code: class, subject, detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u16, pub u16, pub u16);

/// The most codes of a text that are looked at.
const MAX_CODES: usize = 16;
/// RFC 3463 2: subjects are 0 to 7.
const MAX_SUBJECT: u16 = 7;

impl Status {
    /// The code at the beginning of the text, if there is one: `5.1.1 no such user`.
    #[must_use]
    pub fn at_start(text: &str) -> Option<Status> {
        let word = text
            .trim_start()
            .split(|c: char| c.is_whitespace() || c == ':' || c == '(')
            .next()?;
        let mut numbers = word.split('.').map(|part| {
            if part.len() <= 3 {
                part.parse::<u16>().ok()
            } else {
                None
            }
        });
        let status = Status(numbers.next()??, numbers.next()??, numbers.next()??);
        (numbers.next().is_none() && matches!(status.0, 2 | 4 | 5)).then_some(status)
    }

    /// Every code of class 4 or 5 in the text, in order: `550-5.1.1 …`, `(#5.1.1)`, `… said: 452
    /// 4.2.2 …`.
    #[must_use]
    pub fn all_in(text: &str) -> Vec<Status> {
        let bytes = text.as_bytes();
        let (mut found, mut at) = (Vec::new(), 0);
        while at + 5 <= bytes.len() && found.len() < MAX_CODES {
            let begins = matches!(bytes[at], b'4' | b'5') && bytes[at + 1] == b'.';
            let free = at == 0
                || !(bytes[at - 1].is_ascii_alphanumeric()
                    || matches!(bytes[at - 1], b'.' | b'/' | b'_'));
            match if begins && free {
                code_at(&bytes[at..])
            } else {
                None
            } {
                Some((status, length)) => {
                    found.push(status);
                    at += length;
                }
                None => at += 1,
            }
        }
        found
    }

    /// Whether it says nothing about the cause: "other or undefined".
    #[must_use]
    pub const fn is_vague(self) -> bool {
        matches!((self.1, self.2), (0, _) | (1 | 2 | 5, 0))
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// A code at the beginning of bytes that begin with its class, and its length.
fn code_at(bytes: &[u8]) -> Option<(Status, usize)> {
    let class = u16::from(bytes[0] - b'0');
    let (subject, after) = number_at(bytes, 2)?;
    if bytes.get(after) != Some(&b'.') {
        return None;
    }
    let (detail, end) = number_at(bytes, after + 1)?;
    let is_code = !goes_on(bytes, end) && subject <= MAX_SUBJECT;
    is_code.then_some((Status(class, subject, detail), end))
}

/// The number of one to three digits that stands there, and where it ends.
fn number_at(bytes: &[u8], from: usize) -> Option<(u16, usize)> {
    let rest = bytes[from..].iter();
    let digits = rest
        .take(4)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let end = from + digits;
    let value = number(&bytes[from..end]);
    (1..=3).contains(&digits).then_some((value, end))
}

fn number(digits: &[u8]) -> u16 {
    let add = |value: u16, digit: &u8| value * 10 + u16::from(digit - b'0');
    digits.iter().fold(0, add)
}

/// Whether more follows: a fourth number makes it the address of a host or a version.
fn goes_on(bytes: &[u8], end: usize) -> bool {
    match bytes.get(end) {
        Some(b'.') => bytes.get(end + 1).is_some_and(u8::is_ascii_digit),
        Some(byte) => byte.is_ascii_alphanumeric() || *byte == b'_',
        None => false,
    }
}

/// Reply codes that refuse, in order (RFC 5321 4.2.3, RFC 4954, RFC 7504).
pub(super) fn basic_codes(text: &str) -> impl Iterator<Item = u16> {
    let bytes = text.as_bytes();
    (0..bytes.len().saturating_sub(2))
        .filter_map(move |at| basic_code_at(bytes, at))
        .take(MAX_CODES)
}

/// The basic code that stands there by itself.
fn basic_code_at(bytes: &[u8], at: usize) -> Option<u16> {
    let three = bytes.get(at..at + 3)?;
    if !(matches!(three[0], b'4' | b'5') && three.iter().all(u8::is_ascii_digit)) {
        return None;
    }
    let code = number(three);
    (begins(bytes, at) && ends(bytes, at + 3) && is_reply(code)).then_some(code)
}

/// Whether a code may begin there: no word, number or path goes on.
fn begins(bytes: &[u8], at: usize) -> bool {
    let joins = |byte: u8| byte.is_ascii_alphanumeric() || b".-/_+".contains(&byte);
    at == 0 || !joins(bytes[at - 1])
}

/// Whether a code may end there.
fn ends(bytes: &[u8], at: usize) -> bool {
    match bytes.get(at) {
        None => true,
        Some(b'.') => !bytes.get(at + 1).is_some_and(u8::is_ascii_digit),
        Some(byte) => byte.is_ascii_whitespace() || b"-:,;)]>\"'".contains(byte),
    }
}

const fn is_reply(code: u16) -> bool {
    matches!(code, 421 | 422 | 431 | 432 | 441 | 442 | 446 | 447 | 449..=455 | 458 | 459 | 471 | 500..=504 | 510..=513 | 521 | 523 | 530 | 534 | 535 | 538 | 541 | 542 | 544 | 550..=559 | 571 | 572)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_wherever_they_stand_and_versions_are_none() {
        let all = |text: &str| {
            Status::all_in(text)
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(all("550-5.1.1 no\n550 5.1.1 no"), "5.1.1 5.1.1");
        assert_eq!(all("Sorry. (#5.1.1)"), "5.1.1");
        assert_eq!(all("smtp;552 5.2.2 full; Status: 5.1.1."), "5.2.2 5.1.1");
        assert_eq!(all("5.4.310 and 4.7.0"), "5.4.310 4.7.0");
        for none in [
            "5.1",
            "5.1.1.1",
            "192.5.1.1",
            "Exim 4.94.2",
            "smtpsvc(5.0.2195.6713)",
            "v5.1.2",
            "Mail/5.1.2",
            "5.8.1",
            "2.0.0",
            "5.1.1234",
        ] {
            assert_eq!(all(none), "", "{none}");
        }
        assert_eq!(Status::all_in(&"5.1.1 ".repeat(1_000)).len(), MAX_CODES);
    }

    #[test]
    fn basic_codes_are_those_of_the_protocol() {
        let all = |text: &str| basic_codes(text).collect::<Vec<_>>();
        assert_eq!(
            all("said: 550 no; <<< 452-4.2.2 full (550)"),
            [550, 452, 550]
        );
        assert_eq!(all("550"), [550]);
        for none in [
            "1550 x",
            "5500",
            "port 2550",
            "mx.550.example",
            "550.1",
            "499 x",
            "x550 y",
            "10-550 x",
        ] {
            assert_eq!(all(none), [0_u16; 0], "{none}");
        }
    }
}
