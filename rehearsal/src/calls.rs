//! Owns when a call is taken: at once while the desk is open, else soon after it opens. Refuses to say
//! who calls.

use sluis_actors::router::{Hours, SendWindow};
use sluis_model::{HOUR, Timestamp};

/// Over how long those who wait for the desk to open call.
const AFTER_OPENING_MS: i64 = 2 * HOUR;

/// When a call is taken that somebody wants to make at `at`. `part` of 1 spreads those who wait.
pub(crate) fn taken(desk: &[SendWindow], at: Timestamp, part: f64) -> Timestamp {
    let mut opens = None;
    for hours in desk {
        match hours.at(at) {
            Hours::Open(_) => return at,
            Hours::Closed(until) => {
                opens = Some(opens.map_or(until, |known: Timestamp| known.min(until)));
            }
        }
    }
    opens.map_or(at, |opens| {
        opens.plus((AFTER_OPENING_MS as f64 * part) as i64)
    })
}
