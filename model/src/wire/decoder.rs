//! Owns cutting a byte stream into frames. Refuses to hold more than one frame bound plus one feed,
//! to allocate on the word of a length field, and to go on after an error.

use std::marker::PhantomData;

use super::write::LENGTH;
use super::{Frame, WireError};

/// Room an idle decoder keeps.
const KEEP: usize = 64 << 10;

/// Reads the frames of one direction from bytes that come in pieces of any size.
///
/// Call [`Decoder::next`] until it returns `None` before every [`Decoder::feed`]: then it never
/// holds more than one unfinished frame and the last piece. After an error it returns the same
/// error for ever: the stream has lost its frame boundaries.
#[derive(Debug)]
pub struct Decoder<F> {
    buffer: Vec<u8>,
    start: usize,
    max_frame: u32,
    failed: Option<WireError>,
    frames: PhantomData<fn() -> F>,
}

impl<F: Frame> Decoder<F> {
    /// A decoder that takes frames of at most `max_frame` bytes behind the length field.
    #[must_use]
    pub const fn new(max_frame: u32) -> Self {
        Self {
            buffer: Vec::new(),
            start: 0,
            max_frame,
            failed: None,
            frames: PhantomData,
        }
    }

    /// Changes the bound, from the next frame on: a server raises it after `Hello`.
    pub const fn set_max_frame(&mut self, max_frame: u32) {
        self.max_frame = max_frame;
    }

    /// Adds bytes from the peer. Ignored after an error.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.failed.is_some() {
            return;
        }
        self.reclaim();
        self.buffer.extend_from_slice(bytes);
    }

    /// Bytes fed that belong to no returned frame: not zero at the end of a stream means that it
    /// was cut.
    #[must_use]
    pub const fn pending(&self) -> usize {
        self.buffer.len() - self.start
    }

    /// The next whole frame, if it is there.
    ///
    /// # Errors
    /// [`WireError`] when the bytes are no frame of this direction.
    #[allow(clippy::should_implement_trait)] // `Ok(None)` is not the end: more bytes may come
    pub fn next(&mut self) -> Result<Option<F>, WireError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.cut().inspect_err(|error| {
            self.failed = Some(error.clone());
            self.buffer = Vec::new();
            self.start = 0;
        })
    }

    fn cut(&mut self) -> Result<Option<F>, WireError> {
        let there = &self.buffer[self.start..];
        let Some((length, rest)) = there.split_first_chunk::<LENGTH>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes(*length);
        if length == 0 {
            return Err(WireError::EmptyFrame);
        }
        if length > self.max_frame {
            return Err(WireError::FrameTooLong {
                length: length.into(),
                max: self.max_frame,
            });
        }
        // Judged before the payload is there: nobody makes us collect a frame we would refuse.
        let Some(&kind) = rest.first() else {
            return Ok(None);
        };
        if !F::knows(kind) {
            return Err(WireError::UnknownKind {
                kind,
                sender: F::SENDER,
            });
        }
        let length = length as usize;
        let Some(payload) = rest.get(1..length) else {
            return Ok(None);
        };
        let frame = F::decode(kind, payload)?;
        self.start += LENGTH + length;
        Ok(Some(frame))
    }

    /// Moves the unfinished frame to the front when that frees at least half, so that moving is
    /// amortised.
    fn reclaim(&mut self) {
        if self.start == self.buffer.len() {
            self.buffer.clear();
            self.start = 0;
            self.buffer.shrink_to(KEEP);
        } else if self.start >= self.buffer.len() / 2 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
    }
}
