//! Owns the way from a flow, the one it extends and those it includes to one whole flow. Refuses to stop at
//! the first mistake, and circles.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::base::{Base, base_of};
use super::include::{include, lead_in};
use super::merge::merge;
use super::resolved::Resolved;
use crate::config::flows::files::Files;
use crate::config::flows::mistake::FlowMistake;
use crate::config::flows::parse::parse;
use crate::config::flows::place::{Place, follow};

/// The most flows that extend or include each other.
const MAX_LAYERS: usize = 8;

/// Puts a flow of the first source together with what it extends and includes.
///
/// # Errors
/// Every mistake, each where it stands in the file that extends or includes.
pub(crate) fn resolve(
    sources: &[&Files],
    file: &str,
    table: Table,
) -> Result<Resolved, Vec<FlowMistake>> {
    let mut resolver = Resolver {
        sources,
        within: Vec::new(),
        known: BTreeMap::new(),
    };
    resolver.flow(0, file, table)
}

/// A file in one of the sources.
type At = (usize, String);

struct Resolver<'a> {
    sources: &'a [&'a Files],
    /// The file, then the one it extends or includes, and so on.
    within: Vec<At>,
    /// Flows that were included: each is put together once.
    known: BTreeMap<At, Result<Resolved, String>>,
}

impl Resolver<'_> {
    fn flow(
        &mut self,
        source: usize,
        file: &str,
        own: Table,
    ) -> Result<Resolved, Vec<FlowMistake>> {
        self.within.push((source, file.to_owned()));
        let resolved = self.layer(source, file, own);
        self.within.pop();
        resolved
    }

    fn layer(
        &mut self,
        source: usize,
        file: &str,
        own: Table,
    ) -> Result<Resolved, Vec<FlowMistake>> {
        let label = self.sources[source].label(file);
        let text = self.sources[source].get(file).cloned().unwrap_or_default();
        let at = |path: &str, message: String| {
            let place = Place::at_byte(&label, &text, follow(&text, path).byte);
            FlowMistake::new(place, path, message)
        };
        let mut wrong = Vec::new();
        let mut flow = match own.get("extends").cloned() {
            None => Resolved::of_file(label.clone(), text.clone(), own),
            Some(extends) => {
                let base = self.base(source, file, &extends);
                let base = base.map_err(|message| vec![at("extends", message)])?;
                let base = self.parsed(&base)?;
                let (mut own, mut flow) = (own, base);
                fit(&mut own, &flow, &mut wrong);
                let (merged, found) = merge(std::mem::take(&mut flow.table), &own);
                wrong.extend(found);
                flow.table = merged;
                flow.layers.insert(0, (label.clone(), text.clone()));
                flow
            }
        };
        let sources = self.sources;
        let mut find = |name: &str| self.included(source, name);
        wrong.extend(include(&mut flow, &mut find, sources));
        if wrong.is_empty() {
            return Ok(flow);
        }
        let wrong = wrong.into_iter();
        Err(wrong.map(|(path, message)| at(&path, message)).collect())
    }

    /// The file of the flow that is extended.
    fn base(&self, source: usize, file: &str, extends: &Value) -> Result<At, String> {
        let Some(name) = extends.as_str() else {
            return Err(format!("{extends}: expected the name of a flow"));
        };
        let base = base_of(name, Some(file), &self.sources[source..])?;
        if self.within.len() > MAX_LAYERS {
            return Err(format!("more than {MAX_LAYERS} flows extend each other"));
        }
        Ok(self.at(source, base))
    }

    fn at(&self, source: usize, base: Base) -> At {
        (source + base.source, base.file)
    }

    fn parsed(&mut self, (source, file): &At) -> Result<Resolved, Vec<FlowMistake>> {
        let mut mistakes = Vec::new();
        let files = self.sources[*source];
        let text = files.get(file).map_or("", String::as_str);
        let table = parse(&files.label(file), text, &mut mistakes).ok_or(mistakes)?;
        self.flow(*source, file, table)
    }

    /// A flow that is included, whole.
    fn included(&mut self, source: usize, name: &str) -> Result<Resolved, String> {
        let base = base_of(name, None, &self.sources[source..])?;
        let at = self.at(source, base);
        if let Some(began) = self.within.iter().position(|within| *within == at) {
            let files = self.within[began..].iter().chain([&at]);
            let files: Vec<&str> = files.map(|(_, file)| file.as_str()).collect();
            return Err(format!("{name:?} includes itself: {}", files.join(" -> ")));
        }
        if self.within.len() > MAX_LAYERS {
            return Err(format!(
                "more than {MAX_LAYERS} flows extend or include each other"
            ));
        }
        if let Some(known) = self.known.get(&at) {
            return known.clone();
        }
        let resolved = self.parsed(&at).map_err(|mistakes| {
            let first = mistakes.first().map_or_else(String::new, |first| {
                let (place, path) = (&first.place, &first.path);
                format!(
                    ", such as {}:{}: {path}: {}",
                    place.file, place.line, first.message
                )
            });
            format!("{name:?} has mistakes of its own{first}")
        });
        self.known.insert(at, resolved.clone());
        resolved
    }
}

/// What the flow that extends says of steps that include others, in the words of what came of these: a step
/// that included a flow is no step any more.
fn fit(own: &mut Table, base: &Resolved, wrong: &mut Vec<(String, String)>) {
    lead_in(own, &base.entries);
    let Some(steps) = own.get_mut("step").and_then(Value::as_array_mut) else {
        return;
    };
    for step in steps.iter_mut().filter_map(Value::as_table_mut) {
        if let Some(Value::String(before)) = step.get_mut("before")
            && let Some(entry) = base.entries.get(before.as_str())
        {
            before.clone_from(entry);
        }
    }
    steps.retain(|step| {
        let id = step.get("id").and_then(Value::as_str).unwrap_or_default();
        if !base.entries.contains_key(id) {
            return true;
        }
        let prefix = format!("{id}.");
        let all = base.table.get("step").and_then(Value::as_array);
        let all = all.into_iter().flatten();
        let ids = all.filter_map(|step| step.get("id")?.as_str());
        let ids: Vec<&str> = ids.filter(|id| id.starts_with(&prefix)).collect();
        let message = format!(
            "{id:?} includes another flow and became its steps: expected a change of one of {}",
            ids.join(", ")
        );
        wrong.push((format!("step.{id}"), message));
        false
    });
}
