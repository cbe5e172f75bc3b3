//! Owns the manifest of a volume: what is in it, the hash of every part, and the hash of the manifest
//! before: the chain. Refuses another format than its own.

use serde::{Deserialize, Serialize};

use crate::error::ArchiveError;
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
    /// Bytes of the lines.
    pub raw_heads: u32,
    /// Bytes of the bodies.
    pub raw_bodies: u32,
    /// Lines.
    pub entries: u32,
    /// When its oldest entry was decided, in milliseconds since 1970.
    pub first_at: i64,
    /// When its newest was.
    pub last_at: i64,
    /// Hash of both frames together.
    pub hash: Hash,
}

impl BlockOf {
    /// Bytes of both frames.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.heads as u64 + self.bodies as u64
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
