//! Owns the splitting of CSV into fields: `;` or `,` (whichever the header has more of), quotes (RFC 4180), line breaks
//! inside quotes. Refuses a row with fewer or more fields than the header, because nobody knows which field is which,
//! and a quote that is never closed: reading goes on with the next line.

use super::columns::{Column, Columns};
use super::draft::Draft;
use super::{MAX_LINE, Rejected};
use crate::intake::problem::{FieldProblem, ProblemCode};

/// Rows behind a header.
#[derive(Debug)]
pub(super) struct CsvRows<'a> {
    splitter: Splitter<'a>,
    columns: Columns,
}

impl<'a> CsvRows<'a> {
    /// Reads the header.
    pub(super) fn open(text: &'a str, notes: &mut Vec<FieldProblem>) -> Result<Self, Rejected> {
        let mut splitter = Splitter { text, at: 0, line: 1, delimiter: sniff(text) };
        let reject = |line, reasons| Rejected { line, tenant_id: None, reasons };
        match splitter.next() {
            None => Err(reject(1, vec![FieldProblem::new("file", ProblemCode::Empty, "a header and rows")])),
            Some((line, Err(problem))) => Err(reject(line, vec![problem])),
            Some((line, Ok(header))) => {
                let columns = Columns::read(&header, notes).map_err(|reasons| reject(line, reasons))?;
                Ok(Self { splitter, columns })
            }
        }
    }

    /// The next row that is not blank.
    pub(super) fn next(&mut self) -> Option<(u64, Result<Draft<'static>, Vec<FieldProblem>>)> {
        loop {
            let (line, split) = self.splitter.next()?;
            match split {
                Err(problem) => return Some((line, Err(vec![problem]))),
                Ok(fields) if fields.iter().all(|field| field.trim().is_empty()) => {}
                Ok(fields) => return Some((line, Ok(self.draft(fields)))),
            }
        }
    }

    fn draft(&self, fields: Vec<String>) -> Draft<'static> {
        let mut draft = Draft::default();
        let (expected, got) = (self.columns.len(), fields.len());
        // Separators at the end of a row say nothing.
        if got < expected || fields[expected..].iter().any(|field| !field.trim().is_empty()) {
            let problem = FieldProblem::new("row", ProblemCode::NotAList, format!("{expected} fields, as the header has"));
            let hint = if got < expected {
                "the row may have been cut off"
            } else {
                "a separator inside a field needs quotes around it"
            };
            draft.reasons.push(problem.value(&format!("{got} fields")).hint(hint));
        }
        for (index, field) in fields.into_iter().enumerate() {
            let Some(column) = self.columns.at(index) else { continue };
            let place = match column {
                Column::TenantId => &mut draft.tenant_id,
                Column::Salutation => &mut draft.salutation,
                Column::Initials => &mut draft.initials,
                Column::Infix => &mut draft.infix,
                Column::Name => &mut draft.name,
                Column::Email => &mut draft.email,
                Column::Mobile => &mut draft.mobile,
                Column::Postcode => &mut draft.postcode,
                Column::Language => &mut draft.language,
                Column::Preferred => &mut draft.preferred,
            };
            *place = field.into();
        }
        draft
    }
}

/// The separator that the first line has more of.
fn sniff(text: &str) -> u8 {
    let header = text.trim_start_matches(['\r', '\n']).lines().next().unwrap_or_default();
    let count = |byte: u8| header.bytes().filter(|b| *b == byte).count();
    if count(b',') > count(b';') { b',' } else { b';' }
}

#[derive(Debug)]
struct Splitter<'a> {
    text: &'a str,
    at: usize,
    line: u64,
    delimiter: u8,
}

/// Why a row could not be split.
enum Broken {
    Unclosed,
    TooLong,
}

impl Splitter<'_> {
    /// The fields of the next record, with the line it begins on.
    fn next(&mut self) -> Option<(u64, Result<Vec<String>, FieldProblem>)> {
        if self.at >= self.text.len() {
            return None;
        }
        let (start, line) = (self.at, self.line);
        let split = self.record(start).map_err(|broken| {
            // Whatever was read of it, the next line is a new start.
            self.at = end_of_line(self.text.as_bytes(), start);
            match broken {
                Broken::Unclosed => FieldProblem::new("row", ProblemCode::NotAList, "a closing quote within the row")
                    .hint("a field that begins with a quote ends with one; a quote inside it is written twice"),
                Broken::TooLong => FieldProblem::new("row", ProblemCode::TooLong, format!("at most {MAX_LINE} bytes")),
            }
        });
        let read = &self.text.as_bytes()[start..self.at];
        self.line += read.iter().filter(|b| **b == b'\n').count() as u64;
        Some((line, split))
    }

    fn record(&mut self, start: usize) -> Result<Vec<String>, Broken> {
        let bytes = self.text.as_bytes();
        let mut fields = Vec::new();
        loop {
            let mut field = String::new();
            if bytes.get(self.at) == Some(&b'"') {
                self.at += 1;
                self.quoted(start, &mut field)?;
            }
            let from = self.at;
            let ends = |b: &u8| *b == self.delimiter || *b == b'\n';
            self.at += bytes[from..].iter().position(ends).unwrap_or(bytes.len() - from);
            if self.at - start > MAX_LINE {
                return Err(Broken::TooLong);
            }
            let plain = &self.text[from..self.at];
            let last = bytes.get(self.at) != Some(&self.delimiter);
            field.push_str(if last { plain.strip_suffix('\r').unwrap_or(plain) } else { plain });
            fields.push(field);
            self.at = (self.at + 1).min(bytes.len());
            if last {
                return Ok(fields);
            }
        }
    }

    /// Reads up to and with the closing quote.
    fn quoted(&mut self, start: usize, field: &mut String) -> Result<(), Broken> {
        let bytes = self.text.as_bytes();
        loop {
            let from = self.at;
            let window = &bytes[from..bytes.len().min(start + MAX_LINE).max(from)];
            let Some(length) = window.iter().position(|b| *b == b'"') else { return Err(Broken::Unclosed) };
            field.push_str(&self.text[from..from + length]);
            self.at = from + length + 1;
            if bytes.get(self.at) != Some(&b'"') {
                return Ok(());
            }
            field.push('"');
            self.at += 1;
        }
    }
}

fn end_of_line(bytes: &[u8], from: usize) -> usize {
    bytes[from..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |length| from + length + 1)
}
