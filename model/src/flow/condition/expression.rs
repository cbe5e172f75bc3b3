//! Owns how comparisons are joined, and the three answers of what is joined. Refuses to look at
//! values: a comparison does.

use super::against::Against;
use super::comparison::Comparison;
use super::seen::Gathered;

/// Comparisons, joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// One comparison.
    One(Comparison),
    /// `!`: unknown stays unknown.
    Not(Box<Expression>),
    /// `&&`: false as soon as one is false, else unknown as soon as one is.
    All(Box<[Expression]>),
    /// `||`: true as soon as one is true, else unknown as soon as one is.
    Any(Box<[Expression]>),
}

impl Expression {
    /// `None`: unknown.
    pub(super) fn answer(&self, against: Against<'_>, gathered: &mut Gathered) -> Option<bool> {
        match self {
            Expression::One(comparison) => comparison.answer(against, gathered),
            Expression::Not(other) => other.answer(against, gathered).map(|answer| !answer),
            Expression::All(parts) => joined(parts, false, against, gathered),
            Expression::Any(parts) => joined(parts, true, against, gathered),
        }
    }

    /// Whether one of its comparisons counts messages.
    #[must_use]
    pub fn counts_messages(&self) -> bool {
        let comparisons = self.comparisons();
        comparisons.iter().any(|one| one.counts_messages())
    }

    /// Its comparisons, in the order of the text.
    #[must_use]
    pub fn comparisons(&self) -> Vec<&Comparison> {
        match self {
            Expression::One(comparison) => vec![comparison],
            Expression::Not(other) => other.comparisons(),
            Expression::All(parts) | Expression::Any(parts) => {
                parts.iter().flat_map(Self::comparisons).collect()
            }
        }
    }
}

/// The answer of parts of which one that says `decides` decides.
fn joined(
    parts: &[Expression],
    decides: bool,
    against: Against<'_>,
    gathered: &mut Gathered,
) -> Option<bool> {
    let mut answer = Some(!decides);
    for part in parts {
        match part.answer(against, gathered) {
            Some(said) if said == decides => answer = Some(decides),
            Some(_) => {}
            None if answer == Some(decides) => {}
            None => answer = None,
        }
    }
    answer
}
