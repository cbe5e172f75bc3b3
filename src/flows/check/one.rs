//! Owns the order of the questions about a flow: its text, its templates, where its steps lead, what its
//! rules can mean. Refuses to ask the later ones of a flow that does not compile.

use std::collections::BTreeSet;

use sluis_channels::Templates;
use sluis_model::Flow;

use super::report::Report;
use super::{ends, rules, times, unused, words};
use crate::config::flows::{FlowMistake, Found, SENDING};

/// Checks flows. `mistakes` are those that were found on the way to them.
#[must_use]
pub fn check(all: &[Found], mistakes: Vec<FlowMistake>) -> Report {
    // A flow that several extend is read for each of them.
    let mut mistakes = mistakes;
    let mut told = Vec::new();
    mistakes.retain(|found| {
        !told.contains(found) && {
            told.push(found.clone());
            true
        }
    });
    let mut report = Report {
        mistakes,
        ..Report::default()
    };
    let was_found = report.mistakes.is_empty();
    let mut names = BTreeSet::new();
    let mut flows = Vec::new();
    for found in all {
        let before = report.mistakes.len();
        if !names.insert((found.owner, &found.name)) {
            let message = "two flows have this name: expected one file for each flow";
            report.mistake(found, "name", message);
        }
        let flow = one(found, &mut report);
        if let Some(flow) = &flow
            && report.mistakes.len() == before
        {
            report
                .sound
                .push(format!("{} {}", found.name, flow.version));
        }
        flows.extend(flow.map(|flow| (found, flow)));
    }
    words::counted(&flows, &mut report);
    // A flow that is not there may be the one that uses a file.
    if was_found {
        unused::files(all, &mut report);
    }
    report
}

/// Checks one flow. Gives it, if it compiles.
fn one(found: &Found, report: &mut Report) -> Option<Flow> {
    let definition = &found.definition;
    let templates = Templates::compile(&definition.templates);
    for wrong in templates.as_ref().err().into_iter().flatten() {
        template(found, wrong, report);
    }
    let flow = match Flow::compile(definition) {
        Ok(flow) => flow,
        Err(wrong) => {
            for wrong in wrong {
                report.mistake(found, &wrong.path, &wrong.message);
            }
            return None;
        }
    };
    ends::check(found, &flow, report);
    rules::check(found, &flow, report);
    times::check(found, &flow, report);
    words::check(found, &flow, report);
    unused::declared(found, &flow, report);
    if let Ok(templates) = templates {
        fit(found, &flow, &templates, report);
    }
    Some(flow)
}

/// Whether templates and flow fit each other.
fn fit(found: &Found, flow: &Flow, templates: &Templates, report: &mut Report) {
    let mut wrong = templates.check(flow.templates());
    if wrong.is_empty() {
        wrong = templates.rehearse(flow);
    }
    for wrong in wrong {
        template(found, &wrong, report);
    }
}

fn template(found: &Found, wrong: &sluis_channels::Problem, report: &mut Report) {
    let sluis_channels::Problem {
        path,
        value,
        expected,
        hint,
        line,
    } = wrong;
    let message = format!("{value}: expected {expected}: {hint}");
    let file = path.strip_prefix("templates.").unwrap_or(path);
    let is_there = found.definition.templates.contains_key(file);
    // A file that is missing is told where the flow names it.
    let named = match is_there {
        true => path.clone(),
        false => naming(found, file).unwrap_or_else(|| path.clone()),
    };
    report.in_line(found, &named, *line, &message);
}

/// Where the flow names a template.
fn naming(found: &Found, file: &str) -> Option<String> {
    let stem = file.split('.').next()?;
    let flow: toml::Table = found.definition.flow.parse().ok()?;
    let steps = flow.get("step")?.as_array()?.iter();
    let sending = steps.flat_map(|step| SENDING.map(|key| (step, key)));
    let mut named = sending.filter_map(|(step, key)| {
        let (send, id) = (step.get(key)?, step.get("id")?.as_str()?);
        let channel = |templates: &toml::Value| {
            let mut named = templates.as_table()?.iter();
            let (channel, _) = named.find(|(_, name)| name.as_str() == Some(stem))?;
            Some(channel.clone())
        };
        if let Some(channel) = send.get("template").and_then(channel) {
            return Some(format!("step.{id}.{key}.template.{channel}"));
        }
        let mut variants = send.get("variant")?.as_table()?.iter();
        variants.find_map(|(variant, templates)| {
            let channel = channel(templates)?;
            Some(format!("step.{id}.{key}.variant.{variant}.{channel}"))
        })
    });
    named.next()
}
