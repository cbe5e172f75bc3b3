//! Owns the words for a step that wants its message to be there by some time: what was wanted, and what would
//! have come later. Refuses to reckon: the instants stand in the record.

use sluis_model::Timestamp;
use sluis_model::steering::{Passed, Steered, Wanted};

use super::words::rfc3339;

/// By when the step wants it, and when it arrives. Empty: the step says nothing of it.
pub(super) fn wanted(steered: &Steered) -> String {
    let Some(Wanted {
        by,
        before,
        arrives,
    }) = &steered.wanted
    else {
        return String::new();
    };
    let Some(before) = before else {
        return format!("it is wanted {by}, and that day is not known: nothing is too late for it");
    };
    let last = day(before.plus(-1));
    match (steered.channel, arrives) {
        (None, _) => format!("it is wanted {by} ({last})"),
        (Some(_), Some(arrives)) => {
            format!(
                "it is wanted {by} ({last}), and arrives on {}",
                day(*arrives)
            )
        }
        (Some(_), None) => {
            format!("it is wanted {by} ({last}), and how long it takes is not known")
        }
    }
}

/// Why a channel was not taken that would be too late.
pub(super) fn too_late(passed: &Passed, steered: &Steered) -> String {
    let arrives = passed.arrives.map(day);
    let arrives = arrives.map_or_else(String::new, |day| format!(" on {day}"));
    let by = steered.wanted.as_ref().map(|wanted| &*wanted.by);
    let by = by.unwrap_or("sooner");
    format!("it would arrive{arrives}, and is wanted {by}")
}

/// A day by the clock in Amsterdam, with the time: `Tuesday 2026-12-01, 15:00`.
fn day(at: Timestamp) -> String {
    let instant = jiff::Timestamp::from_millisecond(at.0).ok();
    let local = instant.and_then(|instant| instant.in_tz("Europe/Amsterdam").ok());
    let shown = local.map(|local| local.strftime("%A %Y-%m-%d, %H:%M").to_string());
    shown.unwrap_or_else(|| rfc3339(at))
}

#[cfg(test)]
mod tests {
    use sluis_model::Channel;
    use sluis_model::steering::WhyNot;

    use super::*;

    /// Friday 27 November 2026, 15:00 in Amsterdam.
    const FRIDAY: Timestamp = Timestamp(1_795_788_000_000);
    const DAY: i64 = 86_400_000;

    fn steered(before: Option<Timestamp>, arrives: Option<Timestamp>) -> Steered {
        Steered {
            channel: Some(Channel::Email),
            row: None,
            asked: None,
            cost: None,
            passed: Box::default(),
            segment: None,
            not_yet: None,
            wanted: Some(Wanted {
                by: "by data.due_date".into(),
                before,
                arrives,
            }),
        }
    }

    #[test]
    fn a_letter_that_comes_too_late_is_told_with_both_days() {
        let steered = steered(Some(FRIDAY.plus(3 * DAY)), Some(FRIDAY.plus(300_000)));
        let passed = Passed {
            channel: Channel::Letter,
            why: WhyNot::TooLate,
            cost: None,
            arrives: Some(FRIDAY.plus(4 * DAY)),
        };
        assert_eq!(
            too_late(&passed, &steered),
            "it would arrive on Tuesday 2026-12-01, 15:00, and is wanted by data.due_date"
        );
        assert_eq!(
            wanted(&steered),
            "it is wanted by data.due_date (Monday 2026-11-30, 14:59), and arrives on Friday 2026-11-27, 15:05"
        );
    }

    #[test]
    fn what_is_not_known_is_said() {
        let unknown = wanted(&steered(None, None));
        assert!(
            unknown.ends_with("that day is not known: nothing is too late for it"),
            "{unknown}"
        );
        let no_time = wanted(&steered(Some(FRIDAY), None));
        assert!(
            no_time.ends_with("how long it takes is not known"),
            "{no_time}"
        );
    }
}
