//! Owns the bounded queue of attempts between shards and one supervisor, and the tickets that bring
//! permits back. Refuses more than the provider's permits: that cannot be as long as permits are
//! honoured.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crossbeam::queue::ArrayQueue;
use tokio::sync::Notify;

use crate::dispatch::Dispatch;
use crate::router::Gate;
use crate::wake::Waker;

/// Where shards leave attempts for a supervisor.
pub struct SupervisorInbox {
    queue: ArrayQueue<(Dispatch, Ticket)>,
    closed: AtomicBool,
    waker: Arc<Waker>,
    gate: Arc<Gate>,
    tickets: Arc<Tickets>,
}

impl std::fmt::Debug for SupervisorInbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SupervisorInbox")
            .field("waiting", &self.len())
            .field("under_way", &self.under_way())
            .finish_non_exhaustive()
    }
}

/// The tickets that are out.
#[derive(Debug, Default)]
pub(super) struct Tickets {
    out: AtomicUsize,
    none_out: Notify,
}

/// One attempt under way: dropping it gives its permit back, once, whatever became of the attempt.
#[derive(Debug)]
pub struct Ticket {
    gate: Arc<Gate>,
    tickets: Arc<Tickets>,
}

impl Ticket {
    fn new(gate: Arc<Gate>, tickets: Arc<Tickets>) -> Self {
        tickets.out.fetch_add(1, Ordering::SeqCst);
        Self { gate, tickets }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.gate.finish();
        if self.tickets.out.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.tickets.none_out.notify_waiters();
        }
    }
}

impl SupervisorInbox {
    /// An inbox with room for every permit of the provider.
    #[must_use]
    pub fn new(concurrency: NonZeroU32, waker: Arc<Waker>, gate: Arc<Gate>) -> Arc<Self> {
        Arc::new(Self {
            queue: ArrayQueue::new(concurrency.get() as usize),
            closed: AtomicBool::new(false),
            waker,
            gate,
            tickets: Arc::default(),
        })
    }

    /// Hands over an attempt. From here on the supervisor owes its outcome, and its permit comes
    /// back by itself.
    ///
    /// # Errors
    /// The dispatch, when the inbox is full or closed: its permit has then come back already, and
    /// the caller owes the outcome `Withdrawn`.
    #[allow(
        clippy::result_large_err,
        reason = "the caller gets back what it gave, unboxed"
    )]
    pub fn offer(&self, dispatch: Dispatch) -> Result<(), Dispatch> {
        let ticket = Ticket::new(self.gate.clone(), self.tickets.clone());
        if self.closed.load(Ordering::SeqCst) {
            return Err(dispatch);
        }
        self.queue
            .push((dispatch, ticket))
            .map_err(|(dispatch, _ticket)| dispatch)?;
        self.waker.wake();
        Ok(())
    }

    /// The next attempt with the ticket that holds its permit.
    pub fn take(&self) -> Option<(Dispatch, Ticket)> {
        self.queue.pop()
    }

    /// Takes no more from now on.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.waker.wake();
    }

    /// Whether it was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// Attempts that were not taken yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// The most that can wait.
    #[must_use]
    pub fn bound(&self) -> usize {
        self.queue.capacity()
    }

    /// Attempts handed over whose outcome was not reported yet.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.tickets.out.load(Ordering::SeqCst)
    }

    /// Waits until nothing is under way.
    pub(super) async fn drained(&self) {
        loop {
            let none_out = self.tickets.none_out.notified();
            if self.under_way() == 0 {
                return;
            }
            none_out.await;
        }
    }
}
