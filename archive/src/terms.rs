//! Owns how long what is kept, as data: a rule for each category, or for one of a corporation, and what
//! is kept beyond that because of a claim. Refuses to know where the data comes from.

use std::collections::BTreeMap;

use sluis_model::DAY;

use crate::index::Key;

/// The shortest period of a rule, in days: a removal after less is none of ours.
pub const SHORTEST_KEEP_DAYS: u32 = 30;
/// The longest, in days.
pub const LONGEST_KEEP_DAYS: u32 = 36_500;

/// How long something is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Whole days from the end of the flow on.
    pub days: u32,
    /// Where it stands, for people: `corporation.waterpoort.keep_days.newsletter`.
    pub name: Box<str>,
}

impl Rule {
    /// Its period in milliseconds.
    #[must_use]
    pub const fn period_ms(&self) -> i64 {
        self.days as i64 * DAY
    }
}

/// All rules, and what is held.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// For a corporation's own categories.
    pub own: BTreeMap<(u16, Box<str>), Rule>,
    /// For the categories of all. The empty category is what is about no notification, or about several.
    pub shared: BTreeMap<Box<str>, Rule>,
    /// For the other categories of one corporation.
    pub others_of: BTreeMap<u16, Rule>,
    /// For the other categories of all; without it they are kept for ever.
    pub others: Option<Rule>,
    /// Tenants and subjects of whom nothing is removed.
    pub held: Vec<Key>,
}

impl Terms {
    /// The rule for a category of a corporation.
    #[must_use]
    pub fn rule(&self, corporation: u16, category: &str) -> Option<&Rule> {
        let own = self.own.get(&(corporation, category.into()));
        own.or_else(|| self.shared.get(category))
            .or_else(|| self.others_of.get(&corporation))
            .or(self.others.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(days: u32, name: &str) -> Rule {
        let name = name.into();
        Rule { days, name }
    }

    #[test]
    fn the_corporations_own_rule_comes_first_and_that_for_others_last() {
        let terms = Terms {
            own: [((7, "news".into()), rule(60, "own"))].into(),
            shared: [("news".into(), rule(365, "shared"))].into(),
            others_of: [(9, rule(3_650, "others of 9"))].into(),
            others: Some(rule(2_557, "others")),
            held: Vec::new(),
        };
        let name = |corporation, category| &*terms.rule(corporation, category).unwrap().name;
        assert_eq!(name(7, "news"), "own");
        assert_eq!(name(8, "news"), "shared");
        assert_eq!(name(9, "news"), "shared");
        assert_eq!(name(9, "repair"), "others of 9");
        assert_eq!(name(7, "repair"), "others");
        assert_eq!(Terms::default().rule(7, "news"), None);
    }
}
