//! Each kind of connection that keeps the engine waiting is closed within its limit. Refuses to
//! depend on how fast the machine is: a test that has to act before a limit ends tries longer ones
//! until it is fast enough.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use sluis::config::TlsFiles;
use sluis::http::HttpSettings;
use sluis::tls::{HTTP_PROTOCOLS, Tls};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::silent::{HEALTH, PREFACE, Port, WATCHDOG, post, rest, try_ask};
use crate::support::{Engine, NOORD, Setup};

/// The shortest, for those that do nothing before they are closed.
const SHORT: Duration = Duration::from_millis(80);
/// For those that do something first, in the order in which they are tried.
const LONGER_AND_LONGER: [Duration; 4] = [
    SHORT,
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(20),
];

fn within(limit: Duration) -> HttpSettings {
    HttpSettings {
        idle: limit,
        request: limit,
        ..HttpSettings::default()
    }
}

fn certificate() -> Tls {
    let at = concat!(env!("CARGO_MANIFEST_DIR"), "/client/tests/it/tls/");
    let files = TlsFiles {
        cert: format!("{at}certificate.pem").into(),
        key: format!("{at}key.pem").into(),
    };
    Tls::load(&files, HTTP_PROTOCOLS).unwrap()
}

/// A TLS connection after its handshake; an error when that took too long.
async fn secured(at: SocketAddr) -> std::io::Result<impl AsyncRead + AsyncWrite + Unpin> {
    let mut trusted = rustls::RootCertStore::empty();
    let pem = include_bytes!("../../client/tests/it/tls/certificate.pem");
    let certificate = <rustls::pki_types::CertificateDer<'_> as rustls::pki_types::pem::PemObject>::from_pem_slice(pem).unwrap();
    trusted.add(certificate).unwrap();
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(
        rustls::crypto::ring::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .unwrap()
    .with_root_certificates(trusted)
    .with_no_client_auth();
    let stream = TcpStream::connect(at).await.unwrap();
    let name = "localhost".try_into().unwrap();
    tokio_rustls::TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_does_not_finish_a_request_is_closed_within_the_limit() {
    let engine = Engine::with(Setup {
        http: "request_timeout = \"300ms\"",
        ..Setup::default()
    })
    .await;
    let port = Port::of(&engine, within(SHORT)).await;
    for (what, says) in [
        ("nothing", &b""[..]),
        ("a part of the preface of HTTP/2", &PREFACE[..9]),
        (
            "a head without its end",
            b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: ",
        ),
        ("the preface and SETTINGS of HTTP/2", PREFACE),
    ] {
        for mut stream in port.crowd(20, says).await {
            let said = rest(&mut stream).await;
            assert!(!said.contains("200"), "{what}: {said}");
        }
    }
    for path in ["/v1/notifications", "/v1/notifications/batch"] {
        let mut half = port.connect().await;
        half.write_all(&post(path, NOORD, 1_000, "{\"tenant_id\":"))
            .await
            .unwrap();
        let said = rest(&mut half).await;
        assert!(
            said.starts_with("HTTP/1.1 408") || said.is_empty(),
            "{path}: {said}"
        );
    }
    let secure = Port::of(
        &engine,
        HttpSettings {
            tls: Some(certificate()),
            ..within(SHORT)
        },
    )
    .await;
    assert_eq!(rest(&mut secure.connect().await).await, "", "no handshake");
    engine.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_rests_between_two_requests_is_closed_within_the_limit() {
    let engine = Engine::start().await;
    for limit in LONGER_AND_LONGER {
        let port = Port::of(&engine, within(limit)).await;
        let mut idle = port.connect().await;
        if let Ok(answer) = try_ask(&mut idle, HEALTH).await {
            assert!(answer.ends_with("ok\n"), "{answer}");
            assert_eq!(rest(&mut idle).await, "");
            return engine.end().await;
        }
    }
    panic!("no answer within {LONGER_AND_LONGER:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_silent_after_a_handshake_is_closed_within_the_limit() {
    let engine = Engine::start().await;
    for limit in LONGER_AND_LONGER {
        let settings = HttpSettings {
            tls: Some(certificate()),
            ..within(limit)
        };
        let port = Port::of(&engine, settings).await;
        if let Ok(mut silent) = secured(port.at).await {
            // No close_notify may be an error of its own: it is closed.
            let closed = tokio::time::timeout(WATCHDOG, silent.read(&mut [0; 9]))
                .await
                .expect("it is closed");
            assert!(!matches!(closed, Ok(1..)));
            return engine.end().await;
        }
    }
    panic!("no handshake within {LONGER_AND_LONGER:?}");
}
