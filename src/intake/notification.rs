//! Owns the reading of one notification from JSON. The usual request takes one strict pass without
//! copies of its structure; only one that fails is read again, slowly, to report every mistake with
//! its path. Both passes share the limits of `rules`. Refuses to judge `data`: that needs the flow,
//! and is `validate`'s work.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use sluis_model::{Environment, Lane, NotificationRequest, Subject, Timestamp};

use super::node::{Borrowed, Node, utf8};
use super::problem::{FieldProblem, ProblemCode};
use super::reader::{Problems, Reader, wrong_type};
use super::rules::{HOUSEHOLD_ID, KEY, Moment, SUBJECT_ID, TENANT_ID, WORD, in_range, moment};

/// Longest body, in bytes.
pub const MAX_BODY: usize = 128 * 1024;
/// Longest `data`, in bytes, once compact.
pub const MAX_DATA: usize = 64 * 1024;

const KEYS: [&str; 11] = [
    "tenant_id",
    "household_id",
    "flow",
    "category",
    "subject",
    "data",
    "priority",
    "send_after",
    "expires_at",
    "environment",
    "idempotency_key",
];
const LANES: &str = "urgent, normal or bulk";
const ENVIRONMENTS: &str = "production, acceptance, test or development";

/// Reads one notification.
///
/// `subject`, `data`, `priority` (normal), `send_after` and `expires_at` may be left out or `null`.
/// An `expires_at` in the year 9999 is none; so is a `send_after` that nobody set (0001-01-01,
/// 1970-01-01T00:00:00Z). The environment may not: data that does not say where it comes from must
/// not reach a tenant.
///
/// # Errors
/// Every mistake, each with its path.
pub fn parse(bytes: &[u8]) -> Result<NotificationRequest, Vec<FieldProblem>> {
    if bytes.len() > MAX_BODY {
        let problem = FieldProblem::new(
            "body",
            ProblemCode::TooLong,
            format!("at most {MAX_BODY} bytes"),
        );
        return Err(vec![problem.value(&format!("{} bytes", bytes.len()))]);
    }
    let text = utf8(bytes, "body").map_err(|problem| vec![problem])?;
    match strictly(text) {
        Ok(request) => Ok(request),
        Err(complaint) => Err(every_mistake(text, &complaint)),
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Row<'a> {
    #[serde(borrow)]
    tenant_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    household_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    flow: Cow<'a, str>,
    #[serde(borrow)]
    category: Cow<'a, str>,
    subject: Option<OnlyObject<Subject>>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    priority: Option<Lane>,
    #[serde(borrow)]
    send_after: Option<Borrowed<'a>>,
    #[serde(borrow)]
    expires_at: Option<Borrowed<'a>>,
    environment: Environment,
    #[serde(borrow)]
    idempotency_key: Cow<'a, str>,
}

/// The fast pass. The complaint is only told when the slow one finds nothing, which would be a
/// mistake of ours.
fn strictly(text: &str) -> Result<NotificationRequest, String> {
    let OnlyObject::<Row<'_>>(row) =
        serde_json::from_str(text).map_err(|error| error.to_string())?;
    let to_household = row.household_id.is_some();
    let ((Some(to), None) | (None, Some(to))) = (row.tenant_id, row.household_id) else {
        return Err("to nobody, or to two".into());
    };
    let request = NotificationRequest {
        tenant_id: to.into_owned(),
        flow: row.flow.into_owned(),
        category: row.category.into_owned(),
        subject: row.subject.map(|OnlyObject(subject)| subject),
        data: row
            .data
            .map_or_else(|| "{}".to_owned(), |data| compact(data.get())),
        priority: row.priority.unwrap_or_default(),
        send_after: read_moment(row.send_after, Moment::Unset)?,
        expires_at: read_moment(row.expires_at, Moment::Never)?,
        environment: row.environment,
        idempotency_key: row.idempotency_key.into_owned(),
        to_household,
    };
    if !request.data.starts_with('{') || limits(&request).next().is_some() {
        return Err("over a limit".into());
    }
    Ok(request)
}

/// What is written as an object: for a derived reader a list would do as well.
struct OnlyObject<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OnlyObject<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OnlyObject(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for OnlyObject<PhantomData<T>> {
    type Value = OnlyObject<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<OnlyObject<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(OnlyObject)
    }
}

/// The instant; none when `none` is written, which is as if it were left out.
fn read_moment(text: Option<Borrowed<'_>>, none: Moment) -> Result<Option<Timestamp>, String> {
    let Some(Borrowed(text)) = text else {
        return Ok(None);
    };
    match moment(&text) {
        Some(Moment::At(at)) => Ok(Some(at)),
        Some(other) if other == none => Ok(None),
        _ => Err("not an instant".to_owned()),
    }
}

/// The limits of single fields, for requests that did not come as JSON too.
pub(super) fn limits(request: &NotificationRequest) -> impl Iterator<Item = FieldProblem> {
    let (kind, id) = request
        .subject
        .as_ref()
        .map_or((None, None), |s| (Some(&*s.kind), Some(&*s.id)));
    let (rule, path) = match request.to_household {
        false => (TENANT_ID, "tenant_id"),
        true => (HOUSEHOLD_ID, "household_id"),
    };
    let texts = [
        (rule, path, Some(request.tenant_id.as_str())),
        (WORD, "flow", Some(&request.flow)),
        (WORD, "category", Some(&request.category)),
        (WORD, "subject.kind", kind),
        (SUBJECT_ID, "subject.id", id),
        (KEY, "idempotency_key", Some(&request.idempotency_key)),
    ];
    let instants = [
        ("send_after", request.send_after),
        ("expires_at", request.expires_at),
    ];
    let unset = |path, at| path == "expires_at" && at == Timestamp(0);
    let outside = instants
        .into_iter()
        .filter(move |(path, at)| at.is_some_and(|at| !in_range(at) || unset(*path, at)));
    let data = request.data.len();
    texts
        .into_iter()
        .filter_map(|(rule, path, text)| rule.check(path, text?))
        .chain(outside.map(|(path, _)| {
            FieldProblem::new(
                path,
                ProblemCode::BadTime,
                "an instant between 1970 and 9998, or none",
            )
        }))
        .chain((data > MAX_DATA).then(|| data_too_long(data)))
}

fn data_too_long(length: usize) -> FieldProblem {
    FieldProblem::new(
        "data",
        ProblemCode::TooLong,
        format!("at most {MAX_DATA} bytes"),
    )
    .value(&format!("{length} bytes"))
}

/// The JSON text without the white space between its tokens. `text` is JSON.
fn compact(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let (mut from, mut at) = (0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = end_of_quoted(bytes, at),
            b' ' | b'\t' | b'\r' | b'\n' => {
                out.push_str(&text[from..at]);
                at += 1;
                from = at;
            }
            _ => at += 1,
        }
    }
    out.push_str(&text[from..]);
    out
}

/// Behind the quoted text that begins at `at`.
fn end_of_quoted(bytes: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while let Some(ahead) = bytes
        .get(at..)
        .and_then(|rest| memchr::memchr2(b'"', b'\\', rest))
    {
        at += ahead;
        if bytes[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    bytes.len()
}

/// The slow pass: only mistakes come out of it.
fn every_mistake(text: &str, complaint: &str) -> Vec<FieldProblem> {
    let node = match Node::parse_text(text, "body") {
        Ok(node) => node,
        Err(problem) => return vec![problem],
    };
    let mut problems = Problems::new();
    if let Some(reader) = Reader::open(&node, "", &KEYS, &mut problems) {
        read(&reader, &mut problems);
    }
    if problems.is_empty() {
        data_length(text, &mut problems);
    }
    if problems.is_empty() {
        problems.push(
            FieldProblem::new("body", ProblemCode::NotJson, "a notification").value(complaint),
        );
    }
    problems
}

fn read(reader: &Reader<'_>, problems: &mut Problems) {
    whom(reader, problems);
    reader.text("flow", WORD, problems);
    reader.text("category", WORD, problems);
    reader.subject_if_any("subject", problems);
    if let Some(node) = reader.get("data")
        && !matches!(node, Node::Object(_))
    {
        problems.push(wrong_type("data", "a JSON object", node));
    }
    reader.word_if_any::<Lane>("priority", LANES, problems);
    reader.since_if_any("send_after", problems);
    reader.until_if_any("expires_at", problems);
    reader.word::<Environment>("environment", ENVIRONMENTS, problems);
    reader.text("idempotency_key", KEY, problems);
}

/// A tenant or a household, and not both.
fn whom(reader: &Reader<'_>, problems: &mut Problems) {
    if reader.get("household_id").is_none() {
        reader.text("tenant_id", TENANT_ID, problems);
        return;
    }
    reader.text("household_id", HOUSEHOLD_ID, problems);
    if reader.get("tenant_id").is_some() {
        let expected = "tenant_id or household_id, not both";
        let problem = FieldProblem::new("household_id", ProblemCode::Contradiction, expected);
        problems.push(problem.hint("a household's members are told without naming them"));
    }
}

#[derive(serde::Deserialize)]
struct OnlyData<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

fn data_length(text: &str, problems: &mut Problems) {
    if let Ok(OnlyData { data: Some(data) }) = serde_json::from_str(text) {
        let length = compact(data.get()).len();
        if length > MAX_DATA {
            problems.push(data_too_long(length));
        }
    }
}
