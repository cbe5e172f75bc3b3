//! Owns the way out of one connection: credit, correlation numbers, the buffer that fills while the
//! socket is busy, and the task that empties it. Refuses to grow: past [`FULL`] it takes no more
//! until the socket has.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use sluis_model::wire::{
    Allowance, ClientFrame, Frame, IDLE_TIMEOUT_MS, KEEPALIVE_MS, Overgranted, WireError,
};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::SendError;

/// Bytes in the buffer from which on nothing more is taken. One frame may pass it.
const FULL: usize = 256 << 10;
const STALLED: Duration = Duration::from_millis(IDLE_TIMEOUT_MS);

/// Shared by the sender, the answers and the writing task of one connection.
pub(crate) struct Outbox {
    state: Mutex<State>,
    /// Wakes the writing task.
    filled: Notify,
    /// Wakes the sender: credit came, the buffer was emptied, or the connection is down.
    room: Notify,
    /// Wakes the reader when writing failed.
    pub(crate) broken: Notify,
}

struct State {
    buffer: Vec<u8>,
    allowance: Allowance,
    next: u64,
    connection: Connection,
}

enum Connection {
    Open,
    /// `Goodbye` is in the buffer.
    Leaving,
    Down(Option<io::Error>),
}

impl Outbox {
    /// A connection whose first correlation is 1.
    pub(crate) fn new(credit: u32) -> Result<Self, Overgranted> {
        let mut allowance = Allowance::default();
        allowance.add(credit)?;
        let state = State {
            buffer: Vec::new(),
            allowance,
            next: 1,
            connection: Connection::Open,
        };
        Ok(Self {
            state: Mutex::new(state),
            filled: Notify::new(),
            room: Notify::new(),
            broken: Notify::new(),
        })
    }

    pub(crate) fn credit(&self) -> u32 {
        self.state.lock().allowance.available()
    }

    pub(crate) fn grant(&self, grant: u32) -> Result<(), Overgranted> {
        self.state.lock().allowance.add(grant)?;
        self.room.notify_one();
        Ok(())
    }

    /// Appends up to `rows` rows with `encode(buffer, first correlation, rows granted)`. Returns
    /// the first correlation and how many rows there was credit for.
    pub(crate) fn submit(
        &self,
        rows: u32,
        encode: impl FnOnce(&mut Vec<u8>, u64, u32) -> Result<(), WireError>,
    ) -> Result<(u64, u32), SendError> {
        let state = &mut *self.state.lock();
        state.takes()?;
        let rows = rows.min(state.allowance.available());
        let first = state.next;
        encode(&mut state.buffer, first, rows)?;
        let paid = state.allowance.take(rows);
        debug_assert!(paid);
        state.next = first.wrapping_add(rows.into());
        self.filled.notify_one();
        Ok((first, rows))
    }

    /// Waits until a row would be taken.
    pub(crate) async fn ready(&self) -> Result<(), SendError> {
        loop {
            match self.state.lock().takes() {
                Err(SendError::NoCredit | SendError::Busy) => {}
                other => return other,
            }
            self.room.notified().await;
        }
    }

    pub(crate) fn goodbye(&self) {
        let state = &mut *self.state.lock();
        if matches!(state.connection, Connection::Open)
            && ClientFrame::Goodbye.encode(&mut state.buffer).is_ok()
        {
            state.connection = Connection::Leaving;
            self.filled.notify_one();
        }
    }

    pub(crate) fn is_leaving(&self) -> bool {
        matches!(self.state.lock().connection, Connection::Leaving)
    }

    pub(crate) fn is_down(&self) -> bool {
        matches!(self.state.lock().connection, Connection::Down(_))
    }

    /// Why writing failed, if it did and nobody asked before.
    pub(crate) fn take_failure(&self) -> Option<io::Error> {
        match &mut self.state.lock().connection {
            Connection::Down(error) => error.take(),
            _ => None,
        }
    }

    /// Ends the connection on this side: nothing more is taken, the writing task ends.
    pub(crate) fn down(&self, error: Option<io::Error>) {
        {
            let mut state = self.state.lock();
            if !matches!(state.connection, Connection::Down(_)) {
                state.connection = Connection::Down(error);
            }
            state.buffer = Vec::new();
        }
        self.filled.notify_one();
        self.room.notify_one();
        self.broken.notify_one();
    }

    /// Swaps the buffer for the empty `batch`. False: there is nothing to write and never will be.
    fn swap(&self, batch: &mut Vec<u8>) -> bool {
        let state = &mut *self.state.lock();
        std::mem::swap(&mut state.buffer, batch);
        self.room.notify_one();
        !batch.is_empty() || matches!(state.connection, Connection::Open)
    }

    fn ping(&self) {
        let state = &mut *self.state.lock();
        // A socket that took nothing since the last ping needs no second one behind it.
        if matches!(state.connection, Connection::Open) && state.buffer.is_empty() {
            let encoded = ClientFrame::Ping { nonce: state.next }.encode(&mut state.buffer);
            debug_assert_eq!(encoded, Ok(()));
        }
    }
}

impl State {
    fn takes(&self) -> Result<(), SendError> {
        match self.connection {
            Connection::Open if self.buffer.len() >= FULL => Err(SendError::Busy),
            Connection::Open if self.allowance.available() == 0 => Err(SendError::NoCredit),
            Connection::Open => Ok(()),
            Connection::Leaving | Connection::Down(_) => Err(SendError::Closed),
        }
    }
}

/// Writes what gathers in the outbox, as much as there is at a time, and a `Ping` now and then.
/// Ends with the connection.
pub(crate) async fn write_out(outbox: Arc<Outbox>, mut half: Box<dyn AsyncWrite + Send + Unpin>) {
    let mut batch = Vec::new();
    let mut keepalive = interval(Duration::from_millis(KEEPALIVE_MS));
    keepalive.set_missed_tick_behavior(MissedTickBehavior::Delay);
    keepalive.tick().await; // the first one comes at once
    loop {
        if !outbox.swap(&mut batch) {
            // Nothing depends on it: the peer sees the end of the stream either way.
            let _ = half.shutdown().await;
            return;
        }
        if batch.is_empty() {
            tokio::select! {
                () = outbox.filled.notified() => {}
                _ = keepalive.tick() => outbox.ping(),
            }
            continue;
        }
        if let Err(error) = write(&mut half, &batch).await {
            outbox.down(Some(error));
            return;
        }
        batch.clear();
    }
}

async fn write(half: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    let written = async {
        half.write_all(bytes).await?;
        half.flush().await
    };
    timeout(STALLED, written)
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
