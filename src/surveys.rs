//! Owns whose turn it is to look at everything that is open: one survey at a time, and a bound on
//! how many wait. Refuses to look: whoever has the turn does.

use tokio::sync::{Semaphore, SemaphorePermit};

/// Most surveys that run or wait: each takes some of every shard's time.
pub const MOST_SURVEYS: usize = 4;

/// Turns of surveys.
#[derive(Debug)]
pub struct Surveys {
    seats: Semaphore,
    turn: Semaphore,
}

/// A survey's turn; over when it is dropped.
#[derive(Debug)]
pub struct Turn<'a> {
    _turn: SemaphorePermit<'a>,
    _seat: SemaphorePermit<'a>,
}

impl Default for Surveys {
    fn default() -> Self {
        Self {
            seats: Semaphore::new(MOST_SURVEYS),
            turn: Semaphore::new(1),
        }
    }
}

impl Surveys {
    /// Waits for the turn; none at once when as many wait as may.
    pub async fn turn(&self) -> Option<Turn<'_>> {
        let seat = self.seats.try_acquire().ok()?;
        let turn = self.turn.acquire().await.ok()?;
        Some(Turn {
            _turn: turn,
            _seat: seat,
        })
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[test]
    fn one_has_the_turn_a_few_wait_and_the_next_is_refused() {
        let surveys = Surveys::default();
        let first = surveys.turn().now_or_never().flatten();
        assert!(first.is_some());
        let mut waiting: Vec<_> = (1..MOST_SURVEYS)
            .map(|_| Box::pin(surveys.turn()))
            .collect();
        for waits in &mut waiting {
            assert!(
                waits.as_mut().now_or_never().is_none(),
                "its turn comes later"
            );
        }
        assert!(
            matches!(surveys.turn().now_or_never(), Some(None)),
            "refused at once"
        );
        drop(first);
        let second = waiting.remove(0).now_or_never().flatten();
        assert!(second.is_some(), "in the order in which they came");
        drop((second, waiting));
        assert!(surveys.turn().now_or_never().flatten().is_some());
    }
}
