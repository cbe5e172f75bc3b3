//! Owns reading one connection: answers go to the caller, credit to the sender. Refuses to buffer:
//! nothing is read before somebody asks, so a slow caller slows the server's grants, not our
//! memory.

use std::sync::Arc;
use std::time::Duration;
use std::{io, vec};

use sluis_model::wire::{AckRow, Decoder, IDLE_TIMEOUT_MS, ServerFrame, Welcome};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;

use crate::error::millis;
use crate::outbox::Outbox;
use crate::{ClientError, Receipt, Refused};

const CHUNK: usize = 64 << 10;
const SILENT: Duration = Duration::from_millis(IDLE_TIMEOUT_MS);
/// After writing failed the server's last words may still be on their way.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The answer to one submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Of the submission.
    pub correlation: u64,
    /// Accepted or refused.
    pub result: Result<Receipt, Refused>,
}

/// The receiving half of one connection. Dropping it ends the connection.
pub struct Answers {
    half: Box<dyn AsyncRead + Send + Unpin>,
    decoder: Decoder<ServerFrame>,
    chunk: Box<[u8]>,
    outbox: Arc<Outbox>,
    welcome: Arc<Welcome>,
    ready: vec::IntoIter<Answer>,
    /// What ended the connection, kept until the answers before it were taken.
    failed: Option<ClientError>,
}

impl Answers {
    pub(crate) fn new(
        half: Box<dyn AsyncRead + Send + Unpin>,
        decoder: Decoder<ServerFrame>,
        outbox: Arc<Outbox>,
        welcome: Arc<Welcome>,
    ) -> Self {
        let chunk = vec![0; CHUNK].into_boxed_slice();
        Self {
            half,
            decoder,
            chunk,
            outbox,
            welcome,
            ready: Vec::new().into_iter(),
            failed: None,
        }
    }

    /// What the server said of itself.
    #[must_use]
    pub fn welcome(&self) -> &Welcome {
        &self.welcome
    }

    /// The next answer; `None` when the server closed after a `Goodbye`. Safe to cancel.
    ///
    /// # Errors
    /// [`ClientError`] when the connection ended otherwise: what has no answer yet may or may not
    /// have been accepted.
    pub async fn next(&mut self) -> Result<Option<Answer>, ClientError> {
        if self.ready.len() == 0 {
            let mut fresh = Vec::new();
            self.fill(&mut fresh).await?;
            self.ready = fresh.into_iter();
        }
        Ok(self.ready.next())
    }

    /// Waits for at least one answer and appends all that are there to `out`; returns how many, 0
    /// when the server closed after a `Goodbye`. Safe to cancel.
    ///
    /// # Errors
    /// As [`Answers::next`].
    pub async fn fill(&mut self, out: &mut Vec<Answer>) -> Result<usize, ClientError> {
        let before = out.len();
        out.extend(&mut self.ready);
        loop {
            if self.failed.is_none() {
                self.failed = self.decode(out).err();
            }
            if out.len() > before {
                return Ok(out.len() - before);
            }
            if let Some(error) = self.failed.take() {
                self.outbox.down(None);
                return Err(error);
            }
            if self.read().await? == 0 {
                let clean = self.outbox.is_leaving() && self.decoder.pending() == 0;
                self.outbox.down(None);
                return if clean { Ok(0) } else { Err(self.why_cut()) };
            }
        }
    }

    fn decode(&mut self, out: &mut Vec<Answer>) -> Result<(), ClientError> {
        while let Some(frame) = self.decoder.next()? {
            match frame {
                ServerFrame::Ack(row) => out.push(accepted(row)),
                ServerFrame::AckBatch(rows) => out.extend(rows.into_iter().map(accepted)),
                ServerFrame::Refuse(refused) => {
                    out.push(Answer {
                        correlation: refused.correlation,
                        result: Err(refused.into()),
                    });
                }
                ServerFrame::Credit { grant } => self.outbox.grant(grant)?,
                ServerFrame::Pong { .. } => {}
                ServerFrame::Welcome(_) => return Err(ClientError::Unexpected("a second Welcome")),
                ServerFrame::Error(fatal) => {
                    let retry_after = millis(fatal.retry_after_ms);
                    return Err(ClientError::Ended {
                        code: fatal.code,
                        retry_after,
                        message: fatal.message,
                    });
                }
            }
        }
        Ok(())
    }

    /// Reads once; 0 at the end of the stream.
    async fn read(&mut self) -> Result<usize, ClientError> {
        loop {
            let down = self.outbox.is_down();
            let within = if down { LAST_WORDS } else { SILENT };
            let read = tokio::select! {
                read = timeout(within, self.half.read(&mut self.chunk)) => read,
                () = self.outbox.broken.notified(), if !down => continue,
            };
            return match read {
                Ok(Ok(count)) => {
                    self.decoder.feed(&self.chunk[..count]);
                    Ok(count)
                }
                Ok(Err(error)) => Err(self.lost(ClientError::Io {
                    doing: "reading",
                    source: error,
                })),
                Err(_) => Err(self.lost(ClientError::Timeout {
                    doing: "waiting for the server",
                    within,
                })),
            };
        }
    }

    /// What ended the connection: the first failure, if writing failed before.
    fn lost(&self, error: ClientError) -> ClientError {
        let earlier = self
            .outbox
            .take_failure()
            .map(|source: io::Error| ClientError::Io {
                doing: "writing",
                source,
            });
        self.outbox.down(None);
        earlier.unwrap_or(error)
    }

    fn why_cut(&self) -> ClientError {
        self.lost(ClientError::Cut)
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        self.outbox.down(None);
    }
}

fn accepted(row: AckRow) -> Answer {
    let receipt = Receipt {
        id: row.id,
        position: row.position,
        duplicate: row.duplicate,
    };
    Answer {
        correlation: row.correlation,
        result: Ok(receipt),
    }
}
