//! Owns the handles to the supervisors' metrics. Refuses to look one up while it sends: a recorder
//! must be installed before a supervisor is made.

use std::sync::Arc;

use metrics::{Counter, Gauge, Histogram};
use sluis_model::{Barred, Channel, Clock, Timestamp, Verdict, Why};

use super::warned::Warned;
use crate::telemetry::labels::UNSENDABLE;
use crate::telemetry::names;

/// The handles of one provider.
pub(super) struct Meters {
    outcomes: [Counter; 7],
    unsendable: Counter,
    pub duration: Histogram,
    pub render_failures: Counter,
    pub panics: Counter,
    pub allowed: Gauge,
    breaker_open: Gauge,
    account_barred: Gauge,
    breaker_openings: Counter,
    /// What the same events say in the log.
    pub warned: Warned,
}

const fn place(verdict: &Verdict) -> usize {
    match verdict {
        Verdict::Accepted { .. } => 0,
        Verdict::Delivered { .. } => 1,
        Verdict::Retry { .. } => 2,
        Verdict::Refused { .. } => 3,
        Verdict::InDoubt { .. } => 4,
        Verdict::Withdrawn { .. } => 5,
        Verdict::Barred { .. } => 6,
    }
}

/// One of each, in the order of [`place`], for their names.
fn verdicts() -> [Verdict; 7] {
    let (provider_id, why) = (|| Box::from(""), || Why::new("", ""));
    [
        Verdict::Accepted {
            provider_id: provider_id(),
        },
        Verdict::Delivered {
            provider_id: provider_id(),
        },
        Verdict::Retry {
            after_ms: None,
            why: why(),
        },
        Verdict::Refused {
            class: sluis_model::Refusal::Ours,
            why: why(),
        },
        Verdict::InDoubt { why: why() },
        Verdict::Withdrawn { why: why() },
        Verdict::Barred {
            what: Barred::Account,
            why: why(),
        },
    ]
}

impl Meters {
    pub(super) fn new(channel: Channel, provider: &str, clock: &Arc<dyn Clock>) -> Self {
        let warned = Warned::new(provider, clock);
        let channel = channel.name();
        let own = || (channel, provider.to_owned());
        let outcome =
            |verdict: &'static str| names::OUTCOMES.of((channel, provider.to_owned(), verdict));
        Self {
            outcomes: verdicts().each_ref().map(|verdict| outcome(verdict.name())),
            unsendable: outcome(UNSENDABLE),
            duration: names::DURATION.of(own()),
            render_failures: names::RENDER_FAILURES.of(own()),
            panics: names::SEND_PANICS.of(own()),
            allowed: names::ALLOWED.of(own()),
            breaker_open: names::BREAKER_OPEN.of(own()),
            account_barred: names::ACCOUNT_BARRED.of(own()),
            breaker_openings: names::BREAKER_OPENINGS.of(own()),
            warned,
        }
    }

    pub(super) fn ended(&self, verdict: &Verdict, millis: i64) {
        self.warned.ended(verdict);
        if verdict.is_unsendable() {
            return self.unsendable.increment(1);
        }
        self.outcomes[place(verdict)].increment(1);
        self.duration.record(millis.max(0) as f64 / 1_000.0);
    }

    /// `barred`: what the provider said, when it takes nothing from our account.
    pub(super) fn breaker_opened(&self, until: Timestamp, barred: Option<&Why>) {
        self.warned.opened(until, barred);
        self.breaker_open.set(1.0);
        self.account_barred
            .set(if barred.is_some() { 1.0 } else { 0.0 });
        self.breaker_openings.increment(1);
    }

    pub(super) fn breaker_closed(&self) {
        self.warned.closed();
        self.breaker_open.set(0.0);
        self.account_barred.set(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::labels::VERDICTS;

    #[test]
    fn every_verdict_counts_under_its_own_name() {
        for (number, verdict) in verdicts().iter().enumerate() {
            assert_eq!(place(verdict), number, "{verdict:?}");
            assert_eq!(VERDICTS[number], verdict.name());
        }
    }
}
