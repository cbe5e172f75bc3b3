//! Owns the warnings about what nothing uses: fields, class tables, calendars, files. Refuses to call
//! them mistakes.

use std::collections::BTreeSet;

use sluis_model::Flow;
use sluis_model::flow::{Operand, Step, Test};

use super::paths::{awaited, cases, guards, stops};
use super::report::Report;
use crate::config::flows::{FlowMistake, Found, Place};

/// The field that the page behind the link reads.
const READ_BY_LINKS: &str = "payment_url";

/// Warns of what a flow declares and nothing of it uses.
pub(super) fn declared(found: &Found, flow: &Flow, report: &mut Report) {
    let has_link = flow.messages().any(|message| message.link);
    for field in &flow.input {
        let name = &*field.name;
        let by_rules = flow.fields.iter().any(|used| **used == *name);
        let by_link = has_link && name == READ_BY_LINKS;
        let by_page = pages(flow).any(|document| document == name);
        let is_needed = found.sources.included.iter();
        let is_needed = is_needed.flat_map(|of| &of.fields).any(|of| of == name);
        if !by_rules && !by_link && !by_page && !is_needed && !in_templates(found, name) {
            let message = "no rule and no template uses it";
            report.warning(found, &format!("input.{name}"), message);
        }
    }
    for (index, table) in flow.classes.iter().enumerate() {
        if !is_asked(flow, index) {
            let path = format!("classes.{}", table.name);
            report.warning(found, &path, "no rule asks for it");
        }
    }
    let counts_days = found.definition.flow.contains("working day");
    if !found.definition.calendars.is_empty() && !counts_days {
        report.warning(found, "calendar", "no wait counts working days");
    }
}

/// The documents that pages show.
fn pages(flow: &Flow) -> impl Iterator<Item = &str> {
    let questions = flow.steps.iter().filter_map(|step| step.kind.question());
    questions.filter_map(|question| question.page.as_ref()?.document.as_deref())
}

/// Whether a template names a field of the data.
fn in_templates(found: &Found, field: &str) -> bool {
    let named = format!("data.{field}");
    let is_whole = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    let names = |text: &String| {
        let mut found = text.match_indices(&named);
        found.any(|(at, _)| is_whole(&text[at + named.len()..]))
    };
    found.definition.templates.values().any(names)
}

fn is_asked(flow: &Flow, table: usize) -> bool {
    let is_it = |operand: &Operand| matches!(operand, Operand::Class(asked, _) if *asked == table);
    let mut sets = flow.steps.iter().filter_map(Step::sets);
    if sets.any(|setting| setting.fields.iter().any(|field| is_it(&field.value))) {
        return true;
    }
    let questions = flow.steps.iter().filter_map(|step| step.kind.question());
    let mut teams = questions.filter_map(|of| of.team.as_ref());
    if teams.any(|team| is_it(&team.of)) {
        return true;
    }
    let rules = guards(flow).chain(stops(flow));
    let mut rules = rules.chain(cases(flow)).chain(awaited(flow));
    rules.any(|rule| {
        let comparisons = rule.when.says.comparisons();
        comparisons.iter().any(|comparison| match &comparison.test {
            Test::To(_, right) => is_it(&comparison.left) || is_it(right),
            Test::In(_) | Test::Known => is_it(&comparison.left),
        })
    })
}

/// Warns of files beside the flows that no flow uses.
pub(super) fn files(all: &[Found], report: &mut Report) {
    let used: BTreeSet<&str> = all
        .iter()
        .flat_map(|found| found.sources.parts.values().map(|(label, _)| &**label))
        .collect();
    let beside: BTreeSet<&str> = all
        .iter()
        .flat_map(|found| found.sources.beside.values().map(|label| &**label))
        .collect();
    for label in beside.difference(&used) {
        let place = Place::whole(label);
        let message = "no flow uses this file";
        report.warnings.push(FlowMistake::new(place, "", message));
    }
}
