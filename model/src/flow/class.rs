//! Owns the class tables of a flow: codes to classes, as data. Refuses to guess.

use std::collections::BTreeMap;

/// A table from codes to classes, as data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassTable {
    /// Name of the function in conditions.
    pub name: Box<str>,
    /// Class of a code that is not in the table.
    pub default: Box<str>,
    /// Class per code.
    pub codes: BTreeMap<Box<str>, Box<str>>,
}

impl ClassTable {
    /// The class of `code`: unknown codes get the default, never a guess.
    #[must_use]
    pub fn class_of(&self, code: &str) -> &str {
        self.codes.get(code).unwrap_or(&self.default)
    }
}
