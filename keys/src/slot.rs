//! Owns the layout of one place in the file of keys. Refuses to read or write the file.
//!
//! A place has 128 bytes, so it never lies across two sectors of 512: a write of it is done or not
//! done. Numbers are big-endian.
//!
//! | bytes | a key | a destroyed key |
//! |---|---|---|
//! | 0..4 | `KEY1` | `GONE` |
//! | 4..6 | corporation | corporation |
//! | 8..16 | fingerprint of the corporation's key | when, in milliseconds since 1970 |
//! | 16..76 | the wrapped key, its tag and its nonce | zeros |
//! | 76..80 | CRC-32C of 0..76 | CRC-32C of 0..76 |
//! | 80 | 1: it is a tenant's; 0: nobody's yet | 0 |
//! | 81..97 | the keyed hash of the tenant | zeros |
//! | 97..101 | CRC-32C of 80..97 | zeros |

use sluis_model::{CorporationId, Timestamp};

use crate::data_key::{KEY_BYTES, SEAL_BYTES};
use crate::names::{TAG_BYTES, Tag};

/// Bytes of a place.
pub(crate) const SLOT_BYTES: usize = 128;
/// Bytes of a wrapped key.
pub(crate) const WRAPPED_BYTES: usize = KEY_BYTES + SEAL_BYTES;
/// Bytes of the part that holds the key: the owner stands behind it.
pub(crate) const KEY_PART: usize = 80;
const KEY: [u8; 4] = *b"KEY1";
const GONE: [u8; 4] = *b"GONE";
const WRAPPED_AT: usize = 16;
const CRC_AT: usize = 76;
const OWNER_AT: usize = KEY_PART;
const OWNER_CRC_AT: usize = OWNER_AT + 1 + TAG_BYTES;
const OWNER_END: usize = OWNER_CRC_AT + 4;

/// A key, wrapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrapped {
    pub(crate) corporation: CorporationId,
    /// Which key of the corporation opens it.
    pub(crate) fingerprint: u64,
    pub(crate) bytes: [u8; WRAPPED_BYTES],
}

/// Whose a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Nobody,
    Tenant(Tag),
    /// Damaged: the first thing that is opened with the key tells.
    Unknown,
}

/// What a place holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    Key(Wrapped, Owner),
    Gone {
        corporation: CorporationId,
        at: Timestamp,
    },
    Damaged,
}

/// The part of a place that holds a key.
pub(crate) fn key_part(wrapped: &Wrapped) -> [u8; KEY_PART] {
    let mut part = begin(KEY, wrapped.corporation, wrapped.fingerprint);
    part[WRAPPED_AT..CRC_AT].copy_from_slice(&wrapped.bytes);
    with_checksum(part)
}

/// The part of a place that says whose the key is, and where it begins.
pub(crate) fn owner_part(tag: Tag) -> (usize, [u8; OWNER_END - OWNER_AT]) {
    let mut part = [0; OWNER_END - OWNER_AT];
    part[0] = 1;
    part[1..=TAG_BYTES].copy_from_slice(&tag.0);
    let crc = crc32c::crc32c(&part[..=TAG_BYTES]);
    part[1 + TAG_BYTES..].copy_from_slice(&crc.to_be_bytes());
    (OWNER_AT, part)
}

/// A whole place with a key that is nobody's yet.
pub(crate) fn new_key(wrapped: &Wrapped) -> [u8; SLOT_BYTES] {
    let mut slot = [0; SLOT_BYTES];
    slot[..KEY_PART].copy_from_slice(&key_part(wrapped));
    let crc = crc32c::crc32c(&slot[OWNER_AT..OWNER_CRC_AT]);
    slot[OWNER_CRC_AT..OWNER_END].copy_from_slice(&crc.to_be_bytes());
    slot
}

/// A whole place whose key was destroyed.
pub(crate) fn gone(corporation: CorporationId, at: Timestamp) -> [u8; SLOT_BYTES] {
    let mut slot = [0; SLOT_BYTES];
    let part = begin(GONE, corporation, at.0 as u64);
    slot[..KEY_PART].copy_from_slice(&with_checksum(part));
    slot
}

fn begin(magic: [u8; 4], corporation: CorporationId, number: u64) -> [u8; KEY_PART] {
    let mut part = [0; KEY_PART];
    part[..4].copy_from_slice(&magic);
    part[4..6].copy_from_slice(&corporation.0.to_be_bytes());
    part[8..16].copy_from_slice(&number.to_be_bytes());
    part
}

fn with_checksum(mut part: [u8; KEY_PART]) -> [u8; KEY_PART] {
    let crc = crc32c::crc32c(&part[..CRC_AT]);
    part[CRC_AT..].copy_from_slice(&crc.to_be_bytes());
    part
}

impl Slot {
    pub(crate) fn decode(slot: &[u8; SLOT_BYTES]) -> Self {
        let number = |at: usize| -> u64 {
            slot[at..at + 8]
                .iter()
                .fold(0, |number, byte| number << 8 | u64::from(*byte))
        };
        let sums_up = |range: std::ops::Range<usize>| {
            let crc = &slot[range.end..range.end + 4];
            crc32c::crc32c(&slot[range]).to_be_bytes() == *crc
        };
        if !sums_up(0..CRC_AT) {
            return Self::Damaged;
        }
        let corporation = CorporationId(u16::from_be_bytes([slot[4], slot[5]]));
        let magic = [slot[0], slot[1], slot[2], slot[3]];
        if magic == GONE {
            let at = Timestamp(number(8) as i64);
            return Self::Gone { corporation, at };
        }
        if magic != KEY {
            return Self::Damaged;
        }
        let mut bytes = [0; WRAPPED_BYTES];
        bytes.copy_from_slice(&slot[WRAPPED_AT..CRC_AT]);
        let wrapped = Wrapped {
            corporation,
            fingerprint: number(8),
            bytes,
        };
        let owner = match slot[OWNER_AT] {
            0 if sums_up(OWNER_AT..OWNER_CRC_AT) => Owner::Nobody,
            1 if sums_up(OWNER_AT..OWNER_CRC_AT) => {
                let mut tag = [0; TAG_BYTES];
                tag.copy_from_slice(&slot[OWNER_AT + 1..OWNER_CRC_AT]);
                Owner::Tenant(Tag(tag))
            }
            _ => Owner::Unknown,
        };
        Self::Key(wrapped, owner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped() -> Wrapped {
        Wrapped {
            corporation: CorporationId(7),
            fingerprint: 0x0102_0304_0506_0708,
            bytes: [9; WRAPPED_BYTES],
        }
    }

    #[test]
    fn a_place_comes_back_with_and_without_an_owner() {
        let mut slot = new_key(&wrapped());
        assert_eq!(Slot::decode(&slot), Slot::Key(wrapped(), Owner::Nobody));
        let (at, part) = owner_part(Tag([5; TAG_BYTES]));
        slot[at..at + part.len()].copy_from_slice(&part);
        let owned = Slot::Key(wrapped(), Owner::Tenant(Tag([5; TAG_BYTES])));
        assert_eq!(Slot::decode(&slot), owned);
    }

    #[test]
    fn a_flipped_bit_costs_the_key_or_only_the_owner() {
        let mut slot = new_key(&wrapped());
        let (at, part) = owner_part(Tag([5; TAG_BYTES]));
        slot[at..at + part.len()].copy_from_slice(&part);
        for bit in 0..OWNER_END * 8 {
            let mut bad = slot;
            bad[bit / 8] ^= 1 << (bit % 8);
            let expected = match bit / 8 {
                ..KEY_PART => Slot::Damaged,
                _ => Slot::Key(wrapped(), Owner::Unknown),
            };
            assert_eq!(Slot::decode(&bad), expected, "bit {bit}");
        }
    }

    #[test]
    fn nothing_of_a_key_and_of_its_owner_is_left_in_its_place() {
        let slot = gone(CorporationId(7), Timestamp(-5));
        let expected = Slot::Gone {
            corporation: CorporationId(7),
            at: Timestamp(-5),
        };
        assert_eq!(Slot::decode(&slot), expected);
        assert!(slot[WRAPPED_AT..CRC_AT].iter().all(|byte| *byte == 0));
        assert!(slot[OWNER_AT..].iter().all(|byte| *byte == 0));
        assert_eq!(Slot::decode(&[0; SLOT_BYTES]), Slot::Damaged);
    }
}
