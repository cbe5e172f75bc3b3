//! Holds what the documents say to the code: names of metrics, the values of their labels,
//! settings, environment variables. Refuses to judge prose: a word in code style that looks like
//! one of these must be one.

use std::collections::BTreeSet;

use sluis::config::{DEFAULT, SETTINGS};
use sluis::telemetry::{all_metrics, label_values};
use sluis_channels::KINDS;
use sluis_model::Channel;

use crate::tidy::{files, read, root, shown};

/// Crates and commands, which begin as metrics do.
const NOT_METRICS: [&str; 10] = [
    // How names are made, in CONTRIBUTING.md.
    "sluis_",
    "sluis_actors",
    "sluis_bench",
    "sluis_channels",
    "sluis_client",
    "sluis_fuzz",
    "sluis_journal",
    "sluis_loadtest",
    "sluis_model",
    "sluis_test",
];
/// Sections of the configuration that have settings.
const SECTIONS: [&str; 9] = [
    "engine", "http", "binary", "journal", "limits", "retry", "sending", "flows", "log",
];

/// What is held to the code: the documents for people, and the default configuration. What changed
/// when is history.
fn documents() -> Vec<(String, String)> {
    let all = files(root(), &[".md"]).into_iter().chain([
        root().join("config/sluis.toml"),
        root().join("docs/walkthrough.sh"),
    ]);
    let kept: Vec<_> = all
        .map(|path| (shown(&path), read(&path)))
        .filter(|(path, _)| path != "CHANGELOG.md")
        .collect();
    assert!(
        kept.len() >= 10,
        "only {} documents: this test looks in the wrong place",
        kept.len()
    );
    kept
}

/// Every word of these characters that begins with `start`.
fn words<'a>(
    text: &'a str,
    start: &'a str,
    fits: fn(char) -> bool,
) -> impl Iterator<Item = &'a str> {
    text.match_indices(start).filter_map(move |(at, _)| {
        let before = text[..at].chars().next_back();
        let end = text[at..]
            .find(|c| !fits(c))
            .map_or(text.len(), |length| at + length);
        (!before.is_some_and(fits)).then_some(&text[at..end])
    })
}

/// What stands between single backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().filter(|line| !line.starts_with("    "));
    lines.flat_map(|line| line.split('`').skip(1).step_by(2))
}

fn metric_of<'a>(word: &'a str, known: &BTreeSet<&str>) -> Option<&'a str> {
    let stem = ["_bucket", "_sum", "_count"]
        .iter()
        .find_map(|end| word.strip_suffix(end))
        .unwrap_or(word);
    (known.contains(word) || known.contains(stem)).then_some(word)
}

fn unknown_metrics(path: &str, text: &str) -> Vec<String> {
    let known: BTreeSet<&str> = all_metrics().map(|metric| metric.name).collect();
    let named = words(text, "sluis_", |c| {
        c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'
    });
    let wrong =
        named.filter(|word| !NOT_METRICS.contains(word) && metric_of(word, &known).is_none());
    wrong
        .map(|word| format!("{path}: {word} is no metric"))
        .collect()
}

/// Every key of the default file, the commented ones too: `section.key`.
fn keys_of_the_default_file() -> BTreeSet<String> {
    let mut section = String::new();
    let mut keys: BTreeSet<String> = SETTINGS
        .iter()
        .map(|setting| setting.path.to_owned())
        .collect();
    for line in DEFAULT.lines() {
        let line = line.trim_start_matches('#');
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_matches(['[', ']']).to_owned();
        } else if let Some((key, _)) = line.split_once(" = ")
            && key
                .chars()
                .all(|c| c.is_ascii_lowercase() || c == '_' || c == '.')
        {
            keys.insert(format!("{section}.{key}"));
        }
    }
    keys
}

fn unknown_settings(path: &str, text: &str) -> Vec<String> {
    let known = keys_of_the_default_file();
    // A table of several keys may be named as a whole.
    let is_known = |word: &str| {
        known.contains(word) || known.iter().any(|key| key.starts_with(&format!("{word}.")))
    };
    let is_setting = |word: &&str| {
        let mut parts = word.split('.');
        let section = parts
            .next()
            .is_some_and(|section| SECTIONS.contains(&section));
        let key = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
        };
        // `flows.md` and the like are files.
        section
            && word.contains('.')
            && parts.clone().all(key)
            && !["md", "rs", "toml"].contains(&parts.next().unwrap_or(""))
    };
    let settings = quoted(text)
        .filter_map(|quote| quote.split([' ', '=']).next())
        .filter(is_setting);
    let mut wrong: Vec<String> = settings
        .filter(|word| !is_known(word))
        .map(|word| format!("{path}: {word} is no setting"))
        .collect();
    let variables: BTreeSet<String> = SETTINGS.iter().map(|setting| setting.variable()).collect();
    let named = words(text, "SLUIS_", |c| {
        c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'
    });
    let strange = named.filter(|word| word.contains("__") && !variables.contains(*word));
    wrong.extend(strange.map(|word| format!("{path}: {word} is no variable of a setting")));
    wrong
}

#[test]
fn every_metric_that_a_document_names_exists() {
    let wrong: Vec<String> = documents()
        .iter()
        .flat_map(|(path, text)| unknown_metrics(path, text))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_setting_that_a_document_names_exists() {
    let wrong: Vec<String> = documents()
        .iter()
        .flat_map(|(path, text)| unknown_settings(path, text))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_value_that_a_help_text_quotes_is_one_that_is_counted() {
    let names: BTreeSet<&str> = all_metrics().map(|metric| metric.name).collect();
    let values: BTreeSet<&str> = label_values().into_iter().collect();
    let known = keys_of_the_default_file();
    for metric in all_metrics() {
        for word in quoted(metric.help) {
            // A path, a command or a key of the API is held to the code elsewhere.
            let other = word.contains(['/', ' ', '(', '-']);
            let there = names.contains(word) || values.contains(word) || known.contains(word);
            assert!(
                other || there,
                "{}: {word:?} is neither counted, nor a metric or a setting",
                metric.name
            );
        }
    }
}

#[test]
fn the_toolchain_is_the_one_that_manifest_and_readme_name() {
    let told = |file: &str| read(&root().join(file));
    let pinned = told("rust-toolchain.toml");
    let version = pinned
        .split_once("channel = \"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(version, _)| version)
        .expect("a channel");
    let (release, _patch) = version.rsplit_once('.').expect("major.minor.patch");
    assert!(told("Cargo.toml").contains(&format!("rust-version = \"{release}\"")));
    assert!(told("README.md").contains(&format!("Rust toolchain ({release})")));
}

#[test]
fn a_document_that_lies_is_found() {
    assert_eq!(
        unknown_metrics(
            "x",
            "see `sluis_journal_queue_depth` and sluis_open_notifications"
        ),
        ["x: sluis_journal_queue_depth is no metric"]
    );
    assert!(unknown_metrics("x", "sluis_journal_sync_seconds_bucket, sluis_actors").is_empty());
    assert_eq!(
        unknown_settings(
            "x",
            "`engine.max_opens`, `http.address = \"x\"`, `flows.md`"
        ),
        ["x: engine.max_opens is no setting"]
    );
    assert_eq!(
        unknown_settings("x", "SLUIS_HTTP__ADRESS=1 SLUIS_HTTP__ADDRESS=1"),
        ["x: SLUIS_HTTP__ADRESS is no variable of a setting"]
    );
}

#[test]
fn the_table_of_channels_is_the_tables_of_the_code() {
    let text = read(&root().join("docs/channels.md"));
    let (_, table) = text.split_once("## What there is").expect("the section");
    let (table, _) = table.split_once("\n## ").expect("the next section");
    let rows: Vec<&str> = table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .collect();
    assert_eq!(
        rows.len(),
        Channel::ALL.len(),
        "docs/channels.md has another number of channels"
    );
    for (row, channel) in rows.iter().zip(Channel::ALL) {
        let begins = format!("| `{channel}` | {} |", channel as usize);
        assert!(
            row.starts_with(&begins),
            "docs/channels.md: {row}: expected {begins}"
        );
        let kinds = KINDS.iter().filter(|kind| kind.channel == channel);
        for kind in kinds {
            let named = format!("`{}`", kind.name);
            assert!(
                row.contains(&named),
                "docs/channels.md: {row}: expected {named}"
            );
        }
    }
}
