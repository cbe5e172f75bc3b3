//! Owns the names of a flow that is included, as the flow has them that includes it: steps get the id of the
//! including step before theirs, and fields the names that it gives them. Refuses to touch texts in quotes.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use super::ends::Ends;
use super::targets::{Text, each_text};

/// The names of one flow that is included.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// What stands before the ids of its steps.
    pub prefix: String,
    /// Its fields, with their names in the flow that includes it.
    pub fields: BTreeMap<String, String>,
    /// Its steps that ask people.
    pub people: BTreeSet<String>,
    /// Its steps that ask the tenant.
    pub tenant: BTreeSet<String>,
}

impl Names {
    /// The id of one of its steps.
    pub(super) fn step(&self, id: &str) -> String {
        format!("{}.{id}", self.prefix)
    }

    /// Renames everything in one of its steps. `ends`: where its ends lead.
    pub(super) fn rename(&self, step: &mut Table, ends: &Ends) {
        if let Some(Value::String(id)) = step.get_mut("id") {
            *id = self.step(id);
        }
        each_text(step, &mut |text, found| match text {
            Text::Way(_) => *found = ends.leads(found, &self.prefix),
            Text::Rule("again") => *found = self.step(found),
            Text::Rule("document") => {
                if let Some(field) = self.fields.get(found.as_str()) {
                    found.clone_from(field);
                }
            }
            Text::Rule(_) => *found = self.rule(found),
        });
    }

    /// A rule with other names. Texts in quotes stay.
    fn rule(&self, rule: &str) -> String {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        let mut out = String::with_capacity(rule.len());
        let mut rest = rule;
        while let Some(first) = rest.chars().next() {
            let length = match first {
                '\'' | '"' => quoted(rest, first),
                first if is_part(first) => {
                    let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                    out.push_str(&self.word(&rest[..length]));
                    rest = &rest[length..];
                    continue;
                }
                first => first.len_utf8(),
            };
            out.push_str(&rest[..length]);
            rest = &rest[length..];
        }
        out
    }

    fn word(&self, word: &str) -> String {
        match word.split_once('.') {
            Some(("data", field)) => match self.fields.get(field) {
                Some(field) => format!("data.{field}"),
                None => word.to_owned(),
            },
            Some((whom @ ("task" | "ask"), path)) if path.contains('.') => {
                format!("{whom}.{}.{path}", self.prefix)
            }
            Some(_) | None => word.to_owned(),
        }
    }
}

/// How long a text in quotes is, with them.
fn quoted(rest: &str, quote: char) -> usize {
    let mut letters = rest.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => drop(letters.next()),
            letter if letter == quote => return at + letter.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_rules_are_changed_and_texts_in_quotes_are_not() {
        let fields = [("due_date".to_owned(), "visit_on".to_owned())];
        let names = Names {
            prefix: "chase".to_owned(),
            fields: fields.into(),
            ..Names::default()
        };
        for (rule, expected) in [
            (
                "data.due_date + 2 working days",
                "data.visit_on + 2 working days",
            ),
            ("data.due_dates < today", "data.due_dates < today"),
            (
                "task.call.pay_on > today && ask.how-was-it.score<6",
                "task.chase.call.pay_on > today && ask.chase.how-was-it.score<6",
            ),
            (
                "data.reason == 'task.call.x' || team_of(data.due_date) == \"data.due_date\"",
                "data.reason == 'task.call.x' || team_of(data.visit_on) == \"data.due_date\"",
            ),
            (
                r"data.x == 'it\'s data.due_date' && has(data.due_date)",
                r"data.x == 'it\'s data.due_date' && has(data.visit_on)",
            ),
            (
                "facts.exception.kind == 'task'",
                "facts.exception.kind == 'task'",
            ),
            ("'no end", "'no end"),
            ("48h", "48h"),
        ] {
            assert_eq!(names.rule(rule), expected);
        }
    }
}
