//! One notification per request over keep-alive connections (`POST /v1/notifications`). Refuses to
//! pipeline: a request waits for the answer before it, as most clients do.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::header::RETRY_AFTER;
use hyper::{HeaderMap, header::HeaderValue};

use super::target::HttpLink;
use super::{Answer, Endpoint, Link, Notification, OnAnswer, Target};
use crate::clock;

/// `POST /v1/notifications`, one by one.
#[derive(Debug, Clone)]
pub struct HttpTarget {
    /// Where.
    pub endpoint: Endpoint,
}

impl Target for HttpTarget {
    type Link = OneByOne;

    fn link(&self) -> OneByOne {
        OneByOne(HttpLink::new(self.endpoint.clone()))
    }

    fn rows_per_send(&self) -> usize {
        1
    }

    fn name(&self) -> &'static str {
        "http"
    }
}

/// A connection that carries one notification at a time.
pub struct OneByOne(HttpLink);

impl Link for OneByOne {
    async fn send(&mut self, rows: &[Notification], on_answer: OnAnswer<'_>) {
        for (at, row) in rows.iter().enumerate() {
            let body = Bytes::from(serde_json::to_vec(row).expect("a notification is plain data"));
            let request = self.0.endpoint.post("/v1/notifications", "application/json", body);
            let Some(answer) = self.0.call(request).await else { return };
            let (status, after) = (answer.status().as_u16(), retry_after(answer.headers()));
            let Ok(body) = answer.into_body().collect().await else {
                self.0.broken();
                return;
            };
            on_answer(at, Answer::of_http(status, after, &body.to_bytes()), clock::mono());
        }
    }
}

/// `Retry-After` in seconds; dates are not used by the engine.
pub(super) fn retry_after(headers: &HeaderMap<HeaderValue>) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}
