//! Owns what is counted of admission, by corporation, and the warnings that refusals in mass leave.
//! Handles are looked up once, not each time.

use std::sync::Arc;

use metrics::Counter;
use sluis_actors::Seldom;
use sluis_model::{Clock, Lane};

use crate::telemetry::names::{self, REASONS};

/// The reasons that are the sender's mistake: single ones are daily life.
const MISTAKES: [&str; 3] = ["invalid", "unknown_flow", "idempotency_conflict"];
/// Mistakes of one kind within a minute that are worth a line in the log.
const MANY_MISTAKES: u64 = 100;

/// What is counted for the notifications of one corporation: looked up once, not each time.
pub(super) struct Counted {
    name: String,
    /// By lane.
    pub(super) accepted: [Counter; Lane::ALL.len()],
    pub(super) duplicates: Counter,
    rejected: [(&'static str, Counter, Seldom); REASONS.len()],
}

impl Counted {
    pub(super) fn new(name: &str, clock: &Arc<dyn Clock>) -> Self {
        let own = || name.to_owned();
        let rejected = REASONS.map(|reason| {
            let corporation = own();
            let least = if MISTAKES.contains(&reason) {
                MANY_MISTAKES
            } else {
                1
            };
            let warning = Seldom::in_mass(clock.clone(), least, move |count, _| {
                tracing::warn!(%corporation, reason, refused = count, "notifications are refused");
            });
            (reason, names::REJECTED.of((own(), reason)), warning)
        });
        let accepted = Lane::ALL.map(|lane| names::ACCEPTED.of((own(), lane.name())));
        Self {
            name: own(),
            accepted,
            duplicates: names::DUPLICATES.of(own()),
            rejected,
        }
    }

    pub(super) fn reject(&self, reason: &'static str) {
        match self.rejected.iter().find(|(known, ..)| *known == reason) {
            Some((_, counter, warning)) => {
                counter.increment(1);
                warning.note();
            }
            None => names::REJECTED.of((self.name.clone(), reason)).increment(1),
        }
    }

    /// The warnings of all reasons.
    pub(super) fn warnings(&self) -> impl Iterator<Item = &Seldom> {
        self.rejected.iter().map(|(.., warning)| warning)
    }
}

#[cfg(test)]
mod tests {
    use sluis_actors::NotTaken;
    use sluis_model::NotificationId;

    use super::super::{Closed, Rejected};
    use super::*;

    #[test]
    fn every_reason_for_a_refusal_is_counted_from_the_start() {
        let closed = [
            Closed::Stopping,
            Closed::DiskLow,
            Closed::Busy,
            Closed::Full,
        ]
        .map(Rejected::Closed);
        let others = [
            Rejected::Invalid(Vec::new()),
            Rejected::UnknownFlow(Vec::new()),
            Rejected::Conflict(NotificationId(1)),
            Rejected::ShareFull(1),
            Rejected::NotTaken(NotTaken::TenantFull {
                tenant: "H-1".into(),
                open: 1,
                most: 1,
            }),
            Rejected::TooFast(1),
            Rejected::DayFull(1),
            Rejected::NotTaken(NotTaken::ManyUnknown {
                tenant: "H-1".into(),
                most: 1,
            }),
        ];
        for rejected in closed.into_iter().chain(others) {
            assert!(REASONS.contains(&rejected.code()), "{rejected:?}");
        }
        assert!(MISTAKES.iter().all(|mistake| REASONS.contains(mistake)));
    }
}
