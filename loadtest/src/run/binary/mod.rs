//! The binary port: frames of many rows, several of them unanswered on one connection, within the
//! credit that was granted. Owns which sender uses which connection and when a lost one is opened
//! again; refuses to know frames (`live`) and what is under way (`in_flight`).

mod in_flight;
mod live;
mod request;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex as SyncMutex;
use sluis_model::wire::Durability;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

use self::live::Live;
use super::{Answer, Link, Notification, OnAnswer, Target};
use crate::clock;

/// Between two tries to connect, unless the server asked for more.
const RECONNECT: Duration = Duration::from_millis(100);

/// How to use the binary port.
#[derive(Debug, Clone)]
pub struct BinaryOptions {
    /// `host:port`.
    pub addr: String,
    /// API key; empty where the engine runs without keys.
    pub key: String,
    /// Connections; the plan's.
    pub connections: usize,
    /// Most rows of a frame.
    pub rows_per_frame: usize,
    /// Most frames of a connection that wait for answers.
    pub frames_under_way: usize,
}

/// The binary port of an engine.
pub struct BinaryTarget {
    options: BinaryOptions,
    connections: Vec<Arc<Connection>>,
    next: AtomicUsize,
}

impl BinaryTarget {
    /// Connects when the first rows are sent.
    #[must_use]
    pub fn new(options: BinaryOptions) -> Self {
        let one = || Arc::new(Connection::new(options.addr.clone(), options.key.clone()));
        let connections = (0..options.connections.max(1)).map(|_| one()).collect();
        Self {
            options,
            connections,
            next: AtomicUsize::new(0),
        }
    }
}

impl Target for BinaryTarget {
    type Link = Frames;

    fn link(&self) -> Frames {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        Frames(self.connections[turn % self.connections.len()].clone())
    }

    fn rows_per_send(&self) -> usize {
        self.options.rows_per_frame.max(1)
    }

    fn name(&self) -> &'static str {
        "binary"
    }

    fn senders_per_connection(&self) -> usize {
        self.options.frames_under_way
    }

    fn durability(&self) -> Option<&'static str> {
        let said = self
            .connections
            .iter()
            .find_map(|connection| *connection.durability.lock())?;
        Some(match said {
            Durability::Synced => "synced",
            Durability::Relaxed => "relaxed",
        })
    }
}

/// A connection that several senders share, opened again when it broke.
struct Connection {
    addr: String,
    key: String,
    current: Mutex<Current>,
    durability: SyncMutex<Option<Durability>>,
}

struct Current {
    live: Option<Arc<Live>>,
    not_before: Instant,
}

impl Connection {
    fn new(addr: String, key: String) -> Self {
        let current = Mutex::new(Current {
            live: None,
            not_before: clock::mono(),
        });
        Self {
            addr,
            key,
            current,
            durability: SyncMutex::default(),
        }
    }

    /// The open connection, opened if there is none; why not, in words.
    async fn live(&self) -> Result<Arc<Live>, String> {
        let mut current = self.current.lock().await;
        if let Some(live) = current.live.as_ref().filter(|live| live.is_open()) {
            return Ok(live.clone());
        }
        if let Some(lost) = current.live.take() {
            current.not_before = clock::mono() + lost.retry_after().unwrap_or(RECONNECT);
        }
        sleep_until(current.not_before).await;
        match Live::open(&self.addr, &self.key).await {
            Ok(live) => {
                *self.durability.lock() = Some(live.durability());
                let live = Arc::new(live);
                current.live = Some(live.clone());
                Ok(live)
            }
            Err(why) => {
                current.not_before = clock::mono() + RECONNECT;
                Err(why)
            }
        }
    }
}

/// One sender: a frame of its own at a time, beside those of others on the same connection.
pub struct Frames(Arc<Connection>);

impl Link for Frames {
    async fn send(&mut self, rows: &[Notification], on_answer: OnAnswer<'_>) {
        let live = match self.0.live().await {
            Ok(live) => live,
            Err(why) => return on_answer(0, Answer::lost(why), clock::mono()),
        };
        let requests: Vec<_> = rows.iter().map(request::of).collect();
        let mut answered = vec![false; rows.len()];
        let (mut sent, mut parts) = (0, Vec::new());
        // Less credit than rows: what may go goes now, the rest as credit comes.
        while sent < requests.len() {
            match live.submit(&requests[sent..]).await {
                Ok(part) => {
                    parts.push((sent, part.answers));
                    sent += part.rows;
                }
                Err(live::Unsent::Row(why)) => {
                    on_answer(
                        sent,
                        Answer {
                            class: super::Class::Other,
                            ..Answer::lost(why)
                        },
                        clock::mono(),
                    );
                    answered[sent] = true;
                    sent += 1;
                }
                Err(live::Unsent::Gone) => break,
            }
        }
        for (offset, answers) in parts {
            for (row, answer, when) in answers.await.unwrap_or_default() {
                on_answer(offset + row, answer, when);
                answered[offset + row] = true;
            }
        }
        if let (Some(at), Some(why)) = (answered.iter().position(|known| !known), live.why_lost()) {
            on_answer(at, Answer::lost(why), clock::mono());
        }
    }
}
