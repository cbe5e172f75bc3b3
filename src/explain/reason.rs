//! Owns a provider's reason as it is shown: its code, and its words without addresses.

use serde::Serialize;
use sluis_model::Why;

use super::words::scrub;

/// A provider's reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReasonRow {
    /// Stable code.
    pub code: String,
    /// Its words, without addresses.
    pub text: String,
}

impl ReasonRow {
    pub(super) fn of(why: &Why) -> Self {
        Self {
            code: why.code.to_string(),
            text: scrub(&why.text),
        }
    }

    /// Code and text, or one of them where it says what the other does, too.
    pub(crate) fn words(&self) -> String {
        let begins = || self.text.strip_prefix(&*self.code);
        if self.text.is_empty() || self.text == self.code {
            self.code.clone()
        } else if begins().is_some_and(|more| more.starts_with([' ', ':', '-'])) {
            self.text.clone()
        } else {
            format!("{} {}", self.code, self.text)
        }
    }
}

/// A provider's reason: its code and its text.
pub(super) fn reason(why: &Why) -> String {
    ReasonRow::of(why).words()
}
