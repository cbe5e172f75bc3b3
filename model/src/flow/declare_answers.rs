//! Owns what a flow file declares of the answers of people and tenants, before any rule that may name it: the fields
//! of each answer, and which of them are kept for rules. Refuses to read where an answer leads: the step
//! does.

use std::collections::BTreeMap;

use toml::Value;

use super::asking::{Asked, Whom, keep_one};
use super::input::FieldKind;
use super::kept::Kept;
use super::reader::Reader;
use super::source::StepSource;
use crate::fact_type::FactField;
use crate::fact_type::fields::{Declaring, FieldSource};

/// The fields of an answer.
const FIELDS: Declaring = Declaring {
    of: "an answer",
    kinds: &[
        FieldKind::Line,
        FieldKind::Text,
        FieldKind::Money,
        FieldKind::Integer,
        FieldKind::Boolean,
        FieldKind::Date,
    ],
    is_taken: |name| name == Kept::ANSWER,
    taken_by: "stands for the answer itself",
};

impl Reader {
    /// Declares what the steps ask people and the tenant for.
    pub(super) fn declare_answers(&mut self, steps: &[StepSource]) {
        for (index, step) in steps.iter().enumerate().take(usize::from(u8::MAX)) {
            let mut kinds = Whom::ALL.into_iter();
            let found = kinds.find_map(|whom| Some((whom, step.kind.get(whom.word())?)));
            let Some((whom, body)) = found else {
                continue;
            };
            // Another shape is told by the step.
            let Some(answers) = body.get("answers").and_then(Value::as_table) else {
                continue;
            };
            if whom == Whom::Tenant {
                self.asks.insert(step.id.clone(), body.clone());
            }
            let mut asked = Asked {
                whom,
                step: index as u8,
                ..Asked::default()
            };
            let word = whom.word();
            for (answer, written) in answers {
                let path = format!("step.{}.{word}.answers.{answer}.fields", step.id);
                let fields = self.fields_of_answer(&path, written.get("fields"));
                self.check_shared(&path, &asked, &fields);
                asked.answers.insert(answer.clone(), fields);
            }
            self.keep(&step.id, &asked);
            self.asked.insert(step.id.clone(), asked);
        }
        let (count, most) = (self.kept.len(), Kept::MOST);
        if count > most {
            let message =
                format!("{count} values of answers are kept: expected at most {most} in one flow");
            self.problem("step", message);
        }
    }

    fn fields_of_answer(&mut self, path: &str, written: Option<&Value>) -> Vec<FactField> {
        let Some(written) = written else {
            return Vec::new();
        };
        let Some(sources) = self.read::<BTreeMap<String, FieldSource>>(path, written) else {
            return Vec::new();
        };
        FIELDS.fields(path, &sources, &mut self.problems)
    }

    /// Answers of one step may share a field when it is of one kind.
    fn check_shared(&mut self, path: &str, asked: &Asked, fields: &[FactField]) {
        for known in fields {
            let (name, kind) = (&known.field.name, known.field.kind);
            if let Some(other) = asked.named(name).find(|other| other.field.kind != kind) {
                let (kind, other) = (kind.name(), other.field.kind.name());
                let message = format!(
                    "{name:?} is a {kind} here and a {other} at another answer: expected one kind, or another name"
                );
                self.problem(format!("{path}.{name}"), message);
            }
        }
    }

    /// Gives a place to everything that rules and templates may read of the answers to a step.
    fn keep(&mut self, id: &str, asked: &Asked) {
        let fields: Vec<FactField> = asked.answers.values().flatten().cloned().collect();
        // Whoever comes to the page once more is told that the tenant has answered.
        if !fields.is_empty() || asked.whom == Whom::Tenant {
            self.keep_one(id, asked, Kept::ANSWER, FieldKind::Line);
        }
        for known in fields {
            // Remarks are for people.
            if known.field.kind != FieldKind::Text {
                self.keep_one(id, asked, &known.field.name, known.field.kind);
            }
        }
    }

    fn keep_one(&mut self, id: &str, asked: &Asked, name: &str, kind: FieldKind) {
        let of = (asked.whom, id, asked.step);
        keep_one(&mut self.fields, &mut self.kept, of, name, kind);
    }
}
