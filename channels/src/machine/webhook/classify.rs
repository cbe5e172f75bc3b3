//! Owns what an answer of a machine means: pure, HTTP status and headers in, verdict with a reason out.
//! Refuses the network, to retry, and to repeat what stands in a body: it may be about a tenant.
//!
//! A 2xx alone is not believed: a login page of a proxy, or an answer whose body says that it failed, must not
//! pass for a close that was done.
//!
//! Sources: RFC 9110 15 (status codes), RFC 6585 4 (429). Every request has an idempotency key, so what a
//! gateway's 5xx leaves open is asked again as the same attempt.

use serde_json::Value;
use sluis_model::{Barred, Refusal, Timestamp, Verdict, Why};

use crate::web::retry_after;

/// A complete response.
#[derive(Clone, Copy, Debug)]
pub(super) struct Response<'a> {
    /// HTTP status.
    pub status: u16,
    /// `Retry-After`, RFC 9110 10.2.3: seconds or a date.
    pub retry_after: Option<&'a str>,
    /// The body, as far as it was read.
    pub body: &'a [u8],
}

/// Code of the reason when the status says that all is well and the body that it is not.
pub(super) const SAYS_ERROR: &str = "says_error";
/// Code of the reason when a page for people came instead of the machine's answer.
pub(super) const PAGE: &str = "page";

/// The verdict. `now` is for a `Retry-After` that is a date.
pub(super) fn classify(response: &Response<'_>, now: Timestamp) -> Verdict {
    let why = Why::new(format!("http {}", response.status), "");
    let after_ms = response.retry_after.and_then(|text| retry_after(text, now));
    match response.status {
        // It has the request. What it answers comes by the API.
        200..=299 => taken(response.body),
        // Nothing was taken.
        408 | 425 | 429 | 503 => Verdict::Retry { after_ms, why },
        // The secret, the address, the method; and what only somebody else than the machine answers.
        300..=399 | 401..=405 | 407 | 410 | 501 | 505 | 511 => Verdict::Barred {
            what: Barred::Account,
            why,
        },
        // The same request is under way there: what becomes of it is not known.
        409 | 500..=599 => Verdict::InDoubt { why },
        // The machine does not take this request: people must look, or the flow goes another way.
        _ => Verdict::Refused {
            class: Refusal::Ours,
            why,
        },
    }
}

/// What a body behind a 2xx amounts to.
fn taken(body: &[u8]) -> Verdict {
    if is_page(body) {
        return Verdict::Barred {
            what: Barred::Account,
            why: Why::new(PAGE, "a page for people came back"),
        };
    }
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    if says_error(&said) {
        return Verdict::Refused {
            class: Refusal::Ours,
            why: Why::new(SAYS_ERROR, "the status says success, the body does not"),
        };
    }
    Verdict::Delivered {
        provider_id: Why::new("", &id_in(&said)).text,
    }
}

/// Whether it is HTML: what a proxy shows that wants a login.
fn is_page(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let body = body.trim_ascii_start();
    let begins = |with: &[u8]| {
        body.get(..with.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(with))
    };
    begins(b"<!doctype html") || begins(b"<html")
}

/// Whether an object says by one of the usual words that what was asked is not done.
fn says_error(said: &Value) -> bool {
    let is_something = |value: &Value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::Bool(true) => true,
        Value::Number(number) => number.as_i64() != Some(0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    };
    let failed = ["error", "errors"]
        .iter()
        .filter_map(|name| said.get(name))
        .any(is_something);
    let denied = ["success", "ok"]
        .iter()
        .any(|name| said.get(name) == Some(&Value::Bool(false)));
    failed || denied
}

/// What the machine calls the request, if it says: a text or a number.
fn id_in(said: &Value) -> String {
    match said.get("id") {
        Some(Value::String(id)) => id.clone(),
        Some(Value::Number(id)) => id.to_string(),
        Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => {
            String::new()
        }
    }
}
