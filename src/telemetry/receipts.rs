//! Owns the counters of receipts, by provider and effect. Refuses to look one up for each receipt:
//! each is found once.

use std::collections::HashMap;

use metrics::Counter;

use super::names::{EFFECTS, RECEIPTS};

/// Receipts by provider and what they did.
pub struct ReceiptCounters(HashMap<Box<str>, [Counter; EFFECTS.len()]>);

impl ReceiptCounters {
    /// Those of these providers, each there before its first receipt.
    #[must_use]
    pub fn of<'a>(providers: impl IntoIterator<Item = &'a str>) -> Self {
        let each = |provider: &'a str| {
            let counters = EFFECTS.map(|effect| RECEIPTS.of((provider.to_owned(), effect)));
            counters.iter().for_each(|counter| counter.increment(0));
            (Box::from(provider), counters)
        };
        Self(providers.into_iter().map(each).collect())
    }

    /// Counts one. A provider or an effect that is not known is not counted: a test finds it.
    pub fn count(&self, provider: &str, effect: &'static str) {
        let place = EFFECTS.iter().position(|known| *known == effect);
        let counters = self.0.get(provider);
        debug_assert!(
            place.is_some() && counters.is_some(),
            "{provider}: {effect}"
        );
        if let (Some(place), Some(counters)) = (place, counters) {
            counters[place].increment(1);
        }
    }
}
