//! Requests as they leave, and what becomes of a send when the connection breaks.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures::future::join_all;
use sluis_model::{CorporationId, Verdict};

use super::peer::{Named, Peer, Reply, answer, provider};
use crate::ProviderConfig;
use crate::outgoing::Content;
use crate::testing::{attempt, key, outgoing};

fn sms(text: &str) -> crate::outgoing::Outgoing {
    outgoing(Content::Text(text.into()))
}

#[tokio::test]
async fn a_message_is_posted_as_bird_wants_it() {
    let peer = Peer::start(Reply::Created).await;
    let provider = peer.provider("");
    let verdict = Arc::clone(&provider).send(sms("Betaal € 12,34")).await;
    assert_eq!(
        verdict,
        Verdict::Accepted {
            provider_id: "e8077d803532c0b5937c639b60216938".into()
        }
    );
    assert!(matches!(
        provider.send(sms("geïnformeerd")).await,
        Verdict::Accepted { .. }
    ));
    let requests = peer.requests.lock().clone();
    let head = requests[0].0.to_ascii_lowercase();
    assert!(
        head.starts_with("post /messages http/1.1\r\n")
            && head.contains("authorization: accesskey key\r\n"),
        "{head}"
    );
    assert_eq!(head.matches("\r\nhost: 127.0.0.1:").count(), 1, "{head}");
    let body: serde_json::Value = serde_json::from_str(&requests[0].1).unwrap();
    let expected = serde_json::json!({
        "originator": "Woonst", "recipients": ["31612345678"], "body": "Betaal € 12,34", "type": "sms", "datacoding": "plain",
        "reference": key().attempt(CorporationId(7), attempt()), "reportUrl": "https://post.woon.example/v1/receipts/bird",
    });
    assert_eq!(body, expected);
    assert!(requests[1].1.contains(r#""datacoding":"unicode""#));
    assert_eq!(
        peer.connections.load(Ordering::SeqCst),
        1,
        "the connection is used again"
    );
}

#[tokio::test]
async fn transliteration_is_a_setting_and_the_length_has_a_limit() {
    let peer = Peer::start(Reply::Created).await;
    let provider = peer.provider(r#", "transliterate": true, "max_segments": 1"#);
    let text = format!("geïnformeerd{}", "a".repeat(148));
    assert!(matches!(
        Arc::clone(&provider).send(sms(&text)).await,
        Verdict::Accepted { .. }
    ));
    assert!(peer.requests.lock()[0].1.contains("geinformeerd"));
    for long in [
        "a".repeat(161),
        format!("{}\u{1F600}", "a".repeat(69)),
        "  ".into(),
    ] {
        assert!(provider.fits(&sms(&long)).is_err(), "{long}");
    }
    assert_eq!(provider.fits(&sms(&text)), Ok(()));
    let none = outgoing(Content::Null);
    assert!(provider.fits(&none).is_err(), "it is no text");
}

#[tokio::test]
async fn an_account_with_a_sender_of_its_own_sends_under_it() {
    let peer = Peer::start(Reply::Created).await;
    let provider = peer.provider(r#", "originator": "Account""#);
    provider.send(sms("Dag")).await;
    let body: serde_json::Value = serde_json::from_str(&peer.requests.lock()[0].1).unwrap();
    assert_eq!(body["originator"], "Account");
}

#[tokio::test]
async fn without_a_connection_it_is_withdrawn_and_after_that_in_doubt() {
    let nobody = provider(1, "").send(sms("x")).await;
    assert!(
        matches!(&nobody, Verdict::Withdrawn { why } if &*why.code == "connect"),
        "{nobody:?}"
    );
    let cases = [
        (Reply::Refuse, "connection"),
        (Reply::Hang, "connection"),
        (Reply::Silent, "timeout"),
        (Reply::Raw("nonsense\r\n\r\n".into()), "connection"),
        (
            Reply::Half("HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{\"id\"".into()),
            "answer",
        ),
    ];
    for (reply, code) in cases {
        let name = format!("{reply:?}");
        let peer = Peer::start(reply).await;
        let verdict = peer
            .provider(r#", "request_timeout": "100ms""#)
            .send(sms("x"))
            .await;
        assert!(
            matches!(&verdict, Verdict::InDoubt { why } if &*why.code == code),
            "{name}: {verdict:?}"
        );
        assert!(peer.requests.lock().len() <= 1, "{name}: sent once");
    }
}

#[tokio::test]
async fn a_parked_connection_the_provider_closed_does_not_cost_the_message() {
    let peer = Peer::start(Reply::Once).await;
    let provider = peer.provider("");
    for _ in 0..3 {
        let verdict = Arc::clone(&provider).send(sms("x")).await;
        assert!(matches!(verdict, Verdict::Accepted { .. }), "{verdict:?}");
    }
    assert_eq!(
        (
            peer.connections.load(Ordering::SeqCst),
            peer.requests.lock().len()
        ),
        (3, 3),
        "each sent once"
    );
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_a_cut_answer_leaves_none() {
    let peer = Peer::start(Reply::Created).await;
    let provider = peer.provider(r#", "idle": "2ms""#);
    assert!(matches!(
        Arc::clone(&provider).send(sms("x")).await,
        Verdict::Accepted { .. }
    ));
    assert_eq!(
        (provider.connections().idle, provider.connections().opened),
        (1, 1)
    );
    while provider.connections().idle > 0 {
        tokio::task::yield_now().await;
    }
    let peer = Peer::start(Reply::Raw(answer(201, "", &"x".repeat(1_000_000)))).await;
    let provider = peer.provider("");
    let _ = Arc::clone(&provider).send(sms("x")).await;
    assert_eq!(
        (provider.connections().idle, provider.connections().opened),
        (0, 1)
    );
}

#[tokio::test]
async fn an_answer_without_end_is_cut() {
    let peer = Peer::start(Reply::Raw(answer(201, "", &"x".repeat(1_000_000)))).await;
    let verdict = peer.provider("").send(sms("x")).await;
    assert!(
        matches!(&verdict, Verdict::InDoubt { why } if &*why.code == "answer"),
        "{verdict:?}"
    );
}

#[tokio::test]
async fn throttling_carries_its_time_and_requests_are_bounded() {
    let peer = Peer::start(Reply::Raw(answer(429, "Retry-After: 7\r\n", ""))).await;
    let verdict = peer.provider("").send(sms("x")).await;
    assert!(
        matches!(
            verdict,
            Verdict::Retry {
                after_ms: Some(7_000),
                ..
            }
        ),
        "{verdict:?}"
    );
    let peer = Peer::start(Reply::Created).await;
    let provider = peer.provider(r#", "connections": 2"#);
    let verdicts = join_all((0..20).map(|_| Arc::clone(&provider).send(sms("x")))).await;
    assert!(
        verdicts
            .iter()
            .all(|verdict| matches!(verdict, Verdict::Accepted { .. }))
    );
    assert!(peer.connections.load(Ordering::SeqCst) <= 2);
}

#[test]
fn the_access_key_travels_encrypted_and_is_never_in_the_file() {
    let json = r#"{"kind": "bird-sms", "base_url": "http://sms.example", "connections": 0, "max_segments": 10, "wait": "0s"}"#;
    let config: ProviderConfig = serde_json::from_str(json).unwrap();
    let error = config
        .build("bird", "channels.sms.bird", &Named)
        .unwrap_err()
        .to_string();
    for path in [
        "base_url",
        "access_key",
        "signing_key",
        "connections",
        "max_segments",
        "wait",
    ] {
        assert_eq!(
            error.matches(&format!("channels.sms.bird.{path}:")).count(),
            1,
            "{path} in\n{error}"
        );
    }
}
