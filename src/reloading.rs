//! Owns the way by which the edges have the configuration read again, and what they are told: what would
//! change or has changed, and what waits for a start. Refuses to read or to take anything: `reload` does.

use std::sync::{Arc, OnceLock};

use serde::Serialize;
use sluis_actors::Change;
use sluis_model::Timestamp;

use crate::config::ConfigProblems;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Only what would change.
    Check,
    /// To take it over.
    Take,
}

/// What kind of thing is different.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A flow, with its templates, class tables and calendar.
    Flow,
    /// A declared type of facts.
    FactType,
    /// A section of how a corporation steers its channels.
    Steering,
    /// A corporation.
    Corporation,
    /// A provider.
    Provider,
    /// A setting, by its path.
    Setting,
}

impl Kind {
    /// In a word, as people read it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flow => "flow",
            Self::FactType => "type of facts",
            Self::Steering => "steering",
            Self::Corporation => "corporation",
            Self::Provider => "provider",
            Self::Setting => "setting",
        }
    }
}

/// What became of it, in the words of the API.
#[must_use]
pub const fn word(change: Change) -> &'static str {
    match change {
        Change::Added => "added",
        Change::Changed => "changed",
        Change::Removed => "removed",
    }
}

/// One thing that is different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Of what kind.
    pub kind: Kind,
    /// Whose it is, by the name of the corporation; none: everybody's.
    pub corporation: Option<String>,
    /// Its name, or its path.
    pub name: String,
    /// What became of it.
    pub change: Change,
    /// Of a flow: the version so far.
    pub from: Option<u32>,
    /// Of a flow: the version from now on.
    pub to: Option<u32>,
}

impl Difference {
    /// One without versions.
    pub(crate) fn new(
        kind: Kind,
        corporation: Option<&str>,
        name: impl Into<String>,
        change: Change,
    ) -> Self {
        Self {
            kind,
            corporation: corporation.map(str::to_owned),
            name: name.into(),
            change,
            from: None,
            to: None,
        }
    }
}

/// The configuration that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Current {
    /// Of all of it: the same from one reload to the next, if nothing changed. It compares within one version
    /// of this program.
    pub checksum: String,
    /// Since when.
    pub since: Timestamp,
    /// Settings that were changed in the files and wait for a start, by their paths.
    pub waiting: Vec<String>,
}

/// What came of a reload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Whether it was taken over; else only looked at.
    pub taken: bool,
    /// What changed, or would.
    pub changes: Vec<Difference>,
    /// What runs now.
    pub current: Current,
    /// Settings that wait for a start, or would, by their paths.
    pub waiting: Vec<String>,
}

/// Whoever reads the configuration again.
pub trait Reloads: Send + Sync {
    /// Reads it, checks all of it and takes it over, if that is asked. Blocks for the disk.
    ///
    /// # Errors
    /// Every mistake; nothing was taken then.
    fn reload(&self, asked: Asked) -> Result<Report, ConfigProblems>;

    /// What runs now.
    fn current(&self) -> Current;
}

/// Where whoever reads it again is found, once there is somebody.
#[derive(Default)]
pub struct Reloading(OnceLock<Arc<dyn Reloads>>);

impl Reloading {
    /// From here on this one is asked.
    pub(crate) fn open(&self, reloads: Arc<dyn Reloads>) {
        // The second one of a process would be as good as the first.
        drop(self.0.set(reloads));
    }

    /// Who is asked; none: nobody reads it again.
    #[must_use]
    pub fn get(&self) -> Option<&Arc<dyn Reloads>> {
        self.0.get()
    }
}
