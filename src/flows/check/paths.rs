//! Owns the paths under which parts of a compiled flow are told. Refuses to know where they stand.

use sluis_model::Flow;
use sluis_model::flow::Condition;

/// A rule of a flow: its path and what it asks.
pub(super) struct Rule<'a> {
    /// Where it stands: `guard[0] "balance above zero".when`.
    pub path: String,
    /// What it asks.
    pub when: &'a Condition,
}

/// The guards of a flow.
pub(super) fn guards(flow: &Flow) -> impl Iterator<Item = Rule<'_>> {
    let guards = flow.guards.iter().enumerate();
    guards.map(|(number, guard)| Rule {
        path: format!("guard[{number}] {:?}.when", guard.name),
        when: &guard.when,
    })
}

/// The cases of the steps that choose.
pub(super) fn cases(flow: &Flow) -> impl Iterator<Item = Rule<'_>> {
    let steps = flow.steps.iter();
    let choosing = steps.filter_map(|step| Some((&step.id, step.kind.branches()?)));
    choosing.flat_map(|(id, branches)| {
        let cases = branches.cases.iter().enumerate();
        cases.map(move |(number, case)| Rule {
            path: format!("step.{id}.branch.cases[{number}].when"),
            when: &case.when,
        })
    })
}

/// The stop rules of a flow.
pub(super) fn stops(flow: &Flow) -> impl Iterator<Item = Rule<'_>> {
    let stops = flow.stops.iter().enumerate();
    stops.map(|(number, stop)| Rule {
        path: format!("stop[{number}] {:?}.when", stop.name),
        when: &stop.when,
    })
}

/// What waits look out for.
pub(super) fn awaited(flow: &Flow) -> impl Iterator<Item = Rule<'_>> {
    flow.steps.iter().filter_map(|step| {
        let awaited = step.kind.awaited()?;
        Some(Rule {
            path: format!("step.{}.wait.when", step.id),
            when: &awaited.when,
        })
    })
}
