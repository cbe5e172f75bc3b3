//! Owns what is remembered of the messages that went to a tenant, so that rules can count them. Only
//! those of flows that are counted are here. Refuses to be a log: the journal is.

use bincode::{Decode, Encode};

use crate::ids::NotificationId;
use crate::notification::Subject;
use crate::time::{DAY, Timestamp};

/// A message that left, or may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Contact {
    /// When that was first known.
    pub at: Timestamp,
    /// Which attempt: the hash of its notification and number.
    pub attempt: u64,
    /// The hash of the purpose of its flow.
    pub purpose: u64,
    /// The hash of what it was about; 0: no subject.
    pub about: u64,
}

impl Contact {
    /// Most that are remembered of one tenant. More within one window are counted as so many.
    pub const MOST: usize = 32;
    /// The longest time that is looked back, in milliseconds.
    pub const LONGEST_MS: i64 = 366 * DAY;

    /// Hash of an attempt.
    #[must_use]
    pub fn attempt_hash(id: NotificationId, attempt: u16) -> u64 {
        let mut bytes = [0; 18];
        bytes[..16].copy_from_slice(&id.0.to_be_bytes());
        bytes[16..].copy_from_slice(&attempt.to_be_bytes());
        hash(&[&bytes])
    }

    /// Hash of a purpose.
    #[must_use]
    pub fn purpose_hash(purpose: &str) -> u64 {
        hash(&[purpose.as_bytes()])
    }

    /// Hash of a subject.
    #[must_use]
    pub fn subject_hash(subject: Option<&Subject>) -> u64 {
        subject.map_or(0, |subject| {
            hash(&[subject.kind.as_bytes(), subject.id.as_bytes()])
        })
    }
}

/// The first 64 bits of BLAKE3 over parts with their lengths; never 0.
fn hash(parts: &[&[u8]]) -> u64 {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_be_bytes(first).max(1)
}
