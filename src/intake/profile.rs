//! Owns the reading of a tenant's profile from JSON, with every address brought to its normal form.
//! Refuses an address that is not plainly one: it is named by its place, and shown masked.

use sluis_channels::address::{self, AddressProblem, Cleaned, Normal};
use sluis_model::{
    Address, AddressState, Channel, Confirmed, Need, Preference, Profile, Supplied, Timestamp,
};

use super::confirmed::{EXPECTED, checked_on};
use super::node::Node;
use super::problem::{FieldProblem, ProblemCode};
use super::reader::{Problems, Reader};
use super::rules::{ADDRESS, CATEGORY_OR_ALL, NAME, Shape, TextRule};
use crate::explain::mask;

/// Longest body, in bytes.
pub const MAX_BODY: usize = 64 * 1024;

const KEYS: [&str; 4] = ["name", "language", "addresses", "preferences"];
const STATES: &str = "created, validated or invalid";
const LANGUAGE: TextRule = TextRule {
    min: 0,
    max: 16,
    shape: Shape::Plain,
};

/// A profile with what was put right in it: where, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The profile, and what its source has checked.
    pub supplied: Supplied,
    /// What was put right in its addresses, each once.
    pub notes: Vec<FieldProblem>,
}

/// Reads `{name, language, addresses: [{channel, value, state?, confirmed_at?}], preferences:
/// [{category, channel}]}`; every part may be left out.
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
    let mut cleaned = Vec::new();
    let (addresses, confirmed) = addresses(reader, problems, &mut cleaned);
    let profile = Profile {
        name,
        language,
        addresses,
        preferences: preferences(reader, problems),
    };
    let note = |(path, what): (&str, &str)| {
        FieldProblem::new(path, ProblemCode::Cleaned, "the value alone").hint(what)
    };
    Read {
        supplied: Supplied { profile, confirmed },
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

/// The addresses under `addresses`, in their normal form, what was checked of them, and what was
/// put right.
pub(super) fn addresses(
    reader: &Reader<'_>,
    problems: &mut Problems,
    cleaned: &mut Vec<(&'static str, &'static str)>,
) -> (Vec<Address>, Vec<Confirmed>) {
    let entries = reader
        .list_if_any("addresses", Profile::MAX_ADDRESSES, problems)
        .unwrap_or_default();
    let mut addresses: Vec<Address> = Vec::with_capacity(entries.len());
    let mut confirmed = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let path = format!("addresses[{index}]");
        let Some((address, checked, put_right)) = address(entry, &path, problems) else {
            continue;
        };
        if addresses
            .iter()
            .any(|a| a.channel == address.channel && a.value == address.value)
        {
            let problem = FieldProblem::new(
                path,
                ProblemCode::Twice,
                "each address once within a channel",
            );
            problems.push(problem.value(&mask(&address.value)));
            continue;
        }
        for what in put_right.into_iter().map(Cleaned::words) {
            if !cleaned.contains(&("addresses", what)) {
                cleaned.push(("addresses", what));
            }
        }
        confirmed.extend(checked.map(|at| Confirmed {
            channel: address.channel,
            value: address.value.clone(),
            at,
        }));
        addresses.push(address);
    }
    (addresses, confirmed)
}

fn address(
    entry: &Node<'_>,
    path: &str,
    problems: &mut Problems,
) -> Option<(Address, Option<Timestamp>, Vec<Cleaned>)> {
    let reader = Reader::open(
        entry,
        path,
        &["channel", "value", "state", "confirmed_at"],
        problems,
    )?;
    let channel = reader.word::<Channel>("channel", Channel::listed(), problems);
    // Addresses are not repeated: the rule's own report would show the text.
    let value = reader
        .require("value", &ADDRESS.expected(), problems)
        .and_then(|node| match node {
            Node::Text(text) => Some(&**text),
            other => {
                let problem = FieldProblem::new(
                    reader.path("value"),
                    ProblemCode::WrongType,
                    ADDRESS.expected(),
                );
                problems.push(problem.hint(format!("this is {}", other.kind())));
                None
            }
        });
    let state = match reader.get("state") {
        None => AddressState::Created,
        Some(Node::Text(text)) if state(text).is_some() => state(text).unwrap_or_default(),
        Some(other) => {
            problems.push(
                FieldProblem::new(reader.path("state"), ProblemCode::UnknownWord, STATES)
                    .value(&other.shown()),
            );
            AddressState::Created
        }
    };
    let checked = checked_at(&reader, state, problems);
    let (channel, value) = (channel?, value?);
    match normalize(channel, value) {
        Ok(Normal { value, cleaned }) => Some((
            Address {
                channel,
                value: value.into(),
                state,
            },
            checked,
            cleaned,
        )),
        Err(expected) => {
            problems.push(bad_address(reader.path("value"), value, &expected));
            None
        }
    }
}

/// When the source checked the address.
fn checked_at(
    reader: &Reader<'_>,
    state: AddressState,
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
    } else if state == AddressState::Invalid {
        let problem = FieldProblem::new(
            path,
            ProblemCode::Contradiction,
            "no date of confirmation with the state invalid",
        );
        problems.push(problem.value(&node.shown()));
    }
    at
}

fn state(text: &str) -> Option<AddressState> {
    match text {
        "created" => Some(AddressState::Created),
        "validated" => Some(AddressState::Validated),
        "invalid" => Some(AddressState::Invalid),
        _ => None,
    }
}

/// The normal form of an address, or what was expected.
pub(super) fn normalize(channel: Channel, text: &str) -> Result<Normal, String> {
    let told = |problem: AddressProblem| problem.to_string();
    match channel.need() {
        Need::Email => address::email(text).map_err(told),
        Need::Mobile => address::mobile(text).map_err(told),
        Need::Postal | Need::Phone | Need::Portal | Need::Nothing => {
            match ADDRESS.check("", text.trim()) {
                None => Ok(Normal {
                    value: text.trim().to_owned(),
                    cleaned: Vec::new(),
                }),
                Some(problem) => Err(problem.expected),
            }
        }
    }
}

/// The mistake of an address: shown masked, with the reason that the channel gives.
pub(super) fn bad_address(path: impl Into<String>, text: &str, reason: &str) -> FieldProblem {
    let (what, expected) = reason.split_once(": expected ").unwrap_or(("", reason));
    let problem = FieldProblem::new(path, ProblemCode::BadAddress, expected).value(&mask(text));
    if what.is_empty() {
        problem
    } else {
        problem.hint(what)
    }
}

/// The preferences under `preferences`.
pub(super) fn preferences(reader: &Reader<'_>, problems: &mut Problems) -> Vec<Preference> {
    let entries = reader
        .list_if_any("preferences", Profile::MAX_PREFERENCES, problems)
        .unwrap_or_default();
    let mut preferences: Vec<Preference> = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        let path = format!("preferences[{index}]");
        let Some(reader) = Reader::open(entry, &path, &["category", "channel"], problems) else {
            continue;
        };
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
            preferences.push(Preference {
                category: category.into(),
                channel,
            });
        }
    }
    preferences
}
