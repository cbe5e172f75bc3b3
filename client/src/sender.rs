//! Owns putting rows on one connection without waiting for answers. Refuses to exceed the credit
//! the server granted: the protocol would end the connection.

use std::borrow::Borrow;
use std::sync::Arc;

use sluis_model::NotificationRequest;
use sluis_model::wire::{
    MAX_BATCH_ROWS, Welcome, check_row, encode_submit, encode_submit_batch, row_len,
};

use crate::SendError;
use crate::outbox::Outbox;

/// Bytes of rows packed into one frame, unless a single row is longer: enough to make frames cheap,
/// small enough that the server can answer the first rows while the next frame is on its way.
const BATCH_BYTES: usize = 64 << 10;

/// The sending half of one connection. Credit arrives through [`Answers`](crate::Answers): somebody
/// must read them.
pub struct Sender {
    outbox: Arc<Outbox>,
    welcome: Arc<Welcome>,
}

/// Rows that were taken: the first `rows` of those offered, under consecutive correlations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Correlation of the first one; those behind it count up.
    pub first: u64,
    /// How many.
    pub rows: usize,
}

impl Sender {
    pub(crate) const fn new(outbox: Arc<Outbox>, welcome: Arc<Welcome>) -> Self {
        Self { outbox, welcome }
    }

    /// What the server said of itself.
    #[must_use]
    pub fn welcome(&self) -> &Welcome {
        &self.welcome
    }

    /// Rows that may be sent now.
    #[must_use]
    pub fn credit(&self) -> u32 {
        self.outbox.credit()
    }

    /// Sends one row if it can go now; returns its correlation. Correlations count up from 1.
    ///
    /// # Errors
    /// [`SendError`]; nothing was sent.
    pub fn try_send(&mut self, row: &NotificationRequest) -> Result<u64, SendError> {
        self.try_send_batch(std::slice::from_ref(row))
            .map(|sent| sent.first)
    }

    /// Sends as many of the first `rows` as credit and one frame hold, in one frame. Empty `rows`:
    /// nothing.
    ///
    /// # Errors
    /// [`SendError`] when not even the first could go; nothing was sent.
    pub fn try_send_batch<R: Borrow<NotificationRequest>>(
        &mut self,
        rows: &[R],
    ) -> Result<Sent, SendError> {
        let fitting = self.fitting(rows)?;
        let (first, sent) = self.outbox.submit(fitting, |out, first, granted| {
            match &rows[..granted as usize] {
                [] => Ok(()),
                [row] => encode_submit(out, first, row.borrow()),
                many => encode_submit_batch(out, first, many.iter().map(Borrow::borrow)),
            }
        })?;
        Ok(Sent {
            first,
            rows: sent as usize,
        })
    }

    /// How many of the first rows fit one frame.
    fn fitting<R: Borrow<NotificationRequest>>(&self, rows: &[R]) -> Result<u32, SendError> {
        let mut bytes = 0;
        for (index, row) in rows.iter().take(MAX_BATCH_ROWS).enumerate() {
            let row = row.borrow();
            let checked = check_row(row, self.welcome.max_frame);
            bytes += row_len(row);
            match checked {
                Err(error) if index == 0 => return Err(error.into()),
                Ok(()) if index == 0 || bytes <= BATCH_BYTES - 64 => {}
                _ => return Ok(index as u32),
            }
        }
        Ok(rows.len().min(MAX_BATCH_ROWS) as u32)
    }

    /// Waits until there is credit and room in the write buffer.
    ///
    /// # Errors
    /// [`SendError::Closed`].
    pub async fn ready(&mut self) -> Result<(), SendError> {
        self.outbox.ready().await
    }

    /// Sends one row as soon as it can go; returns its correlation without waiting for the answer.
    ///
    /// # Errors
    /// [`SendError::Unsendable`], [`SendError::Closed`].
    pub async fn send(&mut self, row: &NotificationRequest) -> Result<u64, SendError> {
        loop {
            match self.try_send(row) {
                Err(SendError::NoCredit | SendError::Busy) => self.ready().await?,
                other => return other,
            }
        }
    }

    /// Says that nothing more comes. The server answers what is open and closes:
    /// [`Answers`](crate::Answers) then ends.
    pub fn goodbye(self) {
        self.outbox.goodbye();
    }
}
