//! Owns what a condition may look at. Refuses to look: an operand does.

use std::fmt;

use super::person::Person;
use crate::fact_type::About;
use crate::flow::input::Value;
use crate::time::Timestamp;

/// Which messages to the tenant are counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactedBy {
    /// Those of flows with this purpose; none: all.
    pub purpose: Option<Box<str>>,
    /// Whether only those about the notification's subject count.
    pub about_subject: bool,
    /// How long ago they may have left, in milliseconds.
    pub within_ms: i64,
    /// How that is written.
    pub within: Box<str>,
}

impl fmt::Display for ContactedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.about_subject {
            "contacted_about_subject"
        } else {
            "contacted"
        };
        let purpose = self
            .purpose
            .as_ref()
            .map(|purpose| format!("'{purpose}', "));
        let (purpose, within) = (purpose.unwrap_or_default(), &self.within);
        write!(f, "{name}({purpose}{within})")
    }
}

/// A value that came from a fact, with the moment it was true at the source.
pub type Dated = (i64, Timestamp);

/// What a condition may look at.
pub trait Scope {
    /// The data field with this index in `Flow::fields`.
    fn field(&self, index: usize) -> &Value;
    /// The tenant's balance, if a fact told it.
    fn balance(&self) -> Option<Dated>;
    /// The open amount of the notification's subject.
    fn subject_open_amount(&self) -> Option<Dated>;
    /// The notification's environment.
    fn notification_environment(&self) -> &'static str;
    /// The engine's environment.
    fn engine_environment(&self) -> &'static str;
    /// The notification's category.
    fn category(&self) -> &str;
    /// When the notification was accepted.
    fn accepted_at(&self) -> Timestamp;
    /// How many such messages left, or may have, or are under way.
    fn contacted(&self, by: &ContactedBy, now: Timestamp) -> usize;
    /// What a field of the facts of a declared type says at an instant, and when that was true. The
    /// name of no field, such as an empty one, is missing. None: no fact of the type holds.
    fn said(&self, field: (&str, &str), about: About, now: Timestamp)
    -> Option<(Value, Timestamp)>;
    /// The id of the notification of the same flow that ended for the same subject before, and which round
    /// this one is. None: it is the first.
    fn follows(&self) -> Option<(String, i64)>;
    /// What is known of the tenant himself.
    fn person(&self, what: Person) -> Value;
}
