//! Owns the error answers of the HTTP API: RFC 9457, one stable code each. Refuses to tell one
//! corporation anything of another: what is not yours is not found.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::admission::{Rejected, retry_after};
use crate::ask::AskError;
use crate::intake::FieldProblem;
use crate::reading::{MOST_WAITING, Unread};

/// An error answer.
#[derive(Debug, Serialize)]
pub struct Problem {
    #[serde(rename = "type")]
    kind: Kind,
    title: &'static str,
    status: u16,
    /// Stable code, for programs.
    pub code: &'static str,
    /// What happened and what to do, for people.
    detail: Box<str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
    /// Seconds, as in the header of that name: a row of a batch has no header.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u32>,
    /// Where to go on: the first cursor that is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<Box<str>>,
    #[serde(skip)]
    wanted: Option<Wanted>,
}

/// A problem's address.
#[derive(Debug)]
struct Kind(&'static str);

impl Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("https://sluis.dev/problems/{}", self.0))
    }
}

/// What a body must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Json,
    Lines,
    List,
    Mail,
    /// As it is, without compression.
    Uncoded,
}

impl Wanted {
    /// The media types, or the coding.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Lines => "application/x-ndjson",
            Self::List => "text/csv, application/x-ndjson",
            Self::Mail => "message/rfc822",
            Self::Uncoded => "identity",
        }
    }
}

impl Problem {
    /// An answer with a stable code.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: Kind(code),
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code,
            detail: detail.into().into(),
            errors: Vec::new(),
            retry_after: None,
            cursor: None,
            wanted: None,
        }
    }

    /// Nothing is at this address.
    pub(super) fn no_such_route() -> Self {
        let detail = "there is nothing here: see /openapi.json for what there is";
        Self::new(StatusCode::NOT_FOUND, "no_such_route", detail)
    }

    /// A request that could not be read.
    pub(super) fn bad_request() -> Self {
        Self::unreadable(StatusCode::BAD_REQUEST)
    }

    /// The same, with the status that the framework chose.
    pub(super) fn unreadable(status: StatusCode) -> Self {
        let detail =
            "the request could not be read: check path, query and body against /openapi.json";
        Self::new(status, "bad_request", detail)
    }

    /// A body with more bytes than the route takes.
    pub(super) fn too_large() -> Self {
        let detail = "the body is larger than this address takes: split it";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
    }

    /// A request that took longer than it may.
    pub(super) fn timed_out() -> Self {
        let detail = "the request took too long; send it again under the same idempotency key";
        Self::new(StatusCode::REQUEST_TIMEOUT, "timeout", detail)
    }

    /// A mistake of ours.
    pub(super) fn failed() -> Self {
        let detail =
            "the engine failed at this request; send it again under the same idempotency key";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }

    /// 422 with every mistake.
    pub fn invalid(errors: Vec<FieldProblem>) -> Self {
        let detail = format!("{} mistake(s); each is listed with its path", errors.len());
        Self {
            errors,
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail)
        }
    }

    /// 422 with everything that is wrong with the configuration.
    pub(super) fn wrong_configuration(errors: Vec<FieldProblem>) -> Self {
        let detail = format!(
            "{} mistake(s), each listed with its file and line or its path; everything stays as it was",
            errors.len()
        );
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Self {
            errors,
            ..Self::new(status, "wrong_configuration", detail)
        }
    }

    /// Leaves out what is not needed to tell it from others.
    pub(super) fn shorten(&mut self) {
        self.errors.clear();
        self.detail =
            "left out: the answer would be too long; send this row in a smaller batch".into();
    }

    /// 404: there is none, or it is not yours.
    pub fn not_found(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            format!("there is no such {what}"),
        )
    }

    /// What happened, for people.
    #[cfg(test)]
    pub(super) fn detail(&self) -> &str {
        &self.detail
    }

    /// 415, with the header that says what would have been taken (RFC 9110 §15.5.16).
    pub(super) fn unsupported(
        wanted: Wanted,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            wanted: Some(wanted),
            ..Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, code, detail)
        }
    }

    /// 410: what came behind the cursor is not kept any more. `first` is the first one that is left.
    pub(super) fn cursor_expired(first: String) -> Self {
        let detail = "outcomes behind this cursor are not kept any more: go on with `cursor`, and ask for those \
                      that are missed by their ids";
        Self {
            cursor: Some(first.into()),
            ..Self::new(StatusCode::GONE, "cursor_expired", detail)
        }
    }

    /// Adds `Retry-After`, in seconds.
    #[must_use]
    pub const fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(wanted) = self.wanted {
            let name = if wanted == Wanted::Uncoded {
                header::ACCEPT_ENCODING
            } else {
                header::ACCEPT
            };
            headers.insert(name, HeaderValue::from_static(wanted.name()));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<Rejected> for Problem {
    fn from(rejected: Rejected) -> Self {
        let code = rejected.code();
        match rejected {
            Rejected::Invalid(errors) => Self::invalid(errors),
            Rejected::UnknownFlow(known) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                code,
                format!(
                    "there is no such flow: expected one of {}",
                    known.join(", ")
                ),
            ),
            Rejected::Conflict(id) => Self::new(
                StatusCode::CONFLICT,
                code,
                format!("this idempotency key was used for notification {id} with another body"),
            ),
            Rejected::ShareFull(seconds) => {
                let detail = "your corporation has as many notifications under way as it may; slow down and send it again";
                Self::new(StatusCode::TOO_MANY_REQUESTS, code, detail).retry_after(seconds)
            }
            Rejected::TooFast(seconds) => {
                let detail = "your corporation sends more notifications a second than it may: slow down and send it again";
                Self::new(StatusCode::TOO_MANY_REQUESTS, code, detail).retry_after(seconds)
            }
            Rejected::DayFull(seconds) => {
                let detail = "your corporation has written as much within 24 hours as it may; facts, receipts and cancellations \
                              are still taken";
                Self::new(StatusCode::TOO_MANY_REQUESTS, code, detail).retry_after(seconds)
            }
            Rejected::NotTaken(why) => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, code, why.to_string())
                    .retry_after(retry_after(&why))
            }
            Rejected::Closed(closed) => {
                let detail =
                    "the engine takes nothing new right now; nothing was lost, send it again later";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail)
                    .retry_after(closed.retry_after())
            }
        }
    }
}

impl From<Unread> for Problem {
    fn from(why: Unread) -> Self {
        match why {
            Unread::TooMany => {
                let detail = format!(
                    "{MOST_WAITING} requests of your corporation wait to read the journal: ask one after the other"
                );
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_reads", detail).retry_after(1)
            }
            Unread::Failed => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "journal_unreadable",
                "the journal could not be read",
            ),
        }
    }
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            format!("{error}; send it again"),
        )
        .retry_after(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_to_come_back_stands_in_the_header_and_in_the_body() {
        let refused = Problem::from(Rejected::ShareFull(7));
        let body = serde_json::to_value(&refused).unwrap();
        assert_eq!(
            (&body["code"], &body["retry_after"]),
            (&"share_full".into(), &7.into())
        );
        assert_eq!(refused.into_response().headers()[header::RETRY_AFTER], "7");
        let other = serde_json::to_value(Problem::not_found("task")).unwrap();
        assert!(other.get("retry_after").is_none(), "{other}");
    }
}
