//! What can go wrong, each case with what an operator needs: the path, the value, what was
//! expected, what to do. Refuses strings as the way to tell cases apart.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::{Batch, Place, Sequence, Shard};

/// Why a batch was not taken. The batch comes back wherever it could be handed in again.
#[derive(Debug, thiserror::Error)]
pub enum TryAppendError {
    /// The append queue is at its bound: put the pressure back to the sender and try again after
    /// the next wake.
    #[error("the append queue is full: batch of shard {} not taken", .0.shard())]
    Full(Batch),
    /// Somebody else appended, or the batch does not follow: the writer's view of the shard is
    /// stale.
    #[error("shard {} is at sequence {actual}, the writer expected {expected}", batch.shard())]
    Fenced {
        /// The refused batch.
        batch: Batch,
        /// What the writer took for the last sequence.
        expected: Sequence,
        /// What the last sequence is.
        actual: Sequence,
    },
    /// The journal was closed, or it failed ([`crate::Journal::failure`] says which).
    #[error("the journal takes no more records: batch of shard {} not taken", .0.shard())]
    Closed(Batch),
    /// A record is longer than the journal takes.
    #[error("a record of {bytes} bytes in a batch of shard {} is over the limit of {limit}", batch.shard())]
    TooLarge {
        /// The refused batch.
        batch: Batch,
        /// The length of its longest record.
        bytes: usize,
        /// [`crate::MAX_RECORD_BYTES`].
        limit: usize,
    },
    /// The data directory has no such shard.
    #[error("shard {} does not exist: this journal has {shards} shards, counted from 0", batch.shard())]
    UnknownShard {
        /// The refused batch.
        batch: Batch,
        /// The number of shards.
        shards: u16,
    },
}

/// What is wrong at a place of a log file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// It does not look like one of ours, or its lengths do not add up.
    #[error("no valid header or layout")]
    Malformed,
    /// It was written by a newer version.
    #[error("format version {0}, this program reads up to 1")]
    Version(u8),
    /// The checksum over place and content does not match.
    #[error("the checksum does not match")]
    Checksum,
    /// The record is good but is not the one that has to stand here.
    #[error("records {expected} and on are missing before it")]
    Gap {
        /// The sequence that should have come.
        expected: Sequence,
    },
    /// The file ends too early: it was longer, and what it held was durable.
    #[error("it ends too early: it was durable up to byte {expected}")]
    Short {
        /// How far it has to go at least.
        expected: u64,
    },
    /// Records are gone that were durable: a later generation, a checkpoint or a trim mark knows of
    /// them.
    #[error("records up to {expected} must be there")]
    Missing {
        /// The last sequence that must exist.
        expected: Sequence,
    },
}

/// Everything except a refused append.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// A call to the operating system failed.
    #[error("could not {action} {}: {source}", path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// sled reported an error.
    #[error("the table in {} failed ({source}): stop and start again, then it is checked, and made anew from the log if it is \
             damaged; nothing is lost with it", path.display())]
    Store {
        /// The sled directory.
        path: PathBuf,
        /// What sled said.
        source: sled::Error,
    },
    /// sled panicked, which it does on some kinds of damage.
    #[error("the table in {} panicked while it was asked to {action}; its files are probably damaged: stop and start again, then \
             it is checked, and made anew from the log; nothing is lost with it", path.display())]
    StorePanicked {
        /// The sled directory.
        path: PathBuf,
        /// What it was asked to do.
        action: &'static str,
    },
    /// Another process has the data directory.
    #[error("data directory {} is in use by another process: stop that one, or choose another directory", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// The data directory was made for another number of shards.
    #[error("data directory {} was made with {stored} shards, the configuration asks for {configured}: the number \
             cannot change, set it to {stored}", path.display())]
    ShardCount {
        /// The data directory.
        path: PathBuf,
        /// What the directory has.
        stored: u16,
        /// What was asked for.
        configured: u16,
    },
    /// The data directory has another format.
    #[error("{} has format {found}, this program reads format {expected}: use the program version that wrote it, or restore \
             the file from a copy", path.display())]
    Format {
        /// The file that says so.
        path: PathBuf,
        /// What it says.
        found: u16,
        /// What was expected.
        expected: u16,
    },
    /// A small file of ours fails its checksum.
    #[error("{} is damaged (its checksum or length does not match): restore it from a copy", path.display())]
    DamagedFile {
        /// The file.
        path: PathBuf,
    },
    /// A file is not there that must be.
    #[error("{} is missing: restore it from a copy", path.display())]
    MissingFile {
        /// The file.
        path: PathBuf,
    },
    /// A file is right in itself and does not belong here.
    #[error("{} belongs to another data directory than {}, or to another state of this one: put back the one that was here, or \
             restore the whole directory from a copy", path.display(), other.display())]
    Foreign {
        /// The file or directory.
        path: PathBuf,
        /// What it does not fit.
        other: PathBuf,
    },
    /// There was a journal, and there is none.
    #[error("the journal that was in {} is gone, or what says what it is: restore the directory from a copy. To begin anew, \
             without anything that was accepted, move the whole data directory away", path.display())]
    Gone {
        /// Where it was.
        path: PathBuf,
    },
    /// The table is not what it claims, and must not or cannot be made again.
    #[error("the table in {} {why}: {remedy}", path.display())]
    Table {
        /// The table's directory.
        path: PathBuf,
        /// What is wrong.
        why: String,
        /// What to do.
        remedy: &'static str,
    },
    /// Damage that is not a torn tail: going on would lose records that were acknowledged.
    #[error("{} is damaged at {place}: {damage}. Good records follow or must follow, so nothing was cut off; restore the \
             directory from a copy, or move it away to start without it", path.display())]
    Damaged {
        /// The log file.
        path: PathBuf,
        /// The first bad place.
        place: Place,
        /// What is wrong with it.
        damage: Damage,
    },
    /// sled spilled values into files that it never syncs.
    #[error("{} must be empty and holds {files} files: values there are never synced, which is a bug of this program", path.display())]
    Blobs {
        /// The `blobs` directory.
        path: PathBuf,
        /// How many files.
        files: usize,
    },
    /// A generation directory is not there although older and newer ones are.
    #[error("generation {number} is missing from {}: restore it from a copy", path.display())]
    MissingGeneration {
        /// The data directory.
        path: PathBuf,
        /// The missing one.
        number: u64,
    },
    /// A thread of the journal is gone: only a panic ends one early.
    #[error(
        "{what} ended before it made generation {number}, which is a bug of this program: start it again"
    )]
    Ended {
        /// Which one.
        what: &'static str,
        /// What it was to make.
        number: u64,
    },
    /// Something was asked about records that are not durable yet.
    #[error("shard {shard} is durable up to {durable}, not up to {sequence}")]
    NotDurable {
        /// The shard.
        shard: Shard,
        /// What was asked for.
        sequence: Sequence,
        /// How far it is.
        durable: Sequence,
    },
    /// The data directory has no such shard.
    #[error("shard {shard} does not exist: this journal has {shards} shards, counted from 0")]
    UnknownShard {
        /// What was asked for.
        shard: Shard,
        /// How many there are.
        shards: u16,
    },
    /// A key or a value of the table is too long, or a key is empty.
    #[error("a {what} of {bytes} bytes is outside 1..={limit}")]
    Size {
        /// "key", "value", ...
        what: &'static str,
        /// Its length.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// What is stored is sealed and cannot be opened. Said by who seals in front of a journal.
    #[error("{what} of shard {shard} is encrypted and cannot be read: {why}")]
    Sealed {
        /// The shard.
        shard: Shard,
        /// "record 7", "a value of the table"
        what: String,
        /// Why not.
        why: String,
    },
    /// The journal failed earlier, or was closed.
    #[error("the journal takes no more work: {0}")]
    Stopped(Failure),
    /// The journal was closed.
    #[error("the journal is closed")]
    Closed,
}

impl JournalError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }

    /// A generation between others is not in the data directory.
    pub(crate) fn missing(data: &Path, number: u64) -> Self {
        Self::MissingGeneration {
            path: data.to_owned(),
            number,
        }
    }

    pub(crate) fn store(path: &Path) -> impl FnOnce(sled::Error) -> Self {
        move |source| Self::Store {
            path: path.to_owned(),
            source,
        }
    }
}

/// Why the committer stopped for good. A failed write or sync is never retried: the kernel may have
/// thrown the data away, so the only honest way on is to end the process and recover from the disk.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the journal stopped: {0}")]
pub struct Failure(pub Arc<JournalError>);
