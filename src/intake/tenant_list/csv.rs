//! Owns rows behind a header: which line is the header, and what each field of a row is. Lines
//! above the header (a title, `sep=;`) are passed over and noted. Refuses a row with fewer or more
//! fields than the header, because nobody knows which field is which.

use std::borrow::Cow;

use super::columns::{self, Column, Columns};
use super::draft::Draft;
use super::notes::Notes;
use super::rejected::Rejected;
use super::split::{Record, Splitter};
use crate::intake::problem::{FieldProblem, ProblemCode};

/// Lines that may stand above the header, blank ones not counted.
pub(super) const MAX_TITLES: usize = 20;
/// What may stand between fields, the likeliest first.
pub(super) const DELIMITERS: [u8; 4] = [b';', b',', b'\t', b'|'];

/// Rows behind a header.
#[derive(Debug)]
pub(super) struct CsvRows<'a> {
    splitter: Splitter<'a>,
    columns: Columns,
}

/// A refusal of the file as a whole.
const fn reject(line: u64, reasons: Vec<FieldProblem>) -> Rejected {
    Rejected {
        line,
        tenant_id: None,
        reasons,
    }
}

impl<'a> CsvRows<'a> {
    /// Finds and reads the header.
    pub(super) fn open(text: &'a str, notes: &mut Notes) -> Result<Self, Rejected> {
        let mut splitter = Splitter::new(text);
        let (mut said, mut titles) = (None, Vec::new());
        for _ in 0..=MAX_TITLES {
            if !splitter.skip_blank() {
                break;
            }
            if let Some(delimiter) = splitter.sep_line() {
                let what = "taken as the separator that the file names";
                notes.line(splitter.line, "the header", what);
                said = Some(delimiter);
            } else if let Some(delimiter) = header_ahead(&splitter, said) {
                for line in titles {
                    let what = "passed over: it stands above the header";
                    notes.line(line, "the header", what);
                }
                let headed = Self::headed(splitter.with(delimiter), notes);
                return headed.map_err(|(line, reasons)| reject(line, reasons));
            } else if !splitter.is_bare(&DELIMITERS) {
                // Separators alone say no more than a blank line.
                titles.push(splitter.line);
            }
            splitter.skip_line();
        }
        Err(Self::no_header(text, said))
    }

    /// None of the lines is a header: what is wrong is said of the first. `said`: the separator that
    /// the file names.
    fn no_header(text: &'a str, said: Option<u8>) -> Rejected {
        let not_a_list = |code| {
            let reason = FieldProblem::new("file", code, "a header and rows");
            reject(1, vec![reason])
        };
        let mut first = Splitter::new(text);
        if !first.skip_blank() {
            return not_a_list(ProblemCode::Empty);
        }
        while first.sep_line().is_some() && !first.at_end() {
            first.skip_line();
        }
        let first = first.with(said.unwrap_or_else(|| first.likeliest(&DELIMITERS)));
        match Self::headed(first, &mut Notes::default()) {
            Err((line, reasons)) => reject(line, reasons),
            Ok(_) => not_a_list(ProblemCode::NotAList),
        }
    }

    fn headed(
        mut splitter: Splitter<'a>,
        notes: &mut Notes,
    ) -> Result<Self, (u64, Vec<FieldProblem>)> {
        let line = splitter.line;
        let header = match splitter.next() {
            None => {
                return Err((
                    line,
                    vec![FieldProblem::new(
                        "file",
                        ProblemCode::Empty,
                        "a header and rows",
                    )],
                ));
            }
            Some(Record { fields, .. }) => fields.map_err(|problem| (line, vec![problem]))?,
        };
        let columns = Columns::read(&header, notes).map_err(|reasons| (line, reasons))?;
        splitter.width = columns.len();
        Ok(Self { splitter, columns })
    }

    /// The next row that is not blank.
    pub(super) fn next(
        &mut self,
        notes: &mut Notes,
    ) -> Option<(u64, Result<Draft<'static>, Vec<FieldProblem>>)> {
        loop {
            let Record { line, last, fields } = self.splitter.next()?;
            let fields = match fields {
                Err(problem) => return Some((line, Err(vec![problem]))),
                Ok(fields) if fields.iter().all(|field| field.trim().is_empty()) => continue,
                Ok(fields) => fields,
            };
            let draft = self.draft(fields, line, last);
            if columns::names_itself(&draft.tenant_id) {
                notes.line(line, "a row", "passed over: it is the header again");
                continue;
            }
            return Some((line, Ok(draft)));
        }
    }

    fn draft(&self, fields: Vec<String>, line: u64, last: u64) -> Draft<'static> {
        let mut draft = Draft::default();
        draft.reasons.extend(self.misfit(&fields, line, last));
        for (index, field) in fields.into_iter().enumerate() {
            if let Some(column) = self.columns.at(index) {
                *place(&mut draft, column) = field.into();
            }
        }
        draft
    }

    /// A row with too few fields, or too many. Separators at the end of a row say nothing.
    fn misfit(&self, fields: &[String], line: u64, last: u64) -> Option<FieldProblem> {
        let (expected, got) = (self.columns.len(), fields.len());
        let further = fields.get(expected..).unwrap_or_default();
        if got >= expected && further.iter().all(|field| field.trim().is_empty()) {
            return None;
        }
        let hint = if last > line {
            format!("lines {line} to {last} were read as one row: look for a quote too few")
        } else if got < expected {
            "the row may have been cut off".to_owned()
        } else {
            "a separator inside a field needs quotes around it".to_owned()
        };
        let expected = format!("{expected} fields, as the header has");
        let problem = FieldProblem::new("row", ProblemCode::NotAList, expected);
        Some(problem.value(&format!("{got} fields")).hint(hint))
    }
}

/// The separator with which the line at hand is a header: that with most known columns.
fn header_ahead(splitter: &Splitter<'_>, said: Option<u8>) -> Option<u8> {
    let known = |delimiter: u8| {
        let record = splitter.with(delimiter).next()?;
        columns::known(&record.fields.ok()?)
    };
    let candidates = said.map_or(DELIMITERS.to_vec(), |delimiter| vec![delimiter]);
    let headers = candidates
        .into_iter()
        .filter_map(|delimiter| Some((known(delimiter)?, delimiter)));
    let best = headers.max_by_key(|(known, _)| *known);
    best.map(|(_, delimiter)| delimiter)
}

/// Where a column's text goes.
const fn place<'d, 't>(draft: &'d mut Draft<'t>, column: Column) -> &'d mut Cow<'t, str> {
    match column {
        Column::TenantId => &mut draft.tenant_id,
        Column::Salutation => &mut draft.salutation,
        Column::Initials => &mut draft.initials,
        Column::FirstName => &mut draft.first,
        Column::Infix => &mut draft.infix,
        Column::Name => &mut draft.name,
        Column::Organisation => &mut draft.organisation,
        Column::Of(contact) => &mut draft.contacts[contact as usize].value,
        Column::Checked(contact) => &mut draft.contacts[contact as usize].confirmed,
        Column::Postcode => &mut draft.postcode,
        Column::Language => &mut draft.language,
        Column::Preferred => &mut draft.preferred,
    }
}
