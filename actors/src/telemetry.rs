//! Owns what shards count and show, and the calls that count it. Refuses a metric that is not in
//! the list (`names`).

pub(crate) mod labels;
pub mod names;

/// The target of every span. A span is made only where something takes those of this target.
pub const TRACE: &str = "sluis::trace";

use std::mem::{Discriminant, discriminant};

use metrics::{Counter, Gauge, Histogram};
use rustc_hash::FxHashMap;
use sluis_model::{
    Channel, Event, Flow, FlowBook, FlowRef, Lane, ShardId, StoredTenant, Timestamp,
};

use self::labels::{ESCALATED_BY, OWN_ENDS, WAITED_FOR, escalated_by};

/// Makes the series of the ends that these flows can come to: a rate over a series that begins with
/// its first event misses that event.
pub fn announce<'a>(flows: impl IntoIterator<Item = &'a Flow>) {
    for flow in flows {
        for end in ends_of(flow) {
            let ends = names::ENDS.of((flow.name.to_string(), end.to_owned()));
            ends.increment(0);
        }
    }
}

/// Ends that every flow can come to, whatever it says: values that a help text may quote.
#[must_use]
pub const fn own_ends() -> &'static [&'static str] {
    &OWN_ENDS
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
                let counter = names::EVENTS.of(event.name());
                counter.increment(1);
                self.0.push((kind, counter));
            }
        }
    }
}

/// Counts what flows end in. As long as the list of flows and their ends.
#[derive(Default)]
pub(crate) struct EndCounters(FxHashMap<FlowRef, Vec<(Box<str>, Counter)>>);

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
        let counter = names::ENDS.of((flow, end.to_owned()));
        counter.increment(1);
        ends.push((end.into(), counter));
    }
}

pub(crate) fn actor_panicked(actor: &'static str) {
    names::PANICS.of(actor).increment(1);
}

pub(crate) fn actor_restarted(actor: &'static str) {
    names::RESTARTS.of(actor).increment(1);
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
    pub(crate) passive: Gauge,
    pub(crate) waiting: Gauge,
    pub(crate) passivations: Counter,
    activations: Counter,
    pub(crate) misses: Counter,
    /// For others and for urgent ones.
    activation_waits: [Histogram; WAITED_FOR.len()],
    pub(crate) timers: Gauge,
    pub(crate) parked: Gauge,
    pub(crate) undurable: Gauge,
    carried: [Counter; 3],
    pub(crate) ready: [Gauge; 3],
}

impl ShardMetrics {
    /// Those of a shard; `channels` has those with a way out, which alone get series for their
    /// queues.
    pub(crate) fn of(shard: ShardId, channels: impl Fn(Channel) -> bool) -> Self {
        let shard = shard.0.to_string();
        let queue_wait = |channel: Channel, lane: Lane| match channels(channel) {
            true => names::QUEUE_WAIT.of((channel.name(), lane.name())),
            false => Histogram::noop(),
        };
        Self {
            events: EventCounters::default(),
            ends: EndCounters::default(),
            escalations: ESCALATED_BY.map(|cause| names::ESCALATIONS.of(cause)),
            lateness: names::TIMER_LATENESS.of(()),
            queue_waits: Channel::ALL
                .map(|channel| Lane::ALL.map(|lane| queue_wait(channel, lane))),
            records: names::RECORDS.of(()),
            open: names::OPEN.of(shard.clone()),
            tenants: names::TENANTS.of(shard.clone()),
            passive: names::PASSIVE_TENANTS.of(shard.clone()),
            waiting: names::WAITING_FOR_TENANTS.of(shard.clone()),
            passivations: names::PASSIVATIONS.of(()),
            activations: names::ACTIVATIONS.of(()),
            misses: names::TENANT_MISSES.of(()),
            activation_waits: WAITED_FOR.map(|what| names::ACTIVATION_WAIT.of(what)),
            timers: names::TIMERS.of(shard.clone()),
            parked: names::PARKED.of(shard.clone()),
            undurable: names::UNDURABLE.of(shard.clone()),
            carried: [
                names::CARRIED.of(()),
                names::CARRIED_BODIES.of(()),
                names::CARRIED_BYTES.of(()),
            ],
            ready: sluis_model::Lane::ALL.map(|lane| names::READY.of((shard.clone(), lane.name()))),
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

    /// Records were written again.
    pub(crate) fn carried(&self, records: &[StoredTenant], bytes: usize) {
        let [tenants, bodies, all_bytes] = &self.carried;
        all_bytes.increment(bytes as u64);
        let whole = records.iter().any(|record| !record.is_bodies_only());
        tenants.increment(u64::from(whole));
        let carried: usize = records.iter().map(|record| record.bodies.len()).sum();
        bodies.increment(carried as u64);
    }

    /// A tenant became active; so long after the first message for it came, or the first of a line with
    /// an urgent one.
    pub(crate) fn activated(&self, waited_ms: i64, is_urgent: bool) {
        self.activations.increment(1);
        self.activation_waits[usize::from(is_urgent)].record(seconds(waited_ms));
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
}
