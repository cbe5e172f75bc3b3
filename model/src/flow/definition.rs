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

/// A flow file with the class tables, templates and calendar it names.
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
}

impl Definition {
    /// The bytes that are stored and hashed. Calendars stand behind the rest and only where there are
    /// some: what was stored before there were any keeps its hash.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = crate::codec::encode_plain(&(&self.flow, &self.classes, &self.templates));
        if !self.calendars.is_empty() {
            bytes.extend(crate::codec::encode_plain(&self.calendars));
        }
        bytes
    }

    /// Reads [`Definition::encode`]'s bytes.
    ///
    /// # Errors
    /// When the bytes are not a definition.
    pub fn decode(bytes: &[u8]) -> Result<Self, crate::codec::CodecError> {
        let ((flow, classes, templates), rest) = crate::codec::decode_prefix(bytes)?;
        let calendars = if rest.is_empty() {
            BTreeMap::new()
        } else {
            crate::codec::decode_plain(rest)?
        };
        Ok(Self {
            flow,
            classes,
            templates,
            calendars,
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
