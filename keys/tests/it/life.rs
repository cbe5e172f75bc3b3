//! The life of keys: made, found again, wrapped anew, copied, destroyed.

use sluis_keys::{Found, KeyError, KeyId, KeyStore, StoreOptions, WrappingKeys, copy_keys};
use sluis_model::{CorporationId, TenantKey, Timestamp};

use super::support::{CutFile, ONE, open, seal, secret, tenant};

#[test]
fn a_tenant_has_one_key_and_finds_it_again_after_a_restart() {
    let file = CutFile::default();
    let store = file.open(&[secret(1)]);
    let sealed: Vec<_> = (0..100)
        .map(|number| seal(&store, &tenant(number), b"x"))
        .collect();
    let ids: std::collections::BTreeSet<_> = sealed.iter().map(|sealed| sealed.id).collect();
    assert_eq!(ids.len(), 100, "each has his own");
    assert_eq!(seal(&store, &tenant(7), b"y").id, sealed[7].id);
    store.sync().expect("synced");
    drop(store);

    let store = file.open(&[secret(1)]);
    assert_eq!(store.figures().tenants, 100);
    for (sealed, number) in sealed.iter().zip(0..) {
        assert_eq!(open(&store, sealed).as_deref(), Some(&b"x"[..]));
        assert_eq!(seal(&store, &tenant(number), b"z").id, sealed.id);
    }
}

#[test]
fn a_restart_makes_no_keys_while_enough_are_left() {
    let file = CutFile::default();
    let mut places = Vec::new();
    for number in 0..6 {
        let store = file.open(&[secret(1)]);
        store.tend().expect("tended");
        store.settle().expect("settled");
        seal(&store, &tenant(number), b"x");
        store.sync().expect("synced");
        places.push(store.figures().places);
    }
    assert_eq!(places, [8, 8, 8, 8, 8, 16]);
}

#[test]
fn a_corporation_without_a_key_is_not_sealed() {
    let store = CutFile::default().open(&[secret(1)]);
    let other = TenantKey::new(CorporationId(2), "H-1");
    assert!(store.sealing_key(&other).expect("asked").is_none());
    assert!(store.seals(ONE) && !store.seals(CorporationId(2)));
}

#[test]
fn after_a_destruction_nothing_opens_and_the_next_message_has_a_new_key() {
    let file = CutFile::default();
    let store = file.open(&[secret(1)]);
    let (gone, stays) = (
        seal(&store, &tenant(1), b"gone"),
        seal(&store, &tenant(2), b"stays"),
    );
    assert_eq!(
        open(&store, &gone).as_deref(),
        Some(&b"gone"[..]),
        "the control"
    );
    assert_eq!(
        store.erase(&tenant(1), Timestamp(99)).expect("destroyed"),
        1
    );
    assert_eq!(store.erase(&tenant(1), Timestamp(99)).expect("again"), 0);

    let again = seal(&store, &tenant(1), b"again");
    assert_ne!(again.id, gone.id);
    store.sync().expect("synced");
    for store in [store, file.open(&[secret(1)])] {
        assert_eq!(open(&store, &gone), None);
        assert!(matches!(
            store.opening_key(gone.id),
            Ok(Found::Erased(Timestamp(99)))
        ));
        assert_eq!(open(&store, &stays).as_deref(), Some(&b"stays"[..]));
        assert_eq!(open(&store, &again).as_deref(), Some(&b"again"[..]));
        assert_eq!(store.figures().erased, 1);
    }
}

#[test]
fn nothing_of_a_destroyed_key_or_of_its_owner_is_left_in_the_file() {
    let file = CutFile::default();
    let store = file.open(&[secret(1)]);
    let sealed = seal(&store, &tenant(1), b"x");
    store.sync().expect("synced");
    let before = file.bytes();
    let place = 512 + (sealed.id.0 as usize - 1) * 128;
    let (key, owner) = (&before[place + 16..place + 76], store.tag(&tenant(1)).0);
    let find = |needle: &[u8]| file.bytes().windows(needle.len()).any(|at| at == needle);
    assert!(find(key) && find(&owner), "the control");
    store.erase(&tenant(1), Timestamp(99)).expect("destroyed");
    store.sync().expect("what waited to be written is written");
    assert!(!find(key) && !find(&owner));
}

#[test]
fn a_changed_key_of_the_corporation_leaves_what_was_sealed_as_it_is() {
    let file = CutFile::default();
    let old = file.open(&[secret(1)]);
    let sealed: Vec<_> = (0..20)
        .map(|number| seal(&old, &tenant(number), b"x"))
        .collect();
    old.sync().expect("synced");
    drop(old);

    let error = file
        .try_open(&[secret(2)])
        .expect_err("the old one is needed");
    assert!(
        matches!(error, KeyError::Unwrappable { count: 24, .. }),
        "{error}"
    );
    let both = file.open(&[secret(2), secret(1)]);
    assert_eq!(both.figures().stale, 24);
    assert_eq!(both.rewrap().expect("wrapped anew").done, 24);
    assert_eq!(both.rewrap().expect("done").done, 0);
    drop(both);

    let new = file.open(&[secret(2)]);
    for sealed in &sealed {
        assert_eq!(open(&new, sealed).as_deref(), Some(&b"x"[..]));
    }
    drop(new);
    assert!(
        file.try_open(&[secret(1)]).is_err(),
        "the old one is of no use"
    );
}

#[test]
fn a_file_that_is_not_this_one_or_is_damaged_says_so() {
    let file = CutFile::default();
    let store = file.open(&[secret(1)]);
    let sealed = seal(&store, &tenant(1), b"x");
    store.sync().expect("synced");
    let missing = store.opening_key(KeyId(5_000)).expect_err("not there");
    assert!(matches!(missing, KeyError::Missing(KeyId(5_000))));
    drop(store);

    let place = 512 + (sealed.id.0 as usize - 1) * 128;
    let whole = file.bytes();
    file.change(|bytes| bytes[place + 20] ^= 1);
    let store = file.open(&[secret(1)]);
    assert_eq!(store.figures().damaged, 1);
    assert!(matches!(
        store.opening_key(sealed.id),
        Err(KeyError::Damaged(_))
    ));
    drop(store);

    // The wrapped key of another place, with its checksum.
    file.change(|bytes| {
        *bytes = whole.clone();
        let other = if place == 512 { 640 } else { 512 };
        bytes.copy_within(other..other + 80, place);
    });
    let store = file.open(&[secret(1)]);
    assert!(matches!(
        store.opening_key(sealed.id),
        Err(KeyError::Wrapped(_))
    ));
    drop(store);

    file.change(|bytes| bytes[3] ^= 1);
    assert!(matches!(
        file.try_open(&[secret(1)]),
        Err(KeyError::Header { .. })
    ));
}

#[test]
fn after_a_failed_write_nothing_is_given_out_any_more() {
    let file = CutFile::default();
    let store = file.open(&[secret(1)]);
    seal(&store, &tenant(1), b"x");
    file.fail();
    assert!(store.erase(&tenant(1), Timestamp(1)).is_err());
    assert!(matches!(store.sync(), Err(KeyError::Broken)));
}

#[test]
fn a_copy_is_brought_up_to_date_in_place_and_a_destroyed_key_goes_there_too() {
    let dir = tempfile::tempdir().expect("a directory");
    let (path, to) = (dir.path().join("keys"), dir.path().join("copy"));
    let keys = || WrappingKeys::default().with(ONE, &[secret(1)]);
    let options = StoreOptions::default();
    let store = KeyStore::open(&path, keys(), options).expect("made");
    let gone = seal(&store, &tenant(1), b"gone");
    let stays = seal(&store, &tenant(2), b"stays");
    store.sync().expect("synced");
    assert!(store.copy_to(&to).expect("copied") > 0);
    assert_eq!(store.copy_to(&to).expect("copied"), 0, "nothing changed");
    assert_eq!(
        std::fs::read(&to).expect("read"),
        std::fs::read(&path).expect("read")
    );

    let before = KeyStore::open(&to, keys(), options).expect("opened");
    assert!(open(&before, &gone).is_some(), "the control");
    drop(before);
    store.erase(&tenant(1), Timestamp(5)).expect("destroyed");
    assert_eq!(store.copy_to(&to).expect("copied"), 128, "one place");
    let copy = KeyStore::open(&to, keys(), options).expect("opened");
    assert_eq!(open(&copy, &gone), None);
    assert_eq!(open(&copy, &stays).as_deref(), Some(&b"stays"[..]));
    drop(copy);

    let other = KeyStore::open(&dir.path().join("other"), keys(), options).expect("made");
    assert!(matches!(other.copy_to(&to), Err(KeyError::Foreign(_))));
}

#[test]
fn copying_asks_only_to_read_the_original_and_makes_none() {
    let dir = tempfile::tempdir().expect("a directory");
    let (path, to) = (dir.path().join("keys"), dir.path().join("copy"));
    assert!(copy_keys(&path, &to).is_err());
    assert!(!path.exists(), "nothing was made where the keys should be");
}

#[test]
fn many_threads_give_a_tenant_one_key() {
    let store = CutFile::default().open(&[secret(1)]);
    let ids: Vec<Vec<KeyId>> = std::thread::scope(|scope| {
        let run = || {
            let id = |number| seal(&store, &tenant(number), b"x").id;
            (0..200).map(id).collect()
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, _>| thread.join().expect("it ends");
        threads.into_iter().map(join).collect()
    });
    assert!(ids.iter().all(|of| *of == ids[0]));
    assert_eq!(store.figures().tenants, 200);
}
