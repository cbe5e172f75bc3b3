//! Owns the identifiers: corporation, tenant, notification, attempt, and the hash that gives a
//! tenant its shard. Refuses to make one up: randomness and time come from `src`, which mints
//! notification ids.

use std::fmt;
use std::str::FromStr;

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// A housing corporation, the isolation boundary. The number is given in the configuration and
/// never reused.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct CorporationId(pub u16);

impl fmt::Display for CorporationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One of the fixed number of shards of a data directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct ShardId(pub u16);

/// A tenant (*huurder*) of one corporation. Unique only together with the corporation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct TenantKey {
    /// The corporation the tenant rents from.
    pub corporation: CorporationId,
    /// The corporation's own number for the tenant: 1 to 64 bytes of UTF-8 without control
    /// characters.
    pub tenant: Box<str>,
}

impl TenantKey {
    /// The longest tenant number accepted, in bytes.
    pub const MAX_BYTES: usize = 64;

    /// A key from its two parts.
    pub fn new(corporation: CorporationId, tenant: impl Into<Box<str>>) -> Self {
        Self {
            corporation,
            tenant: tenant.into(),
        }
    }

    /// The shard this tenant lives on. Part of the data directory's format: it may never change.
    #[must_use]
    pub fn shard(&self, shards: u16) -> ShardId {
        let (corporation, tenant) = (self.corporation.0.to_be_bytes(), self.tenant.as_bytes());
        let mut bytes = [0; 2 + Self::MAX_BYTES];
        let hash = match bytes.get_mut(..2 + tenant.len()) {
            // In one piece: a hasher that is fed piece by piece costs several times as much.
            Some(bytes) => {
                bytes[..2].copy_from_slice(&corporation);
                bytes[2..].copy_from_slice(tenant);
                blake3::hash(bytes)
            }
            // Longer than any that is admitted.
            None => blake3::Hasher::new()
                .update(&corporation)
                .update(tenant)
                .finalize(),
        };
        shard_from(&hash, shards)
    }
}

/// The home shard of something that is not a tenant (an intent over several tenants), from its
/// name.
#[must_use]
pub fn home_shard(name: &[u8], shards: u16) -> ShardId {
    shard_from(&blake3::hash(name), shards)
}

fn shard_from(hash: &blake3::Hash, shards: u16) -> ShardId {
    let bytes = hash.as_bytes();
    let number = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    ShardId((number % u32::from(shards.max(1))) as u16)
}

/// A notification. 128 bits: shard (16), milliseconds at acceptance (48), randomness (64). Written
/// as 32 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct NotificationId(pub u128);

impl NotificationId {
    /// An id on `shard`, from the present time and 64 random bits.
    #[must_use]
    pub const fn new(shard: ShardId, millis: i64, random: u64) -> Self {
        let time = (millis as u128) & 0xffff_ffff_ffff;
        Self(((shard.0 as u128) << 112) | (time << 64) | random as u128)
    }

    /// The shard that holds this notification. Ids route themselves.
    #[must_use]
    pub const fn shard(self) -> ShardId {
        ShardId((self.0 >> 112) as u16)
    }

    /// When it was made, to the millisecond: what [`NotificationId::new`] was given, between 1970
    /// and the year 10889.
    #[must_use]
    pub const fn made_at(self) -> Timestamp {
        Timestamp(((self.0 >> 64) & 0xffff_ffff_ffff) as i64)
    }
}

/// Hex digits of an id.
const ID_DIGITS: usize = 32;

impl fmt::Display for NotificationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A number of 128 bits is divided for each digit when it is formatted.
        let mut digits = [0; ID_DIGITS];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(self.0.to_be_bytes()) {
            pair[0] = digit(byte >> 4);
            pair[1] = digit(byte & 0xf);
        }
        f.write_str(std::str::from_utf8(&digits).unwrap_or_default())
    }
}

/// The hex digit of a number below 16.
const fn digit(number: u8) -> u8 {
    match number {
        0..=9 => b'0' + number,
        _ => b'a' - 10 + number,
    }
}

/// The number of a hex digit.
const fn number(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl fmt::Debug for NotificationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for NotificationId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let half = |digits: &str| {
            let mut digits = digits.bytes();
            digits.try_fold(0_u64, |half, digit| {
                Some(half << 4 | u64::from(number(digit)?))
            })
        };
        let halves = text.split_at_checked(ID_DIGITS / 2);
        let halves = halves.filter(|_| text.len() == ID_DIGITS);
        let read = halves.and_then(|(high, low)| Some((half(high)?, half(low)?)));
        match read {
            Some((high, low)) => Ok(Self(u128::from(high) << 64 | u128::from(low))),
            None => Err(IdError(text.chars().take(64).collect())),
        }
    }
}

impl Serialize for NotificationId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for NotificationId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// The text is not a notification id.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0:?} is not a notification id: expected 32 lower-case hex digits, as the 202 answer gave them"
)]
pub struct IdError(String);

/// One attempt of one notification: the step it belongs to and its number within the notification,
/// from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct AttemptRef {
    /// The notification.
    pub id: NotificationId,
    /// Index of the step in its flow.
    pub step: u8,
    /// Number of the attempt within the notification, from 1. A resend of an attempt in doubt keeps
    /// its number.
    pub attempt: u16,
}

impl AttemptRef {
    /// What a provider may use to recognise a repeat: a hash of the three parts, 128 bits.
    /// An attempt that is sent again because its outcome is unknown carries the same token.
    #[must_use]
    pub fn token(self) -> AttemptToken {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"sluis attempt");
        hasher.update(&self.to_bytes());
        let mut token = [0; 16];
        token.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        AttemptToken(token)
    }

    /// The 19 bytes a reference carries: id, step, attempt, big-endian.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 19] {
        let mut bytes = [0; 19];
        bytes[..16].copy_from_slice(&self.id.0.to_be_bytes());
        bytes[16] = self.step;
        bytes[17..].copy_from_slice(&self.attempt.to_be_bytes());
        bytes
    }

    /// The inverse of [`AttemptRef::to_bytes`].
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 19]) -> Self {
        let mut id = [0; 16];
        id.copy_from_slice(&bytes[..16]);
        Self {
            id: NotificationId(u128::from_be_bytes(id)),
            step: bytes[16],
            attempt: u16::from_be_bytes([bytes[17], bytes[18]]),
        }
    }
}

/// See [`AttemptRef::token`]. Written as 32 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AttemptToken(pub [u8; 16]);

impl fmt::Display for AttemptToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_carries_its_shard_and_time_and_survives_text() {
        let id = NotificationId::new(ShardId(11), 1_795_000_000_123, 0xdead_beef_0123_4567);
        assert_eq!(
            (id.shard(), id.made_at()),
            (ShardId(11), Timestamp(1_795_000_000_123))
        );
        assert_eq!(id.to_string().parse::<NotificationId>().unwrap(), id);
        assert!("+".repeat(32).parse::<NotificationId>().is_err());
        assert!(
            id.to_string()
                .to_uppercase()
                .parse::<NotificationId>()
                .is_err()
        );
    }

    #[test]
    fn the_shard_of_a_tenant_is_part_of_the_format() {
        let key = TenantKey::new(CorporationId(7), "H-1001");
        assert_eq!(key.shard(16), ShardId(SHARD_OF_H1001));
    }

    #[test]
    fn the_shard_of_a_number_of_any_length_is_the_hash_of_the_same_bytes() {
        for length in [0, 1, 63, 64, 65, 300] {
            let key = TenantKey::new(CorporationId(513), "h".repeat(length));
            let bytes = [&[2, 1], key.tenant.as_bytes()].concat();
            assert_eq!(
                key.shard(1_009),
                shard_from(&blake3::hash(&bytes), 1_009),
                "{length} bytes"
            );
        }
    }

    /// Computed once with BLAKE3; a change would orphan every data directory.
    const SHARD_OF_H1001: u16 = 12;

    #[test]
    fn attempt_refs_round_trip() {
        let attempt = AttemptRef {
            id: NotificationId(42 << 64),
            step: 3,
            attempt: 700,
        };
        assert_eq!(AttemptRef::from_bytes(&attempt.to_bytes()), attempt);
        assert_ne!(
            attempt.token(),
            AttemptRef {
                attempt: 701,
                ..attempt
            }
            .token()
        );
    }
}
