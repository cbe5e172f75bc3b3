//! How a run ends before its time: asked to (ctrl-c), or nothing moves any more. Owns the two
//! steps, no new work and then no more waiting; refuses to let a send wait longer than the grace.

use std::time::Duration;

use tokio::sync::watch;

use crate::clock;

/// How often the end is looked for.
const LOOK_MS: u64 = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Running,
    NoNewWork,
    Over,
}

pub(super) struct Halt(watch::Sender<Step>);

impl Halt {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(Step::Running))
    }

    /// No new work.
    pub(super) fn stop(&self) {
        self.advance(Step::NoNewWork);
    }

    /// Whether no new work is taken.
    pub(super) fn is_stopping(&self) -> bool {
        *self.0.borrow() >= Step::NoNewWork
    }

    /// Returns when no new work is taken any more.
    pub(super) async fn stopping(&self) {
        self.reached(Step::NoNewWork).await;
    }

    /// Returns when sends under way are given up.
    pub(super) async fn over(&self) {
        self.reached(Step::Over).await;
    }

    /// Stops when `is_over` says so, or somebody else did; then gives what is under way `grace`.
    pub(super) async fn guard(&self, is_over: impl Fn() -> bool, grace: Duration) {
        while !self.is_stopping() && !is_over() {
            tokio::select! {
                () = clock::wait_ms(LOOK_MS) => {}
                () = self.stopping() => {}
            }
        }
        self.stop();
        tokio::time::sleep(grace).await;
        self.advance(Step::Over);
    }

    fn advance(&self, to: Step) {
        self.0.send_if_modified(|step| {
            let forward = *step < to;
            *step = (*step).max(to);
            forward
        });
    }

    async fn reached(&self, step: Step) {
        // The sender is ours, so the channel is never closed while this waits.
        let _ = self.0.subscribe().wait_for(|now| *now >= step).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_secs(5);

    #[tokio::test(start_paused = true)]
    async fn first_no_new_work_then_no_more_waiting() {
        let halt = Halt::new();
        assert!(!halt.is_stopping());
        let start = clock::mono();
        tokio::join!(
            halt.guard(|| clock::mono() - start >= Duration::from_secs(2), GRACE),
            async {
                halt.stopping().await;
                assert!((clock::mono() - start).as_secs() < 3);
                halt.over().await;
            }
        );
        assert!(clock::mono() - start >= GRACE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_is_never_taken_back() {
        let halt = Halt::new();
        halt.stop();
        let start = clock::mono();
        halt.guard(|| false, GRACE).await;
        assert_eq!(clock::mono() - start, GRACE);
        halt.stop();
        halt.over().await;
    }
}
