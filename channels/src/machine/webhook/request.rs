//! Owns the request to a machine: a POST with an idempotency key, which is the same whenever the same
//! attempt is sent again. Refuses a text that is no JSON object.

use bytes::Bytes;
use http::Request;
use http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, HeaderValue, USER_AGENT,
};
use http_body_util::Full;
use serde::Serialize;
use serde_json::{Map, Value};
use sluis_model::Why;

use crate::outgoing::{Content, Outgoing};

/// Code of the reason when the text is no JSON object.
pub(super) const NOT_JSON: &str = "not_json";

/// Draft "The Idempotency-Key HTTP Header Field" of the IETF's HTTPAPI group.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

#[derive(Serialize)]
struct Body<'a> {
    /// The same whenever the same attempt is sent again.
    reference: &'a str,
    notification: String,
    attempt: u16,
    /// What the template says.
    request: Map<String, Value>,
}

/// What the template says, if it is an object.
pub(super) fn asked(outgoing: &Outgoing) -> Result<Map<String, Value>, Why> {
    match &outgoing.content {
        Content::Text(text) => serde_json::from_str(text).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            Why::new(NOT_JSON, &format!("expected a JSON object: {place}"))
        }),
        Content::Email { .. } | Content::Null => {
            Err(Why::new(NOT_JSON, "the content is not a text"))
        }
    }
}

/// The body of the request.
pub(super) fn body(outgoing: &Outgoing) -> Result<Bytes, Why> {
    let body = Body {
        reference: &outgoing.reference,
        notification: outgoing.attempt.id.to_string(),
        attempt: outgoing.attempt.attempt,
        request: asked(outgoing)?,
    };
    let body = serde_json::to_vec(&body).map_err(|e| Why::new("render", &e.to_string()))?;
    Ok(body.into())
}

/// What every request to an address says.
pub(super) struct Head {
    /// Path, as it is asked for.
    pub(super) path: http::Uri,
    pub(super) host: HeaderValue,
}

/// The request with this body.
pub(super) fn compose(
    head: &Head,
    authorization: &HeaderValue,
    reference: &str,
    body: Bytes,
) -> Result<Request<Full<Bytes>>, Why> {
    let fixed = HeaderValue::from_static;
    Request::post(head.path.clone())
        .header(HOST, head.host.clone())
        .header(AUTHORIZATION, authorization.clone())
        .header(IDEMPOTENCY_KEY, reference)
        .header(CONTENT_TYPE, fixed("application/json"))
        .header(ACCEPT, fixed("application/json"))
        .header(
            USER_AGENT,
            fixed(concat!("sluis/", env!("CARGO_PKG_VERSION"))),
        )
        .body(Full::new(body))
        .map_err(|e| Why::new("render", &e.to_string()))
}
