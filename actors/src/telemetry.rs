//! Owns the names of the actors' metrics and the calls that count them. Each doc comment is the operator's help.
//! Refuses labels without a bound.

use std::mem::{Discriminant, discriminant};

use metrics::{Counter, Gauge, counter, gauge, histogram};
use sluis_model::{Event, ShardId};

/// One metric: name, kind, help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Described {
    /// Name as exported.
    pub name: &'static str,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    /// What it means, when it is normal, what to do.
    pub help: &'static str,
}

macro_rules! names {
    ($($(#[doc = $help:literal])+ $constant:ident = $kind:literal $name:literal;)+) => {
        $($(#[doc = $help])+ pub const $constant: &str = $name;)+
        /// Every metric of the actors.
        pub const ACTOR_METRICS: &[Described] = &[$(Described { name: $name, kind: $kind, help: concat!($($help),+) }),+];
    };
}

names! {
    /// Decisions by kind of event. A rise of `ended` without `attempt_started` means messages end unsent: see their reasons.
    EVENTS = "counter" "sluis_shard_events_total";
    /// Records handed to the journal.
    RECORDS = "counter" "sluis_shard_records_total";
    /// Open notifications, per shard.
    OPEN = "gauge" "sluis_shard_open_notifications";
    /// Tenants in memory, per shard.
    TENANTS = "gauge" "sluis_shard_tenants";
    /// Open notifications with an instant at which something must be decided.
    TIMERS = "gauge" "sluis_shard_timers_pending";
    /// Messages that want to be sent and wait for a permit, by lane.
    READY = "gauge" "sluis_shard_ready_messages";
    /// Messages that met a pause and wait for its end.
    PARKED = "gauge" "sluis_shard_parked_messages";
    /// Answers and sends that wait for the disk.
    UNDURABLE = "gauge" "sluis_shard_undurable_effects";
    /// How late a timer fired. Seconds are normal right after a start, when everything that fell due meanwhile fires.
    TIMER_LATENESS = "histogram" "sluis_shard_timer_lateness_seconds";
    /// Panics caught, by kind of actor. Any is a bug: report it with the log line beside it.
    PANICS = "counter" "sluis_actor_panics_total";
    /// Actors rebuilt from the journal.
    RESTARTS = "counter" "sluis_actor_restarts_total";
    /// Escalations: a step entered because of a bounce, silence or an unreachable tenant, by cause.
    ESCALATIONS = "counter" "sluis_shard_escalations_total";
}

/// Counts decisions. Finding a counter by its name costs more than counting, so each is found once.
#[derive(Default)]
pub(crate) struct EventCounters(Vec<(Discriminant<Event>, Counter)>);

impl EventCounters {
    /// Counts one decision.
    pub(crate) fn count(&mut self, event: &Event) {
        let kind = discriminant(event);
        match self.0.iter().find(|(known, _)| *known == kind) {
            Some((_, counter)) => counter.increment(1),
            None => {
                let counter = counter!(EVENTS, "event" => event_name(event));
                counter.increment(1);
                self.0.push((kind, counter));
            }
        }
        count_escalation(event);
    }
}

fn count_escalation(event: &Event) {
    if let Event::StepEntered { cause, .. } = event {
        let cause = match cause {
            sluis_model::Cause::Bounced { .. } => "bounced",
            sluis_model::Cause::Unanswered => "unanswered",
            sluis_model::Cause::Unreachable => "unreachable",
            _ => return,
        };
        counter!(ESCALATIONS, "cause" => cause).increment(1);
    }
}

fn event_name(event: &Event) -> &'static str {
    match event {
        Event::Accepted { .. } => "accepted",
        Event::Waiting { .. } => "waiting",
        Event::StepEntered { .. } => "step_entered",
        Event::Ready { .. } => "ready",
        Event::Held { .. } => "held",
        Event::AttemptStarted { .. } => "attempt_started",
        Event::AttemptWithdrawn { .. } => "attempt_withdrawn",
        Event::AttemptAccepted { .. } => "attempt_accepted",
        Event::AttemptDelivered { .. } => "attempt_delivered",
        Event::AttemptDeferred { .. } => "attempt_deferred",
        Event::AttemptFailed { .. } => "attempt_failed",
        Event::AttemptInDoubt { .. } => "attempt_in_doubt",
        Event::ReceiptNoted { .. } => "receipt_noted",
        Event::OutcomeNoted { .. } => "outcome_noted",
        Event::TaskOpened { .. } => "task_opened",
        Event::LinkClosed { .. } => "link_closed",
        Event::LinkUsed { .. } => "link_used",
        Event::Ended { .. } => "ended",
        Event::ProfileStored { .. } => "profile_stored",
        Event::AddressMarked { .. } => "address_marked",
        Event::FactTaken => "fact_taken",
        Event::SubjectOpen { .. } => "subject_open",
    }
}

pub(crate) fn timer_fired(late_ms: i64) {
    histogram!(TIMER_LATENESS).record(late_ms.max(0) as f64 / 1_000.0);
}

pub(crate) fn actor_panicked(actor: &'static str) {
    counter!(PANICS, "actor" => actor).increment(1);
}

pub(crate) fn actor_restarted(actor: &'static str) {
    counter!(RESTARTS, "actor" => actor).increment(1);
}

/// What one shard counts and shows.
pub(crate) struct ShardMetrics {
    pub(crate) events: EventCounters,
    pub(crate) records: Counter,
    pub(crate) open: Gauge,
    pub(crate) tenants: Gauge,
    pub(crate) timers: Gauge,
    pub(crate) parked: Gauge,
    pub(crate) undurable: Gauge,
    pub(crate) ready: [Gauge; 3],
}

impl ShardMetrics {
    pub(crate) fn of(shard: ShardId) -> Self {
        let shard = shard.0.to_string();
        Self {
            events: EventCounters::default(),
            records: counter!(RECORDS),
            open: gauge!(OPEN, "shard" => shard.clone()),
            tenants: gauge!(TENANTS, "shard" => shard.clone()),
            timers: gauge!(TIMERS, "shard" => shard.clone()),
            parked: gauge!(PARKED, "shard" => shard.clone()),
            undurable: gauge!(UNDURABLE, "shard" => shard.clone()),
            ready: sluis_model::Lane::ALL.map(|lane| gauge!(READY, "shard" => shard.clone(), "lane" => lane.name())),
        }
    }
}
