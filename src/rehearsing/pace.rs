//! Owns when rows are handed over: so many a minute, on these days and in these hours. Refuses to catch up
//! what a closed window took.

use sluis_actors::router::{Hours, SendWindow};
use sluis_model::{MINUTE, Timestamp};

/// How rows are handed over.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    /// Rows a minute; none: all at once.
    pub per_minute: Option<u32>,
    /// When; none: at all times.
    pub windows: Vec<SendWindow>,
}

/// The instants of the rows, one after the other.
pub(super) struct Instants<'a> {
    pace: &'a Pace,
    next: f64,
}

impl Pace {
    pub(super) fn from(&self, starts: Timestamp) -> Instants<'_> {
        Instants {
            pace: self,
            next: starts.0 as f64,
        }
    }
}

impl Instants<'_> {
    /// When the next row is handed over.
    pub(super) fn next(&mut self) -> Timestamp {
        let wanted = Timestamp(self.next as i64);
        let at = open(&self.pace.windows, wanted);
        if at != wanted {
            self.next = at.0 as f64;
        }
        if let Some(rate) = self.pace.per_minute {
            self.next += MINUTE as f64 / f64::from(rate.max(1));
        }
        at
    }
}

/// The first instant from `at` on at which one of the windows is open.
fn open(windows: &[SendWindow], at: Timestamp) -> Timestamp {
    let mut opens = None;
    for window in windows {
        match window.at(at) {
            Hours::Open(_) => return at,
            Hours::Closed(until) => {
                opens = Some(opens.map_or(until, |known: Timestamp| known.min(until)));
            }
        }
    }
    opens.unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_handed_over_at_their_pace_and_a_closed_window_is_not_caught_up() {
        let friday = Timestamp(1_795_791_000_000); // 2026-11-27 15:50 in the Netherlands.
        let pace = Pace {
            per_minute: Some(6),
            windows: vec!["mon-fri 09:00-16:00".parse().unwrap()],
        };
        let mut instants = pace.from(friday);
        let all: Vec<i64> = (0..62).map(|_| instants.next().since(friday)).collect();
        assert_eq!(&all[..3], [0, 10_000, 20_000]);
        let monday = (65 * 60 + 10) * MINUTE;
        assert_eq!(&all[60..], [monday, monday + 10_000]);
    }
}
