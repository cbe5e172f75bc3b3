//! Owns where a day begins, by the clock in Amsterdam. Refuses to know whether people work on it.

use jiff::civil::Date;

use super::ZONE;
use crate::time::Timestamp;

/// When a day begins; none outside what a clock can show.
pub(crate) fn begins(day: Date) -> Option<Timestamp> {
    let start = day.to_zoned(ZONE.clone()).ok()?.start_of_day().ok()?;
    Some(Timestamp(start.timestamp().as_millisecond()))
}
