//! What must fit together.

use super::super::CliOverrides;
use super::{KEYED, config, load, load_with, wrong};

fn keyed(more: &str) -> String {
    wrong(&format!("{more}\n{KEYED}"))
}

#[test]
fn without_a_key_only_this_machine_is_served() {
    for section in ["http", "binary"] {
        let expected = format!(
            "{section}.address: 0.0.0.0:9000: expected a loopback address: without any API key only this machine is served; \
             `sluis config key` makes one"
        );
        assert_eq!(
            wrong(&format!(
                "{section}.address = \"0.0.0.0:9000\"\n{section}.behind_proxy = true"
            )),
            expected
        );
    }
    assert_eq!(wrong("http.address = \"[::1]:8080\""), "nothing is wrong");
    assert_eq!(
        wrong("binary.enabled = false\nbinary.address = \"0.0.0.0:9000\""),
        "nothing is wrong"
    );
}

#[test]
fn without_a_key_the_only_corporation_is_demo() {
    let line = KEYED
        .lines()
        .find(|line| line.starts_with("key_hashes"))
        .unwrap();
    let expected = "corporation: waterpoort: expected key_hashes for each: without any API key the only corporation is demo; \
                    `sluis config key` makes one";
    assert_eq!(wrong(&KEYED.replace(line, "")), expected);
    let second = KEYED
        .replace(line, "")
        .replace("waterpoort\"", "second\"")
        .replace("id = 7", "id = 8");
    assert_eq!(wrong(&format!("{KEYED}{second}")), "nothing is wrong");
    assert_eq!(
        load(&format!("{KEYED}{second}")).unwrap().notes[1],
        "corporation second has no API key: nothing can be sent for it"
    );
}

#[test]
fn in_production_it_is_said_that_a_channel_goes_nowhere() {
    let note = |environment: &str| {
        let text = format!("[engine]\nenvironment = \"{environment}\"\n{NULLS}{KEYED}");
        let notes = load(&text).unwrap().notes;
        notes.iter().any(|note| note.contains("reaches nobody"))
    };
    assert_eq!(["production", "test"].map(note), [true, false]);
}

#[test]
fn plain_text_stays_on_this_machine_or_behind_a_proxy() {
    let expected = "http.address: 0.0.0.0:8080: expected TLS, or a loopback address: give http.tls, or http.behind_proxy = true when a \
                    proxy ends TLS before it";
    assert_eq!(keyed("http.address = \"0.0.0.0:8080\""), expected);
    assert_eq!(
        keyed("http.address = \"0.0.0.0:8080\"\nhttp.behind_proxy = true"),
        "nothing is wrong"
    );
    assert_eq!(
        keyed("http.address = \"0.0.0.0:8080\"\nhttp.tls = { cert = \"c.pem\", key = \"k.pem\" }"),
        "nothing is wrong"
    );
    let cli = CliOverrides {
        http: Some("0.0.0.0:80".into()),
        behind_proxy: true,
        ..CliOverrides::default()
    };
    assert!(load_with(KEYED, &[], &cli).is_ok());
    assert!(
        load_with(
            KEYED,
            &[],
            &CliOverrides {
                behind_proxy: false,
                ..cli
            }
        )
        .is_err()
    );
}

#[test]
fn the_two_ports_are_two() {
    let expected = "binary.address: 127.0.0.1:8080: expected another address than http.address: such as 127.0.0.1:8081, or \
                    binary.enabled = false";
    assert_eq!(wrong("binary.address = \"127.0.0.1:8080\""), expected);
    assert_eq!(
        wrong("binary.address = \"127.0.0.1:0\"\nhttp.address = \"127.0.0.1:0\""),
        "nothing is wrong"
    );
}

#[test]
fn what_is_longest_is_not_shorter() {
    let expected =
        "retry.longest: 2h: expected at least retry.first, 3h: delays double up to the longest";
    assert_eq!(wrong("retry.first = \"3h\""), expected);
    assert!(
        wrong("sending.breaker_first = \"2m\"")
            .starts_with("sending.breaker_longest: 1m: expected at least ")
    );
    assert_eq!(
        wrong("http.max_body_bytes = 4096\nhttp.max_batch_bytes = 2048"),
        "http.max_batch_bytes: 2048: expected at least http.max_body_bytes, 4096: a batch of one must fit"
    );
}

#[test]
fn intake_leaves_room_for_business() {
    let expected = "limits.inbox_business: 1000: expected at least 1756: intake may take at most 70 % of intake and business together";
    assert_eq!(wrong("limits.inbox_business = 1000"), expected);
}

#[test]
fn the_internal_line_holds_every_permit() {
    let expected = "limits.inbox_internal: 128: expected at least 129: more than twice the sum of all providers' concurrency, 64";
    assert_eq!(wrong("limits.inbox_internal = 128"), expected);
    assert_eq!(wrong("limits.inbox_internal = 129"), "nothing is wrong");
}

#[test]
fn shares_fit_into_the_whole() {
    let two = format!(
        "{KEYED}{}",
        KEYED
            .replace("id = 7", "id = 8")
            .replace("\"waterpoort\"", "\"other\"")
            .replace("0011", "0012")
    );
    let shares = |text: &str| {
        load(text)
            .unwrap()
            .config
            .shares()
            .into_iter()
            .map(|(_, share)| share)
            .collect::<Vec<_>>()
    };
    assert_eq!(shares(&two), [1_000_000, 1_000_000]);
    assert_eq!(
        shares(&two.replacen("id = 7", "id = 7\nmax_open = 1_500_000", 1)),
        [1_500_000, 500_000]
    );
    assert_eq!(
        shares(&format!("limits.max_open_per_corporation = 10\n{two}")),
        [10, 10]
    );
    let expected = "engine.max_open: 1000: expected at least the corporations' shares together, 1200: else one corporation could take \
                    another's room: raise it, or lower max_open of the corporations";
    assert_eq!(
        wrong(&format!(
            "engine.max_open = 1000\nlimits.max_open_per_corporation = 600\n{two}"
        )),
        expected
    );
    assert_eq!(
        wrong(&KEYED.replace("id = 7", "id = 7\nmax_open = 0")),
        "corporation.waterpoort.max_open: 0: expected a whole number above zero: such as 500000"
    );
}

#[test]
fn numbers_names_and_keys_are_nobody_elses() {
    let found = wrong(&format!("{KEYED}{KEYED}"));
    let expected = "\
corporation[1].name: waterpoort: expected one of its own: an earlier [[corporation]] has it
corporation[1].id: 7: expected one of its own: an earlier [[corporation]] has it
corporation.waterpoort.key_hashes[0]: a hash that stands twice: expected a key of its own: corporation.waterpoort.key_hashes[0] has it already";
    assert_eq!(found, expected);
    let provider = "[[provider]]\nname = \"a\"\nkind = \"null\"\n";
    assert_eq!(
        wrong(&format!("{provider}{provider}")),
        "provider[1].name: a: expected one of its own: an earlier [[provider]] has it"
    );
}

#[test]
fn an_attempt_has_a_connection() {
    let text = "[[provider]]\nname = \"a\"\nkind = \"smtp\"\nhost = \"relay.nl\"\nport = 25\nhello = \"post.nl\"\nconnections = 8\n";
    let expected = "provider.a.concurrency: 9: expected at most connections, 8: each attempt needs a connection of its own; raise \
                    connections, or leave concurrency out";
    assert_eq!(wrong(&format!("{text}concurrency = 9")), expected);
    assert_eq!(load(text).unwrap().config.providers[0].concurrency.get(), 8);
}

#[test]
fn a_burst_needs_a_rate() {
    let expected = "provider.a.burst: 5: expected a burst beside a rate: give rate_per_second too, or leave burst out";
    assert_eq!(
        wrong("[[provider]]\nname = \"a\"\nkind = \"null\"\nburst = 5"),
        expected
    );
}

const NULLS: &str = "[[provider]]\nname = \"a\"\nkind = \"null\"\n";

#[test]
fn an_account_belongs_to_corporations_that_there_are() {
    let owned = |names: &str| wrong(&format!("{NULLS}corporations = {names}\n{KEYED}"));
    assert_eq!(owned("[\"waterpoort\"]"), "nothing is wrong");
    assert_eq!(
        owned("[]"),
        "provider.a.corporations: []: expected at least one corporation: leave it out where the contract is the street's"
    );
    assert_eq!(
        owned("[\"waterport\", \"waterpoort\", \"waterpoort\"]"),
        "provider.a.corporations[0]: waterport: expected one of waterpoort: the name of a [[corporation]]\n\
         provider.a.corporations[2]: waterpoort: expected each corporation once: it is named before"
    );
}

#[test]
fn a_corporation_has_the_channels_of_its_own_providers_and_the_streets() {
    let second = KEYED
        .replace("id = 7", "id = 8")
        .replace("\"waterpoort\"", "\"noord\"")
        .replace("0011", "1100");
    let text = format!(
        "{NULLS}[[provider]]\nname = \"relay\"\nkind = \"smtp\"\ncorporations = [\"noord\"]\nhost = \"relay.nl\"\n\
         port = 587\nhello = \"post.nl\"\n{KEYED}{second}"
    );
    let config = load(&text).unwrap().config;
    let channels = |number: usize| {
        let channels = config.channels_of(&config.corporations[number]);
        channels
            .iter()
            .map(|channel| channel.name())
            .collect::<Vec<_>>()
    };
    assert_eq!(channels(0), ["null"]);
    assert_eq!(channels(1), ["email", "null"]);
    // The shipped flows go by mail, and only one of the two has a provider of it.
    let found = crate::config::flows::load(&config).unwrap_err().to_string();
    assert!(
        found.contains("expected a channel with a provider that corporation waterpoort may use"),
        "{found}"
    );
    assert!(!found.contains("corporation noord"), "{found}");
    let theirs = text.replace(
        "corporations = [\"noord\"]",
        "corporations = [\"noord\", \"waterpoort\"]",
    );
    assert!(crate::config::flows::load(&load(&theirs).unwrap().config).is_ok());
}

/// They are sealed: encryption is no reason to read the whole log at a start.
#[test]
fn checkpoints_are_taken_with_encryption_as_without() {
    let taken = |lines: &str| {
        let lines = format!("[journal]\ncheckpoint_every = \"1s\"\n{KEYED}{lines}\n");
        config(&lines).checkpoints()
    };
    let without = taken("");
    assert_eq!(taken("data_keys = [\"env:DATA_KEY\"]"), without);
    assert_eq!(without.every_ms, 1_000);
}
