//! Owns lengths of time in scenarios: `2d 4h 30s`, from the start. Refuses units that flows do not have.

use sluis_model::flow::parse_duration;
use sluis_model::{DAY, HOUR, MINUTE, SECOND};

/// Milliseconds in a length of time; its parts stand behind each other.
///
/// # Errors
/// What was expected.
pub(super) fn parse(text: &str) -> Result<i64, String> {
    let expected = || format!("{text:?}: expected a time since the start, such as \"2d 4h 30s\"");
    let mut all = 0_i64;
    for part in text.split_whitespace() {
        let millis = parse_duration(part).map_err(|_| expected())?;
        all = all.checked_add(millis).ok_or_else(expected)?;
    }
    match text.trim().is_empty() {
        true => Err(expected()),
        false => Ok(all),
    }
}

/// A length of time as it is written.
pub(super) fn shown(millis: i64) -> String {
    let mut left = millis;
    let mut parts = Vec::new();
    for (unit, name) in [
        (DAY, "d"),
        (HOUR, "h"),
        (MINUTE, "m"),
        (SECOND, "s"),
        (1, "ms"),
    ] {
        if left >= unit {
            parts.push(format!("{}{name}", left / unit));
            left %= unit;
        }
    }
    match parts.is_empty() {
        true => "0s".to_owned(),
        false => parts.join(" "),
    }
}
