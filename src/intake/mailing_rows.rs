//! Owns the reading of a mailing's rows: a list, CSV or NDJSON, of tenants and what each is told, held
//! against the flow's `[input]` row by row. A row is taken, or refused with everything that is wrong
//! with it, or passed over because the same stands there already. Refuses to look a tenant up, and to
//! tell one tenant two things under one subject.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sluis_model::flow::{FieldKind, InputField};
use sluis_model::{Environment, Flow, Lane, NotificationRequest, Subject};

use super::mailing_cells::{bare, value, wrong};
use super::node::Node;
use super::problem::{FieldProblem, ProblemCode};
use super::reader::{Problems, Reader};
use super::rules::{SUBJECT_ID, TENANT_ID, WORD};
use super::tenant_list::{
    Cells, Heading, List, Notes, Rejected, Table, TableRow, is_empty, number_in,
};
use super::validate::validate;

/// The kind of subject of a row whose flow asks for none: its mailing, so that a tenant's timeline
/// shows which it was.
pub const SUBJECT: &str = "mailing";
/// What is said of a column with which nothing is done.
pub const UNKNOWN_COLUMN: &str = "a field of the flow's input, the tenant's number or subject_id";
/// Most columns that are noted as unknown.
const MOST_NOTES: usize = 50;
/// How the column of the subject's number may be called, by letters and digits.
const SUBJECT_COLUMNS: [&str; 4] = ["subjectid", "subject", "onderwerp", "kenmerk"];
const KEYS: [&str; 3] = ["tenant_id", "subject_id", "data"];

/// What all rows of a mailing have in common.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Name of the flow.
    pub flow: String,
    /// Category, which preferences hang on.
    pub category: String,
    /// The world that the list comes from.
    pub environment: Environment,
    /// The lane: normal or bulk.
    pub priority: Lane,
    /// Fields that every row has, unless it says something else.
    pub data: Map<String, Value>,
}

/// One row that is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailingRow {
    /// Line of the list that it begins on, from 1.
    pub line: u64,
    /// The corporation's number for the tenant.
    pub tenant_id: String,
    /// What it is about, where the flow wants a subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_id: Option<String>,
    /// Its own fields and those of the frame: the text of a JSON object.
    pub data: String,
}

/// What became of a row of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadRow {
    /// Taken.
    Taken(MailingRow),
    /// Not taken, and why.
    Rejected(Rejected),
    /// Passed over: the same tenant is told the same on an earlier line.
    Repeated {
        /// Line that it begins on.
        line: u64,
        /// The tenant.
        tenant_id: String,
        /// Line on which it stands already.
        first: u64,
    },
}

impl Frame {
    /// What is wrong with the words of it.
    #[must_use]
    pub fn problems(&self) -> Vec<FieldProblem> {
        let words = [("flow", &self.flow), ("category", &self.category)];
        let checked = words.iter().map(|(path, text)| WORD.check(path, text));
        checked.flatten().collect()
    }

    /// The notification of a row.
    #[must_use]
    pub fn request(
        &self,
        row: &MailingRow,
        subject: Option<&str>,
        mailing: &str,
        key: String,
    ) -> NotificationRequest {
        let about = |kind: &str, id: &str| Subject {
            kind: kind.into(),
            id: id.into(),
        };
        let subject = match subject {
            None => Some(about(SUBJECT, mailing)),
            Some(kind) => row.subject_id.as_deref().map(|id| about(kind, id)),
        };
        NotificationRequest {
            tenant_id: row.tenant_id.clone(),
            flow: self.flow.clone(),
            category: self.category.clone(),
            subject,
            data: row.data.clone(),
            priority: self.priority,
            send_after: None,
            expires_at: None,
            environment: self.environment,
            idempotency_key: key,
            to_household: false,
        }
    }
}

impl Frame {
    /// A row of another mailing for this one: with what this frame says, and with its own fields where
    /// `keep`.
    #[must_use]
    pub fn again(&self, row: MailingRow, keep: bool) -> MailingRow {
        let mut data = self.data.clone();
        if keep && let Ok(own) = serde_json::from_str::<Map<String, Value>>(&row.data) {
            for (name, value) in own {
                data.entry(name).or_insert(value);
            }
        }
        let data = Value::Object(data).to_string();
        MailingRow { data, ..row }
    }
}

/// Holds a row that was read before against a flow.
#[must_use]
pub fn check(row: MailingRow, frame: &Frame, flow: &Flow, engine: Environment) -> ReadRow {
    let request = frame.request(&row, flow.subject.as_deref(), "0", "0".to_owned());
    match validate(&request, flow, engine) {
        Ok(_) => ReadRow::Taken(row),
        Err(reasons) => ReadRow::Rejected(Rejected {
            line: row.line,
            tenant_id: Some(row.tenant_id),
            reasons,
        }),
    }
}

/// The rows of a list, in order.
pub struct MailingRows<'a> {
    frame: &'a Frame,
    flow: &'a Flow,
    engine: Environment,
    /// None: the list cannot be read, and that was said.
    table: Option<Table<'a>>,
    unreadable: Option<Rejected>,
    columns: Vec<Column>,
    notes: Notes,
    /// Line and hash of the data of each tenant and subject.
    seen: HashMap<(String, Option<String>), (u64, u64)>,
}

/// What stands below a name of the header.
#[derive(PartialEq, Eq)]
enum Column {
    Number,
    Subject,
    /// A field of the flow, by its place.
    Field(usize),
    Nothing,
}

impl<'a> MailingRows<'a> {
    /// Opens a list, to be held against a flow on an engine of this environment.
    #[must_use]
    pub fn open(list: &'a List<'_>, frame: &'a Frame, flow: &'a Flow, engine: Environment) -> Self {
        let (mut table, unreadable) = match list.table() {
            Ok(table) => (Some(table), None),
            Err(rejected) => (None, Some(rejected)),
        };
        let notes = table.as_mut().map(|table| std::mem::take(table.notes()));
        let mut rows = Self {
            frame,
            flow,
            engine,
            table: None,
            unreadable,
            columns: Vec::new(),
            notes: notes.unwrap_or_default(),
            seen: HashMap::new(),
        };
        let header = table.as_ref().map_or(&[][..], |table| table.header());
        rows.columns = header.iter().map(|heading| rows.column(heading)).collect();
        for note in rows.unknown(header) {
            rows.notes.said(note);
        }
        let mut reasons: Vec<FieldProblem> = rows.twice(header).into_iter().collect();
        reasons.extend(rows.lacking(header));
        if reasons.is_empty() {
            rows.table = table;
        } else {
            rows.unreadable = Some(Rejected {
                line: 1,
                tenant_id: None,
                reasons,
            });
        }
        rows
    }

    /// What is wrong when two columns say the same: nobody knows which of them is meant.
    fn twice(&self, header: &[Heading]) -> Option<FieldProblem> {
        let mut said: Vec<&Column> = Vec::new();
        for (heading, column) in header.iter().zip(&self.columns) {
            if *column != Column::Nothing && said.contains(&column) {
                let expected = "one column for each field, and one for the subject";
                let problem = FieldProblem::new(&*heading.name, ProblemCode::Twice, expected);
                return Some(problem.hint("take one of the columns out of the list"));
            }
            said.push(column);
        }
        None
    }

    /// Fields that every row must have, where the list has no column of them and the mailing does not say
    /// them: not one row can be taken. JSON has no header.
    fn lacking(&self, header: &[Heading]) -> Vec<FieldProblem> {
        if header.is_empty() {
            return Vec::new();
        }
        let unknown = header.iter().zip(&self.columns);
        let unknown = unknown.filter(|(_, column)| **column == Column::Nothing);
        let unknown: Vec<&str> = unknown.map(|(heading, _)| &*heading.name).take(5).collect();
        let fields = self.flow.input.iter().enumerate();
        let lacking = fields.filter(|(place, field)| {
            let is_said = self.frame.data.contains_key(&*field.name);
            !field.optional && !is_said && !self.columns.contains(&Column::Field(*place))
        });
        let problem = |path: String, name: &str| {
            let expected = format!("a column {name}, or a value for all rows in the mailing");
            let problem = FieldProblem::new(path, ProblemCode::Missing, expected);
            match unknown.is_empty() {
                true => problem,
                false => problem.hint(format!("nobody knows the columns {}", unknown.join(", "))),
            }
        };
        let mut problems: Vec<FieldProblem> = lacking
            .map(|(_, field)| problem(format!("data.{}", field.name), &field.name))
            .collect();
        if self.flow.subject.is_some() && !self.columns.contains(&Column::Subject) {
            let expected = "a column subject_id: what each row is about";
            let problem = FieldProblem::new("subject_id", ProblemCode::Missing, expected);
            problems.push(problem.hint("it may be called onderwerp or kenmerk, too"));
        }
        problems
    }

    fn column(&self, heading: &Heading) -> Column {
        let is_field = |field: &InputField| {
            let letters = field.name.chars().filter(|c| c.is_alphanumeric());
            letters
                .flat_map(char::to_lowercase)
                .eq(heading.plain.chars())
        };
        if heading.is_number {
            Column::Number
        } else if let Some(place) = self.flow.input.iter().position(is_field) {
            Column::Field(place)
        } else if self.flow.subject.is_some() && SUBJECT_COLUMNS.contains(&heading.plain.as_str()) {
            Column::Subject
        } else {
            Column::Nothing
        }
    }

    /// Columns with which nothing is done.
    fn unknown(&self, header: &[Heading]) -> Vec<FieldProblem> {
        let nothing = |(heading, column): (&Heading, &Column)| {
            let name = heading.name.chars().take(64).collect::<String>();
            matches!(column, Column::Nothing).then(|| {
                let note = FieldProblem::new(name, ProblemCode::Ignored, UNKNOWN_COLUMN);
                note.hint("nothing is done with it")
            })
        };
        let all = header.iter().zip(&self.columns).filter_map(nothing);
        all.take(MOST_NOTES).collect()
    }

    /// Remarks about the list as a whole: its encoding, lines that were passed over, columns that nobody
    /// knows, what was put right and in how many rows. Complete when the rows are read.
    #[must_use]
    pub fn notes(&mut self) -> Vec<FieldProblem> {
        let more = self.table.as_mut().map(|table| table.notes().all());
        let notes = self.notes.all().into_iter();
        notes.chain(more.unwrap_or_default()).collect()
    }

    /// What is in a row, before it is held against the flow.
    fn read(&mut self, line: u64, cells: &Cells<'_>) -> Result<MailingRow, Rejected> {
        match cells {
            Cells::Fields(fields) => self.of_fields(line, fields),
            Cells::Json(text) => self.of_json(line, text),
        }
    }

    fn of_fields(&mut self, line: u64, fields: &[String]) -> Result<MailingRow, Rejected> {
        let mut data = self.frame.data.clone();
        let (mut number, mut subject_id, mut mistakes) = ("", None, Vec::new());
        for (cell, column) in fields.iter().zip(&self.columns) {
            match column {
                Column::Number => number = cell,
                Column::Subject => {
                    let bare = bare(FieldKind::Url, cell);
                    for what in bare.cleaned {
                        self.notes.cleaned(line, "subject_id", what);
                    }
                    subject_id = Some(bare.text.trim().to_owned()).filter(|id| !id.is_empty());
                }
                Column::Field(place) => {
                    let field = &self.flow.input[*place];
                    let bare = bare(field.kind, cell);
                    for what in bare.cleaned {
                        self.notes
                            .cleaned(line, format!("data.{}", field.name), what);
                    }
                    mistakes.extend(wrong(field, &bare.text));
                    if !is_empty(bare.text.trim()) {
                        data.insert(field.name.to_string(), value(field.kind, &bare.text));
                    }
                }
                Column::Nothing => {}
            }
        }
        let (tenant_id, cleaned) = number_in(number).map_err(|reasons| Rejected {
            line,
            tenant_id: None,
            reasons,
        })?;
        for (path, what) in cleaned {
            self.notes.cleaned(line, path, what);
        }
        let row = MailingRow {
            line,
            tenant_id,
            subject_id,
            data: Value::Object(data).to_string(),
        };
        if mistakes.is_empty() {
            return Ok(row);
        }
        // What else is wrong with it is told, too.
        let subject = self.flow.subject.as_deref();
        let request = self.frame.request(&row, subject, "0", "0".to_owned());
        let more = validate(&request, self.flow, self.engine).err();
        for reason in more.unwrap_or_default() {
            if !mistakes
                .iter()
                .any(|known: &FieldProblem| known.path == reason.path)
            {
                mistakes.push(reason);
            }
        }
        Err(Rejected {
            line,
            tenant_id: Some(row.tenant_id),
            reasons: mistakes,
        })
    }

    fn of_json(&self, line: u64, text: &str) -> Result<MailingRow, Rejected> {
        let rejected = |tenant_id: Option<&str>, reasons| Rejected {
            line,
            tenant_id: tenant_id.map(str::to_owned),
            reasons,
        };
        let node = Node::parse_text(text, "row").map_err(|why| rejected(None, vec![why]))?;
        let mut problems = Problems::new();
        let reader = Reader::open(&node, "", &KEYS, &mut problems);
        let reader = reader.ok_or_else(|| rejected(None, problems.clone()))?;
        let tenant_id = reader.text("tenant_id", TENANT_ID, &mut problems);
        let subject_id = reader.text_if_any("subject_id", SUBJECT_ID, &mut problems);
        let mut data = self.frame.data.clone();
        match serde_json::from_str::<OwnData>(text) {
            Ok(OwnData { data: own }) => data.extend(own.unwrap_or_default()),
            Err(_) if problems.is_empty() => {
                let expected = "a JSON object with the fields of the flow";
                problems.push(FieldProblem::new("data", ProblemCode::WrongType, expected));
            }
            Err(_) => {}
        }
        match tenant_id {
            Some(tenant_id) if problems.is_empty() => Ok(MailingRow {
                line,
                tenant_id: tenant_id.to_owned(),
                // Where the flow asks for none, a tenant is told once.
                subject_id: subject_id
                    .filter(|_| self.flow.subject.is_some())
                    .map(str::to_owned),
                data: Value::Object(data).to_string(),
            }),
            _ => Err(rejected(tenant_id, problems)),
        }
    }

    /// Holds a row against the flow, and against the rows before it.
    fn judge(&mut self, row: MailingRow) -> ReadRow {
        let subject = self.flow.subject.as_deref();
        let request = self.frame.request(&row, subject, "0", "0".to_owned());
        let rejected = |reasons| {
            ReadRow::Rejected(Rejected {
                line: row.line,
                tenant_id: Some(row.tenant_id.clone()),
                reasons,
            })
        };
        if let Err(reasons) = validate(&request, self.flow, self.engine) {
            return rejected(reasons);
        }
        let mut hasher = DefaultHasher::new();
        row.data.hash(&mut hasher);
        let (hash, key) = (
            hasher.finish(),
            (row.tenant_id.clone(), row.subject_id.clone()),
        );
        match self.seen.get(&key) {
            None => {
                self.seen.insert(key, (row.line, hash));
                ReadRow::Taken(row)
            }
            Some((first, known)) if *known == hash => ReadRow::Repeated {
                line: row.line,
                tenant_id: row.tenant_id,
                first: *first,
            },
            Some((first, _)) => {
                let expected = "each tenant once, or with the same data";
                let why = FieldProblem::new("tenant_id", ProblemCode::Contradiction, expected);
                let hint = format!("appears on line {first} with other data");
                rejected(vec![why.value(&row.tenant_id).hint(hint)])
            }
        }
    }
}

/// The fields of a row of JSON.
#[derive(Deserialize)]
struct OwnData {
    data: Option<Map<String, Value>>,
}

impl Iterator for MailingRows<'_> {
    type Item = ReadRow;

    fn next(&mut self) -> Option<ReadRow> {
        if let Some(rejected) = self.unreadable.take() {
            return Some(ReadRow::Rejected(rejected));
        }
        let TableRow { line, cells } = self.table.as_mut()?.next()?;
        let read = match cells {
            Ok(cells) => self.read(line, &cells),
            Err(problem) => Err(Rejected {
                line,
                tenant_id: None,
                reasons: vec![problem],
            }),
        };
        Some(match read {
            Ok(row) => self.judge(row),
            Err(rejected) => ReadRow::Rejected(rejected),
        })
    }
}
