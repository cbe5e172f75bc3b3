//! Owns what the machine says that makes payment links: its answers by the API, early, late, twice, and after the
//! link was to be closed; and what worlds with it must have met. Refuses to judge what is closed.

use std::collections::BTreeSet;

use sluis_actors::ShardRequest;
use sluis_model::flow::Value;
use sluis_model::{Cause, Channel, Event, Input, Record, TenantAnswered};

use crate::outside::{Fate, Shown};
use crate::safety::closed::{CLOSE, OPEN, steps_of};
use crate::senders::What;
use crate::world::World;

/// What a few dozen seeds must reach together.
pub(crate) const EXPECTED: [&str; 11] = [
    "a link is asked for",
    "a machine answers",
    "a close arrives",
    "a close arrives twice",
    "a close is put off",
    "a close is in doubt",
    "a close is refused",
    "closing after a stop",
    "closing after a cancellation",
    "closing at the end of the flow",
    "a close after a request in doubt",
];

impl World {
    /// The machine answers a request that it took; nothing keeps it from that.
    pub(crate) fn machine_answers(&mut self) {
        let asked = self.outside.arrivals.iter();
        let asked = asked.filter(|arrival| arrival.dispatch.channel == Channel::Machine);
        let asked: Vec<_> = asked
            .filter(|arrival| arrival.fate.taken())
            .map(|arrival| (arrival.dispatch.corporation, arrival.dispatch.attempt.id))
            .collect();
        if asked.is_empty() {
            return;
        }
        let senders = &mut self.chance.senders;
        let back = senders.below(asked.len()).min(senders.below(asked.len()));
        let (corporation, id) = asked[asked.len() - 1 - back];
        let (answer, says) = match senders.chance(80) {
            true => {
                let url = Value::Text("https://pay.example.nl/1".into());
                ("opened", Box::from([("url".into(), url)]))
            }
            false => ("refused", Box::default()),
        };
        self.note(|| format!("the machine answers {id}: {answer}"));
        let input = Input::TenantAnswered(Box::new(TenantAnswered {
            shown: None,
            id,
            step: OPEN,
            answer: answer.into(),
            by: "payments".into(),
            says,
        }));
        self.hand_in(What::Task, id.shard(), |reply| ShardRequest::ById {
            corporation,
            id,
            input,
            reply,
        });
    }
}

/// What a world with a machine met.
pub(crate) fn reached(world: &World) -> BTreeSet<&'static str> {
    let mut reached = BTreeSet::new();
    for log in &world.shadow.logs {
        for record in &log.records {
            if let Record::Tenant(record) = record {
                let is_answer = matches!(record.input, Input::TenantAnswered(_));
                let moved = is_answer && !record.events.is_empty();
                reached.extend(moved.then_some("a machine answers"));
                reached.extend(record.events.iter().filter_map(closing));
            }
        }
    }
    let steps = steps_of(&world.shadow);
    let mut closed = BTreeSet::new();
    let mut doubted = BTreeSet::new();
    for arrival in &world.outside.arrivals {
        let attempt = arrival.dispatch.attempt;
        let step = steps.get(&(attempt.id, attempt.attempt));
        if arrival.dispatch.channel != Channel::Machine {
            continue;
        }
        let in_doubt = arrival.shown == Shown::Broke;
        if step == Some(&OPEN) {
            reached.insert("a link is asked for");
            if in_doubt {
                doubted.insert(attempt.id);
            }
        }
        if step == Some(&CLOSE) {
            reached.insert("a close arrives");
            let again = !closed.insert((attempt.id, attempt.attempt));
            reached.extend(again.then_some("a close arrives twice"));
            let after_doubt = doubted.contains(&attempt.id);
            reached.extend(after_doubt.then_some("a close after a request in doubt"));
            reached.extend(match arrival.fate {
                Fate::PutsOff(_) => Some("a close is put off"),
                Fate::Refuses(_) => Some("a close is refused"),
                _ => in_doubt.then_some("a close is in doubt"),
            });
        }
    }
    reached
}

fn closing(event: &Event) -> Option<&'static str> {
    let Event::Closing { cause, .. } = event else {
        return None;
    };
    match cause {
        Cause::Stop { .. } => Some("closing after a stop"),
        Cause::Cancelled { .. } => Some("closing after a cancellation"),
        Cause::Settled => Some("closing at the end of the flow"),
        _ => None,
    }
}
