//! Owns how a corporation steers its channels: the matrix of services and channels, by date. It is
//! data that `src` reads at the start. Refuses to choose a way for one tenant: `decide` does.

mod mistake;
mod source;
mod steered;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::channel::{Channel, ChannelSet};
use crate::time::Timestamp;

pub use mistake::Mistake;
pub use steered::{MatrixRow, Passed, Steered, WhyNot};

/// The row of every category that has none of its own.
pub(crate) const ALL: &str = "*";

/// How one corporation steers its channels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Steering {
    /// The rows of each category, the oldest first.
    matrix: BTreeMap<Box<str>, Vec<Row>>,
}

/// What a corporation wants of a channel for a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Goes before the others.
    Primary,
    /// Goes behind the primary ones. So does a channel that the row does not name.
    Secondary,
    /// Is never used.
    Off,
}

impl Cell {
    const ALL: [Self; 3] = [Self::Primary, Self::Secondary, Self::Off];

    /// The word in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Cell::Primary => "primary",
            Cell::Secondary => "secondary",
            Cell::Off => "off",
        }
    }
}

/// One row: what holds for a category from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Its day begins, by the clock in Amsterdam.
    begins: Timestamp,
    /// Its name in explanations.
    name: MatrixRow,
    primary: ChannelSet,
    off: ChannelSet,
}

impl Row {
    /// What the corporation wants of `channel`.
    pub(crate) const fn cell(&self, channel: Channel) -> Cell {
        if self.off.contains(channel) {
            Cell::Off
        } else if self.primary.contains(channel) {
            Cell::Primary
        } else {
            Cell::Secondary
        }
    }

    /// Its name in explanations.
    pub(crate) const fn name(&self) -> &MatrixRow {
        &self.name
    }
}

impl Steering {
    /// The row that holds for `category` at `now`: the newest one that has begun, of the category's
    /// own, or else of those for all others.
    pub(crate) fn row(&self, category: &str, now: Timestamp) -> Option<&Row> {
        let begun = |category: &str| {
            let rows = self.matrix.get(category)?;
            rows.iter().rev().find(|row| row.begins <= now)
        };
        begun(category).or_else(|| begun(ALL))
    }
}
