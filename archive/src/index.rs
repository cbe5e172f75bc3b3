//! Owns the index of a volume: which of its blocks have entries of a tenant, of a notification, about
//! a subject. One row of eight bytes for each key and block: 40 bits of the key's hash, 24 bits of the
//! block's number, sorted. Refuses to be believed: a row says where to look, the lines there decide.

use std::ops::Range;

use bytes::Bytes;
use sluis_model::{CorporationId, NotificationId, TenantKey};

use crate::entry::{Head, Topic};
use crate::error::ArchiveError;

/// Bytes of a row.
pub(crate) const ROW: usize = 8;
/// Bits of a row that number the block.
const BLOCK_BITS: u32 = 24;
/// Most blocks of a volume.
pub(crate) const MOST_BLOCKS: usize = 1 << BLOCK_BITS;
/// Rows read at once around the place where a key should be: hashes are spread evenly, so that it is
/// within them except seldom.
const WINDOW: u64 = 1_024;
/// Hex digits of a mark.
const MARK_DIGITS: usize = 10;
/// What a key mostly needs, in bytes.
const KEY_BYTES: usize = 64;

/// By what entries are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// Everything of a tenant.
    Tenant(TenantKey),
    /// Everything about a notification.
    Notification(NotificationId),
    /// Everything that names a subject of a corporation.
    Subject(CorporationId, Topic),
}

/// What a tenant or a subject is hashed with, where entries are sealed.
type Secret<'a> = Option<&'a [u8; 32]>;

/// What is looked for: a key with the hashes and texts by which entries are found quickly.
pub(crate) struct Wanted<'a> {
    key: &'a Key,
    /// By which it stands in an index: that of plain entries, and that of sealed ones.
    pub(crate) hashes: Vec<u64>,
    /// One of them stands in the line of each entry that is wanted.
    pub(crate) texts: Vec<String>,
}

impl<'a> Wanted<'a> {
    /// `secret`: that of sealed entries, when there may be any.
    pub(crate) fn new(key: &'a Key, secret: Secret<'_>) -> Self {
        let mut hashes = vec![key.hash(None)];
        if secret.is_some() {
            hashes.push(key.hash(secret));
        }
        hashes.dedup();
        let marks = hashes.iter().map(|hash| mark(*hash));
        let texts = std::iter::once(key.text()).chain(marks).collect();
        Self { key, hashes, texts }
    }

    /// Whether one of these marks is that of what is wanted: what is sealed is known by them.
    pub(crate) fn is_among(&self, mut marks: impl Iterator<Item = u64>) -> bool {
        marks.any(|mark| self.hashes.contains(&mark))
    }

    /// Whether the entry, all of which is known, is really wanted.
    pub(crate) fn is(&self, head: &Head) -> bool {
        self.key.is_of(head)
    }
}

/// The hash of a key as a line has it.
pub(crate) fn mark(hash: u64) -> String {
    format!("{hash:010x}")
}

/// The hashes that some marks stand for. One that is none of ours stands for no key.
pub(crate) fn marks(marks: &str) -> impl Iterator<Item = u64> + '_ {
    let digits = marks.as_bytes().chunks(MARK_DIGITS);
    digits.map(|digits| {
        let text = std::str::from_utf8(digits).unwrap_or_default();
        u64::from_str_radix(text, 16).unwrap_or(u64::MAX)
    })
}

impl Key {
    /// The 40 bits by which it stands in an index.
    fn hash(&self, secret: Secret<'_>) -> u64 {
        match self {
            Key::Tenant(tenant) => of_tenant(tenant.corporation.0, &tenant.tenant, secret),
            Key::Notification(id) => of_notification(&id.to_string()),
            Key::Subject(corporation, topic) => of_subject(corporation.0, topic, secret),
        }
    }

    /// Text that the line of each entry of this key has: cheaper to look for than to read the line.
    fn text(&self) -> String {
        match self {
            Key::Tenant(tenant) => format!("\"tenant\":{}", quoted(&tenant.tenant)),
            Key::Notification(id) => format!("\"{id}\""),
            Key::Subject(_, topic) => format!("\"id\":{}", quoted(&topic.id)),
        }
    }

    /// Whether the entry is really one of this key.
    fn is_of(&self, head: &Head) -> bool {
        match self {
            Key::Tenant(tenant) => {
                head.corporation == tenant.corporation.0 && head.tenant == tenant.tenant
            }
            Key::Notification(id) => {
                let id = id.to_string();
                head.ids.iter().any(|of| **of == *id)
            }
            Key::Subject(corporation, topic) => {
                head.corporation == corporation.0 && head.subject.as_ref() == Some(topic)
            }
        }
    }
}

fn quoted(text: &str) -> String {
    // Text is always JSON.
    serde_json::to_string(text).unwrap_or_default()
}

/// The keys under which an entry, all of which is known, is found. That of its tenant comes first.
pub(crate) fn keys_of<'a>(
    head: &'a Head,
    secret: Secret<'_>,
) -> impl Iterator<Item = u64> + use<'a> {
    let tenant = of_tenant(head.corporation, &head.tenant, secret);
    let ids = head.ids.iter().map(|id| of_notification(id));
    let subject = head.subject.as_ref();
    let subject = subject.map(|topic| of_subject(head.corporation, topic, secret));
    std::iter::once(tenant).chain(ids).chain(subject)
}

fn of_tenant(corporation: u16, tenant: &str, secret: Secret<'_>) -> u64 {
    let parts: [&[u8]; 3] = [b"tenant", &corporation.to_be_bytes(), tenant.as_bytes()];
    first_bits(&parts, secret)
}

/// An id is random: whoever does not know it cannot guess it, so it needs no secret.
fn of_notification(id: &str) -> u64 {
    first_bits(&[b"notification", id.as_bytes()], None)
}

fn of_subject(corporation: u16, topic: &Topic, secret: Secret<'_>) -> u64 {
    let (kind, id) = (topic.kind.as_bytes(), topic.id.as_bytes());
    let parts: [&[u8]; 4] = [b"subject", &corporation.to_be_bytes(), kind, id];
    first_bits(&parts, secret)
}

/// The first 40 bits of the hash of the parts, with a byte 0 behind each: no part has one, except a
/// number, which has always two bytes.
fn first_bits(parts: &[&[u8]], secret: Secret<'_>) -> u64 {
    // In one piece it costs half: a key is short.
    let mut bytes = Vec::with_capacity(KEY_BYTES);
    for part in parts {
        bytes.extend_from_slice(part);
        bytes.push(0);
    }
    let hash = match secret {
        Some(secret) => blake3::keyed_hash(secret, &bytes),
        None => blake3::hash(&bytes),
    };
    let first = hash.as_bytes()[..5].iter();
    first.fold(0, |bits, byte| (bits << 8) | u64::from(*byte))
}

/// The index of a volume whose blocks, in their order, have these keys.
pub(crate) fn write<'a>(keys: impl Iterator<Item = &'a [u64]>) -> Bytes {
    let row = |number: u64, key: &u64| (key << BLOCK_BITS) | number;
    let mut rows: Vec<u64> = keys
        .zip(0u64..)
        .flat_map(|(keys, number)| keys.iter().map(move |key| row(number, key)))
        .collect();
    rows.sort_unstable();
    rows.dedup();
    let bytes: Vec<u8> = rows.into_iter().flat_map(u64::to_be_bytes).collect();
    bytes.into()
}

/// The blocks that have entries under `key`, in order. `read` gives bytes of the index.
///
/// # Errors
/// What `read` says.
pub(crate) fn blocks(
    read: &mut dyn FnMut(Range<u64>) -> Result<Bytes, ArchiveError>,
    rows: u64,
    key: u64,
) -> Result<Vec<u32>, ArchiveError> {
    let mut half = WINDOW / 2;
    // Where it would stand if hashes were spread quite evenly.
    let middle = ((u128::from(key) * u128::from(rows)) >> 40) as u64;
    loop {
        let (from, to) = (middle.saturating_sub(half), (middle + half).min(rows));
        let window = read(from * ROW as u64..to * ROW as u64)?;
        let mut keys = window.chunks_exact(ROW).map(|row| word(row) >> BLOCK_BITS);
        let covers_start = from == 0 || keys.clone().next().is_some_and(|first| first < key);
        let covers_end = to == rows || keys.next_back().is_some_and(|last| last > key);
        if covers_start && covers_end {
            return Ok(matching(&window, key));
        }
        half *= 4;
    }
}

fn matching(window: &[u8], key: u64) -> Vec<u32> {
    let rows = window.chunks_exact(ROW).map(word);
    let of_key = rows.filter(|row| row >> BLOCK_BITS == key);
    of_key
        .map(|row| (row & (MOST_BLOCKS as u64 - 1)) as u32)
        .collect()
}

fn word(row: &[u8]) -> u64 {
    row.iter()
        .fold(0, |word, byte| (word << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(bytes: &Bytes, key: u64) -> (Vec<u32>, usize) {
        let mut reads = 0;
        let mut read = |range: Range<u64>| {
            reads += 1;
            Ok(bytes.slice(range.start as usize..range.end as usize))
        };
        let found = blocks(&mut read, (bytes.len() / ROW) as u64, key).unwrap();
        (found, reads)
    }

    #[test]
    fn every_key_is_found_in_its_blocks_with_one_read_mostly() {
        let of = |number: usize| of_notification(&format!("{number:032x}"));
        let blocks: Vec<Vec<u64>> = (0..400)
            .map(|block| (0..300).map(|entry| of(block * 200 + entry)).collect())
            .collect();
        let bytes = write(blocks.iter().map(Vec::as_slice));
        let mut reads = 0;
        for number in 0..1_000 {
            let (found, read) = find(&bytes, of(number * 77));
            let expected = (0..400u32).filter(|block| {
                let first = *block as usize * 200;
                (first..first + 300).contains(&(number * 77))
            });
            assert_eq!(found, expected.collect::<Vec<_>>(), "{number}");
            reads += read;
        }
        assert!(reads < 1_100, "{reads} reads for 1,000 keys");
        assert!(find(&bytes, of(1_000_000)).0.is_empty());
    }

    #[test]
    fn hashes_that_are_not_spread_evenly_are_found_as_well() {
        let keys: Vec<u64> = (0..5_000).map(|number| (1 << 39) + number).collect();
        let bytes = write([&keys[..], &[1, 2]].into_iter());
        assert_eq!(find(&bytes, (1 << 39) + 4_999).0, [0]);
        assert_eq!(find(&bytes, 2).0, [1]);
        assert!(find(&bytes, 3).0.is_empty());
        assert!(find(&write(std::iter::empty()), 7).0.is_empty());
    }
}
