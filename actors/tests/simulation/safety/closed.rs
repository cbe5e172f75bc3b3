//! What a machine was asked to open is closed: once a notification has ended whose request the machine took, the
//! machine took a close behind it, or people have it. It compares the ends in the records with the machine's own
//! book. Refuses the engine's definition of the flow: it knows the flow as it is written.

use std::collections::{BTreeMap, BTreeSet};

use sluis_model::{Channel, Event, NotificationId, Record};

use super::{Check, Findings};
use crate::outside::Outside;
use crate::shadow::Shadow;

const CHECK: Check = Check::ClosedAtTheMachine;

/// The step of `payment-link` that asks for a link.
pub(crate) const OPEN: u8 = 0;
/// The step that closes it.
pub(crate) const CLOSE: u8 = 2;

/// When everything handed in is durable: every notification that ended.
pub(crate) fn settled(outside: &Outside, shadow: &Shadow, findings: &mut Findings) {
    let asks = |arrival: &crate::outside::Arrival| arrival.dispatch.channel == Channel::Machine;
    if !outside.arrivals.iter().any(asks) {
        return;
    }
    let steps = steps_of(shadow);
    let people = with_people(shadow);
    let ended = events(shadow).filter_map(|event| match event {
        Event::Ended { id, end, .. } => Some((*id, end)),
        _ => None,
    });
    for (id, end) in ended {
        let (mut opened, mut closed) = (false, false);
        for arrival in outside.about(id).filter(|arrival| arrival.fate.taken()) {
            match steps.get(&(id, arrival.dispatch.attempt.attempt)) {
                // What is opened later than it is closed is open.
                Some(&OPEN) if asks(arrival) => (opened, closed) = (true, false),
                Some(&CLOSE) if asks(arrival) => closed = true,
                _ => {}
            }
        }
        let right = !opened || closed || people.contains(&id);
        findings.expect(right, CHECK, || {
            format!("{id} ended as {end:?}, and what the machine opened for it is not closed")
        });
    }
}

/// At which step each attempt started.
pub(crate) fn steps_of(shadow: &Shadow) -> BTreeMap<(NotificationId, u16), u8> {
    let (mut at, mut steps) = (BTreeMap::new(), BTreeMap::new());
    for event in events(shadow) {
        match event {
            Event::StepEntered { id, step, .. } => drop(at.insert(*id, *step)),
            Event::AttemptStarted { id, attempt, .. } => {
                let step = at.get(id).copied().unwrap_or_default();
                steps.insert((*id, *attempt), step);
            }
            _ => {}
        }
    }
    steps
}

/// Those whose close became a task of people.
fn with_people(shadow: &Shadow) -> BTreeSet<NotificationId> {
    let (mut at, mut people) = (BTreeMap::new(), BTreeSet::new());
    for event in events(shadow) {
        match event {
            Event::StepEntered { id, step, .. } => drop(at.insert(*id, *step)),
            Event::TaskOpened { id, .. } if at.get(id) == Some(&CLOSE) => drop(people.insert(*id)),
            _ => {}
        }
    }
    people
}

/// Every event of every shard, each notification's in order.
fn events(shadow: &Shadow) -> impl Iterator<Item = &Event> {
    let records = shadow.logs.iter().flat_map(|log| &log.records);
    let records = records.filter_map(|record| match record {
        Record::Tenant(record) => Some(record),
        Record::Control(_) | Record::Stored(_) | Record::Gone(_) => None,
    });
    records.flat_map(|record| &record.events)
}
