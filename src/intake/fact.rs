//! Owns the reading of a fact from JSON: of which declared type it is, what its fields say, and whom it
//! is about. Refuses an unknown type, a field that its type does not have, a fact about nobody, and
//! to judge what it means.

use sluis_model::flow::Value;
use sluis_model::{
    About, DeclaredFact, Environment, Fact, FactField, FactType, Input, MINUTE, Timestamp, instant,
};

use super::hash::Form;
use super::node::Node;
use super::problem::{FieldProblem, ProblemCode, nearest};
use super::reader::{Problems, Reader, as_text};
use super::rules::{FACT_ID, TENANT_ID};
use super::validate;
use crate::explain::{discreet, rfc3339};
use crate::fact_types::Types;

/// Most tenants one fact may be about.
pub const MAX_TENANTS: usize = 1_000;
/// Longest body, in bytes.
pub const MAX_BODY: usize = 128 * 1024;

const ENVIRONMENTS: &str = "production, acceptance, test or development";

/// A fact and whom it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactRequest {
    /// The source's id.
    pub fact_id: Box<str>,
    /// When it happened at the source.
    pub occurred_at: Timestamp,
    /// The world it comes from.
    pub environment: Environment,
    /// The fact: money as the engine reckons with it, or one of a declared type.
    pub input: Input,
    /// The tenants, each once, in the order they were given.
    pub tenant_ids: Vec<String>,
}

/// Reads one fact: `{fact_id, type, tenant_id | tenant_ids, subject?, occurred_at, environment}` and the
/// fields of its type. A tenant given twice counts once.
///
/// # Errors
/// Every mistake, each with its path.
pub fn parse(bytes: &[u8], types: &Types) -> Result<FactRequest, Vec<FieldProblem>> {
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
    let known = named_type(&node, types);
    let keys = keys_of(&node, known);
    let request = Reader::open(&node, "", &keys, &mut problems)
        .and_then(|reader| read(&reader, (known, types), &mut problems));
    match request {
        Some(request) if problems.is_empty() => Ok(request),
        _ => Err(problems),
    }
}

/// The declared type that the fact names, if there is one.
fn named_type<'a>(node: &Node<'_>, types: &'a Types) -> Option<&'a FactType> {
    let Node::Object(fields) = node else {
        return None;
    };
    let (_, named) = fields.iter().find(|(key, _)| key == "type")?;
    match named {
        Node::Text(name) => types.get(&**name),
        _ => None,
    }
}

/// The keys that a fact may have. Of an unknown type nobody knows which: then all do. An amount that is
/// `null` is as if it were left out, as it was before types were declared.
fn keys_of<'a>(node: &'a Node<'_>, known: Option<&'a FactType>) -> Vec<&'a str> {
    let common = FactType::COMMON.into_iter().chain(no_amount(node));
    match (known, node) {
        (Some(known), _) => common.chain(known.field_names()).collect(),
        (None, Node::Object(fields)) => {
            common.chain(fields.iter().map(|(key, _)| &**key)).collect()
        }
        (None, _) => common.collect(),
    }
}

/// The key of an amount that says nothing.
fn no_amount(node: &Node<'_>) -> Option<&'static str> {
    let Node::Object(fields) = node else {
        return None;
    };
    let mut fields = fields.iter();
    fields
        .any(|(key, value)| key == "amount_cents" && *value == Node::Null)
        .then_some("amount_cents")
}

fn read(
    reader: &Reader<'_>,
    (known, types): (Option<&FactType>, &Types),
    problems: &mut Problems,
) -> Option<FactRequest> {
    let fact_id = reader.text("fact_id", FACT_ID, problems);
    if known.is_none() {
        unknown_type(reader, types, problems);
    }
    let tenant_ids = tenants(reader, problems);
    let subject = reader.subject_if_any("subject", problems);
    let occurred_at = reader.instant("occurred_at", problems);
    let environment = reader.word::<Environment>("environment", ENVIRONMENTS, problems);
    let known = known?;
    let says = says(reader, known, problems);
    check_subject(reader, known, problems);
    let (occurred_at, fact_id) = (occurred_at?, Box::from(fact_id?));
    let mut fact = DeclaredFact {
        fact_id,
        body: 0,
        kind: known.name.clone(),
        subject,
        counts: known.counts,
        holds_until: known.holds_until(occurred_at, &says),
        says,
        occurred_at,
        environment: environment?,
    };
    fact.body = content_hash(&fact);
    Some(FactRequest {
        fact_id: fact.fact_id.clone(),
        occurred_at,
        environment: fact.environment,
        input: input(known, fact),
        tenant_ids: tenant_ids?,
    })
}

/// What the shard takes: money as the engine reckons with it has a form of its own.
fn input(known: &FactType, fact: DeclaredFact) -> Input {
    let Some(kind) = known.own_kind() else {
        return Input::Declared(Box::new(fact));
    };
    Input::Fact(Fact {
        amount_cents: amount(&fact),
        fact_id: fact.fact_id,
        body: fact.body,
        kind,
        subject: fact.subject,
        occurred_at: fact.occurred_at,
        environment: fact.environment,
    })
}

fn amount(fact: &DeclaredFact) -> Option<i64> {
    let mut says = fact.says.iter();
    says.find_map(|(name, value)| match value {
        Value::Integer(cents) if &**name == "amount_cents" => Some(*cents),
        Value::Integer(_) | Value::Missing | Value::Text(_) | Value::Boolean(_) => None,
    })
}

fn unknown_type(reader: &Reader<'_>, types: &Types, problems: &mut Problems) {
    let names: Vec<&str> = types.keys().map(|name| &**name).collect();
    let expected = format!("one of {}", names.join(", "));
    let problem = |code| FieldProblem::new(reader.path("type"), code, &*expected);
    let found = match reader.get("type") {
        None => problem(ProblemCode::Missing),
        Some(Node::Text(name)) => {
            let problem = problem(ProblemCode::UnknownWord).value(&discreet(name));
            match nearest(name, &names) {
                Some(near) => problem.hint(format!("did you mean {near:?}?")),
                None => {
                    problem.hint("a type is declared in a file facts/<type>.toml beside the flows")
                }
            }
        }
        Some(other) => problem(ProblemCode::WrongType).value(&other.shown()),
    };
    problems.push(found);
}

fn check_subject(reader: &Reader<'_>, known: &FactType, problems: &mut Problems) {
    let name = &known.name;
    match (known.about, reader.get("subject")) {
        (About::Subject, None) => {
            let expected =
                format!("an object {{kind, id}}: a fact of type {name} is about a subject");
            problems.push(FieldProblem::new(
                reader.path("subject"),
                ProblemCode::Missing,
                expected,
            ));
        }
        // A balance was always taken with one.
        (About::Tenant, Some(_)) if known.own_kind().is_none() => {
            let expected = format!("no subject: a fact of type {name} is about the tenant");
            problems.push(FieldProblem::new(
                reader.path("subject"),
                ProblemCode::Contradiction,
                expected,
            ));
        }
        (About::Subject, Some(_)) | (About::Tenant, _) => {}
    }
}

/// What the fields of the type say; those that were left out are not among it.
fn says(
    reader: &Reader<'_>,
    known: &FactType,
    problems: &mut Problems,
) -> Box<[(Box<str>, Value)]> {
    let fields = known.fields.iter();
    let said = fields.filter_map(|field| {
        let value = said(reader, field, problems)?;
        Some((field.field.name.clone(), value))
    });
    said.collect()
}

/// What stands at a declared field, if it is what was declared.
pub(super) fn said(
    reader: &Reader<'_>,
    field: &FactField,
    problems: &mut Problems,
) -> Option<Value> {
    // No field of a fact is an address, for which alone the environment matters.
    let node = validate::read(reader, &field.field, Environment::Production, problems)?;
    if let Node::Text(word) = node
        && !field.one_of.is_empty()
        && !field.one_of.iter().any(|known| **known == **word)
    {
        problems.push(no_such_word(reader.path(&field.field.name), word, field));
        return None;
    }
    let value = validate::value(node);
    if let (Value::Integer(number), Some((least, most))) = (&value, field.within)
        && !(least..=most).contains(number)
    {
        problems.push(out_of_range(
            reader.path(&field.field.name),
            *number,
            (least, most),
        ));
        return None;
    }
    Some(value)
}

fn out_of_range(path: String, number: i64, (least, most): (i64, i64)) -> FieldProblem {
    let expected = match (least, most) {
        (i64::MIN, most) => format!("at most {most}"),
        (least, i64::MAX) => format!("at least {least}"),
        (least, most) => format!("{least} to {most}"),
    };
    FieldProblem::new(path, ProblemCode::OutOfRange, expected).value(&number.to_string())
}

fn no_such_word(path: String, word: &str, field: &FactField) -> FieldProblem {
    let words: Vec<&str> = field.one_of.iter().map(|known| &**known).collect();
    let expected = format!("one of {}", words.join(", "));
    let problem = FieldProblem::new(path, ProblemCode::UnknownWord, expected);
    let problem = problem.value(&discreet(word));
    match nearest(word, &words) {
        Some(near) => problem.hint(format!("did you mean {near:?}?")),
        None => problem,
    }
}

/// Whether a fact happened, by our clock: its instant may lie at most `tolerance_ms` ahead of
/// `now`.
///
/// # Errors
/// The mistake, for the sender.
pub fn on_time(
    occurred_at: Timestamp,
    now: Timestamp,
    tolerance_ms: i64,
) -> Result<(), FieldProblem> {
    instant::admit(occurred_at, now, tolerance_ms).map_err(|ahead| {
        let expected = format!("at the latest {}: the engine's clock is at {}", rfc3339(ahead.latest), rfc3339(ahead.now));
        let problem = FieldProblem::new("occurred_at", ProblemCode::Ahead, expected).value(&rfc3339(occurred_at));
        let minutes = ahead.by_ms / MINUTE;
        problem.hint(format!(
            "it lies {minutes} minutes ahead: Dutch local time is written with its offset, +01:00 or +02:00, not with Z"
        ))
    })
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

/// A hash of what the fact says: the same id with other content is a conflict. Whom it is about is
/// not part of it, so that a fact may be sent again to one tenant more.
fn content_hash(fact: &DeclaredFact) -> u64 {
    let amount = amount(fact);
    let mut form = Form::new(b"sluis fact 2");
    form.text(&fact.kind);
    form.text(fact.subject.as_ref().map_or("", |s| &s.kind));
    form.text(fact.subject.as_ref().map_or("", |s| &s.id));
    form.integer(amount);
    form.instant(Some(fact.occurred_at));
    form.text(fact.environment.name());
    // What was hashed before types were declared keeps its hash.
    let more = fact
        .says
        .iter()
        .filter(|(name, _)| &**name != "amount_cents");
    for (name, value) in more {
        form.text(name);
        match value {
            Value::Text(text) => form.text(text),
            Value::Integer(number) => form.integer(Some(*number)),
            Value::Boolean(truth) => form.integer(Some(i64::from(*truth))),
            Value::Missing => form.integer(None),
        }
    }
    form.fast_hash()
}
