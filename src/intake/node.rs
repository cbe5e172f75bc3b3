//! Owns a JSON document as it was written: pairs in their order, repeated keys kept, so that a
//! repeat can be reported. Texts stay where they are, unless an escape in them has to be resolved.
//! Refuses what is not UTF-8 or not JSON, with line and column. Nesting is bounded by the parser
//! (128 levels).

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::problem::{FieldProblem, ProblemCode};
use crate::explain::discreet;

/// One JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node<'a> {
    Null,
    Boolean(bool),
    Integer(i64),
    /// A number that is not a whole one of 64 bits.
    Number(serde_json::Number),
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    Object(Vec<Pair<'a>>),
}

/// A key with what stands there.
pub(crate) type Pair<'a> = (Cow<'a, str>, Node<'a>);

impl<'a> Node<'a> {
    /// Reads a whole document.
    pub(crate) fn parse(bytes: &'a [u8], path: &str) -> Result<Self, FieldProblem> {
        Self::parse_text(utf8(bytes, path)?, path)
    }

    /// Reads a whole document that is known to be text.
    pub(crate) fn parse_text(text: &'a str, path: &str) -> Result<Self, FieldProblem> {
        serde_json::from_str(text).map_err(|error| not_json(&error, path))
    }

    /// The type's name for people.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Node::Null => "null",
            Node::Boolean(_) => "true or false",
            Node::Integer(_) => "a whole number",
            Node::Number(_) => "a number",
            Node::Text(_) => "a text",
            Node::List(_) => "a list",
            Node::Object(_) => "an object",
        }
    }

    /// What stands there, for a problem: scalars as they are, unless a text may be an address; the
    /// rest by its kind.
    pub(crate) fn shown(&self) -> String {
        match self {
            Node::Boolean(truth) => truth.to_string(),
            Node::Integer(number) => number.to_string(),
            Node::Number(number) => number.to_string(),
            Node::Text(text) => discreet(text).into_owned(),
            Node::Null | Node::List(_) | Node::Object(_) => self.kind().to_owned(),
        }
    }
}

/// The bytes as text.
pub(crate) fn utf8<'a>(bytes: &'a [u8], path: &str) -> Result<&'a str, FieldProblem> {
    std::str::from_utf8(bytes).map_err(|error| {
        let (line, column) = place(bytes, error.valid_up_to());
        let byte = bytes
            .get(error.valid_up_to())
            .map_or_else(|| "the end".to_owned(), |byte| format!("byte 0x{byte:02x}"));
        FieldProblem::new(path, ProblemCode::NotUtf8, "UTF-8")
            .value(&format!("{byte} at line {line}, column {column}"))
            .hint("the sender uses another encoding, Windows-1252 perhaps: send UTF-8")
    })
}

/// Line and column, from 1, of the byte at `at`.
pub(crate) fn place(bytes: &[u8], at: usize) -> (usize, usize) {
    let before = &bytes[..at.min(bytes.len())];
    let line = 1 + before.iter().filter(|b| **b == b'\n').count();
    let column = 1 + before.iter().rev().take_while(|b| **b != b'\n').count();
    (line, column)
}

/// A parser's complaint as a problem.
pub(crate) fn not_json(error: &serde_json::Error, path: &str) -> FieldProblem {
    let text = error.to_string();
    // The place stands apart; the parser appends it to its sentence.
    let what = text.split(" at line ").next().unwrap_or_default();
    let problem = FieldProblem::new(path, ProblemCode::NotJson, "JSON").value(&format!(
        "{what} at line {}, column {}",
        error.line(),
        error.column()
    ));
    if error.is_eof() {
        problem.hint("the document ends too early: it may have been cut off")
    } else {
        problem
    }
}

/// A text that is borrowed where it can be. Serde does so for a plain `Cow` only where a derived
/// field says so.
#[derive(serde::Deserialize)]
pub(super) struct Borrowed<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

impl<'de> Deserialize<'de> for Node<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Self::Value, E> {
        Ok(Node::Boolean(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Node::Integer(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(number).map_or_else(|_| Node::Number(number.into()), Node::Integer))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(serde_json::Number::from_f64(number).map_or(Node::Null, Node::Number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element()? {
            nodes.push(node);
        }
        Ok(Node::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some((Borrowed(key), node)) = map.next_entry()? {
            pairs.push((key, node));
        }
        Ok(Node::Object(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_that_breaks_off_or_has_foreign_bytes_names_the_place() {
        let cut = Node::parse(b"{\n \"a\": [1, 2", "body").unwrap_err();
        assert_eq!(
            (cut.code, cut.value.as_deref()),
            (
                ProblemCode::NotJson,
                Some("EOF while parsing a list at line 2, column 11")
            )
        );
        assert!(cut.hint.is_some());
        let latin = Node::parse(b"{\"a\":\n\"caf\xe9\"}", "body").unwrap_err();
        assert_eq!(
            (latin.code, latin.value.as_deref()),
            (ProblemCode::NotUtf8, Some("byte 0xe9 at line 2, column 5"))
        );
        let deep = "[".repeat(100_000);
        assert_eq!(
            Node::parse_text(&deep, "body").unwrap_err().code,
            ProblemCode::NotJson
        );
    }

    #[test]
    fn only_what_has_an_escape_is_copied() {
        let Ok(Node::Object(pairs)) = Node::parse_text(r#"{"a":"b","c\u0064":"e\n"}"#, "body")
        else {
            panic!("an object")
        };
        assert!(matches!(
            pairs[0],
            (Cow::Borrowed("a"), Node::Text(Cow::Borrowed("b")))
        ));
        assert_eq!(pairs[1], ("cd".into(), Node::Text("e\n".into())));
    }

    #[test]
    fn repeated_keys_are_kept() {
        let node = Node::parse_text("{\"a\":1,\"a\":2}", "body").unwrap();
        assert_eq!(
            node,
            Node::Object(vec![
                ("a".into(), Node::Integer(1)),
                ("a".into(), Node::Integer(2))
            ])
        );
    }
}
