//! Owns what the steps of a flow ask people for, as rules name it: `task.call.pay_on`. Refuses to read a
//! file.

use std::collections::BTreeMap;

use super::condition::Answered;
use super::input::FieldKind;
use super::kept::Kept;
use crate::fact_type::FactField;
use crate::reading::nearest;

/// What one step asks people for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Index of the step.
    pub step: u8,
    /// The fields of each answer.
    pub answers: BTreeMap<String, Vec<FactField>>,
}

impl Asked {
    /// Its fields by name, of all its answers.
    pub(super) fn named(&self, name: &str) -> impl Iterator<Item = &FactField> {
        let fields = self.answers.values().flatten();
        fields.filter(move |known| *known.field.name == *name)
    }

    /// The words that a value may be; empty: any.
    fn words(&self, name: &str) -> Box<[Box<str>]> {
        if name == Kept::ANSWER {
            return self
                .answers
                .keys()
                .map(|name| name.as_str().into())
                .collect();
        }
        let mut words: Vec<Box<str>> = Vec::new();
        for known in self.named(name) {
            if known.one_of.is_empty() {
                return Box::default();
            }
            words.extend(known.one_of.iter().cloned());
        }
        words.sort_unstable();
        words.dedup();
        words.into()
    }
}

/// The place of a value of an answer; a new one where it has none yet.
pub(super) fn keep_one(
    fields: &mut Vec<Box<str>>,
    kept: &mut Vec<Kept>,
    (id, step): (&str, u8),
    name: &str,
    kind: FieldKind,
) -> usize {
    let known = kept
        .iter()
        .find(|known| known.step == step && *known.name == *name);
    if let Some(known) = known {
        return known.place;
    }
    let place = field_index(fields, &format!("task.{id}.{name}"));
    kept.push(Kept {
        step,
        name: name.into(),
        kind,
        place,
    });
    place
}

/// What `task.<path>` names in a rule.
///
/// # Errors
/// A sentence that says what was expected.
pub(super) fn read(
    path: &str,
    asked: &BTreeMap<String, Asked>,
    fields: &mut Vec<Box<str>>,
    kept: &mut Vec<Kept>,
) -> Result<Answered, String> {
    let Some((id, name)) = path.rsplit_once('.') else {
        return Err(format!(
            "task.{path} names no value: expected task.<step>.<field>, or task.<step>.{}",
            Kept::ANSWER
        ));
    };
    let Some(known) = asked.get(id) else {
        return Err(no_step(id, asked));
    };
    let field = known.named(name).next();
    let kind = match field {
        None if name == Kept::ANSWER => FieldKind::Line,
        None => return Err(no_field(id, name, known)),
        Some(field) if field.field.kind == FieldKind::Text => {
            return Err(format!(
                "task.{path} is a text, which is for people and is not kept: expected a field of kind line"
            ));
        }
        Some(field) => field.field.kind,
    };
    let place = keep_one(fields, kept, (id, known.step), name, kind);
    let words = known.words(name);
    Ok(Answered { place, kind, words })
}

fn no_step(id: &str, asked: &BTreeMap<String, Asked>) -> String {
    let steps: Vec<&str> = asked.keys().map(String::as_str).collect();
    if steps.is_empty() {
        return format!("task.{id}: no step asks people: expected a step with a task");
    }
    let near = nearest(id, steps.iter().copied());
    let near = near.map_or_else(String::new, |near| format!("; did you mean {near:?}?"));
    let steps = steps.join(", ");
    format!("no step {id:?} asks people: expected one of {steps}{near}")
}

fn no_field(id: &str, name: &str, asked: &Asked) -> String {
    let fields = asked.answers.values().flatten();
    let mut names: Vec<&str> = fields.map(|known| &*known.field.name).collect();
    names.push(Kept::ANSWER);
    names.sort_unstable();
    names.dedup();
    let near = nearest(name, names.iter().copied());
    let near = near.map_or_else(String::new, |near| format!("; did you mean {near:?}?"));
    let names = names.join(", ");
    format!("no answer of step {id:?} has a field {name:?}: expected one of {names}{near}")
}

/// The index of a value that rules read; a new one where it has none yet.
pub(super) fn field_index(fields: &mut Vec<Box<str>>, name: &str) -> usize {
    fields.iter().position(|f| &**f == name).unwrap_or_else(|| {
        fields.push(name.into());
        fields.len() - 1
    })
}
