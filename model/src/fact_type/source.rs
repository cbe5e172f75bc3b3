//! Owns the reading of a type's file. Refuses unknown keys, and to stop at the first mistake.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::fields::{Declaring, FieldSource, is_name};
use super::{About, FactField, FactType, Holds};
use crate::fact::{Counts, FactKind};
use crate::flow::{FieldKind, InputField, Problem, parse_duration};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypeSource {
    about: String,
    holds: String,
    #[serde(default = "newest")]
    counts: String,
    #[serde(default)]
    fields: BTreeMap<String, FieldSource>,
}

fn newest() -> String {
    "newest".into()
}

/// The kinds that a fact may have: what rules can compare.
const KINDS: [FieldKind; 5] = [
    FieldKind::Line,
    FieldKind::Money,
    FieldKind::Integer,
    FieldKind::Boolean,
    FieldKind::Date,
];
/// The fields of a fact.
const FIELDS: Declaring = Declaring {
    of: "a fact",
    kinds: &KINDS,
    is_taken: |name| FactType::COMMON.contains(&name) || name == "told_at",
    taken_by: "belongs to every fact",
};

impl FactType {
    /// Reads the file of the type `name`.
    ///
    /// # Errors
    /// Every mistake, each with its path within the file.
    pub fn parse(name: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let source: TypeSource = toml::from_str(text).map_err(|error| {
            vec![Problem {
                path: String::new(),
                message: error.to_string().trim_end().to_owned(),
            }]
        })?;
        let mut reading = Reading::default();
        let read = reading.fact_type(name, &source);
        if reading.0.is_empty() {
            Ok(read)
        } else {
            Err(reading.0)
        }
    }
}

/// The mistakes so far.
#[derive(Default)]
struct Reading(Vec<Problem>);

impl Reading {
    fn problem(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(Problem {
            path: path.into(),
            message: message.into(),
        });
    }

    fn fact_type(&mut self, name: &str, source: &TypeSource) -> FactType {
        if !is_name(name) {
            let expected = "lower-case letters, digits and _, beginning with a letter";
            self.problem("name", format!("{name:?}: expected {expected}"));
        }
        let fields = FIELDS.fields("fields", &source.fields, &mut self.0);
        let read = FactType {
            name: name.into(),
            about: self.about(&source.about),
            holds: self.holds(&source.holds, &fields),
            counts: self.counts(&source.counts),
            fields,
        };
        self.check_own(&read);
        read
    }

    fn about(&mut self, word: &str) -> About {
        match word {
            "tenant" => return About::Tenant,
            "subject" => return About::Subject,
            "contract" | "household" => {
                let message = format!(
                    "{word:?} cannot be told about yet: expected tenant or subject; a contract may be a subject"
                );
                self.problem("about", message);
            }
            _ => self.problem("about", format!("{word:?}: expected tenant or subject")),
        }
        About::Tenant
    }

    fn counts(&mut self, word: &str) -> Counts {
        match word {
            "newest" => return Counts::Newest,
            "sum" => return Counts::Sum,
            _ => self.problem("counts", format!("{word:?}: expected newest or sum")),
        }
        Counts::Newest
    }

    fn holds(&mut self, text: &str, fields: &[FactField]) -> Holds {
        if text == "for ever" {
            return Holds::ForEver;
        }
        if let Some(until) = text.strip_prefix("until ") {
            let (name, more) = match until.split_once(" + ") {
                Some((name, more)) => (name, days(more)),
                None => (until, Some(0)),
            };
            let Some(more) = more else {
                let message = format!(
                    "{text:?}: expected 1 to {} days after the day, such as \"until {name} + 7 days\"",
                    FactType::MOST_DAYS
                );
                self.problem("holds", message);
                return Holds::ForEver;
            };
            let known = fields.iter().find(|known| *known.field.name == *name);
            return match known.map(|known| known.field.kind) {
                Some(FieldKind::Date) => Holds::UntilEndOf(name.into(), more),
                Some(other) => {
                    let kind = other.name();
                    self.problem(
                        "holds",
                        format!("{name:?} is a {kind}: expected a field of kind date"),
                    );
                    Holds::ForEver
                }
                None => {
                    self.problem("holds", format!("{name:?} is no field: expected until and the name of a field of kind date"));
                    Holds::ForEver
                }
            };
        }
        match parse_duration(text) {
            Ok(millis) if millis > 0 => Holds::For(millis),
            Ok(_) | Err(_) => {
                let message = format!(
                    "{text:?}: expected \"for ever\", a duration such as 90d, \"until <field>\" with a field of kind date, or \"until <field> + 7 days\""
                );
                self.problem("holds", message);
                Holds::ForEver
            }
        }
    }

    /// The kinds of money are reckoned with by rules of the engine: their files cannot change that.
    fn check_own(&mut self, read: &FactType) {
        let Some(kind) = read.own_kind() else {
            return;
        };
        if *read != own(kind) {
            let name = kind.name();
            let message = format!(
                "{name} is reckoned with by the engine's own rules: expected its file as it is built in, or none; another amount needs a type of another name"
            );
            self.problem("name", message);
        }
    }
}

/// What the engine reckons with by rules of its own, as it is declared.
fn own(kind: FactKind) -> FactType {
    let amount = InputField {
        name: "amount_cents".into(),
        kind: FieldKind::Money,
        optional: false,
        most: FactType::MOST_LINE,
    };
    let is_payment = kind == FactKind::Payment;
    FactType {
        name: kind.name().into(),
        about: if kind.needs_subject() {
            About::Subject
        } else {
            About::Tenant
        },
        holds: Holds::ForEver,
        counts: if is_payment {
            Counts::Sum
        } else {
            Counts::Newest
        },
        fields: vec![FactField {
            field: amount,
            one_of: Box::default(),
            within: None,
        }],
    }
}

/// `7 days`: how many, from one to the most.
fn days(text: &str) -> Option<u16> {
    let (count, unit) = text.split_once(' ')?;
    let count: u16 = count.parse().ok()?;
    let named = matches!((count, unit), (1, "day") | (_, "days"));
    (named && (1..=FactType::MOST_DAYS).contains(&count)).then_some(count)
}
