//! Owns what can go wrong with the archive. Refuses addresses and bodies in its texts.

/// Why the archive cannot do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The object store refused or failed.
    #[error("{object}: {source}; look at the disk or the object store, and try again")]
    Store {
        /// Which object.
        object: String,
        /// What the store said.
        source: object_store::Error,
    },
    /// The operating system refused to make an object durable, or to give it room.
    #[error("{object}: {source}")]
    Disk {
        /// Which object.
        object: String,
        /// What it said.
        source: std::io::Error,
    },
    /// What is stored is not what was stored.
    #[error(
        "{place}: {what}; `sluis archive verify` names everything that is wrong: restore those objects from a copy"
    )]
    Damaged {
        /// Object, and block where one is known.
        place: String,
        /// What is wrong with it.
        what: String,
    },
    /// An entry cannot be sealed for its tenant, or opened.
    #[error("{place}: {source}")]
    Sealed {
        /// Object and entry.
        place: String,
        /// Why.
        source: crate::veil::VeilError,
    },
    /// Somebody else sealed the volume that was to be sealed.
    #[error(
        "volume {volume} exists already: another engine writes to this archive; give each engine its own"
    )]
    Taken {
        /// Which volume.
        volume: u64,
    },
    /// The archive follows another number of shards.
    #[error(
        "the archive follows {archived} shards, the engine has {given}: it belongs to another data directory"
    )]
    Shards {
        /// Shards in its newest volume.
        archived: usize,
        /// Shards that were given.
        given: usize,
    },
    /// A legal hold is on more than can be held.
    #[error(
        "legal holds are on more than {most} notifications: nothing is removed; hold the tenants instead of the subject"
    )]
    TooManyHeld {
        /// The limit.
        most: usize,
    },
    /// An entry is longer than may be kept.
    #[error("an entry of {length} bytes is over the limit of {most}")]
    TooLong {
        /// Its bytes.
        length: usize,
        /// The limit.
        most: usize,
    },
}

impl ArchiveError {
    pub(crate) fn damaged(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Damaged {
            place: place.into(),
            what: what.into(),
        }
    }
}
