//! The binary port against a scripted door: every answer and all pressure come when a test says so.
//! One behaviour per file. Refuses sleeps: every test waits for a frame, a row at the door, or the
//! end of a connection.

mod answers;
mod credit;
mod door;
mod endings;
mod listening;
mod peer;
mod strangers;

use std::time::Duration;

use super::Pace;

/// Impatient where a test waits for it, patient everywhere else.
const PACE: Pace = Pace {
    hello: Duration::from_secs(3_600),
    second: Duration::from_secs(3_600),
    regrant: Duration::from_millis(1),
    farewell: Duration::from_secs(60),
    linger: Duration::from_secs(60),
};
