//! Owns the check of a configuration that is read again, as a whole, and the making of all that is to be taken
//! over. Refuses to change anything.

use std::collections::HashSet;

use sluis_actors::{Book, BookProblem, Fresh};
use sluis_model::{FlowRef, Policy};

use super::differences::{self, Sides};
use super::sum;
use crate::app::App;
use crate::certificates::Certificates;
use crate::config::{Config, ConfigProblems, MapSecrets, Problem, facts, flows, steering};
use crate::fact_types::FactTypes;
use crate::flows::check;
use crate::reloading::{Current, Difference};

/// The configuration that runs.
pub(super) struct Running {
    pub(super) config: Config,
    pub(super) current: Current,
}

/// What can be taken over: all of it was checked and made.
pub(super) struct Checked {
    pub(super) config: Config,
    pub(super) flows: Fresh,
    pub(super) policy: Policy,
    pub(super) fact_types: FactTypes,
    pub(super) checksum: String,
    pub(super) changes: Vec<Difference>,
    pub(super) waiting: Vec<String>,
}

/// Checks all of a configuration for an engine that runs.
///
/// # Errors
/// Every mistake.
pub(super) fn check(
    (secrets, certificates): (&MapSecrets<'_>, &Certificates),
    app: &App,
    running: &Running,
    fresh: &Config,
) -> Result<Checked, ConfigProblems> {
    let mut config = fresh.for_running(&running.config);
    keep_within_room(&mut config, running, app);
    let mut problems = Vec::new();
    let mut wrong = |found: ConfigProblems| problems.extend(found.0);
    config.check_again().unwrap_or_else(&mut wrong);
    let flows = flows_of(&config, &app.book).map_err(&mut wrong).ok();
    let fact_types = facts::load(&config).map_err(&mut wrong).ok();
    let steering = steering::load(&config).map_err(&mut wrong).ok();
    config.provider_setups(secrets).map_err(&mut wrong).ok();
    wrong(ConfigProblems(certificates.check(&config)));
    let (Some(flows), Some(fact_types), Some(steering), true) =
        (flows, fact_types, steering, problems.is_empty())
    else {
        return Err(ConfigProblems(problems));
    };
    let policy = Policy {
        steering,
        ..config.policy()
    };
    let sides = Sides {
        before: &running.config,
        now: &config,
        fresh,
    };
    let mut changes = differences::of_flows(&sides, &app.book, &flows);
    changes.extend(differences::of_fact_types(
        &sides,
        &app.fact_types.get(),
        &fact_types,
    ));
    changes.extend(differences::of_steering(
        &sides,
        &app.engine.policy(),
        &policy,
    ));
    changes.extend(differences::of_settings(&sides));
    Ok(Checked {
        checksum: sum::of_fresh(&config, &flows, &policy, &fact_types),
        waiting: differences::waiting(&sides),
        config,
        flows,
        policy,
        fact_types,
        changes,
    })
}

/// A provider is given no more at once than the lines of the engine have room for: what is more waits for a
/// start.
fn keep_within_room(config: &mut Config, running: &Running, app: &App) {
    for (provider, before) in config.providers.iter_mut().zip(&running.config.providers) {
        let room = app.engine.room(&provider.name);
        if room.is_some_and(|room| provider.concurrency.get() as usize > room) {
            provider.concurrency = before.concurrency;
        }
    }
}

/// The flows of a configuration, compiled. Those that do not run already are also held against what a start does
/// not ask: whether each step can be reached, whether they come to an end.
fn flows_of(config: &Config, book: &Book) -> Result<Fresh, ConfigProblems> {
    let running = book.all_current().into_iter();
    let running: HashSet<FlowRef> = running.map(|(_, flow)| flow.reference).collect();
    let (mut all, mistakes) = flows::find(config);
    all.retain(|found| !running.contains(&found.definition.reference()));
    let report = check::check(&all, mistakes);
    let mut problems: Vec<Problem> = report.mistakes.into_iter().map(Problem::from).collect();
    let compiled = flows::load(config).and_then(|definitions| {
        Book::check(definitions).map_err(|found| ConfigProblems(placed(config, &found)))
    });
    match compiled {
        Ok(fresh) if problems.is_empty() => return Ok(fresh),
        Ok(_) => {}
        Err(found) => {
            let more = found.0.into_iter();
            let more: Vec<Problem> = more.filter(|one| !problems.contains(one)).collect();
            problems.extend(more);
        }
    }
    Err(ConfigProblems(problems))
}

/// What is wrong with the flows of a configuration, in the lines where it stands.
pub(crate) fn placed(config: &Config, found: &[BookProblem]) -> Vec<Problem> {
    let (all, mistakes) = flows::find(config);
    let report = check::check(&all, mistakes);
    if report.mistakes.is_empty() {
        return found.iter().map(flow_problem).collect();
    }
    report.mistakes.into_iter().map(Problem::from).collect()
}

/// What is wrong with a flow, as what is wrong with a setting is told.
pub(super) fn flow_problem(found: &BookProblem) -> Problem {
    let path = format!("flow {}.{}", found.definition, found.path);
    Problem::new(path, "wrong", "a flow that compiles", found.message.clone())
}
