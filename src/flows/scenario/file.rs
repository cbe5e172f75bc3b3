//! Owns the file of scenarios: what holds for all of them, then each with what happens and what is
//! expected. Refuses unknown keys; every mistake is told with its line.

use std::collections::BTreeMap;

use serde::Deserialize;
use sluis_model::Timestamp;
use sluis_model::reading::{self, Words};
use toml::{Table, Value};

use crate::config::flows::{FlowMistake, parse, place_in};

/// A file of scenarios.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// Which flow.
    pub flow: String,
    /// The instant at which the notification comes in.
    pub starts: String,
    /// The category.
    pub category: String,
    /// The file by which the corporation steers its channels, from the directory of this file.
    pub steering: Option<String>,
    /// The number of the subject, where the flow has one.
    pub subject: Option<String>,
    /// The tenant.
    #[serde(default)]
    pub tenant: Person,
    /// The data of the notification.
    #[serde(default)]
    pub data: Table,
    /// What was told before, or is told again and again.
    #[serde(default, rename = "given")]
    pub facts: Vec<Table>,
    /// The scenarios.
    #[serde(default)]
    pub scenario: Vec<Scenario>,
}

/// The tenant: how he is reached.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Person {
    /// His e-mail address.
    pub email: Option<String>,
    /// His mobile number.
    pub mobile: Option<String>,
    /// His postal address, in one line.
    pub postal: Option<String>,
    /// The channel that he prefers.
    pub prefers: Option<String>,
}

/// One scenario.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scenario {
    /// What it shows.
    pub name: String,
    /// The tenant, where he is another one.
    pub tenant: Option<Person>,
    /// Data that differ.
    #[serde(default)]
    pub data: Table,
    /// What was told, where it differs.
    #[serde(rename = "given")]
    pub facts: Option<Vec<Table>>,
    /// The world that the notification comes from, where it is not production.
    pub environment: Option<String>,
    /// When it may be sent at the earliest, from the start.
    pub send_after: Option<String>,
    /// What happens.
    #[serde(default)]
    pub happens: Vec<Table>,
    /// What is expected, in this order and nothing else.
    #[serde(default)]
    pub expect: Vec<Expected>,
}

/// One expected line.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    /// When, from the start.
    pub after: Option<String>,
    /// When, by the clock.
    pub at: Option<String>,
    /// A message left over this channel.
    pub sent: Option<String>,
    /// With this template.
    pub template: Option<String>,
    /// People were asked, on this list.
    pub task: Option<String>,
    /// Of this team.
    pub team: Option<String>,
    /// Somebody was reminded of a task on this list.
    pub reminded: Option<String>,
    /// A step told a fact of this type.
    pub set: Option<String>,
    /// It says this, and perhaps more.
    #[serde(default)]
    pub fields: Table,
    /// It was held by this guard.
    pub held: Option<String>,
    /// It ended so.
    pub end: Option<String>,
    /// Which notification, from 1. Absent: the first.
    pub of: Option<usize>,
}

const WORDS: Words = Words {
    of: words,
    table: None,
    hint: "docs/flows.md describes scenarios",
    element: |list, _, index| format!("{list}[{index}]"),
};

fn words(path: &str) -> Option<(String, String)> {
    let known: BTreeMap<&str, (&str, &str)> = [
        ("flow", ("the name of a flow", "such as flow = \"storno\"")),
        (
            "starts",
            (
                "an instant",
                "such as starts = \"2026-11-24T10:00:00+01:00\"",
            ),
        ),
        (
            "category",
            ("a category", "such as category = \"collection\""),
        ),
        (
            "happens",
            (
                "a list",
                "such as happens = [{ after = \"1d\", bounced = \"email\" }]",
            ),
        ),
        (
            "expect",
            (
                "a list",
                "such as expect = [{ after = \"0s\", sent = \"email\" }]",
            ),
        ),
    ]
    .into();
    let (expected, hint) = known.get(path.rsplit('.').next()?)?;
    Some(((*expected).to_owned(), (*hint).to_owned()))
}

/// Reads a file of scenarios.
///
/// # Errors
/// Every mistake, each in its line.
pub(super) fn read(label: &str, text: &str) -> Result<File, Vec<FlowMistake>> {
    let mut mistakes = Vec::new();
    let Some(table) = parse(label, text, &mut mistakes) else {
        return Err(mistakes);
    };
    let mut wrong = Vec::new();
    let read = reading::read::<File>("", &Value::Table(table), &[], WORDS, &mut wrong);
    match read {
        Some(file) if wrong.is_empty() => Ok(file),
        Some(_) | None => Err(wrong
            .into_iter()
            .map(|found| {
                let place = place_in(label, text, &found.path);
                FlowMistake::new(place, found.path.clone(), found.to_string())
            })
            .collect()),
    }
}

/// An instant with its offset.
///
/// # Errors
/// When it is none.
pub(super) fn instant(text: &str) -> Result<Timestamp, jiff::Error> {
    let instant: jiff::Timestamp = text.parse()?;
    Ok(Timestamp(instant.as_millisecond()))
}
