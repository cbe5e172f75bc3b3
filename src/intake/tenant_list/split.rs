//! Owns the splitting of CSV into fields: quotes (RFC 4180), line breaks inside quotes, and every
//! line end in use (LF, CR LF, and the CR of old spreadsheets). Refuses a quote that is never
//! closed (reading goes on with the next line), text behind a closing quote, and a quoted field
//! that has swallowed rows: taking it would lose them silently.

use super::bounds::MAX_LINE;
use crate::intake::problem::{FieldProblem, ProblemCode};

/// One record.
#[derive(Debug)]
pub(super) struct Record {
    /// Line it begins on, from 1.
    pub line: u64,
    /// Line it ends on.
    pub last: u64,
    /// Its fields, or why it could not be split.
    pub fields: Result<Vec<String>, FieldProblem>,
}

/// Where the reading of a file stands.
#[derive(Clone, Debug)]
pub(super) struct Splitter<'a> {
    text: &'a str,
    at: usize,
    /// The line it stands on, from 1.
    pub line: u64,
    delimiter: u8,
    /// Fields of a row, once that is known: by it swallowed rows are recognised.
    pub width: usize,
}

/// Why a record could not be split.
enum Broken {
    Unclosed,
    TooLong,
    BehindQuote,
    Swallowed,
}

impl<'a> Splitter<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            line: 1,
            delimiter: b';',
            width: 0,
        }
    }

    /// The same place, with another separator.
    pub(super) fn with(&self, delimiter: u8) -> Self {
        Self {
            delimiter,
            ..self.clone()
        }
    }

    /// The separator that the line at hand has most of.
    pub(super) fn likeliest(&self, delimiters: &[u8]) -> u8 {
        let line = &self.text.as_bytes()[self.at..end_of_line(self.text.as_bytes(), self.at)];
        let count = |delimiter: &&u8| line.iter().filter(|byte| byte == delimiter).count();
        // Of equal ones the first.
        delimiters
            .iter()
            .rev()
            .max_by_key(count)
            .copied()
            .unwrap_or(b';')
    }

    /// Goes to the next line that is not blank; `false` at the end.
    pub(super) fn skip_blank(&mut self) -> bool {
        let rest = self.text[self.at..]
            .trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\u{200b}');
        let mut start = self.text.len() - rest.len();
        // A blank at the beginning of a line belongs to it.
        while start > self.at && !matches!(self.text.as_bytes()[start - 1], b'\r' | b'\n') {
            start -= 1;
        }
        self.advance(start);
        !rest.is_empty()
    }

    pub(super) const fn at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// Whether the line at hand holds nothing but separators and blanks.
    pub(super) fn is_bare(&self, delimiters: &[u8]) -> bool {
        let line = &self.text.as_bytes()[self.at..end_of_line(self.text.as_bytes(), self.at)];
        line.iter()
            .all(|byte| delimiters.contains(byte) || byte.is_ascii_whitespace() || *byte == b'"')
    }

    pub(super) fn skip_line(&mut self) {
        self.advance(end_of_line(self.text.as_bytes(), self.at));
    }

    fn advance(&mut self, to: usize) {
        self.line += breaks(&self.text.as_bytes()[self.at..to]);
        self.at = to;
    }

    /// The separator in a line such as `sep=;`, which Excel writes and hides.
    pub(super) fn sep_line(&self) -> Option<u8> {
        let line = self.text[self.at..end_of_line(self.text.as_bytes(), self.at)]
            .trim_matches(['\r', '\n', ' ', '"']);
        let (key, rest) = line.split_at_checked(4)?;
        match rest.as_bytes() {
            [delimiter]
                if key.eq_ignore_ascii_case("sep=") && !delimiter.is_ascii_alphanumeric() =>
            {
                Some(*delimiter)
            }
            _ => None,
        }
    }

    /// The fields of the next record.
    pub(super) fn next(&mut self) -> Option<Record> {
        if self.at >= self.text.len() {
            return None;
        }
        let (start, line) = (self.at, self.line);
        let bytes = self.text.as_bytes();
        let split = self.record(start);
        if let Err(broken) = &split {
            // Of a quote that is never closed, and of a row without end, only the first line is
            // lost.
            let from = if matches!(broken, Broken::Unclosed | Broken::TooLong) {
                start
            } else {
                self.at
            };
            self.at = end_of_line(bytes, from);
        }
        self.line += breaks(&bytes[start..self.at]);
        let ended = matches!(bytes[self.at - 1], b'\n' | b'\r');
        let last = if ended { self.line - 1 } else { self.line };
        let fields = split.map_err(|broken| problem(&broken, line, last));
        Some(Record { line, last, fields })
    }

    fn record(&mut self, start: usize) -> Result<Vec<String>, Broken> {
        let bytes = self.text.as_bytes();
        let mut fields = Vec::with_capacity(self.width);
        loop {
            let mut field = String::new();
            let quote = self.quote_ahead();
            if let Some(at) = quote {
                self.at = at + 1;
                self.quoted(start, &mut field)?;
            }
            let from = self.at;
            let ends = |b: &u8| *b == self.delimiter || *b == b'\n' || *b == b'\r';
            self.at += bytes[from..]
                .iter()
                .position(ends)
                .unwrap_or(bytes.len() - from);
            if self.at - start > MAX_LINE {
                return Err(Broken::TooLong);
            }
            let plain = &self.text[from..self.at];
            if quote.is_none() {
                field.push_str(plain);
            } else if !plain.trim().is_empty() {
                return Err(Broken::BehindQuote);
            }
            let swallowed = quote.is_some() && self.has_rows(&field);
            fields.push(field);
            if swallowed {
                return Err(Broken::Swallowed);
            }
            match bytes.get(self.at) {
                Some(byte) if *byte == self.delimiter => self.at += 1,
                Some(b'\r') if bytes.get(self.at + 1) == Some(&b'\n') => self.at += 2,
                Some(_) => self.at += 1,
                None => return Ok(fields),
            }
            if bytes[self.at - 1] != self.delimiter {
                return Ok(fields);
            }
            if self.at >= bytes.len() {
                fields.push(String::new());
                return Ok(fields);
            }
        }
    }

    /// Where a quoted field begins: at its quote, also when blanks stand before it.
    fn quote_ahead(&self) -> Option<usize> {
        let rest = &self.text.as_bytes()[self.at..];
        let blank = |byte: &u8| *byte == b' ' || *byte == b'\t' && self.delimiter != b'\t';
        let blanks = rest.iter().take_while(|byte| blank(byte)).count();
        (rest.get(blanks) == Some(&b'"')).then_some(self.at + blanks)
    }

    /// Reads up to and with the closing quote.
    fn quoted(&mut self, start: usize, field: &mut String) -> Result<(), Broken> {
        let bytes = self.text.as_bytes();
        loop {
            let from = self.at;
            let window = &bytes[from..bytes.len().min(start + MAX_LINE).max(from)];
            let Some(length) = window.iter().position(|b| *b == b'"') else {
                return Err(Broken::Unclosed);
            };
            field.push_str(&self.text[from..from + length]);
            self.at = from + length + 1;
            if bytes.get(self.at) != Some(&b'"') {
                return Ok(());
            }
            field.push('"');
            self.at += 1;
        }
    }

    /// Whether a quoted field holds lines that look like rows.
    fn has_rows(&self, field: &str) -> bool {
        let row = |line: &str| {
            line.bytes().filter(|byte| *byte == self.delimiter).count() + 1 >= self.width
        };
        self.width > 1 && field.split(['\n', '\r']).skip(1).any(row)
    }
}

fn problem(broken: &Broken, line: u64, last: u64) -> FieldProblem {
    let problem = match broken {
        Broken::Unclosed => FieldProblem::new(
            "row",
            ProblemCode::NotAList,
            "a closing quote within the row",
        )
        .hint("a field that begins with a quote ends with one; a quote inside it is written twice"),
        Broken::TooLong => FieldProblem::new(
            "row",
            ProblemCode::TooLong,
            format!("at most {MAX_LINE} bytes"),
        ),
        Broken::BehindQuote => FieldProblem::new(
            "row",
            ProblemCode::NotAList,
            "a separator behind a closing quote",
        )
        .hint("a quote inside a quoted field is written twice"),
        Broken::Swallowed => FieldProblem::new(
            "row",
            ProblemCode::NotAList,
            "no rows inside a quoted field",
        )
        .hint("a quote is missing: the next quote closed it some lines on"),
    };
    if last == line {
        return problem;
    }
    let hint = problem.hint.clone().unwrap_or_default();
    problem.hint(format!(
        "{hint}; nothing of lines {line} to {last} was taken"
    ))
}

/// Line ends: CR LF is one.
pub(super) fn breaks(bytes: &[u8]) -> u64 {
    let ends = |(at, byte): (usize, &u8)| {
        *byte == b'\n' || *byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')
    };
    bytes.iter().enumerate().filter(|end| ends(*end)).count() as u64
}

/// Behind the line end that follows `from`.
fn end_of_line(bytes: &[u8], from: usize) -> usize {
    let Some(length) = bytes[from..]
        .iter()
        .position(|b| matches!(b, b'\n' | b'\r'))
    else {
        return bytes.len();
    };
    let end = from + length + 1;
    if bytes[end - 1] == b'\r' && bytes.get(end) == Some(&b'\n') {
        end + 1
    } else {
        end
    }
}
