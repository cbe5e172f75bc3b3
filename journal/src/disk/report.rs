//! What a start found and did, for the start-up log. Refuses to decide anything.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::phase::{Phase, Stopwatch};
use crate::{Sequence, Shard};

/// What a start put right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Repaired {
    /// The end of the newest log: what was being written as the process died, or was put there
    /// after a clean stop.
    Tail,
    /// A generation that was being begun as the process died: moved aside, not removed.
    Unbegun,
    /// `start` of a generation.
    Start,
    /// The index of a generation.
    Index,
    /// `meta`.
    Meta,
    /// `manifest`.
    Manifest,
    /// The keyed table: emptied, to be filled again from the log.
    Table,
    /// A checkpoint that is damaged or gone: its shard is read from the log.
    Checkpoint,
    /// A definition, written again by who has it.
    Definition,
    /// A thing kept for the owner, or the owner's own copy of it.
    Kept,
}

impl Repaired {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Tail,
        Self::Unbegun,
        Self::Start,
        Self::Index,
        Self::Meta,
        Self::Manifest,
        Self::Table,
        Self::Checkpoint,
        Self::Definition,
        Self::Kept,
    ];

    /// Its name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tail => "tail",
            Self::Unbegun => "unbegun",
            Self::Start => "start",
            Self::Index => "index",
            Self::Meta => "meta",
            Self::Manifest => "manifest",
            Self::Table => "table",
            Self::Checkpoint => "checkpoint",
            Self::Definition => "definition",
            Self::Kept => "kept",
        }
    }
}

/// Something that was not as it had been left, and that the start put right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    /// What kind.
    pub what: Repaired,
    /// Which file.
    pub path: PathBuf,
    /// What was wrong and what was done.
    pub why: String,
}

/// Collects repairs, and says each in the log as it is made.
#[derive(Debug, Default)]
pub(super) struct Repairs {
    list: Vec<Repair>,
    is_quiet: bool,
}

impl Repairs {
    /// For a look: nothing is repaired, and so nothing said.
    pub(super) fn quiet() -> Self {
        Self {
            list: Vec::new(),
            is_quiet: true,
        }
    }

    pub(super) fn add(&mut self, what: Repaired, path: &Path, why: impl Into<String>) {
        let repair = Repair {
            what,
            path: path.to_owned(),
            why: why.into(),
        };
        if !self.is_quiet {
            tracing::warn!(what = what.name(), path = %repair.path.display(), why = %repair.why, "repaired at the start");
        }
        self.list.push(repair);
    }

    pub(super) fn has(&self, what: Repaired) -> bool {
        self.list.iter().any(|repair| repair.what == what)
    }

    pub(super) fn into_list(self) -> Vec<Repair> {
        self.list
    }
}

/// One shard after a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardReport {
    /// The shard.
    pub shard: Shard,
    /// The oldest kept sequence; one after `last` when nothing is kept.
    pub first: Sequence,
    /// The last recovered sequence. All of it is durable.
    pub last: Sequence,
    /// Records in the generations that are there, trimmed ones included.
    pub records: u64,
    /// Bytes of those records.
    pub bytes: u64,
}

/// What a start found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecoveryReport {
    /// Whether the data directory was made by this start.
    pub created: bool,
    /// Every shard, in order.
    pub shards: Vec<ShardReport>,
    /// The number of generations.
    pub generations: u64,
    /// Bytes of a torn tail that were cut off. They held nothing that was acknowledged.
    pub torn_bytes: u64,
    /// Leftovers of an interrupted run that were removed. None of them held anything.
    pub removed: Vec<PathBuf>,
    /// What was damaged and was put right; nothing of it was lost.
    pub repairs: Vec<Repair>,
    /// Files and directories that others could read until this start.
    pub made_private: u64,
    /// How long each phase took, by the clock of the options.
    pub phases: Vec<(Phase, Duration)>,
}

/// What the opening of a part adds to.
pub(super) struct Opening<'a> {
    pub(super) removed: &'a mut Vec<PathBuf>,
    pub(super) repairs: &'a mut Repairs,
    pub(super) watch: &'a mut Stopwatch,
}
