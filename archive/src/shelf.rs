//! Owns whole objects by name, where an archive could be too: the copies of a data directory stand there.
//! Refuses to know what is in them.

use std::collections::BTreeMap;

use bytes::Bytes;
use object_store::path::Path;

use crate::error::ArchiveError;
use crate::store::{Deleted, Store};

/// A place for objects that are no archive. It waits as [`Store`] does.
#[derive(Clone, Debug)]
pub struct Shelf(Store);

impl Shelf {
    /// In this place.
    #[must_use]
    pub const fn on(store: Store) -> Self {
        Self(store)
    }

    /// Where it is, for people.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.0.shown()
    }

    /// Stores an object, durably when it returns. What stands under its name is replaced.
    ///
    /// # Errors
    /// The store fails.
    pub fn put(&self, name: &str, bytes: Bytes) -> Result<(), ArchiveError> {
        self.0.put_all(vec![(Path::from(name), bytes)])
    }

    /// Stores an object, durably, when there is none of that name; whether there was none.
    ///
    /// # Errors
    /// The store fails.
    pub fn put_once(&self, name: &str, bytes: Bytes) -> Result<bool, ArchiveError> {
        match self.0.put_once(&Path::from(name), bytes) {
            Ok(()) => Ok(true),
            Err(ArchiveError::Store {
                source: object_store::Error::AlreadyExists { .. },
                ..
            }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// A whole object; none when there is none of that name.
    ///
    /// # Errors
    /// The store fails.
    pub fn get(&self, name: &str) -> Result<Option<Bytes>, ArchiveError> {
        self.0.get(&Path::from(name))
    }

    /// Bytes of everything below `prefix`, by name.
    ///
    /// # Errors
    /// The store fails.
    pub fn sizes(&self, prefix: &str) -> Result<BTreeMap<String, u64>, ArchiveError> {
        let listed = self.0.list(prefix)?.into_iter();
        Ok(listed
            .map(|object| (object.location.to_string(), object.size))
            .collect())
    }

    /// Removes an object; one that is not there is removed already. Whether it is gone: a bucket with
    /// versions shows it no more, and keeps it.
    ///
    /// # Errors
    /// The store fails or refuses.
    pub fn delete(&self, name: &str) -> Result<bool, ArchiveError> {
        let deleted = self.0.delete(&Path::from(name))?;
        Ok(deleted != Deleted::Hidden)
    }
}
