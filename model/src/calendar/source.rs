//! Owns the file of a calendar: `holidays = "nl"`, `weekend = ["sat", "sun"]`, and days that are told
//! one by one under `[days]`. Refuses unknown keys, and a calendar without a working day.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use super::{Calendar, WEEK};
use crate::reading::{self, Mistake, Words, nearest};

/// Most days that a calendar may tell one by one: ten years of them.
const MAX_OWN_DAYS: usize = 3_660;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    #[serde(default = "usual_weekend")]
    weekend: Vec<String>,
    holidays: Option<String>,
    #[serde(default)]
    days: BTreeMap<String, String>,
}

fn usual_weekend() -> Vec<String> {
    ["sat", "sun"].map(str::to_owned).to_vec()
}

/// The words of a calendar's mistakes.
const WORDS: Words = Words {
    of: words,
    table: Some("a table"),
    hint: "such as config/flows/calendars/nl.toml",
    element: |list, _, index| format!("{list}[{index}]"),
};

fn words(path: &str) -> Option<(String, String)> {
    let (expected, hint) = match path {
        "weekend" => ("a list of days of the week", "such as [\"sat\", \"sun\"]"),
        "holidays" => ("\"nl\"", "without this key holidays are working days"),
        _ if path.starts_with("days.") => ("\"off\" or \"working\"", "such as \"off\""),
        _ => return None,
    };
    Some((expected.to_owned(), hint.to_owned()))
}

impl Calendar {
    /// Reads a calendar file.
    ///
    /// # Errors
    /// Every mistake, each with its path within the file, what stands there and what was expected.
    pub fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        let table: toml::Table = toml::from_str(text)
            .map_err(|error| vec![mistake("", error.message(), "TOML 1.0", "see toml.io")])?;
        let mut mistakes = Vec::new();
        let read = reading::read::<Source>("", &table.into(), &[], WORDS, &mut mistakes);
        let Some(source) = read.filter(|_| mistakes.is_empty()) else {
            return Err(mistakes);
        };
        let calendar = Self {
            weekend: weekend(&source.weekend, &mut mistakes),
            has_holidays: has_holidays(source.holidays.as_deref(), &mut mistakes),
            own: own(&source.days, &mut mistakes),
        };
        calendar.check_rest(&mut mistakes);
        if mistakes.is_empty() {
            Ok(calendar)
        } else {
            Err(mistakes)
        }
    }

    /// Behind every day there is a working day: what counts them never waits for ever.
    fn check_rest(&self, mistakes: &mut Vec<Mistake>) {
        if self.weekend.iter().all(|off| *off) {
            let hint = "leave one out";
            let expected = "a day to work on";
            mistakes.push(mistake("weekend", "every day of the week", expected, hint));
            return;
        }
        let without = |day: &&Date| self.next_working_day(**day).is_none();
        if let Some(day) = self.own.keys().find(without) {
            let expected = "a working day within a year behind it";
            let path = format!("days.{day}");
            mistakes.push(mistake(&path, "none follows", expected, "leave days out"));
        }
    }
}

fn mistake(path: &str, value: &str, expected: &str, hint: &str) -> Mistake {
    Mistake {
        path: path.to_owned(),
        value: value.to_owned(),
        expected: expected.to_owned(),
        hint: hint.to_owned(),
        is_unknown_key: false,
    }
}

fn weekend(names: &[String], mistakes: &mut Vec<Mistake>) -> [bool; 7] {
    let mut off = [false; 7];
    for (number, name) in names.iter().enumerate() {
        if let Some(day) = WEEK.iter().position(|(known, _)| known == name) {
            off[day] = true;
            continue;
        }
        let days = WEEK.map(|(known, _)| known);
        let hint = match nearest(name, days) {
            Some(near) => format!("did you mean {near:?}?"),
            None => "in English, with three letters".to_owned(),
        };
        let path = format!("weekend[{number}]");
        let expected = format!("one of {}", days.join(", "));
        mistakes.push(mistake(&path, &format!("{name:?}"), &expected, &hint));
    }
    off
}

fn has_holidays(named: Option<&str>, mistakes: &mut Vec<Mistake>) -> bool {
    match named {
        Some("nl") => return true,
        None => {}
        Some(other) => {
            let hint = "without this key holidays are working days";
            mistakes.push(mistake("holidays", &format!("{other:?}"), "\"nl\"", hint));
        }
    }
    false
}

fn own(days: &BTreeMap<String, String>, mistakes: &mut Vec<Mistake>) -> BTreeMap<Date, bool> {
    if days.len() > MAX_OWN_DAYS {
        let (found, expected) = (days.len().to_string(), format!("at most {MAX_OWN_DAYS}"));
        mistakes.push(mistake("days", &found, &expected, "leave out what is past"));
        return BTreeMap::new();
    }
    let read = days.iter().filter_map(|(day, word)| {
        own_day(day, word)
            .map_err(|found| mistakes.push(found))
            .ok()
    });
    read.collect()
}

fn own_day(day: &str, word: &str) -> Result<(Date, bool), Mistake> {
    let path = format!("days.{day}");
    // Only this form: jiff reads others of ISO 8601 too, and one day would have two keys.
    let date = Date::strptime("%Y-%m-%d", day).ok();
    let date = date.filter(|date| date.to_string() == day);
    let date =
        date.ok_or_else(|| mistake(&path, "no day", "a day that exists", "such as 2027-12-24"))?;
    match word {
        "off" => Ok((date, false)),
        "working" => Ok((date, true)),
        other => {
            let expected = "\"off\" or \"working\"";
            Err(mistake(
                &path,
                &format!("{other:?}"),
                expected,
                "such as \"off\"",
            ))
        }
    }
}
