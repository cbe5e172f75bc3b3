//! Whatever is done to an archive behind its back, the check names it with its place. Each test does
//! one thing to a whole archive; the control is that the whole archive has no fault.

use std::fs;
use std::path::{Path, PathBuf};

use sluis_archive::{Hash, Manifest, Report, Store, Tip, verify};

use super::world::{fill, filled, open};

/// An archive of five volumes in a directory.
struct Stage {
    folder: tempfile::TempDir,
    store: Store,
    tip: Tip,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::directory(folder.path()).unwrap();
        let tip = filled(&store, 5, 20).tip();
        let stage = Self { folder, store, tip };
        let report = stage.check();
        assert_eq!(report.faults, [], "control: nothing was done to it");
        assert_eq!(
            (report.volumes, report.entries, report.proven),
            (5, 300, 100)
        );
        assert_eq!((report.unproven, report.tip), (0, Some(tip)));
        stage
    }

    fn check(&self) -> Report {
        verify(&self.store, Some(self.tip), &mut |_, _| ()).unwrap()
    }

    fn path(&self, volume: u64, object: &str) -> PathBuf {
        let folder = self.folder.path().join("volumes");
        folder.join(format!("{volume:010}")).join(object)
    }

    fn manifest(&self, volume: u64) -> Manifest {
        let bytes = fs::read(self.path(volume, "manifest.json")).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    /// Places and texts of what is wrong.
    fn faults(&self) -> Vec<(String, String)> {
        let faults = self.check().faults.into_iter();
        faults.map(|fault| (fault.place, fault.what)).collect()
    }

    #[track_caller]
    fn assert_only(&self, place: &str, what: &str) {
        let faults = self.faults();
        let is_it = |fault: &(String, String)| fault.0.starts_with(place) && fault.1.contains(what);
        assert!(
            faults.len() == 1 && is_it(&faults[0]),
            "expected one fault at {place} that says {what:?}: {faults:#?}"
        );
    }
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn every_flipped_byte_of_every_object_is_named_with_its_place() {
    let stage = Stage::new();
    for object in ["manifest.json", "index", "0000.blocks"] {
        let path = stage.path(3, object);
        let whole = fs::read(&path).unwrap();
        for at in (0..whole.len()).step_by(7) {
            flip(&path, at);
            let faults = stage.faults();
            assert!(
                faults
                    .iter()
                    .any(|fault| fault.0.contains(&format!("0000000003/{object}"))),
                "{object}, byte {at}: {faults:?}"
            );
            fs::write(&path, &whole).unwrap();
        }
    }
    assert_eq!(stage.faults(), [], "it is whole again");
}

#[test]
fn a_flipped_byte_is_named_with_its_block_only() {
    let stage = Stage::new();
    flip(&stage.path(2, "0000.blocks"), 100);
    stage.assert_only(
        "volumes/0000000002/0000.blocks, block at bytes 0 to",
        "its hash is",
    );
}

#[test]
fn a_removed_volume_is_named() {
    let stage = Stage::new();
    fs::remove_dir_all(stage.path(3, "")).unwrap();
    stage.assert_only("volumes/0000000003/manifest.json", "removed");
}

#[test]
fn a_removed_newest_volume_is_named_by_who_knows_the_tip() {
    let stage = Stage::new();
    fs::remove_dir_all(stage.path(5, "")).unwrap();
    stage.assert_only("volumes/0000000005/manifest.json", "removed");
    let unknowing = verify(&stage.store, None, &mut |_, _| ()).unwrap();
    assert_eq!(unknowing.faults, [], "control: nothing else can tell");
}

#[test]
fn every_removed_object_is_named() {
    for object in ["manifest.json", "index", "0000.blocks"] {
        let stage = Stage::new();
        fs::remove_file(stage.path(4, object)).unwrap();
        stage.assert_only(&format!("volumes/0000000004/{object}"), "removed");
    }
}

#[test]
fn swapped_volumes_are_named() {
    let stage = Stage::new();
    let (two, three, aside) = (stage.path(2, ""), stage.path(3, ""), stage.path(9, ""));
    fs::rename(&two, &aside).unwrap();
    fs::rename(&three, &two).unwrap();
    fs::rename(&aside, &three).unwrap();
    let faults = stage.faults();
    let expected = [(2, 3), (3, 2)].map(|(at, of)| {
        (
            format!("volumes/{at:010}/manifest.json"),
            format!("it is that of volume {of}"),
        )
    });
    assert_eq!(faults, expected);
}

#[test]
fn swapped_blocks_are_named() {
    let stage = Stage::new();
    let (two, three) = (stage.path(2, "0000.blocks"), stage.path(3, "0000.blocks"));
    let bytes = fs::read(&two).unwrap();
    fs::copy(&three, &two).unwrap();
    fs::write(&three, bytes).unwrap();
    let places: Vec<_> = stage.faults().into_iter().map(|fault| fault.0).collect();
    for volume in [2, 3] {
        let place = format!("volumes/{volume:010}/0000.blocks");
        assert!(places.iter().any(|at| at.starts_with(&place)), "{places:?}");
    }
}

#[test]
fn a_truncated_object_is_named() {
    for object in ["manifest.json", "index", "0000.blocks"] {
        let stage = Stage::new();
        let path = stage.path(2, object);
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 9]).unwrap();
        let faults = stage.faults();
        let place = format!("volumes/0000000002/{object}");
        assert!(!faults.is_empty(), "{object}");
        assert!(
            faults.iter().all(|fault| fault.0.starts_with(&place)),
            "{faults:?}"
        );
    }
}

#[test]
fn an_emptied_manifest_is_named() {
    let stage = Stage::new();
    fs::write(stage.path(3, "manifest.json"), b"").unwrap();
    stage.assert_only("volumes/0000000003/manifest.json", "empty");
}

#[test]
fn what_was_added_is_named() {
    let stage = Stage::new();
    fs::write(stage.path(3, "0001.blocks"), b"more").unwrap();
    stage.assert_only("volumes/0000000003/0001.blocks", "put there afterwards");
    fs::remove_file(stage.path(3, "0001.blocks")).unwrap();
    let path = stage.path(3, "0000.blocks");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, [bytes, b"more".to_vec()].concat()).unwrap();
    let faults = stage.faults();
    assert!(
        faults
            .iter()
            .any(|fault| fault.1.contains("something was added")),
        "{faults:?}"
    );
}

/// Seals a volume again with everything in it consistent, as somebody would who wants one mail gone.
fn sign_again(stage: &Stage, volume: u64) {
    let other = tempfile::tempdir().unwrap();
    let store = Store::directory(other.path()).unwrap();
    let archive = open(&store);
    super::world::fill(&archive, 500..520);
    archive.seal(0).unwrap().unwrap();
    let from = other.path().join("volumes/0000000001");
    for object in ["index", "0000.blocks"] {
        fs::copy(from.join(object), stage.path(volume, object)).unwrap();
    }
    let forged: Manifest =
        serde_json::from_slice(&fs::read(from.join("manifest.json")).unwrap()).unwrap();
    let honest = stage.manifest(volume);
    let forged = Manifest {
        segments: forged.segments,
        index: forged.index,
        entries: forged.entries,
        ..honest
    };
    let bytes = serde_json::to_vec_pretty(&forged).unwrap();
    fs::write(stage.path(volume, "manifest.json"), bytes).unwrap();
}

#[test]
fn a_volume_that_was_sealed_again_is_named_by_the_one_behind_it() {
    let stage = Stage::new();
    sign_again(&stage, 3);
    stage.assert_only("volumes/0000000003/manifest.json", "sealed again");
    let unknowing = verify(&stage.store, None, &mut |_, _| ()).unwrap();
    assert_eq!(unknowing.faults.len(), 1, "the chain alone tells");
}

#[test]
fn the_newest_volume_sealed_again_is_named_by_who_knows_the_tip() {
    let stage = Stage::new();
    sign_again(&stage, 5);
    stage.assert_only("volumes/0000000005/manifest.json", "sealed again");
    let unknowing = verify(&stage.store, None, &mut |_, _| ()).unwrap();
    assert_eq!(unknowing.faults, [], "control: nothing else can tell");
}

#[test]
fn the_whole_chain_sealed_again_is_named_by_who_knows_any_of_its_ends() {
    let mut stage = Stage::new();
    stage.tip = Tip {
        volume: 2,
        hash: Hash::of(&fs::read(stage.path(2, "manifest.json")).unwrap()),
    };
    assert_eq!(stage.faults(), [], "control");
    stage.tip.hash = Hash::of(b"another");
    stage.assert_only("volumes/0000000002/manifest.json", "published");
}

#[test]
fn nothing_is_sealed_where_the_newest_volume_is_not_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::directory(folder.path()).unwrap();
    let archive = filled(&store, 2, 10);
    fill(&archive, 20..25);
    let [there, away] = ["volumes", "away"].map(|name| folder.path().join(name));
    // As when its disk is taken away: what is left is the directory on which it was mounted.
    fs::rename(&there, &away).unwrap();
    let error = archive.seal(3).unwrap_err().to_string();
    assert!(error.contains("is its disk mounted?"), "{error}");
    assert!(!there.exists(), "nothing was written");
    fs::rename(&away, &there).unwrap();
    assert_eq!(archive.seal(3).unwrap().unwrap().tip.volume, 3);
    let report = verify(&store, Some(archive.tip()), &mut |_, _| ()).unwrap();
    assert_eq!(report.faults, []);
    // As when another engine seals here: what it wrote is not gone on with.
    fs::write(there.join("0000000003/manifest.json"), "{}").unwrap();
    fill(&archive, 25..30);
    let error = archive.seal(4).unwrap_err().to_string();
    assert!(error.contains("another engine"), "{error}");
}

#[test]
fn a_damaged_archive_is_not_read_from() {
    let stage = Stage::new();
    flip(&stage.path(2, "0000.blocks"), 100);
    let archive = open(&stage.store);
    let key = sluis_archive::Key::Notification(super::world::id(25));
    let read = archive.find(&key, |_| true, &mut |_| std::ops::ControlFlow::Continue(()));
    let text = read.unwrap_err().to_string();
    assert!(text.contains("0000000002/0000.blocks"), "{text}");
    fs::write(stage.path(3, "manifest.json"), b"").unwrap();
    let error = sluis_archive::Archive::open(stage.store, 2, super::world::NEVER).unwrap_err();
    assert!(
        error.to_string().contains("0000000003/manifest.json"),
        "{error}"
    );
}
