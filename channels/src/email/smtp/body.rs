//! Owns the transfer encoding of a text part (RFC 2045 6): as it is where it is ASCII in short
//! lines, quoted-printable otherwise, base64 where most of it would be escaped. Line ends become
//! CRLF; what comes out is ASCII in lines of at most 76 characters. Refuses anything but text.
//!
//! By hand because it runs for every mail: the builder of lettre took a sixth of the engine's time
//! for a message.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// RFC 2045 6.7, 6.8: the longest encoded line.
const MAX_LINE: usize = 76;

/// How a part is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    SevenBit,
    QuotedPrintable,
    Base64,
}

impl Encoding {
    /// The plainest that the text allows.
    pub(super) fn of(text: &str) -> Self {
        if text.is_ascii() && text.split('\n').all(|line| line.len() < MAX_LINE) {
            return Encoding::SevenBit;
        }
        let escaped = count(text.as_bytes(), |byte| {
            !is_literal(byte) & (byte != b'\r') & (byte != b'\n')
        });
        if escaped <= text.len() / 3 {
            Encoding::QuotedPrintable
        } else {
            Encoding::Base64
        }
    }

    /// Its name in `Content-Transfer-Encoding`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Encoding::SevenBit => "7bit",
            Encoding::QuotedPrintable => "quoted-printable",
            Encoding::Base64 => "base64",
        }
    }

    /// Writes the text.
    pub(super) fn write(self, text: &str, out: &mut Vec<u8>) {
        match self {
            Encoding::SevenBit => lines(text, out, |line, out| out.extend_from_slice(line)),
            Encoding::QuotedPrintable => lines(text, out, quoted),
            Encoding::Base64 => {
                let mut whole = Vec::with_capacity(text.len() + text.len() / 16);
                lines(text, &mut whole, |line, out| out.extend_from_slice(line));
                for (number, line) in STANDARD
                    .encode(whole)
                    .as_bytes()
                    .chunks(MAX_LINE)
                    .enumerate()
                {
                    out.extend_from_slice(if number == 0 { b"" } else { b"\r\n" });
                    out.extend_from_slice(line);
                }
            }
        }
    }
}

/// Writes each line with `write`, its end as CRLF.
fn lines(text: &str, out: &mut Vec<u8>, write: impl Fn(&[u8], &mut Vec<u8>)) {
    for line in text.split_inclusive('\n') {
        let line = line.as_bytes();
        match line.strip_suffix(b"\n") {
            Some(line) => {
                write(line.strip_suffix(b"\r").unwrap_or(line), out);
                out.extend_from_slice(b"\r\n");
            }
            None => write(line, out),
        }
    }
}

/// RFC 2045 6.7 rules 2 and 3: what stands for itself, a space or tab only where it does not end a
/// line.
const fn is_literal(byte: u8) -> bool {
    let is_seen = byte.wrapping_sub(b' ') <= b'~' - b' ';
    (is_seen & (byte != b'=')) | (byte == b'\t')
}

/// How many bytes are so.
fn count(bytes: &[u8], is_so: impl Fn(u8) -> bool) -> usize {
    /// So few that their count fits a byte, which the compiler adds up many at once.
    const AT_ONCE: usize = 128;
    let of_some = |some: &[u8]| {
        some.iter()
            .fold(0, |sum, byte| sum + u8::from(is_so(*byte)))
    };
    let counts = bytes.chunks(AT_ONCE).map(of_some);
    counts.map(usize::from).sum()
}

/// How many bytes at the beginning stand for themselves: nearly always all, so that is asked first, of
/// many at a time.
fn literals(bytes: &[u8]) -> usize {
    if bytes.iter().fold(true, |all, byte| all & is_literal(*byte)) {
        return bytes.len();
    }
    let literal = bytes.iter().take_while(|byte| is_literal(**byte));
    literal.count()
}

/// One line as quoted-printable, with soft breaks (rule 5) where it is too long.
fn quoted(line: &[u8], out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    // Beside the `=` of a soft break.
    const ROOM: usize = MAX_LINE - 1;
    let blank_end = line.len() - usize::from(matches!(line.last(), Some(b' ' | b'\t')));
    let (mut at, mut room) = (0, ROOM);
    while at < line.len() {
        let end = blank_end.max(at).min(at + room);
        let run = literals(&line[at..end]);
        out.extend_from_slice(&line[at..at + run]);
        (at, room) = (at + run, room - run);
        let Some(byte) = line.get(at) else { return };
        let literal = at < blank_end && is_literal(*byte);
        if room < if literal { 1 } else { 3 } {
            out.extend_from_slice(b"=\r\n");
            room = ROOM;
        } else {
            out.extend_from_slice(&[
                b'=',
                HEX[usize::from(byte >> 4)],
                HEX[usize::from(byte & 15)],
            ]);
            (at, room) = (at + 1, room - 3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_itself_is_as_the_standard_says() {
        for byte in 0..=u8::MAX {
            let expected = matches!(byte, b'\t' | b' '..=b'<' | b'>'..=b'~');
            assert_eq!(is_literal(byte), expected, "{byte:#x}");
        }
    }

    #[test]
    fn many_bytes_at_a_time_are_counted_as_one_by_one() {
        let mut text = vec![b'x'; 1_000];
        assert_eq!(literals(&text), 1_000);
        for at in (0..text.len()).rev().step_by(61) {
            text[at] = b'=';
            let marks = text.iter().filter(|byte| **byte == b'=').count();
            assert_eq!(count(&text, |byte| byte == b'='), marks);
            assert_eq!(literals(&text), at);
        }
        assert_eq!((literals(b""), count(b"", |_| true)), (0, 0));
        assert_eq!(count(&text, |_| true), 1_000);
    }
}
