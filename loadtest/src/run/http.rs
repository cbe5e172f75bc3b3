//! One notification per request over keep-alive connections (`POST /v1/notifications`). Refuses to
//! pipeline: a request waits for the answer before it, as most clients do.

use super::plain::PlainLink;
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
        OneByOne { link: PlainLink::new(&self.endpoint, "/v1/notifications", "application/json"), body: Vec::new() }
    }

    fn rows_per_send(&self) -> usize {
        1
    }

    fn name(&self) -> &'static str {
        "http"
    }
}

/// A connection that carries one notification at a time.
pub struct OneByOne {
    link: PlainLink,
    body: Vec<u8>,
}

impl Link for OneByOne {
    async fn send(&mut self, rows: &[Notification], on_answer: OnAnswer<'_>) {
        for (at, row) in rows.iter().enumerate() {
            self.body.clear();
            serde_json::to_writer(&mut self.body, row).expect("a notification is plain data");
            let Some(answer) = self.link.post(&self.body).await else { return };
            on_answer(at, Answer::of_http(answer.status, answer.retry_after, answer.body), clock::mono());
        }
    }
}
