//! Owns the checking of the small pack, with one file changed.

mod cases;
mod extended;
mod included;
mod included_mistakes;
mod kinds;
mod pack;
mod sound;

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use self::pack::{BESIDE, FLOW};
use super::{Report, check};
use crate::config::flows::{FlowMistake, find_in};

/// Writes files below a directory; without a text there is no such file.
fn write(dir: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = dir.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// What a check of the pack finds with one file changed.
fn checked(file: &str, sound: &str, other: &str) -> (TempDir, Report) {
    let dir = TempDir::new().unwrap();
    write(dir.path(), &[("flow.toml", FLOW)]);
    write(dir.path(), &BESIDE);
    let path = dir.path().join(file);
    let text = fs::read_to_string(&path).unwrap_or_default();
    let whole = sound.is_empty();
    assert!(
        whole || text.matches(sound).count() == 1,
        "{file}: {sound:?} must be there once"
    );
    match (whole, other.is_empty()) {
        (true, true) => fs::remove_file(&path).unwrap(),
        (true, false) => write(dir.path(), &[(file, other)]),
        (false, _) => fs::write(&path, text.replace(sound, other)).unwrap(),
    }
    let (found, mistakes) = find_in(dir.path());
    (dir, check(&found, mistakes))
}

/// Where a mistake is: `flow.toml:31:14: step.mail.on.bounced`.
fn shown(dir: &Path, found: &FlowMistake) -> String {
    let place = &found.place;
    let file = place.file.replace(&format!("{}/", dir.display()), "");
    match place.line {
        0 => format!("{file}: {}", found.path),
        line => format!("{file}:{line}:{}: {}", place.column, found.path),
    }
}
