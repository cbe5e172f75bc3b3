//! Owns the names of the actors' metrics and the calls that count them. Each doc comment is the
//! operator's help. Refuses labels without a bound.

use std::collections::HashMap;
use std::mem::{Discriminant, discriminant};

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use sluis_model::{Cause, Channel, Event, Flow, FlowBook, FlowRef, Lane, ShardId, Timestamp};

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
    /// Decisions by kind of event. A rise of `ended` without `attempt_started` means messages end
    /// unsent: see their reasons.
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
    /// How late a timer fired. Seconds are normal right after a start, when everything that fell
    /// due meanwhile fires.
    TIMER_LATENESS = "histogram" "sluis_shard_timer_lateness_seconds";
    /// Panics caught, by kind of actor. Any is a bug: report it with the log line beside it.
    PANICS = "counter" "sluis_actor_panics_total";
    /// Actors rebuilt from the journal.
    RESTARTS = "counter" "sluis_actor_restarts_total";
    /// Escalations: a step entered because of a bounce, silence or an unreachable tenant, by cause.
    ESCALATIONS = "counter" "sluis_shard_escalations_total";
    /// Time in queue, by channel and lane: from the instant a message wanted to be sent to the
    /// start of its attempt. Rate limits, send windows, breakers and pauses are in it; `urgent`
    /// stays low whatever `bulk` does.
    QUEUE_WAIT = "histogram" "sluis_shard_queue_wait_seconds";
    /// Notifications ended, by flow and end. A rise of `undeliverable` deserves a look.
    ENDS = "counter" "sluis_shard_ends_total";
}

/// Ends that the engine itself gives, whatever the flow says.
const OWN_ENDS: [&str; 6] = [
    "already running",
    "cancelled",
    "closed by hand",
    "expired",
    "sent",
    "undeliverable",
];
/// Causes of an escalation, as the label names them.
const ESCALATED_BY: [&str; 3] = ["bounced", "unanswered", "unreachable"];
/// Kinds of actor that can panic and be rebuilt.
const ACTORS: [&str; 1] = ["shard"];
/// Every kind of event, as the label names it.
const EVENT_NAMES: [&str; 22] = [
    "accepted",
    "waiting",
    "step_entered",
    "ready",
    "held",
    "attempt_started",
    "attempt_withdrawn",
    "attempt_accepted",
    "attempt_delivered",
    "attempt_deferred",
    "attempt_failed",
    "attempt_in_doubt",
    "receipt_noted",
    "outcome_noted",
    "task_opened",
    "link_closed",
    "link_used",
    "ended",
    "profile_stored",
    "address_marked",
    "fact_taken",
    "subject_open",
];

/// Makes the series that would else begin with their first event: a rate over a series that is
/// missing is no rate.
pub fn announce<'a>(flows: impl IntoIterator<Item = &'a Flow>) {
    EVENT_NAMES
        .into_iter()
        .for_each(|event| counter!(EVENTS, "event" => event).increment(0));
    for actor in ACTORS {
        counter!(PANICS, "actor" => actor).increment(0);
        counter!(RESTARTS, "actor" => actor).increment(0);
    }
    for flow in flows {
        for end in ends_of(flow) {
            counter!(ENDS, "flow" => flow.name.to_string(), "end" => end.to_owned()).increment(0);
        }
    }
}

/// Values of labels that are closed lists: what a help text quotes is held to them.
pub fn label_values() -> impl Iterator<Item = &'static str> {
    let verdicts = crate::supervisor::VERDICTS;
    EVENT_NAMES
        .into_iter()
        .chain(OWN_ENDS)
        .chain(ESCALATED_BY)
        .chain(ACTORS)
        .chain(verdicts)
}

/// Every end that the flow can come to.
fn ends_of(flow: &Flow) -> Vec<&str> {
    let mut ends: Vec<&str> = flow.ends().chain(OWN_ENDS).collect();
    ends.sort_unstable();
    ends.dedup();
    ends
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
    }
}

/// The place of an escalation's cause in [`ESCALATED_BY`].
const fn escalated_by(cause: &Cause) -> Option<usize> {
    match cause {
        Cause::Bounced { .. } => Some(0),
        Cause::Unanswered => Some(1),
        Cause::Unreachable => Some(2),
        _ => None,
    }
}

/// Counts what flows end in. As long as the list of flows and their ends.
#[derive(Default)]
pub(crate) struct EndCounters(HashMap<FlowRef, Vec<(Box<str>, Counter)>>);

impl EndCounters {
    /// Counts one end.
    pub(crate) fn count(&mut self, reference: FlowRef, end: &str, flows: &dyn FlowBook) {
        let ends = self.0.entry(reference).or_default();
        if let Some((_, counter)) = ends.iter().find(|(known, _)| **known == *end) {
            return counter.increment(1);
        }
        let flow = flows
            .flow(reference)
            .map_or_else(|| "none".to_owned(), |flow| flow.name.to_string());
        let counter = counter!(ENDS, "flow" => flow, "end" => end.to_owned());
        counter.increment(1);
        ends.push((end.into(), counter));
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
        Event::AddressKept { .. } => "address_kept",
        Event::FactTaken => "fact_taken",
        Event::SubjectOpen { .. } => "subject_open",
    }
}

pub(crate) fn actor_panicked(actor: &'static str) {
    counter!(PANICS, "actor" => actor).increment(1);
}

pub(crate) fn actor_restarted(actor: &'static str) {
    counter!(RESTARTS, "actor" => actor).increment(1);
}

/// What one shard counts and shows.
pub(crate) struct ShardMetrics {
    events: EventCounters,
    pub(crate) ends: EndCounters,
    escalations: [Counter; ESCALATED_BY.len()],
    lateness: Histogram,
    /// By channel and lane.
    queue_waits: [[Histogram; Lane::ALL.len()]; Channel::ALL.len()],
    pub(crate) records: Counter,
    pub(crate) open: Gauge,
    pub(crate) tenants: Gauge,
    pub(crate) timers: Gauge,
    pub(crate) parked: Gauge,
    pub(crate) undurable: Gauge,
    pub(crate) ready: [Gauge; 3],
}

impl ShardMetrics {
    /// Those of a shard; `channels` has those with a way out, which alone get series for their
    /// queues.
    pub(crate) fn of(shard: ShardId, channels: impl Fn(Channel) -> bool) -> Self {
        let shard = shard.0.to_string();
        let queue_wait = |channel: Channel, lane: Lane| match channels(channel) {
            true => histogram!(QUEUE_WAIT, "channel" => channel.name(), "lane" => lane.name()),
            false => Histogram::noop(),
        };
        Self {
            events: EventCounters::default(),
            ends: EndCounters::default(),
            escalations: ESCALATED_BY.map(|cause| counter!(ESCALATIONS, "cause" => cause)),
            lateness: histogram!(TIMER_LATENESS),
            queue_waits: Channel::ALL
                .map(|channel| Lane::ALL.map(|lane| queue_wait(channel, lane))),
            records: counter!(RECORDS),
            open: gauge!(OPEN, "shard" => shard.clone()),
            tenants: gauge!(TENANTS, "shard" => shard.clone()),
            timers: gauge!(TIMERS, "shard" => shard.clone()),
            parked: gauge!(PARKED, "shard" => shard.clone()),
            undurable: gauge!(UNDURABLE, "shard" => shard.clone()),
            ready: sluis_model::Lane::ALL
                .map(|lane| gauge!(READY, "shard" => shard.clone(), "lane" => lane.name())),
        }
    }

    /// Counts one decision.
    pub(crate) fn decided(&mut self, event: &Event) {
        self.events.count(event);
        if let Event::StepEntered { cause, .. } = event
            && let Some(place) = escalated_by(cause)
        {
            self.escalations[place].increment(1);
        }
    }

    /// A timer fired, so late.
    pub(crate) fn timer_fired(&self, late_ms: i64) {
        self.lateness.record(seconds(late_ms));
    }

    /// An attempt started for a message that wanted to be sent since `since`.
    pub(crate) fn left_queue(
        &self,
        channel: Channel,
        lane: Lane,
        since: Timestamp,
        now: Timestamp,
    ) {
        self.queue_waits[channel as usize][lane as usize].record(seconds(now.since(since)));
    }
}

fn seconds(millis: i64) -> f64 {
    millis.max(0) as f64 / 1_000.0
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use sluis_model::flow::Definition;

    use super::*;

    #[test]
    fn a_flow_says_every_end_it_can_come_to() {
        let classes = include_str!("../../config/flows/classes/storno-class.toml");
        let classes = BTreeMap::from([("storno-class".to_owned(), classes.to_owned())]);
        let flow = include_str!("../../config/flows/storno.toml");
        let storno = Flow::compile(&Definition {
            flow: flow.into(),
            classes,
            ..Definition::default()
        })
        .expect("a sound flow");
        let ends = ends_of(&storno);
        assert!(
            ends.contains(&"paid") && OWN_ENDS.iter().all(|end| ends.contains(end)),
            "{ends:?}"
        );
        assert!(ends.is_sorted());
    }

    #[test]
    fn every_event_that_is_counted_is_there_from_the_start() {
        let id = sluis_model::NotificationId(1);
        let some = [
            Event::FactTaken,
            Event::Accepted { id },
            Event::LinkUsed { id, pressed: true },
        ];
        assert!(
            some.iter()
                .all(|event| EVENT_NAMES.contains(&event_name(event)))
        );
    }
}
