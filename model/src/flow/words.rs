//! Owns the words of mistakes in the shape of a flow file: what is expected under a key, and how the
//! elements of its lists are called. Refuses to read.

use toml::Value;

use crate::reading::{Words, join};

/// The words of a flow.
pub(super) const WORDS: Words = Words {
    of: words,
    table: None,
    hint: "docs/flows.md describes the keys",
    element,
};

/// What a key holds, and an example.
const KEYS: [(&str, &str, &str); 19] = [
    ("name", "a name", "such as name = \"notice\""),
    (
        "version",
        "a whole number",
        "raise it whenever the flow changes",
    ),
    (
        "purpose",
        "what the flow is for",
        "such as purpose = \"information\"",
    ),
    (
        "when",
        "a condition",
        "such as when = \"facts.balance_cents > 0\"",
    ),
    (
        "otherwise",
        "where to go when it does not hold",
        "such as otherwise = \"end: no balance\"",
    ),
    ("end", "the name of an end", "such as end = \"paid\""),
    ("id", "the name of the step", "such as id = \"mail\""),
    (
        "input",
        "a table of fields",
        "such as [input] with title = \"line\"",
    ),
    ("guard", "rules", "[[guard]], with two brackets"),
    ("stop", "rules", "[[stop]], with two brackets"),
    (
        "unanswered",
        "a time and where to go then",
        "such as { after = \"48h\", go = \"sms\" }",
    ),
    (
        "settled",
        "a time and where to go then",
        "such as { after = \"24h\", go = \"end: sent\" }",
    ),
    (
        "default",
        "the class of a code that is not in the table",
        "such as default = \"HUMAN\"",
    ),
    (
        "codes",
        "a class for each code",
        "such as [codes] with AM04 = \"CHASE\"",
    ),
    ("after", "how long to wait", "such as after = \"48h\""),
    ("go", "where to go then", "such as go = \"sms\""),
    ("for", "how long to wait", "such as for = \"5d\""),
    ("then", "where to go then", "such as then = \"sms\""),
    (
        "fact",
        "the type of the fact that is told",
        "such as fact = \"consent\"",
    ),
];

fn words(path: &str) -> Option<(String, String)> {
    let key = path.rsplit('.').next()?;
    let (_, expected, hint) = KEYS.into_iter().find(|(known, ..)| *known == key)?;
    Some((expected.to_owned(), hint.to_owned()))
}

/// A step by its id, a rule by its place and its name.
fn element(list: &str, all: &[Value], index: usize) -> String {
    let text = |key: &str| all.get(index)?.get(key)?.as_str();
    match (list, text("id"), text("name")) {
        ("step", Some(id), _) => join(list, id),
        ("guard" | "stop", _, Some(name)) => format!("{list}[{index}] {name:?}"),
        _ => format!("{list}[{index}]"),
    }
}

/// A path without the names of rules, which stand behind their places.
pub(super) fn plain(path: &str) -> String {
    let Some((before, rest)) = path.split_once("] \"") else {
        return path.to_owned();
    };
    let after = rest.rsplit_once('"').map_or("", |(_, after)| after);
    format!("{before}]{after}")
}
