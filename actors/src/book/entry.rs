//! Owns the way from a definition to something that messages can be decided and rendered with.

use std::fmt;

use sluis_channels::Templates;
use sluis_journal::Journal;
use sluis_model::flow::Definition;
use sluis_model::{CorporationId, Flow, FlowRef};

use super::problem::{BookProblem, of_flow, of_templates, problem};

/// A compiled definition with its templates.
#[derive(Debug)]
pub(super) struct Entry {
    pub flow: Flow,
    pub templates: Templates,
}

/// A definition that is to be current: its templates are tried with data, too.
pub(super) fn compile(label: &str, definition: &Definition) -> Result<Entry, Vec<BookProblem>> {
    let entry = put_together(label, definition, Templates::compile(&definition.templates))?;
    let unfit = entry.templates.rehearse(&entry.flow);
    if unfit.is_empty() {
        Ok(entry)
    } else {
        Err(of_templates(label, &unfit))
    }
}

/// Flow and templates as one, if both compile and fit each other.
fn put_together(
    label: &str,
    definition: &Definition,
    templates: Result<Templates, Vec<sluis_channels::Problem>>,
) -> Result<Entry, Vec<BookProblem>> {
    let (flow, templates) = match (Flow::compile(definition), templates) {
        (Ok(flow), Ok(templates)) => (flow, templates),
        (flow, templates) => {
            let (flow, templates) = (flow.err(), templates.err());
            let mut problems = of_flow(label, &flow.unwrap_or_default());
            problems.extend(of_templates(label, &templates.unwrap_or_default()));
            return Err(problems);
        }
    };
    let unfit = templates.check(flow.templates());
    if unfit.is_empty() {
        Ok(Entry { flow, templates })
    } else {
        Err(of_templates(label, &unfit))
    }
}

/// A stored definition.
pub(super) fn load_one(
    journal: &dyn Journal,
    reference: FlowRef,
) -> Result<Entry, Vec<BookProblem>> {
    let label = format!("stored {reference}");
    let one = |path: &str, message: &dyn fmt::Display| vec![problem(&label, path, message)];
    let stored = journal
        .get_definition(reference.0)
        .map_err(|error| one("journal", &error))?;
    let bytes = stored.ok_or_else(|| one("journal", &"listed but not there"))?;
    let definition = Definition::decode(&bytes).map_err(|error| one("journal", &error))?;
    if definition.reference() != reference {
        return Err(one(
            "journal",
            &"its content does not fit its hash: the file was changed or damaged",
        ));
    }
    // What was accepted under it goes on as far as it can: a template that would not be taken today
    // does not stop the start.
    put_together(
        &label,
        &definition,
        Templates::compile_stored(&definition.templates),
    )
}

/// What a mistake is reported under, also when the text does not parse.
pub(super) fn label(
    number: usize,
    corporation: Option<CorporationId>,
    definition: &Definition,
) -> String {
    let named = definition
        .flow
        .lines()
        .find_map(|line| line.strip_prefix("name")?.trim_start().strip_prefix('='));
    let name = named.map(|rest| {
        rest.split('#')
            .next()
            .unwrap_or(rest)
            .trim()
            .trim_matches('"')
    });
    let name = name.map_or_else(|| format!("(number {})", number + 1), str::to_owned);
    match corporation {
        Some(corporation) => format!("{name} of corporation {corporation}"),
        None => name,
    }
}
