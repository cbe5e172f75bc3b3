//! Copies in objects, of directories that look like copies to whoever stores them. What an engine makes
//! of them is tried in `tests/it/backup.rs`.

use std::fs;

use sluis_archive::Store;

use super::*;
use crate::backup::write_note;

/// A directory with a copy, and a place for objects.
struct World {
    dir: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let world = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        make_dir(&world.copy()).unwrap();
        world.write(SECRET, b"the secret of an engine");
        world.write("journal/gen-00000001/log", b"the first records");
        world.write("archive/volumes/0000000001/manifest.json", b"{}");
        world.write("keys", b"key of H-1, key of H-2");
        world.note(1);
        world
    }

    fn copy(&self) -> PathBuf {
        self.dir.path().join("copy")
    }

    fn objects(&self) -> PathBuf {
        self.dir.path().join("objects")
    }

    fn shelf(&self) -> Shelf {
        Shelf::on(Store::directory(self.objects()).unwrap())
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.copy().join(path);
        make_dir(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// What the copy says of itself: how far it goes tells one from the other.
    fn note(&self, last: u64) {
        let note = Note {
            whole: true,
            at: "2026-03-01T12:00:00Z".to_owned(),
            version: "1".to_owned(),
            lasts: vec![last],
        };
        write_note(&self.copy(), &note).unwrap();
    }

    fn send(&self) -> anyhow::Result<Sent> {
        send(&self.copy(), &self.shelf())
    }

    /// The copy goes on: a new generation, and a key was destroyed.
    fn go_on(&self) {
        self.write("journal/gen-00000002/log", b"later records");
        self.write("keys", b"key of H-1, destroyed.");
        self.note(2);
    }

    /// What the newest copy puts back, by path; how far it goes.
    fn fetched(&self) -> anyhow::Result<(BTreeMap<String, Vec<u8>>, u64)> {
        let (shelf, to) = (self.shelf(), self.dir.path().join("back"));
        let (_, listing) = Listing::newest(&shelf)?.context("a copy")?;
        let _ = fs::remove_dir_all(&to);
        make_dir(&to)?;
        fetch_files(&shelf, &listing, &to)?;
        let read = |path: String| (path.clone(), fs::read(to.join(path)).unwrap());
        let files = files_below(&to)?.into_iter().map(read).collect();
        Ok((files, listing.note.lasts[0]))
    }

    /// The files of the copy, as they should come back.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let paths = files_below(&self.copy()).unwrap().into_iter();
        paths
            .filter(|path| path != NOTE)
            .map(|path| (path.clone(), fs::read(self.copy().join(path)).unwrap()))
            .collect()
    }
}

fn why<T: std::fmt::Debug>(result: anyhow::Result<T>) -> String {
    format!("{:#}", result.unwrap_err())
}

/// Whether some object has these bytes in it.
fn holds(dir: &Path, needle: &[u8]) -> bool {
    files_below(dir).unwrap().iter().any(|path| {
        let bytes = fs::read(dir.join(path)).unwrap();
        bytes.windows(needle.len()).any(|window| window == needle)
    })
}

#[test]
fn what_is_stored_comes_back_and_the_next_run_stores_only_what_is_new() {
    let world = World::new();
    let first = world.send().unwrap();
    assert_eq!((first.number, first.files, first.kept_bytes), (1, 4, 0));
    assert_eq!(world.fetched().unwrap(), (world.files(), 1));
    let again = world.send().unwrap();
    assert_eq!((again.number, again.sent_bytes), (2, 0));
    assert_eq!(again.kept_bytes, first.sent_bytes);

    world.go_on();
    let third = world.send().unwrap();
    assert_eq!(
        third.sent_bytes,
        13 + 22,
        "the new log and the file of keys"
    );
    assert_eq!(world.fetched().unwrap(), (world.files(), 2));
    assert_eq!(third.undeleted, None);
}

#[test]
fn a_key_that_was_destroyed_goes_from_the_objects_too() {
    let world = World::new();
    world.send().unwrap();
    assert!(holds(&world.objects(), b"key of H-2"), "the control");
    world.go_on();
    world.send().unwrap();
    assert!(!holds(&world.objects(), b"key of H-2"));
    assert_eq!(numbers(&world.shelf()).unwrap().len(), 1);
}

/// A run may be killed behind each object that it stores and each that it removes. What is there then is
/// what was there before it, and the first objects of what it stores.
#[test]
fn wherever_a_run_is_killed_a_whole_copy_is_there() {
    let world = World::new();
    world.send().unwrap();
    let before = world.fetched().unwrap();
    let old = world.dir.path().join("old");
    fs::rename(world.objects(), &old).unwrap();
    crate::backup::copy_tree(&old, &world.objects(), "").unwrap();
    world.go_on();
    world.send().unwrap();
    let after = world.fetched().unwrap();
    assert_ne!(before, after);
    let new = world.dir.path().join("new");
    fs::rename(world.objects(), &new).unwrap();
    let was_there = files_below(&old).unwrap();
    let is_new = |path: &String| !was_there.contains(path);
    // The listing is stored behind all pieces.
    let (listings, pieces): (Vec<_>, Vec<_>) = files_below(&new)
        .unwrap()
        .into_iter()
        .filter(is_new)
        .partition(|path| path.starts_with("copies"));
    let stored: Vec<String> = pieces.into_iter().chain(listings).collect();
    assert_eq!(stored.len(), 3);
    for killed_behind in 0..=stored.len() {
        crate::backup::copy_tree(&old, &world.objects(), "").unwrap();
        for path in &stored[..killed_behind] {
            fs::copy(new.join(path), world.objects().join(path)).unwrap();
        }
        let expected = match killed_behind == stored.len() {
            true => &after,
            false => &before,
        };
        assert_eq!(world.fetched().unwrap(), *expected, "{killed_behind}");
        // The next run mends it, and leaves nothing behind.
        world.send().unwrap();
        assert_eq!(world.fetched().unwrap(), after);
        let left = files_below(&world.objects()).unwrap().len();
        assert_eq!(left, files_below(&new).unwrap().len());
        fs::remove_dir_all(world.objects()).unwrap();
    }
}

#[test]
fn a_piece_that_is_damaged_or_missing_is_named() {
    let world = World::new();
    world.send().unwrap();
    let pieces = world.objects().join(PIECES);
    let log = pieces.join(Hash::of(b"the first records").to_string());
    fs::write(&log, b"the first recordS").unwrap();
    let said = why(world.fetched());
    assert!(
        said.contains("a part of journal/gen-00000001/log: is damaged"),
        "{said}"
    );
    fs::remove_file(&log).unwrap();
    let said = why(world.fetched());
    assert!(said.contains("is missing"), "{said}");
}

#[test]
fn what_never_changes_and_has_changed_leaves_the_copy_before_whole() {
    for path in [
        "journal/gen-00000001/log",
        "archive/volumes/0000000001/manifest.json",
    ] {
        let world = World::new();
        world.go_on();
        world.send().unwrap();
        let before = world.fetched().unwrap();
        world.write(path, b"rotten bytes of the same kind");
        let said = why(world.send());
        assert!(said.contains("it never changes"), "{said}");
        assert_eq!(world.fetched().unwrap(), before);
    }
    // The newest generation does change.
    let world = World::new();
    world.send().unwrap();
    world.write("journal/gen-00000001/log", b"the first records and more");
    world.send().unwrap();
}

#[test]
fn the_copy_of_another_engine_and_a_copy_that_is_not_whole_are_refused() {
    let world = World::new();
    world.send().unwrap();
    let before = world.fetched().unwrap();
    world.write(SECRET, b"the secret of another one");
    let said = why(world.send());
    assert!(said.contains("of another engine"), "{said}");

    let world_2 = World::new();
    let note = Note {
        whole: false,
        ..whole_note(&world_2.copy()).unwrap().unwrap()
    };
    write_note(&world_2.copy(), &note).unwrap();
    let said = why(world_2.send());
    assert!(said.contains("not whole"), "{said}");
    assert_eq!(world.fetched().unwrap(), before);
}

#[test]
fn a_second_run_on_the_same_copy_is_refused_while_the_first_is_busy() {
    let world = World::new();
    let busy = alone(&world.copy()).unwrap();
    let said = why(world.send());
    assert!(said.contains("another `sluis backup`"), "{said}");
    drop(busy);
    world.send().unwrap();
}

#[test]
fn a_listing_puts_nothing_outside_of_its_directory() {
    for path in ["../reference.key", "/etc/passwd", "journal/../../x", ""] {
        assert!(!is_below(path), "{path}");
    }
    assert!(is_below("journal/gen-00000001/log"));
}
