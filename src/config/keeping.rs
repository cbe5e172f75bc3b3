//! Owns how long the archive keeps what: the periods of the configuration as the archive's rules, and
//! what is wrong with them. Refuses to remove anything.

use std::collections::BTreeMap;

use sluis_archive::{Key, LONGEST_KEEP_DAYS, Rule, SHORTEST_KEEP_DAYS, Terms, Topic};
use sluis_model::TenantKey;

use super::Config;
use super::parties::Corporation;
use super::problem::{Collector, Problem};

/// The key for every category without a key of its own.
const OTHERS: &str = "default";
/// The key for what is about no notification, or about several: profiles, facts.
const NONE: &str = "none";

/// The category that a key speaks of.
fn category(key: &str) -> Box<str> {
    if key == NONE { "".into() } else { key.into() }
}

/// Periods by category, and the rule that each is.
fn rules<'a>(
    path: &'a str,
    days: &'a BTreeMap<String, u32>,
) -> impl Iterator<Item = (&'a str, Rule)> {
    days.iter().map(move |(key, days)| {
        let name = format!("{path}.{key}").into();
        (key.as_str(), Rule { days: *days, name })
    })
}

/// Where the periods of a corporation stand.
fn path_of(corporation: &Corporation) -> String {
    format!("corporation.{}.keep_days", corporation.name)
}

/// A subject as it is written: kind and number.
fn topic(text: &str) -> Option<Topic> {
    let (kind, id) = text.split_once('/')?;
    let is_whole = !kind.is_empty() && !id.is_empty();
    is_whole.then(|| Topic {
        kind: kind.into(),
        id: id.into(),
    })
}

impl Config {
    /// How long the archive keeps what.
    #[must_use]
    pub fn archive_terms(&self) -> Terms {
        let mut terms = Terms::default();
        for (key, rule) in rules("archive.keep_days", &self.archive.keep_days) {
            if key == OTHERS {
                terms.others = Some(rule);
            } else {
                terms.shared.insert(category(key), rule);
            }
        }
        for corporation in &self.corporations {
            let id = corporation.id;
            for (key, rule) in rules(&path_of(corporation), &corporation.keep_days) {
                if key == OTHERS {
                    terms.others_of.insert(id.0, rule);
                } else {
                    terms.own.insert((id.0, category(key)), rule);
                }
            }
            let tenants = corporation.legal_holds.iter();
            let tenants = tenants.map(|tenant| Key::Tenant(TenantKey::new(id, tenant.as_str())));
            let subjects = corporation.legal_hold_subjects.iter();
            let subjects = subjects.filter_map(|subject| Some(Key::Subject(id, topic(subject)?)));
            terms.held.extend(tenants.chain(subjects));
        }
        terms
    }
}

/// Periods that are too short or too long, and subjects that are none.
pub(super) fn check(config: &Config, problems: &mut Collector) {
    periods("archive.keep_days", &config.archive.keep_days, problems);
    for corporation in &config.corporations {
        periods(&path_of(corporation), &corporation.keep_days, problems);
        for (index, subject) in corporation.legal_hold_subjects.iter().enumerate() {
            if topic(subject).is_none() {
                problems.add(Problem::new(
                    format!(
                        "corporation.{}.legal_hold_subjects[{index}]",
                        corporation.name
                    ),
                    format_args!("{subject:?}"),
                    "KIND/ID",
                    "such as \"invoice/F-2026-0118\"",
                ));
            }
        }
    }
}

fn periods(path: &str, days: &BTreeMap<String, u32>, problems: &mut Collector) {
    for (key, days) in days {
        if !(SHORTEST_KEEP_DAYS..=LONGEST_KEEP_DAYS).contains(days) {
            problems.add(Problem::new(
                format!("{path}.{key}"),
                days,
                format!("a number from {SHORTEST_KEEP_DAYS} to {LONGEST_KEEP_DAYS}"),
                "days from the end of the flow on, such as 2557 for seven years",
            ));
        }
    }
}
