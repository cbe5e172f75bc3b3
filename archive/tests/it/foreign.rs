//! The archive read in another language, by the program of docs/archive-format.md. `.ci/run` runs
//! what is ignored here, and installs what it needs.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use sluis_archive::{Hash, Rule, Store, Terms};
use sluis_model::DAY;

use super::sealed::veiled;
use super::world::{fill, filled, mail, tenant};

/// The program of the document.
fn program() -> String {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/archive-format.md");
    let text = std::fs::read_to_string(document).unwrap();
    let (_, behind) = text.split_once("```python\n").unwrap();
    behind.split_once("```").unwrap().0.to_owned()
}

fn run(archive: &Path) -> Output {
    let python = std::env::var("SLUIS_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut command = Command::new(python);
    command
        .arg("-c")
        .arg(program())
        .arg(archive)
        .output()
        .unwrap()
}

/// What the program should print for notifications `0..count`.
fn expected(count: u64) -> String {
    let mut lines = String::new();
    for number in 0..count {
        for (kind, sequence) in [("record", 1), ("record", 2), ("output", 2)] {
            let sequence = 2 * number + sequence;
            let body = format!("record {sequence}");
            let hash = match kind {
                "record" => Hash::of(body.as_bytes()),
                _ => Hash::of(&mail(number)),
            };
            writeln!(lines, "{kind} {sequence} {} {hash}", tenant(number).tenant).unwrap();
        }
    }
    lines
}

#[test]
#[ignore = "needs Python with zstandard and blake3: .ci/run installs them"]
fn the_reader_prints_sealed_entries_as_sealed() {
    let folder = tempfile::tempdir().unwrap();
    let archive = veiled(&Store::directory(folder.path()).unwrap(), &Arc::default());
    fill(&archive, 0..40);
    let sealed = archive.seal(0).unwrap().unwrap();
    let read = run(folder.path());
    let printed = String::from_utf8(read.stdout).unwrap();
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines.len(), 41, "{printed}");
    for (line, key) in lines[..40].iter().zip(1..) {
        let begins = format!("{key} [[1, ");
        assert!(line.starts_with(&begins), "{line}");
    }
    assert_eq!(lines[40], sealed.tip.hash.to_string());
}

#[test]
fn the_reader_is_short() {
    let lines = program().lines().filter(|line| !line.is_empty()).count();
    assert!(lines <= 20, "{lines} lines");
}

#[test]
#[ignore = "needs Python with zstandard and blake3: .ci/run installs them"]
fn twenty_lines_of_python_read_every_byte_and_notice_a_changed_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::directory(folder.path()).unwrap();
    let archive = filled(&store, 2, 700);
    fill(&archive, 1_400..1_410);
    let sealed = archive.seal(0).unwrap().unwrap();
    let read = run(folder.path());
    assert!(
        read.status.success(),
        "{}",
        String::from_utf8_lossy(&read.stderr)
    );
    let printed = String::from_utf8(read.stdout).unwrap();
    assert_eq!(printed, format!("{}{}\n", expected(1_410), sealed.tip.hash));
    // One volume is past its period: the rest is read.
    let rule = Rule {
        days: 30,
        name: "test".into(),
    };
    let terms = Terms {
        others: Some(rule),
        ..Terms::default()
    };
    let done = archive.retain(3, &terms, &[], 31 * DAY).unwrap();
    assert_eq!(done.objects, 1);
    let read = run(folder.path());
    let printed = String::from_utf8(read.stdout).unwrap();
    assert_eq!(printed, format!("{}{}\n", expected(1_400), sealed.tip.hash));
    let path = folder.path().join("volumes/0000000002/0000.blocks");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[1_000] ^= 1;
    std::fs::write(path, bytes).unwrap();
    let read = run(folder.path());
    assert!(!read.status.success(), "control");
}
