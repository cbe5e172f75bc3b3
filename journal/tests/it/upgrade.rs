//! A directory of the format before this one: it opens with everything in it and is of this format
//! from then on. `tests/format-3` was written by the program that had it, and stays as it is. (The
//! engine wrote no checkpoints then.)

use std::path::Path;

use sluis_journal::{DiskJournal, Journal, Options, Repaired, Sequence, Shard, inspect};

use crate::support::{SHARDS, Settle, append, copy, options, replayed};

fn old() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    copy(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/format-3"),
        dir.path(),
    );
    dir
}

fn check(journal: &DiskJournal) {
    for number in 1..12_u16 {
        let (shard, sequence) = (
            Shard(number % SHARDS),
            Sequence(u64::from(number / SHARDS) + 1),
        );
        let record = journal.read(shard, sequence).expect("read");
        let expected = format!("record {number} as format 3 wrote it").into_bytes();
        assert_eq!(
            record,
            Some(expected).filter(|_| shard != Shard(0) || sequence > Sequence(1)),
            "record {number}"
        );
    }
    assert_eq!(
        journal.read(Shard(1), Sequence(4)).expect("read"),
        Some(vec![7; 3000])
    );
    assert_eq!(
        journal.first(Shard(0)),
        Sequence(2),
        "what was trimmed stays trimmed"
    );
    assert_eq!(
        journal.get_definition([3; 16]).expect("read").as_deref(),
        Some(&b"a definition of format 3"[..])
    );
}

#[test]
fn an_old_directory_opens_with_everything_and_is_of_this_format_then() {
    let dir = old();
    assert!(
        inspect(dir.path()).expect("inspected").defects.is_empty(),
        "a look changes nothing and finds nothing wrong"
    );
    let (journal, report) = DiskJournal::open(dir.path(), options()).expect("opened");
    assert!(report.repairs.is_empty(), "{:?}", report.repairs);
    check(&journal);
    assert_eq!(
        journal.table_applied(Shard(1)),
        Sequence::ZERO,
        "its table had no proof: the shards fill it from the log"
    );
    append(&journal, 1, &[b"a new one"]);
    journal.settle();
    drop(journal);
    assert!(!dir.path().join("trim").exists() && dir.path().join("manifest").exists());
    let (journal, report) = DiskJournal::open(dir.path(), options()).expect("opened again");
    assert!(report.repairs.is_empty(), "{:?}", report.repairs);
    check(&journal);
    assert_eq!(replayed(&journal, 1, 5), [(5, b"a new one".to_vec())]);
}

/// The manifest is written first, `meta` last: what is there after a cut between the two is still
/// of the old format.
#[test]
fn an_upgrade_that_was_cut_short_is_done_again() {
    let (dir, done) = (old(), old());
    drop(DiskJournal::open(done.path(), options()).expect("upgraded"));
    std::fs::copy(done.path().join("manifest"), dir.path().join("manifest")).expect("copied");
    let (journal, _) = DiskJournal::open(dir.path(), options()).expect("opened");
    check(&journal);
}

#[test]
fn an_old_directory_whose_log_lost_its_start_is_refused_and_its_log_is_kept() {
    let dir = old();
    let log = dir.path().join("gen-00000001/log");
    let bytes = std::fs::read(&log).expect("read");
    std::fs::remove_file(dir.path().join("gen-00000001/start")).expect("removed");
    let error = DiskJournal::open(dir.path(), options())
        .err()
        .expect("refused");
    assert!(
        error
            .to_string()
            .contains("gen-00000001/start is missing: restore"),
        "{error}"
    );
    assert!(std::fs::read(&log).expect("still there") == bytes);
}

/// A newer one than both is refused with the way out.
#[test]
fn a_format_that_nobody_knows_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let (journal, report) = DiskJournal::open(
        dir.path(),
        Options {
            room_bytes: 0,
            ..options()
        },
    )
    .expect("made");
    assert!(
        report.created
            && !report
                .repairs
                .iter()
                .any(|repair| repair.what == Repaired::Meta)
    );
    drop(journal);
    let mut meta = [99_u16.to_le_bytes(), SHARDS.to_le_bytes()].concat();
    meta.extend_from_slice(&[0; 8]);
    meta.extend_from_slice(&crc32c::crc32c(&meta).to_le_bytes());
    std::fs::write(dir.path().join("meta"), meta).expect("written");
    let error = DiskJournal::open(dir.path(), options())
        .err()
        .expect("refused");
    assert!(error.to_string().contains("has format 99"), "{error}");
}

/// A manifest of a newer program is not taken for a damaged one, which would be made again.
#[test]
fn a_manifest_of_a_newer_program_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().expect("a directory");
    drop(DiskJournal::open(dir.path(), options()).expect("made"));
    let path = dir.path().join("manifest");
    let mut manifest = std::fs::read(&path).expect("read");
    let end = manifest.len() - 4;
    manifest[0] += 1;
    let checksum = crc32c::crc32c(&manifest[..end]).to_le_bytes();
    manifest[end..].copy_from_slice(&checksum);
    std::fs::write(&path, &manifest).expect("written");
    let error = DiskJournal::open(dir.path(), options()).err();
    let error = error.expect("refused").to_string();
    assert!(error.contains("manifest has format 2"), "{error}");
    assert!(std::fs::read(&path).expect("still there") == manifest);
}
