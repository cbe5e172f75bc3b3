//! Owns the running of files of scenarios, and the tables of what they cover. Refuses to play one.

use std::collections::BTreeSet;
use std::path::Path;

use sluis_model::Flow;
use sluis_model::flow::Definition;
use sluis_model::reading::nearest;
use sluis_model::steering::{Mistake, Steering};

use super::coverage::Coverage;
use super::file::{instant, read};
use super::outcome::{Outcome, Tested};
use super::play::Run;
use crate::config::facts;
use crate::config::flows::{FlowMistake, Found, place_in};
use crate::fact_types::Types;

/// Runs files of scenarios (as each is shown, and its text) on the flows that were found.
#[must_use]
pub fn test(found: &[Found], files: &[(String, String)]) -> Tested {
    let mut tested = Tested::default();
    let mut covered: Vec<(Flow, Types, Coverage)> = Vec::new();
    for (label, text) in files {
        let file = match read(label, text) {
            Ok(file) => file,
            Err(mistakes) => {
                tested.mistakes.extend(mistakes);
                continue;
            }
        };
        let mistake = |path: &str, message: String| {
            FlowMistake::new(place_in(label, text, path), path, message)
        };
        let flow = compiled(found, &file.flow);
        if flow.is_none() {
            let message = no_flow(found, &file.flow);
            tested.mistakes.push(mistake("flow", message));
        }
        let start = instant(&file.starts);
        if start.is_err() {
            let message = format!(
                "{:?}: expected an instant with its offset, such as \"2026-11-24T10:00:00+01:00\"",
                file.starts
            );
            tested.mistakes.push(mistake("starts", message));
        }
        let steering = steering(label, file.steering.as_deref());
        if let Err(wrong) = &steering {
            let wrong = wrong.iter().cloned();
            let wrong = wrong.map(|message| mistake("steering", message));
            tested.mistakes.extend(wrong);
        }
        let (Some((flow, types)), Ok(start), Ok(steering)) = (flow, start, steering) else {
            continue;
        };
        let index = covered
            .iter()
            .position(|(known, ..)| known.reference == flow.reference);
        let index = index.unwrap_or_else(|| {
            covered.push((flow, types, Coverage::default()));
            covered.len() - 1
        });
        let (flow, types, coverage) = &mut covered[index];
        for (number, scenario) in file.scenario.iter().enumerate() {
            let run = Run {
                flow,
                types,
                file: &file,
                scenario,
                start,
                steering: &steering,
            };
            match run.play(number, coverage) {
                Ok(differs) => tested.outcomes.push(Outcome {
                    file: label.clone(),
                    name: scenario.name.clone(),
                    differs,
                }),
                Err(wrong) => {
                    let wrong = wrong.into_iter();
                    let wrong = wrong.map(|(path, message)| mistake(&path, message));
                    tested.mistakes.extend(wrong);
                }
            }
        }
    }
    for (flow, _, coverage) in &covered {
        tested.coverage.push(coverage.table(flow));
        let uncovered = coverage.uncovered(flow).into_iter();
        tested
            .uncovered
            .extend(uncovered.map(|part| format!("{}: {part}", flow.name)));
    }
    tested
}

/// How the corporation of the scenarios steers: as the file says that is named from the directory of the
/// scenarios' own file.
///
/// # Errors
/// Every mistake in it, with its line.
fn steering(label: &str, named: Option<&str>) -> Result<Steering, Vec<String>> {
    let Some(named) = named else {
        return Ok(Steering::default());
    };
    let dir = Path::new(label).parent().unwrap_or(Path::new("."));
    let path = dir.join(named);
    let shown = path.display();
    let text = std::fs::read_to_string(&path)
        .map_err(|error| vec![format!("{shown}: {error}: expected a file of steering")])?;
    Steering::parse(&text).map_err(|mistakes| {
        let told = mistakes.into_iter().map(|found| {
            let Mistake {
                line,
                path,
                value,
                expected,
                hint,
            } = found;
            format!("{shown}:{line}: {path}: {value}: expected {expected}: {hint}")
        });
        told.collect()
    })
}

/// What is told of a flow that is not there.
fn no_flow(found: &[Found], name: &str) -> String {
    let known: BTreeSet<&str> = found.iter().map(|found| &*found.name).collect();
    let near = nearest(name, known.iter().copied());
    let near = near.map_or_else(String::new, |near| format!(": did you mean {near:?}?"));
    let listed = known.into_iter().collect::<Vec<_>>().join(", ");
    format!("{name:?}: expected a flow that is there and right, one of {listed}{near}")
}

/// The flow of this name, a corporation's own before the shared one, with the types of facts that it
/// may be told: those that it reads, and those that are built in.
fn compiled(found: &[Found], name: &str) -> Option<(Flow, Types)> {
    let named = found.iter().filter(|found| found.name == name);
    let definition: &Definition = &named.max_by_key(|found| found.owner.is_some())?.definition;
    let flow = Flow::compile(definition).ok()?;
    Some((flow, facts::of(definition)))
}
