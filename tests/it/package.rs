//! Holds the Debian package to the repository: what it is to contain is there, and the units start what it
//! contains. Refuses to build it: `just deb` does. `.ci/run` has systemd read the units.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::tidy::{read, root};

/// Where the package puts what, by the path in the repository. The program is built.
fn assets() -> BTreeMap<String, String> {
    let manifest: toml::Table = toml::from_str(&read(&root().join("Cargo.toml"))).unwrap();
    let rows = manifest["package"]["metadata"]["deb"]["assets"]
        .as_array()
        .unwrap();
    let text = |row: &toml::Value, at: usize| row[at].as_str().unwrap().to_owned();
    rows.iter()
        .map(|row| (text(row, 0), text(row, 1)))
        .collect()
}

/// The files of the repository that an asset names; `*` stands for any part of a name.
fn files(asset: &str) -> Vec<PathBuf> {
    let (folder, name) = asset.rsplit_once('/').unwrap_or(("", asset));
    let (begin, end) = name.split_once('*').unwrap_or((name, ""));
    let fits = |found: &str| match name.contains('*') {
        true => found.starts_with(begin) && found.ends_with(end),
        false => found == name,
    };
    let entries = std::fs::read_dir(root().join(folder)).into_iter().flatten();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| fits(&path.file_name().unwrap().to_string_lossy()))
        .collect()
}

#[test]
fn everything_that_the_package_is_to_contain_is_there() {
    let assets = assets();
    let missing: Vec<&String> = assets
        .keys()
        .filter(|asset| !asset.starts_with("target/") && files(asset).is_empty())
        .collect();
    assert_eq!(missing, Vec::<&String>::new());
    assert_eq!(files("LICENSE-*").len(), 2);
    assert!(files("packaging/none.service").is_empty(), "the control");
}

#[test]
fn the_units_start_the_program_and_read_the_configuration_of_the_package() {
    let assets = assets();
    assert_eq!(assets["target/release/sluis"], "usr/bin/");
    assert_eq!(assets["packaging/sluis.toml"], "etc/sluis/");
    for unit in ["sluis.service", "sluis-backup.service"] {
        let text = read(&root().join("packaging").join(unit));
        let starts = text
            .lines()
            .filter_map(|line| line.strip_prefix("ExecStart="));
        let starts: Vec<&str> = starts.collect();
        assert_eq!(starts.len(), 1, "{unit}");
        assert!(starts[0].starts_with("/usr/bin/sluis "), "{starts:?}");
    }
    let serve = read(&root().join("packaging/sluis.service"));
    assert!(
        serve.contains("--config /etc/sluis/sluis.toml\n"),
        "{serve}"
    );
}
