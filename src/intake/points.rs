//! Owns the reading of contact points from JSON, each brought to its normal form. A contact point
//! says its kind. In the older form, `addresses`, an entry says a channel, and is of the channel's
//! kind. Refuses a value that is not plainly one of its kind: it is named by its place,
//! and shown masked.

use sluis_channels::address::{self, AddressProblem, Cleaned, Normal, Phone};
use sluis_model::{Channel, ContactKind, Given, Need, PointSource, PointState, Profile, Timestamp};

use super::confirmed::{EXPECTED, checked_on};
use super::node::Node;
use super::problem::{FieldProblem, ProblemCode};
use super::reader::{Problems, Reader};
use super::rules::{ADDRESS, PUSH_TOKEN, TextRule};
use crate::explain::mask;

/// Where they stand; the second is the older name.
pub(super) const KEYS: [&str; 2] = ["contact_points", "addresses"];

const ENTRY: [&str; 6] = [
    "kind",
    "channel",
    "value",
    "state",
    "confirmed_at",
    "source",
];
const OLDER_ENTRY: [&str; 4] = ["channel", "value", "state", "confirmed_at"];
const KINDS: &str = "email, phone, postal, portal, messenger or push";
const STATES: &str = "created, validated or invalid";
const SOURCES: &str = "system, list or person";
/// What is said of an entry for a channel that reaches nobody.
const NEEDS_NONE: &str = "left out where the channel needs no contact point";
const LINES: &str = "the lines of a postal address became one";

/// A field, and what was put right in it.
pub(super) type CleanedField = (&'static str, &'static str);

/// Contact points, and what was put right in them.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub points: Vec<Given>,
    pub cleaned: Vec<CleanedField>,
}

impl Read {
    fn clean(&mut self, path: &'static str, what: &'static str) {
        if !self.cleaned.contains(&(path, what)) {
            self.cleaned.push((path, what));
        }
    }

    /// Takes one more. A number that is given for two channels is one number.
    fn add(&mut self, given: Given, path: &str, problems: &mut Problems) {
        let Some(known) = self.points.iter_mut().find(|known| known.is_same(&given)) else {
            return self.points.push(given);
        };
        let dead = |given: &Given| given.state == PointState::Invalid;
        let for_another = given.given_for.is_some() && given.given_for != known.given_for;
        if for_another && dead(known) == dead(&given) {
            return known.merge(&given);
        }
        let problem = if for_another {
            let expected = "one state for a number, whatever channel it is given for";
            FieldProblem::new(path, ProblemCode::Contradiction, expected)
        } else {
            FieldProblem::new(path, ProblemCode::Twice, "each contact point once")
        };
        problems.push(problem.value(&mask(&given.value)));
    }
}

/// The contact points of a tenant. `source`: who says so, where an entry does not.
pub(super) fn points(reader: &Reader<'_>, source: PointSource, problems: &mut Problems) -> Read {
    let [name, older] = KEYS;
    let key = if reader.get(name).is_some() {
        name
    } else {
        older
    };
    if key == name && reader.get(older).is_some() {
        let expected = "contact_points alone: this is their older name";
        problems.push(FieldProblem::new(older, ProblemCode::Twice, expected));
    }
    let entries = reader.list_if_any(key, Profile::MAX_POINTS, problems);
    let mut read = Read::default();
    for (index, entry) in entries.unwrap_or_default().iter().enumerate() {
        let path = format!("{key}[{index}]");
        let is_older = key == older;
        let known: &[&str] = if is_older { &OLDER_ENTRY } else { &ENTRY };
        let Some(reader) = Reader::open(entry, &path, known, problems) else {
            continue;
        };
        match point(&reader, is_older, source, problems) {
            None => {}
            Some(Entry::NeedsNone) => read.clean(key, NEEDS_NONE),
            Some(Entry::Point(given, cleaned)) => {
                cleaned.into_iter().for_each(|what| read.clean(key, what));
                read.add(given, &path, problems);
            }
        }
    }
    if let Some(kind) = too_many(&read.points) {
        let most = Profile::MAX_POINTS_OF_A_KIND;
        let expected = format!("at most {most} of a kind");
        let problem = FieldProblem::new(key, ProblemCode::OutOfRange, expected);
        problems.push(problem.value(kind.name()));
    }
    read
}

/// The kind of which there are more than a tenant may have.
pub(super) fn too_many(points: &[Given]) -> Option<ContactKind> {
    let count = |kind: ContactKind| points.iter().filter(|given| given.kind == kind).count();
    let mut kinds = ContactKind::ALL.into_iter();
    kinds.find(|kind| count(*kind) > Profile::MAX_POINTS_OF_A_KIND)
}

/// What an entry amounts to.
enum Entry {
    /// It is for a channel that reaches nobody.
    NeedsNone,
    Point(Given, Vec<&'static str>),
}

fn point(
    reader: &Reader<'_>,
    is_older: bool,
    source: PointSource,
    problems: &mut Problems,
) -> Option<Entry> {
    let kind = kind(reader, is_older, problems);
    // Values are not repeated: the rule's own report would show the text.
    let value = reader
        .require("value", &ADDRESS.expected(), problems)
        .and_then(|node| text(node, reader, problems));
    let state = named(reader, "state", STATES, state, problems).unwrap_or_default();
    let source = self::source(reader, problems).unwrap_or(source);
    let confirmed = checked_at(reader, state, problems);
    let (kind, value) = (kind?, value?);
    let Named::Kind(kind, channel) = kind else {
        return Some(Entry::NeedsNone);
    };
    let normal = match normalize(kind, channel, value) {
        Ok(normal) => normal,
        Err(expected) => {
            problems.push(bad_address(reader.path("value"), value, &expected));
            return None;
        }
    };
    let given = Given {
        kind,
        value: normal.value.into(),
        state,
        source,
        confirmed,
        is_mobile: normal.is_mobile,
        given_for: channel.filter(|channel| !channel.has_kind_alone()),
    };
    Some(Entry::Point(given, normal.cleaned))
}

/// What an entry is said to be.
enum Named {
    Kind(ContactKind, Option<Channel>),
    /// A channel that reaches nobody.
    Nobody,
}

/// The kind, and in the older form the channel, which has one.
fn kind(reader: &Reader<'_>, older: bool, problems: &mut Problems) -> Option<Named> {
    let listed = Channel::listed();
    if older {
        if reader.get("channel").is_none() {
            let path = reader.path("channel");
            let problem = FieldProblem::new(path, ProblemCode::Missing, listed);
            problems.push(problem.hint("what has a kind stands in contact_points"));
            return None;
        }
        let channel = reader.word::<Channel>("channel", listed, problems)?;
        let named = |kind| Named::Kind(kind, Some(channel));
        return Some(channel.contact_kind().map_or(Named::Nobody, named));
    }
    let node = reader.require("kind", KINDS, problems)?;
    let kind = word(node, &reader.path("kind"), KINDS, kind_of, problems)?;
    let channel = reader.word_if_any::<Channel>("channel", listed, problems);
    match channel.filter(|channel| channel.contact_kind() != Some(kind)) {
        None => Some(Named::Kind(kind, channel)),
        Some(channel) => {
            let expected = format!("a channel that uses the kind {}", kind.name());
            let path = reader.path("channel");
            let problem = FieldProblem::new(path, ProblemCode::Contradiction, expected);
            problems.push(problem.value(channel.name()));
            None
        }
    }
}

fn named<T>(
    reader: &Reader<'_>,
    key: &str,
    expected: &str,
    read: fn(&str) -> Option<T>,
    problems: &mut Problems,
) -> Option<T> {
    let node = reader.get(key)?;
    word(node, &reader.path(key), expected, read, problems)
}

fn word<T>(
    node: &Node<'_>,
    path: &str,
    expected: &str,
    read: fn(&str) -> Option<T>,
    problems: &mut Problems,
) -> Option<T> {
    let found = match node {
        Node::Text(text) => read(text),
        _ => None,
    };
    if found.is_none() {
        let problem = FieldProblem::new(path, ProblemCode::UnknownWord, expected);
        problems.push(problem.value(&node.shown()));
    }
    found
}

fn text<'n>(node: &'n Node<'_>, reader: &Reader<'_>, problems: &mut Problems) -> Option<&'n str> {
    if let Node::Text(text) = node {
        return Some(text);
    }
    let path = reader.path("value");
    let problem = FieldProblem::new(path, ProblemCode::WrongType, ADDRESS.expected());
    problems.push(problem.hint(format!("this is {}", node.kind())));
    None
}

/// A kind by its name, or by VERA's CONTACTGEGEVENSOORT.
fn kind_of(text: &str) -> Option<ContactKind> {
    match text {
        "EMA" => Some(ContactKind::Email),
        "MOB" | "TEL" => Some(ContactKind::Phone),
        "POS" => Some(ContactKind::Postal),
        _ => ContactKind::ALL
            .into_iter()
            .find(|kind| kind.name() == text),
    }
}

/// A state by its name, or by VERA's CONTACTGEGEVENSTATUS.
fn state(text: &str) -> Option<PointState> {
    match text {
        "created" | "AAN" => Some(PointState::Created),
        "validated" | "GEV" => Some(PointState::Validated),
        "invalid" | "ONG" => Some(PointState::Invalid),
        _ => None,
    }
}

/// Who says so, where an entry says it.
pub(super) fn source(reader: &Reader<'_>, problems: &mut Problems) -> Option<PointSource> {
    named(reader, "source", SOURCES, supplies, problems)
}

fn supplies(text: &str) -> Option<PointSource> {
    let mut all = PointSource::SUPPLY.into_iter();
    all.find(|source| source.name() == text)
}

/// When the source checked the contact point.
fn checked_at(
    reader: &Reader<'_>,
    state: PointState,
    problems: &mut Problems,
) -> Option<Timestamp> {
    let node = reader.get("confirmed_at")?;
    let path = reader.path("confirmed_at");
    let at = if let Node::Text(text) = node {
        checked_on(text)
    } else {
        None
    };
    if at.is_none() {
        problems.push(FieldProblem::new(path, ProblemCode::BadTime, EXPECTED).value(&node.shown()));
    } else if state == PointState::Invalid {
        let problem = FieldProblem::new(
            path,
            ProblemCode::Contradiction,
            "no date of confirmation with the state invalid",
        );
        problems.push(problem.value(&node.shown()));
    }
    at
}

/// A value in normal form.
pub(super) struct NormalPoint {
    pub value: String,
    pub is_mobile: bool,
    /// What was put right in it.
    pub cleaned: Vec<&'static str>,
}

impl NormalPoint {
    fn of(normal: Normal, is_mobile: bool) -> Self {
        Self {
            value: normal.value,
            is_mobile,
            cleaned: normal.cleaned.into_iter().map(Cleaned::words).collect(),
        }
    }
}

/// The normal form of a value, or what was expected.
pub(super) fn normalize(
    kind: ContactKind,
    channel: Option<Channel>,
    text: &str,
) -> Result<NormalPoint, String> {
    let told = |problem: AddressProblem| problem.to_string();
    let for_messages = channel.is_some_and(|channel| channel.need() == Need::Mobile);
    match kind {
        ContactKind::Email => {
            let normal = address::email(text).map_err(told)?;
            Ok(NormalPoint::of(normal, false))
        }
        ContactKind::Phone if for_messages => {
            let normal = address::mobile(text).map_err(told)?;
            Ok(NormalPoint::of(normal, true))
        }
        ContactKind::Phone => {
            let Phone { normal, is_mobile } = address::phone(text).map_err(told)?;
            Ok(NormalPoint::of(normal, is_mobile))
        }
        ContactKind::Postal => {
            let one = in_one_line(text);
            let mut normal = plain(ADDRESS, &one)?;
            if one.contains(", ") && text.trim().contains(['\n', '\r']) {
                normal.cleaned.push(LINES);
            }
            Ok(normal)
        }
        ContactKind::Portal | ContactKind::Messenger => plain(ADDRESS, text),
        ContactKind::Push => plain(PUSH_TOKEN, text),
    }
}

fn in_one_line(text: &str) -> String {
    let lines = text.split(['\n', '\r']).map(str::trim);
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    lines.join(", ")
}

/// A text without what nobody sees.
fn plain(rule: TextRule, text: &str) -> Result<NormalPoint, String> {
    let seen = address::visible(text);
    let value = seen.trim();
    if let Some(problem) = rule.check("", value) {
        return Err(problem.expected);
    }
    let invisible = matches!(seen, std::borrow::Cow::Owned(_));
    let cleaned = invisible.then_some(Cleaned::Invisible);
    Ok(NormalPoint {
        value: value.to_owned(),
        is_mobile: false,
        cleaned: cleaned.into_iter().map(Cleaned::words).collect(),
    })
}

/// The mistake of a value: shown masked, with the reason that its kind gives.
pub(super) fn bad_address(path: impl Into<String>, text: &str, reason: &str) -> FieldProblem {
    let (what, expected) = reason.split_once(": expected ").unwrap_or(("", reason));
    let problem = FieldProblem::new(path, ProblemCode::BadAddress, expected).value(&mask(text));
    if what.is_empty() {
        problem
    } else {
        problem.hint(what)
    }
}
