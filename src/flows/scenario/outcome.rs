//! Owns what a test of scenarios tells: each scenario with what differs, and what of each flow they
//! cover. Refuses to run them.

use std::fmt::Write as _;

use crate::config::flows::FlowMistake;

/// How one scenario went.
#[derive(Debug)]
pub struct Outcome {
    /// Which file, as it is shown.
    pub file: String,
    /// Its name.
    pub name: String,
    /// What was expected and came otherwise. Empty: all came as expected.
    pub differs: Vec<String>,
}

/// What came of a test.
#[derive(Debug, Default)]
pub struct Tested {
    /// What could not be run.
    pub mistakes: Vec<FlowMistake>,
    /// The scenarios, in order.
    pub outcomes: Vec<Outcome>,
    /// A table for each flow.
    pub coverage: Vec<String>,
    /// Ways, rules and ends that no scenario takes, with their flow.
    pub uncovered: Vec<String>,
}

impl Tested {
    /// Whether everything came as expected.
    #[must_use]
    pub fn is_good(&self) -> bool {
        let as_expected = |outcome: &Outcome| outcome.differs.is_empty();
        self.mistakes.is_empty() && self.outcomes.iter().all(as_expected)
    }

    /// All of it, for a person.
    #[must_use]
    pub fn report(&self) -> String {
        let mut text = String::new();
        for mistake in &self.mistakes {
            let _ = writeln!(text, "{mistake}");
        }
        let mut file = "";
        for outcome in &self.outcomes {
            if outcome.file != file {
                file = &outcome.file;
                let _ = writeln!(text, "{file}");
            }
            let word = if outcome.differs.is_empty() {
                "ok"
            } else {
                "DIFFERS"
            };
            let _ = writeln!(text, "  {word:<8} {}", outcome.name);
            for line in &outcome.differs {
                let _ = writeln!(text, "           {line}");
            }
        }
        for table in &self.coverage {
            let _ = write!(text, "\n{table}");
        }
        let wrong = self
            .outcomes
            .iter()
            .filter(|one| !one.differs.is_empty())
            .count();
        let count = self.outcomes.len();
        let _ = writeln!(
            text,
            "\n{count} scenarios, {wrong} differ, {} mistakes",
            self.mistakes.len()
        );
        text
    }
}
