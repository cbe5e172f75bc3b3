//! Owns the rules for the sections: what must fit together. Refuses to judge a value
//! that could not even be read: that was reported already.

use std::net::SocketAddr;
use std::time::Duration;

use sluis_channels::HumanDuration;
use sluis_model::{Channel, Environment};
use tracing_subscriber::EnvFilter;

use super::problem::{Collector, Problem};
use super::sections::{TimeStamps, TlsFiles};
use super::{Config, ProviderEntry};
use super::{keeping, ranges, settings};

/// Everything wrong with the sections.
pub(super) fn check(config: &Config, problems: &mut Collector) {
    ranges::numbers(config, problems);
    ranges::times(config, problems);
    engine(config, problems);
    listeners(config, problems);
    kept(config, problems);
    sums(config, problems);
    archive(config, problems);
    keeping::check(config, problems);
    if let Err(error) = EnvFilter::try_new(&config.log.filter) {
        problems.add(of("log.filter", &config.log.filter, &error.to_string()));
    }
    if let Some(address) = config.log.traces_to.as_ref().filter(|to| !is_plain(to)) {
        problems.add(of("log.traces_to", address, ""));
    }
}

/// Whether it is an address of a plain HTTP server, without a path.
fn is_plain(address: &str) -> bool {
    let uri: Result<http::Uri, _> = address.parse();
    uri.is_ok_and(|uri| {
        uri.scheme_str() == Some("http") && uri.host().is_some() && matches!(uri.path(), "" | "/")
    })
}

/// How often an authority may be asked for a time stamp.
const OFTEN: Duration = Duration::from_secs(60);

/// Whether it is an address of a plain HTTP server.
fn is_http(address: &str) -> bool {
    let uri: Result<http::Uri, _> = address.parse();
    uri.is_ok_and(|uri| uri.scheme_str() == Some("http") && uri.host().is_some())
}

/// A bucket has a name, and the archive is in one place.
fn archive(config: &Config, problems: &mut Collector) {
    let archive = &config.archive;
    if let Some(url) = &archive.url {
        let bucket = url
            .strip_prefix("s3://")
            .and_then(|rest| rest.split('/').next());
        let is_one = bucket.is_some_and(|bucket| !bucket.is_empty());
        if !is_one || archive.directory.is_some() {
            problems.add(of("archive.url", url, ""));
        }
    }
    if let Some(TimeStamps { url, every }) = &archive.time_stamps {
        if !is_http(url) {
            problems.add(of("archive.time_stamps.url", url, ""));
        }
        if every.0 < OFTEN {
            let why = "authorities refuse whoever asks more often than once a minute";
            problems.add(of("archive.time_stamps.every", every, why));
        }
    }
}

/// What is allowed and perhaps not meant.
pub(super) fn notes(config: &Config) -> Vec<String> {
    let mut notes = Vec::new();
    if config.has_keys() {
        let without = config
            .corporations
            .iter()
            .filter(|corporation| corporation.key_hashes.is_empty());
        if config.http.operator_key_hashes.is_empty() {
            notes.push("http.operator_key_hashes is empty: nobody can read /metrics".to_owned());
        }
        notes.extend(without.map(|c| {
            format!(
                "corporation {} has no API key: nothing can be sent for it",
                c.name
            )
        }));
    } else {
        notes.push(
            "no corporation has an API key: only this machine is served, as corporation demo"
                .to_owned(),
        );
    }
    if !config
        .providers
        .iter()
        .any(|provider| provider.config.channel().contact_kind().is_some())
    {
        notes.push(nobody_reached(config));
    }
    notes.extend(nowhere(config));
    notes
}

/// In the real world a message that goes nowhere counts as sent, and nobody gets it.
fn nowhere(config: &Config) -> Option<String> {
    let channel = |provider: &ProviderEntry| provider.config.channel();
    let all = config.providers.iter();
    let null: Vec<&str> = all
        .filter(|provider| channel(provider) == Channel::Null)
        .map(|provider| &*provider.name)
        .collect();
    if null.is_empty() || config.engine.environment != Environment::Production {
        return None;
    }
    let null = null.join(", ");
    Some(format!(
        "what leaves over channel null ({null}), letters too, counts as sent and reaches nobody: in production have people \
         print it (a step of kind task), or take the provider out"
    ))
}

/// That no provider reaches a tenant, naming those there are.
fn nobody_reached(config: &Config) -> String {
    let named = config
        .providers
        .iter()
        .map(|provider| format!("{} ({})", provider.name, provider.config.channel()));
    let named: Vec<String> = named.collect();
    if named.is_empty() {
        return "there is no provider: no message leaves".to_owned();
    }
    let named = named.join(", ");
    format!("no message reaches a tenant; the only providers: {named}")
}

/// A problem with a setting of the table, in its words; `why` goes before the example.
fn of(path: &str, value: impl std::fmt::Display, why: &str) -> Problem {
    let (expected, hint) = settings::words(path).unwrap_or_default();
    Problem::new(
        path,
        value,
        expected,
        if why.is_empty() {
            hint
        } else {
            format!("{why}; {hint}")
        },
    )
}

fn engine(config: &Config, problems: &mut Collector) {
    let engine = &config.engine;
    if engine.data_dir.as_os_str().is_empty() {
        problems.add(of("engine.data_dir", "\"\"", ""));
    }
    for (number, wrong) in engine.allow_list.iter().enumerate() {
        if is_recipient(wrong) {
            continue;
        }
        let hint = recipient_hint(wrong);
        let found = format_args!("{wrong:?}");
        problems.add(Problem::new(
            format!("engine.allow_list[{number}]"),
            found,
            "a recipient",
            hint,
        ));
    }
    let http = &config.http;
    let body = ("http.max_body_bytes", http.max_body_bytes);
    let batch = ("http.max_batch_bytes", http.max_batch_bytes);
    let bodies = ("http.max_bodies_bytes", http.max_bodies_bytes);
    holds(batch, body, "a batch of one must fit", problems);
    holds(bodies, batch, "the largest batch must fit", problems);
}

/// The one must not be smaller than the other.
fn holds(
    (path, larger): (&'static str, u64),
    (least_path, least): (&'static str, u64),
    hint: &'static str,
    problems: &mut Collector,
) {
    if larger < least && !problems.has(path) && !problems.has(least_path) {
        let expected = format!("at least {least_path}, {least}");
        problems.add(Problem::new(path, larger, expected, hint));
    }
}

/// Records are what idempotency keys and the bytes of a day are counted from at a start.
fn kept(config: &Config, problems: &mut Collector) {
    let keep_for = config.journal.keep_for;
    let age = config.limits.idempotency_age;
    if problems.has("journal.keep_for") || problems.has("limits.idempotency_age") {
        return;
    }
    let day = HumanDuration::seconds(24 * 3_600);
    let least = age.max(day);
    if keep_for < least {
        let expected = format!("at least limits.idempotency_age, {age}, and {day}");
        problems.add(Problem::new(
            "journal.keep_for",
            keep_for,
            expected,
            "a start reads from the records which keys were used",
        ));
    }
    let endings_for = config.journal.endings_for;
    if endings_for < keep_for && !problems.has("journal.endings_for") {
        problems.add(Problem::new(
            "journal.endings_for",
            endings_for,
            format!("at least journal.keep_for, {keep_for}"),
            "what the records tell of an ended notification is found by its ending",
        ));
    }
}

/// Whether an entry of the allow list can ever be equal to an address as the engine stores it. A
/// `*` within one would match nothing: an allow list that never fits must not look like one.
fn is_recipient(entry: &str) -> bool {
    use sluis_channels::address::{normalize_email, normalize_mobile};
    let same = |found: Option<String>, written: &str| found.is_some_and(|found| found == written);
    match entry.strip_prefix('@') {
        _ if entry.contains('*') => entry == "*",
        Some(_) => same(
            normalize_email(&format!("a{entry}")).ok(),
            &format!("a{entry}"),
        ),
        None => {
            same(normalize_email(entry).ok(), entry) || same(normalize_mobile(entry).ok(), entry)
        }
    }
}

/// What was meant, perhaps.
fn recipient_hint(wrong: &str) -> String {
    let domain = wrong
        .rfind('@')
        .map(|at| &wrong[at..])
        .filter(|domain| wrong.contains('*') && is_recipient(domain));
    match domain {
        Some(domain) => format!("there are no wildcards: a whole domain is {domain:?}, everybody is \"*\""),
        None => "an address in the form that is stored: \"a@example.nl\", \"@example.nl\", \"+31612345678\" or \"*\"".to_owned(),
    }
}

fn listeners(config: &Config, problems: &mut Collector) {
    let Config { http, binary, .. } = config;
    let keys = config.has_keys();
    let (proxy, tls) = (http.behind_proxy, http.tls.as_ref());
    listener(keys, "http.address", http.address, proxy, tls, problems);
    if let Some(address) = http.status_address {
        listener(keys, "http.status_address", address, proxy, tls, problems);
        status_is_apart(config, address, problems);
    }
    if binary.enabled {
        let (proxy, tls) = (binary.behind_proxy, binary.tls.as_ref());
        listener(keys, "binary.address", binary.address, proxy, tls, problems);
        binary_is_apart(config, problems);
    }
}

fn status_is_apart(config: &Config, address: SocketAddr, problems: &mut Collector) {
    let Config { http, binary, .. } = config;
    let others = [Some(http.address), binary.enabled.then_some(binary.address)];
    if others.contains(&Some(address)) && address.port() != 0 {
        let (path, expected) = ("http.status_address", "an address of its own");
        let hint = "such as 127.0.0.1:8082: it is there for when the other listeners are full";
        problems.add(Problem::new(path, address, expected, hint));
    }
}

fn binary_is_apart(config: &Config, problems: &mut Collector) {
    let (address, other) = (config.binary.address, config.http.address);
    if address == other && other.port() != 0 && !problems.has("http.address") {
        let (path, expected) = ("binary.address", "another address than http.address");
        let hint = "such as 127.0.0.1:8081, or binary.enabled = false";
        problems.add(Problem::new(path, address, expected, hint));
    }
}

fn listener(
    keys: bool,
    path: &str,
    address: SocketAddr,
    behind_proxy: bool,
    tls: Option<&TlsFiles>,
    problems: &mut Collector,
) {
    let section = path.split('.').next().unwrap_or_default();
    if address.ip().is_loopback() {
        return;
    }
    if !keys {
        let hint = "without any API key only this machine is served; `sluis config key` makes one";
        problems.add(Problem::new(path, address, "a loopback address", hint));
    } else if tls.is_none() && !behind_proxy {
        let hint = format!(
            "give {section}.tls, or {section}.behind_proxy = true when a proxy ends TLS before it"
        );
        problems.add(Problem::new(
            path,
            address,
            "TLS, or a loopback address",
            hint,
        ));
    }
}

fn sums(config: &Config, problems: &mut Collector) {
    let limits = &config.limits;
    let (intake, business) = (limits.inbox_intake as u64, limits.inbox_business as u64);
    let sound = !problems.has("limits.inbox_intake") && !problems.has("limits.inbox_business");
    if sound && intake * 10 > (intake + business) * 7 {
        let expected = format!("at least {}", intake.saturating_mul(3).div_ceil(7));
        let hint = "intake may take at most 70 % of intake and business together";
        problems.add(Problem::new(
            "limits.inbox_business",
            business,
            expected,
            hint,
        ));
    }
    let permits: u64 = config
        .providers
        .iter()
        .map(|provider| u64::from(provider.concurrency.get()))
        .sum();
    if (limits.inbox_internal as u64) <= 2 * permits {
        let expected = format!("at least {}", 2 * permits + 1);
        let hint = format!("more than twice the sum of all providers' concurrency, {permits}");
        problems.add(Problem::new(
            "limits.inbox_internal",
            limits.inbox_internal,
            expected,
            hint,
        ));
    }
}
