//! Answers as public reports about webhooks and payment requests describe them, byte by byte: none of them passes
//! for a request that was done when it was not, and none is asked again that cannot be.

use std::sync::Arc;

use sluis_model::{Barred, Refusal, Verdict};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::tests::{provider, request};

/// What comes back when the server says exactly these bytes and closes.
async fn said(answer: Vec<u8>) -> Verdict {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.unwrap();
        let mut asked = Vec::new();
        let mut piece = [0; 4096];
        // The body of the request is an object in an object.
        while !asked.ends_with(b"}}") {
            let read = tcp.read(&mut piece).await.unwrap();
            asked.extend_from_slice(&piece[..read]);
        }
        // Whoever has enough of a long answer hangs up.
        drop(tcp.write_all(&answer).await);
        drop(tcp.shutdown().await);
    });
    Arc::clone(&provider(port))
        .send(request("{\"do\": \"close\"}"))
        .await
}

async fn ok(body: &[u8]) -> Verdict {
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    said([answer.as_bytes(), body].concat()).await
}

async fn says(head: &str) -> Verdict {
    said(format!("HTTP/1.1 {head}\r\ncontent-length: 0\r\n\r\n").into_bytes()).await
}

fn is_done(verdict: &Verdict, id: &str) -> bool {
    matches!(verdict, Verdict::Delivered { provider_id } if &**provider_id == id)
}

#[tokio::test]
async fn success_with_an_error_inside_is_no_success() {
    let bodies: [&[u8]; 6] = [
        b"{\"error\": \"unknown request\"}",
        b"{\"errors\": [{\"code\": 7}], \"data\": null}",
        b"{\"success\": false}",
        b"{\"ok\": false, \"id\": \"p-1\"}",
        b"{\"error\": {\"code\": \"LOCKED\"}}",
        b" \n{\"error\":true}",
    ];
    for body in bodies {
        let verdict = ok(body).await;
        let refused = matches!(
            &verdict,
            Verdict::Refused { class: Refusal::Ours, why } if &*why.code == "says_error"
        );
        assert!(refused, "{}: {verdict:?}", String::from_utf8_lossy(body));
    }
    let fine: [&[u8]; 5] = [
        b"{\"error\": null, \"errors\": [], \"success\": true}",
        b"{\"error\": \"\"}",
        b"{\"error\": false, \"ok\": 1}",
        b"{\"error\": 0}",
        b"[{\"error\": \"of another answer\"}]",
    ];
    for body in fine {
        let verdict = ok(body).await;
        assert!(is_done(&verdict, ""), "{verdict:?}");
    }
}

#[tokio::test]
async fn a_login_page_of_a_proxy_is_not_the_machine() {
    let pages: [&[u8]; 3] = [
        b"<!DOCTYPE html><title>Sign in</title>",
        b"\xef\xbb\xbf\r\n<html><body>captive portal",
        b"  <HTML>",
    ];
    for page in pages {
        let verdict = ok(page).await;
        let barred = matches!(
            &verdict,
            Verdict::Barred { what: Barred::Account, why } if &*why.code == "page"
        );
        assert!(barred, "{verdict:?}");
    }
}

#[tokio::test]
async fn bodies_that_say_nothing_are_no_fault() {
    let bodies: [&[u8]; 6] = [
        b"",
        b"OK",
        b"\xff\xfe\x00",
        b"null",
        b"{\"id\": null}",
        b"{\"id\"",
    ];
    for body in bodies {
        let verdict = ok(body).await;
        assert!(is_done(&verdict, ""), "{body:?}: {verdict:?}");
    }
    assert!(is_done(&ok(b"{\"id\": 4711}").await, "4711"));
    let long = format!("{{\"id\": \"{}\"}}", "x".repeat(5_000));
    let verdict = ok(long.as_bytes()).await;
    assert!(is_done(&verdict, &"x".repeat(200)), "{verdict:?}");
}

#[tokio::test]
async fn a_huge_body_and_one_that_breaks_off_are_as_their_status_says() {
    assert!(is_done(&ok(&vec![b'x'; 300_000]).await, ""));
    let short = b"HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{\"id\": \"p-1\"";
    assert!(is_done(&said(short.to_vec()).await, ""));
    // Everything came, and only then the connection broke: nothing is asked again.
    let until_close = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"id\": \"p-1\"}";
    assert!(is_done(&said(until_close.to_vec()).await, "p-1"));
}

#[tokio::test]
async fn what_breaks_before_a_status_is_in_doubt() {
    let broken: [&[u8]; 4] = [
        b"",
        b"HTTP/1.1 2",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nconte",
    ];
    for answer in broken {
        let verdict = said(answer.to_vec()).await;
        assert!(
            matches!(verdict, Verdict::InDoubt { .. }),
            "{answer:?}: {verdict:?}"
        );
    }
}

#[tokio::test]
async fn redirects_and_addresses_that_are_gone_are_ours_to_mend() {
    for head in [
        "301 Moved Permanently\r\nlocation: http://127.0.0.1:1/",
        "307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/",
        "410 Gone",
        "405 Method Not Allowed",
    ] {
        let verdict = says(head).await;
        let barred = matches!(
            verdict,
            Verdict::Barred {
                what: Barred::Account,
                ..
            }
        );
        assert!(barred, "{head}: {verdict:?}");
    }
}

#[tokio::test]
async fn later_is_as_late_as_the_machine_says_and_no_later_than_a_day() {
    let cases = [
        ("120", Some(120_000)),
        (" 7 ", Some(7_000)),
        ("99999999999999999999999999", Some(86_400_000)),
        ("Wed, 01 Jan 2020 00:00:00 GMT", Some(0)),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
    ];
    for (value, expected) in cases {
        let verdict = says(&format!("429 Too Many Requests\r\nretry-after: {value}")).await;
        let Verdict::Retry { after_ms, .. } = verdict else {
            panic!("{value}: {verdict:?}");
        };
        assert_eq!(after_ms, expected, "{value}");
    }
}

#[tokio::test]
async fn a_key_that_is_known_already_is_not_a_refusal() {
    // Under way there, or done under this key: which one it is nobody can tell from the status.
    let verdict = says("409 Conflict").await;
    assert!(matches!(verdict, Verdict::InDoubt { .. }), "{verdict:?}");
    // The same key with another body: people look.
    let verdict = says("422 Unprocessable Content").await;
    let refused = matches!(
        verdict,
        Verdict::Refused {
            class: Refusal::Ours,
            ..
        }
    );
    assert!(refused, "{verdict:?}");
    // The machine was asked and answered: its breaker learns that it is there.
    assert!(!verdict.is_unsendable());
}
