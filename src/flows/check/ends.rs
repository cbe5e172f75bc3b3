//! Owns the questions about where steps lead: whether something leads to each, and whether each comes
//! to an end. Refuses to judge times.

use std::collections::BTreeSet;

use sluis_model::Flow;
use sluis_model::flow::{Go, Step};

use super::report::Report;
use crate::config::flows::Found;

/// Reports steps to which nothing leads, and those from which no end is reached.
pub(super) fn check(found: &Found, flow: &Flow, report: &mut Report) {
    let reached = reached(flow);
    for (index, step) in flow.steps.iter().enumerate() {
        if !reached.contains(&index) {
            let message = "nothing leads here: expected a step, guard or answer that goes to it, or no such step";
            report.mistake(found, &format!("step.{}", step.id), message);
        }
    }
    let ending = ending(flow);
    let endless = reached.iter().filter(|index| !ending.contains(index));
    let endless: Vec<&Step> = endless.map(|index| &flow.steps[*index]).collect();
    if let Some(first) = endless.first() {
        let named: Vec<&str> = endless.iter().map(|step| &*step.id).collect();
        let named = named.join(", ");
        let message = format!(
            "no end is reached from here ({named}): expected a way to `end: <name>` or `human: <list>`"
        );
        report.mistake(found, &format!("step.{}", first.id), &message);
    }
}

/// The steps that a step or rule may lead to.
fn steps<'a>(ways: impl IntoIterator<Item = &'a Go>) -> Vec<usize> {
    let ways = ways.into_iter().filter_map(|go| match go {
        Go::Step(step) => Some(usize::from(*step)),
        Go::End(_) | Go::Human(_) => None,
    });
    ways.collect()
}

/// Everywhere a step leads.
fn leads(step: &Step) -> impl Iterator<Item = &Go> {
    let ways = step.kind.ways_out().into_iter();
    ways.map(|way| way.go)
}

/// The steps to which something leads, the first one, and the one that closes.
fn reached(flow: &Flow) -> BTreeSet<usize> {
    let guards = flow.guards.iter().map(|guard| &guard.otherwise);
    let mut next = steps(guards);
    next.push(0);
    next.extend(flow.close.map(|close| usize::from(close.step)));
    let mut reached = BTreeSet::new();
    while let Some(index) = next.pop() {
        if let Some(step) = flow.steps.get(index).filter(|_| reached.insert(index)) {
            next.extend(steps(leads(step)));
        }
    }
    reached
}

/// The steps from which an end, or people, can be reached.
fn ending(flow: &Flow) -> BTreeSet<usize> {
    let mut ending: BTreeSet<usize> = BTreeSet::new();
    loop {
        let before = ending.len();
        for (index, step) in flow.steps.iter().enumerate() {
            let leads_on = steps(leads(step));
            if ends_here(step) || leads_on.iter().any(|step| ending.contains(step)) {
                ending.insert(index);
            }
        }
        if ending.len() == before {
            return ending;
        }
    }
}

/// Whether a flow may end at a step, or go to people there.
fn ends_here(step: &Step) -> bool {
    let is_last = |go: &Go| matches!(go, Go::End(_) | Go::Human(_));
    // Without a handler for it, a message that bounces ends the flow.
    let without = step
        .kind
        .message()
        .is_some_and(|message| message.on.bounced.is_none());
    without || leads(step).any(is_last)
}
