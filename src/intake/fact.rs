//! Owns the reading of a fact from JSON: which kinds need an amount and a subject, and whom it is
//! about. Refuses an unknown kind, a fact about nobody, and to judge what it means.

use sluis_model::{Environment, Fact, FactKind, MINUTE, Timestamp, instant};

use super::hash::Form;
use super::node::Node;
use super::problem::{FieldProblem, ProblemCode};
use super::reader::{Problems, Reader, as_text};
use super::rules::{FACT_ID, TENANT_ID};
use crate::explain::rfc3339;

/// Most tenants one fact may be about.
pub const MAX_TENANTS: usize = 1_000;
/// Longest body, in bytes.
pub const MAX_BODY: usize = 128 * 1024;

const KEYS: [&str; 8] = [
    "fact_id",
    "type",
    "tenant_id",
    "tenant_ids",
    "subject",
    "amount_cents",
    "occurred_at",
    "environment",
];
const KINDS: &str = "payment, open_amount, balance, exception or appointment";
const ENVIRONMENTS: &str = "production, acceptance, test or development";

/// A fact and whom it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactRequest {
    /// The fact.
    pub fact: Fact,
    /// The tenants, each once, in the order they were given.
    pub tenant_ids: Vec<String>,
}

/// Reads one fact: `{fact_id, type, tenant_id | tenant_ids, subject?, amount_cents?, occurred_at,
/// environment}`. A tenant given twice counts once.
///
/// # Errors
/// Every mistake, each with its path.
pub fn parse(bytes: &[u8]) -> Result<FactRequest, Vec<FieldProblem>> {
    if bytes.len() > MAX_BODY {
        let problem = FieldProblem::new(
            "body",
            ProblemCode::TooLong,
            format!("at most {MAX_BODY} bytes"),
        );
        return Err(vec![problem.value(&format!("{} bytes", bytes.len()))]);
    }
    let node = Node::parse(bytes, "body").map_err(|problem| vec![problem])?;
    let mut problems = Problems::new();
    let request = Reader::open(&node, "", &KEYS, &mut problems)
        .and_then(|reader| read(&reader, &mut problems));
    match request {
        Some(request) if problems.is_empty() => Ok(request),
        _ => Err(problems),
    }
}

fn read(reader: &Reader<'_>, problems: &mut Problems) -> Option<FactRequest> {
    let fact_id = reader.text("fact_id", FACT_ID, problems);
    let kind = reader.word::<FactKind>("type", KINDS, problems);
    let tenant_ids = tenants(reader, problems);
    let subject = reader.subject_if_any("subject", problems);
    let amount_cents = reader.integer_if_any("amount_cents", problems);
    let occurred_at = reader.instant("occurred_at", problems);
    let environment = reader.word::<Environment>("environment", ENVIRONMENTS, problems);
    if let Some(kind) = kind {
        needs(
            reader,
            "amount_cents",
            kind.needs_amount(),
            kind,
            "a whole number of euro cents",
            problems,
        );
        needs(
            reader,
            "subject",
            kind.needs_subject(),
            kind,
            "an object {kind, id}",
            problems,
        );
    }
    let mut fact = Fact {
        fact_id: fact_id?.into(),
        body: 0,
        kind: kind?,
        subject,
        amount_cents,
        occurred_at: occurred_at?,
        environment: environment?,
    };
    fact.body = content_hash(&fact);
    Some(FactRequest {
        fact,
        tenant_ids: tenant_ids?,
    })
}

/// Whether the fact happened, by our clock: its instant may lie at most `tolerance_ms` ahead of
/// `now`.
///
/// # Errors
/// The mistake, for the sender.
pub fn on_time(fact: &Fact, now: Timestamp, tolerance_ms: i64) -> Result<(), FieldProblem> {
    instant::admit(fact.occurred_at, now, tolerance_ms).map_err(|ahead| {
        let expected = format!("at the latest {}: the engine's clock is at {}", rfc3339(ahead.latest), rfc3339(ahead.now));
        let problem = FieldProblem::new("occurred_at", ProblemCode::Ahead, expected).value(&rfc3339(fact.occurred_at));
        let minutes = ahead.by_ms / MINUTE;
        problem.hint(format!(
            "it lies {minutes} minutes ahead: Dutch local time is written with its offset, +01:00 or +02:00, not with Z"
        ))
    })
}

fn needs(
    reader: &Reader<'_>,
    key: &str,
    needed: bool,
    kind: FactKind,
    what: &str,
    problems: &mut Problems,
) {
    if needed && reader.get(key).is_none() {
        let expected = format!("{what}: a {} means nothing without", kind.name());
        problems.push(FieldProblem::new(
            reader.path(key),
            ProblemCode::Missing,
            expected,
        ));
    }
}

fn tenants(reader: &Reader<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    match (reader.get("tenant_id"), reader.get("tenant_ids")) {
        (None, None) => {
            let expected = format!("tenant_id, or tenant_ids with 1 to {MAX_TENANTS} entries");
            problems.push(FieldProblem::new(
                "tenant_id",
                ProblemCode::Missing,
                expected,
            ));
            None
        }
        (Some(_), Some(_)) => {
            problems.push(FieldProblem::new(
                "tenant_ids",
                ProblemCode::Contradiction,
                "tenant_id or tenant_ids, not both",
            ));
            None
        }
        (Some(_), None) => reader
            .text("tenant_id", TENANT_ID, problems)
            .map(|id| vec![id.to_owned()]),
        (None, Some(_)) => several(
            reader.list_if_any("tenant_ids", MAX_TENANTS, problems)?,
            problems,
        ),
    }
}

fn several(entries: &[Node<'_>], problems: &mut Problems) -> Option<Vec<String>> {
    if entries.is_empty() {
        problems.push(FieldProblem::new(
            "tenant_ids",
            ProblemCode::Empty,
            format!("1 to {MAX_TENANTS} tenants"),
        ));
        return None;
    }
    let mut seen = std::collections::HashSet::new();
    let read = entries.iter().enumerate();
    let ids: Vec<&str> = read
        .filter_map(|(n, e)| as_text(e, &format!("tenant_ids[{n}]"), TENANT_ID, problems))
        .collect();
    Some(
        ids.into_iter()
            .filter(|id| seen.insert(*id))
            .map(str::to_owned)
            .collect(),
    )
}

/// First 64 bits of BLAKE3 of what the fact says: the same id with other content is a conflict.
/// Whom it is about is not part of it, so that a fact may be sent again to one tenant more.
fn content_hash(fact: &Fact) -> u64 {
    let mut form = Form::new(b"sluis fact 2");
    form.text(fact.kind.name());
    form.text(fact.subject.as_ref().map_or("", |s| &s.kind));
    form.text(fact.subject.as_ref().map_or("", |s| &s.id));
    form.integer(fact.amount_cents);
    form.instant(Some(fact.occurred_at));
    form.text(fact.environment.name());
    form.fast_hash()
}
