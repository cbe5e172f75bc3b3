//! Owns the manifest of a volume: what is in it, the hash of every part, and the hash of the manifest
//! before: the chain. Refuses another format than its own.

use serde::{Deserialize, Serialize};

use crate::entry::is_zero;
use crate::error::ArchiveError;
use crate::filter::Filter;
use crate::flows::FlowDay;
use crate::hash::Hash;
use crate::names;

/// What a manifest says first.
pub const FORMAT: &str = "sluis-archive/1";

/// The end of the chain: whoever knows it notices every change of what is before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tip {
    /// The newest volume, 0 for none.
    pub volume: u64,
    /// Hash of its manifest.
    pub hash: Hash,
}

impl Tip {
    /// Of an archive without a volume.
    pub const EMPTY: Self = Self {
        volume: 0,
        hash: Hash::NONE,
    };
}

impl Default for Tip {
    fn default() -> Self {
        Self::EMPTY
    }
}

/// The newest tombstone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removals {
    /// Its number, 0 for none.
    pub number: u64,
    /// Its hash.
    pub hash: Hash,
}

impl Removals {
    /// Of an archive from which nothing was removed.
    pub const NONE: Self = Self {
        number: 0,
        hash: Hash::NONE,
    };

    pub(crate) fn is_none(&self) -> bool {
        *self == Self::NONE
    }
}

impl Default for Removals {
    fn default() -> Self {
        Self::NONE
    }
}

/// How far a volume follows one shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// The last sequence that an earlier volume covers.
    pub after: u64,
    /// The last sequence that this one covers; the same when the shard had nothing new.
    pub upto: u64,
}

/// One block of a segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockOf {
    /// Bytes of the frame with the lines.
    pub heads: u32,
    /// Bytes of the frame with the bodies, which follows it.
    pub bodies: u32,
    /// Bytes of the frame with what its sealed texts have in common, which comes last; 0: there is
    /// none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub common: u32,
    /// Bytes of the lines.
    pub raw_heads: u32,
    /// Bytes of the bodies.
    pub raw_bodies: u32,
    /// Bytes of what is common.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub raw_common: u32,
    /// Entries.
    pub entries: u32,
    /// When its oldest entry was decided, in milliseconds since 1970.
    pub first_at: i64,
    /// When its newest was.
    pub last_at: i64,
    /// Hash of its frames together.
    pub hash: Hash,
}

impl BlockOf {
    /// Bytes of its frames.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.heads as u64 + self.bodies as u64 + self.common as u64
    }
}

/// One object with blocks: all of one corporation and one category, so that a term for which things
/// are kept applies to it as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentOf {
    /// Name of the object.
    pub object: String,
    /// Number of the corporation.
    pub corporation: u16,
    /// The category of its notifications; empty for what is about none.
    pub category: Box<str>,
    /// Bytes.
    pub length: u64,
    /// Hash of all of it.
    pub hash: Hash,
    /// Its blocks, one behind the other.
    pub blocks: Vec<BlockOf>,
    /// Of the notifications that it has something of, by the day on which they were accepted: how many
    /// are accepted and how many end in it, by day. None: that was not counted when it was sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flows: Option<Vec<FlowDay>>,
}

impl SegmentOf {
    /// Its entries.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.blocks
            .iter()
            .map(|block| u64::from(block.entries))
            .sum()
    }

    /// Those days; none where they were not counted.
    pub(crate) fn days(&self) -> &[FlowDay] {
        self.flows.as_deref().unwrap_or_default()
    }

    /// Whether it may have an entry of a notification that was accepted on this day.
    pub(crate) fn may_have(&self, day: i64) -> bool {
        let flows = self.flows.as_ref();
        flows.is_none_or(|flows| flows.binary_search_by_key(&day, |flow| flow.day).is_ok())
    }

    /// When its newest entry was decided, in milliseconds since 1970.
    #[must_use]
    pub fn last_at(&self) -> i64 {
        let last = self.blocks.iter().map(|block| block.last_at);
        last.max().unwrap_or_default()
    }
}

/// The object that finds entries by key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexOf {
    /// Name of the object.
    pub object: String,
    /// Rows of eight bytes.
    pub rows: u64,
    /// Hash of all of it.
    pub hash: Hash,
    /// Of which tenants the volume has nothing. None: it was sealed before there were filters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenants: Option<Filter>,
}

/// A sealed volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// Its number: 1 for the first.
    pub volume: u64,
    /// Hash of the manifest of the volume before; zeros for the first.
    pub previous: Hash,
    /// When it was sealed, in milliseconds since 1970.
    pub sealed_at: i64,
    /// Its entries.
    pub entries: u64,
    /// How far it follows each shard.
    pub shards: Vec<Reached>,
    /// The newest tombstone when it was sealed.
    #[serde(default, skip_serializing_if = "Removals::is_none")]
    pub removals: Removals,
    /// Its objects with blocks.
    pub segments: Vec<SegmentOf>,
    /// Its index.
    pub index: IndexOf,
}

impl Manifest {
    /// As it is stored.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        // Numbers, texts and lists are always JSON.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Reads the manifest that stands under the name of `volume`.
    ///
    /// # Errors
    /// It is not one, or another one's.
    pub(crate) fn read(volume: u64, bytes: &[u8]) -> Result<Self, ArchiveError> {
        let damaged = |what: String| ArchiveError::damaged(place(volume), what);
        if bytes.is_empty() {
            return Err(damaged("it is empty".to_owned()));
        }
        let manifest: Self = serde_json::from_slice(bytes)
            .map_err(|error| damaged(format!("it cannot be read: {error}")))?;
        if manifest.format != FORMAT {
            let what = format!("its format is {:?}, expected {FORMAT:?}", manifest.format);
            return Err(damaged(what));
        }
        if manifest.volume != volume {
            let what = format!("it is that of volume {}", manifest.volume);
            return Err(damaged(what));
        }
        Ok(manifest)
    }

    /// The blocks with their segments and where each begins, in the order in which the index numbers
    /// them.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = (&SegmentOf, &BlockOf, u64)> {
        self.segments.iter().flat_map(|segment| {
            let begins = segment.blocks.iter().scan(0, |at, block| {
                let next = *at + block.length();
                Some(std::mem::replace(at, next))
            });
            let blocks = segment.blocks.iter().zip(begins);
            blocks.map(move |(block, at)| (segment, block, at))
        })
    }
}

/// The name of a volume's manifest, for people.
pub(crate) fn place(volume: u64) -> String {
    names::object(volume, names::MANIFEST).to_string()
}
