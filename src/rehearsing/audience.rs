//! Owns the reading of whom a rehearsal is for: tenant lists, rows of a mailing and facts, each with the
//! reader that the engine takes them in with. A row that the engine would refuse is refused here, with
//! the same reasons. Refuses to open a file.

use std::collections::HashMap;
use std::sync::Arc;

use sluis_model::{Environment, FactKind, Household, Input, Subject, Timestamp};
use sluis_rehearsal::{Audience, Body, Common, Fact, Person, Row, Stage};

use super::household_rows::as_rows;
use super::pace::{Instants, Pace};
use crate::fact_types::Types;
use crate::intake::mailing_rows::{Frame, MailingRow, MailingRows, ReadRow, UNKNOWN_COLUMN};
use crate::intake::tenant_list::{List, Rejected};
use crate::intake::{FieldProblem, ProblemCode, fact, validate};

/// The lists, as they came: how each is called, and its bytes.
#[derive(Debug, Default)]
pub struct Lists {
    /// Tenant lists.
    pub tenants: Vec<(String, Vec<u8>)>,
    /// Who is in which household, one in each line.
    pub households: Vec<(String, Vec<u8>)>,
    /// Rows; none, and none of households either: every tenant of the lists gets one.
    pub rows: Vec<(String, Vec<u8>)>,
    /// Rows about households: the number is a household's.
    pub household_rows: Vec<(String, Vec<u8>)>,
    /// Facts, one in each line.
    pub facts: Vec<(String, Vec<u8>)>,
}

/// How rows become notifications.
#[derive(Debug)]
pub struct RowsAsked<'a> {
    /// What all rows have in common.
    pub frame: &'a Frame,
    /// The world that the engine is.
    pub engine: Environment,
    /// When they are handed over.
    pub pace: &'a Pace,
    /// Types of facts.
    pub types: &'a Types,
    /// Balances and declared facts are told again so often, in milliseconds.
    pub facts_again: Option<i64>,
}

/// What was read.
#[derive(Debug, Default)]
pub struct Read {
    /// Whom it is for.
    pub audience: Audience,
    /// Rows that were not taken: line, tenant, why.
    pub rejected: Vec<(u64, String, String)>,
    /// What else there is to say.
    pub notes: Vec<String>,
}

/// Reads the lists.
#[must_use]
pub fn read(stage: &Stage, lists: &Lists, asked: &RowsAsked<'_>) -> Read {
    let mut reading = Reading {
        stage,
        asked,
        places: HashMap::new(),
        households: HashMap::new(),
        instants: asked.pace.from(stage.starts),
        read: Read::default(),
        unknown: 0,
    };
    reading.read.audience.common = Common {
        category: asked.frame.category.as_str().into(),
        lane: asked.frame.priority,
        environment: asked.frame.environment,
    };
    for (name, bytes) in &lists.tenants {
        reading.tenants(name, bytes);
    }
    for (name, bytes) in &lists.households {
        reading.households(name, bytes);
    }
    if lists.rows.is_empty() && lists.household_rows.is_empty() {
        reading.everyone();
    }
    for (name, bytes) in &lists.rows {
        reading.rows(name, bytes, To::Tenants);
    }
    for (name, bytes) in &lists.household_rows {
        reading.rows(name, &as_rows(bytes), To::Households);
    }
    for (list, (name, bytes)) in (0_u16..).zip(&lists.facts) {
        reading.facts(list, name, bytes);
    }
    if reading.unknown > 0 {
        let note = format!(
            "{} rows are about tenants who stand on no tenant list: nobody of them can be reached",
            reading.unknown
        );
        reading.read.notes.push(note);
    }
    reading.read
}

/// Whose numbers stand in a list of rows. Nobody guesses: a household and a tenant may have the same.
#[derive(Clone, Copy, PartialEq, Eq)]
enum To {
    Tenants,
    Households,
}

pub(super) struct Reading<'a> {
    pub(super) stage: &'a Stage,
    pub(super) asked: &'a RowsAsked<'a>,
    /// Place of each tenant.
    places: HashMap<String, u32>,
    /// Each household by its number.
    pub(super) households: HashMap<String, Household>,
    pub(super) instants: Instants<'a>,
    pub(super) read: Read,
    /// Rows about tenants of no list.
    unknown: u64,
}

impl Reading<'_> {
    fn tenants(&mut self, name: &str, bytes: &[u8]) {
        let list = List::open(bytes, None, None);
        let mut warned = 0_u64;
        let mut rows = list.rows();
        for row in rows.by_ref() {
            match row {
                Ok(row) if row.same_as.is_some() => {}
                Ok(row) => {
                    warned += u64::from(!row.warnings.is_empty());
                    let place = self.place(&row.tenant_id);
                    let person = &mut self.read.audience.people[place as usize];
                    person.profile = Some(Box::new(row.profile));
                }
                Err(rejected) => self.rejected(name, rejected),
            }
        }
        if warned > 0 {
            let note = format!(
                "{name}: of {warned} tenants something was left out that cannot be used: an address, a language or a preferred channel"
            );
            self.read.notes.push(note);
        }
        // A whole list may be the wrong one: then hardly a column of it is known.
        let notes = rows.notes();
        let ignored = notes
            .iter()
            .filter(|note| note.code == ProblemCode::Ignored);
        self.ignored(name, &ignored.map(|note| &*note.path).collect::<Vec<_>>());
    }

    /// Says which columns of a list nobody knows.
    fn ignored(&mut self, name: &str, columns: &[&str]) {
        if !columns.is_empty() {
            let columns = columns.join(", ");
            let note = format!("{name}: nothing is done with the columns {columns}");
            self.read.notes.push(note);
        }
    }

    /// The place of a tenant, made if need be.
    pub(super) fn place(&mut self, number: &str) -> u32 {
        if let Some(place) = self.places.get(number) {
            return *place;
        }
        let people = &mut self.read.audience.people;
        let place = u32::try_from(people.len()).unwrap_or(u32::MAX);
        people.push(Person {
            number: number.into(),
            profile: None,
        });
        self.places.insert(number.to_owned(), place);
        place
    }

    fn everyone(&mut self) {
        let data = serde_json::Value::Object(self.asked.frame.data.clone()).to_string();
        let people = u32::try_from(self.read.audience.people.len()).unwrap_or(u32::MAX);
        for place in 0..people {
            let person = &self.read.audience.people[place as usize];
            let row = MailingRow {
                line: u64::from(place) + 1,
                tenant_id: person.number.to_string(),
                subject_id: None,
                data: data.clone(),
            };
            self.row("--everyone", &row, To::Tenants);
        }
    }

    fn rows(&mut self, name: &str, bytes: &[u8], to: To) {
        let list = List::open(bytes, None, None);
        let (frame, flow) = (self.asked.frame, &self.stage.flow);
        let mut rows = MailingRows::open(&list, frame, flow, self.asked.engine);
        for row in rows.by_ref() {
            match row {
                ReadRow::Taken(row) => {
                    let is_known = to == To::Households || self.places.contains_key(&row.tenant_id);
                    self.unknown += u64::from(!is_known);
                    self.row(name, &row, to);
                }
                ReadRow::Rejected(rejected) => self.rejected(name, rejected),
                ReadRow::Repeated { .. } => {}
            }
        }
        self.noted(name, &rows.notes());
    }

    /// What is said of a list as a whole, in words.
    fn noted(&mut self, name: &str, notes: &[FieldProblem]) {
        let is_column = |note: &&FieldProblem| note.expected == UNKNOWN_COLUMN;
        let ignored: Vec<&str> = notes.iter().filter(is_column).map(|n| &*n.path).collect();
        self.ignored(name, &ignored);
        for note in notes.iter().filter(|note| !is_column(note)) {
            let hint = note.hint.as_deref().unwrap_or_default();
            self.read
                .notes
                .push(format!("{name}: {}: {hint}", note.path));
        }
    }

    /// Takes a row in as the API does.
    fn row(&mut self, list: &str, row: &MailingRow, to: To) {
        let number = u32::try_from(self.read.audience.rows.len()).unwrap_or(u32::MAX);
        let flow = &self.stage.flow;
        let key = number.to_string();
        let subject = flow.subject.as_deref();
        let mut request = self.asked.frame.request(row, subject, "rehearsal", key);
        request.to_household = to == To::Households;
        let sound = match validate(&request, flow, self.asked.engine) {
            Ok(sound) => sound,
            Err(reasons) => {
                let (line, tenant_id) = (row.line, Some(row.tenant_id.clone()));
                return self.rejected(
                    list,
                    Rejected {
                        line,
                        tenant_id,
                        reasons,
                    },
                );
            }
        };
        let body = self.shared(Body {
            subject: request.subject.as_ref().map(Subject::trimmed),
            data: request.data.as_str().into(),
            fields: sound.fields,
        });
        let at = self.instants.next();
        if to == To::Households {
            return self.group(list, row, body, at);
        }
        let person = self.place(&row.tenant_id);
        self.read.audience.rows.push(Row {
            person,
            line: row.line,
            at,
            group: None,
            body,
        });
    }

    /// What a row says, shared with the row before where that says the same.
    fn shared(&self, body: Body) -> Arc<Body> {
        let before = self.read.audience.rows.last().map(|row| &row.body);
        match before.filter(|before| ***before == body) {
            Some(before) => before.clone(),
            None => Arc::new(body),
        }
    }

    pub(super) fn rejected(&mut self, list: &str, rejected: Rejected) {
        let why = format!("{list}: {}", told(&rejected.reasons));
        let tenant = rejected.tenant_id.unwrap_or_default();
        self.read.rejected.push((rejected.line, tenant, why));
    }

    fn facts(&mut self, list: u16, name: &str, bytes: &[u8]) {
        let mut others = 0_u64;
        for (line, text) in (1_u64..).zip(bytes.split(|byte| *byte == b'\n')) {
            if text.trim_ascii().is_empty() {
                continue;
            }
            let fact = match fact::parse(text, self.asked.types) {
                Ok(fact) => fact,
                Err(reasons) => {
                    let tenant_id = None;
                    self.rejected(
                        name,
                        Rejected {
                            line,
                            tenant_id,
                            reasons,
                        },
                    );
                    continue;
                }
            };
            let every = self.asked.facts_again.filter(|_| is_fed(&fact.input));
            for tenant in &fact.tenant_ids {
                let Some(person) = self.places.get(tenant).copied() else {
                    others += 1;
                    continue;
                };
                let at = fact.occurred_at.max(self.stage.starts);
                let mut input = fact.input.clone();
                if every.is_some() {
                    as_of(&mut input, at);
                }
                let fact = Fact {
                    person,
                    at,
                    from: (list, u32::try_from(line - 1).unwrap_or(u32::MAX)),
                    input,
                    every,
                };
                self.read.audience.facts.push(fact);
            }
        }
        if others > 0 {
            let note = format!("{name}: {others} facts are about other tenants");
            self.read.notes.push(note);
        }
    }
}

/// What a feed tells again and again: how things stand. A payment is told once.
const fn is_fed(input: &Input) -> bool {
    match input {
        Input::Fact(fact) => matches!(fact.kind, FactKind::Balance),
        Input::Declared(_) => true,
        _ => false,
    }
}

/// The fact as its feed tells it at the start.
fn as_of(input: &mut Input, at: Timestamp) {
    match input {
        Input::Fact(fact) => fact.occurred_at = at,
        Input::Declared(fact) => fact.occurred_at = at,
        _ => {}
    }
}

/// Reasons in one line.
pub(super) fn told(reasons: &[FieldProblem]) -> String {
    let each: Vec<String> = reasons.iter().map(ToString::to_string).collect();
    each.join("; ")
}
