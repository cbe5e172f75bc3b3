//! The default file as a whole: it loads, it documents every key, it can be printed and read back.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use sluis_channels::ProviderConfig;
use sluis_model::{Channel, CorporationId};

use super::super::{Config, DEFAULT, SETTINGS};
use super::{KEYED, config, load, wrong};

/// The default file with every example in force.
fn uncommented() -> String {
    let example = |line: &str| line.starts_with('#') && !line.starts_with("# ") && line.len() > 1;
    DEFAULT
        .lines()
        .map(|line| if example(line) { &line[1..] } else { line })
        .collect::<Vec<_>>()
        .join("\n")
}

/// The same without one of each pair of which only one may be there.
fn all_settings() -> String {
    let second = |line: &&str| {
        line.starts_with("password_file")
            || line.contains("_key_file")
            || line.starts_with("url = \"s3:")
            || line.starts_with("data_keys")
    };
    uncommented()
        .lines()
        .filter(|line| !second(line))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn an_empty_file_is_the_default() {
    assert_eq!(config(""), Config::built_in());
}

#[test]
fn the_default_serves_demo_on_this_machine_and_sends_nothing() {
    let config = Config::built_in();
    assert!(
        !config.has_keys()
            && config.http.address.ip().is_loopback()
            && config.binary.address.ip().is_loopback()
    );
    assert_eq!(
        config
            .corporations
            .iter()
            .map(|c| (c.id.0, &*c.name))
            .collect::<Vec<_>>(),
        [(1, "demo")]
    );
    assert_eq!(config.channels(), [Channel::Null]);
    assert_eq!(config.shares(), [(CorporationId(1), 2_000_000)]);
}

#[test]
fn the_default_is_what_the_layers_below_choose_by_themselves() {
    let config = Config::built_in();
    // The one exception: the binary keeps less of the store in memory than the journal would by
    // itself.
    let theirs = sluis_journal::Options::default();
    let ours = config.journal_options();
    assert_eq!(format!("{ours:?}"), format!("{theirs:?}"));
    assert_eq!(config.inbox_bounds(), sluis_actors::InboxBounds::default());
    assert_eq!(config.key_window(), sluis_actors::KeyWindow::default());
    assert_eq!(config.policy().retry, sluis_model::RetryPolicy::default());
    let supervisors = sluis_actors::supervisor::SupervisorSettings::default();
    assert_eq!(
        format!("{:?}", config.supervisor_settings()),
        format!("{supervisors:?}")
    );
}

#[test]
fn the_file_documents_every_setting_and_no_other() {
    let table: toml::Table = uncommented().parse().unwrap();
    let mut documented = BTreeSet::new();
    for (section, value) in table
        .iter()
        .filter(|(name, _)| !["corporation", "provider"].contains(&name.as_str()))
    {
        for (key, value) in value.as_table().unwrap() {
            match value.as_table() {
                Some(inner) => {
                    documented.extend(inner.keys().map(|inner| format!("{section}.{key}.{inner}")))
                }
                None => drop(documented.insert(format!("{section}.{key}"))),
            }
        }
    }
    assert_eq!(
        documented,
        SETTINGS
            .iter()
            .map(|setting| setting.path.to_owned())
            .collect()
    );
}

#[test]
fn every_key_is_explained_above_it() {
    let mut before = "";
    for line in DEFAULT
        .lines()
        .take_while(|line| !line.starts_with("# E-mail through"))
    {
        let bare = line.trim_start_matches('#');
        let section = bare.starts_with('[');
        // A line that follows another key shares that one's comment.
        assert!(
            line.is_empty()
                || line.starts_with("# ")
                || line == "#"
                || section
                || !before.is_empty(),
            "{line}"
        );
        before = line;
    }
}

#[test]
fn examples_are_right_but_for_pairs_of_which_one_may_be_there() {
    let expected = "archive.url: s3://sluis-archive/waterpoort: expected the address of a bucket, and no archive.directory beside it: such as s3://sluis-archive/waterpoort\n\
        provider.relay.username: \"sluis\": expected a user with a password: one of password_env and password_file goes with a user name\n\
        provider.bird.access_key: \"\": expected one of access_key_env and access_key_file: the configuration never holds a secret itself\n\
        provider.bird.signing_key: \"\": expected one of signing_key_env and signing_key_file: the configuration never holds a secret itself";
    assert_eq!(wrong(&uncommented()), expected);
}

#[test]
fn all_settings_at_once() {
    let config = config(&all_settings());
    let corporation = &config.corporations[0];
    let email = &corporation.limits[&Channel::Email];
    assert_eq!(
        (email.rate_per_second, email.burst),
        (NonZeroU32::new(200), NonZeroU32::new(20))
    );
    assert_eq!(config.shares(), [(CorporationId(1), 500_000)]);
    assert_eq!(
        config.channels(),
        [Channel::Email, Channel::Sms, Channel::Null]
    );
    let share = config.router_settings()[&Channel::Email]
        .share(CorporationId(1))
        .clone();
    assert_eq!(
        share.window.unwrap().to_string(),
        "mon,tue,wed,thu,fri,sat 08:00-21:00"
    );
    let concurrency: Vec<_> = config
        .providers
        .iter()
        .map(|p| (&*p.name, p.concurrency.get()))
        .collect();
    assert_eq!(concurrency, [("null", 64), ("relay", 64), ("bird", 32)]);
    assert!(matches!(&config.providers[1].config, ProviderConfig::Smtp(smtp) if smtp.port == 587));
}

#[test]
fn what_is_printed_reads_back_as_the_same() {
    for text in [String::new(), all_settings(), KEYED.to_owned()] {
        let loaded = load(&text).unwrap();
        let printed = loaded.print().unwrap();
        assert_eq!(load(&printed).unwrap().config, loaded.config, "{printed}");
    }
}

#[test]
fn a_file_gets_its_own_lists_and_keeps_the_other_sections() {
    let config = config(KEYED);
    assert_eq!(
        config
            .corporations
            .iter()
            .map(|c| c.id.0)
            .collect::<Vec<_>>(),
        [7]
    );
    assert_eq!((config.providers.len(), config.engine.shards), (1, 16));
}
