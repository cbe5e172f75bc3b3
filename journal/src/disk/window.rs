//! Reads a file through a window: nearby bytes come with one call. Refuses to hold more than it was
//! asked for.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;

/// A buffer over a part of a file.
#[derive(Debug)]
pub(super) struct Window<'a> {
    file: &'a File,
    start: u64,
    buffer: Vec<u8>,
}

impl<'a> Window<'a> {
    pub(super) const fn new(file: &'a File) -> Self {
        Self {
            file,
            start: 0,
            buffer: Vec::new(),
        }
    }

    /// The bytes from `offset`, `length` of them, or fewer where the file ends. What is not in the
    /// window is read, at least `ahead` bytes of it.
    pub(super) fn get(
        &mut self,
        offset: u64,
        length: usize,
        ahead: impl FnOnce() -> usize,
    ) -> std::io::Result<&[u8]> {
        let inside = offset
            .checked_sub(self.start)
            .and_then(|skip| usize::try_from(skip).ok());
        let held = inside.filter(|skip| skip + length <= self.buffer.len());
        let skip = match held {
            Some(skip) => skip,
            None => {
                self.fill(offset, length.max(ahead()))?;
                0
            }
        };
        let end = (skip + length).min(self.buffer.len());
        Ok(&self.buffer[skip..end])
    }

    fn fill(&mut self, offset: u64, length: usize) -> std::io::Result<()> {
        self.start = offset;
        self.buffer.resize(length, 0);
        let mut read = 0;
        while read < length {
            match self
                .file
                .read_at(&mut self.buffer[read..], offset + read as u64)
            {
                Ok(0) => break,
                Ok(count) => read += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    self.buffer.clear();
                    return Err(error);
                }
            }
        }
        self.buffer.truncate(read);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn it_gives_what_is_there_and_less_at_the_end() {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(b"0123456789").expect("written");
        let mut window = Window::new(&file);
        assert_eq!(window.get(2, 3, || 4).expect("read"), b"234");
        assert_eq!(window.get(4, 2, || 0).expect("from the window"), b"45");
        assert_eq!(window.get(5, 3, || 0).expect("read again"), b"567");
        assert_eq!(window.get(8, 9, || 0).expect("read to the end"), b"89");
        assert_eq!(window.get(40, 1, || 0).expect("behind the end"), b"");
    }
}
