//! Owns the timer of one connection: for the head of a request, then for its answer. One that is
//! set anew for each of a connection's requests costs a comparison; one that is made anew costs
//! more than reading the request's head. Refuses to be shared by waits at the same time: the second
//! of them gets a timer of its own.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use hyper::rt::Timer;
use hyper_util::rt::TokioTimer;
use parking_lot::Mutex;
use tokio::time::Sleep;

/// The timer of one connection. A clone lends the same timer.
#[derive(Clone, Debug, Default)]
pub(super) struct Patience(Arc<Mutex<Option<Pin<Box<Sleep>>>>>);

/// A wait that gives the timer back when it is dropped.
#[derive(Debug)]
pub(super) struct Wait {
    /// Taken only by the drop.
    sleep: Option<Pin<Box<Sleep>>>,
    home: Patience,
}

impl Patience {
    /// A wait from now.
    pub(super) fn wait(&self, time: Duration) -> Wait {
        self.until(self.now() + time)
    }

    fn until(&self, deadline: Instant) -> Wait {
        let deadline = tokio::time::Instant::from_std(deadline);
        let mut sleep = self
            .0
            .lock()
            .take()
            .unwrap_or_else(|| Box::pin(tokio::time::sleep_until(deadline)));
        sleep.as_mut().reset(deadline);
        Wait {
            sleep: Some(sleep),
            home: self.clone(),
        }
    }

    /// What `work` ends with, or nothing when it is not done within `time`. It is lent and not given:
    /// a future that is given to another one is held there twice, and each request has one.
    pub(super) async fn limit<T>(
        &self,
        time: Duration,
        work: Pin<&mut impl Future<Output = T>>,
    ) -> Option<T> {
        let wait = self.wait(time);
        tokio::select! {
            biased;
            done = work => Some(done),
            () = wait => None,
        }
    }
}

impl Timer for Patience {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(self.wait(duration))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(self.until(deadline))
    }

    fn now(&self) -> Instant {
        TokioTimer::new().now()
    }
}

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if let Some(sleep) = &mut self.sleep {
            ready!(sleep.as_mut().poll(context));
        }
        Poll::Ready(())
    }
}

impl hyper::rt::Sleep for Wait {}

impl Drop for Wait {
    fn drop(&mut self) {
        *self.home.0.lock() = self.sleep.take();
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn one_timer_serves_wait_after_wait_and_each_has_its_own_end() {
        let patience = Patience::default();
        let began = patience.now();
        patience.wait(SECOND).await;
        assert_eq!(patience.now() - began, SECOND);
        drop(patience.wait(SECOND * 60));
        patience.wait(SECOND * 2).await;
        assert_eq!(
            patience.now() - began,
            SECOND * 3,
            "neither the first end nor the given-up one counts"
        );
        assert_eq!(
            patience
                .limit(SECOND, pin!(std::future::pending::<()>()))
                .await,
            None
        );
        assert_eq!(
            patience.limit(SECOND, pin!(std::future::ready(7))).await,
            Some(7)
        );
        assert_eq!(patience.now() - began, SECOND * 4);
    }

    #[tokio::test(start_paused = true)]
    async fn waits_at_the_same_time_do_not_disturb_each_other() {
        let patience = Patience::default();
        let began = patience.now();
        let (long, short) = (patience.wait(SECOND * 5), patience.wait(SECOND));
        short.await;
        assert_eq!(patience.now() - began, SECOND);
        long.await;
        assert_eq!(patience.now() - began, SECOND * 5);
    }
}
