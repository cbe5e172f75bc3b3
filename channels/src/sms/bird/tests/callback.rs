//! Callbacks, signed by hand.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;
use sha2::{Digest, Sha256, Sha384, Sha512};
use sluis_model::{CorporationId, ReceiptKind, Timestamp, Why};

use super::super::callback::{CallbackError, SigningKey, read_status};
use super::peer::provider;
use crate::receipt::{Callback, ReceiptFault, ReceiptProof, Unexplained};
use crate::testing::{attempt, key};

const PUBLIC: &str = "https://post.woon.example";
const NOW: Timestamp = Timestamp(1_795_000_000_000);

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}

fn claims(path: &str, body: &[u8]) -> String {
    let url = hex(format!("{PUBLIC}{path}").as_bytes());
    let payload = if body.is_empty() {
        String::new()
    } else {
        format!(r#","payload_hash":"{}""#, hex(body))
    };
    format!(
        r#"{{"iss":"MessageBird","nbf":1795000000,"exp":1795000060,"jti":"5","url_hash":"{url}"{payload}}}"#
    )
}

fn token(alg: &str, secret: &str, claims: &str) -> String {
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let signed = format!(
        "{}.{}",
        encode(format!(r#"{{"alg":"{alg}","typ":"JWT"}}"#).as_bytes()),
        encode(claims.as_bytes())
    );
    let (secret, text) = (secret.as_bytes(), signed.as_bytes());
    let signature = match alg {
        "HS384" => Hmac::<Sha384>::new_from_slice(secret)
            .unwrap()
            .chain_update(text)
            .finalize()
            .into_bytes()
            .to_vec(),
        "HS512" => Hmac::<Sha512>::new_from_slice(secret)
            .unwrap()
            .chain_update(text)
            .finalize()
            .into_bytes()
            .to_vec(),
        _ => Hmac::<Sha256>::new_from_slice(secret)
            .unwrap()
            .chain_update(text)
            .finalize()
            .into_bytes()
            .to_vec(),
    };
    format!("{signed}.{}", encode(&signature))
}

fn path(status: &str, more: &str) -> String {
    let reference = key().attempt(CorporationId(7), attempt());
    format!(
        "/v1/receipts/bird?id=1&reference={reference}&recipient=31612345678&status={status}&statusDatetime=2026-11-18T11%3A06%3A40%2B00%3A00{more}"
    )
}

/// Headers for as long as the test runs.
fn headers(token: Option<&str>, content_type: Option<&str>) -> &'static HeaderMap {
    let value = |text: &str| HeaderValue::from_bytes(text.as_bytes()).unwrap();
    let mut headers = HeaderMap::new();
    if let Some(token) = token {
        headers.insert("messagebird-signature-jwt", value(token));
    }
    if let Some(content_type) = content_type {
        headers.insert("content-type", value(content_type));
    }
    Box::leak(Box::new(headers))
}

fn callback<'a>(path_and_query: &'a str, token: &'a str, body: &'a [u8]) -> Callback<'a> {
    Callback {
        public_url: PUBLIC,
        path_and_query,
        headers: headers(Some(token), None),
        body,
    }
}

#[test]
fn a_signed_report_is_verified_and_read() {
    let provider = provider(1, "");
    assert_eq!(provider.receipt_proof(), ReceiptProof::Signature);
    for alg in ["HS256", "HS384", "HS512"] {
        let path = path("delivered", "");
        let token = token(alg, "sign", &claims(&path, b""));
        let receipts = provider
            .receive(&callback(&path, &token, b""), &key(), NOW)
            .unwrap();
        assert_eq!(
            (receipts.len(), receipts[0].kind),
            (1, ReceiptKind::Delivered),
            "{alg}"
        );
        assert_eq!(
            (receipts[0].corporation, receipts[0].attempt),
            (CorporationId(7), attempt())
        );
        assert_eq!(receipts[0].occurred_at, Some(Timestamp(1_795_000_000_000)));
    }
}

#[test]
fn what_the_signature_does_not_cover_is_refused() {
    let key = SigningKey::new("sign".into());
    let path = path("delivered", "");
    let good = token("HS256", "sign", &claims(&path, b""));
    let verify = |callback: &Callback<'_>, now: i64| {
        key.verify(callback, Timestamp(now))
            .map_err(|error| error.code())
    };
    assert_eq!(verify(&callback(&path, &good, b""), NOW.0), Ok(()));
    assert_eq!(
        verify(&callback(&path, &good, b""), NOW.0 - 900),
        Ok(()),
        "a second of skew is borne"
    );
    assert_eq!(
        verify(&callback(&path, &good, b""), NOW.0 - 1_001),
        Err("time")
    );
    assert_eq!(
        verify(&callback(&path, &good, b""), NOW.0 + 61_001),
        Err("time")
    );
    assert_eq!(
        verify(
            &callback(&path.replace("delivered", "expired"), &good, b""),
            NOW.0
        ),
        Err("url")
    );
    assert_eq!(verify(&callback(&path, &good, b"body"), NOW.0), Err("body"));
    let elsewhere = Callback {
        public_url: "https://other.example",
        ..callback(&path, &good, b"")
    };
    assert_eq!(verify(&elsewhere, NOW.0), Err("url"));
    assert_eq!(
        verify(
            &Callback {
                headers: headers(None, None),
                ..callback(&path, &good, b"")
            },
            NOW.0
        ),
        Err("unsigned")
    );

    let body = token("HS256", "sign", &claims(&path, b"a=1"));
    assert_eq!(verify(&callback(&path, &body, b"a=1"), NOW.0), Ok(()));
    assert_eq!(verify(&callback(&path, &body, b"a=2"), NOW.0), Err("body"));
    assert_eq!(verify(&callback(&path, &body, b""), NOW.0), Err("body"));

    for (alg, secret, expected) in [
        ("HS256", "other", "signature"),
        ("none", "sign", "token"),
        ("RS256", "sign", "token"),
    ] {
        let token = token(alg, secret, &claims(&path, b""));
        assert_eq!(
            verify(&callback(&path, &token, b""), NOW.0),
            Err(expected),
            "{alg}"
        );
    }
    let stripped = format!("{}.", good.rsplit_once('.').unwrap().0);
    assert_eq!(
        verify(&callback(&path, &stripped, b""), NOW.0),
        Err("signature")
    );
    let stranger = token(
        "HS256",
        "sign",
        &claims(&path, b"").replace("MessageBird", "Mallory"),
    );
    assert_eq!(
        verify(&callback(&path, &stranger, b""), NOW.0),
        Err("token")
    );
    for garbage in ["", ".", "..", "a.b.c", &"a".repeat(10_000)] {
        assert_eq!(
            verify(&callback(&path, garbage, b""), NOW.0),
            Err("token"),
            "{garbage:.20}"
        );
    }
    // A header that is no ASCII is no text (RFC 9110 5.5).
    assert_eq!(
        verify(&callback(&path, "é.é.é", b""), NOW.0),
        Err("unsigned")
    );
}

/// Made outside this code (Python's hmac and hashlib), so that signer and verifier cannot share a
/// mistake.
#[test]
fn a_token_made_elsewhere_is_verified() {
    let token = concat!(
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJNZXNzYWdlQmlyZCIsIm5iZiI6MTc5NTAwMDAwMCwiZXhwIjoxNzk1MDAwMDYwL",
        "CJqdGkiOiI1IiwidXJsX2hhc2giOiIyZTU3MTJiMmNjMGIyNGI0NDc1OWIxMjc3N2MzOGU5MGJiMjI0ZDdlNTQyNjVjOGEyNTE5M2NlZTU1OTZ",
        "lNGM0IiwicGF5bG9hZF9oYXNoIjoiZThjM2Y2MWUyZWQwZDIwMDhkMGRjZWQ4NjcyZWVmNDhmNGYxM2YyMjM4YmU3MzM2Y2NiY2M3MTAwZmYxZ",
        "DA4MCJ9.4judSeCTiaFaG7vEVPdBDWV3NnRlfP2O7JZdHPPIt94",
    );
    let path = "/v1/receipts/bird?a=1";
    assert_eq!(
        SigningKey::new("sign".into()).verify(&callback(path, token, b"status=sent"), NOW),
        Ok(())
    );
}

#[test]
fn a_good_signature_over_incomplete_claims_is_refused() {
    let token = token(
        "HS256",
        "sign",
        r#"{"iss":"MessageBird","nbf":1795000000,"exp":1795000060,"jti":"5"}"#,
    );
    let key = SigningKey::new("sign".into());
    assert_eq!(
        key.verify(&callback("/x", &token, b""), NOW),
        Err(CallbackError::Token)
    );
}

#[test]
fn statuses_have_their_meaning() {
    use ReceiptKind::*;
    let cases = [
        ("scheduled", "", Accepted),
        ("buffered", "", Accepted),
        ("sent", "", Accepted),
        (
            "delivered",
            "&statusReason=successfully+delivered",
            Delivered,
        ),
        ("expired", "", Failed),
        ("delivery_failed", "", Failed),
        (
            "delivery_failed",
            "&statusReason=unknown%20subscriber",
            BouncedHard,
        ),
        (
            "delivery_failed",
            "&statusErrorCode=1&statusReason=unknown+subscriber",
            BouncedHard,
        ),
        (
            "delivery_failed",
            "&statusErrorCode=27&statusReason=unavailable+subscriber",
            Failed,
        ),
    ];
    for (status, more, kind) in cases {
        let path = path(status, more);
        assert_eq!(
            read_status(&callback(&path, "", b""), &key(), "bird")
                .unwrap()
                .kind,
            kind,
            "{status} {more}"
        );
    }
    let path = path(
        "delivery_failed",
        "&statusErrorCode=1&statusReason=no+31612345678",
    );
    let why = read_status(&callback(&path, "", b""), &key(), "bird")
        .unwrap()
        .why
        .unwrap();
    assert_eq!((&*why.code, &*why.text), ("bird 1", "no (address)"));
}

#[test]
fn an_unknown_status_is_for_people() {
    let provider = provider(1, "");
    let path = path("teleported", "&statusReason=who+knows");
    let token = token("HS256", "sign", &claims(&path, b""));
    let error = provider
        .receive(&callback(&path, &token, b""), &key(), NOW)
        .unwrap_err();
    assert_eq!(error.code, "unknown_status");
    let unexplained = Unexplained {
        corporation: CorporationId(7),
        attempt: attempt(),
        why: Why::new("teleported", "who knows"),
    };
    let expected = ReceiptFault::Unexplained(Box::new(unexplained));
    assert_eq!(error.fault, expected);
}

#[test]
fn form_and_json_bodies_are_read_and_damage_is_refused() {
    let reference = key().attempt(CorporationId(7), attempt());
    let form = format!("reference={reference}&status=delivered");
    let plain = callback("/v1/receipts/bird", "", form.as_bytes());
    assert_eq!(
        read_status(&plain, &key(), "bird").unwrap().kind,
        ReceiptKind::Delivered
    );
    let json = format!(
        r#"{{"reference":"{reference}","status":"delivery_failed","statusErrorCode":1,"price":null}}"#
    );
    let typed = Callback {
        headers: headers(None, Some("application/json; charset=utf-8")),
        ..callback("/x", "", json.as_bytes())
    };
    assert_eq!(
        read_status(&typed, &key(), "bird").unwrap().kind,
        ReceiptKind::BouncedHard
    );
    let code = |query: &str| {
        read_status(&callback(query, "", b""), &key(), "bird")
            .unwrap_err()
            .code()
    };
    assert_eq!(code("/x"), "format");
    assert_eq!(code("/x?status=delivered"), "format");
    assert_eq!(code("/x?reference=abc&status=delivered"), "reference");
    assert_eq!(code("/x?status=a&status=b"), "format");
    assert_eq!(code("/x?status=%zz"), "format");
    assert_eq!(code("/x?status=%ff"), "format");
}

proptest! {
    #[test]
    fn no_callback_makes_it_panic(path in "\\PC{0,200}", token in "\\PC{0,200}", body in proptest::collection::vec(any::<u8>(), 0..200), json: bool) {
        let content_type = json.then_some("application/json");
        let headers = headers(Some(&token), content_type);
        let callback = Callback { public_url: PUBLIC, path_and_query: &path, headers, body: &body };
        let _ = SigningKey::new("sign".into()).verify(&callback, NOW);
        let _ = read_status(&callback, &key(), "bird");
    }
}
