//! Entries that are sealed for their tenants: what stands on the disk, what is found, what an erasure
//! leaves. The keys here are of paper: how bytes are really sealed is the business of whoever has keys.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::Value;
use sluis_archive::{Archive, Cover, Found, Hash, Key, Lifted, Store, Veil, VeilError, verify};
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

    fn key(&self, tenant: &TenantKey) -> Result<u32, VeilError> {
        let mut keys = self.keys.lock();
        let next = (keys.of.len() + keys.gone.len() + 1) as u32;
        Ok(*keys.of.entry(tenant.tenant.to_string()).or_insert(next))
    }

    fn state(&self, key: u32) -> Result<Lifted, VeilError> {
        let gone = self.keys.lock().gone.get(&key).copied();
        Ok(gone.map_or(Lifted::Plain, Lifted::Erased))
    }

    fn seal(&self, key: u32, context: &[u8], bytes: &mut Vec<u8>) -> Result<Lifted, VeilError> {
        let lifted = self.state(key)?;
        if lifted == Lifted::Plain {
            stream(key, bytes);
            let tag = tag(context, bytes);
            bytes.extend_from_slice(&tag);
        }
        Ok(lifted)
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
    open(store).veiled(veil.clone())
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
    let needles = ["T-17", "F-17", &id(17).to_string(), "Pay 17 euro"];
    let folder = tempfile::tempdir().unwrap();
    filled(&Store::directory(folder.path()).unwrap(), 1, 40);
    for needle in needles {
        assert!(stands(needle, folder.path()), "the control: {needle}");
    }
    let folder = tempfile::tempdir().unwrap();
    let archive = veiled(&Store::directory(folder.path()).unwrap(), &Arc::default());
    fill(&archive, 0..40);
    archive.seal(0).unwrap().unwrap();
    // What all have in common is about nobody.
    for needle in ["\"corporation\":7", "accepted", "Subject: invoice "] {
        assert!(stands(needle, folder.path()), "the control: {needle}");
    }
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

/// Changes the line in the clear of a volume with one block, and whatever has its hash and length.
fn forge(volume: &Path, from: &str, to: &str) {
    let (blocks, manifest) = (volume.join("0000.blocks"), volume.join("manifest.json"));
    let mut read: Value = serde_json::from_slice(&std::fs::read(&manifest).unwrap()).unwrap();
    let segment = &mut read["segments"][0];
    let stored = std::fs::read(&blocks).unwrap();
    let (heads, rest) = stored.split_at(segment["blocks"][0]["heads"].as_u64().unwrap() as usize);
    let line = String::from_utf8(unpacked(heads)).unwrap();
    assert!(line.contains(from), "{line}");
    let line = line.replace(from, to);
    let heads = zstd::encode_all(line.as_bytes(), 3).unwrap();
    let forged = [&heads, rest].concat();
    let hash = Hash::of(&forged).to_string();
    segment["blocks"][0]["heads"] = heads.len().into();
    segment["blocks"][0]["raw_heads"] = line.len().into();
    segment["blocks"][0]["hash"] = hash.clone().into();
    segment["length"] = forged.len().into();
    segment["hash"] = hash.into();
    std::fs::write(blocks, forged).unwrap();
    std::fs::write(manifest, serde_json::to_vec(&read).unwrap()).unwrap();
}

#[test]
fn what_was_sealed_opens_only_where_it_stood() {
    for (to, opens) in [("[[1,1,1001]]", true), ("[[1,2,1001]]", false)] {
        let veil = Arc::new(Paper::default());
        let folder = tempfile::tempdir().unwrap();
        let store = Store::directory(folder.path()).unwrap();
        let archive = veiled(&store, &veil);
        archive.append(&batch(vec![record(1, 1)]), 0).unwrap();
        archive.seal(0).unwrap().unwrap();
        forge(
            &folder.path().join("volumes/0000000001"),
            "[[1,1,1001]]",
            to,
        );
        let look = |_| ControlFlow::Continue(());
        let found = veiled(&store, &veil).find(&keys(1)[0], |_| true, &mut { look });
        match found {
            Ok(_) => assert!(opens, "{to}"),
            Err(error) => {
                let text = error.to_string();
                assert!(!opens, "{text}");
                assert!(
                    text.ends_with("sealed with key 1 of shard 1 from sequence 2: it was moved"),
                    "{text}"
                );
            }
        }
    }
}

#[test]
fn what_waits_for_its_block_when_the_key_goes_is_never_sealed_with_another() {
    let (store, veil) = (Store::memory(), Arc::new(Paper::default()));
    let archive = veiled(&store, &veil);
    fill(&archive, 0..3);
    veil.erase(&tenant(1));
    let covers = |archive: &Archive, number| -> Vec<Cover> {
        let found = all(archive, &Key::Tenant(tenant(number)));
        found.iter().map(|found| found.cover).collect()
    };
    assert_eq!(covers(&archive, 1), [Cover::Erased(THEN); 3]);
    archive.seal(0).unwrap().unwrap();
    for archive in [archive, veiled(&store, &veil)] {
        assert_eq!(covers(&archive, 1), [Cover::Erased(THEN); 3]);
        assert_eq!(covers(&archive, 2), [Cover::Opened; 3], "the control");
    }
    assert_eq!(veil.keys.lock().of.len(), 2, "no key was made for him");
    let report = verify(&store, None, &mut |_, _| ()).unwrap();
    assert_eq!((report.faults, report.sealed), (vec![], 9));
}

#[test]
fn entries_of_one_tenant_are_sealed_together_and_each_is_found_by_its_own_key() {
    let (store, veil) = (Store::memory(), Arc::new(Paper::default()));
    let archive = veiled(&store, &veil);
    let mut second = record(2, 5);
    second.head.tenant = tenant(1).tenant;
    archive
        .append(&batch(vec![record(1, 1), second.clone(), record(3, 2)]), 0)
        .unwrap();
    archive.seal(0).unwrap().unwrap();
    let block = archive.volumes()[0].segments[0].blocks[0].clone();
    assert_eq!(block.entries, 3);
    let found = all(&archive, &Key::Tenant(tenant(1)));
    let sequences: Vec<u64> = found.iter().map(|found| found.head.sequence).collect();
    assert_eq!(sequences, [2, 1]);
    let found = all(&archive, &Key::Notification(id(5)));
    assert_eq!(
        (&found[0].head, &found[0].body),
        (&second.head, &second.body)
    );
    assert_eq!(found.len(), 1);
}

#[test]
fn what_is_common_to_many_is_stored_once_and_nothing_of_one_is_in_it() {
    let (store, veil) = (Store::memory(), Arc::new(Paper::default()));
    let archive = veiled(&store, &veil);
    fill(&archive, 0..400);
    archive.seal(0).unwrap().unwrap();
    let block = archive.volumes()[0].segments[0].blocks[0].clone();
    assert!(block.common > 0 && block.entries == 1_200, "{block:?}");
    for key in [0, 399].into_iter().flat_map(keys) {
        let found = all(&veiled(&store, &veil), &key);
        assert_eq!(found, all(&archive, &key));
        assert!(found.len() >= 2 && found.iter().all(|found| found.cover == Cover::Opened));
    }
    let report = verify(&store, Some(archive.tip()), &mut |_, _| ()).unwrap();
    assert_eq!((report.faults, report.sealed), (vec![], 1_200));
}

#[test]
fn a_hash_of_what_left_comes_back_with_it() {
    let archive = veiled(&Store::memory(), &Arc::default());
    fill(&archive, 0..1);
    let found = all(&archive, &Key::Notification(id(0)));
    let output = found[0].head.output.as_ref().unwrap();
    assert_eq!(output.hash, Hash::of(&found[0].body));
}
