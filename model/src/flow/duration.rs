//! Owns the reading of human durations in flow files: `90s`, `48h`, `5d`, and, where a wait may count
//! them, `2 working days`. Refuses units it was not given: a bare number is an error.

use std::fmt;
use std::sync::Arc;

use crate::calendar::Calendar;
use crate::time::Timestamp;

/// How long a wait lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// So many milliseconds.
    Milliseconds(i64),
    /// So many working days of a calendar; see [`Calendar::after`].
    WorkingDays(u16, Arc<Calendar>),
}

impl Span {
    /// When a wait ends that begins at an instant.
    #[must_use]
    pub fn after(&self, from: Timestamp) -> Timestamp {
        match self {
            Span::Milliseconds(millis) => from.plus(*millis),
            Span::WorkingDays(days, calendar) => calendar.after(from, *days),
        }
    }
}

impl Span {
    /// Whether no time passes in it.
    pub(in crate::flow) const fn is_nothing(&self) -> bool {
        match self {
            Span::Milliseconds(millis) => *millis == 0,
            Span::WorkingDays(..) => false,
        }
    }
}

/// As it may be written in a flow file.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Span::Milliseconds(millis) => {
                let units = [
                    ("d", crate::time::DAY),
                    ("h", crate::time::HOUR),
                    ("m", crate::time::MINUTE),
                    ("s", crate::time::SECOND),
                ];
                let whole = |(_, unit): &(&str, i64)| *millis > 0 && millis % unit == 0;
                let (word, unit) = units.into_iter().find(whole).unwrap_or(("ms", 1));
                write!(f, "{}{word}", millis / unit)
            }
            Span::WorkingDays(1, _) => f.write_str("1 working day"),
            Span::WorkingDays(days, _) => write!(f, "{days} working days"),
        }
    }
}

/// Most working days that a wait may count: two years of them.
const MAX_WORKING_DAYS: u16 = 520;

/// The number in `2 working days`. `None`: the text is of another form.
///
/// # Errors
/// A sentence saying which numbers may be counted.
pub(super) fn parse_working_days(text: &str) -> Option<Result<u16, String>> {
    let (number, unit) = text.split_once(' ')?;
    if !matches!(unit, "working day" | "working days") {
        return None;
    }
    let days = number.parse().ok().filter(|_| !number.starts_with('+'));
    let days = days.filter(|days| (1..=MAX_WORKING_DAYS).contains(days));
    Some(days.ok_or_else(|| format!("expected 1 to {MAX_WORKING_DAYS} working days")))
}

/// The text is no duration.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a whole number with a unit: ms, s, m, h or d, such as 48h")]
pub struct DurationProblem;

/// Milliseconds in `text`.
///
/// # Errors
/// [`DurationProblem`] when there is no unit, no number, or the number does not fit.
pub fn parse_duration(text: &str) -> Result<i64, DurationProblem> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number: i64 = text[..digits].parse().map_err(|_| DurationProblem)?;
    let unit = match &text[digits..] {
        "ms" => 1,
        "s" => crate::time::SECOND,
        "m" => crate::time::MINUTE,
        "h" => crate::time::HOUR,
        "d" => crate::time::DAY,
        _ => return Err(DurationProblem),
    };
    number.checked_mul(unit).ok_or(DurationProblem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn working_days_are_counted_in_whole_ones() {
        assert_eq!(parse_working_days("1 working day"), Some(Ok(1)));
        assert_eq!(parse_working_days("520 working days"), Some(Ok(520)));
        for other in ["48h", "2 days", "2  working days", "working days"] {
            assert_eq!(parse_working_days(other), None, "{other}");
        }
        for wrong in ["0", "521", "-1", "+1", "1.5", "two"] {
            let text = format!("{wrong} working days");
            assert!(matches!(parse_working_days(&text), Some(Err(_))), "{text}");
        }
    }

    #[test]
    fn a_span_is_shown_in_its_largest_whole_unit() {
        let shown = |text| Span::Milliseconds(parse_duration(text).unwrap()).to_string();
        for (text, expected) in [
            ("5d", "5d"),
            ("48h", "2d"),
            ("36h", "36h"),
            ("90s", "90s"),
            ("250ms", "250ms"),
            ("0s", "0ms"),
        ] {
            assert_eq!(shown(text), expected);
        }
    }

    #[test]
    fn reads_units_and_refuses_the_rest() {
        assert_eq!(parse_duration("48h"), Ok(172_800_000));
        assert_eq!(parse_duration("250ms"), Ok(250));
        for wrong in ["", "5", "h", "5 d", "-1s", "1.5h", "99999999999999999d"] {
            assert_eq!(parse_duration(wrong), Err(DurationProblem), "{wrong}");
        }
    }
}
