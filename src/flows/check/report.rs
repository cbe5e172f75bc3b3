//! Owns what a check found. Refuses to look for more.

use crate::config::flows::{FlowMistake, Found};

/// What a check found.
#[derive(Debug, Default)]
pub struct Report {
    /// What must be mended.
    pub mistakes: Vec<FlowMistake>,
    /// What is allowed and perhaps not meant.
    pub warnings: Vec<FlowMistake>,
    /// The flows without a mistake: `storno 2`.
    pub sound: Vec<String>,
}

impl Report {
    /// One more mistake, at its path in a flow.
    pub(super) fn mistake(&mut self, found: &Found, path: &str, message: &str) {
        self.in_line(found, path, None, message);
    }

    /// One more mistake, in a line of a file.
    pub(super) fn in_line(
        &mut self,
        found: &Found,
        path: &str,
        line: Option<usize>,
        message: &str,
    ) {
        let (place, before) = found.sources.place(path, line);
        let message = format!("{before}{message}");
        let mistake = FlowMistake::new(place, path, message);
        // What stands in a file that several flows use, or extend, is one mistake.
        if !self.mistakes.contains(&mistake) {
            self.mistakes.push(mistake);
        }
    }

    /// One more warning. What only the extended flow has is no matter of the one that extends it.
    pub(super) fn warning(&mut self, found: &Found, path: &str, message: &str) {
        let (place, before) = found.sources.place(path, None);
        if !before.is_empty() {
            return;
        }
        self.warnings.push(FlowMistake::new(place, path, message));
    }
}
