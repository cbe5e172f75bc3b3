//! Where a copy may not be, and what is said of a place that holds none. Nothing is copied here.

use std::fs;

use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
enum Asked {
    Backup(BackupArgs),
    Restore(RestoreArgs),
}

/// A directory that looks like a data directory, one that looks like a copy, and places beside them.
struct World(tempfile::TempDir);

impl World {
    fn new() -> Self {
        let world = Self(tempfile::tempdir().unwrap());
        for made in ["data/journal", "staging", "store", "elsewhere"] {
            fs::create_dir_all(world.path(made)).unwrap();
        }
        world.copy("copy");
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn copy(&self, name: &str) {
        fs::create_dir_all(self.path(name)).unwrap();
        let note = r#"{"whole": true, "at": "2026-03-01T12:00:00Z", "version": "1", "lasts": [1]}"#;
        fs::write(self.path(name).join("backup.json"), note).unwrap();
    }

    /// What the command says when it refuses. `@` stands for the directory of this world.
    fn refused(&self, words: &str) -> String {
        let root = self.0.path().display().to_string();
        let words = words.split(' ').map(|word| word.replace('@', &root));
        let reply = match Asked::try_parse_from(["sluis".to_owned()].into_iter().chain(words)) {
            Ok(Asked::Backup(args)) => backup(&args, &BTreeMap::new()),
            Ok(Asked::Restore(args)) => restored(&args, &BTreeMap::new()),
            Err(error) => panic!("{error}"),
        };
        assert_eq!((reply.code, reply.out.as_str()), (1, ""), "{}", reply.err);
        reply.err
    }
}

#[test]
fn a_copy_and_what_is_copied_are_never_in_each_other() {
    let world = World::new();
    let link = world.path("link");
    std::os::unix::fs::symlink(world.path("data"), link).unwrap();
    for words in [
        "backup --data-dir @/data --to @/data/copy",
        "backup --data-dir @/data --to @/data",
        "backup --data-dir @/data --to @",
        "backup --data-dir @/data --to @/link/copy",
        "backup --data-dir @/data --archive @/elsewhere --to @/elsewhere/copy",
        "backup --data-dir @/data --to file://@/data/store --staging @/staging",
        "backup --data-dir @/data --to file://@/store --staging @/data/staging",
        "backup --data-dir @/data --to file://@/staging/store --staging @/staging",
        "backup --data-dir @/data --to file://@/store --staging @/store/staging",
        "backup --data-dir @/data --archive @/elsewhere --to file://@/elsewhere/store --staging @/staging",
        "restore --from @/copy --to @/copy/data",
        "restore --from @/copy --to @",
        "restore --from file://@/store --to @/store/data",
    ] {
        let said = world.refused(words);
        assert!(said.contains("must not be in"), "{words}: {said}");
    }
    for made in [
        "data/copy",
        "data/store",
        "staging/store",
        "copy/data",
        "store/data",
    ] {
        assert!(!world.path(made).exists(), "{made} was made");
    }
}

#[test]
fn a_place_that_holds_none_is_told_with_what_it_holds() {
    let world = World::new();
    fs::create_dir_all(world.path("stored/copies")).unwrap();
    fs::create_dir_all(world.path("stored/pieces")).unwrap();
    fs::create_dir_all(world.path("volume/lost+found")).unwrap();
    fs::create_dir_all(world.path("torn")).unwrap();
    fs::write(world.path("torn/backup.json"), "").unwrap();
    for (words, hint) in [
        (
            "backup --data-dir @/nowhere --to @/new",
            "look whether the path is that of engine.data_dir",
        ),
        (
            "backup --data-dir @/copy --to @/new",
            "look whether the path is that of engine.data_dir",
        ),
        (
            "restore --from @/elsewhere --to @/new",
            "look whether the path is that of a copy",
        ),
        (
            "restore --from @/stored --to @/new",
            "give its address: --from file:///DIRECTORY",
        ),
        (
            "restore --from file://@/copy --to @/new",
            "give its path without `file://`",
        ),
        ("restore --from @/torn --to @/new", "take another copy"),
        (
            "restore --from @/copy --to @/volume",
            "choose a directory below it",
        ),
        (
            "restore --from @/copy --to @/stored",
            "is not empty, it has ",
        ),
    ] {
        let said = world.refused(words);
        assert!(said.contains(hint), "{words}: {said}");
    }
    assert!(!world.path("new").exists());
}
