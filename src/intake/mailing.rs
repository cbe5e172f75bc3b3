//! Owns the reading of what people ask of mailings, from JSON: drafts, corrections, approvals, terms,
//! and who does something. Refuses to stop at the first mistake, and to know a flow.

use std::str::FromStr;

use serde::Deserialize;
use serde_json::{Map, Value};
use sluis_actors::router::SendWindow;
use sluis_model::{Environment, Lane};

use super::mailing_rows::Frame;
use super::node::Node;
use super::problem::{FieldProblem, ProblemCode};
use super::reader::{Problems, Reader, wrong_type};
use super::rules::{CHECKSUM, CONDITION, WHO, WORD};

/// Windows of a release.
const MOST_WINDOWS: usize = 14;
/// Rows a minute.
const MOST_A_MINUTE: i64 = 1_000_000;
const LANES: &str = "normal or bulk";
const ENVIRONMENTS: &str = "production, acceptance, test or development";
const DATA: &str = "a JSON object with the fields of the flow";
const WINDOW: &str = "days and hours in the Netherlands, such as \"mon-fri 09:00-17:00\"";

/// What is wanted of a new mailing.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// What people call it.
    pub name: String,
    /// What all rows have in common.
    pub frame: Frame,
    /// Who makes it.
    pub by: String,
}

/// What is wanted of a correction.
#[derive(Clone, Debug, PartialEq)]
pub struct Corrected<T> {
    /// The new mailing.
    pub asked: Asked,
    /// Which rows.
    pub affected: T,
    /// Whether rows keep their own fields.
    pub keep_data: bool,
}

/// Terms that are said; what is not said is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SaidTerms {
    /// Who says them.
    pub by: String,
    /// Rows a minute.
    pub per_minute: Option<u32>,
    /// When; an empty list: at any time.
    pub windows: Option<Vec<String>>,
    /// From which percentage it pauses; 100: it does not.
    pub stop_percent: Option<u8>,
    /// How many rows must have been tried or refused before that is looked at.
    pub stop_after: Option<u32>,
}

const DRAFT: [&str; 7] = [
    "name",
    "flow",
    "category",
    "environment",
    "priority",
    "data",
    "by",
];
const CORRECTION: [&str; 9] = [
    "name",
    "affected",
    "keep_data",
    "flow",
    "category",
    "environment",
    "priority",
    "data",
    "by",
];
const TERMS: [&str; 5] = ["by", "per_minute", "windows", "stop_percent", "stop_after"];

/// Reads a draft.
///
/// # Errors
/// Every mistake, each with its path.
pub fn draft(bytes: &[u8]) -> Result<Asked, Vec<FieldProblem>> {
    whole(bytes, &DRAFT, |reader, problems| {
        asked(bytes, reader, problems)
    })
}

/// Reads a correction. `affected`: the words for the rows that may be asked for.
///
/// # Errors
/// Every mistake, each with its path.
pub fn correction<T: FromStr>(
    bytes: &[u8],
    affected: &str,
) -> Result<Corrected<T>, Vec<FieldProblem>> {
    whole(bytes, &CORRECTION, |reader, problems| {
        let asked = asked(bytes, reader, problems);
        let affected = reader.word::<T>("affected", affected, problems);
        let keep_data = flag(reader, "keep_data", problems);
        Some(Corrected {
            asked: asked?,
            affected: affected?,
            keep_data: keep_data.unwrap_or(false),
        })
    })
}

/// Reads who approves, and the checksum of what was looked at.
///
/// # Errors
/// Every mistake, each with its path.
pub fn approval(bytes: &[u8]) -> Result<(String, String), Vec<FieldProblem>> {
    whole(bytes, &["by", "checksum"], |reader, problems| {
        let by = reader.text("by", WHO, problems);
        let checksum = reader.text("checksum", CHECKSUM, problems);
        Some((by?.to_owned(), checksum?.to_owned()))
    })
}

/// Reads by what tenants are chosen, and who chooses.
///
/// # Errors
/// Every mistake, each with its path.
pub fn selection(bytes: &[u8]) -> Result<(String, String), Vec<FieldProblem>> {
    whole(bytes, &["when", "by"], |reader, problems| {
        let when = reader.text("when", CONDITION, problems);
        let by = reader.text("by", WHO, problems);
        Some((when?.to_owned(), by?.to_owned()))
    })
}

/// Reads who does something.
///
/// # Errors
/// Every mistake, each with its path.
pub fn who(bytes: &[u8]) -> Result<String, Vec<FieldProblem>> {
    whole(bytes, &["by"], |reader, problems| {
        reader.text("by", WHO, problems).map(str::to_owned)
    })
}

/// Reads the terms of a release, or of a mailing that goes on.
///
/// # Errors
/// Every mistake, each with its path.
pub fn terms(bytes: &[u8]) -> Result<SaidTerms, Vec<FieldProblem>> {
    whole(bytes, &TERMS, |reader, problems| {
        let by = reader.text("by", WHO, problems);
        let mut number = |key, range, what: &str| number(reader, key, range, what, problems);
        let per_minute = number("per_minute", (1, MOST_A_MINUTE), "rows a minute");
        let percent = "a percentage of rows; 100 never pauses";
        let stop_percent = number("stop_percent", (0, 100), percent);
        let stop_after = number("stop_after", (0, u32::MAX.into()), "rows");
        let windows = windows(reader, problems);
        Some(SaidTerms {
            by: by?.to_owned(),
            per_minute: per_minute.and_then(|number| number.try_into().ok()),
            windows,
            stop_percent: stop_percent.and_then(|number| number.try_into().ok()),
            stop_after: stop_after.and_then(|number| number.try_into().ok()),
        })
    })
}

/// Reads a body of these keys.
fn whole<T>(
    bytes: &[u8],
    keys: &[&str],
    read: impl FnOnce(&Reader<'_>, &mut Problems) -> Option<T>,
) -> Result<T, Vec<FieldProblem>> {
    let node = Node::parse(bytes, "body").map_err(|problem| vec![problem])?;
    let mut problems = Problems::new();
    let found = match Reader::open(&node, "", keys, &mut problems) {
        Some(reader) => read(&reader, &mut problems),
        None => None,
    };
    match found {
        Some(found) if problems.is_empty() => Ok(found),
        _ => Err(problems),
    }
}

fn asked(bytes: &[u8], reader: &Reader<'_>, problems: &mut Problems) -> Option<Asked> {
    let name = reader.text("name", WHO, problems);
    let flow = reader.text("flow", WORD, problems);
    let category = reader.text("category", WORD, problems);
    let environment = reader.word::<Environment>("environment", ENVIRONMENTS, problems);
    let priority = lane(reader, problems);
    let data = data(bytes, reader, problems);
    let by = reader.text("by", WHO, problems);
    let frame = Frame {
        flow: flow?.to_owned(),
        category: category?.to_owned(),
        environment: environment?,
        priority: priority?,
        data: data?,
    };
    Some(Asked {
        name: name?.to_owned(),
        frame,
        by: by?.to_owned(),
    })
}

/// The lane; a mailing is never urgent.
fn lane(reader: &Reader<'_>, problems: &mut Problems) -> Option<Lane> {
    if reader.get("priority").is_none() {
        return Some(Lane::Bulk);
    }
    let lane = reader.word_if_any::<Lane>("priority", LANES, problems)?;
    if lane == Lane::Urgent {
        let problem = FieldProblem::new("priority", ProblemCode::UnknownWord, LANES);
        problems.push(problem.value("urgent").hint("a mailing is never urgent"));
        return None;
    }
    Some(lane)
}

#[derive(Deserialize)]
struct OnlyData {
    data: Option<Map<String, Value>>,
}

/// Fields that all rows have. Whether the flow knows them is asked where the flow is known.
fn data(bytes: &[u8], reader: &Reader<'_>, problems: &mut Problems) -> Option<Map<String, Value>> {
    let Some(node) = reader.get("data") else {
        return Some(Map::new());
    };
    let Node::Object(pairs) = node else {
        problems.push(wrong_type("data", DATA, node));
        return None;
    };
    for (number, (key, _)) in pairs.iter().enumerate() {
        if pairs[..number].iter().any(|(other, _)| other == key) {
            let path = format!("data.{}", key.chars().take(64).collect::<String>());
            problems.push(FieldProblem::new(path, ProblemCode::Twice, "each key once"));
        }
    }
    // The same text, read a second time into what is stored.
    let found = serde_json::from_slice::<OnlyData>(bytes).ok();
    found.map(|found| found.data.unwrap_or_default())
}

fn flag(reader: &Reader<'_>, key: &str, problems: &mut Problems) -> Option<bool> {
    match reader.get(key)? {
        Node::Boolean(flag) => Some(*flag),
        other => {
            problems.push(wrong_type(key, "true or false", other));
            None
        }
    }
}

fn number(
    reader: &Reader<'_>,
    key: &str,
    (least, most): (i64, i64),
    what: &str,
    problems: &mut Problems,
) -> Option<i64> {
    let node = reader.get(key)?;
    let expected = format!("a whole number from {least} to {most}: {what}");
    let problem = match node {
        Node::Integer(number) if (least..=most).contains(number) => return Some(*number),
        Node::Integer(number) => {
            FieldProblem::new(key, ProblemCode::OutOfRange, expected).value(&number.to_string())
        }
        Node::Text(_) => wrong_type(key, &expected, node).hint("write the number without quotes"),
        other => wrong_type(key, &expected, other),
    };
    problems.push(problem);
    None
}

fn windows(reader: &Reader<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    let all = reader.list_if_any("windows", MOST_WINDOWS, problems)?;
    let mut read = Vec::with_capacity(all.len());
    for (at, node) in all.iter().enumerate() {
        let path = format!("windows[{at}]");
        match node {
            Node::Text(text) if text.parse::<SendWindow>().is_ok() => read.push(text.to_string()),
            Node::Text(text) => {
                let problem = FieldProblem::new(path, ProblemCode::BadTime, WINDOW).value(text);
                let hint =
                    "days are mon tue wed thu fri sat sun, hours of the clock without a zone";
                problems.push(problem.hint(hint));
            }
            other => problems.push(wrong_type(&path, WINDOW, other)),
        }
    }
    Some(read)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Where each mistake is.
    fn paths<T: std::fmt::Debug>(read: Result<T, Vec<FieldProblem>>) -> Vec<String> {
        let found = read.expect_err("mistakes");
        assert!(found.iter().all(|found| !found.expected.is_empty()));
        found.into_iter().map(|found| found.path).collect()
    }

    fn bytes(value: &Value) -> Vec<u8> {
        value.to_string().into_bytes()
    }

    #[test]
    fn a_draft_says_every_mistake_with_its_path() {
        let sound = json!({
            "name": "Onderhoud", "flow": "notice", "category": "repairs", "environment": "test",
            "data": { "text": "Wij komen." }, "by": "Anna"
        });
        let read = draft(&bytes(&sound)).expect("a sound draft");
        assert_eq!(
            (read.frame.priority, read.frame.data.len()),
            (Lane::Bulk, 1)
        );
        let wrong = json!({
            "name": " ", "flow": 7, "category": "Repairs!", "environment": "prod", "priority": "urgent",
            "data": [], "by": "An\nna", "window": "mon-fri"
        });
        assert_eq!(
            paths(draft(&bytes(&wrong))),
            [
                "window",
                "name",
                "flow",
                "category",
                "environment",
                "priority",
                "data",
                "by"
            ]
        );
        assert_eq!(
            paths(draft(b"{}")),
            ["name", "flow", "category", "environment", "by"]
        );
        assert_eq!(paths(draft(b"[]")), ["body"]);
        let twice = br#"{"name":"a","flow":"b","category":"c","environment":"test","by":"d","data":{"x":1,"x":2}}"#;
        assert_eq!(paths(draft(twice)), ["data.x"]);
    }

    #[test]
    fn terms_say_every_mistake_with_its_path() {
        let sound = json!({ "by": "Bea", "per_minute": 600, "windows": ["mon-fri 09:00-17:00"], "stop_percent": 100 });
        let read = terms(&bytes(&sound)).expect("sound terms");
        assert_eq!((read.per_minute, read.stop_percent), (Some(600), Some(100)));
        assert_eq!(read.windows.map(|all| all.len()), Some(1));
        let wrong = json!({
            "per_minute": -1, "windows": ["ma-vr 09:00-17:00", 7], "stop_percent": 5.5, "stop_after": "200",
            "per_hour": 1
        });
        assert_eq!(
            paths(terms(&bytes(&wrong))),
            [
                "per_hour",
                "by",
                "per_minute",
                "stop_percent",
                "stop_after",
                "windows[0]",
                "windows[1]"
            ]
        );
        for per_minute in [
            json!(0),
            json!(1_000_001),
            json!("600"),
            json!(1.5),
            json!([]),
        ] {
            let said = json!({ "by": "Bea", "per_minute": per_minute });
            assert_eq!(paths(terms(&bytes(&said))), ["per_minute"], "{per_minute}");
        }
    }

    #[test]
    fn an_approval_needs_a_person_and_a_checksum() {
        let wrong = json!({ "by": "\u{200b}", "checksum": 7 });
        assert_eq!(paths(approval(&bytes(&wrong))), ["by", "checksum"]);
        assert_eq!(paths(who(b"{\"by\": null}")), ["by"]);
    }
}
