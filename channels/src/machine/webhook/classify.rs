//! Owns what an answer of a machine means: pure, HTTP status and headers in, verdict with a reason out.
//! Refuses the network, to retry, and to repeat what stands in a body: it may be about a tenant.
//!
//! Sources: RFC 9110 15 (status codes), RFC 6585 4 (429). Every request has an idempotency key, so what a
//! gateway's 5xx leaves open is asked again as the same attempt.

use serde::Deserialize;
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

#[derive(Deserialize)]
struct Taken {
    id: String,
}

/// The verdict. `now` is for a `Retry-After` that is a date.
pub(super) fn classify(response: &Response<'_>, now: Timestamp) -> Verdict {
    let why = Why::new(format!("http {}", response.status), "");
    let after_ms = response.retry_after.and_then(|text| retry_after(text, now));
    match response.status {
        // It has the request. What it answers comes by the API.
        200..=299 => Verdict::Delivered {
            provider_id: Why::new("", &id_in(response.body)).text,
        },
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
            class: Refusal::Unsendable,
            why,
        },
    }
}

/// What the machine calls the request, if it says.
fn id_in(body: &[u8]) -> String {
    let taken: Option<Taken> = serde_json::from_slice(body).ok();
    taken.map(|taken| taken.id).unwrap_or_default()
}
