//! Owns what a mistake in a flow looks like: the file, the line, the column, the path, what was
//! expected, and the line itself. Refuses to find any.

use std::fmt;

use super::place::Place;
use crate::config::problem::Problem;

/// One mistake in the files of a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowMistake {
    /// Where.
    pub place: Place,
    /// The path within the flow: `step.mail.on.bounced`. Empty: the file as a whole.
    pub path: String,
    /// What stands there, what was expected, a hint.
    pub message: String,
}

impl FlowMistake {
    /// A mistake.
    pub fn new(place: Place, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            place,
            path: path.into(),
            message: message.into(),
        }
    }

    /// One in the file as a whole, or in the setting that names it.
    pub(super) fn of_file(file: impl fmt::Display, message: impl Into<String>) -> Self {
        Self::new(Place::whole(&file.to_string()), "", message)
    }
}

impl fmt::Display for FlowMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place {
            file,
            line,
            column,
            text,
        } = &self.place;
        write!(f, "{file}")?;
        if *line > 0 {
            write!(f, ":{line}:{column}")?;
        }
        if !self.path.is_empty() {
            write!(f, ": {}", self.path)?;
        }
        write!(f, ": {}", self.message)?;
        if *line == 0 {
            return Ok(());
        }
        let before: String = text.chars().take(column - 1).map(blank).collect();
        write!(f, "\n{line:>5} | {text}\n      | {before}^")
    }
}

/// What leaves the mark below a character where it is: a tab stays one.
fn blank(of: char) -> char {
    if of == '\t' { '\t' } else { ' ' }
}

impl From<FlowMistake> for Problem {
    fn from(found: FlowMistake) -> Self {
        let Place { file, line, .. } = found.place;
        let path = match line {
            0 => file,
            line => format!("{file}:{line}"),
        };
        let value = if found.path.is_empty() {
            "a flow".to_owned()
        } else {
            found.path
        };
        Self::new(path, value, "no mistakes", found.message)
    }
}
