//! Owns the reading of TOML values into types, with every problem at once: where serde stops at the
//! first fault, the reader notes it, puts a harmless value in its place, and reads again. Refuses
//! to give out what it patched up without having reported it.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess,
    Visitor,
};
use toml::Value;

use super::fault::{Fault, FaultKind};
use super::mistake::{Mistake, Words, join, missing, unknown};

/// What is left out or made up on the next try. Pairs are (path of the table, key).
#[derive(Debug, Default)]
struct Patches {
    /// With how many harmless texts were tried there.
    unfit: BTreeMap<String, usize>,
    missing: BTreeSet<(String, &'static str)>,
    unknown: BTreeSet<(String, String)>,
}

impl Patches {
    /// Has the next try get past the fault. False: every harmless value was tried there.
    fn add(&mut self, at: String, kind: FaultKind) -> bool {
        match kind {
            FaultKind::Unknown { field, .. } => self.unknown.insert((at, field)),
            FaultKind::Missing(field) => self.missing.insert((at, field)),
            FaultKind::Unfit { .. } => {
                let tries = self.unfit.entry(at).or_default();
                *tries += 1;
                *tries <= HARMLESS.len() + 1
            }
        }
    }
}

/// The text that stands where one had to be made up.
pub const MADE_UP: &str = "1s";

/// Texts that fit most texts: a name or a length of time, an address with a port.
const HARMLESS: [&str; 2] = [MADE_UP, "127.0.0.1:0"];

/// Reads `value`, which stands at `path`. Faults go to `mistakes`; after them the result holds
/// made-up values and is only good for finding further problems. `also` are keys that somebody else
/// reads from the same table, for hints.
pub fn read<T: DeserializeOwned>(
    path: &str,
    value: &Value,
    also: &[&'static str],
    words: Words,
    mistakes: &mut Vec<Mistake>,
) -> Option<T> {
    let mut patches = Patches::default();
    loop {
        let node = Node {
            path: path.to_owned(),
            value: Some(value),
            patches: &patches,
            words,
        };
        let fault = match T::deserialize(node) {
            Ok(read) => return Some(read),
            Err(fault) => fault,
        };
        let at = fault.path.clone().unwrap_or_else(|| path.to_owned());
        let found = told(&fault, &at, if at == path { also } else { &[] }, words);
        // Another harmless value that did not fit is no other mistake.
        if mistakes.iter().all(|other| other.path != found.path) {
            mistakes.push(found);
        }
        // Nothing harmless fits either: no more can be read here.
        if !patches.add(at, fault.kind) {
            return None;
        }
    }
}

/// A fault as a problem.
fn told(fault: &Fault, at: &str, also: &[&'static str], words: Words) -> Mistake {
    match &fault.kind {
        FaultKind::Unknown { field, known } => {
            let all = known.iter().chain(also).copied().collect();
            unknown(at, field, all)
        }
        FaultKind::Missing(field) => missing(at, field, words),
        FaultKind::Unfit { expected } => {
            let value = fault.value.as_deref().unwrap_or_default();
            unfit(at, value, expected.clone(), words)
        }
    }
}

fn unfit(path: &str, value: &str, expected: String, words: Words) -> Mistake {
    let (expected, hint) = (words.of)(path).unwrap_or_else(|| (expected, words.hint.to_owned()));
    Mistake {
        path: path.to_owned(),
        value: value.to_owned(),
        expected,
        hint,
        is_unknown_key: false,
    }
}

/// A value at its path; no value is a harmless one of whatever kind is asked for.
struct Node<'a> {
    path: String,
    value: Option<&'a Value>,
    patches: &'a Patches,
    words: Words,
}

impl<'a> Node<'a> {
    /// The value, unless it was found unfit.
    fn value(&self) -> Option<&'a Value> {
        self.value
            .filter(|_| !self.patches.unfit.contains_key(&self.path))
    }

    /// A harmless text, another one after each that did not fit.
    fn harmless(&self) -> &'static str {
        let tries = self
            .patches
            .unfit
            .get(&self.path)
            .copied()
            .unwrap_or_default();
        HARMLESS[tries.saturating_sub(usize::from(self.value.is_some())) % HARMLESS.len()]
    }

    fn placed<T>(&self, result: Result<T, Fault>) -> Result<T, Fault> {
        result.map_err(|fault| fault.at(&self.path, || shown(self.value)))
    }

    /// Reads it; a type that first reads and then refuses (a length of time) is placed here too.
    fn read<'de, T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        let (path, value) = (self.path.clone(), self.value);
        seed.deserialize(self)
            .map_err(|fault| fault.at(&path, || shown(value)))
    }

    fn visit<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, Fault> {
        let result = match self.value() {
            None => visitor.visit_str(self.harmless()),
            Some(Value::String(text)) => visitor.visit_str(text),
            Some(Value::Integer(number)) => visitor.visit_i64(*number),
            Some(Value::Float(number)) => visitor.visit_f64(*number),
            Some(Value::Boolean(truth)) => visitor.visit_bool(*truth),
            Some(Value::Datetime(time)) => visitor.visit_string(time.to_string()),
            Some(Value::Array(all)) => visitor.visit_seq(Elements {
                all,
                next: 0,
                node: self,
            }),
            Some(Value::Table(table)) => visitor.visit_map(Entries::of(self, table)),
        };
        self.placed(result)
    }

    fn number<'de, V: Visitor<'de>>(&self, visitor: V, most: u64) -> Result<V::Value, Fault> {
        if self.value().is_none() {
            return visitor.visit_u64(1);
        }
        let zero = matches!(self.value, Some(Value::Integer(0)));
        let words = || {
            if zero {
                "a whole number above zero".into()
            } else {
                format!("a whole number, at most {most}")
            }
        };
        self.visit(visitor)
            .map_err(|fault| fault.expecting(&self.path, words))
    }
}

macro_rules! numbers {
    ($($method:ident: $kind:ty),*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            self.number(visitor, u64::try_from(<$kind>::MAX).unwrap_or(u64::MAX))
        })*
    };
}

impl<'de> Deserializer<'de> for Node<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.visit(visitor)
    }

    numbers!(deserialize_u8: u8, deserialize_u16: u16, deserialize_u32: u32, deserialize_u64: u64);
    numbers!(deserialize_i8: i8, deserialize_i16: i16, deserialize_i32: i32, deserialize_i64: i64);

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.value().is_none() {
            return visitor.visit_bool(false);
        }
        self.visit(visitor)
            .map_err(|fault| fault.expecting(&self.path, || "true or false".into()))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.value().is_none() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.value().is_none() {
            return visitor.visit_seq(Elements {
                all: &[],
                next: 0,
                node: &self,
            });
        }
        self.visit(visitor)
            .map_err(|fault| fault.expecting(&self.path, || "a list".into()))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_struct("", &[], visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.value() {
            None => self.placed(visitor.visit_map(Entries::made_up(&self, fields))),
            Some(Value::Table(_)) => self.visit(visitor),
            Some(_) => {
                let read = self.visit(visitor);
                match self.words.table {
                    Some(words) => {
                        read.map_err(|fault| fault.expecting(&self.path, || words.into()))
                    }
                    None => read,
                }
            }
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let result = match self.value() {
            None => visitor.visit_enum(plain(variants.first().copied().unwrap_or_default())),
            Some(Value::String(text)) => visitor.visit_enum(plain(text)),
            Some(_) => {
                return self.visit(visitor).map_err(|f| {
                    f.expecting(&self.path, || format!("one of {}", variants.join(", ")))
                });
            }
        };
        self.placed(result)
    }

    serde::forward_to_deserialize_any! {
        f32 f64 char str string bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(String::new, Value::to_string)
}

fn plain(text: &str) -> StrDeserializer<'_, Fault> {
    text.into_deserializer()
}

struct Elements<'n, 'a> {
    all: &'a [Value],
    next: usize,
    node: &'n Node<'a>,
}

impl<'de> SeqAccess<'de> for Elements<'_, '_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        let Some(value) = self.all.get(self.next) else {
            return Ok(None);
        };
        let path = (self.node.words.element)(&self.node.path, self.all, self.next);
        self.next += 1;
        Node {
            path,
            value: Some(value),
            patches: self.node.patches,
            words: self.node.words,
        }
        .read(seed)
        .map(Some)
    }
}

struct Entries<'n, 'a> {
    /// From the last to the first.
    left: Vec<(&'a str, Option<&'a Value>)>,
    current: Option<(&'a str, Option<&'a Value>)>,
    node: &'n Node<'a>,
}

impl<'n, 'a> Entries<'n, 'a> {
    fn of(node: &'n Node<'a>, table: &'a toml::Table) -> Self {
        let unknown = |key: &str| {
            node.patches
                .unknown
                .contains(&(node.path.clone(), key.to_owned()))
        };
        let there = table
            .iter()
            .filter(|(key, _)| !unknown(key))
            .map(|(key, value)| (key.as_str(), Some(value)));
        let missing = node
            .patches
            .missing
            .iter()
            .filter(|(table, _)| *table == node.path)
            .map(|(_, key)| (*key, None));
        let mut left: Vec<_> = there.chain(missing).collect();
        left.reverse();
        Self {
            left,
            current: None,
            node,
        }
    }

    fn made_up(node: &'n Node<'a>, fields: &'static [&'static str]) -> Self {
        Self {
            left: fields.iter().map(|field| (*field, None)).collect(),
            current: None,
            node,
        }
    }
}

impl<'de> MapAccess<'de> for Entries<'_, '_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        self.current = self.left.pop();
        let Some((key, _)) = self.current else {
            return Ok(None);
        };
        let read = seed.deserialize(plain(key));
        read.map(Some).map_err(|fault| match fault.kind {
            // A map whose keys are a closed list, such as channels.
            FaultKind::Unfit { .. } => {
                fault.at(&join(&self.node.path, key), || "unknown key".into())
            }
            _ => fault.at(&self.node.path, String::new),
        })
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let (key, value) = self.current.take().unwrap_or_default();
        Node {
            path: join(&self.node.path, key),
            value,
            patches: self.node.patches,
            words: self.node.words,
        }
        .read(seed)
    }
}
