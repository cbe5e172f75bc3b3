//! Which layer wins, and what is said about where a value came from.

use super::super::{CliOverrides, Config, Origin};
use super::{env, load_with, wrong};

fn http(text: &str, variables: &[(&str, &str)], cli: &CliOverrides) -> (String, Option<Origin>) {
    let loaded = load_with(text, variables, cli).unwrap();
    (
        loaded.config.http.address.to_string(),
        loaded.origins.get("http.address").cloned(),
    )
}

#[test]
fn each_layer_goes_over_the_one_below() {
    let (text, none) = (
        "[http]\naddress = \"127.0.0.1:1111\"\n",
        CliOverrides::default(),
    );
    let variable = [("SLUIS_HTTP__ADDRESS", "127.0.0.1:2222")];
    let cli = CliOverrides {
        http: Some("127.0.0.1:3333".into()),
        ..none.clone()
    };
    assert_eq!(http("", &[], &none), ("127.0.0.1:8080".into(), None));
    let (address, origin) = http(text, &[], &none);
    assert!(address.ends_with("1111") && matches!(origin, Some(Origin::File(_))));
    let by_variable = Origin::Environment("SLUIS_HTTP__ADDRESS".into());
    assert_eq!(
        http(text, &variable, &none),
        ("127.0.0.1:2222".into(), Some(by_variable))
    );
    assert_eq!(
        http(text, &variable, &cli),
        ("127.0.0.1:3333".into(), Some(Origin::CommandLine("--http")))
    );
}

#[test]
fn the_command_line_sets_all_it_offers() {
    let cli = CliOverrides {
        data_dir: Some("/srv/sluis".into()),
        http: Some("127.0.0.1:1".into()),
        binary: Some("127.0.0.1:2".into()),
        behind_proxy: true,
    };
    let config = load_with("", &[], &cli).unwrap().config;
    assert_eq!(config.engine.data_dir.to_str(), Some("/srv/sluis"));
    assert_eq!(
        (config.http.address.port(), config.binary.address.port()),
        (1, 2)
    );
    assert!(config.http.behind_proxy && config.binary.behind_proxy);
}

#[test]
fn the_environment_sets_every_kind() {
    let variables = [
        ("SLUIS_ENGINE__MAX_OPEN", "200_000"),
        ("SLUIS_ENGINE__ALLOW_LIST", "@example.nl, +31612345678"),
        ("SLUIS_BINARY__ENABLED", "false"),
        ("SLUIS_LOG__FORMAT", "json"),
        ("SLUIS_HTTP__TLS__CERT", "cert.pem"),
        ("SLUIS_HTTP__TLS__KEY", "key.pem"),
        ("HOME", "/root"),
    ];
    let config = load_with("", &variables, &CliOverrides::default())
        .unwrap()
        .config;
    assert_eq!(config.engine.max_open, 200_000);
    assert_eq!(config.engine.allow_list, ["@example.nl", "+31612345678"]);
    assert!(!config.binary.enabled);
    assert_eq!(config.http.tls.unwrap().key.to_str(), Some("key.pem"));
}

fn variables(pairs: &[(&str, &str)]) -> String {
    let loaded = Config::load(None, &env(pairs), &CliOverrides::default());
    loaded
        .map(|_| "nothing is wrong".to_owned())
        .unwrap_or_else(|problems| problems.to_string())
}

#[test]
fn a_wrong_variable_is_named() {
    assert_eq!(
        variables(&[("SLUIS_ENGINE__SHARDS", "many")]),
        "engine.shards: \"many\": expected a whole number from 1 to 1024: such as 16 (from SLUIS_ENGINE__SHARDS)"
    );
    assert_eq!(
        variables(&[("SLUIS_HTTP__ADDRESS", "here")]),
        "http.address: \"here\": expected an IP address with a port: such as 127.0.0.1:8080 (from SLUIS_HTTP__ADDRESS)"
    );
    assert_eq!(
        variables(&[("SLUIS_HTTP__ADRESS", "127.0.0.1:1")]),
        "SLUIS_HTTP__ADRESS: unknown variable: expected a setting as SLUIS_SECTION__KEY: did you mean SLUIS_HTTP__ADDRESS?"
    );
    assert_eq!(
        variables(&[("SLUIS_HTTP_ADDRESS", "127.0.0.1:1")]),
        "SLUIS_HTTP_ADDRESS: unknown variable: expected a setting as SLUIS_SECTION__KEY: did you mean SLUIS_HTTP__ADDRESS?"
    );
}

#[test]
fn variables_of_others_and_named_secrets_are_let_be() {
    assert_eq!(
        variables(&[
            ("SLUIS_PORT", "tcp://10.0.0.1:80"),
            ("SLUIS_SERVICE_HOST", "10.0.0.1")
        ]),
        "nothing is wrong"
    );
    let text = "[[provider]]\nname = \"relay\"\nkind = \"smtp\"\nhost = \"relay.nl\"\nport = 587\nhello = \"post.nl\"\n\
                username = \"sluis\"\npassword_env = \"SLUIS__RELAY\"\n";
    assert!(
        load_with(
            text,
            &[("SLUIS__RELAY", "secret")],
            &CliOverrides::default()
        )
        .is_ok()
    );
}

#[test]
fn a_file_that_is_not_there_or_no_toml_is_said() {
    let missing = Config::load(
        Some("/nowhere/sluis.toml".as_ref()),
        &env(&[]),
        &CliOverrides::default(),
    )
    .unwrap_err();
    assert!(
        missing
            .to_string()
            .starts_with("--config: /nowhere/sluis.toml: expected a readable TOML file: "),
        "{missing}"
    );
    let broken = wrong("[http]\naddress = \"127.0.0.1:1\"\npassword = hunter2\n");
    assert!(
        broken.contains(":3: \"password\": expected TOML 1.0: "),
        "{broken}"
    );
    assert!(!broken.contains("hunter2"));
}
