//! Owns the comparison of two rehearsals of the same rows: what would have been sent otherwise, and what
//! would have ended otherwise. Refuses rows that are not the same.

use std::collections::BTreeMap;

use sluis_model::Channel;

use crate::tally::{Outcome, Results};

/// How a row went in one version and in the other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// Its end, in the first.
    pub end: Box<str>,
    /// Its end, in the other.
    pub other_end: Box<str>,
    /// The channel of its first message, in the first.
    pub first: Option<Channel>,
    /// That in the other.
    pub other_first: Option<Channel>,
}

/// What differs between two versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Rows that went alike: the same end, the same first channel, as many messages.
    pub alike: u64,
    /// Rows of which only the number of messages differs.
    pub more_or_less: u64,
    /// How many rows went each other way.
    pub changes: BTreeMap<Change, u64>,
    /// Rows that differ, by their places.
    pub rows: Vec<u32>,
}

/// Compares what became of each row.
#[must_use]
pub fn compare(one: &Results, other: &Results) -> Compared {
    let mut compared = Compared::default();
    let rows = one.outcomes.iter().zip(&other.outcomes);
    for (row, (a, b)) in (0_u32..).zip(rows) {
        let change = Change {
            end: end(one, a),
            other_end: end(other, b),
            first: a.first,
            other_first: b.first,
        };
        let same = change.end == change.other_end && change.first == change.other_first;
        if same && a.sent == b.sent {
            compared.alike += 1;
            continue;
        }
        compared.rows.push(row);
        if same {
            compared.more_or_less += 1;
        } else {
            *compared.changes.entry(change).or_default() += 1;
        }
    }
    compared
}

/// The name of a row's end.
fn end(results: &Results, outcome: &Outcome) -> Box<str> {
    let end = outcome
        .end
        .and_then(|end| results.ends.get(usize::from(end)));
    end.map_or_else(|| "still open".into(), |(name, _)| name.clone())
}
