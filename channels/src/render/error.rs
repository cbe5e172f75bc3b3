//! Owns the reasons for which nothing is rendered, each with its stable code.

/// Why nothing was rendered. All of them are ours: `Refusal::Unsendable`.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// There is no such template.
    #[error("template {0:?} is not there: expected it among the definition's templates")]
    Unknown(String),
    /// The template names variables that this notification does not have.
    #[error("template {template:?}: {} not given: expected them {}", .variables.join(", "), source_of(.variables))]
    Missing {
        /// The file.
        template: String,
        /// Where the first of them is, from 1; 0 when unknown.
        line: usize,
        /// The variables, such as `data.amount_cents`.
        variables: Vec<String>,
    },
    /// The subject came out with more than one line, or empty.
    #[error("template {0:?}: expected a subject of exactly one line")]
    Subject(String),
    /// Nothing came out that anybody would see.
    #[error("template {0:?}: expected a text that is not blank")]
    Blank(String),
    /// It wrote too much.
    #[error("template {0:?}: expected a shorter result (mail 256 KiB, text message 8 KiB)")]
    TooLarge(String),
    /// It asked for more memory or time than a message may take.
    #[error(
        "template {0:?}: expected less work: values of at most 64 KiB, and loops that end soon"
    )]
    Costly(String),
    /// It uses what is not offered any more; it was stored by an older build.
    #[error("template {template:?} line {line}: {why}")]
    Refused {
        /// The file.
        template: String,
        /// Where, from 1.
        line: usize,
        /// What is not offered.
        why: String,
    },
    /// Anything else: a filter that did not like its value.
    #[error("template {template:?} line {line}: {detail}")]
    Failed {
        /// The file.
        template: String,
        /// Where, from 1; 0 when unknown.
        line: usize,
        /// What the engine says.
        detail: String,
    },
}

/// Where variables come from.
fn source_of(variables: &[String]) -> &'static str {
    let all = |roots: &[&str]| {
        let root = |name: &String| name.split('.').next().is_some_and(|of| roots.contains(&of));
        variables.iter().all(root)
    };
    if all(&["data"]) {
        "in the notification's data"
    } else if all(&["task", "ask"]) {
        "of an answer that may be missing"
    } else if all(&["link"]) {
        "of a step with link = true"
    } else {
        "among the variables that docs/flows.md lists"
    }
}

impl RenderError {
    /// Stable code for `Why`, metrics and the API.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            RenderError::Unknown(_) => "render_unknown",
            RenderError::Missing { .. } => "render_missing",
            RenderError::Subject(_) => "render_subject",
            RenderError::Blank(_) => "render_blank",
            RenderError::TooLarge(_) => "render_too_large",
            RenderError::Costly(_) => "render_costly",
            RenderError::Refused { .. } => "render_refused",
            RenderError::Failed { .. } => "render_failed",
        }
    }

    /// The file it is about.
    #[must_use]
    pub fn file(&self) -> &str {
        match self {
            RenderError::Unknown(file)
            | RenderError::Subject(file)
            | RenderError::Blank(file)
            | RenderError::TooLarge(file)
            | RenderError::Costly(file) => file,
            RenderError::Missing { template, .. }
            | RenderError::Refused { template, .. }
            | RenderError::Failed { template, .. } => template,
        }
    }

    /// The line it is about, from 1; 0 when it is about the whole file.
    #[must_use]
    pub fn line(&self) -> usize {
        match self {
            RenderError::Missing { line, .. }
            | RenderError::Refused { line, .. }
            | RenderError::Failed { line, .. } => *line,
            RenderError::Unknown(_)
            | RenderError::Subject(_)
            | RenderError::Blank(_)
            | RenderError::TooLarge(_)
            | RenderError::Costly(_) => 0,
        }
    }
}
