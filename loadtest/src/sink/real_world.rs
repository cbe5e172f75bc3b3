//! The world of a sink that runs as a process of its own: later events are posted over HTTP when
//! the wall clock says so. Owns the waiting and the posting; refuses more events than its bound.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinHandle;

use super::{CallbackMethod, HeapWorld, LaterEvent, World};
use crate::clock;
use crate::plain::PlainLink;

/// Events that may wait; more are dropped and counted.
const MAX_PENDING: usize = 1_000_000;
/// Posts under way at once: as many as an engine may have messages under way to the sink in the
/// published figures, so that not the sink's patience is measured.
const MAX_POSTS: usize = 512;
/// Tries per event, a second apart, doubling.
const MAX_TRIES: u32 = 8;

/// Posts later events in real time. Drop it to stop.
pub struct RealWorld {
    shared: Arc<Shared>,
    running: JoinHandle<()>,
}

struct Shared {
    heap: HeapWorld,
    earlier: Notify,
    receipts_url: Option<String>,
    receipts_keys: Keys,
    /// Connections that wait; never more than posts.
    links: Mutex<Vec<PlainLink>>,
    posts: Arc<Semaphore>,
    posted: AtomicU64,
    dropped: AtomicU64,
}

impl RealWorld {
    /// Starts the posting task on the current runtime. DSNs go to `receipts_url` and are dropped
    /// without one; callbacks go to the URL their request named. `receipts_keys`: `KEY`, or
    /// `BOUNCE-DOMAIN=KEY` for the bounces of one corporation.
    #[must_use]
    pub fn start(receipts_url: Option<String>, receipts_keys: &[String]) -> Self {
        let shared = Arc::new(Shared {
            heap: HeapWorld::new(clock::wall_ms),
            earlier: Notify::new(),
            receipts_url,
            receipts_keys: Keys::of(receipts_keys),
            links: Mutex::default(),
            posts: Arc::new(Semaphore::new(MAX_POSTS)),
            posted: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
        });
        let running = tokio::spawn(run(shared.clone()));
        Self { shared, running }
    }

    /// Events delivered, given up or refused for lack of room, and still waiting.
    #[must_use]
    pub fn counts(&self) -> (u64, u64, usize) {
        let shared = &self.shared;
        (
            shared.posted.load(Ordering::Relaxed),
            shared.dropped.load(Ordering::Relaxed),
            shared.heap.pending(),
        )
    }
}

/// The keys of the corporations, by the domain their bounces go to.
struct Keys(Vec<(Option<String>, String)>);

impl Keys {
    fn of(texts: &[String]) -> Self {
        let one = |text: &String| match text.split_once('=') {
            Some((domain, key)) => (Some(domain.to_ascii_lowercase()), key.to_owned()),
            None => (None, text.clone()),
        };
        Self(texts.iter().map(one).collect())
    }

    /// The key for a bounce to this address: the one of its domain, else the one for all.
    fn key_for(&self, envelope_from: &str) -> Option<&str> {
        let domain = envelope_from
            .rsplit_once('@')
            .map(|(_, domain)| domain.trim_end_matches('>').to_ascii_lowercase());
        let of_domain = self
            .0
            .iter()
            .find(|(known, _)| known.is_some() && *known == domain);
        of_domain
            .or_else(|| self.0.iter().find(|(known, _)| known.is_none()))
            .map(|(_, key)| key.as_str())
    }
}

impl Drop for RealWorld {
    fn drop(&mut self) {
        self.running.abort();
    }
}

impl World for RealWorld {
    fn now_ms(&self) -> i64 {
        clock::wall_ms()
    }

    fn later(&self, at_ms: i64, event: LaterEvent) {
        if self.shared.heap.pending() >= MAX_PENDING {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        self.shared.heap.later(at_ms, event);
        if self.shared.heap.next_due_ms() == Some(at_ms) {
            self.shared.earlier.notify_one();
        }
    }
}

async fn run(shared: Arc<Shared>) {
    loop {
        let now_ms = clock::wall_ms();
        while let Some((_, event)) = shared.heap.pop_due(now_ms) {
            let Ok(permit) = shared.posts.clone().acquire_owned().await else {
                return;
            };
            let shared = shared.clone();
            tokio::spawn(async move {
                let delivered = shared.post(&event).await;
                let counter = if delivered {
                    &shared.posted
                } else {
                    &shared.dropped
                };
                counter.fetch_add(1, Ordering::Relaxed);
                drop(permit);
            });
        }
        let wait_ms = shared
            .heap
            .next_due_ms()
            .map_or(60_000, |due| (due - clock::wall_ms()).clamp(0, 60_000));
        let wait = Duration::from_millis(wait_ms.unsigned_abs());
        let _ = tokio::time::timeout(wait, shared.earlier.notified()).await;
    }
}

impl Shared {
    async fn post(&self, event: &LaterEvent) -> bool {
        let Some((method, url)) = self.address(event) else {
            return false;
        };
        // Plain HTTP, as every receiver of a load test.
        let Some(rest) = url.strip_prefix("http://") else {
            return false;
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let path = if path.is_empty() { "/" } else { path };
        for nth in 0..MAX_TRIES {
            let mut taken = None;
            while taken.is_none()
                && let Some(link) = self.parked(authority)
            {
                taken = self.exchange(link, event, method, path).await;
            }
            if taken.is_none() {
                // Those that carried a request before may all be closed by now: a fresh one, at
                // once.
                taken = self
                    .exchange(PlainLink::new(authority), event, method, path)
                    .await;
            }
            if taken == Some(true) {
                return true;
            }
            clock::wait_ms(1_000 << nth).await;
        }
        false
    }

    fn parked(&self, authority: &str) -> Option<PlainLink> {
        let mut links = self.links.lock();
        let at = links
            .iter()
            .rposition(|link| link.authority() == authority)?;
        Some(links.swap_remove(at))
    }

    /// Whether the event was taken; `None` without an answer.
    async fn exchange(
        &self,
        mut link: PlainLink,
        event: &LaterEvent,
        method: &str,
        path: &str,
    ) -> Option<bool> {
        let authority = link.authority().to_owned();
        let answer = link
            .exchange(|out| write(out, event, method, path, &authority, &self.receipts_keys))
            .await?;
        let taken = (200..300).contains(&answer.status);
        if link.is_used() {
            self.links.lock().push(link);
        }
        Some(taken)
    }

    fn address<'a>(&'a self, event: &'a LaterEvent) -> Option<(&'static str, &'a str)> {
        match event {
            LaterEvent::Dsn { .. } => Some(("POST", self.receipts_url.as_deref()?)),
            LaterEvent::SmsCallback(callback) => match callback.method {
                CallbackMethod::Get => Some(("GET", &callback.url)),
                CallbackMethod::Post => Some(("POST", &callback.url)),
            },
            // Whoever steps the clock lets people press: a sink by itself has none.
            LaterEvent::Press(_) => None,
        }
    }
}

/// Written anew for every try, because a signature is only good for a minute.
fn write(
    out: &mut Vec<u8>,
    event: &LaterEvent,
    method: &str,
    path: &str,
    authority: &str,
    keys: &Keys,
) {
    let (headers, body) = match event {
        LaterEvent::Dsn { raw, envelope_from } => {
            let key = keys
                .key_for(envelope_from)
                .map(|key| ("Authorization".to_owned(), format!("Bearer {key}")));
            let kind = ("Content-Type".to_owned(), "message/rfc822".to_owned());
            (std::iter::once(kind).chain(key).collect(), raw)
        }
        LaterEvent::SmsCallback(callback) => (callback.headers(clock::wall_ms()), &callback.body),
        // It has no address here, so it does not come this far.
        LaterEvent::Press(_) => return,
    };
    out.extend_from_slice(format!("{method} {path} HTTP/1.1\r\nHost: {authority}\r\n").as_bytes());
    for (name, value) in &headers {
        for part in [name, ": ", value, "\r\n"] {
            out.extend_from_slice(part.as_bytes());
        }
    }
    out.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
    out.extend_from_slice(body);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bounce_is_posted_with_the_key_of_its_corporation() {
        let dsn = |to: &str| LaterEvent::Dsn {
            raw: b"x".to_vec(),
            envelope_from: to.into(),
        };
        let keys = Keys::of(&["slk_all".into(), "bounce.buren.example=slk_buren".into()]);
        let written = |to: &str, keys: &Keys| {
            let mut out = Vec::new();
            write(
                &mut out,
                &dsn(to),
                "POST",
                "/v1/receipts/email",
                "engine",
                keys,
            );
            String::from_utf8(out).unwrap()
        };
        assert!(
            written("b+x@Bounce.Buren.Example", &keys)
                .contains("Authorization: Bearer slk_buren\r\n")
        );
        assert!(
            written("b+x@bounce.demo.example", &keys).contains("Authorization: Bearer slk_all\r\n")
        );
        assert!(!written("b+x@bounce.demo.example", &Keys::of(&[])).contains("Authorization"));
    }
}
