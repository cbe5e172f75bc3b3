//! Signs delivery reports the way Bird's legacy SMS API (MessageBird) does. Owns the token's exact
//! bytes; refuses to verify: the engine's channel does that with its own code.
//!
//! The format, so that the verifying side can be checked against it. Byte-for-byte equal to the
//! tokens in the provider's own published test data (`messagebird/go-rest-api`, `signature_jwt`):
//!
//! * HTTP header `MessageBird-Signature-JWT: <token>`; the token is a JWS in compact form,
//!   `base64url(header) "." base64url(claims) "." base64url(signature)`, base64url without padding.
//! * header, exactly: `{"alg":"HS256","typ":"JWT"}`
//! * claims, in this order, no white space: `iss` = `"MessageBird"`; `nbf` = seconds since the
//!   epoch; `exp` = `nbf` + 60; `jti` = unique and not empty; `url_hash` = lower-case hex SHA-256
//!   of the full URL as it is called, scheme, host and query included, parameters in the order
//!   sent; `payload_hash` = lower-case hex SHA-256 of the raw body, *absent* when the body is empty
//!   (a GET).
//! * signature = HMAC-SHA256(signing key as raw bytes, `base64url(header) "." base64url(claims)`).
//!   The signing key is not the API access key. The provider may also use HS384 and HS512.
//!
//! A verifier must refuse other algorithms, a wrong `iss`, `nbf` in the future or `exp` in the past
//! (the provider's own library allows 1 s of skew), an empty `jti`, a differing `url_hash`, and a
//! `payload_hash` that differs, is missing with a body, or is present without one. Because the URL
//! is signed, a verifier behind a proxy needs its public base URL from configuration.
//!
//! Test vectors, made with another implementation: see the tests of this module.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The header that carries the token.
pub const HEADER: &str = "MessageBird-Signature-JWT";
/// How long a token is valid, seconds.
pub const VALID_S: i64 = 60;

const JOSE_HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// What the token says; the order of the fields is the order on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Always `MessageBird`.
    pub iss: String,
    /// Valid from, seconds since the epoch.
    pub nbf: i64,
    /// Valid until, seconds since the epoch.
    pub exp: i64,
    /// Unique per token.
    pub jti: String,
    /// Hex SHA-256 of the URL.
    pub url_hash: String,
    /// Hex SHA-256 of the body, absent without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload_hash: Option<String>,
}

impl Claims {
    /// The claims of a call of `url` at `now_s` seconds since the epoch.
    #[must_use]
    pub fn new(now_s: i64, jti: &str, url: &str, body: &[u8]) -> Self {
        Self {
            iss: "MessageBird".into(),
            nbf: now_s,
            exp: now_s + VALID_S,
            jti: jti.into(),
            url_hash: sha256_hex(url.as_bytes()),
            payload_hash: (!body.is_empty()).then(|| sha256_hex(body)),
        }
    }
}

/// The compact token for `claims` under the raw bytes of `key`.
#[must_use]
pub fn sign(key: &[u8], claims: &Claims) -> String {
    let claims = serde_json::to_vec(claims).expect("claims are plain strings and numbers");
    let signed = format!(
        "{}.{}",
        BASE64URL_NOPAD.encode(JOSE_HEADER.as_bytes()),
        BASE64URL_NOPAD.encode(&claims)
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(signed.as_bytes());
    let signature = BASE64URL_NOPAD.encode(&mac.finalize().into_bytes());
    format!("{signed}.{signature}")
}

fn sha256_hex(data: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(data))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"sluis-demo-signing-key";
    const JTI: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn vector_without_body() {
        let url = "https://sluis.example.nl/v1/receipts/bird?id=1&status=delivered";
        assert_eq!(
            sign(KEY, &Claims::new(1_767_225_600, JTI, url, b"")),
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJNZXNzYWdlQmlyZCIsIm5iZiI6MTc2NzIyNTYwMCwiZXhwIjoxNzY3MjI1NjYwLCJqdGkiOiIwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZiIsInVybF9oYXNoIjoiYzFiNjJlODVjMTc4NzJmM2EzZTBjOTc1NjcwZTI3MTA3NGRkN2ZkZWZjYmEwY2Q5MTdjNGYwMmMyMDlmYjY0ZCJ9.hB93RGp-vN2qFX1obPU0Y9wRAFMOqaEwhP3YUotIHI4"
        );
    }

    #[test]
    fn vector_with_body() {
        let url = "https://sluis.example.nl/v1/receipts/bird";
        assert_eq!(
            sign(
                KEY,
                &Claims::new(1_767_225_600, JTI, url, b"id=1&status=delivered")
            ),
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJNZXNzYWdlQmlyZCIsIm5iZiI6MTc2NzIyNTYwMCwiZXhwIjoxNzY3MjI1NjYwLCJqdGkiOiIwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZiIsInVybF9oYXNoIjoiNDllNDY1ZjZiMTNkM2JjNjE2NGMyYjgxZGIwZjgyODQwOTZmMzMyNTJhNTlmZjY5MDc5MmMyYzEzNzVjMGIwYiIsInBheWxvYWRfaGFzaCI6ImU3NzMzMmEyNDUzZDQ2NzBmYjQ5NzJlMDE3YjlhNmU0NjQ0YTljNzQ0MWFkYjExMjIyZDYyYzY4NGJiZmJiZjYifQ.rYc7kjObgoBFonvOLrDPBKgOMss2Z_MB4bWoGmmN0j8"
        );
    }
}
