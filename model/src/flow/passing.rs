//! Owns the check that a flow gives time its turn: steps in which no time may pass never lead back to
//! themselves, and those in which none ever does are few in a row. Refuses to look at guards: where those send a flow in circles,
//! people get it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};

use super::reader::Reader;
use super::rule::Go;
use super::step::Step;

/// Most steps in a row in which no time passes: fewer than one input may move a notification.
const MOST_IN_A_ROW: usize = 12;

impl Reader {
    /// Reports steps in which no time passes where they come back or are too many. The steps must be
    /// without other mistakes.
    pub(super) fn check_passing(&mut self, steps: &[Step]) {
        let before = self.problems.len();
        for start in (0..steps.len()).filter(|step| may_pass(&steps[*step])) {
            if let Some(circle) = circle(steps, start) {
                let named: Vec<&str> = circle.iter().map(|step| &*steps[*step].id).collect();
                let never = |step: &usize| !may_pass(&steps[*step]) || passes(&steps[*step]);
                let how = if circle.iter().all(never) {
                    "no time passes: expected a wait or a task in between"
                } else {
                    "it may be that no time passes: a fact can be there already, and a day can be over. Expected a wait for a time, without when, or a task in between"
                };
                let named = named.join(" -> ");
                let message = format!("{named} comes back to where it began, and {how}");
                self.problem(format!("step.{}", steps[start].id), message);
            }
        }
        if self.problems.len() > before {
            return;
        }
        let mut known = BTreeMap::new();
        for start in 0..steps.len() {
            let count = in_a_row(steps, start, &mut known);
            if count == MOST_IN_A_ROW + 1 {
                let message = format!(
                    "{count} steps in a row take no time: expected at most {MOST_IN_A_ROW}"
                );
                self.problem(format!("step.{}", steps[start].id), message);
            }
        }
    }
}

/// Whether no time passes in a step, whichever way it is left. One that sends may be left at once, when
/// nobody can be reached; but mostly it is not.
fn passes(step: &Step) -> bool {
    step.kind.message().is_none() && step.kind.ways_out().iter().all(|way| way.at_once)
}

/// Whether it may be that no time passes in a step: a wait for a fact that is there, or until a day that is
/// over. One that sends is left at once when nobody can be reached; a circle of those alone ends, because
/// no channel is tried for ever.
fn may_pass(step: &Step) -> bool {
    step.kind.message().is_none() && step.kind.ways_out().iter().any(|way| way.at_once)
}

/// The steps that a step may lead to in the same instant.
fn at_once(step: &Step) -> Vec<usize> {
    let ways = step.kind.ways_out().into_iter();
    let ways = ways
        .filter(|way| way.at_once)
        .filter_map(|way| match way.go {
            Go::Step(step) => Some(usize::from(*step)),
            Go::End(_) | Go::Human(_) => None,
        });
    ways.collect()
}

/// The shortest way from a step back to itself in which no time passes, told by its first step only.
fn circle(steps: &[Step], start: usize) -> Option<Vec<usize>> {
    let mut came_from = BTreeMap::new();
    let mut next = VecDeque::from([start]);
    while let Some(at) = next.pop_front() {
        for to in at_once(&steps[at]) {
            if to == start {
                let circle = back(&came_from, start, at);
                let is_first = circle
                    .iter()
                    .all(|step| *step >= start || !may_pass(&steps[*step]));
                return is_first.then_some(circle);
            }
            if let Entry::Vacant(unseen) = came_from.entry(to) {
                unseen.insert(at);
                next.push_back(to);
            }
        }
    }
    None
}

/// The steps from `start` to `last`, and `start` once more.
fn back(came_from: &BTreeMap<usize, usize>, start: usize, last: usize) -> Vec<usize> {
    let mut circle = vec![start, last];
    let mut at = last;
    while at != start {
        at = came_from[&at];
        circle.push(at);
    }
    circle.reverse();
    circle
}

/// How many steps in a row take no time, from this one on. There is no circle.
fn in_a_row(steps: &[Step], from: usize, known: &mut BTreeMap<usize, usize>) -> usize {
    if !passes(&steps[from]) {
        return 0;
    }
    if let Some(count) = known.get(&from) {
        return *count;
    }
    let next = at_once(&steps[from]).into_iter();
    let longest = next.map(|to| in_a_row(steps, to, known)).max();
    let count = 1 + longest.unwrap_or(0);
    known.insert(from, count);
    count
}
