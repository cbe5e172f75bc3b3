//! Owns the supervisor's part of one provider: it takes attempts from the real inbox with their
//! real tickets, asks the real breaker, and ends them in the order production does: health,
//! outcome, permit. Refuses the futures around it: preparing, sending and the deadline are steps of
//! the driver.

use std::sync::Arc;

use sluis_actors::router::Gate;
use sluis_actors::supervisor::{BreakerSettings, ProviderHealth, SupervisorInbox, Ticket};
use sluis_actors::{Dispatch, Inbox, Outcome, Waker};
use sluis_model::{AttemptRef, Channel, Clock, Left, Timestamp, Verdict, Why};

use crate::planted::Bug;

/// What a station is made with.
pub(crate) struct Parts {
    pub(crate) name: &'static str,
    pub(crate) channel: Channel,
    pub(crate) concurrency: u32,
    pub(crate) breaker: BreakerSettings,
    pub(crate) gate: Arc<Gate>,
    pub(crate) waker: Arc<Waker>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) inboxes: Vec<Arc<Inbox>>,
    pub(crate) bug: Option<Bug>,
}

/// One provider's attempts.
pub(crate) struct Station {
    pub(crate) name: &'static str,
    pub(crate) inbox: Arc<SupervisorInbox>,
    pub(crate) waker: Arc<Waker>,
    pub(crate) flights: Vec<Flight>,
    pub(crate) concurrency: u32,
    pub(crate) gate: Arc<Gate>,
    health: ProviderHealth,
    clock: Arc<dyn Clock>,
    inboxes: Vec<Arc<Inbox>>,
    bug: Option<Bug>,
}

/// An attempt under way.
pub(crate) struct Flight {
    pub(crate) dispatch: Dispatch,
    ticket: Option<Ticket>,
    pub(crate) since: Timestamp,
    /// Its number in the provider's book, once it left.
    pub(crate) arrival: Option<usize>,
    /// When we stop waiting, where the provider never answers.
    pub(crate) silent_until: Option<Timestamp>,
}

impl Station {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts {
            name,
            channel,
            concurrency,
            breaker,
            gate,
            waker,
            clock,
            inboxes,
            bug,
        } = parts;
        let permits = std::num::NonZeroU32::new(concurrency).expect("a provider has permits");
        let inbox = SupervisorInbox::new(permits, waker.clone(), gate.clone());
        let health = ProviderHealth::new(
            (channel, name),
            concurrency,
            breaker,
            gate.clone(),
            clock.clone(),
        );
        Self {
            name,
            inbox,
            waker,
            flights: Vec::new(),
            concurrency,
            gate,
            health,
            clock,
            inboxes,
            bug,
        }
    }

    /// Takes what shards handed over; `false` when an outcome found no room.
    #[must_use]
    pub(crate) fn turn(&mut self) -> bool {
        let mut room = true;
        while let Some((dispatch, ticket)) = self.inbox.take() {
            let since = self.clock.now();
            let flight = Flight {
                dispatch,
                ticket: Some(ticket),
                since,
                arrival: None,
                silent_until: None,
            };
            if self.health.is_open() {
                room &= self.end(flight, withdrawn("breaker"));
            } else {
                self.flights.push(flight);
            }
        }
        room
    }

    /// The first byte of a flight leaves.
    pub(crate) fn left(&mut self, flight: usize, arrival: usize, silent_until: Option<Timestamp>) {
        let flight = &mut self.flights[flight];
        (flight.arrival, flight.silent_until) = (Some(arrival), silent_until);
        if self.bug == Some(Bug::PermitBackTooEarly) {
            drop(flight.ticket.take());
        }
    }

    /// A flight ends without having left.
    #[must_use]
    pub(crate) fn withdraw(&mut self, flight: usize) -> bool {
        let flight = self.flights.swap_remove(flight);
        let verdict = withdrawn("connect");
        self.health.learn(&verdict, flight.since);
        self.end(flight, verdict)
    }

    /// The answer to a flight is there, or will not come any more.
    #[must_use]
    pub(crate) fn answered(&mut self, flight: usize, verdict: Verdict) -> bool {
        let flight = self.flights.swap_remove(flight);
        self.health.learn(&verdict, flight.since);
        self.end(flight, verdict)
    }

    fn end(&self, mut flight: Flight, verdict: Verdict) -> bool {
        let attempt = flight.dispatch.attempt;
        let doubt = matches!(verdict, Verdict::InDoubt { .. });
        let left = left(attempt, &verdict);
        let inbox = &self.inboxes[usize::from(attempt.id.shard().0)];
        let room = inbox.take_outcome(Outcome {
            attempt,
            verdict,
            left,
        });
        let ticket = flight.ticket.take();
        if doubt && self.bug == Some(Bug::PermitLost) {
            std::mem::forget(ticket);
        }
        room
    }
}

/// What left, where it is kept: of every other attempt that may have arrived, so that both forms of an
/// outcome are met.
fn left(attempt: AttemptRef, verdict: &Verdict) -> Option<Left> {
    let may_have_arrived = matches!(
        verdict,
        Verdict::Accepted { .. } | Verdict::Delivered { .. } | Verdict::InDoubt { .. }
    );
    let is_kept = attempt.token().0[0].is_multiple_of(2);
    (may_have_arrived && is_kept).then_some(Left {
        hash: [7; 32],
        length: 1_000,
    })
}

fn withdrawn(code: &str) -> Verdict {
    Verdict::Withdrawn {
        why: Why::new(code, "nothing left"),
    }
}
