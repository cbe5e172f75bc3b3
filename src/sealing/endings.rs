//! Owns how the values of the keyed table are sealed: each ending with the key of its tenant. Refuses
//! to seal a value as a whole, because many tenants share one.
//!
//! A sealed body: the number of the key (4, big-endian; 0: plain), and the body.

use std::collections::BTreeMap;

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
    let mut sealed = BTreeMap::new();
    for (id, body) in pack.bodies() {
        sealed.insert(id, seal_body(store, shard, id, &body)?);
    }
    Ok(EndingsPack::value(true, &sealed))
}

fn seal_body(
    store: &KeyStore,
    shard: Shard,
    id: NotificationId,
    body: &[u8],
) -> Result<Vec<u8>, KeyError> {
    let key = match EndingsPack::tenant(body) {
        Some(tenant) => store.sealing_key(&tenant)?,
        None => None,
    };
    let number = key.as_ref().map_or(0, |(number, _)| number.0);
    let mut bytes = Vec::with_capacity(KEY_BYTES + body.len() + sluis_keys::SEAL_BYTES);
    bytes.extend_from_slice(&number.to_be_bytes());
    bytes.extend_from_slice(body);
    if let Some((number, key)) = key {
        key.seal(&context(shard, id, number), &mut bytes, KEY_BYTES);
    }
    Ok(bytes)
}

/// A value as it came from the table. Endings whose key was destroyed are not in it any more.
pub(super) fn open(store: &KeyStore, shard: Shard, value: Vec<u8>) -> Result<Vec<u8>, KeyError> {
    let pack = match EndingsPack::of(value) {
        Ok(pack) if pack.is_sealed() => pack,
        Ok(pack) => return Ok(pack.into_value()),
        Err(value) => return Ok(value),
    };
    let mut opened = BTreeMap::new();
    for (id, body) in pack.bodies() {
        if let Some(body) = open_body(store, shard, id, body)? {
            opened.insert(id, body);
        }
    }
    Ok(EndingsPack::value(false, &opened))
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

fn open_body(
    store: &KeyStore,
    shard: Shard,
    id: NotificationId,
    mut body: Vec<u8>,
) -> Result<Option<Vec<u8>>, KeyError> {
    let (number, sealed) = body
        .split_first_chunk_mut::<KEY_BYTES>()
        .ok_or(KeyError::NotAuthentic)?;
    let number = KeyId(u32::from_be_bytes(*number));
    if number == KeyId(0) {
        return Ok(Some(sealed.to_vec()));
    }
    match store.opening_key(number)? {
        Found::Key(key) => {
            let plain = key.open(&context(shard, id, number), sealed)?;
            Ok(Some(plain.to_vec()))
        }
        Found::Erased(_) => Ok(None),
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
