//! Owns a file with one byte for each row of a mailing, and a check beside each. It is written in place:
//! whatever a crash leaves of a write, a byte is the old one, or the new one, or not right, and then it
//! counts as unknown. Refuses to know what a byte means.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;

use twox_hash::XxHash3_64;

/// Of a row of which nothing is known.
pub(super) const UNKNOWN: u8 = 0;
/// Bytes on the disk for each row.
const WIDTH: usize = 2;

/// A byte for each row.
#[derive(Debug)]
pub(super) struct Marks {
    file: File,
    values: Vec<u8>,
    /// Rows whose bytes are not on the disk.
    unsaved: Range<usize>,
}

impl Marks {
    /// Opens the file, or makes one in which every row is unknown.
    ///
    /// # Errors
    /// The disk fails.
    pub(super) fn open(path: &Path, rows: usize) -> io::Result<Self> {
        let mut options = File::options();
        options.read(true).write(true).create(true).mode(0o600);
        let file = options.truncate(false).open(path)?;
        let mut bytes = vec![0; rows * WIDTH];
        let mut there = 0;
        while there < bytes.len() {
            match file.read_at(&mut bytes[there..], there as u64) {
                Ok(0) => break,
                Ok(read) => there += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let (pairs, _) = bytes.as_chunks::<WIDTH>();
        let values = pairs.iter().enumerate().map(|(row, [value, check])| {
            let is_right = *check == check_of(row, *value);
            if is_right { *value } else { UNKNOWN }
        });
        Ok(Self {
            values: values.collect(),
            file,
            unsaved: 0..0,
        })
    }

    /// Of every row.
    pub(super) fn values(&self) -> &[u8] {
        &self.values
    }

    pub(super) fn get(&self, row: usize) -> u8 {
        self.values.get(row).copied().unwrap_or(UNKNOWN)
    }

    pub(super) fn set(&mut self, row: usize, value: u8) {
        let Some(place) = self.values.get_mut(row) else {
            return;
        };
        if *place == value {
            return;
        }
        *place = value;
        self.unsaved = if self.unsaved.is_empty() {
            row..row + 1
        } else {
            self.unsaved.start.min(row)..self.unsaved.end.max(row + 1)
        };
    }

    /// Writes what changed. Durable on return.
    ///
    /// # Errors
    /// The disk fails; it is written with the next save.
    pub(super) fn save(&mut self) -> io::Result<()> {
        if self.unsaved.is_empty() {
            return Ok(());
        }
        let changed = self.unsaved.clone();
        let pair = |row: usize| [self.values[row], check_of(row, self.values[row])];
        let bytes: Vec<u8> = changed.clone().flat_map(pair).collect();
        self.file
            .write_all_at(&bytes, (changed.start * WIDTH) as u64)?;
        self.file.sync_data()?;
        self.unsaved = 0..0;
        Ok(())
    }
}

/// What must stand beside a byte. A row of which nothing was written is two zeros, and unknown.
fn check_of(row: usize, value: u8) -> u8 {
    (XxHash3_64::oneshot_with_seed(row as u64, &[value]) as u8) | 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_saved_is_there_again_and_what_was_not_is_unknown() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("marks");
        let mut marks = Marks::open(&path, 5).unwrap();
        marks.set(1, 7);
        marks.set(3, 255);
        marks.save().unwrap();
        marks.set(4, 9);
        assert_eq!(marks.get(4), 9);
        drop(marks);
        let again = Marks::open(&path, 5).unwrap();
        assert_eq!(again.values(), [0, 7, 0, 255, 0]);
    }

    #[test]
    fn a_byte_that_rotted_or_stands_at_another_row_is_unknown() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("marks");
        let mut marks = Marks::open(&path, 300).unwrap();
        (0..300).for_each(|row| marks.set(row, 1));
        marks.save().unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[20] = 2;
        std::fs::write(&path, &bytes).unwrap();
        let again = Marks::open(&path, 300).unwrap();
        assert_eq!(again.get(10), UNKNOWN);
        assert_eq!(
            again.values().iter().filter(|value| **value == 1).count(),
            299
        );
        // A file that is cut off: the rows behind its end are unknown.
        std::fs::write(&path, &bytes[..101]).unwrap();
        let cut = Marks::open(&path, 300).unwrap();
        assert_eq!((cut.get(49), cut.get(50)), (1, UNKNOWN));
    }
}
