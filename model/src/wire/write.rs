//! Owns writing one frame behind what a buffer already holds. Refuses to leave half a frame there:
//! a frame that does not fit is taken back.

use super::{At, MAX_FRAME, WireError};

/// Bytes of the length field.
pub(super) const LENGTH: usize = 4;

/// Appends frame `kind` with what `fill` writes, or nothing at all.
pub(super) fn frame(
    out: &mut Vec<u8>,
    kind: u8,
    fill: impl FnOnce(&mut Vec<u8>) -> Result<(), WireError>,
) -> Result<(), WireError> {
    let start = out.len();
    out.extend_from_slice(&[0, 0, 0, 0, kind]);
    let done = fill(out).and_then(|()| length_of(out.len() - start - LENGTH));
    match done {
        Ok(length) => {
            out[start..start + LENGTH].copy_from_slice(&length.to_be_bytes());
            Ok(())
        }
        Err(error) => {
            out.truncate(start);
            Err(error)
        }
    }
}

fn length_of(bytes: usize) -> Result<u32, WireError> {
    match u32::try_from(bytes) {
        Ok(length) if length <= MAX_FRAME => Ok(length),
        _ => Err(WireError::FrameTooLong {
            length: bytes as u64,
            max: MAX_FRAME,
        }),
    }
}

/// A string behind a u16 length.
pub(super) fn short(out: &mut Vec<u8>, at: At, text: &str) -> Result<(), WireError> {
    let Ok(length) = u16::try_from(text.len()) else {
        return Err(WireError::TooLong {
            at,
            length: text.len(),
            max: usize::from(u16::MAX),
        });
    };
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(text.as_bytes());
    Ok(())
}

/// A string behind a u32 length. Longer than a frame is refused before it is copied.
pub(super) fn long(out: &mut Vec<u8>, at: At, text: &str) -> Result<(), WireError> {
    match u32::try_from(text.len()) {
        Ok(length) if length <= MAX_FRAME => {
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(text.as_bytes());
            Ok(())
        }
        _ => Err(WireError::TooLong {
            at,
            length: text.len(),
            max: MAX_FRAME as usize,
        }),
    }
}

/// A text for people behind a u16 length, cut to `max` bytes on a character boundary.
pub(super) fn cut(out: &mut Vec<u8>, text: &str, max: usize) {
    let text = &text[..text.floor_char_boundary(max.min(usize::from(u16::MAX)))];
    out.extend_from_slice(&(text.len() as u16).to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}
