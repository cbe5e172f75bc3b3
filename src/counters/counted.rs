//! Owns what is counted apart, and the bound on how much that may be a day. Refuses anything that names
//! a person: no number of a tenant, no address, no text.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What one corporation may have counted apart on one day. From there on the reason is [`OTHER`], and
/// from twice as many on everything but the event is.
pub(super) const MOST_APART: usize = 2_000;

/// What stands where something was not counted apart any more.
pub(super) const OTHER: &str = "(other)";

/// What is counted apart. A part that an event has not is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Counted {
    /// Number of the corporation.
    pub corporation: u16,
    /// Name of the flow; empty where its beginning is not kept any more.
    pub flow: Arc<str>,
    /// Version of the flow; 0 where that is not known.
    pub version: u32,
    /// The flow's step.
    pub step: Arc<str>,
    /// Channel.
    pub channel: Arc<str>,
    /// Provider, by its name in the configuration.
    pub provider: Arc<str>,
    /// What was decided: a name of [`sluis_model::Event::NAMES`].
    pub event: Arc<str>,
    /// Name of the end, or the list of a task.
    pub end: Arc<str>,
    /// Why: a word for the cause, with the code of the provider where there is one.
    pub reason: Arc<str>,
}

impl Counted {
    fn without_reason(self) -> Self {
        Self {
            reason: OTHER.into(),
            ..self
        }
    }

    fn only_the_event(self) -> Self {
        let other: Arc<str> = OTHER.into();
        Self {
            corporation: self.corporation,
            flow: other.clone(),
            version: 0,
            step: other.clone(),
            channel: other.clone(),
            provider: other.clone(),
            event: self.event,
            end: other.clone(),
            reason: other,
        }
    }
}

/// How often something was, on one day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// The day, in Dutch time.
    pub day: jiff::civil::Date,
    /// What.
    pub counted: Counted,
    /// How often.
    pub count: u64,
}

/// The counts of one day.
#[derive(Clone, Debug, Default)]
pub(super) struct OneDay {
    counts: HashMap<Counted, u64>,
    /// How many each corporation has.
    apart: HashMap<u16, usize>,
}

impl OneDay {
    pub(super) fn add(&mut self, counted: Counted, count: u64) {
        let place = self.place(counted);
        let corporation = place.corporation;
        let known = self.counts.entry(place).or_insert_with(|| {
            *self.apart.entry(corporation).or_default() += 1;
            0
        });
        *known = known.saturating_add(count);
    }

    /// Where it is counted.
    fn place(&self, counted: Counted) -> Counted {
        let apart = self.apart.get(&counted.corporation).copied();
        let apart = apart.unwrap_or_default();
        if apart < MOST_APART || self.counts.contains_key(&counted) {
            return counted;
        }
        let counted = counted.without_reason();
        if apart < 2 * MOST_APART || self.counts.contains_key(&counted) {
            return counted;
        }
        counted.only_the_event()
    }

    pub(super) fn each(&self) -> impl Iterator<Item = (&Counted, u64)> {
        self.counts.iter().map(|(counted, count)| (counted, *count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounced(code: usize, step: usize) -> Counted {
        Counted {
            corporation: 1,
            step: format!("step-{step}").into(),
            event: "attempt_failed".into(),
            reason: format!("{code}").into(),
            ..Counted::default()
        }
    }

    #[test]
    fn a_provider_that_makes_up_codes_fills_no_memory_and_nothing_is_lost() {
        let mut day = OneDay::default();
        let (codes, steps) = (MOST_APART + 10, 3 * MOST_APART);
        for code in 0..codes {
            day.add(bounced(code, 0), 1);
        }
        assert_eq!(day.each().count(), MOST_APART + 1);
        for step in 0..steps {
            day.add(bounced(0, step), 1);
        }
        assert_eq!(day.each().count(), 2 * MOST_APART + 1);
        let sum: u64 = day.each().map(|(_, count)| count).sum();
        assert_eq!(sum, (codes + steps) as u64);
        // Another corporation has its own room.
        let other = Counted {
            corporation: 2,
            ..bounced(7, 7)
        };
        day.add(other.clone(), 1);
        assert!(day.each().any(|(counted, _)| *counted == other));
    }
}
