//! One notification per request over keep-alive connections (`POST /v1/notifications`). Refuses to
//! pipeline: a request waits for the answer before it, as most clients do.

use super::{Answer, Endpoint, Link, Notification, OnAnswer, Target};
use crate::clock;
use crate::plain::PlainLink;

const PATH: &str = "/v1/notifications";

/// `POST /v1/notifications`, one by one.
#[derive(Debug, Clone)]
pub struct HttpTarget {
    /// Where.
    pub endpoint: Endpoint,
}

impl Target for HttpTarget {
    type Link = OneByOne;

    fn link(&self) -> OneByOne {
        OneByOne {
            link: PlainLink::new(self.endpoint.authority()),
            head: head(&self.endpoint),
            body: Vec::new(),
        }
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
    /// Everything of a request's head but the length of its body.
    head: Vec<u8>,
    body: Vec<u8>,
}

fn head(endpoint: &Endpoint) -> Vec<u8> {
    let mut head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n",
        endpoint.authority()
    )
    .into_bytes();
    if let Some(authorization) = endpoint.authorization() {
        head.extend_from_slice(b"authorization: ");
        head.extend_from_slice(authorization.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"content-length: ");
    head
}

impl Link for OneByOne {
    async fn send(&mut self, rows: &[Notification], on_answer: OnAnswer<'_>) {
        for (at, row) in rows.iter().enumerate() {
            self.body.clear();
            serde_json::to_writer(&mut self.body, row).expect("a notification is plain data");
            let (head, body) = (&self.head, &self.body);
            let request = |out: &mut Vec<u8>| {
                out.extend_from_slice(head);
                out.extend_from_slice(format!("{}\r\n\r\n", body.len()).as_bytes());
                out.extend_from_slice(body);
            };
            let Some(answer) = self.link.exchange(request).await else {
                return;
            };
            on_answer(
                at,
                Answer::of_http(answer.status, answer.retry_after, answer.body),
                clock::mono(),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_stands_in_the_head() {
        let endpoint = Endpoint::new("http://127.0.0.1:8080", Some("slk_x")).unwrap();
        let expected = "POST /v1/notifications HTTP/1.1\r\nhost: 127.0.0.1:8080\r\ncontent-type: application/json\r\n\
                        authorization: Bearer slk_x\r\ncontent-length: ";
        assert_eq!(String::from_utf8(head(&endpoint)).unwrap(), expected);
    }
}
