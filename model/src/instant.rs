//! Owns the rule for instants that others' clocks give: when a fact happened, when a receipt was
//! made. Such an instant never orders ours by itself: what lies further ahead than a clock can be
//! wrong is refused at the door, and what lies ahead at all stands where it came in. Refuses to
//! read a clock, and instants that are meant to lie ahead: `send_after` and `expires_at` are
//! wishes.

use crate::time::{MINUTE, Timestamp};

/// How much later than what it then outranked a fact may have come in, when its own instant lay
/// ahead: the instants of other senders are cut to seconds or minutes, and their facts take a while
/// to come.
const YIELDS_MS: i64 = 5 * MINUTE;
/// How far an instant that was ours may lie ahead of our clock: the clock was set back since.
/// Further ahead it is no age.
const SET_BACK_MS: i64 = MINUTE;

/// An instant lies further ahead than is borne.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// The latest that would be taken.
    pub latest: Timestamp,
    /// Our clock.
    pub now: Timestamp,
    /// How far ahead of it the instant lies, in milliseconds.
    pub by_ms: i64,
}

/// Whether an instant from outside may be taken at `now`: not more than `tolerance_ms` ahead.
///
/// # Errors
/// [`Ahead`], for the sender.
pub const fn admit(said: Timestamp, now: Timestamp, tolerance_ms: i64) -> Result<(), Ahead> {
    let by_ms = said.since(now);
    if by_ms > tolerance_ms {
        Err(Ahead {
            latest: now.plus(tolerance_ms),
            now,
            by_ms,
        })
    } else {
        Ok(())
    }
}

/// Where an instant from outside stands among all others: when it was said to be, and never later
/// than it came in. So it outranks nothing that came after it; of two that stand at the same
/// instant the later arrival goes before.
#[must_use]
pub fn placed(said: Timestamp, received: Timestamp) -> Timestamp {
    #[cfg(feature = "simulation")]
    if TRUST_AHEAD.get() {
        return said;
    }
    said.min(received)
}

/// From which instant on something that comes later outranks what stands at `at`. What came in
/// `ahead` of our clock stands at its arrival only for want of a better one: it yields to what is
/// dated some minutes before, too.
#[must_use]
pub const fn yields_from(at: Timestamp, ahead: bool) -> Timestamp {
    if ahead { at.plus(-YIELDS_MS) } else { at }
}

/// Whether what was true at `at` is at most `within_ms` old at `now`. What lies ahead of our own
/// clock is not fresh for that: our clock was set back, and nobody knows how old it is.
#[must_use]
pub const fn is_fresh(at: Timestamp, now: Timestamp, within_ms: i64) -> bool {
    let age = now.since(at);
    age <= within_ms && age >= -SET_BACK_MS
}

#[cfg(feature = "simulation")]
thread_local! {
    static TRUST_AHEAD: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Plants a mistake in this thread: an instant ahead stands where it says. For the simulation,
/// whose check must notice.
#[cfg(feature = "simulation")]
pub fn trust_ahead(trust: bool) {
    TRUST_AHEAD.set(trust);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{HOUR, SECOND};

    const NOW: Timestamp = Timestamp(1_795_000_000_000);

    #[test]
    fn up_to_the_tolerance_is_taken_and_a_millisecond_more_is_not() {
        let tolerance = 5 * MINUTE;
        for by_ms in [i64::MIN / 2, -HOUR, 0, SECOND, tolerance] {
            assert_eq!(admit(NOW.plus(by_ms), NOW, tolerance), Ok(()), "{by_ms}");
        }
        for by_ms in [tolerance + 1, HOUR, i64::MAX / 2] {
            let latest = NOW.plus(tolerance);
            assert_eq!(
                admit(NOW.plus(by_ms), NOW, tolerance),
                Err(Ahead {
                    latest,
                    now: NOW,
                    by_ms
                }),
                "{by_ms}"
            );
        }
        assert!(admit(Timestamp::NEVER, Timestamp(i64::MIN), tolerance).is_err());
    }

    #[test]
    fn nothing_stands_later_than_it_came_in() {
        assert_eq!(placed(NOW.plus(-1), NOW), NOW.plus(-1));
        assert_eq!(placed(NOW.plus(1), NOW), NOW);
        assert_eq!(placed(Timestamp::NEVER, NOW), NOW);
    }

    #[test]
    fn what_came_ahead_yields_to_what_is_cut_to_seconds_and_not_to_what_is_old() {
        assert_eq!(yields_from(NOW, false), NOW);
        assert!(
            yields_from(NOW, true) <= NOW.plus(-SECOND) && yields_from(NOW, true) > NOW.plus(-HOUR)
        );
    }

    #[test]
    fn what_lies_ahead_is_not_fresh_for_it() {
        for (at, fresh) in [
            (0, true),
            (-HOUR, true),
            (-HOUR - 1, false),
            (20, true),
            (MINUTE, true),
            (MINUTE + 1, false),
        ] {
            assert_eq!(is_fresh(NOW.plus(at), NOW, HOUR), fresh, "{at}");
        }
        assert!(!is_fresh(Timestamp::NEVER, NOW, HOUR));
    }
}
