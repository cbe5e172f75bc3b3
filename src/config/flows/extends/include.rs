//! Owns the flow that comes of steps which include others: `include = "house-visit"`. The steps of that flow
//! take the place of the step, with its id before theirs, and their ends lead where `on_end` says. Refuses
//! more steps than a flow may have.

use std::collections::{BTreeMap, BTreeSet};

use sluis_model::Flow;
use toml::{Table, Value};

use super::absent::is_not;
use super::ends::{Ends, Loose};
use super::lists::Wrong;
use super::merge::change;
use super::needs;
use super::rename::Names;
use super::resolved::Resolved;
use super::sub::Sub;
use super::targets::each_way;
use super::wrap::wrap;
use crate::config::flows::files::Files;
use crate::config::flows::found::{Included, Sources};

/// Puts the steps of other flows in the place of those that include them. `find`: the flow of a name, whole;
/// `sources`: where templates stand. Gives what is wrong.
pub(super) fn include(
    flow: &mut Resolved,
    find: &mut dyn FnMut(&str) -> Result<Resolved, String>,
    sources: &[&Files],
) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    let steps = steps_of(&flow.table);
    if !steps.iter().any(Sub::is_one) {
        return wrong;
    }
    let mut read: BTreeMap<usize, Sub> = BTreeMap::new();
    for (number, step) in steps
        .iter()
        .enumerate()
        .filter(|(_, step)| Sub::is_one(step))
    {
        let sub = Sub::read(number, step, find, &mut wrong);
        read.extend(sub.map(|sub| (number, sub)));
    }
    for sub in read.values() {
        let first = sub.steps().first().and_then(id_of).unwrap_or_default();
        flow.entries
            .insert(sub.id.clone(), format!("{}.{first}", sub.id));
    }
    lead_in(&mut flow.table, &flow.entries);
    let ids = ids(&steps, &read);
    let mut whole = Vec::new();
    for (number, step) in steps_of(&flow.table).into_iter().enumerate() {
        match read.get(&number) {
            Some(sub) => {
                let steps = put(flow, sub, &ids, sources, &mut wrong);
                whole.extend(steps.into_iter().map(|step| (step, Some(number))));
            }
            None if Sub::is_one(&step) => {}
            None => whole.push((step, None)),
        }
    }
    let all = changed(flow, whole, &mut wrong);
    finish(flow, all, &read, &mut wrong);
    wrong
}

fn steps_of(flow: &Table) -> Vec<Table> {
    let steps = flow.get("step").and_then(Value::as_array);
    let steps = steps.into_iter().flatten();
    steps.filter_map(|step| step.as_table().cloned()).collect()
}

fn id_of(step: &Table) -> Option<String> {
    step.get("id").and_then(Value::as_str).map(str::to_owned)
}

/// Every step that a way may lead to: those of the flow, and those that are included.
fn ids(steps: &[Table], read: &BTreeMap<usize, Sub>) -> BTreeSet<String> {
    let mut ids: BTreeSet<String> = steps.iter().filter_map(id_of).collect();
    for sub in read.values() {
        let inner = sub.steps();
        ids.extend(
            inner
                .iter()
                .filter_map(id_of)
                .map(|id| format!("{}.{id}", sub.id)),
        );
    }
    ids
}

/// Has what leads to a step that includes a flow lead to the first step of that.
pub(super) fn lead_in(flow: &mut Table, entries: &BTreeMap<String, String>) {
    for list in ["guard", "step"] {
        let all = flow.get_mut(list).and_then(Value::as_array_mut);
        for element in all.into_iter().flatten().filter_map(Value::as_table_mut) {
            each_way(element, &mut |_, go| {
                if let Some(entry) = entries.get(go.as_str()) {
                    go.clone_from(entry);
                }
            });
        }
    }
}

/// The steps of one flow that is included, with the names and ways that they have here.
fn put(
    flow: &mut Resolved,
    sub: &Sub,
    ids: &BTreeSet<String>,
    sources: &[&Files],
    wrong: &mut Vec<Wrong>,
) -> Vec<Table> {
    needs::rules(&flow.table, sub, wrong);
    needs::keys(&flow.table, sub, wrong);
    let inner = sub.steps();
    let names = Names {
        prefix: sub.id.clone(),
        fields: needs::fields(&flow.table, sub, wrong),
        people: asking(&inner, "task"),
        tenant: asking(&inner, "ask"),
    };
    needs::bring(&mut flow.table, sub, wrong);
    let ends = Ends {
        on_end: on_end(sub, &inner, ids, &flow.entries, wrong),
        steps: Ends::steps_of(&inner),
    };
    let first = inner.first().and_then(id_of);
    if first.is_none_or(|first| ends.steps.contains_key(&first)) {
        let message = format!(
            "{:?} ends as soon as it begins: expected a flow that does something",
            sub.name
        );
        wrong.push((sub.path("include"), message));
    }
    let legal = sub.flow.table.get("legal");
    let mut steps = Vec::new();
    for mut step in inner {
        if id_of(&step).is_some_and(|id| ends.steps.contains_key(&id)) {
            continue;
        }
        for key in ["send", "ask"] {
            if let (Some(Value::Table(send)), Some(legal)) = (step.get_mut(key), legal) {
                send.entry("legal").or_insert_with(|| legal.clone());
            }
        }
        wrap(
            &mut step,
            &names,
            &sub.flow.wrapped,
            sources,
            &mut flow.wrapped,
        );
        names.rename(&mut step, &ends);
        steps.push(step);
    }
    flow.included
        .extend(told(sub, names.fields.into_values().collect()));
    steps
}

/// Where its parts stand: its own, and those of the flows that it includes itself.
fn told(sub: &Sub, fields: Vec<String>) -> Vec<Included> {
    let own = Included {
        prefix: sub.id.clone(),
        fields,
        layers: sub.flow.layers.clone(),
    };
    let inner = sub.flow.included.iter().map(|inner| Included {
        prefix: format!("{}.{}", sub.id, inner.prefix),
        fields: Vec::new(),
        ..inner.clone()
    });
    [own].into_iter().chain(inner).collect()
}

/// The steps whose answers may be read.
fn asking(steps: &[Table], word: &str) -> BTreeSet<String> {
    let asks = |step: &&Table| {
        let answers = step.get(word).and_then(|body| body.get("answers"));
        answers.is_some()
    };
    steps.iter().filter(asks).filter_map(id_of).collect()
}

/// Where its ends lead, told where that is nowhere.
fn on_end(
    sub: &Sub,
    inner: &[Table],
    ids: &BTreeSet<String>,
    entries: &BTreeMap<String, String>,
    wrong: &mut Vec<Wrong>,
) -> BTreeMap<String, String> {
    let known = Ends::known(inner);
    let mut on_end = BTreeMap::new();
    for (end, go) in &sub.on_end {
        let at = sub.path(&format!("on_end.{end}"));
        if !known.contains(end) {
            let what = "an end of the flow that is included";
            wrong.push((at, is_not(what, end, &known)));
            continue;
        }
        let kind = go.split_once(':').map(|(kind, name)| (kind, name.trim()));
        let is_out = matches!(kind, Some(("end" | "human", name)) if !name.is_empty());
        if !is_out && !ids.contains(go) {
            let message = format!(
                "{go:?} leads nowhere: expected a step's id, `end: <name>` or `human: <list>`"
            );
            wrong.push((at, message));
        }
        on_end.insert(end.clone(), entries.get(go).unwrap_or(go).clone());
    }
    on_end
}

/// What the file says of steps that are included goes before, key by key. The steps that are left, each with
/// the number of the step that included it.
fn changed(
    flow: &mut Resolved,
    whole: Vec<(Table, Option<usize>)>,
    wrong: &mut Vec<Wrong>,
) -> Vec<(Table, Option<usize>)> {
    let included: BTreeSet<String> = whole
        .iter()
        .filter_map(|(step, from)| from.and_then(|_| id_of(step)))
        .collect();
    let is_change = |(step, from): &(Table, Option<usize>)| {
        from.is_none() && id_of(step).is_some_and(|id| included.contains(&id))
    };
    let (changes, mut all): (Vec<_>, Vec<_>) = whole.into_iter().partition(is_change);
    all.retain(|(step, from)| {
        let lost = from.is_none().then(|| lost(step, &included, &flow.entries));
        let lost = lost.flatten();
        let is_kept = lost.is_none();
        wrong.extend(lost);
        is_kept
    });
    let (steps, from): (Vec<_>, Vec<_>) = all.into_iter().unzip();
    flow.table.insert("step".to_owned(), tables(steps));
    for (own, _) in changes {
        let id = id_of(&own).unwrap_or_default();
        change(
            &mut flow.table,
            ("step", "id"),
            &id,
            &format!("step.{id}"),
            &own,
            wrong,
        );
    }
    steps_of(&flow.table).into_iter().zip(from).collect()
}

/// A change of a step that the included flow does not have: it says nothing that a step does.
fn lost(
    step: &Table,
    included: &BTreeSet<String>,
    entries: &BTreeMap<String, String>,
) -> Option<Wrong> {
    let id = id_of(step)?;
    let of = entries.keys().find(|of| {
        let rest = id.strip_prefix(of.as_str());
        rest.is_some_and(|rest| rest.starts_with('.'))
    })?;
    let is_change = |key: &String| ["id", "on", "remove"].contains(&key.as_str());
    if !step.keys().all(is_change) {
        return None;
    }
    let prefix = format!("{of}.");
    let known = included.iter().filter(|known| known.starts_with(&prefix));
    let known: Vec<String> = known.cloned().collect();
    let message = is_not("a step of the flow that is included", &id, &known);
    Some((format!("step.{id}"), message))
}

fn tables(steps: Vec<Table>) -> Value {
    Value::Array(steps.into_iter().map(Value::Table).collect())
}

/// Has every end lead somewhere, and counts the steps.
fn finish(
    flow: &mut Resolved,
    all: Vec<(Table, Option<usize>)>,
    read: &BTreeMap<usize, Sub>,
    wrong: &mut Vec<Wrong>,
) {
    let mut loose: BTreeMap<usize, Vec<Loose>> = BTreeMap::new();
    let mut steps = Vec::new();
    for (mut step, from) in all {
        if let Some((number, sub)) = from.and_then(|number| Some((number, read.get(&number)?))) {
            let ends = Ends {
                on_end: sub
                    .on_end
                    .iter()
                    .map(|(end, go)| (end.clone(), entered(flow, go)))
                    .collect(),
                ..Ends::default()
            };
            ends.close(&mut step, loose.entry(number).or_default());
        }
        steps.push(step);
    }
    for (number, found) in loose {
        for (step, end) in first_of_each(found) {
            let sub = &read[&number];
            let id = step.strip_prefix(&format!("{}.", sub.id)).unwrap_or(&step);
            let at = place(&sub.flow, id);
            wrong.push((sub.path("on_end"), Ends::message(&sub.name, id, &end, &at)));
        }
    }
    let (count, most) = (steps.len(), Flow::MOST_STEPS);
    flow.table.insert("step".to_owned(), tables(steps));
    if count > most {
        let each = read
            .values()
            .map(|sub| format!("{}: {}", sub.id, sub.steps().len()));
        let each: Vec<String> = each.collect();
        let message = format!(
            "{count} steps with those of the flows that are included ({}): expected 1 to {most}",
            each.join(", ")
        );
        wrong.push(("step".to_owned(), message));
    }
}

fn entered(flow: &Resolved, go: &str) -> String {
    flow.entries.get(go).map_or(go, String::as_str).to_owned()
}

/// Each end once, where it is met first.
fn first_of_each(found: Vec<Loose>) -> Vec<Loose> {
    let mut told = BTreeSet::new();
    found
        .into_iter()
        .filter(|(_, end)| told.insert(end.clone()))
        .collect()
}

/// Where a step of a flow stands: `house-visit.toml:22`.
fn place(flow: &Resolved, step: &str) -> String {
    let sources = Sources {
        layers: flow.layers.clone(),
        included: flow.included.clone(),
        ..Sources::default()
    };
    let (place, _) = sources.place(&format!("step.{step}"), None);
    format!("{}:{}", place.file, place.line)
}
