//! The world of a sink that runs as a process of its own: later events are posted over HTTP when the
//! wall clock says so. Owns the waiting and the posting; refuses more events than its bound.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinHandle;

use super::{CallbackMethod, HeapWorld, LaterEvent, World};
use crate::clock;

/// Events that may wait; more are dropped and counted.
const MAX_PENDING: usize = 1_000_000;
/// Posts under way at once: as many as an engine may have messages under way to the sink in the published figures, so that
/// not the sink's patience is measured.
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
    client: Client<HttpConnector, Full<Bytes>>,
    posts: Arc<Semaphore>,
    posted: AtomicU64,
    dropped: AtomicU64,
}

impl RealWorld {
    /// Starts the posting task on the current runtime. DSNs go to `receipts_url` and are dropped
    /// without one; callbacks go to the URL their request named.
    #[must_use]
    pub fn start(receipts_url: Option<String>) -> Self {
        let shared = Arc::new(Shared {
            heap: HeapWorld::new(clock::wall_ms),
            earlier: Notify::new(),
            receipts_url,
            client: Client::builder(TokioExecutor::new()).build_http(),
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
        (shared.posted.load(Ordering::Relaxed), shared.dropped.load(Ordering::Relaxed), shared.heap.pending())
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
            let Ok(permit) = shared.posts.clone().acquire_owned().await else { return };
            let shared = shared.clone();
            tokio::spawn(async move {
                let delivered = shared.post(&event).await;
                let counter = if delivered { &shared.posted } else { &shared.dropped };
                counter.fetch_add(1, Ordering::Relaxed);
                drop(permit);
            });
        }
        let wait_ms = shared.heap.next_due_ms().map_or(60_000, |due| (due - clock::wall_ms()).clamp(0, 60_000));
        let wait = Duration::from_millis(wait_ms.unsigned_abs());
        let _ = tokio::time::timeout(wait, shared.earlier.notified()).await;
    }
}

impl Shared {
    async fn post(&self, event: &LaterEvent) -> bool {
        for nth in 0..MAX_TRIES {
            let Some(request) = self.request(event) else { return false };
            if let Ok(answer) = self.client.request(request).await {
                let delivered = answer.status().is_success();
                // Read to its end, so that the connection is kept.
                let whole = answer.into_body().collect().await.is_ok();
                if delivered && whole {
                    return true;
                }
            }
            clock::wait_ms(1_000 << nth).await;
        }
        false
    }

    /// Built anew for every try, because a signature is only good for a minute.
    fn request(&self, event: &LaterEvent) -> Option<Request<Full<Bytes>>> {
        let request = match event {
            LaterEvent::Dsn { raw, .. } => Request::builder()
                .method(Method::POST)
                .uri(self.receipts_url.as_deref()?)
                .header("Content-Type", "message/rfc822")
                .body(Full::new(Bytes::from(raw.clone()))),
            LaterEvent::SmsCallback(callback) => {
                let method = match callback.method {
                    CallbackMethod::Get => Method::GET,
                    CallbackMethod::Post => Method::POST,
                };
                let headers = callback.headers(clock::wall_ms());
                let request = Request::builder().method(method).uri(&callback.url);
                headers
                    .into_iter()
                    .fold(request, |request, (name, value)| request.header(name, value))
                    .body(Full::new(Bytes::from(callback.body.clone())))
            }
        };
        request.ok()
    }
}
