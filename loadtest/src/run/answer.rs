//! What the engine said about one notification. Owns the classes and reading them from HTTP; refuses
//! to judge whether an answer is good.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

/// How an answer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(usize)]
pub enum Class {
    /// Accepted, durable.
    Accepted,
    /// The same key and body were accepted before.
    Duplicate,
    /// 409: same key, other body.
    Conflict,
    /// 429: this corporation's share is full.
    TooMany,
    /// 503: the engine is full or starting.
    Unavailable,
    /// Any other refusal.
    Other,
    /// No answer: the connection could not be made or broke.
    Connection,
}

impl Class {
    /// How many there are.
    pub const COUNT: usize = 7;

    /// Whether the engine now owns the notification.
    #[must_use]
    pub fn is_acked(self) -> bool {
        matches!(self, Self::Accepted | Self::Duplicate)
    }

    /// Whether the same notification may be offered again later.
    #[must_use]
    pub fn is_retriable(self) -> bool {
        matches!(self, Self::TooMany | Self::Unavailable | Self::Connection)
    }

    /// From an HTTP status.
    #[must_use]
    pub fn of_status(status: u16) -> Self {
        match status {
            200..=299 => Self::Accepted,
            409 => Self::Conflict,
            429 => Self::TooMany,
            503 => Self::Unavailable,
            _ => Self::Other,
        }
    }
}

/// What the engine said about one notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// How it counts.
    pub class: Class,
    /// The notification's id, when acknowledged.
    pub id: Option<String>,
    /// When to come back, if the engine said so.
    pub retry_after: Option<Duration>,
    /// The start of an unexpected answer, for the report.
    pub text: Option<String>,
}

#[derive(Deserialize)]
struct Ack {
    #[serde(default)]
    id: Option<Value>,
    #[serde(default)]
    duplicate: bool,
    #[serde(default)]
    status: Option<Value>,
    #[serde(default)]
    error: Option<Problem>,
    #[serde(default)]
    row: Option<usize>,
}

#[derive(Deserialize)]
struct Problem {
    #[serde(default)]
    status: Option<u16>,
    #[serde(default)]
    retry_after_s: Option<u64>,
}

impl Answer {
    /// No answer came.
    #[must_use]
    pub fn connection() -> Self {
        Self { class: Class::Connection, id: None, retry_after: None, text: None }
    }

    /// From one HTTP answer.
    #[must_use]
    pub fn of_http(status: u16, retry_after: Option<Duration>, body: &[u8]) -> Self {
        let class = Class::of_status(status);
        if class != Class::Accepted {
            let text = (class == Class::Other).then(|| format!("{status} {}", start_of(body)));
            return Self { class, id: None, retry_after, text };
        }
        match serde_json::from_slice::<Ack>(body) {
            Ok(ack) if ack.id.is_some() => Self::of_ack(ack),
            _ => Self::unexpected(format!("{status} without an id: {}", start_of(body))),
        }
    }

    /// From one row of a batch answer, with the row's number if it carries one.
    #[must_use]
    pub fn of_row(line: &[u8], retry_after: Option<Duration>) -> (Option<usize>, Self) {
        let Ok(ack) = serde_json::from_slice::<Ack>(line) else {
            return (None, Self::unexpected(format!("not a verdict row: {}", start_of(line))));
        };
        let row = ack.row;
        let refused = ack.error.as_ref().map(|problem| (problem.status, problem.retry_after_s));
        let answer = match refused {
            None if ack.id.is_some() => Self::of_ack(ack),
            None => Self::unexpected(format!("neither id nor error: {}", start_of(line))),
            Some((status, after_s)) => {
                let class = status.or_else(|| numeric(ack.status.as_ref())).map_or(Class::Other, Class::of_status);
                let text = (class == Class::Other).then(|| start_of(line));
                Self { class, id: None, retry_after: after_s.map(Duration::from_secs).or(retry_after), text }
            }
        };
        (row, answer)
    }

    fn of_ack(ack: Ack) -> Self {
        let class = if ack.duplicate { Class::Duplicate } else { Class::Accepted };
        let id = ack.id.map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned));
        Self { class, id, retry_after: None, text: None }
    }

    fn unexpected(text: String) -> Self {
        Self { class: Class::Other, id: None, retry_after: None, text: Some(text) }
    }
}

fn numeric(status: Option<&Value>) -> Option<u16> {
    status.and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok())
}

fn start_of(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(300)]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_answers() {
        let ok = Answer::of_http(202, None, br#"{"id":"n1","status":"accepted","position":7}"#);
        assert_eq!((ok.class, ok.id.as_deref()), (Class::Accepted, Some("n1")));
        let again = Answer::of_http(202, None, br#"{"id":"n1","duplicate":true}"#);
        assert_eq!(again.class, Class::Duplicate);
        assert_eq!(Answer::of_http(429, Some(Duration::from_secs(2)), b"").retry_after, Some(Duration::from_secs(2)));
        assert_eq!(Answer::of_http(202, None, b"{}").class, Class::Other, "a 202 without an id is no ack");
        assert!(Answer::of_http(400, None, b"{\"title\":\"x\"}").text.unwrap().starts_with("400"));
    }

    #[test]
    fn batch_rows() {
        let (row, ok) = Answer::of_row(br#"{"row":3,"id":"n1","status":"accepted"}"#, None);
        assert_eq!((row, ok.class), (Some(3), Class::Accepted));
        let (_, full) = Answer::of_row(br#"{"row":4,"error":{"status":429,"code":"share_full"}}"#, None);
        assert_eq!(full.class, Class::TooMany);
        let (_, bad) = Answer::of_row(br#"{"row":5,"error":{"title":"no"}}"#, None);
        assert_eq!(bad.class, Class::Other);
        assert_eq!(Answer::of_row(b"<html>", None).1.class, Class::Other);
    }
}
