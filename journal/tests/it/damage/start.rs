//! What a start finds beside the records: leftovers, another process, rights, another configuration.

use std::path::{Path, PathBuf};

use sluis_journal::{DiskJournal, JournalError, Options, inspect};

use super::parts::{fill_generations, refusal, three_groups};
use crate::support::{SHARDS, Settle, append, open, options, replayed};

#[test]
fn leftovers_of_a_killed_process_do_not_stop_the_start() {
    let dir = tempfile::tempdir().expect("a directory");
    three_groups(dir.path());
    let leftovers = [
        dir.path().join("table/snap.00000000FFFFFFFF.generating"),
        dir.path()
            .join("checkpoints/00001-00000000000000000002.ckpt.tmp"),
        dir.path().join("trim.tmp"),
    ];
    for leftover in &leftovers {
        std::fs::write(leftover, b"half").expect("written");
    }
    std::fs::create_dir(dir.path().join("gen-00000002"))
        .expect("a generation whose making was interrupted");
    std::fs::create_dir(dir.path().join("gen-00000000.dead"))
        .expect("a generation whose removal was interrupted");
    let (journal, report) = DiskJournal::open(dir.path(), options()).expect("opened");
    assert_eq!((report.removed.len(), report.generations), (5, 1));
    assert!(leftovers.iter().all(|leftover| !leftover.exists()));
    assert_eq!(replayed(&journal, 1, 1).len(), 3);
}

#[test]
fn a_second_start_is_refused_and_says_where() {
    let dir = tempfile::tempdir().expect("a directory");
    let journal = open(dir.path());
    let error = refusal(dir.path(), options());
    assert!(matches!(error, JournalError::Locked { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains(&dir.path().display().to_string())
    );
    drop(journal);
    open(dir.path());
}

#[test]
fn a_removed_lock_file_lets_nobody_in() {
    let dir = tempfile::tempdir().expect("a directory");
    let journal = open(dir.path());
    std::fs::remove_file(dir.path().join("lock")).expect("removed");
    assert!(matches!(
        refusal(dir.path(), options()),
        JournalError::Locked { .. }
    ));
    assert!(matches!(
        inspect(dir.path()).err(),
        Some(JournalError::Locked { .. })
    ));
    append(&journal, 0, &[b"it goes on"]);
    journal.settle();
    drop(journal);
    assert_eq!(replayed(&open(dir.path()), 0, 1).len(), 1);
}

#[test]
fn nobody_else_may_read_what_is_made_and_what_came_from_elsewhere() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("journal");
    fill_generations(&open(&path), 2);
    let open_to_others = |path: &Path| {
        let mut found = Vec::new();
        let mut dirs = vec![path.to_owned()];
        while let Some(dir) = dirs.pop() {
            for entry in std::fs::read_dir(&dir).expect("listed").flatten() {
                let mode = entry.metadata().expect("known").permissions().mode();
                if mode & 0o077 != 0 {
                    found.push(entry.path());
                }
                if entry.path().is_dir() {
                    dirs.push(entry.path());
                }
            }
        }
        found
    };
    assert_eq!(open_to_others(dir.path()), Vec::<PathBuf>::new());
    let changed = [
        path.join("gen-00000001"),
        path.join("gen-00000001/log"),
        path.join("meta"),
    ];
    for changed in &changed {
        let mode = if changed.is_dir() { 0o755 } else { 0o644 };
        std::fs::set_permissions(changed, std::fs::Permissions::from_mode(mode)).expect("changed");
    }
    assert_eq!(open_to_others(dir.path()).len(), 3, "the control");
    let (_journal, report) = DiskJournal::open(&path, options()).expect("opened");
    assert_eq!(
        (report.made_private, open_to_others(dir.path())),
        (3, Vec::new())
    );
}

#[test]
fn another_number_of_shards_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    open(dir.path());
    let error = refusal(
        dir.path(),
        Options {
            shards: SHARDS + 1,
            ..options()
        },
    );
    assert!(
        matches!(
            error,
            JournalError::ShardCount {
                stored: SHARDS,
                configured: 5,
                ..
            }
        ),
        "{error}"
    );
}
