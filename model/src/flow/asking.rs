//! Owns what the steps of a flow ask people and the tenant for, as rules name it: `task.call.pay_on`,
//! `ask.survey.score`. Refuses to read a file.

use std::collections::BTreeMap;

use super::condition::Answered;
use super::input::FieldKind;
use super::kept::Kept;
use crate::fact_type::FactField;
use crate::reading::nearest;

/// Who is asked, by the word of the step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Whom {
    /// People, by a task.
    #[default]
    People,
    /// The tenant.
    Tenant,
}

impl Whom {
    /// Both.
    pub(super) const ALL: [Self; 2] = [Self::People, Self::Tenant];

    /// The key of the step, which rules begin with.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::People => "task",
            Self::Tenant => "ask",
        }
    }

    /// After "no step".
    const fn asks(self) -> &'static str {
        match self {
            Self::People => "asks people",
            Self::Tenant => "asks the tenant",
        }
    }
}

/// What one step asks for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Whom it asks.
    pub whom: Whom,
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
    (whom, id, step): (Whom, &str, u8),
    name: &str,
    kind: FieldKind,
) -> usize {
    let known = kept
        .iter()
        .find(|known| known.step == step && *known.name == *name);
    if let Some(known) = known {
        return known.place;
    }
    let place = field_index(fields, &format!("{}.{id}.{name}", whom.word()));
    kept.push(Kept {
        step,
        name: name.into(),
        kind,
        place,
    });
    place
}

/// What `task.<step>.<field>` or `ask.<step>.<field>` names in a rule.
///
/// # Errors
/// A sentence that says what was expected.
pub(super) fn read(
    full: &str,
    asked: &BTreeMap<String, Asked>,
    fields: &mut Vec<Box<str>>,
    kept: &mut Vec<Kept>,
) -> Result<Answered, String> {
    let (word, path) = full.split_once('.').unwrap_or((full, ""));
    let whom = Whom::ALL.into_iter().find(|whom| whom.word() == word);
    let whom = whom.unwrap_or_default();
    let Some((id, name)) = path.rsplit_once('.') else {
        return Err(format!(
            "{full} names no value: expected {word}.<step>.<field>, or {word}.<step>.{}",
            Kept::ANSWER
        ));
    };
    let Some(known) = asked.get(id).filter(|known| known.whom == whom) else {
        return Err(no_step(whom, id, asked));
    };
    let field = known.named(name).next();
    let kind = match field {
        None if name == Kept::ANSWER => FieldKind::Line,
        None => return Err(no_field(id, name, known)),
        Some(field) if field.field.kind == FieldKind::Text => {
            return Err(format!(
                "{full} is a text, which is for people and is not kept: expected a field of kind line"
            ));
        }
        Some(field) => field.field.kind,
    };
    let place = keep_one(fields, kept, (whom, id, known.step), name, kind);
    let words = known.words(name);
    Ok(Answered { place, kind, words })
}

fn no_step(whom: Whom, id: &str, asked: &BTreeMap<String, Asked>) -> String {
    let (word, asks) = (whom.word(), whom.asks());
    if let Some(other) = asked.get(id) {
        let right = other.whom.word();
        return format!("step {id:?} {}: expected {right}.{id}", other.whom.asks());
    }
    let of = asked.iter().filter(|(_, known)| known.whom == whom);
    let steps: Vec<&str> = of.map(|(id, _)| id.as_str()).collect();
    if steps.is_empty() {
        return format!("{word}.{id}: no step {asks}: expected a step with {word}");
    }
    let near = nearest(id, steps.iter().copied());
    let near = near.map_or_else(String::new, |near| format!("; did you mean {near:?}?"));
    let steps = steps.join(", ");
    format!("no step {id:?} {asks}: expected one of {steps}{near}")
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
