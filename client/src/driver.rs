//! Owns the task behind a [`Client`](crate::Client): it moves submissions to the connection,
//! answers to their callers, and after a loss connects again and sends again what has no answer.
//! Refuses to answer for the server: a caller gets a receipt, a refusal, or the reason why there
//! will be neither.

use std::borrow::Borrow;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use sluis_model::NotificationRequest;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::time::sleep;

use crate::{
    Answer, Answers, ClientConfig, ClientError, Receipt, SendError, Sender, SubmitError, connect,
};

/// Most submissions taken from the inbox at once.
const GULP: usize = 512;

/// What a caller of [`Client::submit`](crate::Client::submit) gets.
pub(crate) type Reply = Result<Receipt, SubmitError>;

/// A submission without an answer. Holds its share of the client's room until it is dropped.
pub(crate) struct Pending {
    pub(crate) row: NotificationRequest,
    pub(crate) reply: oneshot::Sender<Reply>,
    pub(crate) _room: OwnedSemaphorePermit,
}

impl Borrow<NotificationRequest> for Pending {
    fn borrow(&self) -> &NotificationRequest {
        &self.row
    }
}

/// The task behind a client. All it holds is bounded by the client's room.
pub(crate) struct Driver {
    config: ClientConfig,
    inbox: mpsc::Receiver<Pending>,
    inbox_open: bool,
    leave: Arc<Notify>,
    room: Arc<Semaphore>,
    down: watch::Sender<Option<Arc<ClientError>>>,
    unsent: VecDeque<Pending>,
    flying: HashMap<u64, Pending>,
    failures: u32,
}

impl Driver {
    pub(crate) fn new(
        config: ClientConfig,
        inbox: mpsc::Receiver<Pending>,
        leave: Arc<Notify>,
        room: Arc<Semaphore>,
        down: watch::Sender<Option<Arc<ClientError>>>,
    ) -> Self {
        let (unsent, flying) = (VecDeque::new(), HashMap::new());
        Self {
            config,
            inbox,
            inbox_open: true,
            leave,
            room,
            down,
            unsent,
            flying,
            failures: 0,
        }
    }

    /// Serves connection after connection until the client is closed or there is no use in going
    /// on.
    pub(crate) async fn run(mut self, mut link: (Sender, Answers)) {
        let reason = loop {
            let Err(lost) = self.serve(link.0, link.1).await else {
                break ClientError::Closed;
            };
            self.take_back();
            match self.reconnect(lost).await {
                Ok(next) => link = next,
                Err(reason) => break reason,
            }
        };
        self.end(reason);
    }

    async fn serve(&mut self, mut sender: Sender, mut answers: Answers) -> Result<(), ClientError> {
        let mut fresh = Vec::new();
        let mut answered = Vec::new();
        let mut usable = true;
        loop {
            usable = usable && self.send(&mut sender);
            if self.is_done() {
                break;
            }
            tokio::select! {
                count = answers.fill(&mut answered) => match count? {
                    0 => return Err(ClientError::Cut),
                    _ => self.settle(&mut answered)?,
                },
                count = self.inbox.recv_many(&mut fresh, GULP), if self.inbox_open => {
                    self.inbox_open = count > 0;
                    self.unsent.extend(fresh.drain(..));
                }
                // A sender that is closed says nothing of the reason; the answers will.
                ready = sender.ready(), if usable && !self.unsent.is_empty() => usable = ready.is_ok(),
                () = self.leave.notified() => self.stop_intake(),
            }
        }
        sender.goodbye();
        // Everything is answered: however the connection ends now, nothing is lost.
        while matches!(answers.fill(&mut answered).await, Ok(1..)) {}
        Ok(())
    }

    /// Sends what may go now. False: the connection takes nothing more.
    fn send(&mut self, sender: &mut Sender) -> bool {
        while !self.unsent.is_empty() {
            let (rows, _) = self.unsent.as_slices();
            match sender.try_send_batch(rows) {
                Ok(sent) => {
                    let correlations = (0..sent.rows as u64).map(|i| sent.first.wrapping_add(i));
                    self.flying
                        .extend(correlations.zip(self.unsent.drain(..sent.rows)));
                }
                // A later connection may take shorter frames than the first one, which checked the
                // row.
                Err(SendError::Unsendable(error)) => {
                    if let Some(pending) = self.unsent.pop_front() {
                        let _ = pending.reply.send(Err(error.into()));
                    }
                }
                Err(SendError::NoCredit | SendError::Busy) => return true,
                Err(SendError::Closed) => return false,
            }
        }
        true
    }

    fn settle(&mut self, answered: &mut Vec<Answer>) -> Result<(), ClientError> {
        self.failures = 0;
        for Answer {
            correlation,
            result,
        } in answered.drain(..)
        {
            let Some(pending) = self.flying.remove(&correlation) else {
                return Err(ClientError::Unexpected(
                    "an answer to nothing that was submitted",
                ));
            };
            // A caller that went away does not want to know.
            let _ = pending.reply.send(result.map_err(SubmitError::from));
        }
        Ok(())
    }

    /// Puts what was sent without an answer back in front, in the order it was sent.
    fn take_back(&mut self) {
        let mut unanswered: Vec<_> = self.flying.drain().collect();
        unanswered.sort_unstable_by_key(|(correlation, _)| *correlation);
        for (_, pending) in unanswered.into_iter().rev() {
            self.unsent.push_front(pending);
        }
        self.unsent.retain(|pending| !pending.reply.is_closed());
    }

    async fn reconnect(&mut self, mut lost: ClientError) -> Result<(Sender, Answers), ClientError> {
        loop {
            self.failures = self.failures.saturating_add(1);
            let given_up = self
                .config
                .reconnect
                .max_failures
                .is_some_and(|most| self.failures > most);
            if lost.is_final() || given_up {
                return Err(lost);
            }
            let delay = self
                .config
                .reconnect
                .delay(self.failures, lost.retry_after());
            tokio::select! {
                () = sleep(delay) => {}
                () = self.leave.notified() => self.stop_intake(),
            }
            self.inbox_open = self.inbox_open && !(self.inbox.is_closed() && self.inbox.is_empty());
            if self.is_done() {
                return Err(ClientError::Closed);
            }
            match connect(&self.config).await {
                Ok(link) => return Ok(link),
                Err(error) => lost = error,
            }
        }
    }

    fn stop_intake(&mut self) {
        self.inbox.close();
        while let Ok(pending) = self.inbox.try_recv() {
            self.unsent.push_back(pending);
        }
        self.inbox_open = false;
    }

    fn is_done(&self) -> bool {
        !self.inbox_open && self.unsent.is_empty() && self.flying.is_empty()
    }

    /// Tells everybody why nothing more comes.
    fn end(mut self, reason: ClientError) {
        let reason = Arc::new(reason);
        self.down.send_replace(Some(Arc::clone(&reason)));
        self.room.close();
        self.stop_intake();
        let unanswered = self.flying.into_values().chain(self.unsent);
        unanswered.for_each(|pending| {
            drop(
                pending
                    .reply
                    .send(Err(SubmitError::Down(Arc::clone(&reason)))),
            )
        });
    }
}
