//! Owns warnings that a busy hour would repeat a million times: the first is said at once, then at
//! most one a minute, with the number of those held back. Refuses a thread of its own: whoever
//! keeps house calls [`Seldom::flush`] now and then, so that the last ones are told too. Lock-free:
//! a refusal under load costs two loads and an addition.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use sluis_model::{Clock, MINUTE, Timestamp};

/// How long nothing more is said after a line, in milliseconds.
const QUIET_MS: i64 = MINUTE;
/// Before every instant there is.
const NEVER_YET: i64 = i64::MIN / 2;

/// What a line is made of: how often it happened since the line before, and the detail of the
/// newest, if there is one.
type Tell = Box<dyn Fn(u64, Option<&str>) + Send + Sync>;

/// One kind of warning about one thing.
pub struct Seldom {
    clock: Arc<dyn Clock>,
    /// How often it must happen within a minute to be worth a line.
    least: u64,
    /// When the newest line was said.
    said: AtomicI64,
    /// When the first that was not told yet happened.
    began: AtomicI64,
    untold: AtomicU64,
    tell: Tell,
}

impl fmt::Debug for Seldom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seldom")
            .field("untold", &self.untold)
            .finish_non_exhaustive()
    }
}

impl Seldom {
    /// A warning that `tell` writes down.
    #[must_use]
    pub fn new(
        clock: Arc<dyn Clock>,
        tell: impl Fn(u64, Option<&str>) + Send + Sync + 'static,
    ) -> Self {
        Self::in_mass(clock, 1, tell)
    }

    /// As [`Seldom::new`], of what is no news one by one: only from `least` within a minute on.
    #[must_use]
    pub fn in_mass(
        clock: Arc<dyn Clock>,
        least: u64,
        tell: impl Fn(u64, Option<&str>) + Send + Sync + 'static,
    ) -> Self {
        let (said, began) = (AtomicI64::new(NEVER_YET), AtomicI64::new(NEVER_YET));
        Self {
            clock,
            least,
            said,
            began,
            untold: AtomicU64::new(0),
            tell: Box::new(tell),
        }
    }

    /// It happened.
    pub fn note(&self) {
        self.note_with(|| None);
    }

    /// It happened; `detail` is only asked when a line is written.
    pub fn note_with(&self, detail: impl FnOnce() -> Option<String>) {
        let now = self.clock.now();
        if self.untold.fetch_add(1, Ordering::Relaxed) == 0 {
            self.began.store(now.0, Ordering::Relaxed);
        }
        self.say_if_due(now, detail);
    }

    /// Tells what was held back, once its minute is over. Forgets what was too little in a minute
    /// to be told.
    pub fn flush(&self) {
        let untold = self.untold.load(Ordering::Relaxed);
        if untold == 0 {
            return;
        }
        let now = self.clock.now();
        if untold < self.least && passed(&self.began, now) >= QUIET_MS {
            self.untold.store(0, Ordering::Relaxed);
        }
        self.say_if_due(now, || None);
    }

    /// Tells what was held back, whenever that was: nobody comes after this.
    pub fn finish(&self) {
        let untold = self.untold.swap(0, Ordering::Relaxed);
        if untold >= self.least {
            (self.tell)(untold, None);
        }
    }

    fn say_if_due(&self, now: Timestamp, detail: impl FnOnce() -> Option<String>) {
        let said = self.said.load(Ordering::Relaxed);
        // A clock that was set back must not silence it for good.
        let due = now.0.saturating_sub(said) >= QUIET_MS || now.0 < said;
        if !due || self.untold.load(Ordering::Relaxed) < self.least {
            return;
        }
        if self
            .said
            .compare_exchange(said, now.0, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
        {
            (self.tell)(self.untold.swap(0, Ordering::Relaxed), detail().as_deref());
        }
    }
}

fn passed(since: &AtomicI64, now: Timestamp) -> i64 {
    now.0.saturating_sub(since.load(Ordering::Relaxed))
}

#[cfg(test)]
mod tests {
    use parking_lot::Mutex;
    use sluis_model::{ManualClock, SECOND};

    use super::*;

    type Lines = Arc<Mutex<Vec<(u64, Option<String>)>>>;

    fn seldom(least: u64) -> (Arc<ManualClock>, Lines, Seldom) {
        let (clock, lines) = (
            Arc::new(ManualClock::starting_at(Timestamp(1_000_000))),
            Lines::default(),
        );
        let kept = lines.clone();
        let tell =
            move |count, detail: Option<&str>| kept.lock().push((count, detail.map(str::to_owned)));
        (clock.clone(), lines, Seldom::in_mass(clock, least, tell))
    }

    #[test]
    fn the_first_is_said_at_once_and_the_rest_once_a_minute_with_their_number() {
        let (clock, lines, warning) = seldom(1);
        warning.note_with(|| Some("the first".into()));
        (0..54_483).for_each(|_| warning.note());
        assert_eq!(*lines.lock(), [(1, Some("the first".to_owned()))]);
        clock.advance(59 * SECOND);
        warning.flush();
        assert_eq!(lines.lock().len(), 1, "not yet");
        clock.advance(SECOND);
        warning.flush();
        warning.flush();
        assert_eq!(
            lines.lock()[1..],
            [(54_483, None)],
            "also when none follows"
        );
        clock.advance(MINUTE);
        warning.note();
        assert_eq!(lines.lock()[2..], [(1, None)]);
    }

    #[test]
    fn what_is_only_news_in_mass_is_told_in_mass() {
        let (clock, lines, warning) = seldom(100);
        for _ in 0..5 {
            (0..99).for_each(|_| warning.note());
            clock.advance(MINUTE);
            warning.flush();
        }
        assert!(lines.lock().is_empty(), "{:?}", lines.lock());
        (0..100).for_each(|_| warning.note());
        assert_eq!(*lines.lock(), [(100, None)]);
    }

    #[test]
    fn the_end_does_not_wait_for_the_minute() {
        let (_clock, lines, warning) = seldom(1);
        (0..2_000).for_each(|_| warning.note());
        warning.finish();
        warning.finish();
        assert_eq!(*lines.lock(), [(1, None), (1_999, None)]);
    }

    #[test]
    fn a_clock_that_steps_back_does_not_silence_it() {
        let (clock, lines, warning) = seldom(1);
        warning.note();
        clock.advance(-3_600 * SECOND);
        warning.note();
        assert_eq!(lines.lock().len(), 2);
    }
}
