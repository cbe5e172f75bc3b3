//! Tests of the configuration: layers, wrong values, rules, keys, flows, printing. They never touch
//! the environment of the process.

mod flows;
mod keeping;
mod keys;
mod layers;
mod rules;
mod running;
mod steering;
mod whole;
mod wrong;

use std::collections::BTreeMap;
use std::io::Write;

use tempfile::NamedTempFile;

use super::{CliOverrides, Config, ConfigProblems, Loaded};

/// A corporation with a key.
const KEYED: &str = r#"
[[corporation]]
id = 7
name = "waterpoort"
display_name = "Woningstichting Waterpoort"
key_hashes = ["00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"]
sender.email_from = "woning@waterpoort.nl"
sender.bounce_domain = "bounce.waterpoort.nl"
sender.sms_originator = "Waterpoort"
sender.public_url = "https://post.waterpoort.nl"
"#;

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn env(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn load_with(
    text: &str,
    variables: &[(&str, &str)],
    cli: &CliOverrides,
) -> Result<Loaded, ConfigProblems> {
    let file = file(text);
    Config::load(Some(file.path()), &env(variables), cli)
}

fn load(text: &str) -> Result<Loaded, ConfigProblems> {
    load_with(text, &[], &CliOverrides::default())
}

fn config(text: &str) -> Config {
    load(text)
        .unwrap_or_else(|problems| panic!("{problems}"))
        .config
}

/// The problems as they are printed, one a line.
fn wrong(text: &str) -> String {
    load(text)
        .map(|_| "nothing is wrong".to_owned())
        .unwrap_or_else(|problems| problems.to_string())
}
