//! What the engine said about one notification. Owns the classes and reading them from HTTP;
//! refuses to judge whether an answer is good.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use sluis_model::wire::{RefuseCode, Refused};

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

    /// From a refusal on the binary port, as HTTP would say it.
    #[must_use]
    pub fn of_refusal(code: RefuseCode) -> Self {
        match code {
            RefuseCode::Internal => Self::Unavailable,
            other => Self::of_status(other.http_status()),
        }
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
    /// The stable word for a refusal, such as `share_full`.
    pub code: Option<String>,
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
    code: Option<String>,
    /// Seconds.
    #[serde(default)]
    retry_after: Option<u64>,
}

impl Answer {
    /// No answer came.
    #[must_use]
    pub fn connection() -> Self {
        Self {
            class: Class::Connection,
            id: None,
            retry_after: None,
            code: None,
            text: None,
        }
    }

    /// No answer came, and this is why.
    #[must_use]
    pub fn lost(why: String) -> Self {
        Self {
            text: Some(why),
            ..Self::connection()
        }
    }

    /// Acknowledged on the binary port.
    #[must_use]
    pub fn accepted(id: String, duplicate: bool) -> Self {
        let class = if duplicate {
            Class::Duplicate
        } else {
            Class::Accepted
        };
        Self {
            class,
            id: Some(id),
            ..Self::connection()
        }
    }

    /// Refused on the binary port.
    #[must_use]
    pub fn refused(refused: &Refused) -> Self {
        let class = Class::of_refusal(refused.code);
        let after = Duration::from_millis(refused.retry_after_ms.into());
        let problem = refused
            .problems
            .first()
            .map(|problem| format!(": {}: {}", problem.path, problem.message));
        Self {
            class,
            retry_after: (refused.retry_after_ms > 0).then_some(after),
            code: Some(refused.code.name().into()),
            text: (class == Class::Other)
                .then(|| format!("{}{}", refused.code, problem.unwrap_or_default())),
            ..Self::connection()
        }
    }

    /// From one HTTP answer.
    #[must_use]
    pub fn of_http(status: u16, retry_after: Option<Duration>, body: &[u8]) -> Self {
        let class = Class::of_status(status);
        if class != Class::Accepted {
            let text = (class == Class::Other).then(|| format!("{status} {}", start_of(body)));
            let code = serde_json::from_slice::<Problem>(body)
                .ok()
                .and_then(|problem| problem.code);
            return Self {
                class,
                id: None,
                retry_after,
                code,
                text,
            };
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
            return (
                None,
                Self::unexpected(format!("not a verdict row: {}", start_of(line))),
            );
        };
        let row = ack.row;
        let refused = ack
            .error
            .as_ref()
            .map(|problem| (problem.status, problem.retry_after, problem.code.clone()));
        let answer = match refused {
            None if ack.id.is_some() => Self::of_ack(ack),
            None => Self::unexpected(format!("neither id nor error: {}", start_of(line))),
            Some((status, after_s, code)) => {
                let class = status
                    .or_else(|| numeric(ack.status.as_ref()))
                    .map_or(Class::Other, Class::of_status);
                let text = (class == Class::Other).then(|| start_of(line));
                Self {
                    class,
                    id: None,
                    retry_after: after_s.map(Duration::from_secs).or(retry_after),
                    code,
                    text,
                }
            }
        };
        (row, answer)
    }

    fn of_ack(ack: Ack) -> Self {
        let class = if ack.duplicate {
            Class::Duplicate
        } else {
            Class::Accepted
        };
        let id = ack
            .id
            .map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned));
        Self {
            class,
            id,
            ..Self::connection()
        }
    }

    fn unexpected(text: String) -> Self {
        Self {
            class: Class::Other,
            ..Self::lost(text)
        }
    }
}

fn numeric(status: Option<&Value>) -> Option<u16> {
    status
        .and_then(Value::as_u64)
        .and_then(|status| u16::try_from(status).ok())
}

fn start_of(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(300)]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_answers() {
        let ok = Answer::of_http(
            202,
            None,
            br#"{"id":"n1","status":"accepted","position":7}"#,
        );
        assert_eq!((ok.class, ok.id.as_deref()), (Class::Accepted, Some("n1")));
        let again = Answer::of_http(202, None, br#"{"id":"n1","duplicate":true}"#);
        assert_eq!(again.class, Class::Duplicate);
        assert_eq!(
            Answer::of_http(429, Some(Duration::from_secs(2)), b"").retry_after,
            Some(Duration::from_secs(2))
        );
        assert_eq!(
            Answer::of_http(202, None, b"{}").class,
            Class::Other,
            "a 202 without an id is no ack"
        );
        assert!(
            Answer::of_http(400, None, b"{\"title\":\"x\"}")
                .text
                .unwrap()
                .starts_with("400")
        );
    }

    #[test]
    fn batch_rows() {
        let (row, ok) = Answer::of_row(br#"{"row":3,"id":"n1","status":"accepted"}"#, None);
        assert_eq!((row, ok.class), (Some(3), Class::Accepted));
        let (_, full) = Answer::of_row(
            br#"{"row":4,"error":{"status":429,"code":"share_full"}}"#,
            None,
        );
        assert_eq!((full.class, full.retry_after), (Class::TooMany, None));
        let (_, later) = Answer::of_row(
            br#"{"row":4,"error":{"status":503,"code":"busy","retry_after":3}}"#,
            None,
        );
        assert_eq!(
            later.retry_after,
            Some(Duration::from_secs(3)),
            "a row has no header"
        );
        let (_, bad) = Answer::of_row(br#"{"row":5,"error":{"title":"no"}}"#, None);
        assert_eq!(bad.class, Class::Other);
        assert_eq!(Answer::of_row(b"<html>", None).1.class, Class::Other);
        assert_eq!(full.code.as_deref(), Some("share_full"));
    }

    #[test]
    fn refusals_of_the_binary_port_count_as_over_http() {
        let refused = |code| {
            Answer::refused(&Refused {
                correlation: 1,
                code,
                retry_after_ms: 250,
                problems: Vec::new(),
            })
        };
        assert_eq!(refused(RefuseCode::ShareFull).class, Class::TooMany);
        assert_eq!(refused(RefuseCode::EngineFull).class, Class::Unavailable);
        assert_eq!(refused(RefuseCode::Conflict).class, Class::Conflict);
        let invalid = refused(RefuseCode::Invalid);
        assert_eq!(
            (
                invalid.class,
                invalid.code.as_deref(),
                invalid.text.as_deref()
            ),
            (Class::Other, Some("invalid"), Some("invalid"))
        );
        assert_eq!(invalid.retry_after, Some(Duration::from_millis(250)));
        assert!(
            RefuseCode::ALL
                .iter()
                .all(|code| !code.is_transient() || Class::of_refusal(*code).is_retriable())
        );
    }
}
