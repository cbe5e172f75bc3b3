//! Owns what every form of process data takes, and why it could not be written. Refuses to know one
//! of the forms.

use std::io;

use sluis_archive::ArchiveError;
use sluis_model::codec::CodecError;

use super::event::ProcessEvent;

/// Why it could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The archive cannot be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A record in it cannot be read.
    #[error("the record of shard {shard} with sequence {sequence} cannot be read")]
    Record {
        /// Its shard.
        shard: u16,
        /// Its sequence.
        sequence: u64,
        /// Why.
        source: CodecError,
    },
    /// Its records are sealed.
    #[error(
        "the archive is sealed: --config names the configuration, which says where the keys are"
    )]
    Closed,
    /// The file cannot be written.
    #[error("the file cannot be written")]
    Write(#[from] io::Error),
    /// More objects than fit into one log of this form.
    #[error(
        "more than {most} notifications, tenants and subjects: choose a shorter period, or csv"
    )]
    TooMany {
        /// How many fit.
        most: usize,
    },
}

/// Takes the events of a log, in the order in which they were archived.
pub(super) trait Log {
    fn event(&mut self, event: &ProcessEvent) -> Result<(), ProcessError>;
    fn finish(self: Box<Self>) -> Result<(), ProcessError>;
}
