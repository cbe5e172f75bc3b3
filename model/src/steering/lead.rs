//! Owns how long a message of a channel is on its way: `takes = "5m"`, `"2 working days"`, `"2 post days"`.
//! Refuses days of a corporation's own calendar: post is delivered by the same days everywhere.

use std::sync::Arc;

use crate::calendar::Calendar;
use crate::flow::{Span, parse_duration};
use crate::time::Timestamp;

/// Most days that a message may be on its way.
const MOST_DAYS: u16 = 60;

/// How long a message is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lead(Span);

impl Lead {
    /// When a message arrives that leaves at an instant.
    pub(crate) fn arrives(&self, leaves: Timestamp) -> Timestamp {
        self.0.after(leaves)
    }

    /// Reads the text form; nothing when it is none.
    pub(super) fn read(text: &str) -> Option<Self> {
        let Some((number, unit)) = text.split_once(' ') else {
            return parse_duration(text).ok().map(Span::Milliseconds).map(Self);
        };
        let calendar = match unit {
            "working day" | "working days" => Calendar::of_work(),
            "post day" | "post days" => Calendar::of_post(),
            _ => return None,
        };
        let is_plain = number.bytes().all(|b| b.is_ascii_digit());
        let days = number.parse().ok().filter(|_| is_plain)?;
        let is_one = (1..=MOST_DAYS).contains(&days);
        is_one.then(|| Self(Span::WorkingDays(days, Arc::new(calendar))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        let instant: jiff::Timestamp = text.parse().unwrap();
        Timestamp(instant.as_millisecond())
    }

    #[test]
    fn post_is_delivered_from_tuesday_to_saturday_and_on_no_holiday() {
        let arrives = |takes: &str, leaves: &str| Lead::read(takes).unwrap().arrives(at(leaves));
        for (takes, leaves, expected) in [
            // Friday 27 November 2026.
            (
                "1 post day",
                "2026-11-27T15:00:00+01:00",
                "2026-11-28T15:00:00+01:00",
            ),
            (
                "2 post days",
                "2026-11-27T15:00:00+01:00",
                "2026-12-01T15:00:00+01:00",
            ),
            (
                "1 post day",
                "2026-11-28T15:00:00+01:00",
                "2026-12-01T15:00:00+01:00",
            ),
            (
                "2 post days",
                "2026-12-23T10:00:00+01:00",
                "2026-12-29T10:00:00+01:00",
            ),
            (
                "2 working days",
                "2026-11-27T15:00:00+01:00",
                "2026-12-01T15:00:00+01:00",
            ),
            (
                "1 working day",
                "2026-11-27T15:00:00+01:00",
                "2026-11-30T15:00:00+01:00",
            ),
            (
                "5m",
                "2026-11-27T15:00:00+01:00",
                "2026-11-27T15:05:00+01:00",
            ),
        ] {
            assert_eq!(arrives(takes, leaves), at(expected), "{takes} {leaves}");
        }
        for wrong in [
            "",
            "2",
            "2 days",
            "0 post days",
            "61 post days",
            "+2 post days",
            "2  post days",
            "a post day",
        ] {
            assert_eq!(Lead::read(wrong), None, "{wrong}");
        }
    }
}
