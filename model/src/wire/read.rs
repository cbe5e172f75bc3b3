//! Owns reading fields from one frame's payload. Refuses to read past the frame, to guess and to
//! allocate ahead of bytes that are there.

use super::{At, WireError};

/// A cursor over one payload.
pub(super) struct Reader<'a> {
    kind: u8,
    left: &'a [u8],
    /// Row being read, so that an error can name it.
    pub(super) row: Option<u16>,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(kind: u8, payload: &'a [u8]) -> Self {
        Self {
            kind,
            left: payload,
            row: None,
        }
    }

    pub(super) const fn at(&self, field: &'static str) -> At {
        At {
            row: self.row,
            field,
        }
    }

    pub(super) const fn left(&self) -> usize {
        self.left.len()
    }

    fn take(&mut self, field: &'static str, count: usize) -> Result<&'a [u8], WireError> {
        let (taken, rest) = self
            .left
            .split_at_checked(count)
            .ok_or_else(|| self.truncated(field, count))?;
        self.left = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(
        &mut self,
        field: &'static str,
    ) -> Result<[u8; N], WireError> {
        let (taken, rest) = self
            .left
            .split_first_chunk::<N>()
            .ok_or_else(|| self.truncated(field, N))?;
        self.left = rest;
        Ok(*taken)
    }

    #[cold]
    fn truncated(&self, field: &'static str, expected: usize) -> WireError {
        WireError::Truncated {
            at: self.at(field),
            expected,
            left: self.left.len(),
        }
    }

    pub(super) fn u8(&mut self, field: &'static str) -> Result<u8, WireError> {
        self.array(field).map(u8::from_be_bytes)
    }

    pub(super) fn u16(&mut self, field: &'static str) -> Result<u16, WireError> {
        self.array(field).map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self, field: &'static str) -> Result<u32, WireError> {
        self.array(field).map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self, field: &'static str) -> Result<u64, WireError> {
        self.array(field).map(u64::from_be_bytes)
    }

    pub(super) fn i64(&mut self, field: &'static str) -> Result<i64, WireError> {
        self.array(field).map(i64::from_be_bytes)
    }

    pub(super) fn u128(&mut self, field: &'static str) -> Result<u128, WireError> {
        self.array(field).map(u128::from_be_bytes)
    }

    /// A string behind a u16 length.
    pub(super) fn short(&mut self, field: &'static str) -> Result<&'a str, WireError> {
        let length = self.u16(field)?;
        self.text(field, usize::from(length))
    }

    /// A string behind a u16 length, of at most `max` bytes.
    pub(super) fn bounded(
        &mut self,
        field: &'static str,
        max: usize,
    ) -> Result<&'a str, WireError> {
        let text = self.short(field)?;
        if text.len() > max {
            return Err(WireError::TooLong {
                at: self.at(field),
                length: text.len(),
                max,
            });
        }
        Ok(text)
    }

    /// A string behind a u32 length.
    pub(super) fn long(&mut self, field: &'static str) -> Result<&'a str, WireError> {
        let length = self.u32(field)?;
        self.text(field, usize::try_from(length).unwrap_or(usize::MAX))
    }

    fn text(&mut self, field: &'static str, length: usize) -> Result<&'a str, WireError> {
        let bytes = self.take(field, length)?;
        std::str::from_utf8(bytes).map_err(|e| WireError::NotUtf8 {
            at: self.at(field),
            valid: e.valid_up_to(),
        })
    }

    /// A u16 count of `min` (0 or 1) to `max` items.
    pub(super) fn count(
        &mut self,
        field: &'static str,
        min: usize,
        max: usize,
    ) -> Result<usize, WireError> {
        let count = usize::from(self.u16(field)?);
        if count > max {
            return Err(WireError::TooLong {
                at: self.at(field),
                length: count,
                max,
            });
        }
        if count < min {
            return Err(self.bad(field, count as i64, "at least one"));
        }
        Ok(count)
    }

    #[cold]
    pub(super) fn bad(&self, field: &'static str, value: i64, expected: &'static str) -> WireError {
        WireError::BadValue {
            at: self.at(field),
            value,
            expected,
        }
    }

    /// Ends the frame: nothing may be left.
    pub(super) fn end(&self) -> Result<(), WireError> {
        if self.left.is_empty() {
            Ok(())
        } else {
            Err(WireError::Trailing {
                kind: self.kind,
                extra: self.left.len(),
            })
        }
    }
}
