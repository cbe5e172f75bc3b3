//! Owns the reading of `Retry-After`. Refuses a time beyond a day: it is cut.

use jiff::fmt::rfc2822::DateTimeParser;
use sluis_model::Timestamp;

/// `Retry-After` in milliseconds from now; a date in the past is zero, at most a day.
pub(crate) fn retry_after(text: &str, now: Timestamp) -> Option<u64> {
    const DAY: u64 = 86_400_000;
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than a number has are a time beyond a day as well.
        let seconds = text.parse::<u64>().unwrap_or(u64::MAX);
        return Some(seconds.saturating_mul(1000).min(DAY));
    }
    let date = DateTimeParser::new().parse_timestamp(text).ok()?;
    let millis = Timestamp(date.as_millisecond()).since(now);
    Some(u64::try_from(millis).unwrap_or(0).min(DAY))
}
