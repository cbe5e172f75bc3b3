//! Owns what an answer of Bird means: pure, HTTP status and body in, verdict with a reason out.
//! Refuses the network, and to retry.
//!
//! Sources: RFC 9110 15 (status codes), RFC 6585 4 (429), Bird's API errors (`errors[].code`,
//! `description`, `parameter`): 2 request not allowed, 9 missing parameter, 10 invalid parameter,
//! 20 not found, 25 not enough balance.
//!
//! A POST is not idempotent and Bird keeps no idempotency key: a 5xx may come from a gateway whose
//! upstream took the message, so it is in doubt. Only a 503 that names a time (`Retry-After`) is a
//! plain "not now".

use serde::Deserialize;
use sluis_model::{Barred, Refusal, Timestamp, Verdict, Why};

pub(super) use crate::web::retry_after;
use crate::words::why;

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

#[derive(Deserialize)]
struct Taken {
    id: String,
}

/// An error body: a list, or one error alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum Errors {
    List { errors: Vec<ApiError> },
    One(ApiError),
}

#[derive(Deserialize)]
struct ApiError {
    #[serde(deserialize_with = "number")]
    code: i64,
    #[serde(default, alias = "message")]
    description: Option<String>,
    #[serde(default)]
    parameter: Option<String>,
}

/// A code, as a number or as a text of digits.
fn number<'de, D: serde::Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(i64),
        Text(String),
    }
    match Either::deserialize(from)? {
        Either::Number(code) => Ok(code),
        Either::Text(text) => text.trim().parse().map_err(serde::de::Error::custom),
    }
}

/// The first error in a body, if there is one.
fn error_in(body: &[u8]) -> Option<ApiError> {
    match serde_json::from_slice(body).ok()? {
        Errors::List { errors } => errors.into_iter().next(),
        Errors::One(error) => Some(error),
    }
}

/// Whether the code says that nothing was taken: the API refused before it did anything.
const fn refuses(code: i64) -> bool {
    matches!(code, 2 | 9 | 10 | 20 | 21 | 25 | 98)
}

/// The verdict. `now` is for a `Retry-After` that is a date.
#[must_use]
pub(super) fn classify(response: &Response<'_>, recipient: &str, now: Timestamp) -> Verdict {
    let success = (200..300).contains(&response.status);
    let taken = if success { id_in(response.body) } else { None };
    if let Some(id) = taken {
        return Verdict::Accepted {
            provider_id: Why::new("", &id).text,
        };
    }
    let first = error_in(response.body);
    let first = first.as_ref();
    let reason = reason(response.status, first, recipient);
    // Keys and the API's own limits have statuses of their own; those keep their meaning.
    let by_code = first.is_some_and(|error| refuses(error.code))
        && !matches!(response.status, 401 | 403 | 408 | 429);
    if by_code {
        return refused(first, reason);
    }
    if success {
        // A success without an id may be any server's; only a callback can tell.
        let why = match first {
            Some(_) => reason,
            None => Why::new(
                "answer",
                &format!("HTTP {} without a message id", response.status),
            ),
        };
        return Verdict::InDoubt { why };
    }
    let after_ms = response.retry_after.and_then(|text| retry_after(text, now));
    match response.status {
        // Not taken: too many, or the server gave up waiting for the request.
        408 | 429 => Verdict::Retry {
            after_ms,
            why: reason,
        },
        503 if after_ms.is_some() => Verdict::Retry {
            after_ms,
            why: reason,
        },
        // The key, the balance, rights; and what only somebody else than Bird's API answers: a
        // redirect, no such place, method or version (501, 505: said before anything is done).
        300..=399 | 401..=405 | 407 | 410 | 501 | 505 => Verdict::Barred {
            what: Barred::Account,
            why: reason,
        },
        500..=599 => Verdict::InDoubt { why: reason },
        // This request was malformed: people must look.
        _ => Verdict::Refused {
            class: Refusal::Ours,
            why: reason,
        },
    }
}

/// What an error of the API that took nothing amounts to.
fn refused(error: Option<&ApiError>, why: Why) -> Verdict {
    let barred = |what, why| Verdict::Barred { what, why };
    let refused = |class, why| Verdict::Refused { class, why };
    match error {
        Some(error) if is_about_recipient(error) => refused(Refusal::Address, why),
        Some(error) if is_about_sender(error) => barred(Barred::Sender, why),
        // Not allowed, no such thing, no balance, no such API: whatever is sent.
        Some(error) if matches!(error.code, 2 | 20 | 25 | 98) => barred(Barred::Account, why),
        Some(_) | None => refused(Refusal::Ours, why),
    }
}

/// The message id of a success, if there is one.
fn id_in(body: &[u8]) -> Option<String> {
    let taken: Taken = serde_json::from_slice(body).ok()?;
    Some(taken.id).filter(|id| !id.is_empty())
}

fn is_about_recipient(error: &ApiError) -> bool {
    matches!(error.code, 9 | 10)
        && matches!(
            error.parameter.as_deref(),
            Some("recipient" | "recipients" | "msisdn" | "to")
        )
}

fn is_about_sender(error: &ApiError) -> bool {
    matches!(error.code, 9 | 10) && error.parameter.as_deref() == Some("originator")
}

fn reason(status: u16, error: Option<&ApiError>, recipient: &str) -> Why {
    match error {
        Some(error) => {
            let description = error.description.as_deref().unwrap_or_default();
            let text = format!(
                "HTTP {status}, {}: {description}",
                error.parameter.as_deref().unwrap_or("no parameter")
            );
            why(
                format!("bird {}", error.code),
                &text,
                recipient.trim_start_matches('+'),
            )
        }
        None => Why::new(format!("http {status}"), ""),
    }
}
