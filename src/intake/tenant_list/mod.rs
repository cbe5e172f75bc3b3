//! Owns the reading of tenant lists, CSV or NDJSON, row by row: each row becomes a profile, or is
//! rejected with every reason. Lists are dirty: an address that cannot be used is left out with a
//! warning, and the tenant is kept.
//!
//! A tenant who appears again: the same data is one tenant, and the later row names the earlier
//! one; other data is a contradiction, so the later row is rejected ("appears on line N with other
//! data") and the earlier one stands. Rows are compared as they are stored, so another notation of
//! the same number is the same data.
//!
//! Two tenants with the same name, address or number are two tenants: the corporation's own number
//! is the tenant, as it stands (`00123` and `123` are two), and nothing else ever makes two of them
//! one.
//!
//! Refuses a file of an unknown encoding as a whole, before its first row: half a list is worse than
//! none. Refuses to guess an address. What it puts right (`tel:`, invisible characters, `="06…"`)
//! is noted, counted by column. No bytes make it panic, and what it holds in memory is bounded by
//! [`MAX_ROWS`] and [`MAX_LINE`].

mod bounds;
mod columns;
mod contacts;
mod csv;
mod draft;
mod encoding;
mod format;
mod infix;
mod kinds;
mod names;
mod ndjson;
mod notes;
mod rejected;
mod split;
mod table;
mod western;
mod whole;
mod words;

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use sluis_model::Supplied;

use super::problem::{FieldProblem, ProblemCode};
pub use bounds::{MAX_LINE, MAX_ROWS};
use csv::CsvRows;
use draft::{Draft, Finished};
pub(super) use draft::{TWICE, without_mark};
pub use encoding::Charset;
pub use format::{Format, JSON_LINES};
use ndjson::NdjsonRows;
pub(super) use notes::Notes;
pub use rejected::Rejected;
pub(super) use table::{Cells, Heading, Table, TableRow, number_in};
pub(super) use words::{encoded_once, is_empty, is_error, is_scientific};

/// One row that is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Line it begins on, from 1.
    pub line: u64,
    /// The corporation's number for the tenant.
    pub tenant_id: String,
    /// What the list supplies of the tenant.
    pub profile: Supplied,
    /// What was left out of the profile, and why.
    pub warnings: Vec<FieldProblem>,
    /// The line on which the same tenant stands already, with the same data: there is nothing to
    /// store.
    pub same_as: Option<u64>,
}

/// A list as it came: its text, or why it is none.
#[derive(Debug)]
pub struct List<'a> {
    text: Result<(Cow<'a, str>, Format), Rejected>,
    notes: Notes,
}

impl<'a> List<'a> {
    /// Reads bytes as text. Without a format it is seen from how the text begins; without a charset
    /// the encoding is that of the byte order mark, or the one that fits.
    #[must_use]
    pub fn open(bytes: &'a [u8], format: Option<Format>, charset: Option<Charset>) -> Self {
        let mut notes = Notes::default();
        let text = encoding::text(bytes, charset, &mut notes).and_then(|text| {
            let format = format.unwrap_or_else(|| Format::of_text(&text));
            match kinds::no_list(&text, format) {
                Some(problem) => Err(Rejected::whole(1, problem)),
                None => Ok((text, format)),
            }
        });
        Self { text, notes }
    }

    /// Its rows. A file that cannot be read at all gives one rejected row.
    #[must_use]
    pub fn rows(&self) -> Rows<'_> {
        let mut notes = self.notes.clone();
        let source = match &self.text {
            Err(rejected) => Source::Unreadable(Some(rejected.clone())),
            Ok((text, Format::Ndjson)) => Source::Ndjson(NdjsonRows::new(text)),
            Ok((text, Format::Csv)) => match CsvRows::open(text, &mut notes) {
                Ok(rows) => Source::Csv(rows),
                Err(rejected) => Source::Unreadable(Some(rejected)),
            },
        };
        Rows {
            source,
            seen: HashMap::new(),
            rows: 0,
            notes,
        }
    }
}

/// The rows of a list, in order.
#[derive(Debug)]
pub struct Rows<'a> {
    source: Source<'a>,
    seen: HashMap<String, (u64, u64)>,
    rows: usize,
    notes: Notes,
}

#[derive(Debug)]
enum Source<'a> {
    Csv(CsvRows<'a>),
    Ndjson(NdjsonRows<'a>),
    Unreadable(Option<Rejected>),
}

impl Rows<'_> {
    /// Remarks about the file as a whole: lines that were passed over, columns or keys nobody
    /// knows, what was put right and in how many rows. Complete when the rows are read.
    #[must_use]
    pub fn notes(&self) -> Vec<FieldProblem> {
        self.notes.all()
    }

    fn judge(&mut self, line: u64, draft: &Draft<'_>) -> Result<Row, Rejected> {
        let finished = draft.finish().map_err(|reasons| {
            let tenant_id = Some(draft.tenant_id.trim()).filter(|id| !id.is_empty());
            Rejected {
                line,
                tenant_id: tenant_id.map(|id| id.chars().take(64).collect()),
                reasons,
            }
        })?;
        let Finished {
            tenant_id,
            supplied,
            warnings,
            cleaned,
        } = finished;
        for (path, what) in cleaned {
            self.notes.cleaned(line, path, what);
        }
        let same_as = self.same_as(line, &tenant_id, &supplied)?;
        Ok(Row {
            line,
            tenant_id,
            profile: supplied,
            warnings,
            same_as,
        })
    }

    /// The line on which the same tenant stands already, with the same data.
    fn same_as(
        &mut self,
        line: u64,
        tenant_id: &str,
        supplied: &Supplied,
    ) -> Result<Option<u64>, Rejected> {
        let mut hasher = DefaultHasher::new();
        supplied.hash(&mut hasher);
        let hash = hasher.finish();
        match self.seen.get(tenant_id) {
            Some((first, known)) if *known == hash => Ok(Some(*first)),
            Some((first, _)) => Err(contradiction(line, tenant_id, *first)),
            None => {
                self.seen.insert(tenant_id.to_owned(), (line, hash));
                Ok(None)
            }
        }
    }

    /// The next row as it was read, before it is compared with the others.
    fn draft(&mut self) -> Option<(u64, Result<Draft<'static>, Vec<FieldProblem>>)> {
        match &mut self.source {
            Source::Csv(rows) => rows.next(&mut self.notes),
            Source::Ndjson(rows) => rows.next(&mut self.notes),
            Source::Unreadable(_) => None,
        }
    }
}

/// A tenant who appears again with other data.
fn contradiction(line: u64, tenant_id: &str, first: u64) -> Rejected {
    let expected = "each tenant once, or with the same data";
    let problem = FieldProblem::new("tenant_id", ProblemCode::Contradiction, expected);
    let hint = format!("appears on line {first} with other data");
    Rejected {
        line,
        tenant_id: Some(tenant_id.to_owned()),
        reasons: vec![problem.value(tenant_id).hint(hint)],
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<Row, Rejected>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Source::Unreadable(rejected) = &mut self.source {
            return rejected.take().map(Err);
        }
        let (line, draft) = self.draft()?;
        self.rows += 1;
        if self.rows > MAX_ROWS {
            let problem = FieldProblem::new(
                "file",
                ProblemCode::OutOfRange,
                format!("at most {MAX_ROWS} rows"),
            );
            let reasons =
                vec![problem.hint("this row and those after it were not read: split the list")];
            self.source = Source::Unreadable(None);
            return Some(Err(Rejected {
                line,
                tenant_id: None,
                reasons,
            }));
        }
        Some(match draft {
            Ok(draft) => self.judge(line, &draft),
            Err(reasons) => Err(Rejected {
                line,
                tenant_id: None,
                reasons,
            }),
        })
    }
}
