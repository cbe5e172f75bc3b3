//! Owns the search for flows in the directories that the configuration names, an earlier one's before a
//! later one's. Refuses to compile them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sluis_channels::render::included;
use sluis_model::CorporationId;
use sluis_model::flow::Definition;
use toml::{Table, Value};

use super::extends::{Resolved, SENDING, resolve};
use super::files::Files;
use super::found::{Found, Sources};
use super::mistake::FlowMistake;
use super::parse::parse;
use super::written::written;
use crate::config::{Config, Corporation};

/// The flows of a configuration, the shared ones first, and every mistake that keeps one from being
/// looked at.
#[must_use]
pub fn find(config: &Config) -> (Vec<Found>, Vec<FlowMistake>) {
    let mut mistakes = Vec::new();
    let shipped = Files::shipped();
    let directory = config.flows.directory.as_ref();
    let shared = directory.map(|dir| Files::read("flows.directory", dir, &mut mistakes));
    let shared: Vec<&Files> = shared.iter().chain([&shipped]).collect();
    let mut all = current(None, &shared, shared.len(), &mut mistakes);
    for corporation in &config.corporations {
        all.extend(own(corporation, &shared, &mut mistakes));
    }
    (all, mistakes)
}

/// The flows of one directory, which may use what is built in.
#[must_use]
pub fn find_in(dir: &Path) -> (Vec<Found>, Vec<FlowMistake>) {
    let mut mistakes = Vec::new();
    let shipped = Files::shipped();
    let own = Files::read("DIR", dir, &mut mistakes);
    let all = current(None, &[&own, &shipped], 1, &mut mistakes);
    (all, mistakes)
}

/// A corporation's own flows, which may use parts of the shared ones.
fn own(
    corporation: &Corporation,
    shared: &[&Files],
    mistakes: &mut Vec<FlowMistake>,
) -> Vec<Found> {
    let Some(dir) = &corporation.flows else {
        return Vec::new();
    };
    let setting = format!("corporation.{}.flows", corporation.name);
    let own = Files::read(&setting, dir, mistakes);
    let sources: Vec<&Files> = [&own].into_iter().chain(shared.iter().copied()).collect();
    current(Some(corporation.id), &sources, 1, mistakes)
}

/// The flows of the first `own` sources, an earlier source's before a later one's of the same name,
/// each with the parts that all sources give it. Two flows of one name in one source both stay: the
/// book reports them.
fn current(
    owner: Option<CorporationId>,
    sources: &[&Files],
    own: usize,
    mistakes: &mut Vec<FlowMistake>,
) -> Vec<Found> {
    let mut names = BTreeSet::new();
    let mut all = Vec::new();
    for number in 0..own {
        let mut here = BTreeSet::new();
        for (file, text) in sources[number].flows() {
            let label = sources[number].label(file);
            let Some(table) = parse(&label, text, mistakes) else {
                continue;
            };
            let from = &sources[number..];
            let flow = match resolve(from, file, table) {
                Ok(resolved) => resolved,
                Err(found) => {
                    mistakes.extend(found);
                    continue;
                }
            };
            let name = name_of(&flow.table).unwrap_or(file).to_owned();
            if !names.contains(&name) {
                // A flow that stands in one file is stored as people wrote it.
                let text = match flow.is_as_written() {
                    true => text.to_owned(),
                    false => written(&flow.table),
                };
                all.push(put_together(owner, name.clone(), flow, text, sources));
            }
            here.insert(name);
        }
        names.extend(here);
    }
    all
}

fn name_of(table: &Table) -> Option<&str> {
    table.get("name").and_then(Value::as_str)
}

fn put_together(
    owner: Option<CorporationId>,
    name: String,
    resolved: Resolved,
    text: String,
    sources: &[&Files],
) -> Found {
    let flow = &resolved.table;
    let mut parts = BTreeMap::new();
    let classes = part_of(classes_of(flow), "classes", sources, &mut parts);
    let calendar = flow.get("calendar").and_then(Value::as_str);
    let calendars = part_of(calendar.into_iter(), "calendars", sources, &mut parts);
    let named = facts_of(&text).chain(facts_set(flow));
    let facts = part_of(named, "facts", sources, &mut parts);
    let mut templates = BTreeMap::new();
    for name in templates_of(flow) {
        let wrapped = resolved.wrapped.get(name);
        let stem = wrapped.map_or(name, |wrapped| &wrapped.of);
        let sets = sources.iter().map(|source| (source, source.template(stem)));
        let mut given = sets.filter(|(_, set)| !set.is_empty());
        let Some((source, set)) = given.next() else {
            continue;
        };
        for (file, text) in set {
            let label = source.label(&format!("templates/{file}"));
            let (file, stored) = match wrapped {
                Some(wrapped) => (wrapped.file(name, &file), wrapped.text(&text)),
                None => (file, text.clone()),
            };
            parts.insert(format!("templates/{file}"), (label, text));
            templates.insert(file, stored);
        }
    }
    include(sources, &mut parts, &mut templates);
    let beside = sources[0].parts();
    let beside = beside.filter(|path| !path.starts_with("scenarios/"));
    let beside = beside.map(|path| (path.to_owned(), sources[0].label(path)));
    Found {
        owner,
        name,
        definition: Definition {
            flow: text,
            classes,
            calendars,
            templates,
            facts,
        },
        sources: Sources {
            layers: resolved.layers,
            included: resolved.included,
            parts,
            beside: beside.collect(),
        },
    }
}

/// Adds the files that templates include, and those that these include: each from the first source that
/// has a template of its name.
fn include(
    sources: &[&Files],
    parts: &mut BTreeMap<String, (String, String)>,
    templates: &mut BTreeMap<String, String>,
) {
    let mut texts: Vec<String> = templates.values().cloned().collect();
    while let Some(text) = texts.pop() {
        for file in included(&text) {
            let stem = file.split('.').next().unwrap_or_default();
            let sets = sources.iter().map(|source| (source, source.template(stem)));
            let given = sets.into_iter().find(|(_, set)| !set.is_empty());
            let Some((source, set)) = given.filter(|_| !templates.contains_key(&file)) else {
                continue;
            };
            let Some((_, text)) = set.into_iter().find(|(known, _)| *known == file) else {
                continue;
            };
            let path = format!("templates/{file}");
            parts.insert(path.clone(), (source.label(&path), text.clone()));
            templates.insert(file, text.clone());
            texts.push(text);
        }
    }
}

/// Files that a flow names, from the first source that has them.
fn part_of<'a>(
    stems: impl Iterator<Item = &'a str>,
    folder: &str,
    sources: &[&Files],
    parts: &mut BTreeMap<String, (String, String)>,
) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for stem in stems {
        let path = format!("{folder}/{stem}.toml");
        let given = |source: &&Files| Some((source.label(&path), source.get(&path)?.clone()));
        if let Some((label, text)) = sources.iter().find_map(given) {
            parts.insert(path, (label, text.clone()));
            found.insert(stem.to_owned(), text);
        }
    }
    found
}

/// The class tables that a flow names.
fn classes_of(flow: &Table) -> impl Iterator<Item = &str> {
    let classes = flow.get("classes").and_then(Value::as_table);
    let named = classes.into_iter().flatten();
    named.filter_map(|(_, stem)| stem.as_str())
}

/// The types of facts that a flow may read: what follows `facts.` anywhere in its text. Where that is
/// no type, no file has its name.
fn facts_of(text: &str) -> impl Iterator<Item = &str> {
    let behind = text.split("facts.").skip(1);
    behind.map(|rest| {
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let length = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
        &rest[..length]
    })
}

/// The types of facts that steps of a flow tell.
fn facts_set(flow: &Table) -> impl Iterator<Item = &str> {
    let steps = flow.get("step").and_then(Value::as_array);
    let sets = steps
        .into_iter()
        .flatten()
        .filter_map(|step| step.get("set"));
    sets.filter_map(|set| set.get("fact")?.as_str())
}

/// The templates that a flow names, each once.
fn templates_of(flow: &Table) -> BTreeSet<&str> {
    let steps = flow.get("step").and_then(Value::as_array);
    let steps = steps.into_iter().flatten();
    let sends = steps.flat_map(|step| SENDING.into_iter().filter_map(|key| step.get(key)));
    let sends: Vec<&Value> = sends.collect();
    let own = sends.iter().filter_map(|send| send.get("template"));
    let variants = sends
        .iter()
        .filter_map(|send| send.get("variant")?.as_table());
    let variants = variants.flatten().map(|(_, templates)| templates);
    let named = own.chain(variants).filter_map(Value::as_table);
    named
        .flatten()
        .filter_map(|(_, name)| name.as_str())
        .collect()
}
