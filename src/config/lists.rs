//! Owns the reading of providers (each kind has its own keys) and the rules for the two lists:
//! names, keys, limits, shares. Refuses to judge a value that could not even be read.

use std::collections::{BTreeMap, BTreeSet};

use sluis_actors::router::SendWindow;
use sluis_channels::{KINDS, Kind, Originator, ProviderConfig, ReadSettings, originator_keys};
use sluis_keys::KeySource;
use sluis_model::reading::nearest;
use toml::{Table, Value};

use super::Config;
use super::keys::KeyHash;
use super::parties::{ChannelLimits, Corporation, PROVIDER_KEYS, ProviderEntry, ProviderHead};
use super::problem::{Collector, Problem};
use super::reader::{self, element, join, read};
use super::settings::{NAME, words};

/// The name of the only corporation as long as there is no key.
const DEMO: &str = "demo";

/// Reads `[[provider]]`.
pub(super) fn providers(value: Option<&Value>, problems: &mut Collector) -> Vec<ProviderEntry> {
    let all = match value {
        Some(Value::Array(all)) => all.as_slice(),
        None => &[],
        Some(other) => {
            problems.add(Problem::new(
                "provider",
                other,
                "a list",
                "[[provider]], with two brackets",
            ));
            &[]
        }
    };
    let paths: Vec<String> = (0..all.len())
        .map(|index| element("provider", all, index))
        .collect();
    let entries = all
        .iter()
        .zip(&paths)
        .filter_map(|(value, path)| provider(path, value, problems));
    entries.collect()
}

fn provider(path: &str, value: &Value, problems: &mut Collector) -> Option<ProviderEntry> {
    let Value::Table(table) = value else {
        problems.add(Problem::new(path, value, "a section", "[[provider]]"));
        return None;
    };
    let own = |key: &str| PROVIDER_KEYS.contains(&key) && key != "kind";
    let part = |mine: bool| -> Value {
        let entries = table
            .iter()
            .filter(|(key, _)| key.as_str() != "kind" && own(key) == mine);
        Value::Table(
            entries
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect::<Table>(),
        )
    };
    let head = read::<ProviderHead>(path, &part(true), &[], problems);
    let config = kind(path, table.get("kind"), &part(false), problems);
    Some(ProviderEntry::new(head?, config?))
}

fn kind(
    path: &str,
    kind: Option<&Value>,
    rest: &Value,
    problems: &mut Collector,
) -> Option<ProviderConfig> {
    let written = kind.and_then(Value::as_str);
    let reader = Reader {
        path,
        rest,
        problems,
    };
    let read = ProviderConfig::read(written.unwrap_or_default(), reader);
    if let Ok(read) = read {
        return read;
    }
    let names: Vec<&'static str> = KINDS.iter().map(|row| row.name).collect();
    let hint = written
        .and_then(|written| nearest(written, names.iter().copied()))
        .map(|near| format!("did you mean {near:?}?"));
    let shown = kind.map_or_else(|| "not given".to_owned(), Value::to_string);
    problems.add(Problem::new(
        join(path, "kind"),
        shown,
        format!("one of {}", names.join(", ")),
        hint.unwrap_or_else(|| "the way out".into()),
    ));
    None
}

/// Reads the settings of a kind from what is left of its section.
struct Reader<'a> {
    path: &'a str,
    rest: &'a Value,
    problems: &'a mut Collector,
}

impl ReadSettings for Reader<'_> {
    fn read<T: Kind>(self) -> Option<T> {
        read(self.path, self.rest, &PROVIDER_KEYS, self.problems)
    }
}

/// Everything wrong with the two lists.
pub(super) fn check(config: &Config, problems: &mut Collector) {
    config
        .providers
        .iter()
        .for_each(|provider| check_provider(provider, problems));
    config
        .corporations
        .iter()
        .for_each(|corporation| check_corporation(corporation, problems));
    unique(
        "provider",
        "name",
        config.providers.iter().map(|p| p.name.clone()),
        problems,
    );
    unique(
        "corporation",
        "name",
        config.corporations.iter().map(|c| c.name.clone()),
        problems,
    );
    unique(
        "corporation",
        "id",
        config.corporations.iter().map(|c| c.id.to_string()),
        problems,
    );
    check_owners(config, problems);
    check_shares(config, problems);
    check_keys(config, problems);
}

fn is_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    (1..=32).contains(&name.len()) && name.bytes().all(plain)
}

fn unique(list: &str, key: &str, values: impl Iterator<Item = String>, problems: &mut Collector) {
    let mut seen = BTreeSet::new();
    for (index, value) in values.enumerate() {
        if !seen.insert(value.clone()) {
            let path = format!("{list}[{index}].{key}");
            problems.add(Problem::new(
                path,
                value,
                "one of its own",
                format!("an earlier [[{list}]] has it"),
            ));
        }
    }
}

fn check_provider(provider: &ProviderEntry, problems: &mut Collector) {
    let path = provider.path();
    if !is_name(&provider.name) {
        problems.add(Problem::new(
            join(&path, "name"),
            format_args!("{:?}", provider.name),
            NAME,
            "the name stands in URLs and metrics",
        ));
    }
    problems.extend(provider.config.check(&path).into_iter().map(Problem::from));
    let most = provider.config.connections();
    if let Some(most) = most.filter(|most| provider.concurrency.get() > *most) {
        let hint = "each attempt needs a connection of its own; raise connections, or leave concurrency out";
        problems.add(Problem::new(
            join(&path, "concurrency"),
            provider.concurrency,
            format!("at most connections, {most}"),
            hint,
        ));
    }
    if provider.burst.is_some() && provider.rate_per_second.is_none() {
        problems.add(burst_without_rate(&path, provider.burst));
    }
}

fn burst_without_rate(path: &str, burst: Option<std::num::NonZeroU32>) -> Problem {
    let burst = burst.map_or(0, std::num::NonZeroU32::get);
    Problem::new(
        join(path, "burst"),
        burst,
        "a burst beside a rate",
        "give rate_per_second too, or leave burst out",
    )
}

fn check_corporation(corporation: &Corporation, problems: &mut Collector) {
    let path = join("corporation", &corporation.name);
    if !is_name(&corporation.name) {
        let found = format_args!("{:?}", corporation.name);
        let hint = "the name stands in metrics";
        problems.add(Problem::new(join(&path, "name"), found, NAME, hint));
    }
    if corporation.id.0 == 0 {
        let (expected, hint) = words("corporation.x.id").unwrap_or_default();
        problems.add(Problem::new(join(&path, "id"), 0, expected, hint));
    }
    check_data_keys(corporation, &path, problems);
    check_display_name(corporation, &path, problems);
    check_originator(&join(&path, "sender"), &corporation.originator, problems);
    for (channel, limits) in &corporation.limits {
        check_limits(&format!("{path}.limits.{channel}"), limits, problems);
    }
}

fn check_display_name(corporation: &Corporation, path: &str, problems: &mut Collector) {
    let name = &corporation.display_name;
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        let (found, expected) = (format!("{name:?}"), "one line of text");
        let hint = "the name as tenants read it";
        problems.add(Problem::new(
            join(path, "display_name"),
            found,
            expected,
            hint,
        ));
    }
}

/// Who its messages come from: the keys that the channels read, and no others.
fn check_originator(path: &str, originator: &Originator, problems: &mut Collector) {
    problems.extend(originator.check_url(path).map(Problem::from));
    let keys = originator_keys();
    for (name, value) in originator.all_shown() {
        let found = match keys.get(name) {
            Some(key) => key.problem(path, value).map(Problem::from),
            None => {
                let known = keys.keys().copied().chain(["public_url"]).collect();
                Some(reader::unknown(path, name, known))
            }
        };
        problems.extend(found);
    }
    let required = keys.values().filter(|key| key.is_required);
    for key in required.filter(|key| originator.shown(key.name).is_none()) {
        problems.add(reader::missing(path, key.name));
    }
}

fn check_limits(path: &str, limits: &ChannelLimits, problems: &mut Collector) {
    if limits.burst.is_some() && limits.rate_per_second.is_none() {
        problems.add(burst_without_rate(path, limits.burst));
    }
    if let Some(window) = limits
        .window
        .as_ref()
        .filter(|window| window.parse::<SendWindow>().is_err())
    {
        let expected = "hours, with or without days before them";
        problems.add(Problem::new(
            join(path, "window"),
            format_args!("{window:?}"),
            expected,
            "such as \"mon-sat 08:00-21:00\"",
        ));
    }
}

/// Hashes are hashes, and nobody's key is another's. Never shows what stands there: it may be a
/// real key.
fn check_keys(config: &Config, problems: &mut Collector) {
    let operators = (
        "http.operator_key_hashes".to_owned(),
        &config.http.operator_key_hashes,
    );
    let of = |c: &Corporation| format!("corporation.{}.key_hashes", c.name);
    let corporations = config.corporations.iter();
    let lists = corporations.map(|c| (of(c), &c.key_hashes));
    let mut owners: BTreeMap<KeyHash, String> = BTreeMap::new();
    for (list, hashes) in lists.chain([operators]) {
        for (index, text) in hashes.iter().enumerate() {
            check_key(format!("{list}[{index}]"), text, &mut owners, problems);
        }
    }
    let corporations = config.corporations.iter();
    let names: Vec<&str> = corporations.map(|c| &*c.name).collect();
    if !config.has_keys() && names != [DEMO] {
        let (found, expected) = (names.join(", "), "key_hashes for each");
        let hint = "without any API key the only corporation is demo; `sluis config key` makes one";
        problems.add(Problem::new("corporation", found, expected, hint));
    }
}

/// Where keys come from is written in a form that is known.
fn check_data_keys(corporation: &Corporation, path: &str, problems: &mut Collector) {
    for (index, text) in corporation.data_keys.iter().enumerate() {
        if text.parse::<KeySource>().is_err() {
            problems.add(Problem::new(
                format!("{path}.data_keys[{index}]"),
                format_args!("{text:?}"),
                "file:PATH, env:NAME or command:PROGRAM ARGUMENTS",
                "the key itself never stands in the configuration",
            ));
        }
    }
}

/// One hash, which nobody else has.
fn check_key(
    path: String,
    text: &str,
    owners: &mut BTreeMap<KeyHash, String>,
    problems: &mut Collector,
) {
    let Ok(hash) = text.parse::<KeyHash>() else {
        let found = format!("{} characters", text.chars().count());
        let expected = "a BLAKE3 hash of 64 hex digits";
        let hint = "never the key itself; `sluis config key` makes a key with its hash";
        problems.add(Problem::new(path, found, expected, hint));
        return;
    };
    if let Some(owner) = owners.insert(hash, path.clone()) {
        let hint = format!("{owner} has it already");
        let problem = Problem::new(path, "a hash that stands twice", "a key of its own", hint);
        problems.add(problem);
    }
}

/// Whose account a provider is: corporations that there are, each named once.
fn check_owners(config: &Config, problems: &mut Collector) {
    for provider in &config.providers {
        let Some(names) = &provider.corporations else {
            continue;
        };
        let path = join(&provider.path(), "corporations");
        if names.is_empty() {
            let hint = "leave it out where the contract is the street's";
            problems.add(Problem::new(&*path, "[]", "at least one corporation", hint));
        }
        for (index, name) in names.iter().enumerate() {
            let path = format!("{path}[{index}]");
            if names[..index].contains(name) {
                let hint = "it is named before";
                problems.add(Problem::new(path, name, "each corporation once", hint));
            } else if !config.corporations.iter().any(|c| c.name == *name) {
                let known = config.corporations.iter().map(|c| c.name.as_str());
                let known: Vec<&str> = known.collect();
                let expected = format!("one of {}", known.join(", "));
                problems.add(Problem::new(
                    path,
                    name,
                    expected,
                    "the name of a [[corporation]]",
                ));
            }
        }
    }
}

/// All shares together leave no one without room.
fn check_shares(config: &Config, problems: &mut Collector) {
    if problems.has("engine.max_open") || problems.has("limits.max_open_per_corporation") {
        return;
    }
    for corporation in &config.corporations {
        if corporation.max_open == Some(0) {
            let path = format!("corporation.{}.max_open", corporation.name);
            let (expected, hint) = words("corporation.x.max_open").unwrap_or_default();
            problems.add(Problem::new(path, 0, expected, hint));
        }
    }
    let (needed, total) = (needed_room(config), config.engine.max_open);
    if needed > total {
        let expected = format!("at least the corporations' shares together, {needed}");
        let hint = "else one corporation could take another's room: raise it, or lower max_open of the corporations";
        problems.add(Problem::new("engine.max_open", total, expected, hint));
    }
}

/// What the corporations' shares come to; one without a share takes at least one.
fn needed_room(config: &Config) -> u64 {
    let share = |c: &Corporation| c.max_open.or(config.limits.max_open_per_corporation);
    let shares = config.corporations.iter().map(share);
    shares.fold(0, |sum, share| sum.saturating_add(share.unwrap_or(1)))
}
