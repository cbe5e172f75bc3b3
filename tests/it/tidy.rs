//! Keeps the tree tidy: module headers, file lengths, no leftovers, no file that is not compiled,
//! no dependency without its reason, no link in a document that leads nowhere. Refuses to judge
//! what rustfmt and clippy judge.

use std::fs;
use std::path::{Path, PathBuf};

use toml::Table;

/// Longest file, in lines. A longer one is split by what its parts own.
const MOST_LINES: usize = 500;
/// Longest function, in lines, before it is worth a look. Reported, not enforced.
const LONG_FUNCTION: usize = 70;

/// The top of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `folder` with one of these endings, sorted; without what builds leave behind.
pub(crate) fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in
            fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !name.starts_with("target") && name != ".git" {
                    folders.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A path as it stands in documents.
pub(crate) fn shown(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap_or(path)
        .display()
        .to_string()
}

pub(crate) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn sources() -> Vec<(String, String)> {
    let sources: Vec<_> = files(root(), &[".rs"])
        .iter()
        .map(|path| (shown(path), read(path)))
        .collect();
    assert!(
        sources.len() > 100,
        "only {} source files found: this test looks in the wrong place",
        sources.len()
    );
    sources
}

#[track_caller]
fn assert_none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

#[test]
fn every_module_says_what_it_owns() {
    let without = |(path, text): (String, String)| (!text.starts_with("//! ")).then_some(path);
    let found: Vec<String> = sources().into_iter().filter_map(without).collect();
    assert_none(
        "files whose first line is not `//! ` with what the module owns and what it refuses",
        &found,
    );
}

#[test]
fn nothing_is_left_over() {
    // Put together here, so that this file does not find itself.
    let words = [
        concat!("dbg", "!("),
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("FIX", "ME"),
        concat!("TO", "DO"),
    ];
    let mut found = Vec::new();
    for (path, text) in sources() {
        for (number, line) in text.lines().enumerate() {
            found.extend(
                words
                    .iter()
                    .filter(|word| line.contains(**word))
                    .map(|word| format!("{path}:{}: {word}", number + 1)),
            );
        }
    }
    assert_none("leftovers", &found);
}

#[test]
fn nothing_names_a_path_of_one_machine() {
    let places = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/fa", "rm/"),
        concat!("/ho", "me/"),
    ];
    let mut found = Vec::new();
    for path in files(
        root(),
        &[
            ".rs", ".md", ".toml", ".sh", ".json", ".txt", "justfile", "run",
        ],
    ) {
        for (number, line) in read(&path).lines().enumerate() {
            // Only where a path begins: not within `network/`, nor within a URL.
            let begins = |at: usize| {
                !line[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || "._-$}".contains(c))
            };
            let named = places
                .iter()
                .filter(|place| line.match_indices(**place).any(|(at, _)| begins(at)));
            found.extend(named.map(|place| format!("{}:{}: {place}", shown(&path), number + 1)));
        }
    }
    assert_none("paths that exist on one machine only", &found);
}

#[test]
fn files_are_short() {
    let long = |(path, text): (String, String)| {
        let lines = text.lines().count();
        (lines > MOST_LINES).then(|| format!("{path}: {lines} lines"))
    };
    let found: Vec<String> = sources().into_iter().filter_map(long).collect();
    assert_none(
        &format!("files over {MOST_LINES} lines: split them by what they own"),
        &found,
    );
}

#[test]
#[expect(
    clippy::print_stdout,
    reason = "a report for whoever runs it with --nocapture; nothing fails"
)]
fn long_functions_are_reported() {
    for (path, text) in sources() {
        let mut start: Option<(usize, &str, &str)> = None;
        for (number, line) in text.lines().enumerate() {
            let indent = &line[..line.len() - line.trim_start().len()];
            match start {
                None if line.trim_end().ends_with('{')
                    && line.contains("fn ")
                    && !line.trim_start().starts_with("//") =>
                {
                    start = Some((number, line.trim(), indent));
                }
                Some((from, name, of)) if line.trim_end() == format!("{of}}}") => {
                    if number - from > LONG_FUNCTION {
                        println!("{path}:{}: {} lines: {name}", from + 1, number - from);
                    }
                    start = None;
                }
                _ => {}
            }
        }
    }
}

#[test]
fn every_source_file_is_compiled() {
    let found: Vec<String> = files(root(), &[".rs"])
        .iter()
        .filter(|path| !is_compiled(path))
        .map(|path| shown(path))
        .collect();
    assert_none(
        "files that no module names: they are not compiled, and their tests never run",
        &found,
    );
}

fn is_compiled(path: &Path) -> bool {
    let folder = path.parent().unwrap();
    let stem = path.file_stem().unwrap().to_string_lossy();
    let name_of = |path: &Path| {
        path.file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    let in_crate = folder
        .parent()
        .is_some_and(|up| up.join("Cargo.toml").exists());
    let target = ["tests", "examples", "benches", "fuzz_targets"]
        .contains(&name_of(folder).as_str())
        && in_crate;
    if target
        || ["main", "lib"].contains(&&*stem)
        || stem == "build" && folder.join("Cargo.toml").exists()
    {
        return true;
    }
    let (module, above) = match &*stem {
        "mod" => (name_of(folder), folder.parent().unwrap()),
        _ => (stem.into_owned(), folder),
    };
    let declared = format!("mod {module};");
    let parents = ["mod.rs", "lib.rs", "main.rs"].map(|name| above.join(name));
    let beside = above.with_extension("rs");
    let declares = |parent: &PathBuf| {
        let text = fs::read_to_string(parent).unwrap_or_default();
        text.lines()
            .map(str::trim)
            .any(|line| line == declared || line.ends_with(&format!(" {declared}")))
    };
    parents.iter().chain([&beside]).any(declares)
}

/// The manifests of the workspace, with their folders.
pub(crate) fn manifests() -> Vec<(String, Table)> {
    let read = |path: &PathBuf| {
        let folder = shown(path.parent().unwrap());
        (
            folder,
            read(path)
                .parse::<Table>()
                .unwrap_or_else(|error| panic!("{}: {error}", path.display())),
        )
    };
    files(root(), &["Cargo.toml"]).iter().map(read).collect()
}

/// The dependencies that a manifest names under `section`.
pub(crate) fn dependencies<'a>(
    manifest: &'a Table,
    section: &str,
) -> impl Iterator<Item = (&'a String, &'a toml::Value)> {
    manifest
        .get(section)
        .and_then(toml::Value::as_table)
        .into_iter()
        .flatten()
}

#[test]
fn every_dependency_has_its_reason() {
    let document = read(&root().join("docs/dependencies.md"));
    let mut used: Vec<String> = Vec::new();
    for (_, manifest) in manifests() {
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            used.extend(
                dependencies(&manifest, section)
                    .map(|(name, _)| name.clone())
                    .filter(|name| !name.starts_with("sluis")),
            );
        }
    }
    used.sort();
    used.dedup();
    assert!(
        used.len() > 30,
        "only {} dependencies found: this test looks in the wrong place",
        used.len()
    );
    let missing: Vec<String> = used
        .iter()
        .filter(|name| !document.contains(&format!("| `{name}` |")))
        .cloned()
        .collect();
    assert_none(
        "dependencies without a line in docs/dependencies.md",
        &missing,
    );
    let named = document.lines().filter_map(|line| {
        line.strip_prefix("| `")?
            .split_once('`')
            .map(|(name, _)| name)
    });
    let gone: Vec<String> = named
        .filter(|name| !used.iter().any(|used| used == name))
        .map(str::to_owned)
        .collect();
    assert_none("lines in docs/dependencies.md for what is not used", &gone);
}

#[test]
fn dependencies_come_from_one_registry() {
    let lock = read(&root().join("Cargo.lock"));
    let foreign = |line: &&str| {
        line.starts_with("source = ")
            && *line != "source = \"registry+https://github.com/rust-lang/crates.io-index\""
    };
    let found: Vec<String> = lock.lines().filter(foreign).map(str::to_owned).collect();
    assert_none("dependencies from elsewhere than crates.io", &found);
}

#[test]
fn links_in_documents_lead_somewhere() {
    let mut found = Vec::new();
    let mut seen = 0;
    for path in files(root(), &[".md"]) {
        let text = read(&path);
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..]
                .split([')', ' ', '\n'])
                .next()
                .unwrap_or_default();
            let file = target.split('#').next().unwrap_or_default();
            if file.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            seen += 1;
            if !path.parent().unwrap().join(file).exists() {
                found.push(format!("{}: {target}", shown(&path)));
            }
        }
    }
    assert!(
        seen > 10,
        "only {seen} links found: this test looks in the wrong place"
    );
    assert_none("links that lead nowhere", &found);
}
