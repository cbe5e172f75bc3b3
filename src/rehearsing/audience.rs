//! Owns the reading of whom a rehearsal is for: tenant lists, rows of a mailing and facts, each with the
//! reader that the engine takes them in with. A row that the engine would refuse is refused here, with
//! the same reasons. Refuses to open a file.

use std::collections::HashMap;

use sluis_model::{Environment, FactKind, Idempotency, Input, Timestamp};
use sluis_rehearsal::{Audience, Fact, Person, Row, Stage};

use super::pace::{Instants, Pace};
use crate::fact_types::Types;
use crate::intake::mailing_rows::{Frame, MailingRow, MailingRows, ReadRow};
use crate::intake::tenant_list::{List, Rejected};
use crate::intake::{FieldProblem, fact, validate};

/// The lists, as they came: how each is called, and its bytes.
#[derive(Debug, Default)]
pub struct Lists {
    /// Tenant lists.
    pub tenants: Vec<(String, Vec<u8>)>,
    /// Rows; none: every tenant of the lists gets one.
    pub rows: Vec<(String, Vec<u8>)>,
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
        instants: asked.pace.from(stage.starts),
        read: Read::default(),
        unknown: 0,
    };
    for (name, bytes) in &lists.tenants {
        reading.tenants(name, bytes);
    }
    if lists.rows.is_empty() {
        reading.everyone();
    }
    for (name, bytes) in &lists.rows {
        reading.rows(name, bytes);
    }
    for (name, bytes) in &lists.facts {
        reading.facts(name, bytes);
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

struct Reading<'a> {
    stage: &'a Stage,
    asked: &'a RowsAsked<'a>,
    /// Place of each tenant.
    places: HashMap<String, u32>,
    instants: Instants<'a>,
    read: Read,
    /// Rows about tenants of no list.
    unknown: u64,
}

impl Reading<'_> {
    fn tenants(&mut self, name: &str, bytes: &[u8]) {
        let list = List::open(bytes, None, None);
        let mut warned = 0_u64;
        for row in list.rows() {
            match row {
                Ok(row) if row.same_as.is_some() => {}
                Ok(row) => {
                    warned += u64::from(!row.warnings.is_empty());
                    let profile = Input::PutProfile(Box::new(row.profile));
                    let place = self.place(&row.tenant_id);
                    self.read.audience.people[place as usize].profile = Some(profile);
                }
                Err(rejected) => self.rejected(name, rejected),
            }
        }
        if warned > 0 {
            let note = format!(
                "{name}: of {warned} tenants an address was left out, because it cannot be used"
            );
            self.read.notes.push(note);
        }
    }

    /// The place of a tenant, made if need be.
    fn place(&mut self, number: &str) -> u32 {
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
            self.row("--everyone", &row);
        }
    }

    fn rows(&mut self, name: &str, bytes: &[u8]) {
        let list = List::open(bytes, None, None);
        let (frame, flow) = (self.asked.frame, &self.stage.flow);
        let rows = MailingRows::open(&list, frame, flow, self.asked.engine);
        let ignored: Vec<&str> = rows.notes().iter().map(|note| &*note.path).collect();
        if !ignored.is_empty() {
            let note = format!(
                "{name}: nothing is done with the columns {}",
                ignored.join(", ")
            );
            self.read.notes.push(note);
        }
        for row in rows {
            match row {
                ReadRow::Taken(row) => {
                    self.unknown += u64::from(!self.places.contains_key(&row.tenant_id));
                    self.row(name, &row);
                }
                ReadRow::Rejected(rejected) => self.rejected(name, rejected),
                ReadRow::Repeated { .. } => {}
            }
        }
    }

    /// Takes a row in as the API does.
    fn row(&mut self, list: &str, row: &MailingRow) {
        let number = u32::try_from(self.read.audience.rows.len()).unwrap_or(u32::MAX);
        let flow = &self.stage.flow;
        let key = number.to_string();
        let subject = flow.subject.as_deref();
        let request = self.asked.frame.request(row, subject, "rehearsal", key);
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
        let person = self.place(&row.tenant_id);
        let idempotency = Idempotency {
            key: u128::from(number),
            body: 0,
        };
        let id = self.stage.id(number);
        let body = request.admitted(id, flow.reference, sound.fields, idempotency);
        let at = self.instants.next();
        self.read.audience.rows.push(Row {
            person,
            line: row.line,
            at,
            input: Input::Notify(Box::new(body)),
        });
    }

    fn rejected(&mut self, list: &str, rejected: Rejected) {
        let why = format!("{list}: {}", told(&rejected.reasons));
        let tenant = rejected.tenant_id.unwrap_or_default();
        self.read.rejected.push((rejected.line, tenant, why));
    }

    fn facts(&mut self, name: &str, bytes: &[u8]) {
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
fn told(reasons: &[FieldProblem]) -> String {
    let each: Vec<String> = reasons.iter().map(ToString::to_string).collect();
    each.join("; ")
}
