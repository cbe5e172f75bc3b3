//! TLS, STARTTLS and AUTH, against a relay with a certificate of its own authority.

use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use sluis_model::{Barred, Verdict};
use tokio_rustls::TlsAcceptor;

use super::peer::{FixedSecrets, Peer, Script, mail};
use crate::ProviderConfig;

/// An authority, its certificate in a file, and a relay's certificate for `localhost`.
fn authority() -> (tempfile::TempDir, PathBuf, TlsAcceptor) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".to_owned()])
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ca.pem");
    std::fs::write(&file, issuer.pem()).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], key)
            .unwrap();
    (directory, file, TlsAcceptor::from(Arc::new(config)))
}

fn with_ca(file: &std::path::Path, more: &str) -> String {
    format!(r#", "ca_file": "{}" {more}"#, file.display())
}

#[tokio::test]
async fn mail_goes_over_implicit_tls_and_over_starttls() {
    let (_directory, file, tls) = authority();
    let peer = Peer::start(Script {
        tls: Some(tls.clone()),
        implicit: true,
        ..Script::default()
    })
    .await;
    let verdict = peer
        .provider(&with_ca(&file, r#", "tls": "implicit""#))
        .send(mail())
        .await;
    assert!(matches!(verdict, Verdict::Accepted { .. }), "{verdict:?}");

    let peer = Peer::start(Script {
        tls: Some(tls),
        offers: vec!["PIPELINING", "STARTTLS"],
        ..Script::default()
    })
    .await;
    let provider = peer.provider(&with_ca(&file, ""));
    for _ in 0..2 {
        let verdict = Arc::clone(&provider).send(mail()).await;
        assert!(matches!(verdict, Verdict::Accepted { .. }), "{verdict:?}");
    }
    assert_eq!((peer.count("STARTTLS"), peer.taken.lock().len()), (1, 2));
}

#[tokio::test]
async fn an_unknown_authority_no_starttls_and_bytes_before_tls_withdraw() {
    let (_directory, file, tls) = authority();
    let offers = vec!["STARTTLS"];
    let peer = Peer::start(Script {
        tls: Some(tls.clone()),
        offers: offers.clone(),
        ..Script::default()
    })
    .await;
    let stranger = peer.provider("").send(mail()).await;
    assert!(
        matches!(&stranger, Verdict::Withdrawn { why } if &*why.code == "tls"),
        "{stranger:?}"
    );

    let peer = Peer::start(Script {
        tls: Some(tls.clone()),
        ..Script::default()
    })
    .await;
    let plain = peer.provider(&with_ca(&file, "")).send(mail()).await;
    assert!(
        matches!(&plain, Verdict::Withdrawn { why } if &*why.code == "tls"),
        "{plain:?}"
    );
    assert_eq!(peer.count("MAIL"), 0, "nothing goes in the clear");

    let answers = [("STARTTLS", "220 go\r\n250-injected\r\n250 AUTH PLAIN")].into();
    let peer = Peer::start(Script {
        tls: Some(tls),
        offers,
        answers,
        ..Script::default()
    })
    .await;
    let injected = peer.provider(&with_ca(&file, "")).send(mail()).await;
    assert!(
        matches!(&injected, Verdict::Withdrawn { why } if &*why.code == "protocol"),
        "{injected:?}"
    );
}

#[tokio::test]
async fn auth_is_used_and_its_refusal_is_ours() {
    let login = r#", "username": "sluis", "password_env": "RELAY_PASSWORD""#;
    let peer = Peer::start(Script {
        offers: vec!["AUTH PLAIN LOGIN"],
        ..Script::default()
    })
    .await;
    let verdict = peer.provider(login).send(mail()).await;
    assert!(matches!(verdict, Verdict::Accepted { .. }), "{verdict:?}");
    assert_eq!(peer.count("AUTH PLAIN AHNsdWlzAGdlaGVpbQ=="), 1);

    let peer = Peer::start(Script {
        offers: vec!["AUTH LOGIN"],
        ..Script::default()
    })
    .await;
    let verdict = peer.provider(login).send(mail()).await;
    assert!(matches!(verdict, Verdict::Accepted { .. }), "{verdict:?}");
    let said = peer.log.lock()[1..4].to_vec();
    assert_eq!(
        said,
        ["AUTH LOGIN", "c2x1aXM=", "Z2VoZWlt"],
        "the name, then the password"
    );

    let answers = [("AUTH", "535 5.7.8 wrong")].into();
    let peer = Peer::start(Script {
        offers: vec!["AUTH PLAIN"],
        answers,
        ..Script::default()
    })
    .await;
    let verdict = peer.provider(login).send(mail()).await;
    assert!(
        matches!(&verdict, Verdict::Barred { what: Barred::Account, why } if &*why.code == "5.7.8"),
        "{verdict:?}"
    );

    let peer = Peer::start(Script {
        offers: vec!["AUTH CRAM-MD5"],
        ..Script::default()
    })
    .await;
    let verdict = peer.provider(login).send(mail()).await;
    assert!(
        matches!(
            verdict,
            Verdict::Barred {
                what: Barred::Account,
                ..
            }
        ),
        "{verdict:?}"
    );
}

#[test]
fn the_configuration_says_everything_wrong_at_once() {
    let json = r#"{"kind": "smtp", "host": "re lay", "port": 0, "tls": "none", "hello": "-", "username": "u", "connections": 0, "idle": "0s"}"#;
    let config: ProviderConfig = serde_json::from_str(json).unwrap();
    let error = config
        .build("Relay!", "channels.email.relay", &FixedSecrets)
        .unwrap_err()
        .to_string();
    for path in [
        "host",
        "port",
        "hello",
        "username",
        "tls",
        "connections",
        "idle",
    ] {
        assert!(
            error.contains(&format!("channels.email.relay.{path}:")),
            "{path} in\n{error}"
        );
    }
    assert!(error.contains("\"Relay!\""));
    assert!(
        serde_json::from_str::<ProviderConfig>(
            r#"{"kind": "smtp", "host": "a", "port": 1, "hello": "a", "pasword": 1}"#
        )
        .is_err()
    );
    assert!(
        serde_json::from_str::<ProviderConfig>(
            r#"{"kind": "smtp", "host": "a", "port": 1, "hello": "a", "idle": "30"}"#
        )
        .is_err()
    );
    assert!(serde_json::from_str::<ProviderConfig>(r#"{"kind": "fax"}"#).is_err());
    let text = "kind = \"smtp\"\nhost = \"relay.example\"\nport = 587\nhello = \"a.example\"\nidle = \"1m 30s\"\n";
    let config: ProviderConfig = toml::from_str(text).unwrap();
    assert!(config.check("x").is_empty());
    assert_eq!(
        toml::from_str::<ProviderConfig>(&toml::to_string(&config).unwrap()).unwrap(),
        config
    );
}
