//! The files of steering that corporations name, and what is told of wrong ones.

use std::collections::BTreeMap;
use std::fs;

use sluis_model::CorporationId;
use sluis_model::steering::Steering;
use tempfile::TempDir;

use super::super::{CliOverrides, Config, ConfigProblems, DEFAULT, steering};

/// What comes of a file with this text.
type Found = Result<BTreeMap<CorporationId, Steering>, ConfigProblems>;

/// What comes of the default configuration whose corporation names a file with this text.
fn loaded(text: Option<&str>) -> (Found, String) {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("steering.toml");
    if let Some(text) = text {
        fs::write(&file, text).unwrap();
    }
    let config = dir.path().join("sluis.toml");
    let line = format!("#flows = \"/etc/sluis/flows/demo\"\nsteering = {file:?}\n");
    let own = DEFAULT.replace("#flows = \"/etc/sluis/flows/demo\"\n", &line);
    fs::write(&config, own).unwrap();
    let loaded = Config::load(Some(&config), &BTreeMap::new(), &CliOverrides::default());
    let loaded = steering::load(&loaded.unwrap().config);
    (loaded, file.display().to_string())
}

#[test]
fn the_example_is_right_and_is_its_corporations() {
    let example = include_str!("../../../config/steering/example.toml");
    let loaded = loaded(Some(example)).0.unwrap();
    assert_eq!(Vec::from_iter(loaded.keys()), [&CorporationId(1)]);
    assert!(steering::load(&Config::built_in()).unwrap().is_empty());
}

#[test]
fn every_mistake_in_a_file_of_steering_is_reported_with_its_line() {
    let (found, file) = loaded(Some(
        "[[service]]\ncategory = \"rent\"\nemail = \"of\"\npost = \"off\"\n",
    ));
    let found = found.unwrap_err().to_string();
    let expected = [
        format!(
            "{file}:3: service[0].email: \"of\": expected primary, secondary or off: in quotes"
        ),
        format!(
            "{file}:4: service[0].post: unknown key: expected category, from, segment, phase, or a channel"
        ),
    ];
    for part in expected {
        assert!(found.contains(&part), "{part:?} is missing in {found}");
    }
}

#[test]
fn a_price_of_a_provider_that_the_corporation_has_not_is_refused() {
    let (found, file) = loaded(Some(
        "[[price]]\nchannel = \"null\"\nprovider = \"null\"\ncents = 1\n\n\
         [[price]]\nchannel = \"null\"\nprovider = \"bird\"\ncents = 1\n\n\
         [[price]]\nchannel = \"email\"\nprovider = \"null\"\ncents = 1\n",
    ));
    let found = found.unwrap_err().to_string();
    for part in [
        format!("{file}:8: price[1].provider: \"bird\": expected a provider of null: null"),
        format!(
            "{file}:13: price[2].provider: \"null\": expected no provider: the corporation has none of email: null is a provider of null"
        ),
    ] {
        assert!(found.contains(&part), "{part:?} is missing in {found}");
    }
    assert!(!found.contains("price[0]"), "{found}");
}

#[test]
fn a_file_of_steering_that_is_not_there_is_reported() {
    let found = loaded(None).0.unwrap_err().to_string();
    let expected = "expected a file of steering, UTF-8 of at most 1 MiB";
    assert!(found.starts_with("corporation.demo.steering: "), "{found}");
    assert!(found.contains(expected), "{found}");
}
