//! Asks an engine for every id of a book of acknowledgements (`GET /v1/notifications/{id}`): what
//! was promised must be known. Refuses to take a refusal under load for an answer: it asks again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{AckRow, Endpoint};
use crate::plain::PlainLink;

/// How often an id is asked for before a broken connection or a refusal under load counts as its
/// answer.
const MOST_TRIES: u32 = 200;

/// What came back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// How many ids by status; 0: no answer at all.
    pub by_status: BTreeMap<u16, u64>,
    /// The first few that were not known, with the status.
    pub unknown: Vec<(String, u16)>,
}

/// Most unknown ids that are named.
const MOST_NAMED: usize = 10;

/// Asks for all of them over so many connections.
pub async fn ask_all(endpoint: &Endpoint, rows: Vec<AckRow>, connections: usize) -> Asked {
    let (rows, next) = (Arc::new(rows), Arc::new(AtomicUsize::new(0)));
    let workers: Vec<_> = (0..connections)
        .map(|_| {
            let (rows, next, endpoint) = (rows.clone(), next.clone(), endpoint.clone());
            tokio::spawn(async move {
                let mut link = PlainLink::new(endpoint.authority());
                let mut asked = Asked::default();
                while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                    asked.add(&row.id, ask(&mut link, &endpoint, &row.id).await);
                }
                asked
            })
        })
        .collect();
    let mut all = Asked::default();
    for worker in workers {
        if let Ok(asked) = worker.await {
            asked
                .by_status
                .iter()
                .for_each(|(status, count)| *all.by_status.entry(*status).or_default() += count);
            all.unknown.extend(asked.unknown);
        }
    }
    all.unknown.truncate(MOST_NAMED);
    all
}

async fn ask(link: &mut PlainLink, endpoint: &Endpoint, id: &str) -> u16 {
    let mut status = 0;
    for _ in 0..MOST_TRIES {
        let write = |out: &mut Vec<u8>| {
            out.extend_from_slice(
                format!(
                    "GET /v1/notifications/{id} HTTP/1.1\r\nhost: {}\r\n",
                    endpoint.authority()
                )
                .as_bytes(),
            );
            if let Some(authorization) = endpoint.authorization() {
                out.extend_from_slice(b"authorization: ");
                out.extend_from_slice(authorization.as_bytes());
                out.extend_from_slice(b"\r\n");
            }
            out.extend_from_slice(b"\r\n");
        };
        status = link.exchange(write).await.map_or(0, |answer| answer.status);
        if !matches!(status, 0 | 429 | 503) {
            break;
        }
        tokio::task::yield_now().await;
    }
    status
}

impl Asked {
    fn add(&mut self, id: &str, status: u16) {
        *self.by_status.entry(status).or_default() += 1;
        if status != 200 && self.unknown.len() < MOST_NAMED {
            self.unknown.push((id.to_owned(), status));
        }
    }

    /// Whether every one was known.
    #[must_use]
    pub fn is_all_known(&self) -> bool {
        self.by_status.keys().all(|status| *status == 200)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_is_not_known_is_named_and_counted() {
        let mut asked = Asked::default();
        asked.add("a", 200);
        assert!(asked.is_all_known());
        asked.add("b", 404);
        assert!(!asked.is_all_known());
        assert_eq!(asked.unknown, [("b".to_owned(), 404)]);
        assert_eq!(asked.by_status, BTreeMap::from([(200, 1), (404, 1)]));
    }
}
