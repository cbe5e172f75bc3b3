//! Owns the copying of a file of keys, for a backup: into the same file every time, place by place, so
//! that a key that was destroyed since is destroyed there too. Refuses to leave an older state of a
//! place behind, in this file or in another one beside it.

use std::path::Path;

use crate::error::KeyError;
use crate::file::{DiskFile, KeyFile};
use crate::header::{HEADER_BYTES, Header};
use crate::slot::SLOT_BYTES;

/// Bytes that are read at once.
const PIECE_BYTES: usize = 1 << 20;

/// Makes the file at `to` a copy of the file of keys at `from`, which a process may be using, in place
/// and durably: a key that was destroyed since the last copy is destroyed there too. No corporation's
/// key is needed. Gives how many bytes were written.
///
/// # Errors
/// [`KeyError::Header`]: `from` holds no keys. [`KeyError::Foreign`]: `to` holds those of another data
/// directory. A failing disk.
pub fn copy_keys(from: &Path, to: &Path) -> Result<u64, KeyError> {
    // Whoever makes copies may not be allowed to write there.
    copy(&DiskFile::look(from)?, to)
}

/// Makes the file at `to` a copy of the one at `from`, durably. Gives how many bytes were written.
///
/// # Errors
/// [`KeyError::Header`]: `from` holds no keys. [`KeyError::Foreign`]: `to` holds those of another data
/// directory. A failing disk.
pub(crate) fn copy(from: &dyn KeyFile, to: &Path) -> Result<u64, KeyError> {
    let length = from.length().map_err(KeyError::file("see its length"))?;
    let header = Header::read(from, length)?.ok_or(KeyError::Header {
        expected: "SLKEYS01 with a checksum that fits",
    })?;
    let copy = DiskFile::open(to)?;
    let there = copy
        .length()
        .map_err(KeyError::io("see the length of", to))?;
    match Header::read(&copy, there)? {
        Some(other) if other.file != header.file => return Err(KeyError::Foreign(to.to_owned())),
        // An older state of this file, or a copy that was cut short.
        Some(_) | None => {}
    }
    let mut written = 0;
    let (mut ours, mut theirs) = (vec![0; PIECE_BYTES], vec![0; PIECE_BYTES]);
    let mut at = 0;
    while at < length {
        let piece = PIECE_BYTES.min((length - at) as usize);
        let same = PIECE_BYTES
            .min(there.saturating_sub(at) as usize)
            .min(piece);
        let (ours, theirs) = (&mut ours[..piece], &mut theirs[..same]);
        from.read_at(ours, at).map_err(KeyError::file("read"))?;
        copy.read_at(theirs, at)
            .map_err(KeyError::io("read the copy", to))?;
        written +=
            copy_piece(&copy, ours, theirs, at).map_err(KeyError::io("write the copy", to))?;
        at += piece as u64;
    }
    copy.sync().map_err(KeyError::io("sync the copy", to))?;
    Ok(written)
}

/// Writes what differs, place by place.
fn copy_piece(copy: &DiskFile, ours: &[u8], theirs: &[u8], at: u64) -> std::io::Result<u64> {
    const { assert!(HEADER_BYTES.is_multiple_of(SLOT_BYTES)) };
    let mut written = 0;
    for (place, begin) in ours.chunks(SLOT_BYTES).zip((0..).step_by(SLOT_BYTES)) {
        let there = theirs.get(begin..begin + place.len());
        if there != Some(place) {
            copy.write_at(place, at + begin as u64)?;
            written += place.len() as u64;
        }
    }
    Ok(written)
}
