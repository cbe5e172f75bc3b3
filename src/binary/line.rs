//! Owns one peer's bytes in both directions, and the last word. Refuses to know what the frames
//! mean.

use std::io;

use sluis_model::wire::{
    ClientFrame, Decoder, Frame, MAX_FRAME, MAX_HELLO, ServerFrame, WireError,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::Pace;
use super::end::End;
use super::output::Output;

/// Read at once from a peer that has not shown its key.
const STRANGER_CHUNK: usize = 1 << 10;
/// Read at once from a sender.
const CHUNK: usize = 32 << 10;

/// A connection to one peer: bytes in, bytes out, and how it ends.
#[derive(Debug)]
pub(super) struct Line<R, W> {
    pub(super) read: R,
    pub(super) write: W,
    pub(super) decoder: Decoder<ClientFrame>,
    pub(super) chunk: Vec<u8>,
    pub(super) out: Output,
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Line<R, W> {
    /// A line to a stranger: short frames only.
    pub(super) fn new(read: R, write: W) -> Self {
        let (decoder, chunk) = (Decoder::new(MAX_HELLO), vec![0; STRANGER_CHUNK]);
        Self {
            read,
            write,
            decoder,
            chunk,
            out: Output::default(),
        }
    }

    /// The peer has shown its key: frames of full length from the next one on.
    pub(super) fn open(&mut self) {
        self.decoder.set_max_frame(MAX_FRAME);
        self.chunk.resize(CHUNK, 0);
    }

    /// Puts a frame behind those that wait.
    pub(super) fn put(&mut self, frame: &ServerFrame) {
        let encoded = frame.encode(self.out.frames());
        // The frames that come here have no way to be too long.
        debug_assert_eq!(encoded, Ok(()));
    }

    /// A stranger's next frame, however long it takes; `None` at the end of the stream.
    pub(super) async fn next(&mut self) -> Result<Option<ClientFrame>, End> {
        loop {
            if let Some(frame) = self.decoder.next().map_err(foreign)? {
                return Ok(Some(frame));
            }
            match self.read.read(&mut self.chunk).await? {
                0 => return Ok(None),
                count => self.decoder.feed(&self.chunk[..count]),
            }
        }
    }

    /// Says the last word and closes. Reads on for a moment: closing on unread bytes would throw
    /// the last word away.
    pub(super) async fn farewell(mut self, end: &End, pace: Pace) {
        match end {
            End::Gone(_) => return,
            End::Done => {}
            End::Told(fatal) => self.put(&ServerFrame::Error(fatal.clone())),
        }
        // Whether the peer listens to the end is its own affair.
        if matches!(timeout(pace.farewell, self.write_out()).await, Ok(Ok(()))) {
            let _ = timeout(pace.linger, self.drain()).await;
        }
    }

    async fn write_out(&mut self) -> io::Result<()> {
        while !self.out.is_done() {
            self.out.advance(&mut self.write).await?;
        }
        self.write.shutdown().await
    }

    async fn drain(&mut self) -> io::Result<()> {
        while self.read.read(&mut self.chunk).await? > 0 {}
        Ok(())
    }
}

/// What begins with a length that no frame ever has is another protocol: `GET ` and a TLS handshake
/// are such lengths.
fn foreign(error: WireError) -> WireError {
    match error {
        WireError::FrameTooLong { length, .. } if length > u64::from(MAX_FRAME) => {
            WireError::BadMagic {
                found: u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes(),
            }
        }
        other => other,
    }
}
