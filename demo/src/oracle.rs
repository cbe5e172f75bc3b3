//! Owns what should happen, by the files alone: who must not be reached, who had paid when. Refuses
//! to ask the engine.

use std::collections::{BTreeMap, HashMap};

use anyhow::Context as _;
use serde::Deserialize;
use sluis_model::{Environment, Timestamp};

use super::files::{Files, Return};
use super::time::{feed_of, hours_in};

const CLASSES: &str = include_str!("../../config/flows/classes/storno-class.toml");

#[derive(Deserialize)]
struct ClassTable {
    default: String,
    codes: BTreeMap<String, String>,
}

/// What the files say.
pub(super) struct Oracle {
    classes: ClassTable,
    /// By invoice: when, and how much.
    payments: HashMap<String, Vec<(Timestamp, i64)>>,
    /// By tenant: from when, and how much.
    balances: HashMap<String, Vec<(Timestamp, i64)>>,
}

/// What should become of a returned direct debit before any message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// From another world: on the record, and reaches nobody.
    Quarantined,
    /// A case for people.
    People,
    /// Not something to write to a tenant about.
    WrongType,
    /// May be written to, if something is owed.
    Chased,
}

impl Oracle {
    /// Reads the files.
    pub(super) fn of(files: &Files) -> anyhow::Result<Self> {
        let classes = toml::from_str(CLASSES).context("classes/storno-class.toml")?;
        let mut oracle = Self {
            classes,
            payments: HashMap::new(),
            balances: HashMap::new(),
        };
        for row in &files.payments {
            oracle
                .payments
                .entry(row.invoice.clone())
                .or_default()
                .push((hours_in(row.hours), row.cents));
        }
        for row in &files.balances {
            oracle
                .balances
                .entry(row.tenant.clone())
                .or_default()
                .push((feed_of(row.day), row.cents));
        }
        Ok(oracle)
    }

    /// What should become of a row.
    pub(super) fn fate(&self, row: &Return) -> Fate {
        if row.environment != Some(Environment::Production) {
            return Fate::Quarantined;
        }
        match self
            .classes
            .codes
            .get(&row.code)
            .unwrap_or(&self.classes.default)
            .as_str()
        {
            "HUMAN" => Fate::People,
            "CHASE" => Fate::Chased,
            _ => Fate::WrongType,
        }
    }

    /// Whether the tenant is to be written to: right type, right world, and something owed each day
    /// of the feed.
    pub(super) fn should_be_chased(&self, row: &Return) -> bool {
        let feed = self
            .balances
            .get(&row.tenant)
            .map_or(&[][..], Vec::as_slice);
        let before = |at: Timestamp| !self.had_paid(row, at);
        let owed = feed.iter().all(|(at, cents)| *cents > 0 || !before(*at));
        self.fate(row) == Fate::Chased && feed.len() >= 10 && owed
    }

    /// Whether the invoice was paid before `at`, in full.
    pub(super) fn had_paid(&self, row: &Return, at: Timestamp) -> bool {
        let payments = self.payments.get(&row.invoice).into_iter().flatten();
        let paid: i64 = payments
            .filter(|(paid_at, _)| *paid_at < at)
            .map(|(_, cents)| cents)
            .sum();
        row.cents.is_some_and(|cents| paid >= cents)
    }

    /// What the newest feed up to `at` said the tenant owes; none when there was none within a day.
    pub(super) fn owed(&self, tenant: &str, at: Timestamp) -> Option<i64> {
        let feed = self
            .balances
            .get(tenant)?
            .iter()
            .filter(|(fed, _)| *fed <= at && at.since(*fed) <= sluis_model::DAY);
        feed.max_by_key(|(fed, _)| *fed).map(|(_, cents)| *cents)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fates_follow_the_class_table() {
        let files = Files::of_seed(sluis_loadtest::demo::SEED).unwrap();
        let oracle = Oracle::of(&files).unwrap();
        let mut row = files.returns[0].clone();
        row.environment = Some(Environment::Production);
        for (code, fate) in [
            ("AM04", Fate::Chased),
            ("AC04", Fate::WrongType),
            ("MD07", Fate::People),
            ("", Fate::People),
        ] {
            row.code = code.into();
            assert_eq!(oracle.fate(&row), fate, "{code}");
        }
        row.environment = Some(Environment::Acceptance);
        assert_eq!(oracle.fate(&row), Fate::Quarantined);
    }
}
