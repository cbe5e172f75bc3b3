//! Owns the check of a request against its flow and the engine's environment, however the request
//! came in, and the values that guards and stop rules will read. Refuses data that the flow does
//! not declare, and to convert: a number in quotes is a mistake, not a number.

use sluis_model::flow::{FieldKind, InputField, Value};
use sluis_model::{Environment, Flow, NotificationRequest};

use super::hash::body_hash;
use super::node::Node;
use super::notification::limits;
use super::problem::{FieldProblem, ProblemCode};
use super::reader::{Problems, Reader, not_cents, wrong_type};
use super::rules::{breaks, is_blank, is_date, is_line, is_text};

/// A request without a mistake.
#[derive(Clone, Debug, PartialEq)]
pub struct Sound {
    /// The values that guards and stop rules will read, in the order of `flow.fields`.
    pub fields: Box<[Value]>,
    /// What recognises the same request: see [`sluis_model::Idempotency::body`].
    pub body: u64,
}

/// Checks `request` against `flow`: single fields, declared input, subject, times. `engine` is the
/// engine's own environment; a request from another one is taken, and quarantined by the flow's
/// guard, so that it is on the record.
///
/// # Errors
/// Every mistake, each with its path.
pub fn validate(
    request: &NotificationRequest,
    flow: &Flow,
    engine: Environment,
) -> Result<Sound, Vec<FieldProblem>> {
    let mut problems: Problems = limits(request).collect();
    check_subject(request, flow, &mut problems);
    check_times(request, &mut problems);
    let data = match Node::parse_text(&request.data, "data") {
        Ok(data) => data,
        Err(problem) => {
            problems.push(problem);
            return Err(problems);
        }
    };
    let fields = values(&data, flow, engine, &mut problems);
    if problems.is_empty() {
        Ok(Sound {
            fields,
            body: body_hash(request, &data),
        })
    } else {
        Err(problems)
    }
}

/// What is wrong with fields of a flow that are not all of them: with those that are there.
#[must_use]
pub fn fits(data: &str, flow: &Flow, engine: Environment) -> Vec<FieldProblem> {
    let mut problems = Problems::new();
    let data = match Node::parse_text(data, "data") {
        Ok(data) => data,
        Err(problem) => return vec![problem],
    };
    let known: Vec<&str> = flow.input.iter().map(|field| &*field.name).collect();
    let Some(reader) = Reader::open(&data, "data", &known, &mut problems) else {
        return problems;
    };
    let given = flow
        .input
        .iter()
        .filter(|field| reader.get(&field.name).is_some());
    for field in given {
        read(&reader, field, engine, &mut problems);
    }
    problems
}

fn check_subject(request: &NotificationRequest, flow: &Flow, problems: &mut Problems) {
    let Some(wanted) = flow.subject.as_deref() else {
        return;
    };
    match &request.subject {
        None => {
            let expected = format!(
                "a subject of kind {wanted:?}: flow {:?} runs once for each",
                flow.name
            );
            problems.push(FieldProblem::new("subject", ProblemCode::Missing, expected));
        }
        Some(subject) if *subject.kind != *wanted => {
            let expected = format!("{wanted:?}, the kind of subject of flow {:?}", flow.name);
            problems.push(
                FieldProblem::new("subject.kind", ProblemCode::UnknownWord, expected)
                    .value(&subject.kind),
            );
        }
        Some(_) => {}
    }
}

fn check_times(request: &NotificationRequest, problems: &mut Problems) {
    if let (Some(after), Some(expires)) = (request.send_after, request.expires_at)
        && expires <= after
    {
        problems.push(FieldProblem::new(
            "expires_at",
            ProblemCode::Contradiction,
            "an instant after send_after",
        ));
    }
}

/// Reads every declared field, and picks those that the flow's rules name.
fn values(
    data: &Node<'_>,
    flow: &Flow,
    engine: Environment,
    problems: &mut Problems,
) -> Box<[Value]> {
    let known: Vec<&str> = flow.input.iter().map(|field| &*field.name).collect();
    let Some(reader) = Reader::open(data, "data", &known, problems) else {
        return Box::default();
    };
    let mut picked: Box<[Value]> = flow.fields.iter().map(|_| Value::Missing).collect();
    for field in &flow.input {
        if let Some(node) = read(&reader, field, engine, problems)
            && let Some(place) = flow.fields.iter().position(|name| *name == field.name)
        {
            picked[place] = value(node);
        }
    }
    picked
}

/// What stands at a declared field, if it is what was declared.
pub(super) fn read<'a>(
    reader: &Reader<'a>,
    field: &InputField,
    engine: Environment,
    problems: &mut Problems,
) -> Option<&'a Node<'a>> {
    let path = || reader.path(&field.name);
    let Some(node) = reader.get(&field.name) else {
        if !field.optional {
            let expected = expected(field, engine);
            problems.push(FieldProblem::new(path(), ProblemCode::Missing, expected));
        }
        return None;
    };
    if field.optional && matches!(node, Node::Text(text) if is_blank(text)) {
        // As if it were left out: templates are told so too.
        return None;
    }
    match fault(&path, field, node, engine) {
        None => Some(node),
        Some(problem) => {
            problems.push(problem);
            None
        }
    }
}

/// What is wrong with a value that is there.
fn fault(
    path: &dyn Fn() -> String,
    field: &InputField,
    node: &Node<'_>,
    engine: Environment,
) -> Option<FieldProblem> {
    match (field.kind, node) {
        (FieldKind::Boolean, Node::Boolean(_))
        | (FieldKind::Money | FieldKind::Integer, Node::Integer(_)) => None,
        (FieldKind::Money | FieldKind::Integer, other) => Some(not_cents(&path(), other)),
        (
            FieldKind::Line | FieldKind::Text | FieldKind::Date | FieldKind::Url,
            Node::Text(text),
        ) => {
            let code = text_problem(field, text, engine)?;
            let problem = FieldProblem::new(path(), code, expected(field, engine));
            Some(with_hint(problem.value(&visible(text)), text))
        }
        (_, other) => Some(wrong_type(&path(), &expected(field, engine), other)),
    }
}

/// Control characters as escapes: a line break in an answer's value reads like none.
fn visible(text: &str) -> String {
    let shown = text.chars().take(FieldProblem::MAX_VALUE + 1);
    shown
        .map(|c| {
            if breaks(c) {
                c.escape_default().to_string()
            } else {
                c.to_string()
            }
        })
        .collect()
}

fn with_hint(problem: FieldProblem, text: &str) -> FieldProblem {
    match problem.code {
        ProblemCode::TooLong => problem.hint(format!("it has {} bytes", text.len())),
        ProblemCode::BadCharacters => match text.chars().position(breaks) {
            Some(at) => problem.hint(format!(
                "character {} is a line break or another control character",
                at + 1
            )),
            None => problem,
        },
        _ => problem,
    }
}

/// It, as rules compare it.
pub(super) fn value(node: &Node<'_>) -> Value {
    match node {
        Node::Boolean(truth) => Value::Boolean(*truth),
        Node::Integer(number) => Value::Integer(*number),
        Node::Text(text) => Value::Text((**text).into()),
        // No field can be declared as one of these.
        Node::Null | Node::Number(_) | Node::List(_) | Node::Object(_) => Value::Missing,
    }
}

fn text_problem(field: &InputField, text: &str, engine: Environment) -> Option<ProblemCode> {
    match field.kind {
        _ if text.len() > field.most => Some(ProblemCode::TooLong),
        FieldKind::Line if !is_line(text) => Some(ProblemCode::BadCharacters),
        FieldKind::Text if !is_text(text) => Some(ProblemCode::BadCharacters),
        FieldKind::Date if !is_date(text) => Some(ProblemCode::BadTime),
        FieldKind::Line | FieldKind::Text if !field.optional && is_blank(text) => {
            Some(ProblemCode::Empty)
        }
        FieldKind::Url if !is_url(text, engine != Environment::Production) => {
            Some(ProblemCode::BadUrl)
        }
        _ => None,
    }
}

fn expected(field: &InputField, engine: Environment) -> String {
    let most = field.most;
    // A blank where it may be left out is as good as nothing.
    let seen = if field.optional {
        ""
    } else {
        " that is not blank"
    };
    match (field.kind, engine) {
        (FieldKind::Line, _) => format!("a text{seen} of one line, of at most {most} bytes"),
        (FieldKind::Text, _) => format!(
            "a text{seen} of at most {most} bytes, without control characters but line breaks and tabs"
        ),
        (FieldKind::Money, _) => "a whole number of euro cents".to_owned(),
        (FieldKind::Integer, _) => "a whole number".to_owned(),
        (FieldKind::Boolean, _) => "true or false".to_owned(),
        (FieldKind::Date, _) => "a date that exists, YYYY-MM-DD".to_owned(),
        (FieldKind::Url, Environment::Production) => {
            format!(
                "an absolute https URL with a host name, without user name, of at most {most} bytes"
            )
        }
        (FieldKind::Url, _) => {
            format!(
                "an absolute https or http URL with a host name, without user name, of at most {most} bytes"
            )
        }
    }
}

/// Whether a tenant may be sent to `text`. A user name before the host would disguise where the
/// link leads.
fn is_url(text: &str, plain_allowed: bool) -> bool {
    let Ok(uri) = text.parse::<http::Uri>() else {
        return false;
    };
    let scheme = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => plain_allowed,
        _ => false,
    };
    let Some(authority) = uri.authority() else {
        return false;
    };
    let host = authority.host();
    let name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    let bracketed = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let sound = match bracketed {
        Some(inner) => inner.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty()
                && host.bytes().all(name)
                && host.bytes().any(|b| b.is_ascii_alphanumeric())
        }
    };
    scheme && sound && has_port(authority) && !authority.as_str().contains('@')
}

/// A port is left out, or one that there is.
fn has_port(authority: &http::uri::Authority) -> bool {
    let Some(rest) = authority.as_str().strip_prefix(authority.host()) else {
        return false;
    };
    let digits = |port: &&str| port.bytes().all(|b| b.is_ascii_digit());
    match rest.strip_prefix(':') {
        None => rest.is_empty(),
        // The library takes any number and then says that there is no port.
        Some(port) => Some(port)
            .filter(digits)
            .and_then(|port| port.parse::<u16>().ok())
            .is_some_and(|port| port > 0),
    }
}
