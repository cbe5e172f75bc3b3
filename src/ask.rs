//! Owns the asking of a shard from async code: a request goes in, the answer is awaited. Refuses to
//! wait for room: a full line is told to the caller, who tells its sender.

use std::sync::Arc;

use parking_lot::Mutex;
use sluis_actors::{Answers, Inbox, Refused, Reply, ShardAnswer, ShardRequest};
use tokio::sync::oneshot;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// The shard's line is full: try again in a moment.
    #[error("the engine is busy")]
    Full,
    /// The shard was rebuilt meanwhile, or the process is ending: try again.
    #[error("the engine lost the request before it was decided")]
    Lost,
}

/// One answer, awaited.
struct One(Mutex<Option<oneshot::Sender<ShardAnswer>>>);

impl Answers for One {
    fn answer(&self, _: u64, answer: ShardAnswer) {
        if let Some(sender) = self.0.lock().take() {
            // Nobody waits any more: the caller's connection is gone.
            drop(sender.send(answer));
        }
    }
}

/// A reply that can be awaited.
#[must_use]
pub fn reply() -> (Reply, PendingAnswer) {
    let (answers, answer) = single();
    (Reply::to(answers, 0), answer)
}

/// The two ends of one awaited answer.
#[must_use]
pub fn single() -> (Arc<dyn Answers>, PendingAnswer) {
    let (sender, receiver) = oneshot::channel();
    (
        Arc::new(One(Mutex::new(Some(sender)))),
        PendingAnswer(receiver),
    )
}

/// The awaiting end.
#[derive(Debug)]
pub struct PendingAnswer(oneshot::Receiver<ShardAnswer>);

impl PendingAnswer {
    /// Waits for it.
    ///
    /// # Errors
    /// [`AskError::Lost`].
    pub async fn wait(self) -> Result<ShardAnswer, AskError> {
        match self.0.await {
            Ok(ShardAnswer::Dropped) | Err(_) => Err(AskError::Lost),
            Ok(answer) => Ok(answer),
        }
    }
}

/// Puts a business request in and waits for its answer.
///
/// # Errors
/// See [`AskError`].
pub async fn ask(
    inbox: &Arc<Inbox>,
    request: impl FnOnce(Reply) -> ShardRequest,
) -> Result<ShardAnswer, AskError> {
    let (reply, answer) = reply();
    inbox
        .offer_business(request(reply))
        .map_err(|Refused(_)| AskError::Full)?;
    answer.wait().await
}

/// Puts a request of intake in and waits for its answer.
///
/// # Errors
/// See [`AskError`].
pub async fn ask_intake(
    inbox: &Arc<Inbox>,
    request: impl FnOnce(Reply) -> ShardRequest,
) -> Result<ShardAnswer, AskError> {
    let (reply, answer) = reply();
    inbox
        .offer_intake(request(reply))
        .map_err(|Refused(_)| AskError::Full)?;
    answer.wait().await
}
