//! Owns one mistake of every kind, as a change of the small pack. Other tests have them too: what is checked
//! here must be refused wherever it comes from.

mod asks;
mod files;
mod meaning;
mod shape;
mod steps;

use self::asks::IN_ASKS;
use self::files::IN_FILES;
use self::meaning::IN_MEANING;
use self::shape::IN_SHAPE;
use self::steps::IN_STEPS;

/// A case: the file, what stands there, what is written instead, where it is told, part of the
/// message. Nothing in place of what stands there: the whole file is.
pub(crate) type Case = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const F: &str = "flow.toml";
const MAIL: &str = "templates/hello-mail.txt";
const CLASSES: &str = "classes/kinds.toml";
const CALENDAR: &str = "calendars/office.toml";

/// All of them.
pub(crate) fn all() -> Vec<Case> {
    [&IN_SHAPE[..], &IN_STEPS, &IN_MEANING, &IN_FILES, &IN_ASKS].concat()
}
