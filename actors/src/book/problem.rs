//! Owns how a mistake in a definition is told.

use std::fmt;

/// One mistake: in which definition, where in it, what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookProblem {
    /// The flow's name, with its corporation where it is not shared, or the hash of a stored
    /// definition.
    pub definition: String,
    /// Path within the definition: `step.mail.on.bounced`, `templates.storno-mail.txt`.
    pub path: String,
    /// What is wrong, what was expected, a hint.
    pub message: String,
}

impl fmt::Display for BookProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "flow {}: {}: {}",
            self.definition, self.path, self.message
        )
    }
}

pub(super) fn problem(definition: &str, path: &str, message: &dyn fmt::Display) -> BookProblem {
    BookProblem {
        definition: definition.to_owned(),
        path: path.to_owned(),
        message: message.to_string(),
    }
}

/// Those of the flow's own text.
pub(super) fn of_flow(definition: &str, found: &[sluis_model::flow::Problem]) -> Vec<BookProblem> {
    found
        .iter()
        .map(|found| problem(definition, &found.path, &found.message))
        .collect()
}

/// Those of its templates.
pub(super) fn of_templates(
    definition: &str,
    found: &[sluis_channels::Problem],
) -> Vec<BookProblem> {
    let of = |found: &sluis_channels::Problem| {
        let (value, expected, hint) = (&found.value, &found.expected, &found.hint);
        let message = format!("{value:?} is not {expected} ({hint})");
        problem(definition, &found.path, &message)
    };
    found.iter().map(of).collect()
}
