//! Owns the way of answers from the shards to a connection. Refuses to wait and to grow beyond the
//! credit that was granted: each open row is answered once.

use parking_lot::Mutex;
use sluis_actors::{Answers, NotTaken, ShardAnswer};
use sluis_model::Answer;
use tokio::sync::Notify;

/// The answer to the row in a slot.
pub(super) type Arrived = (u64, Verdict);

/// What became of an admitted row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It stands here in the journal.
    Taken(u64),
    /// Something is at its bound.
    NotTaken(NotTaken),
    /// It was lost before it was decided.
    Lost,
}

/// Answers of the shards for one connection.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    arrived: Mutex<Vec<Arrived>>,
    wake: Notify,
}

impl Mailbox {
    /// Swaps what has arrived for the empty `batch`.
    pub(super) fn swap(&self, batch: &mut Vec<Arrived>) {
        debug_assert!(batch.is_empty());
        std::mem::swap(&mut *self.arrived.lock(), batch);
    }

    /// Waits until something arrived since the last swap. Safe to cancel.
    pub(super) async fn filled(&self) {
        self.wake.notified().await;
    }
}

impl Answers for Mailbox {
    fn answer(&self, slot: u64, answer: ShardAnswer) {
        let verdict = match answer {
            ShardAnswer::Decided {
                answer: Answer::Accepted { .. },
                position,
            }
            | ShardAnswer::Accepted { position } => Verdict::Taken(position),
            ShardAnswer::NotTaken(why) => Verdict::NotTaken(why),
            _ => Verdict::Lost,
        };
        let was_empty = {
            let mut arrived = self.arrived.lock();
            arrived.push((slot, verdict));
            arrived.len() == 1
        };
        // The rest of the group needs no wake of its own: the connection takes all that is there.
        if was_empty {
            self.wake.notify_one();
        }
    }
}
