//! Owns how the values of the keyed table are sealed: each ending with the key of its tenant. Refuses
//! to seal a value as a whole, because many tenants share one.
//!
//! A sealed body: the number of the key (4, big-endian; 0: plain), and the body.

use sluis_actors::EndingsPack;
use sluis_journal::Shard;
use sluis_keys::{Found, KeyError, KeyId, KeyStore};
use sluis_model::NotificationId;

/// What the context of an ending begins with, so that nothing else opens in its place.
const DOMAIN: u8 = 2;
const KEY_BYTES: usize = 4;

/// A value as it goes to the table.
pub(super) fn seal(store: &KeyStore, shard: Shard, value: &[u8]) -> Result<Vec<u8>, KeyError> {
    let pack = match EndingsPack::of(value.to_vec()) {
        Ok(pack) if !pack.is_sealed() => pack,
        Ok(pack) => return Ok(pack.into_value()),
        Err(value) => return Ok(value),
    };
    pack.changed(true, |id, body, sealed| {
        seal_body(store, shard, id, body, sealed).map(|()| true)
    })
}

fn seal_body(
    store: &KeyStore,
    shard: Shard,
    id: NotificationId,
    body: &[u8],
    sealed: &mut Vec<u8>,
) -> Result<(), KeyError> {
    let key = match EndingsPack::tenant(body) {
        Some(tenant) => store.sealing_key(&tenant)?,
        None => None,
    };
    let number = key.as_ref().map_or(0, |(number, _)| number.0);
    sealed.extend_from_slice(&number.to_be_bytes());
    let from = sealed.len();
    sealed.extend_from_slice(body);
    if let Some((number, key)) = key {
        key.seal(&context(shard, id, number), sealed, from);
    }
    Ok(())
}

/// A value as it came from the table. Endings whose key was destroyed are not in it any more.
pub(super) fn open(store: &KeyStore, shard: Shard, value: Vec<u8>) -> Result<Vec<u8>, KeyError> {
    let pack = match EndingsPack::of(value) {
        Ok(pack) if pack.is_sealed() => pack,
        Ok(pack) => return Ok(pack.into_value()),
        Err(value) => return Ok(value),
    };
    pack.changed(false, |id, body, opened| {
        open_body(store, shard, id, body, opened)
    })
}

/// The bodies of a value that are not sealed, as they are.
pub(super) fn plain(pack: &EndingsPack) -> Vec<Vec<u8>> {
    let bodies = pack.bodies().into_values();
    if !pack.is_sealed() {
        return bodies.collect();
    }
    let is_plain = |body: &Vec<u8>| body.starts_with(&[0; KEY_BYTES]);
    let plain = bodies.filter(is_plain);
    plain.map(|body| body[KEY_BYTES..].to_vec()).collect()
}

/// Whether there is anything left of it.
fn open_body(
    store: &KeyStore,
    shard: Shard,
    id: NotificationId,
    body: &[u8],
    opened: &mut Vec<u8>,
) -> Result<bool, KeyError> {
    let (number, sealed) = body
        .split_first_chunk::<KEY_BYTES>()
        .ok_or(KeyError::NotAuthentic)?;
    let number = KeyId(u32::from_be_bytes(*number));
    let from = opened.len();
    opened.extend_from_slice(sealed);
    if number == KeyId(0) {
        return Ok(true);
    }
    match store.opening_key(number)? {
        Found::Key(key) => {
            let plain = key.open(&context(shard, id, number), &mut opened[from..])?;
            let length = plain.len();
            opened.truncate(from + length);
            Ok(true)
        }
        Found::Erased(_) => Ok(false),
    }
}

fn context(shard: Shard, id: NotificationId, number: KeyId) -> [u8; 23] {
    let mut context = [0; 23];
    context[0] = DOMAIN;
    context[1..3].copy_from_slice(&shard.0.to_be_bytes());
    context[3..19].copy_from_slice(&id.0.to_be_bytes());
    context[19..].copy_from_slice(&number.0.to_be_bytes());
    context
}
