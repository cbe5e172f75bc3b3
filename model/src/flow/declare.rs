//! Owns what a flow file declares before its rules: the names of its steps, the fields of the data,
//! the class tables. Refuses to read a rule.

use super::class::ClassTable;
use super::definition::Definition;
use super::input::{FieldKind, InputField};
use super::reader::Reader;
use super::source::{ClassSource, FlowSource, InputSource, StepSource};

/// Most steps a flow may have; a step's index is a byte.
const MAX_STEPS: usize = 64;

impl Reader {
    /// Declares everything that rules may name.
    pub(super) fn declare(&mut self, source: &FlowSource, definition: &Definition) {
        self.declare_steps(&source.step);
        self.declare_input(source);
        self.declare_classes(source, definition);
    }

    fn declare_steps(&mut self, steps: &[StepSource]) {
        if steps.is_empty() || steps.len() > MAX_STEPS {
            let message = format!("{} steps: expected 1 to {MAX_STEPS}", steps.len());
            self.problem("step", message);
        }
        for (index, step) in steps.iter().enumerate().take(MAX_STEPS) {
            if self.steps.insert(step.id.clone(), index as u8).is_some() {
                self.problem(
                    format!("step.{}", step.id),
                    "the id is used twice: expected a name of its own",
                );
            }
        }
    }

    fn declare_input(&mut self, source: &FlowSource) {
        for (name, source) in &source.input {
            let (word, most, optional) = match source {
                InputSource::Word(word) => (word, None, false),
                InputSource::Table(table) => (&table.kind, table.most, table.optional),
            };
            let (word, optional) = word
                .strip_suffix('?')
                .map_or((word.as_str(), optional), |word| (word, true));
            let Some(kind) = FieldKind::ALL.into_iter().find(|k| k.name() == word) else {
                let kinds = FieldKind::ALL.map(FieldKind::name).join(", ");
                let message = format!(
                    "{word:?} is no kind: expected one of {kinds}, with ? when it may be left out"
                );
                self.problem(format!("input.{name}"), message);
                continue;
            };
            let most = self.length(name, kind, most);
            self.input.push(InputField {
                name: name.as_str().into(),
                kind,
                optional,
                most,
            });
        }
    }

    fn length(&mut self, name: &str, kind: FieldKind, most: Option<u64>) -> usize {
        let Some(most) = most else {
            return InputField::USUAL_LENGTH;
        };
        let bound = InputField::MOST_LENGTH;
        if !kind.has_length() {
            let kinds: Vec<&str> = FieldKind::ALL
                .into_iter()
                .filter(|kind| kind.has_length())
                .map(FieldKind::name)
                .collect();
            let message = format!(
                "a {} has no length: expected `most` at one of {}",
                kind.name(),
                kinds.join(", ")
            );
            self.problem(format!("input.{name}.most"), message);
        }
        usize::try_from(most)
            .ok()
            .filter(|most| (1..=bound).contains(most))
            .unwrap_or_else(|| {
                self.problem(
                    format!("input.{name}.most"),
                    format!("{most}: expected 1 to {bound} bytes; all of data has 64 KiB"),
                );
                bound
            })
    }

    fn declare_classes(&mut self, source: &FlowSource, definition: &Definition) {
        for (name, file) in &source.classes {
            let path = format!("classes.{name}");
            let Some(text) = definition.classes.get(file) else {
                self.problem(
                    path,
                    format!("class table {file:?} is not there: expected a file classes/{file}.toml beside the flow"),
                );
                continue;
            };
            match toml::from_str::<ClassSource>(text) {
                Ok(table) => self.classes.push(ClassTable {
                    name: name.as_str().into(),
                    default: table.default.into(),
                    codes: table.codes,
                }),
                Err(error) => self.problem(path, error.to_string().trim_end().to_owned()),
            }
        }
    }
}
