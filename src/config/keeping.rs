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

/// Most bytes of a category and of the kind of a subject, as intake takes them.
const MOST_WORD: usize = 64;
/// What they consist of.
const LETTERS: &str = "lower-case letters, digits, hyphens and underscores";

/// Whether a category or the kind of a subject may be written so: intake takes no other.
fn is_word(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let mut bytes = text.bytes();
    let all = bytes.all(|byte| is_letter(byte) || byte == b'-' || byte == b'_');
    all && (1..=MOST_WORD).contains(&text.len())
}

/// Whether a tenant may have this number: intake takes no other.
fn may_be_a_tenant(text: &str) -> bool {
    let is_line = !text.chars().any(char::is_control);
    is_line && !text.trim().is_empty() && text.len() <= TenantKey::MAX_BYTES
}

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

/// A subject as it is written: kind and number. Blanks around them mean nothing, here as in what senders
/// write.
pub(super) fn topic(text: &str) -> Option<Topic> {
    let (kind, id) = text.split_once('/')?;
    let (kind, id) = (kind.trim(), id.trim());
    let is_one = is_word(kind) && !id.is_empty();
    is_one.then(|| Topic {
        kind: kind.into(),
        id: id.into(),
    })
}

impl Corporation {
    /// Whether a legal hold is on this tenant. Blanks around a number in the list mean nothing: they are
    /// easily written, and what is not held is gone for good.
    #[must_use]
    pub fn holds(&self, tenant: &str) -> bool {
        let mut held = self.legal_holds.iter();
        held.any(|held| held == tenant || held.trim() == tenant)
    }
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
            let tenants = tenants.flat_map(|held| [held.as_str(), held.trim()]);
            let tenants = tenants.map(|tenant| Key::Tenant(TenantKey::new(id, tenant)));
            let subjects = corporation.legal_hold_subjects.iter();
            let subjects = subjects.filter_map(|subject| Some(Key::Subject(id, topic(subject)?)));
            terms.held.extend(tenants.chain(subjects));
        }
        terms
    }
}

/// Periods that are too short or too long, and categories, tenants and subjects that there cannot be.
pub(super) fn check(config: &Config, problems: &mut Collector) {
    periods("archive.keep_days", &config.archive.keep_days, problems);
    for corporation in &config.corporations {
        periods(&path_of(corporation), &corporation.keep_days, problems);
        holds(corporation, problems);
        for (index, subject) in corporation.legal_hold_subjects.iter().enumerate() {
            if topic(subject).is_none() {
                problems.add(Problem::new(
                    format!(
                        "corporation.{}.legal_hold_subjects[{index}]",
                        corporation.name
                    ),
                    format_args!("{subject:?}"),
                    format!("KIND/ID, the kind of {LETTERS}"),
                    "such as \"invoice/F-2026-0118\"",
                ));
            }
        }
    }
}

/// A hold on a number that no tenant can have holds nobody, and whoever wrote it thinks that it does.
fn holds(corporation: &Corporation, problems: &mut Collector) {
    for (index, tenant) in corporation.legal_holds.iter().enumerate() {
        if !may_be_a_tenant(tenant) {
            problems.add(Problem::new(
                format!("corporation.{}.legal_holds[{index}]", corporation.name),
                format_args!("{tenant:?}"),
                format!(
                    "the number of a tenant, 1 to {} bytes without control characters",
                    TenantKey::MAX_BYTES
                ),
                "such as \"H1001\"",
            ));
        }
    }
}

fn periods(path: &str, days: &BTreeMap<String, u32>, problems: &mut Collector) {
    for (key, days) in days {
        if !is_word(key) {
            problems.add(Problem::new(
                path,
                format_args!("{key:?}"),
                format!("a category, 1 to {MOST_WORD} bytes of {LETTERS}"),
                "no notification can have this one, so nothing would be kept by it",
            ));
        }
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
