//! Owns how an actor is told that there is work: a coalesced wake, an alarm for the time it next
//! wants to run, and the gauge of what is under way. Refuses to carry work: that stands in bounded
//! queues beside it.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use sluis_model::Timestamp;

/// The only message the actors take: there is something to do. A full mailbox already holds one, so
/// it never matters that a further one is refused.
#[derive(actix::Message, Clone, Copy, Debug)]
#[rtype(result = "()")]
pub struct Wake;

/// How many things are under way: inputs not yet durable, turns not yet run, permits not yet
/// settled. Zero means that nothing happens until the clock moves or somebody outside acts.
#[derive(Debug, Default)]
pub struct Activity(AtomicI64);

impl Activity {
    /// `count` things began.
    pub fn begin(&self, count: i64) {
        self.0.fetch_add(count, Ordering::SeqCst);
    }

    /// `count` things ended.
    pub fn end(&self, count: i64) {
        self.0.fetch_sub(count, Ordering::SeqCst);
    }

    /// Whether nothing is under way.
    pub fn is_quiet(&self) -> bool {
        self.0.load(Ordering::SeqCst) == 0
    }

    /// The count, for reports.
    pub fn count(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// One thing that is under way until this is dropped, at a panic too.
#[derive(Debug)]
pub(crate) struct UnderWay(Arc<Activity>);

impl UnderWay {
    pub(crate) fn begin(activity: &Arc<Activity>) -> Self {
        activity.begin(1);
        Self(activity.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.end(1);
    }
}

type Deliver = Box<dyn Fn() + Send + Sync>;

/// Wakes one actor from any thread, at most once until it runs.
pub struct Waker {
    woken: AtomicBool,
    due: AtomicI64,
    activity: Arc<Activity>,
    deliver: OnceLock<Deliver>,
}

impl std::fmt::Debug for Waker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Waker")
            .field("woken", &self.woken)
            .field("due", &self.due)
            .finish_non_exhaustive()
    }
}

impl Waker {
    /// A waker that is not yet connected: a wake is kept until [`Waker::connect`].
    #[must_use]
    pub fn new(activity: Arc<Activity>) -> Arc<Self> {
        let due = AtomicI64::new(Timestamp::NEVER.0);
        Arc::new(Self {
            woken: AtomicBool::new(false),
            due,
            activity,
            deliver: OnceLock::new(),
        })
    }

    /// Connects the waker to its actor. Later calls are ignored.
    pub fn connect(&self, deliver: impl Fn() + Send + Sync + 'static) {
        if self.deliver.set(Box::new(deliver)).is_ok() && self.woken.load(Ordering::SeqCst) {
            self.call();
        }
    }

    /// Asks for a turn.
    pub fn wake(&self) {
        if !self.woken.swap(true, Ordering::SeqCst) {
            self.activity.begin(1);
            self.call();
        }
    }

    fn call(&self) {
        if let Some(deliver) = self.deliver.get() {
            deliver();
        }
    }

    /// Runs one turn: wakes from here on ask for another one.
    pub fn turn<T>(&self, run: impl FnOnce() -> T) -> T {
        let owed = self.woken.swap(false, Ordering::SeqCst);
        let result = run();
        if owed {
            self.activity.end(1);
        }
        result
    }

    /// The actor wants to run at `due`, or whenever it is woken; [`Timestamp::NEVER`]: only when
    /// woken.
    pub fn set_due(&self, due: Timestamp) {
        self.due.store(due.0, Ordering::SeqCst);
    }

    /// When the actor wants to run.
    pub fn due(&self) -> Timestamp {
        Timestamp(self.due.load(Ordering::SeqCst))
    }

    /// Wakes it if the alarm fell due.
    pub fn tick(&self, now: Timestamp) {
        if self.due() <= now {
            self.set_due(Timestamp::NEVER);
            self.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    #[test]
    fn wakes_are_coalesced_until_the_turn_and_counted_until_its_end() {
        let activity = Arc::new(Activity::default());
        let waker = Waker::new(activity.clone());
        waker.wake();
        let delivered = Arc::new(AtomicUsize::new(0));
        let counter = delivered.clone();
        waker.connect(move || {
            counter.fetch_add(1, Ordering::SeqCst);
        });
        waker.wake();
        assert_eq!(
            delivered.load(Ordering::SeqCst),
            1,
            "a wake before connecting is kept, a second one coalesced"
        );
        assert!(!activity.is_quiet());
        waker.turn(|| waker.wake());
        assert_eq!(
            delivered.load(Ordering::SeqCst),
            2,
            "a wake during the turn asks for another"
        );
        waker.turn(|| ());
        assert!(activity.is_quiet());
    }

    #[test]
    fn an_alarm_wakes_once() {
        let waker = Waker::new(Arc::default());
        waker.set_due(Timestamp(10));
        waker.tick(Timestamp(9));
        assert_eq!(waker.due(), Timestamp(10));
        waker.tick(Timestamp(10));
        assert_eq!(waker.due(), Timestamp::NEVER);
    }
}
