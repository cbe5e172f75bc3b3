//! Owns accepting connections, and how many strangers there are at once. Refuses to let a stranger
//! who says nothing stand in the way of one who comes later.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use metrics::Gauge;
use sluis_model::wire::ErrorCode;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use super::connection::{Stranger, converse};
use super::end::End;
use super::greeting::House;
use super::line::Line;
use super::seats::Seats;
use super::shares::Shares;
use super::{BinarySettings, Opening, Pace};
use crate::crowd::{Bounds, Crowd, FAREWELL};
use crate::http::{START_RETRY, progress};
use crate::telemetry::names;
use crate::tls::Tls;

/// Pause after a failed accept: out of file handles, most likely.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// The longest wait for senders at the end: the time they get for their answers, and for reading
/// the last word.
const GRACE: Duration = Duration::from_secs(17);

/// Serves until `shutdown`, and then what is open.
pub(super) async fn serve(
    opening: Arc<Opening>,
    listener: TcpListener,
    settings: BinarySettings,
    pace: Pace,
    shutdown: CancellationToken,
) {
    let acceptor = Arc::new(Acceptor {
        opening,
        credit: settings.credit,
        pace,
        strangers: Crowd::new(strangers(&settings)),
        seats: Seats::new(senders(&settings)),
        shares: Arc::default(),
        tls: settings.tls,
        shutdown: shutdown.clone(),
    });
    let tasks = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => acceptor.admit(stream, peer, &tasks),
            Err(error) => {
                tracing::warn!(%error, "the binary port cannot accept");
                acceptor.strangers.make_room();
                tokio::select! {
                    () = shutdown.cancelled() => break,
                    () = sleep(ACCEPT_PAUSE) => {}
                }
            }
        }
    }
    drop(listener);
    end(&acceptor, &tasks).await;
}

/// Lets those who are there end, within [`GRACE`].
async fn end(acceptor: &Acceptor, tasks: &TaskTracker) {
    tasks.close();
    let ended = async { tokio::join!(acceptor.strangers.end(FAREWELL), tasks.wait()) };
    if timeout(GRACE, ended).await.is_err() {
        tracing::warn!(
            left = tasks.len(),
            "senders were still there when the time to end was over"
        );
    }
}

/// How many may be there without having shown a key.
fn strangers(settings: &BinarySettings) -> Bounds {
    let most = settings.max_greetings.max(1);
    // Half of them at most from one address, where an address says anything.
    let from_one = if settings.max_per_peer == usize::MAX {
        most
    } else {
        most.div_ceil(2)
    };
    Bounds {
        all: most,
        per_peer: from_one,
        per_corporation: usize::MAX,
    }
}

/// How many senders there may be.
const fn senders(settings: &BinarySettings) -> Bounds {
    Bounds {
        all: settings.max_connections,
        per_peer: settings.max_per_peer,
        per_corporation: settings.max_per_corporation,
    }
}

struct Acceptor {
    opening: Arc<Opening>,
    credit: u32,
    pace: Pace,
    tls: Option<Tls>,
    strangers: Arc<Crowd>,
    seats: Arc<Seats>,
    shares: Arc<Shares>,
    shutdown: CancellationToken,
}

impl Acceptor {
    fn admit(self: &Arc<Self>, stream: TcpStream, peer: SocketAddr, tasks: &TaskTracker) {
        // A stranger never waits for us: there is always one who can go.
        let Some(place) = self.strangers.join(peer.ip()) else {
            return;
        };
        let stranger = Stranger {
            place,
            peer: peer.ip(),
        };
        let Ok(stream) = stream.into_std() else {
            return;
        };
        let (acceptor, span) = (self.clone(), tracing::info_span!("binary", %peer));
        let greeted = async move {
            if let Ok(stream) = TcpStream::from_std(stream) {
                acceptor.meet(stream, stranger).await;
            }
        };
        match self.opening.threads() {
            Some(threads) => drop(tasks.spawn_on(greeted.instrument(span), threads.next())),
            None => drop(tasks.spawn(greeted.instrument(span))),
        }
    }

    async fn meet(&self, stream: TcpStream, stranger: Stranger) {
        let _counted = Counted::new();
        // Frames are gathered here; waiting for more in the kernel would only add to the time to
        // the ack.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a peer was gone before it was served");
            return;
        }
        let Some(tls) = &self.tls else {
            let (read, write) = stream.into_split();
            return self.talk(read, write, stranger).await;
        };
        let handshake = TlsAcceptor::from(tls.config().clone()).accept(stream);
        match stranger
            .place
            .life()
            .live(timeout(self.pace.hello, handshake))
            .await
        {
            Some(Ok(Ok(stream))) => {
                let (read, write) = tokio::io::split(stream);
                self.talk(read, write, stranger).await;
            }
            Some(Ok(Err(error))) => {
                tracing::debug!(%error, "a peer did not get through the TLS handshake")
            }
            Some(Err(_)) => tracing::debug!("a peer took too long for the TLS handshake"),
            None => tracing::debug!("a peer made room for another one during the TLS handshake"),
        }
    }

    async fn talk(
        &self,
        read: impl AsyncRead + Unpin,
        write: impl AsyncWrite + Unpin,
        stranger: Stranger,
    ) {
        let Some(door) = self.opening.door() else {
            let end = End::later(
                ErrorCode::Starting,
                format!(
                    "the engine is starting: {}",
                    progress(self.opening.recovery())
                ),
                START_RETRY,
            );
            stranger
                .place
                .life()
                .live(Line::new(read, write).farewell(&end, self.pace))
                .await;
            return;
        };
        let house = House {
            door: door.clone(),
            credit: self.credit,
            pace: self.pace,
            shutdown: self.shutdown.clone(),
            seats: self.seats.clone(),
            shares: self.shares.clone(),
        };
        converse(read, write, &house, stranger).await;
    }
}

/// One connection in the gauge.
struct Counted(Gauge);

impl Counted {
    fn new() -> Self {
        let gauge = names::BINARY_CONNECTIONS.of(());
        gauge.increment(1.0);
        Self(gauge)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}
