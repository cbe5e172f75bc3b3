//! Owns the handle that sending systems hold: submit and wait for the receipt, close. Refuses to
//! hold more than its bound: a submission waits for room before it is taken.

use std::sync::Arc;
use std::time::Duration;

use sluis_model::NotificationRequest;
use sluis_model::wire::{MAX_FRAME, Welcome, check_row, row_len};
use tokio::sync::{Notify, Semaphore, mpsc, oneshot, watch};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::driver::{Driver, Pending, Reply};
use crate::{ClientConfig, ClientError, Receipt, SubmitError, connect};

/// The unit in which room for submissions is counted, in bytes: about what bookkeeping costs a
/// short row.
const GRAIN: usize = 512;
/// Submissions on their way to the driver.
const INBOX: usize = 1024;

/// A connection to an engine that mends itself. Clones share it; when the last one is dropped it
/// says goodbye.
///
/// A submission is sent again under its idempotency key after a reconnection until it is answered:
/// the engine answers [`Receipt::duplicate`] for what it had accepted before.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    inbox: mpsc::Sender<Pending>,
    room: Arc<Semaphore>,
    leave: Arc<Notify>,
    down: watch::Receiver<Option<Arc<ClientError>>>,
    driver: AbortHandle,
    welcome: Welcome,
    close_timeout: Duration,
}

impl Client {
    /// Connects once; later losses are mended by [`ClientConfig::reconnect`].
    ///
    /// # Errors
    /// [`ClientError`] when the first connection fails.
    pub async fn connect(config: ClientConfig) -> Result<Self, ClientError> {
        let link = connect(&config).await?;
        let welcome = link.0.welcome().clone();
        let (inbox, submissions) = mpsc::channel(INBOX);
        let (went_down, down) = watch::channel(None);
        let grains = config.max_pending_bytes.max(2 * MAX_FRAME as usize) / GRAIN;
        let room = Arc::new(Semaphore::new(grains.min(Semaphore::MAX_PERMITS)));
        let leave = Arc::new(Notify::new());
        let close_timeout = config.close_timeout;
        let driver = Driver::new(
            config,
            submissions,
            Arc::clone(&leave),
            Arc::clone(&room),
            went_down,
        );
        let driver = tokio::spawn(driver.run(link)).abort_handle();
        Ok(Self {
            inner: Arc::new(Inner {
                inbox,
                room,
                leave,
                down,
                driver,
                welcome,
                close_timeout,
            }),
        })
    }

    /// What the server said of itself at the first connection.
    #[must_use]
    pub fn welcome(&self) -> &Welcome {
        &self.inner.welcome
    }

    /// Submits one notification and waits for its receipt, over as many connections as it takes.
    ///
    /// Dropping the future does not take the submission back: it may still be accepted.
    ///
    /// # Errors
    /// [`SubmitError`]; only after [`SubmitError::Down`] it is unknown whether the engine has it.
    pub async fn submit(&self, row: NotificationRequest) -> Result<Receipt, SubmitError> {
        let reply = self.enqueue(row).await?;
        self.wait(reply).await
    }

    /// Submits many, pipelined; the results stand in the order of the rows.
    pub async fn submit_many(
        &self,
        rows: impl IntoIterator<Item = NotificationRequest>,
    ) -> Vec<Result<Receipt, SubmitError>> {
        let rows = rows.into_iter();
        let mut replies = Vec::with_capacity(rows.size_hint().0);
        for row in rows {
            replies.push(self.enqueue(row).await);
        }
        let mut results = Vec::with_capacity(replies.len());
        for reply in replies {
            results.push(match reply {
                Ok(reply) => self.wait(reply).await,
                Err(error) => Err(error),
            });
        }
        results
    }

    /// Takes no more submissions, waits for the answers to those it has, says goodbye.
    ///
    /// # Errors
    /// The [`ClientError`] that ended it before, or [`ClientError::Timeout`]: submissions without
    /// an answer may or may not have been accepted, and their callers get [`SubmitError::Down`].
    pub async fn close(&self) -> Result<(), Arc<ClientError>> {
        self.inner.room.close();
        self.inner.leave.notify_one();
        let mut down = self.inner.down.clone();
        let within = self.inner.close_timeout;
        let Ok(ended) = timeout(within, down.wait_for(Option::is_some)).await else {
            self.inner.driver.abort();
            return Err(Arc::new(ClientError::Timeout {
                doing: "waiting for the last answers",
                within,
            }));
        };
        match ended.ok().and_then(|reason| reason.clone()) {
            Some(reason) if matches!(*reason, ClientError::Closed) => Ok(()),
            Some(reason) => Err(reason),
            // Aborted by an earlier close that timed out.
            None => Err(Arc::new(ClientError::Closed)),
        }
    }

    async fn enqueue(
        &self,
        row: NotificationRequest,
    ) -> Result<oneshot::Receiver<Reply>, SubmitError> {
        if row.idempotency_key.is_empty() {
            return Err(SubmitError::NoKey);
        }
        check_row(&row, self.inner.welcome.max_frame)?;
        let grains = (row_len(&row) / GRAIN + 1) as u32;
        let room = Arc::clone(&self.inner.room)
            .acquire_many_owned(grains)
            .await
            .map_err(|_| self.is_down())?;
        let (reply, answered) = oneshot::channel();
        self.inner
            .inbox
            .send(Pending {
                row,
                reply,
                _room: room,
            })
            .await
            .map_err(|_| self.is_down())?;
        Ok(answered)
    }

    async fn wait(&self, reply: oneshot::Receiver<Reply>) -> Reply {
        reply.await.unwrap_or_else(|_| Err(self.is_down()))
    }

    fn is_down(&self) -> SubmitError {
        SubmitError::Down(self.reason())
    }

    fn reason(&self) -> Arc<ClientError> {
        self.inner
            .down
            .borrow()
            .clone()
            .unwrap_or_else(|| Arc::new(ClientError::Closed))
    }
}
