//! Does what the page for a first flow says, with the files that stand on it.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::check::check;
use super::scenario::test;
use crate::config::flows::{find_in, scenarios};

const PAGE: &str = include_str!("../../docs/first-flow.md");

/// Writes the files of the page below a directory, and says how many there were.
fn write(dir: &Path) -> usize {
    let mut count = 0;
    for part in PAGE.split("ut this into `").skip(1) {
        let (path, rest) = part.split_once('`').unwrap();
        let (_, code) = rest.split_once("```").unwrap();
        let (_, code) = code.split_once('\n').unwrap();
        let (text, _) = code.split_once("```").unwrap();
        let path = dir.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        count += 1;
    }
    count
}

#[test]
fn the_page_for_a_first_flow_says_what_happens() {
    let dir = TempDir::new().unwrap();
    assert_eq!(write(dir.path()), 10);
    let flows = dir.path().join("flows");
    let (found, mistakes) = find_in(&flows);
    let report = check(&found, mistakes);
    assert_eq!((report.mistakes, report.warnings), (vec![], vec![]));
    assert_eq!(report.sound, ["moved 1"]);
    let tested = test(&found, &scenarios(&[&flows]));
    assert!(tested.is_good(), "{}", tested.report());
    assert_eq!(tested.uncovered, [""; 0], "{}", tested.report());
    assert!(
        tested
            .report()
            .ends_with("\n7 scenarios, 0 differ, 0 mistakes\n")
    );
}

#[test]
fn the_mistake_on_the_page_is_told_as_the_page_says() {
    let dir = TempDir::new().unwrap();
    write(dir.path());
    let path = dir.path().join("flows/moved.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("go = \"call\"", "go = \"cal\"")).unwrap();
    let (found, mistakes) = find_in(&dir.path().join("flows"));
    let report = check(&found, mistakes);
    let told: Vec<String> = report.mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 1);
    let told = told[0].replace(&format!("{}/", dir.path().display()), "");
    for line in told.lines() {
        assert!(
            PAGE.contains(&format!("    {line}\n")),
            "{line:?} is not on the page"
        );
    }
}
