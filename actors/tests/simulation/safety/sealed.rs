//! Encryption and erasure: what was erased opens nowhere, whatever else was kept opens as it was, and a
//! key is one tenant's. Refuses to trust what a reader says is gone: it knows what stood there.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use sluis_journal::{Journal, Sequence, Shard};
use sluis_keys::KeyId;
use sluis_model::checkpoint::Part;
use sluis_model::codec::{FrameKind, take_frame};
use sluis_model::{Record, TenantKey};

use super::{Check, Findings};
use crate::archive::Archive;
use crate::disk::Disk;
use crate::shadow::Shadow;

/// Tenants with the newest record by which each was erased; its key is destroyed.
pub(crate) type Erased = BTreeMap<TenantKey, (u16, u64)>;

/// What the house has written, and who was erased.
pub(crate) struct Sealed<'a> {
    pub(crate) disk: &'a Disk,
    pub(crate) archive: &'a Archive,
    pub(crate) shadow: &'a Shadow,
    /// Those whose key is destroyed.
    pub(crate) erased: &'a Erased,
}

/// Whether a record stands before the erasure of its tenant among these.
fn is_before((shard, sequence): (Shard, Sequence), record: &Record, erased: &Erased) -> bool {
    let erased = owner(record).and_then(|tenant| erased.get(tenant));
    erased.is_some_and(|(of, erased)| *of == shard.0 && sequence.0 < *erased)
}

impl Sealed<'_> {
    /// Looks at everything that lies anywhere.
    pub(crate) fn check(&self, findings: &mut Findings) {
        let mut owners = BTreeMap::new();
        for shard in (0..self.disk.shards()).map(Shard) {
            self.log(shard, &mut owners, findings);
            self.checkpoint(shard, findings);
        }
        for ((shard, sequence), key, opened) in self.archive.all() {
            let written = self.written(shard, sequence);
            self.own((key, written), &mut owners, findings);
            self.opens(
                (shard, sequence),
                opened.as_deref(),
                "the archive",
                findings,
            );
        }
    }

    fn log(&self, shard: Shard, owners: &mut Owners, findings: &mut Findings) {
        let first = self.disk.first(shard);
        let read = self.disk.replay(shard, first, &mut |sequence, record| {
            let raw = self.disk.raw(shard, sequence);
            let key = KeyId(take_frame(FrameKind::Record, &raw).expect("a frame").key);
            self.own((key, self.written(shard, sequence)), owners, findings);
            self.opens((shard, sequence), Some(record), "the log", findings);
            ControlFlow::Continue(())
        });
        if let Err(error) = read {
            findings.blame(Check::KeptIsReadable, || error.to_string());
        }
    }

    /// A checkpoint has nobody as he was before he was erased.
    fn checkpoint(&self, shard: Shard, findings: &mut Findings) {
        let Ok(Some((upto, chunks))) = self.disk.latest_checkpoint(shard) else {
            return;
        };
        for chunk in chunks {
            let chunk = chunk.expect("it opens, as its head did");
            for part in Part::of(&chunk).flatten() {
                let Part::Active { key, state, .. } = part else {
                    continue;
                };
                let erased = self.erased.get(&key);
                let is_gone = erased.is_none_or(|(_, erased)| state.last > *erased);
                findings.expect(is_gone, Check::ErasedIsGone, || {
                    format!(
                        "{key:?} was erased, and the checkpoint of shard {} up to {upto} has him",
                        shard.0
                    )
                });
            }
        }
    }

    /// What was written there.
    fn written(&self, shard: Shard, sequence: Sequence) -> Option<&Record> {
        let log = &self.shadow.logs[usize::from(shard.0)];
        log.records.get(sequence.0 as usize - 1)
    }

    /// Who was erased before opens nowhere; anybody else opens as he was.
    fn opens(
        &self,
        (shard, sequence): (Shard, Sequence),
        opened: Option<&[u8]>,
        place: &str,
        findings: &mut Findings,
    ) {
        let Some(written) = self.written(shard, sequence) else {
            return;
        };
        let opened = opened.map(|bytes| Record::decode(bytes).expect("a record"));
        let opened = opened.filter(|record| !matches!(record, Record::Gone(_)));
        let said = |what: &str| format!("record {sequence} of shard {} {what} in {place}", shard.0);
        let place_of = (shard, sequence);
        if is_before(place_of, written, self.erased) {
            findings.expect(opened.is_none(), Check::ErasedIsGone, || {
                said("is of a tenant who was erased, and can be read")
            });
        } else if !is_before(place_of, written, &self.shadow.erased) {
            let is_same = opened.as_ref() == Some(written);
            findings.expect(is_same, Check::KeptIsReadable, || {
                said("is of nobody who was erased, and cannot be read as it was written")
            });
        }
    }

    /// A key seals one tenant's bytes.
    fn own(
        &self,
        (key, written): (KeyId, Option<&Record>),
        owners: &mut Owners,
        findings: &mut Findings,
    ) {
        let Some(tenant) = written.and_then(owner).filter(|_| key != KeyId(0)) else {
            return;
        };
        let first = owners.entry(key).or_insert_with(|| tenant.clone());
        findings.expect(first == tenant, Check::KeysApart, || {
            format!("key {key} seals what is {first:?}'s and what is {tenant:?}'s")
        });
    }
}

/// Whose bytes each key has sealed.
type Owners = BTreeMap<KeyId, TenantKey>;

/// Whose record it is, if it is one tenant's.
fn owner(record: &Record) -> Option<&TenantKey> {
    match record {
        Record::Tenant(record) => Some(&record.tenant),
        Record::Stored(piece) => Some(&piece.tenant),
        Record::Control(_) | Record::Gone(_) => None,
    }
}
