//! Owns the reading of a tenant's profile from JSON. Refuses to read its contact points: `points`
//! does.

use sluis_model::{Channel, PointSource, Preference, Profile, SECOND, Supplied, Timestamp};

use super::confirmed::{EXPECTED, checked_on};
use super::node::Node;
use super::points::{self, points};
use super::problem::{FieldProblem, ProblemCode};
use super::reader::{Problems, Reader};
use super::rules::{CATEGORY_OR_ALL, NAME, Shape, TextRule};

/// Longest body, in bytes.
pub const MAX_BODY: usize = 64 * 1024;

const KEYS: [&str; 5] = [
    "name",
    "language",
    points::KEYS[0],
    points::KEYS[1],
    "preferences",
];
const LANGUAGE: TextRule = TextRule {
    min: 0,
    max: 16,
    shape: Shape::Plain,
};

const PREFERENCE: [&str; 4] = ["category", "channel", "since", "source"];

/// A profile with what was put right in it: where, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// What the source supplies.
    pub supplied: Supplied,
    /// What was put right in its contact points, each once.
    pub notes: Vec<FieldProblem>,
}

/// Reads `{name, language, contact_points: [{kind, value, state?, confirmed_at?, source?, channel?}],
/// preferences: [{category, channel, since?, source?}]}`; every part may be left out.
///
/// # Errors
/// Every mistake, each with its path.
pub fn parse(bytes: &[u8]) -> Result<Read, Vec<FieldProblem>> {
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
    let profile =
        Reader::open(&node, "", &KEYS, &mut problems).map(|reader| read(&reader, &mut problems));
    match profile {
        Some(profile) if problems.is_empty() => Ok(profile),
        _ => Err(problems),
    }
}

fn read(reader: &Reader<'_>, problems: &mut Problems) -> Read {
    let name = reader
        .text_if_any("name", NAME, problems)
        .unwrap_or_default()
        .trim()
        .into();
    let language = language_of(reader, problems);
    let points::Read { points, cleaned } = points(reader, PointSource::System, problems);
    let supplied = Supplied {
        name,
        language,
        points,
        preferences: preferences(reader, PointSource::System, problems),
    };
    let note = |(path, what): (&str, &str)| {
        FieldProblem::new(path, ProblemCode::Cleaned, "the value alone").hint(what)
    };
    Read {
        supplied,
        notes: cleaned.into_iter().map(note).collect(),
    }
}

fn language_of(reader: &Reader<'_>, problems: &mut Problems) -> Box<str> {
    let Some(text) = reader.text_if_any("language", LANGUAGE, problems) else {
        return Box::default();
    };
    language(text).unwrap_or_else(|| {
        let problem = FieldProblem::new(
            reader.path("language"),
            ProblemCode::UnknownWord,
            "a code of ISO 639-1 such as nl or en",
        );
        problems.push(problem.value(text));
        Box::default()
    })
}

/// A language as its ISO 639-1 code in lower case; a region after it is left out. Empty stays
/// empty, which is Dutch.
pub(super) fn language(text: &str) -> Option<Box<str>> {
    let text = text.trim().to_ascii_lowercase();
    let code = text.split(['-', '_']).next().unwrap_or_default();
    let word = match text.as_str() {
        "nederlands" | "dutch" => "nl",
        "engels" | "english" => "en",
        _ => code,
    };
    (word.is_empty() || word.len() == 2 && word.bytes().all(|b| b.is_ascii_lowercase()))
        .then(|| word.into())
}

/// The preferences under `preferences`. `source`: who says so, where an entry does not.
pub(super) fn preferences(
    reader: &Reader<'_>,
    source: PointSource,
    problems: &mut Problems,
) -> Vec<Preference> {
    let entries = reader
        .list_if_any("preferences", Profile::MAX_PREFERENCES, problems)
        .unwrap_or_default();
    let mut preferences: Vec<Preference> = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        let path = format!("preferences[{index}]");
        let Some(reader) = Reader::open(entry, &path, &PREFERENCE, problems) else {
            continue;
        };
        let source = points::source(&reader, problems).unwrap_or(source);
        let since = asked_on(&reader, problems);
        let category = reader.text("category", CATEGORY_OR_ALL, problems);
        let channel = reader.word::<Channel>("channel", Channel::listed(), problems);
        let (Some(category), Some(channel)) = (category, channel) else {
            continue;
        };
        if preferences.iter().any(|p| *p.category == *category) {
            problems.push(
                FieldProblem::new(
                    path.as_str(),
                    ProblemCode::Twice,
                    "one preference a category",
                )
                .value(category),
            );
        } else {
            preferences.push(Preference::new(category, channel).said(source, since));
        }
    }
    preferences
}

/// Since when the tenant wants it so.
fn asked_on(reader: &Reader<'_>, problems: &mut Problems) -> Option<Timestamp> {
    let node = reader.get("since")?;
    let at = match node {
        Node::Text(text) => checked_on(text),
        _ => None,
    };
    // What is not kept to the second is not kept at all: nobody asked before 1970.
    let at = at.filter(|at| at.0 >= SECOND);
    if at.is_none() {
        let path = reader.path("since");
        problems.push(FieldProblem::new(path, ProblemCode::BadTime, EXPECTED).value(&node.shown()));
    }
    at
}
