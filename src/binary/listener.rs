//! Owns accepting connections and how many there are. Refuses more than configured, with a word if it can.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use metrics::{Gauge, gauge};
use sluis_model::wire::ErrorCode;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use super::connection::converse;
use super::door::Door;
use super::end::End;
use super::greeting::House;
use super::line::Line;
use super::{BinarySettings, Pace};
use crate::lanes::Lanes;
use crate::telemetry::names;

/// Peers that are told at the same time that there are too many; more are just closed.
const TURNED_AWAY: usize = 64;
/// Seconds after which one of those may come back.
const COME_BACK: u32 = 5;
/// Pause after a failed accept: out of file handles, most likely.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `shutdown`, and then what is open.
pub(super) async fn serve(
    door: Arc<dyn Door>,
    listener: TcpListener,
    lanes: Lanes,
    settings: BinarySettings,
    pace: Pace,
    shutdown: CancellationToken,
) {
    let gate = Gate {
        house: House { door, credit: settings.credit, pace, shutdown: shutdown.clone() },
        tls: settings.tls.map(TlsAcceptor::from),
        seats: Arc::new(Semaphore::new(settings.max_connections.min(Semaphore::MAX_PERMITS))),
        turned_away: Arc::new(Semaphore::new(TURNED_AWAY)),
    };
    let gate = Arc::new(gate);
    let tasks = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => gate.admit(stream, peer, &tasks, &lanes),
            Err(error) => {
                tracing::warn!(%error, "the binary port cannot accept");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    tasks.close();
    tasks.wait().await;
}

struct Gate {
    house: House,
    tls: Option<TlsAcceptor>,
    seats: Arc<Semaphore>,
    turned_away: Arc<Semaphore>,
}

impl Gate {
    fn admit(self: &Arc<Self>, stream: TcpStream, peer: SocketAddr, tasks: &TaskTracker, lanes: &Lanes) {
        let gate = self.clone();
        if let Ok(seat) = self.seats.clone().try_acquire_owned() {
            let span = tracing::info_span!("binary", %peer);
            let Ok(stream) = stream.into_std() else { return };
            let seated = async move {
                if let Ok(stream) = TcpStream::from_std(stream) {
                    gate.seat(stream, seat).await;
                }
            };
            tasks.spawn_on(seated.instrument(span), lanes.next());
        } else if let Ok(permit) = self.turned_away.clone().try_acquire_owned() {
            tasks.spawn(async move { gate.turn_away(stream, permit).await });
        }
    }

    async fn seat(&self, stream: TcpStream, _seat: OwnedSemaphorePermit) {
        let _counted = Counted::new();
        // Frames are gathered here; waiting for more in the kernel would only add to the time to the ack.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a peer was gone before it was served");
            return;
        }
        let Some(acceptor) = &self.tls else {
            let (read, write) = stream.into_split();
            return converse(read, write, &self.house).await;
        };
        match timeout(self.house.pace.hello, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => {
                let (read, write) = tokio::io::split(stream);
                converse(read, write, &self.house).await;
            }
            Ok(Err(error)) => tracing::debug!(%error, "a peer did not get through the TLS handshake"),
            Err(_) => tracing::debug!("a peer took too long for the TLS handshake"),
        }
    }

    async fn turn_away(&self, stream: TcpStream, _permit: OwnedSemaphorePermit) {
        let Some(acceptor) = &self.tls else {
            let (read, write) = stream.into_split();
            return self.too_many(read, write).await;
        };
        if let Ok(Ok(stream)) = timeout(self.house.pace.farewell, acceptor.accept(stream)).await {
            let (read, write) = tokio::io::split(stream);
            self.too_many(read, write).await;
        }
    }

    async fn too_many(&self, read: impl AsyncRead + Unpin, write: impl AsyncWrite + Unpin) {
        let end = End::later(ErrorCode::TooManyConnections, "as many connections as the engine takes", COME_BACK);
        Line::new(read, write).farewell(&end, self.house.pace).await;
    }
}

/// One connection in the gauge.
struct Counted(Gauge);

impl Counted {
    fn new() -> Self {
        let gauge = gauge!(names::BINARY_CONNECTIONS);
        gauge.increment(1.0);
        Self(gauge)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}
