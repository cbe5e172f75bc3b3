//! Owns the names of the supervisors' metrics and the handles to them. Refuses labels without a
//! bound. A recorder must be installed before a supervisor is made.

use std::sync::Arc;

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use sluis_model::{Barred, Channel, Clock, Timestamp, Verdict, Why};

use super::warned::Warned;

/// What a supervisor measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SupervisorMetric {
    /// Attempts that ended, by channel, provider and verdict.
    Outcomes,
    /// From being taken to the outcome, in seconds of the engine's clock.
    Duration,
    /// Messages that could not be rendered.
    RenderFailures,
    /// Sends that panicked.
    Panics,
    /// Whether the breaker is open.
    BreakerOpen,
    /// Whether the breaker is open because the provider takes nothing from our account.
    Barred,
    /// How often the breaker opened.
    BreakerOpenings,
    /// How many attempts at once the provider bears at present.
    Allowed,
}

impl SupervisorMetric {
    /// Every metric.
    pub const ALL: [Self; 8] = [
        Self::Outcomes,
        Self::Duration,
        Self::RenderFailures,
        Self::Panics,
        Self::BreakerOpen,
        Self::Barred,
        Self::BreakerOpenings,
        Self::Allowed,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Outcomes => "sluis_attempt_outcomes_total",
            Self::Duration => "sluis_attempt_duration_seconds",
            Self::RenderFailures => "sluis_attempt_render_failures_total",
            Self::Panics => "sluis_attempt_panics_total",
            Self::BreakerOpen => "sluis_provider_breaker_open",
            Self::Barred => "sluis_provider_account_barred",
            Self::BreakerOpenings => "sluis_provider_breaker_openings_total",
            Self::Allowed => "sluis_provider_allowed_attempts",
        }
    }

    /// `counter`, `gauge` or `histogram`.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Outcomes | Self::RenderFailures | Self::Panics | Self::BreakerOpenings => {
                "counter"
            }
            Self::Duration => "histogram",
            Self::BreakerOpen | Self::Barred | Self::Allowed => "gauge",
        }
    }

    /// The operator's help.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::Outcomes => {
                "Attempts ended, by channel, provider and verdict. `in_doubt`: its provider broke off; `withdrawn`: nothing left us; `barred`: the provider takes nothing from our account or sender, and the message waits; `unsendable`: refused by ourselves before anything left (no template, too long), no fault of the provider."
            }
            Self::Duration => {
                "Time from taking an attempt to its outcome, preparation included, by channel and provider. Without what was unsendable."
            }
            Self::RenderFailures => {
                "Messages that could not be rendered, by channel and provider. Each opens a task: mend the template."
            }
            Self::Panics => {
                "Sends that panicked, by channel and provider; their attempts are in doubt. Any is a bug: report it."
            }
            Self::BreakerOpen => {
                "1 while the provider is taken for unreachable, or takes nothing from us, and is only probed, by channel and provider."
            }
            Self::Barred => {
                "1 while the provider takes nothing from our account (credentials, rights, balance, address of its API), by channel and provider. Messages wait for as long as that lasts: mend it and restart."
            }
            Self::BreakerOpenings => {
                "How often the provider became unreachable, or took nothing from us, or stayed so after a probe, by channel and provider."
            }
            Self::Allowed => {
                "Attempts at once the provider is given; below its concurrency it has asked for less, by channel and provider."
            }
        }
    }
}

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

/// The values of the label `verdict`.
pub const VERDICTS: [&str; 8] = [
    "accepted",
    "delivered",
    "retry",
    "refused",
    "in_doubt",
    "withdrawn",
    "barred",
    UNSENDABLE,
];
const UNSENDABLE: &str = "unsendable";

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
        use SupervisorMetric as Name;
        let channel = channel.name();
        let own = || {
            [
                ("channel", channel.to_owned()),
                ("provider", provider.to_owned()),
            ]
        };
        let outcome = |verdict: &'static str| {
            let provider = provider.to_owned();
            counter!(Name::Outcomes.name(), "channel" => channel, "provider" => provider, "verdict" => verdict)
        };
        Self {
            outcomes: verdicts().each_ref().map(|verdict| outcome(verdict.name())),
            unsendable: outcome(UNSENDABLE),
            duration: histogram!(Name::Duration.name(), &own()),
            render_failures: counter!(Name::RenderFailures.name(), &own()),
            panics: counter!(Name::Panics.name(), &own()),
            allowed: gauge!(Name::Allowed.name(), &own()),
            breaker_open: gauge!(Name::BreakerOpen.name(), &own()),
            account_barred: gauge!(Name::Barred.name(), &own()),
            breaker_openings: counter!(Name::BreakerOpenings.name(), &own()),
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

    #[test]
    fn every_verdict_counts_under_its_own_name() {
        for (number, verdict) in verdicts().iter().enumerate() {
            assert_eq!(place(verdict), number, "{verdict:?}");
            assert_eq!(VERDICTS[number], verdict.name());
        }
    }
}
