//! Owns the one file under the store: bytes at places, and a sync. Tests put another one in its place,
//! which loses and tears what was not synced. Refuses to know what stands in it.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;

use crate::error::KeyError;

/// Bytes at places.
pub trait KeyFile: Send + Sync {
    /// Bytes of the file.
    ///
    /// # Errors
    /// The operating system's.
    fn length(&self) -> io::Result<u64>;

    /// Fills `bytes` from `at` on.
    ///
    /// # Errors
    /// The operating system's; the end of the file.
    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()>;

    /// Writes all `bytes` at `at`. Not durable on return.
    ///
    /// # Errors
    /// The operating system's.
    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()>;

    /// Makes everything that was written durable.
    ///
    /// # Errors
    /// The operating system's. After that, what is on the disk is not known.
    fn sync(&self) -> io::Result<()>;
}

/// A file on a disk.
#[derive(Debug)]
pub struct DiskFile(File);

impl DiskFile {
    /// Opens the file, which only its owner may read, or makes it, its name durable.
    ///
    /// # Errors
    /// [`KeyError::Io`].
    pub fn open(path: &Path) -> Result<Self, KeyError> {
        let is_new = !path.exists();
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(KeyError::io("open the file of keys", path))?;
        if is_new {
            let folder = folder(path);
            let dir = File::open(folder).map_err(KeyError::io("open the directory", folder))?;
            dir.sync_all()
                .map_err(KeyError::io("sync the directory", folder))?;
        }
        Ok(Self(file))
    }

    /// Opens the file that is there, to read only.
    ///
    /// # Errors
    /// [`KeyError::Io`].
    pub fn look(path: &Path) -> Result<Self, KeyError> {
        let file = File::open(path).map_err(KeyError::io("open the file of keys", path))?;
        Ok(Self(file))
    }
}

/// The folder that a file is in. A name alone is in the folder where the process runs, although
/// [`Path::parent`] says that it is in one without a name.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}

impl KeyFile for DiskFile {
    fn length(&self) -> io::Result<u64> {
        self.0.metadata().map(|metadata| metadata.len())
    }

    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        self.0.read_exact_at(bytes, at)
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, at)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_alone_is_in_the_folder_where_the_process_runs() {
        let folder = |path: &'static str| folder(Path::new(path)).to_str();
        assert_eq!(folder("keys"), Some("."));
        assert_eq!(folder("data/keys"), Some("data"));
        assert_eq!(folder("/keys"), Some("/"));
    }
}
