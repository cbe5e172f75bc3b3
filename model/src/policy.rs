//! Owns the engine-wide settings decisions depend on, as values. Refuses to read configuration:
//! `src` builds it.

use std::collections::{BTreeMap, HashSet};

use crate::channel::Channel;
use crate::ids::{AttemptRef, CorporationId};
use crate::notification::Environment;
use crate::steering::Steering;
use crate::time::{HOUR, MINUTE, SECOND};

/// What decisions may rely on, besides the tenant and the flow.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The world this engine is.
    pub environment: Environment,
    /// Channels with at least one provider, per corporation.
    pub channels: BTreeMap<CorporationId, Vec<Channel>>,
    /// Addresses (or `@domain`) that may be reached outside production.
    pub allow_list: HashSet<Box<str>>,
    /// When and how often a temporary failure is tried again.
    pub retry: RetryPolicy,
    /// Most open notifications of one tenant.
    pub max_open_per_tenant: usize,
    /// How corporations steer their channels; those that are not here do not.
    pub steering: BTreeMap<CorporationId, Steering>,
}

/// When and how often a temporary failure is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Delay before the second attempt, in milliseconds.
    pub first_ms: i64,
    /// Longest delay, in milliseconds.
    pub longest_ms: i64,
    /// Attempts a provider may put off before it counts as a bounce.
    pub most: u16,
    /// After this long a temporary failure counts as a bounce, in milliseconds.
    pub give_up_ms: i64,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            first_ms: 30 * SECOND,
            longest_ms: 2 * HOUR,
            most: 40,
            give_up_ms: 48 * HOUR,
        }
    }
}

/// Delay before a withdrawn attempt is decided again the first time; doubles up to a minute.
const WITHDRAWN_FIRST_MS: i64 = 250;

impl RetryPolicy {
    /// Milliseconds to wait after the `retried`-th deferral of an attempt: doubling, at most
    /// `longest_ms`, never less than the provider asked for, with a fifth of jitter that depends
    /// only on the attempt.
    #[must_use]
    pub fn delay_ms(&self, retried: u16, asked_ms: Option<u64>, attempt: AttemptRef) -> i64 {
        let doubled = self.first_ms.saturating_mul(1 << retried.min(20));
        let asked = asked_ms.map_or(0, |ms| i64::try_from(ms).unwrap_or(i64::MAX).min(24 * HOUR));
        let base = doubled.min(self.longest_ms).max(asked);
        base + base / 5 * i64::from(attempt.token().0[0]) / 255
    }

    /// Whether a further deferral counts as a bounce.
    #[must_use]
    pub const fn exhausted(&self, retried: u16, elapsed_ms: i64) -> bool {
        retried >= self.most || elapsed_ms >= self.give_up_ms
    }
}

/// Milliseconds before a withdrawn attempt is decided again.
#[must_use]
pub(crate) fn withdrawn_delay_ms(withdrawn: u16) -> i64 {
    (WITHDRAWN_FIRST_MS << withdrawn.min(10)).min(MINUTE)
}

impl Policy {
    /// Whether `address` may be reached at all: everywhere in production, else only if
    /// allow-listed.
    #[must_use]
    pub fn may_reach(&self, address: &str) -> bool {
        if self.environment == Environment::Production
            || self.allow_list.contains(address)
            || self.allow_list.contains("*")
        {
            return true;
        }
        address
            .rfind('@')
            .is_some_and(|at| self.allow_list.contains(&address[at..]))
    }

    /// Whether the corporation is configured.
    #[must_use]
    pub fn knows(&self, corporation: CorporationId) -> bool {
        self.channels.contains_key(&corporation)
    }

    /// Whether the corporation has a provider for the channel.
    #[must_use]
    pub fn has_channel(&self, corporation: CorporationId, channel: Channel) -> bool {
        self.channels
            .get(&corporation)
            .is_some_and(|channels| channels.contains(&channel))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::NotificationId;

    #[test]
    fn retries_double_up_to_the_longest_and_respect_what_was_asked() {
        let policy = RetryPolicy {
            first_ms: 1_000,
            longest_ms: 8_000,
            most: 5,
            give_up_ms: 60_000,
        };
        let attempt = AttemptRef {
            id: NotificationId(0),
            step: 0,
            attempt: 1,
        };
        for (retried, asked, low) in [
            (0, None, 1_000),
            (1, None, 2_000),
            (9, None, 8_000),
            (0, Some(20_000), 20_000),
        ] {
            let delay = policy.delay_ms(retried, asked, attempt);
            assert!(
                (low..=low + low / 5).contains(&delay),
                "{retried} {asked:?}: {delay}"
            );
        }
        assert!(
            !policy.exhausted(4, 59_999) && policy.exhausted(5, 0) && policy.exhausted(0, 60_000)
        );
    }

    #[test]
    fn outside_production_only_the_allow_list_is_reached() {
        let mut policy = Policy {
            environment: Environment::Test,
            channels: BTreeMap::new(),
            allow_list: ["@example.nl".into(), "+31600000001".into()].into(),
            retry: RetryPolicy::default(),
            max_open_per_tenant: usize::MAX,
            steering: BTreeMap::new(),
        };
        assert!(policy.may_reach("a@example.nl") && policy.may_reach("+31600000001"));
        assert!(!policy.may_reach("a@example.com") && !policy.may_reach("+31600000002"));
        policy.environment = Environment::Production;
        assert!(policy.may_reach("a@example.com"));
    }
}
