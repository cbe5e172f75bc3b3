//! One wrong value each, with the line a person reads; and several at once.

use super::{KEYED, wrong};

/// What is written, and the line that answers it.
const WRONG: &[(&str, &str)] = &[
    (
        "engine.environment = \"prod\"",
        "engine.environment: \"prod\": expected production, acceptance, test or development: such as production",
    ),
    (
        "engine.data_dir = \"\"",
        "engine.data_dir: \"\": expected a directory: such as /var/lib/sluis",
    ),
    (
        "engine.shards = 0",
        "engine.shards: 0: expected a number from 1 to 1024: such as 16",
    ),
    (
        "engine.shards = 70000",
        "engine.shards: 70000: expected a whole number from 1 to 1024: such as 16",
    ),
    (
        "engine.max_open = 0",
        "engine.max_open: 0: expected a number from 1: such as 2000000",
    ),
    (
        "engine.max_open = \"many\"",
        "engine.max_open: \"many\": expected a whole number above zero: such as 2000000",
    ),
    (
        "engine.shutdown_grace = \"soon\"",
        "engine.shutdown_grace: \"soon\": expected a length of time: such as 30s",
    ),
    (
        "engine.shutdown_grace = 30",
        "engine.shutdown_grace: 30: expected a length of time: such as 30s",
    ),
    (
        "engine.shutdown_grace = \"2h\"",
        "engine.shutdown_grace: 2h: expected at least 1ms and at most 1h: such as 30s",
    ),
    (
        "engine.prepare_threads = 0",
        "engine.prepare_threads: 0: expected a number from 1 to 256: such as 2",
    ),
    (
        "engine.allow_list = [\"someone\"]",
        "engine.allow_list[0]: \"someone\": expected a recipient: an address in the form that is stored: \"a@example.nl\", \
         \"@example.nl\", \"+31612345678\" or \"*\"",
    ),
    (
        "engine.allow_list = [\"06 12345678\"]",
        "engine.allow_list[0]: \"06 12345678\": expected a recipient: an address in the form that is stored: \"a@example.nl\", \
         \"@example.nl\", \"+31612345678\" or \"*\"",
    ),
    (
        "engine.allow_list = [\"*@example.nl\"]",
        "engine.allow_list[0]: \"*@example.nl\": expected a recipient: there are no wildcards: a whole domain is \"@example.nl\", \
         everybody is \"*\"",
    ),
    (
        "engine.allow_list = [\"@*.example.nl\"]",
        "engine.allow_list[0]: \"@*.example.nl\": expected a recipient: an address in the form that is stored: \"a@example.nl\", \
         \"@example.nl\", \"+31612345678\" or \"*\"",
    ),
    (
        "engine = 3",
        "engine: 3: expected a section: [engine] (from FILE)",
    ),
    (
        "http.address = \"localhost\"",
        "http.address: \"localhost\": expected an IP address with a port: such as 127.0.0.1:8080",
    ),
    (
        "http.behind_proxy = \"yes\"",
        "http.behind_proxy: \"yes\": expected true or false: such as true",
    ),
    (
        "http.max_body_bytes = 10",
        "http.max_body_bytes: 10: expected a number from 1024 to 1073741824: such as 1048576",
    ),
    (
        "http.max_connections = -1",
        "http.max_connections: -1: expected a whole number above zero: such as 4096",
    ),
    (
        "http.tls.cert = \"a.pem\"",
        "http.tls.key: not given: expected the path of a PEM file: such as /etc/sluis/tls/key.pem",
    ),
    (
        "http.operator_key_hashes = [\"slk_secret\"]",
        "http.operator_key_hashes[0]: 10 characters: expected a BLAKE3 hash of 64 hex digits: never the key itself; \
         `sluis config key` makes a key with its hash",
    ),
    (
        "binary.credit = 0",
        "binary.credit: 0: expected a number from 1 to 1000000: such as 4096",
    ),
    (
        "journal.queue_max_bytes = 1",
        "journal.queue_max_bytes: 1: expected a number from 1048576 to 68719476736: such as 67108864",
    ),
    (
        "limits.idempotency_age = \"0s\"",
        "limits.idempotency_age: 0s: expected at least 1ms and at most 720h: such as 24h",
    ),
    (
        "limits.clock_tolerance = \"2h\"",
        "limits.clock_tolerance: 2h: expected at least 1ms and at most 1h: such as 5m",
    ),
    (
        "limits.max_open_per_corporation = 0",
        "limits.max_open_per_corporation: 0: expected a number from 1: such as 500000",
    ),
    (
        "retry.most = 0",
        "retry.most: 0: expected a number from 1 to 10000: such as 40",
    ),
    (
        "sending.normal_per_bulk = 0",
        "sending.normal_per_bulk: 0: expected a whole number above zero: such as 4",
    ),
    (
        "sending.urgent_reserve_percent = 100",
        "sending.urgent_reserve_percent: 100: expected a number from 0 to 90: such as 10",
    ),
    (
        "log.format = \"xml\"",
        "log.format: \"xml\": expected text or json: such as json",
    ),
    (
        "http.adress = \"127.0.0.1:1\"",
        "http.adress: unknown key: expected one of address, behind_proxy, idle_timeout, max_batch_bytes, max_bodies_bytes, \
         max_body_bytes, max_connections, max_connections_per_corporation, max_connections_per_peer, operator_key_hashes, \
         request_timeout, status_address, tls: did you mean \"address\"?",
    ),
    (
        "[engin]\nshards = 4",
        "engin: unknown key: expected one of archive, binary, corporation, engine, flows, http, journal, limits, log, provider, retry, \
         sending: did you mean \"engine\"?",
    ),
    (
        "[[provider]]\nname = \"a\"\nkind = \"smpt\"",
        "provider.a.kind: \"smpt\": expected one of KINDS: did you mean \"smtp\"?",
    ),
    (
        "[[provider]]\nname = \"a\"",
        "provider.a.kind: not given: expected one of KINDS: the way out",
    ),
    (
        "[[provider]]\nkind = \"null\"",
        "provider[0].name: not given: expected 1 to 32 of a-z, 0-9, - and _: such as relay",
    ),
    (
        "[[provider]]\nname = \"A\"\nkind = \"null\"",
        "provider.A.name: \"A\": expected 1 to 32 of a-z, 0-9, - and _: the name stands in URLs and metrics",
    ),
    (
        "[[provider]]\nname = \"a\"\nkind = \"null\"\nconcurrency = 0",
        "provider.a.concurrency: 0: expected a whole number above zero: such as 64",
    ),
    (
        "[[provider]]\nname = \"a\"\nkind = \"null\"\nport = 25",
        "provider.a.port: unknown key: expected one of burst, concurrency, corporations, kind, name, rate_per_second: remove it",
    ),
    (
        "[provider]\nname = \"a\"\nkind = \"null\"",
        "provider: { kind = \"null\", name = \"a\" }: expected a list: [[provider]], with two brackets",
    ),
];

#[test]
fn each_wrong_value_is_answered_with_its_path_and_a_hint() {
    for (text, line) in WRONG {
        let found = wrong(text);
        let found = match found.rfind("(from /") {
            Some(at) => format!("{}(from FILE)", &found[..at]),
            None => found,
        };
        assert_eq!(found, with_kinds(line), "{text}");
    }
}

/// The line, with the kinds of providers that there are.
fn with_kinds(line: &str) -> String {
    let names: Vec<&str> = sluis_channels::KINDS.iter().map(|kind| kind.name).collect();
    line.replace("KINDS", &names.join(", "))
}

/// Wrong values in a corporation: what is put for what, and the line.
const WRONG_CORPORATION: &[(&str, &str, &str)] = &[
    (
        "id = 7",
        "id = 0",
        "corporation.waterpoort.id: 0: expected a whole number from 1 to 65535: such as 1",
    ),
    (
        "id = 7",
        "",
        "corporation.waterpoort.id: not given: expected a whole number from 1 to 65535: such as 1",
    ),
    (
        "id = 7",
        "id = 65536",
        "corporation.waterpoort.id: 65536: expected a whole number from 1 to 65535: such as 1",
    ),
    (
        "\"waterpoort\"",
        "\"Water poort\"",
        "corporation.Water poort.name: \"Water poort\": expected 1 to 32 of a-z, 0-9, - and _: the name stands in metrics",
    ),
    (
        "\"Woningstichting Waterpoort\"",
        "\" \"",
        "corporation.waterpoort.display_name: \" \": expected one line of text: the name as tenants read it",
    ),
    (
        "\"Waterpoort\"",
        "\"Waterpoort!\"",
        "corporation.waterpoort.sender.sms_originator: \"Waterpoort!\": expected 1 to 11 ASCII letters, digits or spaces with at \
         least one letter, or an E.164 number: 3GPP TS 23.040 9.1.2.5",
    ),
    (
        "sender.bounce_domain = \"bounce.waterpoort.nl\"",
        "",
        "corporation.waterpoort.sender.bounce_domain: not given: expected a value: this key has no default",
    ),
    (
        "id = 7",
        "id = 7\nlimits.email.window = \"weekdays\"",
        "corporation.waterpoort.limits.email.window: \"weekdays\": expected hours, with or without days before them: such as \
         \"mon-sat 08:00-21:00\"",
    ),
    (
        "id = 7",
        "id = 7\nlimits.sms.burst = 3",
        "corporation.waterpoort.limits.sms.burst: 3: expected a burst beside a rate: give rate_per_second too, or leave burst out",
    ),
];

#[test]
fn each_wrong_value_of_a_corporation_is_answered_too() {
    for (from, to, line) in WRONG_CORPORATION {
        assert_eq!(wrong(&KEYED.replacen(from, to, 1)), *line, "{to}");
    }
}

#[test]
fn limits_of_a_channel_that_is_none_are_answered_with_those_there_are() {
    let names = sluis_model::Channel::ALL
        .map(sluis_model::Channel::name)
        .join(", ");
    let expected = format!(
        "corporation.waterpoort.limits.fax: unknown key: expected one of {names}: see the default configuration"
    );
    let text = KEYED.replacen("id = 7", "id = 7\nlimits.fax.weight = 3", 1);
    assert_eq!(wrong(&text), expected);
}

#[test]
fn nothing_is_said_about_what_was_made_up() {
    let sender = KEYED
        .lines()
        .filter(|line| !line.starts_with("sender"))
        .collect::<Vec<_>>()
        .join("\n");
    let expected = "corporation.waterpoort.sender: not given: expected a section: [corporation.sender], as in the default configuration";
    assert_eq!(wrong(&sender), expected);
}

#[test]
fn a_log_filter_must_be_one() {
    let found = wrong("log.filter = \"info,=\"");
    assert!(
        found.starts_with("log.filter: info,=: expected a level, or a list of parts with levels: "),
        "{found}"
    );
}

#[test]
fn several_problems_are_reported_at_once() {
    let text = r#"
        [engine]
        shards = 0
        enviroment = "production"
        allow_list = ["example.nl", "@example.nl", "@"]

        [http]
        address = "everywhere"
        request_timeout = 30

        [retry]
        first = "3h"

        [[corporation]]
        name = "waterpoort"
        display_name = "Waterpoort"
        key_hashes = ["slk_oops", 5]
        limits.email.weight = 0

        [[provider]]
        name = "relay"
        kind = "smtp"
        host = "relay.example.nl"
        helo = "post.example.nl"
        port = "submission"

        [[provider]]
        name = "bird"
        kind = "bird"
    "#;
    let expected = "\
corporation.waterpoort.key_hashes[1]: 5: expected a string: see the default configuration
corporation.waterpoort.limits.email.weight: 0: expected a whole number above zero: see the default configuration
corporation.waterpoort.id: not given: expected a whole number from 1 to 65535: such as 1
corporation.waterpoort.sender: not given: expected a section: [corporation.sender], as in the default configuration
engine.enviroment: unknown key: expected one of allow_list, data_dir, environment, max_active_tenants, max_open, pin_arbiters, \
prepare_threads, shards, shutdown_grace, tenant_idle_for: did you mean \"environment\"?
http.address: \"everywhere\": expected an IP address with a port: such as 127.0.0.1:8080
http.request_timeout: 30: expected a length of time: such as 30s
provider.relay.helo: unknown key: expected one of burst, ca_file, command_timeout, concurrency, connect_timeout, connections, corporations, \
data_timeout, from, hello, host, idle, kind, messages_per_connection, name, on_doubt, password_env, password_file, pipelining, port, \
rate_per_second, tls, username, wait: did you mean \"hello\"?
provider.relay.port: \"submission\": expected a whole number, at most 65535: see the default configuration
provider.relay.hello: not given: expected a value: this key has no default
provider.bird.kind: \"bird\": expected one of KINDS: did you mean \"bird-sms\"?
engine.shards: 0: expected a number from 1 to 1024: such as 16
retry.longest: 2h: expected at least retry.first, 3h: delays double up to the longest
engine.allow_list[0]: \"example.nl\": expected a recipient: an address in the form that is stored: \"a@example.nl\", \
\"@example.nl\", \"+31612345678\" or \"*\"
engine.allow_list[2]: \"@\": expected a recipient: an address in the form that is stored: \"a@example.nl\", \
\"@example.nl\", \"+31612345678\" or \"*\"
corporation.waterpoort.key_hashes[0]: 8 characters: expected a BLAKE3 hash of 64 hex digits: never the key itself; \
`sluis config key` makes a key with its hash";
    assert_eq!(wrong(text), with_kinds(expected));
}
