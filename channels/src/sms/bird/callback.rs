//! Owns Bird's status callbacks: their signature, and what they say. Refuses a callback that is not
//! signed for exactly this address and body, and a status it has no word for: that is an error for
//! people, never a guess.
//!
//! Sources: developers.messagebird.com "Verify HTTP requests" and messagebird/go-rest-api
//! `signature_jwt` (header `MessageBird-Signature-JWT`: a JWT with HS256, HS384 or HS512, claims
//! `iss`, `nbf`, `exp`, `jti`, `url_hash`, `payload_hash`); "SMS messaging, handle status reports"
//! (`id, reference, recipient, status, statusDatetime, statusReason, statusErrorCode`). Reports
//! come as GET with a query, or as POST with a form or JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use serde::Deserialize;
use sha2::{Digest, Sha256, Sha384, Sha512};
use sluis_model::{AttemptRef, CorporationId, ReceiptKind, ReferenceKey, Timestamp, Why};
use subtle::ConstantTimeEq;

use crate::receipt::{Callback, ProviderReceipt, ReceiptError, ReceiptFault, Unexplained};
use crate::words::why;

/// Name of the header with the signature.
const SIGNATURE: &str = "MessageBird-Signature-JWT";
/// Codes of the callbacks that are refused.
pub(super) const CODES: &[&str] = &[
    "body",
    "format",
    "reference",
    "signature",
    "time",
    "token",
    "too_large",
    "unsigned",
    "url",
];
/// Difference between Bird's clock and ours that is borne.
const SKEW_MS: i64 = 1_000;
const MAX_TOKEN: usize = 4 * 1024;
const MAX_BODY: usize = 64 * 1024;
const MAX_URL: usize = 8 * 1024;

/// Why a callback was not taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CallbackError {
    /// No signature.
    #[error("no MessageBird-Signature-JWT header: expected one on every callback")]
    Unsigned,
    /// The token is not a JWT of the kind Bird makes.
    #[error(
        "the signature is not a token we accept: expected a JWT with HS256, HS384 or HS512 from MessageBird"
    )]
    Token,
    /// Signed with another key, or changed.
    #[error("the signature does not fit: expected one made with this account's signing key")]
    Signature,
    /// Signed for another time.
    #[error(
        "the signature is not valid at this time: expected nbf and exp around now (is the clock right?)"
    )]
    Time,
    /// Signed for another address.
    #[error(
        "the signature is for another address: expected our public URL as the provider calls it"
    )]
    Url,
    /// Signed for another body.
    #[error("the signature is for another body: expected the bytes as sent")]
    Body,
    /// Over the limits.
    #[error("too large: expected at most 64 KiB of body and 8 KiB of address")]
    TooLarge,
    /// Not a status report.
    #[error("not a status report: {0}")]
    Format(&'static str),
    /// The reference is not ours.
    #[error("the reference was not made by this engine: expected the one sent with the message")]
    Reference,
    /// Genuine, but with a status nobody has mapped.
    #[error("status {:?} is unknown: expected scheduled, buffered, sent, delivered, expired or delivery_failed", .why.code)]
    UnknownStatus {
        /// The corporation.
        corporation: CorporationId,
        /// The attempt.
        attempt: AttemptRef,
        /// The status as the code, the reason as the text.
        why: Why,
    },
}

impl CallbackError {
    /// Stable code for the API and metrics.
    #[must_use]
    pub(super) const fn code(&self) -> &'static str {
        match self {
            CallbackError::Unsigned => "unsigned",
            CallbackError::Token => "token",
            CallbackError::Signature => "signature",
            CallbackError::Time => "time",
            CallbackError::Url => "url",
            CallbackError::Body => "body",
            CallbackError::TooLarge => "too_large",
            CallbackError::Format(_) => "format",
            CallbackError::Reference => "reference",
            CallbackError::UnknownStatus { .. } => "unknown_status",
        }
    }
}

impl From<CallbackError> for ReceiptError {
    fn from(error: CallbackError) -> Self {
        let (code, text) = (error.code(), error.to_string().into());
        let fault = match error {
            CallbackError::Token
            | CallbackError::Signature
            | CallbackError::Url
            | CallbackError::Body
            | CallbackError::Reference => ReceiptFault::Forged,
            CallbackError::Unsigned
            | CallbackError::Time
            | CallbackError::TooLarge
            | CallbackError::Format(_) => ReceiptFault::Refused,
            CallbackError::UnknownStatus {
                corporation,
                attempt,
                why,
            } => ReceiptFault::Unexplained(Box::new(Unexplained {
                corporation,
                attempt,
                why,
            })),
        };
        Self { code, text, fault }
    }
}

/// The account's signing key (not its access key).
pub(super) struct SigningKey(String);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    nbf: i64,
    exp: i64,
    jti: String,
    url_hash: String,
    #[serde(default)]
    payload_hash: Option<String>,
}

impl Claims {
    /// Whether they are valid at this time.
    fn hold_at(&self, now: Timestamp) -> bool {
        let from = self.nbf.saturating_mul(1000).saturating_sub(SKEW_MS);
        let until = self.exp.saturating_mul(1000).saturating_add(SKEW_MS);
        (from..=until).contains(&now.0)
    }

    /// Whether they are for the address that was called.
    fn bind_address(&self, callback: &Callback<'_>) -> bool {
        let host = callback.public_url.trim_end_matches('/');
        let url = format!("{host}{}", callback.path_and_query);
        is_hash_of(url.as_bytes(), &self.url_hash)
    }

    /// Whether they are for this body: a body must be bound, and a binding must have its body.
    fn bind_body(&self, body: &[u8]) -> bool {
        let hash = self.payload_hash.as_deref();
        match hash.filter(|hash| !hash.is_empty()) {
            Some(hash) => !body.is_empty() && is_hash_of(body, hash),
            None => body.is_empty(),
        }
    }
}

impl SigningKey {
    /// A key as Bird's dashboard shows it.
    #[must_use]
    pub(super) fn new(key: String) -> Self {
        Self(key)
    }

    /// Verifies the callback: signature first, then what it binds.
    ///
    /// # Errors
    /// [`CallbackError`].
    pub(super) fn verify(
        &self,
        callback: &Callback<'_>,
        now: Timestamp,
    ) -> Result<(), CallbackError> {
        if callback.body.len() > MAX_BODY || callback.path_and_query.len() > MAX_URL {
            return Err(CallbackError::TooLarge);
        }
        let token = callback.header(SIGNATURE).ok_or(CallbackError::Unsigned)?;
        let claims = self.open(token)?;
        if claims.iss != "MessageBird" || claims.jti.is_empty() {
            return Err(CallbackError::Token);
        }
        if !claims.hold_at(now) {
            return Err(CallbackError::Time);
        }
        if !claims.bind_address(callback) {
            return Err(CallbackError::Url);
        }
        if !claims.bind_body(callback.body) {
            return Err(CallbackError::Body);
        }
        Ok(())
    }

    /// The claims of a token whose signature fits. The algorithm is the token's choice only among
    /// those three: "none" and the asymmetric ones are not accepted (RFC 8725 3.1).
    fn open(&self, token: &str) -> Result<Claims, CallbackError> {
        if token.len() > MAX_TOKEN {
            return Err(CallbackError::Token);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(CallbackError::Token)?;
        let (header, claims) = signed.split_once('.').ok_or(CallbackError::Token)?;
        let signature = decode(signature)?;
        let header: Header =
            serde_json::from_slice(&decode(header)?).map_err(|_| CallbackError::Token)?;
        let fits = match header.alg.as_str() {
            "HS256" => self.made::<Hmac<Sha256>>(signed, &signature),
            "HS384" => self.made::<Hmac<Sha384>>(signed, &signature),
            "HS512" => self.made::<Hmac<Sha512>>(signed, &signature),
            _ => return Err(CallbackError::Token),
        };
        if !fits {
            return Err(CallbackError::Signature);
        }
        serde_json::from_slice(&decode(claims)?).map_err(|_| CallbackError::Token)
    }

    /// Whether the signature was made with this key.
    fn made<M: Mac + KeyInit>(&self, signed: &str, signature: &[u8]) -> bool {
        let mac = <M as Mac>::new_from_slice(self.0.as_bytes());
        mac.is_ok_and(|mac| mac.chain_update(signed).verify_slice(signature).is_ok())
    }
}

fn decode(part: &str) -> Result<Vec<u8>, CallbackError> {
    URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| CallbackError::Token)
}

/// Compares with the lower-case hex of SHA-256, in constant time.
fn is_hash_of(bytes: &[u8], hex: &str) -> bool {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut expected = [0; 64];
    for (pair, byte) in expected.chunks_exact_mut(2).zip(Sha256::digest(bytes)) {
        pair.copy_from_slice(&[
            DIGITS[usize::from(byte >> 4)],
            DIGITS[usize::from(byte & 15)],
        ]);
    }
    bool::from(expected.as_slice().ct_eq(hex.as_bytes()))
}

/// Reads a verified callback.
///
/// # Errors
/// [`CallbackError::Format`], [`CallbackError::Reference`], [`CallbackError::UnknownStatus`].
pub(super) fn read_status(
    callback: &Callback<'_>,
    key: &ReferenceKey,
    provider: &str,
) -> Result<ProviderReceipt, CallbackError> {
    let fields = fields(callback)?;
    let field = |name: &str| {
        fields
            .get(name)
            .map(|value| &**value)
            .filter(|value| !value.is_empty())
    };
    let reference = field("reference").ok_or(CallbackError::Format("no reference"))?;
    let status = field("status").ok_or(CallbackError::Format("no status"))?;
    let (corporation, attempt) = key
        .open_attempt(reference)
        .map_err(|_| CallbackError::Reference)?;
    let cause = field("statusReason").unwrap_or_default();
    let error = field("statusErrorCode");
    let recipient = field("recipient").unwrap_or_default();
    let Some(kind) = kind_of(status, cause, error) else {
        return Err(CallbackError::UnknownStatus {
            corporation,
            attempt,
            why: why(short(status), cause, recipient),
        });
    };
    let reason = || {
        let code = error.map(|code| format!("bird {}", short(code)));
        let code = code.unwrap_or_else(|| short(status).to_owned());
        let text = if cause.is_empty() { status } else { cause };
        why(code, text, recipient)
    };
    Ok(ProviderReceipt {
        corporation,
        attempt,
        kind,
        why: says_why(kind).then(reason),
        provider: provider.to_owned(),
        occurred_at: field("statusDatetime").and_then(instant),
    })
}

/// Whether a status of this kind has a reason that is worth keeping.
const fn says_why(kind: ReceiptKind) -> bool {
    matches!(
        kind,
        ReceiptKind::BouncedHard | ReceiptKind::Failed | ReceiptKind::Delayed
    )
}

/// RFC 3339.
fn instant(text: &str) -> Option<Timestamp> {
    let at: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp(at.as_millisecond()))
}

/// A code is bounded whoever wrote it.
fn short(text: &str) -> &str {
    text.char_indices()
        .nth(40)
        .map_or(text, |(end, _)| &text[..end])
}

/// `statusErrorCode` is a MAP error (3GPP TS 29.002 17.6.6): 1 unknown, 5 unidentified, 9 illegal
/// subscriber mean a number that does not take messages; absent, busy, barred and network errors
/// may be otherwise tomorrow. `statusReason` is a documented word list, asked only where no error
/// code came.
fn kind_of(status: &str, reason: &str, error: Option<&str>) -> Option<ReceiptKind> {
    let dead = match error {
        Some(code) => matches!(code, "1" | "5" | "9"),
        None => matches!(reason, "unknown subscriber" | "incorrect number"),
    };
    Some(match status {
        "scheduled" | "buffered" | "sent" => ReceiptKind::Accepted,
        "delivered" => ReceiptKind::Delivered,
        "expired" => ReceiptKind::Failed,
        "delivery_failed" if dead => ReceiptKind::BouncedHard,
        "delivery_failed" => ReceiptKind::Failed,
        _ => return None,
    })
}

/// Names and values of a report, copied only where something in them had to be resolved.
type Fields<'a> = BTreeMap<Cow<'a, str>, Cow<'a, str>>;

/// The fields, from the body where there is one, else from the query. A name that comes twice is
/// refused.
fn fields<'a>(callback: &Callback<'a>) -> Result<Fields<'a>, CallbackError> {
    if callback.body.is_empty() {
        let query = callback
            .path_and_query
            .split_once('?')
            .map_or("", |(_, query)| query);
        return form(query);
    }
    let body = std::str::from_utf8(callback.body)
        .map_err(|_| CallbackError::Format("the body is not UTF-8"))?;
    if callback.header("content-type").is_some_and(|kind| {
        kind.trim_start()
            .to_ascii_lowercase()
            .starts_with("application/json")
    }) {
        return json(body);
    }
    form(body)
}

fn json(body: &str) -> Result<Fields<'_>, CallbackError> {
    let fields: BTreeMap<String, serde_json::Value> = serde_json::from_str(body)
        .map_err(|_| CallbackError::Format("the body is not a JSON object"))?;
    let plain = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => Some(text),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    Ok(fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.into(), plain(value)?.into())))
        .collect())
}

/// `application/x-www-form-urlencoded`.
fn form(text: &str) -> Result<Fields<'_>, CallbackError> {
    let mut fields = Fields::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if fields.insert(unescape(name)?, unescape(value)?).is_some() {
            return Err(CallbackError::Format("a field comes twice"));
        }
    }
    Ok(fields)
}

fn unescape(text: &str) -> Result<Cow<'_, str>, CallbackError> {
    if !text.contains(['+', '%']) {
        return Ok(Cow::Borrowed(text));
    }
    let bad = CallbackError::Format("a field is not percent-encoded UTF-8");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => match (rest.next().and_then(hex), rest.next().and_then(hex)) {
                (Some(high), Some(low)) => high << 4 | low,
                _ => return Err(bad),
            },
            other => other,
        });
    }
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| bad)
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}
