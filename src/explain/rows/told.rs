//! Owns what one row says: a stable kind, a Dutch label, a sentence, details.

use serde_json::Value;

/// What one row says.
pub(crate) struct Told {
    /// Stable code.
    pub kind: &'static str,
    /// The kind in Dutch.
    pub label_nl: &'static str,
    /// For people.
    pub text: String,
    /// The facts of it, by its kind.
    pub details: Value,
}

impl Told {
    pub(crate) fn new(
        kind: &'static str,
        label_nl: &'static str,
        text: impl Into<String>,
        details: Value,
    ) -> Self {
        Self {
            kind,
            label_nl,
            text: text.into(),
            details,
        }
    }
}
