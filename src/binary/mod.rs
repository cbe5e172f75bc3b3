//! The binary edge: the server side of `docs/binary-protocol.md`. One task per connection decodes,
//! admits, and writes what the shards answer. Refuses to decide anything about a tenant, and to
//! hold more than the credit it granted: under pressure it grants none.
//!
//! `door` is what a connection needs of the engine, `opening` says whether there is one, `listener`
//! accepts, `greeting` makes a stranger a sender, `seats` says how many there may be, `shares`
//! divides a corporation's room among them, `session` keeps the open rows and the credit of one
//! sender, `connection` moves bytes, `line` owns them.

mod connection;
mod door;
mod end;
mod greeting;
mod line;
mod listener;
mod mailbox;
mod opening;
mod output;
mod refusal;
mod seats;
mod session;
mod shares;
mod slots;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use sluis_model::wire::HELLO_TIMEOUT_MS;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::threads::Threads;
use crate::tls::Tls;

pub use door::ACCESS;
pub use opening::Opening;

/// What the operator decides about the binary port.
#[derive(Clone, Debug)]
pub struct BinarySettings {
    /// Rows that one connection may have sent without an answer. At least 1 and at most
    /// [`sluis_model::wire::MAX_CREDIT`] are used.
    pub credit: u32,
    /// Senders at once; one more is told to come back.
    pub max_connections: usize,
    /// Of these, most from one address.
    pub max_per_peer: usize,
    /// Of these, most of one corporation.
    pub max_per_corporation: usize,
    /// Connections that have not shown a key; with one more, the one that was silent the longest
    /// goes.
    pub max_greetings: usize,
    /// TLS; without it keys travel in plain text.
    pub tls: Option<Tls>,
}

impl Default for BinarySettings {
    fn default() -> Self {
        let (max_connections, max_greetings) = (256, 1_024);
        let (max_per_peer, max_per_corporation) = (max_connections, max_connections);
        Self {
            credit: 4_096,
            max_connections,
            max_per_peer,
            max_per_corporation,
            max_greetings,
            tls: None,
        }
    }
}

/// Serves the binary protocol until `shutdown`; returns when the last connection has its answers,
/// or after the time that they are given.
pub async fn serve(
    app: Arc<App>,
    listener: TcpListener,
    threads: Threads,
    settings: BinarySettings,
    shutdown: CancellationToken,
) {
    serve_opening(
        Arc::new(Opening::opened(app, threads)),
        listener,
        settings,
        shutdown,
    )
    .await;
}

/// The same for an engine that may still be starting.
pub async fn serve_opening(
    opening: Arc<Opening>,
    listener: TcpListener,
    settings: BinarySettings,
    shutdown: CancellationToken,
) {
    listener::serve(opening, listener, settings, Pace::default(), shutdown).await;
}

/// How long things take. Only tests choose another one.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// For the first frame.
    hello: Duration,
    /// The second in which silence, stalls and the end are counted.
    second: Duration,
    /// Between looks at pressure while credit is withheld.
    regrant: Duration,
    /// For the last frame to leave.
    farewell: Duration,
    /// For the peer to close after it.
    linger: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            hello: Duration::from_millis(HELLO_TIMEOUT_MS),
            second: Duration::from_secs(1),
            regrant: Duration::from_millis(50),
            farewell: Duration::from_secs(5),
            linger: Duration::from_secs(1),
        }
    }
}
