//! Owns where the time stamp of a volume is kept, and which volumes have one. Refuses to ask for one.

use bytes::Bytes;

use crate::archive::Archive;
use crate::error::ArchiveError;
use crate::hash::Hash;
use crate::manifest::{self, Tip};
use crate::names;
use crate::stamp::{IMPRINT_BYTES, imprint};

impl Archive {
    /// What an authority is to stamp of this volume: the imprint of its manifest. None when it has a
    /// stamp already.
    ///
    /// # Errors
    /// The store fails; the manifest is not the one of `tip`.
    pub fn unstamped(&self, tip: Tip) -> Result<Option<[u8; IMPRINT_BYTES]>, ArchiveError> {
        let (store, volume) = (self.store(), tip.volume);
        if store.get(&names::object(volume, names::STAMP))?.is_some() {
            return Ok(None);
        }
        let place = manifest::place(volume);
        let bytes = store.get(&names::object(volume, names::MANIFEST))?;
        let bytes = bytes.filter(|bytes| Hash::of(bytes) == tip.hash);
        let bytes = bytes.ok_or_else(|| {
            ArchiveError::damaged(place, "it is missing or was changed since it was sealed")
        })?;
        Ok(Some(imprint(&bytes)))
    }

    /// Keeps the answer of the authority beside the volume, durably; whether there was none yet.
    ///
    /// # Errors
    /// The store fails.
    pub fn keep_stamp(&self, volume: u64, answer: Bytes) -> Result<bool, ArchiveError> {
        let path = names::object(volume, names::STAMP);
        match self.store().put_once(&path, answer) {
            Ok(()) => Ok(true),
            Err(ArchiveError::Store {
                source: object_store::Error::AlreadyExists { .. },
                ..
            }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
