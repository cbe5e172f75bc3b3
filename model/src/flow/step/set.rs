//! Owns the step that tells a fact of the tenant, or of the subject: `set = { fact = "consent", fields = {
//! newsletter = false, given_on = "today" }, then = "end: unsubscribed" }`. Refuses what a source may not tell:
//! a fact of another form than its type declares, and money, which the engine reckons with itself.

use std::sync::Arc;

use serde::Deserialize;
use toml::{Table, Value as Toml};

use super::branches::Branches;
use super::kind::{Begin, StepKind, WaitsFor};
use super::message::Message;
use super::question::Question;
use super::syntax::{Syntax, Written};
use super::until::{Awaited, Until};
use super::way_out::WayOut;
use crate::fact::Counts;
use crate::fact_type::{About, FactField, FactType};
use crate::flow::condition::{Kind, Operand, Valued, is_day};
use crate::flow::input::{FieldKind, Value};
use crate::flow::reader::Reader;
use crate::flow::rule::Go;
use crate::flow::setting::{SetField, Setting};
use crate::reading::nearest;
use crate::time::Timestamp;

pub(super) const SYNTAX: Syntax = Syntax {
    key: "set",
    compile,
};

/// Tells a fact, then goes on. No time passes in it.
#[derive(Debug)]
struct Set {
    setting: Setting,
}

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a table such as { fact = \"consent\", fields = { newsletter = false }, then = \"end: unsubscribed\" }"
)]
struct Source {
    fact: String,
    about: Option<String>,
    #[serde(default)]
    fields: Table,
    #[serde(default)]
    keep: bool,
    then: String,
    unknown: Option<String>,
}

fn compile(reader: &mut Reader, written: &Written) -> Option<Arc<dyn StepKind>> {
    written.hears_nothing(reader);
    let path = format!("{}.set", written.path);
    if !written.body.is_table() {
        let message = "expected a table such as { fact = \"consent\", fields = { newsletter = false }, then = \"end: unsubscribed\" }; a second fact has a step of its own";
        reader.problem(path, message);
        return None;
    }
    let source: Source = reader.read(&path, &written.body)?;
    let then = reader.go(&format!("{path}.then"), &source.then);
    let unknown = source.unknown.as_deref();
    let unknown = unknown.map(|text| reader.go(&format!("{path}.unknown"), text));
    let fact = known(reader, &path, &source.fact)?;
    check_about(reader, &path, &fact, source.about.as_deref());
    check_kept(reader, &path, &fact, source.keep);
    let fields = fields(reader, &path, &fact, &source);
    let unknown = match unknown {
        Some(go) => Some(go?),
        None => None,
    };
    let setting = Setting {
        fact,
        fields: fields?,
        keep: source.keep,
        then: then?,
        unknown,
    };
    Some(Arc::new(Set { setting }))
}

/// The type that is named.
fn known(reader: &mut Reader, path: &str, name: &str) -> Option<FactType> {
    let path = format!("{path}.fact");
    let Some(known) = reader.facts.iter().find(|known| *known.name == *name) else {
        let near = nearest(name, FactType::BUILT_IN);
        let near = near.map_or_else(String::new, |near| format!("; did you mean {near:?}?"));
        let message = format!(
            "{name:?} is no type of fact: expected a file facts/{name}.toml beside the flow, or one that is built in{near}"
        );
        reader.problem(path, message);
        return None;
    };
    if known.own_kind().is_some() {
        let message = format!(
            "{name} is money that the engine reckons with, and only its source tells it: expected another type, of a file of your own"
        );
        reader.problem(path, message);
        return None;
    }
    Some(known.clone())
}

/// What it says of whom it is about must be what its type says.
fn check_about(reader: &mut Reader, path: &str, fact: &FactType, said: Option<&str>) {
    let about = match fact.about {
        About::Tenant => "tenant",
        About::Subject => "subject",
    };
    let name = &fact.name;
    if let Some(said) = said.filter(|said| *said != about) {
        let message = format!(
            "{said:?}: expected {about:?}, for a fact of type {name} is about the {about}; the key may be left out"
        );
        reader.problem(format!("{path}.about"), message);
    }
    if fact.about == About::Subject && !reader.has_subject {
        let message = format!(
            "a fact of type {name} is told about a subject: expected `subject` to be declared at the top of the flow"
        );
        reader.problem(format!("{path}.fact"), message);
    }
}

fn check_kept(reader: &mut Reader, path: &str, fact: &FactType, keep: bool) {
    if keep && fact.counts == Counts::Sum {
        let name = &fact.name;
        let message = format!(
            "facts of type {name} are added up, and what is kept would be added once more: expected no keep"
        );
        reader.problem(format!("{path}.keep"), message);
    }
}

/// Every field, each with its mistakes. None: there is one.
fn fields(
    reader: &mut Reader,
    path: &str,
    fact: &FactType,
    source: &Source,
) -> Option<Box<[SetField]>> {
    let given = source.fields.iter();
    let read: Vec<Option<SetField>> = given
        .map(|(name, value)| {
            field(
                reader,
                &format!("{path}.fields.{name}"),
                fact,
                (name, value),
            )
        })
        .collect();
    let needed = fact.fields.iter().filter(|field| !field.field.optional);
    let missing: Vec<&str> = needed
        .map(|field| &*field.field.name)
        .filter(|name| !source.keep && !source.fields.contains_key(*name))
        .collect();
    if !missing.is_empty() {
        let (missing, name) = (missing.join(", "), &fact.name);
        let message = format!(
            "a fact of type {name} has {missing}, too: expected a value, or keep = true where the others stay as they are"
        );
        reader.problem(format!("{path}.fields"), message);
        return None;
    }
    if source.fields.is_empty() && !fact.fields.is_empty() {
        let message = "expected at least one field, such as fields = { newsletter = false }";
        reader.problem(format!("{path}.fields"), message);
        return None;
    }
    read.into_iter().collect()
}

fn field(
    reader: &mut Reader,
    path: &str,
    fact: &FactType,
    (name, value): (&str, &Toml),
) -> Option<SetField> {
    let Some(known) = fact.field(name) else {
        let names: Vec<&str> = fact.field_names().collect();
        let near = nearest(name, names.iter().copied());
        let near = near.map_or_else(String::new, |near| format!("; did you mean {near:?}?"));
        let (fact, names) = (&fact.name, names.join(", "));
        let message =
            format!("a fact of type {fact} has no field {name:?}: expected one of {names}{near}");
        reader.problem(path, message);
        return None;
    };
    let read = valued(reader, known, value).and_then(|(text, valued)| {
        fits(reader, known, &valued)?;
        Ok((text, valued.operand))
    });
    match read {
        Ok((text, operand)) => Some(SetField {
            name: name.into(),
            text: text.into(),
            value: operand,
        }),
        Err(message) => {
            reader.problem(path, message);
            None
        }
    }
}

/// What stands in the file, as a value of the condition language.
fn valued(
    reader: &mut Reader,
    known: &FactField,
    value: &Toml,
) -> Result<(String, Valued), String> {
    let literal = |value: Value| Valued {
        kind: Kind::of_value(&value),
        operand: Operand::Literal(value),
        words: Box::default(),
    };
    match value {
        Toml::Boolean(truth) => Ok((truth.to_string(), literal(Value::Boolean(*truth)))),
        Toml::Integer(number) => Ok((number.to_string(), literal(Value::Integer(*number)))),
        // A day may be written without quotes, and is read as a text then.
        Toml::Datetime(day) => {
            let day = day.to_string();
            let value = literal(Value::Text(day.as_str().into()));
            Ok((day, value))
        }
        Toml::String(day) if known.field.kind == FieldKind::Date && is_day(day) => {
            Ok((day.clone(), literal(Value::Text(day.as_str().into()))))
        }
        Toml::String(text) => match reader.value(text) {
            Ok(valued) => Ok((text.clone(), valued)),
            Err(_) if is_question(known, text) => Err(format!(
                "{text:?} asks something: expected true, false or a boolean value; a branch before the step can ask, and lead to a step for each answer"
            )),
            Err(message) => Err(format!("{message}{}", as_text(known, text))),
        },
        Toml::Float(_) | Toml::Array(_) | Toml::Table(_) => Err(format!(
            "{value}: expected a whole number, true, false, or a value in quotes such as \"data.<field>\", \"today\" or \"'a text'\""
        )),
    }
}

/// Whether a text is a condition, where true or false is wanted.
fn is_question(known: &FactField, text: &str) -> bool {
    let signs = ["==", "!", "&&", "||", "<", ">", " in ", "has("];
    known.field.kind == FieldKind::Boolean && signs.iter().any(|sign| text.contains(sign))
}

/// What may have been meant by a text that names no value.
fn as_text(known: &FactField, text: &str) -> String {
    let is_text = Kind::of_field(known.field.kind) == Kind::Text && !text.contains('\'');
    let is_plain = !text.contains(['.', '(', '$', '{']);
    if is_text && is_plain {
        format!("; a text stands in quotes of its own: \"'{text}'\"")
    } else {
        String::new()
    }
}

/// Whether a field may ever hold such a value.
fn fits(reader: &Reader, known: &FactField, valued: &Valued) -> Result<(), String> {
    let (wanted, kind) = (Kind::of_field(known.field.kind), valued.kind);
    if let Operand::Literal(value) = &valued.operand {
        return literal_fits(known, (wanted, kind), value);
    }
    // What is a day is a text that a line may hold.
    if wanted != kind && (wanted, kind) != (Kind::Text, Kind::Day) {
        let (name, wanted, kind) = (&known.field.name, wanted.shown(), kind.shown());
        return Err(format!("it is {kind}: expected {wanted} in {name}"));
    }
    if let Operand::Field(index) = valued.operand
        && is_letter(reader, index)
    {
        return Err(
            "a text of several lines is no value of a fact: expected a field of kind line"
                .to_owned(),
        );
    }
    let mut words = valued.words.iter();
    let is_word = |word: &str| known.one_of.iter().any(|known| **known == *word);
    match words.find(|word| !known.one_of.is_empty() && !is_word(word)) {
        Some(word) => Err(format!(
            "it may be '{word}': expected {}",
            one_of(&known.one_of)
        )),
        None => Ok(()),
    }
}

/// Whether a field of the data may have several lines.
fn is_letter(reader: &Reader, index: usize) -> bool {
    let name = reader.fields.get(index);
    let declared = reader.input.iter().find(|field| Some(&field.name) == name);
    declared.is_some_and(|field| field.kind == FieldKind::Text)
}

fn literal_fits(
    known: &FactField,
    (wanted, kind): (Kind, Kind),
    value: &Value,
) -> Result<(), String> {
    let (name, shown) = (&known.field.name, wanted.shown());
    match value {
        Value::Text(day) if wanted == Kind::Day => {
            if is_day(day) {
                return Ok(());
            }
            Err(format!(
                "{day:?} is no day: expected one such as '2026-12-01'"
            ))
        }
        Value::Text(_) | Value::Integer(_) | Value::Boolean(_) | Value::Missing
            if wanted != kind =>
        {
            Err(format!(
                "it is {}: expected {shown} in {name}",
                kind.shown()
            ))
        }
        Value::Text(text) => {
            let is_word = known.one_of.is_empty() || known.one_of.contains(text);
            if !is_word {
                let near = nearest(text, known.one_of.iter().map(|word| &**word));
                let near =
                    near.map_or_else(String::new, |near| format!("; did you mean '{near}'?"));
                return Err(format!(
                    "'{text}': expected {}{near}",
                    one_of(&known.one_of)
                ));
            }
            let (bytes, most) = (text.len(), known.field.most);
            if text.trim().is_empty() || text.contains(char::is_control) {
                return Err(format!("'{text}': expected one line that is not blank"));
            }
            if bytes > most {
                return Err(format!("{bytes} bytes: expected at most {most}"));
            }
            Ok(())
        }
        Value::Integer(number) => match known.within {
            Some((least, most)) if !(least..=most).contains(number) => {
                Err(format!("{number}: expected {}", range(least, most)))
            }
            Some(_) | None => Ok(()),
        },
        Value::Boolean(_) | Value::Missing => Ok(()),
    }
}

fn range(least: i64, most: i64) -> String {
    match (least, most) {
        (i64::MIN, most) => format!("at most {most}"),
        (least, i64::MAX) => format!("at least {least}"),
        (least, most) => format!("{least} to {most}"),
    }
}

fn one_of(words: &[Box<str>]) -> String {
    let words: Vec<&str> = words.iter().map(|word| &**word).collect();
    format!("one of {}", words.join(", "))
}

impl StepKind for Set {
    fn enter(&self, _: Timestamp) -> Begin<'_> {
        Begin::Set(&self.setting)
    }

    fn waited(&self) -> Option<&Go> {
        None
    }

    fn until(&self) -> Option<&Until> {
        None
    }

    fn awaited(&self) -> Option<&Awaited> {
        None
    }

    fn message(&self) -> Option<&Message> {
        None
    }

    fn question(&self) -> Option<&Question> {
        None
    }

    fn branches(&self) -> Option<&Branches> {
        None
    }

    fn ways_out(&self) -> Vec<WayOut<'_>> {
        let then = [WayOut::at_once("then", &self.setting.then)];
        let unknown = self.setting.unknown.iter();
        let unknown = unknown.map(|go| WayOut::at_once("unknown", go));
        then.into_iter().chain(unknown).collect()
    }

    fn waits_for(&self) -> Option<WaitsFor<'_>> {
        None
    }
}
