//! Owns how a record lies in the journal when it is sealed. Refuses to look further into it than to
//! its outline.
//!
//! The frame of a sealed record has the number of the key. Its payload: when it was written (8), the
//! sequence of the same tenant's record before it (8), the corporation (2), and, sealed, the payload
//! of the plain frame. The first three stay readable when the key is destroyed. Big-endian.

use sluis_journal::{Sequence, Shard};
use sluis_keys::{DataKey, Found, KeyError, KeyId, KeyStore};
use sluis_model::codec::{CodecError, FrameKind, Framed, put_frame, split_frame, take_frame};
use sluis_model::{CorporationId, Gone, Outline, Record, TenantKey, Timestamp, Whose};

const CLEAR_BYTES: usize = 18;
/// What the context of a record begins with, so that nothing else opens in its place.
const DOMAIN: u8 = 1;

/// Why a record cannot be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// Something is wrong with the key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// It is no record.
    #[error(transparent)]
    Codec(#[from] CodecError),
}

/// Where a record stands.
pub(super) type Place = (Shard, Sequence);

/// Puts the record of a plain frame behind what is in `buffer`, sealed when its corporation has a key.
pub(super) fn seal(
    store: &KeyStore,
    place: Place,
    frame: &[u8],
    buffer: &mut Vec<u8>,
) -> Result<(), SealError> {
    // The shard has just made it.
    let framed = split_frame(FrameKind::Record, frame)?;
    let outline = Outline::of(framed.version, framed.payload)?;
    let Some(owner) = owner(outline.whose) else {
        buffer.extend_from_slice(frame);
        return Ok(());
    };
    let Some((id, key)) = store.sealing_key(&owner)? else {
        buffer.extend_from_slice(frame);
        return Ok(());
    };
    let clear = Clear {
        at: outline.at,
        previous: outline.previous,
        corporation: owner.corporation,
    }
    .encode();
    let context = context(place, framed.version, id, &clear);
    put_frame(FrameKind::Record, framed.version, id.0, buffer, |buffer| {
        buffer.extend_from_slice(&clear);
        let from = buffer.len();
        buffer.extend_from_slice(framed.payload);
        key.seal(&context, buffer, from);
        true
    })?;
    Ok(())
}

/// Whose key seals it. What is about several tenants of a corporation is sealed with a key of the
/// corporation's own: it stands under a number that no tenant may have.
fn owner(whose: Whose) -> Option<TenantKey> {
    match whose {
        Whose::Tenant(tenant) => Some(tenant),
        Whose::Corporation(corporation) => Some(TenantKey::new(corporation, "")),
        Whose::Nobody => None,
    }
}

/// Puts the plain frame of a record behind what is in `buffer`. Of one whose key was destroyed it puts
/// what is left.
pub(super) fn open(
    store: &KeyStore,
    place: Place,
    frame: &[u8],
    buffer: &mut Vec<u8>,
) -> Result<(), SealError> {
    let framed = split_frame(FrameKind::Record, frame)?;
    if framed.key == 0 {
        take_frame(FrameKind::Record, frame)?;
        buffer.extend_from_slice(frame);
        return Ok(());
    }
    let short = CodecError::Short {
        actual: framed.payload.len(),
        expected: CLEAR_BYTES,
    };
    let (clear, sealed) = framed.payload.split_first_chunk().ok_or(short)?;
    match store.opening_key(KeyId(framed.key))? {
        // The key proves every byte.
        Found::Key(key) => open_with(store, &key, place, framed, (clear, sealed), buffer),
        Found::Erased(erased) => {
            take_frame(FrameKind::Record, frame)?;
            let clear = Clear::decode(clear);
            let gone = Gone {
                at: clear.at,
                corporation: clear.corporation,
                previous: clear.previous,
                erased,
            };
            Ok(Record::Gone(gone).encode(buffer)?)
        }
    }
}

fn open_with(
    store: &KeyStore,
    key: &DataKey,
    place: Place,
    framed: Framed<'_>,
    (clear, sealed): (&[u8; CLEAR_BYTES], &[u8]),
    buffer: &mut Vec<u8>,
) -> Result<(), SealError> {
    let id = KeyId(framed.key);
    let context = context(place, framed.version, id, clear);
    let mut opened = Ok(());
    let written = put_frame(FrameKind::Record, framed.version, 0, buffer, |buffer| {
        let from = buffer.len();
        buffer.extend_from_slice(sealed);
        match key
            .open(&context, &mut buffer[from..])
            .map(|plain| plain.len())
        {
            Ok(length) => {
                buffer.truncate(from + length);
                opened = learn(store, id, framed.version, &buffer[from..]);
            }
            Err(error) => opened = Err(error.into()),
        }
        opened.is_ok()
    });
    opened?;
    Ok(written?)
}

/// Tells the store whose the key is, when it does not know.
fn learn(store: &KeyStore, id: KeyId, version: u8, payload: &[u8]) -> Result<(), SealError> {
    if store.is_owned(id) {
        return Ok(());
    }
    if let Some(owner) = owner(Outline::of(version, payload)?.whose) {
        store.learn(id, &owner);
    }
    Ok(())
}

/// What stays readable.
struct Clear {
    at: Timestamp,
    previous: u64,
    corporation: CorporationId,
}

impl Clear {
    fn encode(&self) -> [u8; CLEAR_BYTES] {
        let mut bytes = [0; CLEAR_BYTES];
        bytes[..8].copy_from_slice(&self.at.0.to_be_bytes());
        bytes[8..16].copy_from_slice(&self.previous.to_be_bytes());
        bytes[16..].copy_from_slice(&self.corporation.0.to_be_bytes());
        bytes
    }

    fn decode(bytes: &[u8; CLEAR_BYTES]) -> Self {
        let number = |at: usize| {
            let bytes = bytes[at..at + 8].iter();
            bytes.fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
        };
        Self {
            at: Timestamp(number(0) as i64),
            previous: number(8),
            corporation: CorporationId(u16::from_be_bytes([bytes[16], bytes[17]])),
        }
    }
}

/// Binds the sealed bytes to their place, their key and what stands beside them.
fn context(
    (shard, sequence): Place,
    version: u8,
    id: KeyId,
    clear: &[u8; CLEAR_BYTES],
) -> [u8; 16 + CLEAR_BYTES] {
    let mut context = [0; 16 + CLEAR_BYTES];
    context[0] = DOMAIN;
    context[1] = version;
    context[2..4].copy_from_slice(&shard.0.to_be_bytes());
    context[4..12].copy_from_slice(&sequence.0.to_be_bytes());
    context[12..16].copy_from_slice(&id.0.to_be_bytes());
    context[16..].copy_from_slice(clear);
    context
}
