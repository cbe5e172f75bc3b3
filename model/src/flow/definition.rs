//! Owns the definition: everything a flow needs, as the texts people wrote, under one content hash.
//! An upgrade makes a new definition and never changes what was accepted under the old one. Refuses
//! to interpret the texts.

use std::collections::BTreeMap;
use std::fmt;

use bincode::{Decode, Encode};

/// First 128 bits of BLAKE3 over an encoded [`Definition`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct FlowRef(pub [u8; 16]);

impl fmt::Display for FlowRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for FlowRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A flow file with the class tables, templates, calendar and types of facts it names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Definition {
    /// The flow, TOML.
    pub flow: String,
    /// Class tables by file stem, TOML.
    pub classes: BTreeMap<String, String>,
    /// Templates by file name.
    pub templates: BTreeMap<String, String>,
    /// Working calendars by file stem, TOML.
    pub calendars: BTreeMap<String, String>,
    /// Declared types of the facts that its rules read, by file stem, TOML.
    pub facts: BTreeMap<String, String>,
}

impl Definition {
    /// The bytes that are stored and hashed. Calendars stand behind the rest and only where there are
    /// some, and types of facts behind them likewise: what was stored before there were any keeps its
    /// hash.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = crate::codec::encode_plain(&(&self.flow, &self.classes, &self.templates));
        let (has_calendars, has_facts) = (!self.calendars.is_empty(), !self.facts.is_empty());
        if has_calendars || has_facts {
            bytes.extend(crate::codec::encode_plain(&self.calendars));
        }
        if has_facts {
            bytes.extend(crate::codec::encode_plain(&self.facts));
        }
        bytes
    }

    /// Reads [`Definition::encode`]'s bytes.
    ///
    /// # Errors
    /// When the bytes are not a definition.
    pub fn decode(bytes: &[u8]) -> Result<Self, crate::codec::CodecError> {
        let ((flow, classes, templates), rest) = crate::codec::decode_prefix(bytes)?;
        let (calendars, rest) = texts_if_any(rest)?;
        let (facts, rest) = texts_if_any(rest)?;
        if !rest.is_empty() {
            let left = rest.len();
            return Err(crate::codec::CodecError::Payload(format!(
                "{left} bytes left over"
            )));
        }
        Ok(Self {
            flow,
            classes,
            templates,
            calendars,
            facts,
        })
    }

    /// Its content hash.
    #[must_use]
    pub fn reference(&self) -> FlowRef {
        let mut reference = [0; 16];
        reference.copy_from_slice(&blake3::hash(&self.encode()).as_bytes()[..16]);
        FlowRef(reference)
    }
}

/// Texts by their names, and what is behind them.
type Texts<'a> = (BTreeMap<String, String>, &'a [u8]);

/// Texts that stand at the end where there are some.
fn texts_if_any(bytes: &[u8]) -> Result<Texts<'_>, crate::codec::CodecError> {
    if bytes.is_empty() {
        Ok((BTreeMap::new(), bytes))
    } else {
        crate::codec::decode_prefix(bytes)
    }
}

/// One mistake in a definition: where, and what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Path within the definition: `step.mail.on.bounced`.
    pub path: String,
    /// What is wrong, what was expected, a hint.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}
