//! Owns the making of notification ids: shard, time, randomness. Refuses to be deterministic: the
//! model never makes one.

use rand::RngCore;
use sluis_model::{NotificationId, ShardId, Timestamp};

/// A fresh id on a shard.
#[must_use]
pub fn mint(shard: ShardId, now: Timestamp) -> NotificationId {
    NotificationId::new(shard, now.0, rand::rng().next_u64())
}

/// A number that does not repeat: the nonce of an encrypted text.
#[must_use]
pub fn nonce() -> u64 {
    rand::rng().next_u64()
}
