//! Batches of rows (`POST /v1/notifications/batch`). Owns splitting the answer into verdicts as
//! they stream in; refuses to guess: a row without a verdict counts as a broken connection.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::HeaderMap;
use hyper::header::{HeaderValue, RETRY_AFTER};

use super::target::HttpLink;
use super::{Answer, Endpoint, Link, Notification, OnAnswer, Target};
use crate::clock;

/// `POST /v1/notifications/batch`.
#[derive(Debug, Clone)]
pub struct NdjsonTarget {
    /// Where.
    pub endpoint: Endpoint,
    /// Rows per request.
    pub batch: usize,
}

impl Target for NdjsonTarget {
    type Link = Batches;

    fn link(&self) -> Batches {
        Batches(HttpLink::new(self.endpoint.clone()))
    }

    fn rows_per_send(&self) -> usize {
        self.batch.max(1)
    }

    fn name(&self) -> &'static str {
        "ndjson"
    }
}

/// A connection that carries one batch at a time.
pub struct Batches(HttpLink);

impl Link for Batches {
    async fn send(&mut self, rows: &[Notification], on_answer: OnAnswer<'_>) {
        let mut body = Vec::with_capacity(rows.len() * 512);
        for row in rows {
            serde_json::to_writer(&mut body, row).expect("a notification is plain data");
            body.push(b'\n');
        }
        let request = self.0.endpoint.post(
            "/v1/notifications/batch",
            "application/x-ndjson",
            Bytes::from(body),
        );
        let Some(answer) = self.0.call(request).await else {
            return;
        };
        let (status, after) = (answer.status(), retry_after(answer.headers()));
        let mut stream = answer.into_body();
        let mut verdicts = Verdicts {
            pending: BytesMut::new(),
            next: 0,
            rows: rows.len(),
        };
        let mut refusal = Vec::new();
        while let Some(frame) = stream.frame().await {
            let Some(data) = frame.ok().and_then(|frame| frame.into_data().ok()) else {
                self.0.broken();
                return;
            };
            if status.is_success() {
                verdicts.take(&data, &mut |at, line: &[u8]| {
                    on_answer(at, Answer::of_row(line, after).1, clock::mono())
                });
            } else {
                refusal.extend_from_slice(&data[..data.len().min(1000)]);
            }
        }
        if status.is_success() {
            verdicts.finish(&mut |at, line: &[u8]| {
                on_answer(at, Answer::of_row(line, after).1, clock::mono())
            });
        } else {
            let whole = Answer::of_http(status.as_u16(), after, &refusal);
            (0..rows.len()).for_each(|at| on_answer(at, whole.clone(), clock::mono()));
        }
    }
}

/// `Retry-After` in seconds; dates are not used by the engine.
fn retry_after(headers: &HeaderMap<HeaderValue>) -> Option<Duration> {
    let seconds = headers
        .get(RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds))
}

/// Splits the answer into lines; the nth line is about the nth row, as the API promises.
struct Verdicts {
    pending: BytesMut,
    next: usize,
    rows: usize,
}

impl Verdicts {
    fn take(&mut self, data: &[u8], on_line: &mut dyn FnMut(usize, &[u8])) {
        self.pending.extend_from_slice(data);
        while let Some(end) = self.pending.iter().position(|b| *b == b'\n') {
            let line = self.pending.split_to(end + 1);
            self.line(&line, on_line);
        }
    }

    fn finish(&mut self, on_line: &mut dyn FnMut(usize, &[u8])) {
        let line = self.pending.split();
        self.line(&line, on_line);
    }

    fn line(&mut self, line: &[u8], on_line: &mut dyn FnMut(usize, &[u8])) {
        let line = line.trim_ascii();
        if !line.is_empty() && self.next < self.rows {
            on_line(self.next, line);
            self.next += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_split_across_frames_and_extra_ones_ignored() {
        let mut seen = Vec::new();
        let mut verdicts = Verdicts {
            pending: BytesMut::new(),
            next: 0,
            rows: 3,
        };
        let mut on_line =
            |at: usize, line: &[u8]| seen.push((at, String::from_utf8_lossy(line).into_owned()));
        for frame in ["{\"a\":1}\n{\"b", "\":2}\r\n\n", "{\"c\":3}"] {
            verdicts.take(frame.as_bytes(), &mut on_line);
        }
        verdicts.finish(&mut on_line);
        verdicts.take(b"{\"d\":4}\n", &mut on_line);
        assert_eq!(
            seen,
            [
                (0, "{\"a\":1}".into()),
                (1, "{\"b\":2}".into()),
                (2, "{\"c\":3}".to_owned())
            ]
        );
    }
}
