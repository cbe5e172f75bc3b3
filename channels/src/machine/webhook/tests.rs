//! The webhook against a server of its own: what is asked, and what the answers amount to.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use sluis_model::{Barred, Channel, CorporationId, OnDoubt, Refusal, Verdict};
use tokio::net::TcpListener;

use super::request::NOT_JSON;
use crate::ProviderConfig;
use crate::outgoing::{Content, Outgoing};
use crate::provider::Provider;
use crate::secrets::SecretSource;
use crate::testing::{attempt, key, outgoing};

/// The secret of a variable is its name in lower case.
struct Named;

impl SecretSource for Named {
    fn env(&self, name: &str) -> Option<String> {
        Some(name.to_ascii_lowercase())
    }

    fn file(&self, _: &std::path::Path) -> std::io::Result<String> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

/// A machine that answers with one status after the other, the last one for ever.
struct Machine {
    port: u16,
    asked: Mutex<Vec<(http::HeaderMap, serde_json::Value)>>,
    count: AtomicUsize,
}

impl Machine {
    async fn start(answers: &'static [(u16, &'static str)]) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let machine = Arc::new(Self {
            port: listener.local_addr().unwrap().port(),
            asked: Mutex::default(),
            count: AtomicUsize::new(0),
        });
        let own = Arc::clone(&machine);
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let own = Arc::clone(&own);
                let serve = service_fn(move |request: http::Request<hyper::body::Incoming>| {
                    let own = Arc::clone(&own);
                    async move {
                        let (head, body) = request.into_parts();
                        let body = body.collect().await.unwrap().to_bytes();
                        let body = serde_json::from_slice(&body).unwrap_or_default();
                        own.asked.lock().push((head.headers, body));
                        let number = own.count.fetch_add(1, Ordering::SeqCst);
                        let (status, body) = answers[number.min(answers.len() - 1)];
                        let answer = http::Response::builder()
                            .status(status)
                            .body(Full::new(Bytes::from_static(body.as_bytes())));
                        Ok::<_, Infallible>(answer.unwrap())
                    }
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(tcp), serve),
                );
            }
        });
        machine
    }

    fn provider(&self) -> Arc<dyn Provider> {
        provider(self.port)
    }
}

pub(super) fn provider(port: u16) -> Arc<dyn Provider> {
    let json = format!(
        r#"{{"kind": "webhook", "url": "http://127.0.0.1:{port}/requests", "secret_env": "KEY"}}"#
    );
    let config: ProviderConfig = serde_json::from_str(&json).unwrap();
    config
        .build("payments", "provider.payments", &Named)
        .unwrap()
}

pub(super) fn request(text: &str) -> Outgoing {
    outgoing(Content::Text(text.into()))
}

#[tokio::test]
async fn a_request_says_who_asks_what_and_has_the_same_key_when_it_is_sent_again() {
    let machine = Machine::start(&[(202, r#"{"id": "p-77"}"#)]).await;
    let provider = machine.provider();
    assert_eq!(
        (provider.channel(), provider.on_doubt()),
        (Channel::Machine, OnDoubt::Resend)
    );
    for _ in 0..2 {
        let verdict = Arc::clone(&provider)
            .send(request(r#"{"what": "open", "cents": 61250}"#))
            .await;
        let taken = Verdict::Delivered {
            provider_id: "p-77".into(),
        };
        assert_eq!(verdict, taken);
    }
    let asked = machine.asked.lock().clone();
    let reference = key().attempt(CorporationId(7), attempt());
    for (head, body) in &asked {
        assert_eq!(head["authorization"], "Bearer key");
        assert_eq!(head["idempotency-key"], reference.as_str());
        assert_eq!(head["content-type"], "application/json");
        let expected = serde_json::json!({
            "reference": reference, "notification": attempt().id.to_string(), "attempt": 2,
            "request": { "what": "open", "cents": 61_250 },
        });
        assert_eq!(*body, expected);
    }
    assert_eq!(asked.len(), 2);
}

#[tokio::test]
async fn every_answer_amounts_to_something_and_none_is_lost() {
    type Amounts = fn(&Verdict) -> bool;
    let cases: [(u16, Amounts); 14] = [
        (200, |v| matches!(v, Verdict::Delivered { .. })),
        (204, |v| matches!(v, Verdict::Delivered { .. })),
        (302, |v| {
            matches!(
                v,
                Verdict::Barred {
                    what: Barred::Account,
                    ..
                }
            )
        }),
        (400, |v| {
            matches!(
                v,
                Verdict::Refused {
                    class: Refusal::Ours,
                    ..
                }
            )
        }),
        (401, |v| {
            matches!(
                v,
                Verdict::Barred {
                    what: Barred::Account,
                    ..
                }
            )
        }),
        (404, |v| {
            matches!(
                v,
                Verdict::Barred {
                    what: Barred::Account,
                    ..
                }
            )
        }),
        (409, |v| matches!(v, Verdict::InDoubt { .. })),
        (413, |v| {
            matches!(
                v,
                Verdict::Refused {
                    class: Refusal::Ours,
                    ..
                }
            )
        }),
        (422, |v| {
            matches!(
                v,
                Verdict::Refused {
                    class: Refusal::Ours,
                    ..
                }
            )
        }),
        (429, |v| matches!(v, Verdict::Retry { .. })),
        (500, |v| matches!(v, Verdict::InDoubt { .. })),
        (502, |v| matches!(v, Verdict::InDoubt { .. })),
        (503, |v| matches!(v, Verdict::Retry { .. })),
        (504, |v| matches!(v, Verdict::InDoubt { .. })),
    ];
    for (status, is_right) in cases {
        let response = super::classify::Response {
            status,
            retry_after: None,
            body: b"not json",
        };
        let verdict = super::classify::classify(&response, sluis_model::Timestamp(0));
        assert!(is_right(&verdict), "{status}: {verdict:?}");
    }
}

#[tokio::test]
async fn a_machine_that_is_away_for_a_while_gets_the_request_in_the_end() {
    let machine = Machine::start(&[(503, ""), (503, ""), (200, "")]).await;
    let provider = machine.provider();
    let mut verdicts = Vec::new();
    for _ in 0..3 {
        verdicts.push(Arc::clone(&provider).send(request("{}")).await.name());
    }
    assert_eq!(verdicts, ["retry", "retry", "delivered"]);
    let nobody = provider_at_nothing().send(request("{}")).await;
    assert!(matches!(nobody, Verdict::Withdrawn { .. }), "{nobody:?}");
}

fn provider_at_nothing() -> Arc<dyn Provider> {
    provider(1)
}

#[test]
fn what_is_no_json_object_is_not_sent() {
    let provider = provider(1);
    for text in ["", "open", "[1]", "{\"a\": }", "{} {}", "\"x\""] {
        let why = provider.fits(&request(text)).unwrap_err();
        assert_eq!(&*why.code, NOT_JSON, "{text}");
    }
    assert!(
        provider
            .fits(&request("{\"name\": \"De \\\"Vries\\\"\"}"))
            .is_ok()
    );
    assert!(provider.fits(&outgoing(Content::Null)).is_err());
}

#[test]
fn settings_that_cannot_be_meant_are_refused() {
    let cases = [
        r#"{"kind": "webhook", "url": "http://pay.example.nl/x", "secret_env": "KEY"}"#,
        r#"{"kind": "webhook", "url": "pay.example.nl", "secret_env": "KEY"}"#,
        r#"{"kind": "webhook", "url": "https://pay.example.nl/x?a=1", "secret_env": "KEY"}"#,
        r#"{"kind": "webhook", "url": "https://u:p@pay.example.nl/x", "secret_env": "KEY"}"#,
        r#"{"kind": "webhook", "url": "https://pay.example.nl/x"}"#,
        r#"{"kind": "webhook", "url": "https://pay.example.nl/x", "secret_env": "KEY", "connections": 0}"#,
        r#"{"kind": "webhook", "url": "https://pay.example.nl/x", "secret_env": "KEY", "wait": "48h"}"#,
    ];
    for json in cases {
        let config: ProviderConfig = serde_json::from_str(json).unwrap();
        assert_eq!(config.check("provider.x").len(), 1, "{json}");
    }
}
