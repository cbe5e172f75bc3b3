//! Owns the reading of a list whose columns are not those of a tenant list, but for the tenant's number:
//! the rows of a mailing. Encodings, separators, quotes, titles above the header and limits are those of
//! tenant lists. Refuses to know what the other columns mean.

use super::List;
use super::bounds::{MAX_LINE, MAX_ROWS};
use super::columns::{names_itself, plain};
use super::csv::{DELIMITERS, MAX_TITLES};
use super::draft::Draft;
use super::format::Format;
use super::notes::Notes;
use super::rejected::Rejected;
use super::split::{Record, Splitter};
use crate::intake::points::CleanedField;
use crate::intake::problem::{FieldProblem, ProblemCode};

/// What stands in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::intake) enum Cells<'a> {
    /// Fields, in the order of the header.
    Fields(Vec<String>),
    /// A line that is to be a JSON object.
    Json(&'a str),
}

/// A row that is not blank.
#[derive(Debug)]
pub(in crate::intake) struct TableRow<'a> {
    /// The line that it begins on, from 1.
    pub(in crate::intake) line: u64,
    pub(in crate::intake) cells: Result<Cells<'a>, FieldProblem>,
}

/// A name in the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::intake) struct Heading {
    /// As it is written.
    pub(in crate::intake) name: String,
    /// Its letters and digits, by which it is compared.
    pub(in crate::intake) plain: String,
    /// Whether the tenant's number stands below it.
    pub(in crate::intake) is_number: bool,
}

/// The rows of a list, in order.
#[derive(Debug)]
pub(in crate::intake) struct Table<'a> {
    /// Empty for JSON.
    header: Vec<Heading>,
    source: Source<'a>,
    rows: usize,
    notes: Notes,
}

#[derive(Debug)]
enum Source<'a> {
    Csv(Splitter<'a>),
    Ndjson {
        lines: std::str::Split<'a, char>,
        line: u64,
    },
    /// There are more rows than a list may have: that was said.
    Full,
}

impl List<'_> {
    /// Its rows, with whatever columns.
    ///
    /// # Errors
    /// It is no list, or it has no header with the tenant's number.
    pub(in crate::intake) fn table(&self) -> Result<Table<'_>, Rejected> {
        let (text, format) = self.text.as_ref().map_err(Clone::clone)?;
        let mut notes = self.notes.clone();
        let (header, source) = match format {
            Format::Csv => {
                let (header, splitter) = headed(text, &mut notes)?;
                (header, Source::Csv(splitter))
            }
            Format::Ndjson => {
                let lines = text.split('\n');
                (Vec::new(), Source::Ndjson { lines, line: 0 })
            }
        };
        Ok(Table {
            header,
            source,
            rows: 0,
            notes,
        })
    }
}

/// The header, and the reading behind it. What stands above it is noted.
fn headed<'a>(text: &'a str, notes: &mut Notes) -> Result<(Vec<Heading>, Splitter<'a>), Rejected> {
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
        } else if let Some(delimiter) = delimiter_of_header(&splitter, said) {
            for line in titles {
                let what = "passed over: it stands above the header";
                notes.line(line, "the header", what);
            }
            let mut rows = splitter.with(delimiter);
            let header = header_ahead(&mut rows).unwrap_or_default();
            if let Some(problem) = two_numbers(&header) {
                return Err(Rejected::whole(1, problem));
            }
            rows.width = header.len();
            return Ok((header, rows));
        } else if !splitter.is_bare(&DELIMITERS) {
            titles.push(splitter.line);
        }
        splitter.skip_line();
    }
    let expected = "a header with a column for the tenant's number, and rows";
    let problem = FieldProblem::new("file", ProblemCode::NotAList, expected);
    let hint = "call that column huurdernummer or tenant_id";
    Err(Rejected::whole(1, problem.hint(hint)))
}

/// The separator with which the line at hand is a header: that which gives most names.
fn delimiter_of_header(splitter: &Splitter<'_>, said: Option<u8>) -> Option<u8> {
    let names = |delimiter: &u8| header_ahead(&mut splitter.with(*delimiter)).map(|h| h.len());
    let candidates = said.map_or(DELIMITERS.to_vec(), |delimiter| vec![delimiter]);
    let headers = candidates.iter().filter(|one| names(one).is_some());
    headers.max_by_key(|one| names(one)).copied()
}

/// The names of the next record, when the tenant's number is one of them. Names that are missing at the
/// end are none.
fn header_ahead(rows: &mut Splitter<'_>) -> Option<Vec<Heading>> {
    let fields = rows.next()?.fields.ok()?;
    let heading = |name: &String| Heading {
        name: name.trim().to_owned(),
        plain: plain(name),
        is_number: names_itself(name),
    };
    let mut header: Vec<Heading> = fields.iter().map(heading).collect();
    while header.last().is_some_and(|last| last.name.is_empty()) {
        header.pop();
    }
    let is_header = header.iter().any(|heading| heading.is_number);
    is_header.then_some(header)
}

/// What is wrong when two columns are the tenant's number.
fn two_numbers(header: &[Heading]) -> Option<FieldProblem> {
    let mut numbers = header.iter().filter(|heading| heading.is_number);
    let (_, second) = (numbers.next()?, numbers.next()?);
    let expected = "one column for the tenant's number";
    let problem = FieldProblem::new("tenant_id", ProblemCode::Twice, expected);
    Some(
        problem
            .value(&second.name)
            .hint("take one of the columns out of the list"),
    )
}

impl<'a> Table<'a> {
    /// The names of the columns; none for JSON.
    pub(in crate::intake) fn header(&self) -> &[Heading] {
        &self.header
    }

    /// Remarks about the list as a whole. Complete when its rows are read.
    pub(in crate::intake) fn notes(&mut self) -> &mut Notes {
        &mut self.notes
    }

    fn next_row(&mut self) -> Option<TableRow<'a>> {
        match &mut self.source {
            Source::Csv(splitter) => next_record(splitter, &self.header, &mut self.notes),
            Source::Ndjson { lines, line } => next_line(lines, line),
            Source::Full => None,
        }
    }
}

impl<'a> Iterator for Table<'a> {
    type Item = TableRow<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.next_row()?;
        self.rows += 1;
        if self.rows <= MAX_ROWS {
            return Some(row);
        }
        self.source = Source::Full;
        let expected = format!("at most {MAX_ROWS} rows");
        let problem = FieldProblem::new("file", ProblemCode::OutOfRange, expected);
        let hint = "this row and those after it were not read: split the list";
        Some(TableRow {
            line: row.line,
            cells: Err(problem.hint(hint)),
        })
    }
}

fn next_record<'a>(
    splitter: &mut Splitter<'_>,
    header: &[Heading],
    notes: &mut Notes,
) -> Option<TableRow<'a>> {
    loop {
        let Record { line, fields, .. } = splitter.next()?;
        let fields = match fields {
            Err(problem) => {
                let cells = Err(problem);
                return Some(TableRow { line, cells });
            }
            Ok(fields) if fields.iter().all(|field| field.trim().is_empty()) => continue,
            Ok(fields) => fields,
        };
        let number = header.iter().position(|heading| heading.is_number);
        let is_header_again =
            number.is_some_and(|at| fields.get(at).is_some_and(|cell| names_itself(cell)));
        if is_header_again {
            notes.line(line, "a row", "passed over: it is the header again");
            continue;
        }
        let cells = match misfit(&fields, header.len()) {
            Some(problem) => Err(problem),
            None => Ok(Cells::Fields(fields)),
        };
        return Some(TableRow { line, cells });
    }
}

/// A row with too few fields, or with too many that say something.
fn misfit(fields: &[String], expected: usize) -> Option<FieldProblem> {
    let further = fields.get(expected..).unwrap_or_default();
    let is_right = fields.len() >= expected && further.iter().all(|field| field.trim().is_empty());
    if is_right {
        return None;
    }
    let got = format!("{} fields", fields.len());
    let expected = format!("{expected} fields, as the header has");
    let problem = FieldProblem::new("row", ProblemCode::NotAList, expected);
    let hint = "a row may have been cut off; a separator inside a field needs quotes around it";
    Some(problem.value(&got).hint(hint))
}

fn next_line<'a>(lines: &mut std::str::Split<'a, char>, line: &mut u64) -> Option<TableRow<'a>> {
    loop {
        // One file behind another has its byte order mark in the middle.
        let text = lines.next()?.trim_start_matches('\u{feff}');
        *line += 1;
        if text.trim().is_empty() {
            continue;
        }
        let cells = if text.len() > MAX_LINE {
            let expected = format!("at most {MAX_LINE} bytes");
            Err(FieldProblem::new("row", ProblemCode::TooLong, expected))
        } else {
            Ok(Cells::Json(text))
        };
        return Some(TableRow { line: *line, cells });
    }
}

/// The tenant's number in a cell, without what a spreadsheet put around it, and what that was.
///
/// # Errors
/// It is none.
pub(in crate::intake) fn number_in(
    cell: &str,
) -> Result<(String, Vec<CleanedField>), Vec<FieldProblem>> {
    let draft = Draft {
        tenant_id: cell.into(),
        ..Draft::default()
    };
    let finished = draft.finish()?;
    Ok((finished.tenant_id, finished.cleaned))
}
