//! Owns how the entries of a block are sealed for their tenants. Refuses to hold keys: whoever implements
//! [`Veil`] does; and to open: `lifter.rs` does.
//!
//! All entries of one tenant in a block are one text (`group.rs`), compressed and sealed together: one
//! nonce and one tag. Sealed bytes do not compress, and a text is short. So each is compressed with what
//! is known beforehand: `tables.bin` and `dictionary.txt`, which are a part of the format, and what many tenants have in
//! common in this block (`common.rs`), which stands in the block in the clear.

use std::sync::Arc;

use sluis_model::{CorporationId, TenantKey};
use zstd::bulk::Compressor;
use zstd::zstd_safe::CParameter;

use crate::common;
use crate::entry::Entry;
use crate::error::ArchiveError;
use crate::group::Group;
use crate::index;
use crate::veil::{Lifted, Veil, VeilError};

/// What every sealed text is compressed with. A part of the format: it never changes.
const DICTIONARY: &[u8] = include_bytes!("dictionary.txt");
/// The beginning of a zstd dictionary: how frequent bytes, lengths and distances are in such texts, so
/// that a short one need not say it. Made by zstd's `ZDICT_finalizeDictionary` from mails and text messages
/// that are made up (`bench/src/archive/maker.rs`). A part of the format as well.
const TABLES: &[u8] = include_bytes!("tables.bin");
/// How hard zstd tries.
const LEVEL: i32 = 6;
/// What every zstd frame begins with: it is not stored with each text.
pub(crate) const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// What seals blocks.
pub(crate) struct Sealer(Arc<dyn Veil>);

/// With what an entry is to be sealed, and under which hashes it is found.
pub(crate) struct Mark {
    pub(crate) key: u32,
    pub(crate) hashes: Vec<u64>,
}

impl Mark {
    /// The hash of its tenant, which comes first.
    pub(crate) fn tenant(&self) -> u64 {
        self.hashes.first().copied().unwrap_or_default()
    }
}

/// The groups of a block, sealed.
#[derive(Default)]
pub(crate) struct Sealed {
    /// Their lines in the clear, with a line feed behind each.
    pub(crate) heads: Vec<u8>,
    pub(crate) bodies: Vec<u8>,
    /// What they have in common, in the clear.
    pub(crate) common: Vec<u8>,
}

impl Sealer {
    pub(crate) const fn new(veil: Arc<dyn Veil>) -> Self {
        Self(veil)
    }

    /// What has the keys.
    pub(crate) fn veil(&self) -> &dyn Veil {
        &*self.0
    }

    pub(crate) fn secret(&self) -> &[u8; 32] {
        self.0.secret()
    }

    /// What was sealed is about to be durable.
    pub(crate) fn sync(&self) -> Result<(), ArchiveError> {
        self.0.sync().map_err(sealing("the file of keys"))
    }

    /// With what an entry is to be sealed, when what is about its corporation's tenants is. It is asked
    /// when the entry comes: a key that is destroyed before the block is full stays destroyed.
    pub(crate) fn mark(&self, entry: &Entry) -> Result<Option<Mark>, ArchiveError> {
        let head = &entry.head;
        let corporation = CorporationId(head.corporation);
        if !self.0.seals(corporation) {
            return Ok(None);
        }
        let tenant = TenantKey::new(corporation, &*head.tenant);
        let key = self.0.key(&tenant).map_err(sealing("an entry in memory"))?;
        let hashes = index::keys_of(head, Some(self.secret())).collect();
        Ok(Some(Mark { key, hashes }))
    }

    /// Seals the groups of a block. Of one whose key was destroyed only the line stays.
    pub(crate) fn seal<'a>(
        &self,
        groups: impl Iterator<Item = &'a Group>,
    ) -> Result<Sealed, ArchiveError> {
        let groups: Vec<&Group> = groups.collect();
        if groups.is_empty() {
            return Ok(Sealed::default());
        }
        let texts: Vec<Vec<u8>> = groups.iter().map(|group| group.text()).collect();
        let mut sealed = Sealed {
            common: common::common(&texts),
            ..Sealed::default()
        };
        let mut compressor = compressor(&sealed.common).map_err(no_room)?;
        for (group, text) in groups.iter().zip(&texts) {
            let frame = compressor.compress(text).map_err(no_room)?;
            let mut body = frame.strip_prefix(&MAGIC).unwrap_or(&frame).to_vec();
            let context = group.line(0).context();
            let key = self.0.seal(group.key(), &context, &mut body);
            if let Lifted::Erased(_) = key.map_err(sealing("a block in memory"))? {
                body.clear();
            }
            // Writing into memory does not fail, and a line is always JSON.
            let _ = serde_json::to_writer(&mut sealed.heads, &group.line(body.len()));
            sealed.heads.push(b'\n');
            sealed.bodies.extend_from_slice(&body);
        }
        Ok(sealed)
    }
}

fn compressor(common: &[u8]) -> std::io::Result<Compressor<'static>> {
    let mut compressor = Compressor::with_dictionary(LEVEL, &dictionary(common))?;
    compressor.set_parameter(CParameter::ContentSizeFlag(true))?;
    compressor.set_parameter(CParameter::DictIdFlag(false))?;
    Ok(compressor)
}

/// What the texts of a block are compressed with.
pub(crate) fn dictionary(common: &[u8]) -> Vec<u8> {
    [TABLES, DICTIONARY, common].concat()
}

pub(crate) fn sealing(place: &str) -> impl FnOnce(VeilError) -> ArchiveError {
    let place = place.to_owned();
    move |source| ArchiveError::Sealed { place, source }
}

fn no_room(source: std::io::Error) -> ArchiveError {
    ArchiveError::Disk {
        object: "a block in memory".to_owned(),
        source,
    }
}
