//! Owns the bytes on their way to a peer. Refuses to lose any when the writing of them is cancelled
//! half-way.

use std::io;

use tokio::io::{AsyncWrite, AsyncWriteExt};

/// Bytes that wait from which on nothing more is read from the peer.
pub(super) const FULL: usize = 256 << 10;
/// Room an idle connection keeps.
const KEEP: usize = 64 << 10;

/// Bytes that wait to be written to one peer.
#[derive(Debug, Default)]
pub(super) struct Output {
    buffer: Vec<u8>,
    /// Bytes of the buffer that are written.
    sent: usize,
    /// Bytes are written, but perhaps not out: TLS keeps some back.
    unflushed: bool,
    /// Something went out since [`Output::moved`] was asked.
    moved: bool,
}

impl Output {
    /// Where frames are appended.
    pub(super) fn frames(&mut self) -> &mut Vec<u8> {
        if self.sent > 0 && self.sent >= self.buffer.len() / 2 {
            self.buffer.drain(..self.sent);
            self.sent = 0;
        }
        &mut self.buffer
    }

    /// Bytes that wait.
    pub(super) const fn waiting(&self) -> usize {
        self.buffer.len() - self.sent
    }

    /// The peer is behind with reading.
    pub(super) const fn is_full(&self) -> bool {
        self.waiting() >= FULL
    }

    /// Everything is out.
    pub(super) const fn is_done(&self) -> bool {
        self.waiting() == 0 && !self.unflushed
    }

    /// Whether the peer took anything since this was last asked.
    pub(super) const fn moved(&mut self) -> bool {
        std::mem::replace(&mut self.moved, false)
    }

    /// Gets on by one step. Safe to cancel.
    pub(super) async fn advance(
        &mut self,
        write: &mut (impl AsyncWrite + Unpin),
    ) -> io::Result<()> {
        if self.waiting() == 0 {
            write.flush().await?;
            self.unflushed = false;
            self.moved = true;
            return Ok(());
        }
        let count = write.write(&self.buffer[self.sent..]).await?;
        if count == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.sent += count;
        self.unflushed = true;
        self.moved = true;
        if self.waiting() == 0 {
            self.buffer.clear();
            self.buffer.shrink_to(KEEP);
            self.sent = 0;
        }
        Ok(())
    }
}
