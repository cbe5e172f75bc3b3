//! Entries that are sealed for their tenants: what stands on the disk, what is found, what an erasure
//! leaves. The keys here are of paper: how bytes are really sealed is the business of whoever has keys.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use sluis_archive::{
    Archive, Cover, Entry, FlowDay, Found, Hash, Head, Key, Lifted, Store, Veil, VeilError, verify,
};
use sluis_model::{CorporationId, TenantKey};

use super::world::{all, batch, fill, filled, id, mail, open, record, subject, tenant};

const SECRET: [u8; 32] = [9; 32];
const TAG: usize = 32;
/// When a key was destroyed.
const THEN: i64 = 77;

/// A key for each tenant of corporation 7.
#[derive(Default)]
pub struct Paper {
    keys: Mutex<Keys>,
}

#[derive(Default)]
struct Keys {
    of: BTreeMap<String, u32>,
    gone: BTreeMap<u32, i64>,
    synced: usize,
}

impl Paper {
    fn erase(&self, tenant: &TenantKey) {
        let mut keys = self.keys.lock();
        let key = keys.of.remove(&*tenant.tenant).unwrap();
        keys.gone.insert(key, THEN);
    }
}

fn stream(key: u32, bytes: &mut [u8]) {
    let mut pad = vec![0; bytes.len()];
    let mut hasher = blake3::Hasher::new_derive_key("paper");
    hasher.update(&key.to_be_bytes());
    hasher.finalize_xof().fill(&mut pad);
    bytes
        .iter_mut()
        .zip(pad)
        .for_each(|(byte, pad)| *byte ^= pad);
}

fn tag(context: &[u8], bytes: &[u8]) -> [u8; TAG] {
    *blake3::hash(&[context, bytes].concat()).as_bytes()
}

impl Veil for Paper {
    fn seals(&self, corporation: CorporationId) -> bool {
        corporation.0 == 7
    }

    fn seal(
        &self,
        tenant: &TenantKey,
        context: &[u8],
        bytes: &mut Vec<u8>,
    ) -> Result<u32, VeilError> {
        let mut keys = self.keys.lock();
        let next = (keys.of.len() + keys.gone.len() + 1) as u32;
        let key = *keys.of.entry(tenant.tenant.to_string()).or_insert(next);
        stream(key, bytes);
        let tag = tag(context, bytes);
        bytes.extend_from_slice(&tag);
        Ok(key)
    }

    fn open(&self, key: u32, context: &[u8], bytes: &mut Vec<u8>) -> Result<Lifted, VeilError> {
        if let Some(at) = self.keys.lock().gone.get(&key) {
            return Ok(Lifted::Erased(*at));
        }
        let found = bytes.split_off(bytes.len() - TAG);
        if found != tag(context, bytes) {
            return Err("it was moved".into());
        }
        stream(key, bytes);
        Ok(Lifted::Plain)
    }

    fn sync(&self) -> Result<(), VeilError> {
        self.keys.lock().synced += 1;
        Ok(())
    }

    fn secret(&self) -> &[u8; 32] {
        &SECRET
    }
}

/// An archive in `store` whose entries are sealed.
pub fn veiled(store: &Store, veil: &Arc<Paper>) -> Archive {
    open(store).veiled(veil.clone()).unwrap()
}

fn keys(number: u64) -> [Key; 3] {
    [
        Key::Notification(id(number)),
        Key::Tenant(tenant(number)),
        Key::Subject(CorporationId(7), subject(number)),
    ]
}

/// What is known of it, whether it was sealed or not.
fn known(found: Vec<Found>) -> Vec<Found> {
    let bare = |found| Found {
        cover: Cover::Bare,
        ..found
    };
    found.into_iter().map(bare).collect()
}

fn stored(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => bytes.extend(stored(&path)),
            false if path.extension().is_some_and(|ending| ending == "blocks") => {
                bytes.extend(unpacked(&std::fs::read(path).unwrap()));
            }
            false => bytes.extend(std::fs::read(path).unwrap()),
        }
    }
    bytes
}

/// All frames of an object, one behind the other, as `zstd -dc` shows them.
fn unpacked(bytes: &[u8]) -> Vec<u8> {
    zstd::decode_all(bytes).unwrap()
}

fn stands(needle: &str, folder: &Path) -> bool {
    let bytes = stored(folder);
    bytes
        .windows(needle.len())
        .any(|part| part == needle.as_bytes())
}

#[test]
fn sealed_entries_are_found_as_plain_ones_are_before_and_after_sealing_and_after_a_start() {
    let (store, veil) = (Store::memory(), Arc::new(Paper::default()));
    let plain = filled(&Store::memory(), 2, 60);
    let sealed = veiled(&store, &veil);
    for volume in 0..2 {
        fill(&sealed, volume * 60..(volume + 1) * 60);
        sealed.seal(volume as i64).unwrap().unwrap();
    }
    assert_eq!(
        veil.keys.lock().synced,
        2,
        "keys are durable before a volume is"
    );
    for archive in [sealed, veiled(&store, &veil)] {
        for key in [0, 59, 60, 119].into_iter().flat_map(keys) {
            let found = all(&archive, &key);
            assert!(found.iter().all(|found| found.cover == Cover::Opened));
            assert_eq!(known(found), all(&plain, &key), "{key:?}");
        }
        fill(&archive, 120..122);
        let unsealed = all(&archive, &Key::Tenant(tenant(121)));
        assert_eq!(unsealed[0].body, mail(121));
        assert_eq!(all(&archive, &Key::Tenant(tenant(999))), []);
    }
}

#[test]
fn nothing_of_a_tenant_stands_in_what_is_stored() {
    let needles = [
        "T-17",
        "F-17",
        &id(17).to_string(),
        "Pay 17 euro",
        "accepted",
    ];
    let folder = tempfile::tempdir().unwrap();
    filled(&Store::directory(folder.path()).unwrap(), 1, 40);
    for needle in needles {
        assert!(stands(needle, folder.path()), "the control: {needle}");
    }
    let folder = tempfile::tempdir().unwrap();
    let archive = veiled(&Store::directory(folder.path()).unwrap(), &Arc::default());
    fill(&archive, 0..40);
    archive.seal(0).unwrap().unwrap();
    assert!(stands("\"corporation\":7", folder.path()), "the control");
    for needle in needles {
        assert!(!stands(needle, folder.path()), "{needle}");
    }
}

#[test]
fn an_erased_tenants_entries_say_when_and_others_stay() {
    let (store, veil) = (Store::memory(), Arc::new(Paper::default()));
    let archive = veiled(&store, &veil);
    fill(&archive, 0..5);
    let entries = archive.seal(0).unwrap().unwrap().entries;
    veil.erase(&tenant(3));
    for key in keys(3) {
        let found = all(&archive, &key);
        assert!(!found.is_empty());
        for found in found {
            assert_eq!(found.cover, Cover::Erased(THEN));
            assert_eq!((&*found.head.tenant, found.body.len()), ("", 0));
        }
    }
    assert_eq!(all(&archive, &Key::Tenant(tenant(4)))[0].body, mail(4));
    let mut seen = BTreeMap::new();
    let each = archive.each(|_, _, _| true, &mut |_, found| {
        *seen.entry(found.cover.is_open()).or_insert(0) += 1;
        ControlFlow::Continue(())
    });
    each.unwrap();
    assert_eq!(seen, BTreeMap::from([(true, 12), (false, 3)]));
    let report = verify(&store, Some(archive.tip()), &mut |_, _| ()).unwrap();
    assert_eq!(
        (report.faults, report.entries, report.sealed),
        (vec![], entries, entries)
    );
}

#[test]
fn a_check_needs_no_key_and_notices_an_index_that_names_something_else() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::directory(folder.path()).unwrap();
    let archive = veiled(&store, &Arc::default());
    fill(&archive, 0..40);
    archive.seal(0).unwrap().unwrap();
    let faults = |archive: &Archive| {
        let report = verify(&store, Some(archive.tip()), &mut |_, _| ()).unwrap();
        report.faults.len()
    };
    assert_eq!(faults(&archive), 0);
    let path = folder.path().join("volumes/0000000001/0000.blocks");
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
    assert!(faults(&archive) > 0, "the control");
}

#[test]
fn without_keys_only_what_is_in_the_clear_is_known() {
    let store = Store::memory();
    let archive = veiled(&store, &Arc::default());
    fill(&archive, 0..3);
    archive.seal(0).unwrap().unwrap();
    let found = all(&open(&store), &Key::Notification(id(1)));
    assert_eq!(found.len(), 3);
    for found in found {
        assert_eq!(found.cover, Cover::Closed);
        assert_eq!((&*found.head.tenant, found.body.len()), ("", 0));
        assert_eq!((found.head.corporation, found.head.shard), (7, 1));
    }
}

#[test]
fn plain_volumes_of_before_and_corporations_without_a_key_stay_readable_beside_sealed_ones() {
    let (store, veil) = (Store::memory(), Arc::new(Paper::default()));
    filled(&store, 1, 3);
    let archive = veiled(&store, &veil);
    let mut keyless = record(8, 1);
    keyless.head.corporation = 8;
    archive
        .append(&batch(vec![record(7, 1), keyless]), 0)
        .unwrap();
    archive.seal(0).unwrap().unwrap();
    let covers = |key| -> Vec<Cover> {
        let found = all(&archive, &key);
        found.iter().map(|found| found.cover).collect()
    };
    let bare = [Cover::Bare; 3];
    assert_eq!(
        covers(Key::Tenant(tenant(1))),
        [&[Cover::Opened], &bare[..]].concat()
    );
    let other = TenantKey::new(CorporationId(8), "T-1");
    assert_eq!(covers(Key::Tenant(other)), [Cover::Bare]);
    assert_eq!(verify(&store, None, &mut |_, _| ()).unwrap().sealed, 1);
}

#[test]
fn what_was_sealed_opens_only_where_it_stood() {
    let veil = Arc::new(Paper::default());
    let folder = tempfile::tempdir().unwrap();
    let archive = veiled(&Store::directory(folder.path()).unwrap(), &veil);
    archive.append(&batch(vec![record(1, 1)]), 0).unwrap();
    archive.seal(0).unwrap().unwrap();
    let block = std::fs::read(folder.path().join("volumes/0000000001/0000.blocks")).unwrap();
    let block = unpacked(&block);
    let end = block.iter().position(|byte| *byte == b'\n').unwrap();
    let mut head: Head = serde_json::from_slice(&block[..end]).unwrap();
    for (sequence, opens) in [(1, true), (2, false)] {
        head.sequence = sequence;
        let body = block[end + 1..].to_vec().into();
        let entry = Entry {
            head: head.clone(),
            body,
            flows: vec![FlowDay {
                day: 0,
                accepted: 0,
                ended: 0,
            }],
        };
        let store = Store::memory();
        let forged = open(&store);
        forged.append(&batch(vec![entry]), 0).unwrap();
        forged.seal(0).unwrap().unwrap();
        let look = |_| ControlFlow::Continue(());
        let found = veiled(&store, &veil).find(&keys(1)[0], |_| true, &mut { look });
        match found {
            Ok(_) => assert!(opens, "sequence {sequence}"),
            Err(error) => {
                let text = error.to_string();
                assert!(!opens, "{text}");
                assert!(
                    text.ends_with("Record of shard 1, sequence 2: it was moved"),
                    "{text}"
                );
            }
        }
    }
}

#[test]
fn a_hash_of_what_left_comes_back_with_it() {
    let archive = veiled(&Store::memory(), &Arc::default());
    fill(&archive, 0..1);
    let found = all(&archive, &Key::Notification(id(0)));
    let output = found[0].head.output.as_ref().unwrap();
    assert_eq!(output.hash, Hash::of(&found[0].body));
}
