//! Owns the file of a calendar: `holidays = "nl"`, `weekend = ["sat", "sun"]`, and days that are told
//! one by one under `[days]`. Refuses unknown keys, and a calendar without a working day.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use super::{Calendar, WEEK};

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

impl Calendar {
    /// Reads a calendar file.
    ///
    /// # Errors
    /// Every mistake, each with its path within the file, what stands there and what was expected.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        let source: Source =
            toml::from_str(text).map_err(|error| vec![error.to_string().trim_end().to_owned()])?;
        let mut mistakes = Vec::new();
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
}

impl Calendar {
    /// Behind every day there is a working day: what counts them never waits for ever.
    fn check_rest(&self, mistakes: &mut Vec<String>) {
        if self.weekend.iter().all(|off| *off) {
            mistakes.push("weekend: every day of the week: expected a day to work on".to_owned());
            return;
        }
        let without = |day: &&Date| self.next_working_day(**day).is_none();
        if let Some(day) = self.own.keys().find(without) {
            mistakes.push(format!(
                "days.{day}: no working day follows within a year: expected one"
            ));
        }
    }
}

fn weekend(names: &[String], mistakes: &mut Vec<String>) -> [bool; 7] {
    let mut off = [false; 7];
    for name in names {
        match WEEK.iter().position(|(known, _)| known == name) {
            Some(day) => off[day] = true,
            None => mistakes.push(format!(
                "weekend: {name:?} is no day of the week: expected {}",
                WEEK.map(|(known, _)| known).join(", ")
            )),
        }
    }
    off
}

fn has_holidays(named: Option<&str>, mistakes: &mut Vec<String>) -> bool {
    match named {
        Some("nl") => return true,
        None => {}
        Some(other) => mistakes.push(format!(
            "holidays: {other:?} is not known: expected \"nl\", or no such key when holidays are working days"
        )),
    }
    false
}

fn own(days: &BTreeMap<String, String>, mistakes: &mut Vec<String>) -> BTreeMap<Date, bool> {
    if days.len() > MAX_OWN_DAYS {
        let found = days.len();
        mistakes.push(format!("days: {found}: expected at most {MAX_OWN_DAYS}"));
        return BTreeMap::new();
    }
    let read = days.iter().filter_map(|(day, word)| {
        own_day(day, word)
            .map_err(|mistake| mistakes.push(mistake))
            .ok()
    });
    read.collect()
}

fn own_day(day: &str, word: &str) -> Result<(Date, bool), String> {
    // Only this form: jiff reads others of ISO 8601 too, and one day would have two keys.
    let date = Date::strptime("%Y-%m-%d", day).ok();
    let date = date.filter(|date| date.to_string() == day);
    let date = date.ok_or_else(|| {
        format!("days.{day}: is no day: expected one that exists, such as 2027-12-24")
    })?;
    match word {
        "off" => Ok((date, false)),
        "working" => Ok((date, true)),
        other => Err(format!(
            "days.{day}: {other:?}: expected \"off\" or \"working\""
        )),
    }
}
