//! Owns the golden files: what was once written is read as it was meant.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use sluis_model::Record;
use sluis_model::codec::RECORD_VERSION;

use crate::samples::{encoded, samples, samples_of};

/// How many golden files each older version has, beginning with version 1. They are never changed,
/// and none is added or removed.
const FILES: [usize; 5] = [35, 38, 40, 48, 51];

/// Set it to write the golden files anew: only together with a new record version, or for a record
/// that is new.
const REGENERATE: &str = "SLUIS_REGENERATE_GOLDEN";

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Lines of 64 hex digits, so that a change shows where it is.
fn hex(bytes: &[u8]) -> String {
    bytes
        .chunks(32)
        .map(|line| data_encoding::HEXLOWER.encode(line) + "\n")
        .collect()
}

fn unhex(text: &str) -> Vec<u8> {
    data_encoding::HEXLOWER
        .decode(text.replace(['\n', '\r'], "").as_bytes())
        .expect("a golden file holds hex digits")
}

fn golden(version: u8, name: &str) -> Vec<u8> {
    let path = folder().join(format!("record-v{version}-{name}.hex"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; for a record that is new, write it with {REGENERATE}=1",
            path.display()
        )
    });
    unhex(&text)
}

/// Names of the golden files of a version.
fn files(version: u8) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder()).expect("the golden files");
    let names = entries.map(|entry| {
        entry
            .expect("an entry")
            .file_name()
            .to_string_lossy()
            .into_owned()
    });
    let of = |name: String| {
        Some(
            name.strip_prefix(&format!("record-v{version}-"))?
                .strip_suffix(".hex")?
                .to_owned(),
        )
    };
    names.filter_map(of).collect()
}

#[test]
fn what_was_written_once_is_read_as_it_was_meant_and_written_the_same_again() {
    for (name, expected) in samples() {
        let ours = encoded(&expected);
        if std::env::var_os(REGENERATE).is_some() {
            let path = folder().join(format!("record-v{RECORD_VERSION}-{name}.hex"));
            std::fs::write(&path, hex(&ours)).expect("the golden file can be written");
        }
        let golden = golden(RECORD_VERSION, &name);
        let change = format!(
            "{name}: the format of records changed. Data directories hold the old bytes: keep version {RECORD_VERSION} readable \
             and raise RECORD_VERSION; never regenerate a golden file that a release wrote"
        );
        assert_eq!(Record::decode(&golden).as_ref(), Ok(&expected), "{change}");
        assert_eq!(hex(&ours), hex(&golden), "{change}");
    }
}

#[test]
fn what_older_versions_wrote_is_read_as_it_was_meant() {
    for (version, files_then) in (1..).zip(FILES) {
        let names = files(version);
        assert_eq!(names.len(), files_then, "version {version}");
        let samples: BTreeMap<String, Record> = samples_of(version).into_iter().collect();
        for name in names {
            let bytes = golden(version, &name);
            assert_eq!(bytes[2], version, "{name} is of version {version}");
            let read = Record::decode(&bytes);
            assert_eq!(read.as_ref().ok(), samples.get(&name), "{name}");
        }
    }
}

#[test]
fn every_golden_file_has_its_record_and_the_newest_version_has_files() {
    let expected: BTreeSet<String> = samples().into_iter().map(|(name, _)| name).collect();
    assert_eq!(files(RECORD_VERSION), expected);
    assert_eq!(
        RECORD_VERSION, 6,
        "a new version needs golden files of its own, beside these"
    );
}
