//! Owns the listening: TCP, TLS where configured, hyper, how many connections there are and how
//! long each may keep us waiting, a graceful end. Refuses to cut a request that waits for the disk
//! before the bound is over.

use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::complaint::Complaint;
use super::front::Front;
use super::metered::Metered;
use super::patience::Patience;
use super::reception::{Desk, Reception};
use super::seat::{Budget, Seat};
use crate::crowd::{Bounds, Crowd, Limits};
use crate::threads::Threads;
use crate::tls::Tls;

/// Places for the questions whether the engine is well, when every other one is taken by a
/// connection that waits for us.
const RESERVE: usize = 64;
/// How long one of those may keep us waiting.
const RESERVE_LIMIT: Duration = Duration::from_secs(5);
/// Connections of a listener for such questions alone.
const STATUS_CONNECTIONS: usize = 256;
/// The longest that a peer may take to read an answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(300);
/// Beyond the limit of a request, for its answer that the limit is over.
const LAST_WORD: Duration = Duration::from_secs(5);
/// The longest wait for requests under way at the end.
pub const GRACE: Duration = Duration::from_secs(15);
/// Pause after a failed accept: out of file handles, most likely.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Most bytes of a request's head, and of what is read or written at once. An address alone may
/// have 64 KiB.
const BUFFER: usize = 96 << 10;
/// The same for HTTP/2, of a request's header list (RFC 9113 §6.5.2).
const HEADER_LIST: u32 = 32 << 10;
/// Requests at once on a connection of HTTP/2.
const STREAMS: u32 = 128;
/// Streams that a peer may have reset before we took them up: CVE-2023-44487.
const RESETS: usize = 32;

/// What the operator decides about a listener of HTTP.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// TLS; without it everything travels in plain text.
    pub tls: Option<Tls>,
    /// Most connections at once. One more, and the one that was silent the longest goes.
    pub max_connections: usize,
    /// Most of one address.
    pub max_per_peer: usize,
    /// Most of one corporation.
    pub max_per_corporation: usize,
    /// The longest that a connection may be without a request, from its first byte on.
    pub idle: Duration,
    /// The longest that a request may take: a stalled body or answer ends then.
    pub request: Duration,
    /// Most bytes of bodies and answers under way at once.
    pub max_bodies: usize,
}

impl Default for HttpSettings {
    fn default() -> Self {
        let (max_connections, max_per_peer) = (4_096, 2_048);
        let (idle, request) = (Duration::from_secs(20), Duration::from_secs(60));
        let max_bodies = 256 << 20;
        Self {
            tls: None,
            max_connections,
            max_per_peer,
            max_per_corporation: max_per_peer,
            idle,
            request,
            max_bodies,
        }
    }
}

impl HttpSettings {
    /// Those of a listener for `/healthz`, `/readyz` and `/metrics` alone.
    #[must_use]
    pub fn status(self) -> Self {
        let most = STATUS_CONNECTIONS;
        Self {
            max_connections: most,
            max_per_peer: most / 2,
            ..self
        }
    }
}

/// Serves an engine that is there until `shutdown`, then lets requests under way end.
pub async fn serve(
    listener: TcpListener,
    front: Front,
    threads: Threads,
    tls: Option<Tls>,
    shutdown: CancellationToken,
) {
    let settings = HttpSettings {
        tls,
        ..HttpSettings::default()
    };
    serve_with(
        listener,
        Arc::new(Reception::opened(front, threads)),
        settings,
        shutdown,
    )
    .await;
}

/// Serves until `shutdown`, then lets requests under way end, for at most [`GRACE`].
pub async fn serve_with(
    listener: TcpListener,
    reception: Arc<Reception>,
    settings: HttpSettings,
    shutdown: CancellationToken,
) {
    let reserve = Crowd::new(Bounds {
        all: RESERVE,
        per_peer: RESERVE / 2,
        per_corporation: RESERVE,
    });
    Port::new(reception, settings, Some(reserve))
        .serve(listener, shutdown)
        .await;
}

/// Serves only the questions whether the engine is well, beside the engine's own threads.
pub async fn serve_status(
    listener: TcpListener,
    reception: Arc<Reception>,
    settings: HttpSettings,
    shutdown: CancellationToken,
) {
    Port::new(reception, settings.status(), None)
        .serve(listener, shutdown)
        .await;
}

struct Port {
    reception: Arc<Reception>,
    settings: HttpSettings,
    http: Builder<TokioExecutor>,
    crowd: Arc<Crowd>,
    /// None: a listener that takes nothing but short questions.
    reserve: Option<Arc<Crowd>>,
    budget: Arc<Budget>,
}

impl Port {
    fn new(reception: Arc<Reception>, settings: HttpSettings, reserve: Option<Arc<Crowd>>) -> Self {
        let HttpSettings {
            max_connections: all,
            max_per_peer: per_peer,
            max_per_corporation: per_corporation,
            ..
        } = settings;
        let crowd = Crowd::new(Bounds {
            all,
            per_peer,
            per_corporation,
        });
        let budget = Arc::new(Budget::new(settings.max_bodies));
        let mut http = Builder::new(TokioExecutor::new());
        // Without `pipeline_flush`: it holds an answer back while anything of a next request has
        // come, which may be for ever.
        http.http1()
            .header_read_timeout(settings.idle)
            .max_buf_size(BUFFER);
        http.http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(HEADER_LIST)
            .max_pending_accept_reset_streams(RESETS)
            .keep_alive_interval(settings.idle)
            .keep_alive_timeout(settings.idle);
        Self {
            reception,
            settings,
            http,
            crowd,
            reserve,
            budget,
        }
    }

    async fn serve(self, listener: TcpListener, shutdown: CancellationToken) {
        let watched = tokio::spawn(self.watch(shutdown.clone()));
        loop {
            let accepted = tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                // Closed where there is no seat: whoever comes next finds one.
                Ok((stream, peer)) => drop(
                    Seat::take(&self.crowd, self.reserve.as_ref(), peer.ip(), &self.budget)
                        .map(|seat| self.seat(stream, seat)),
                ),
                Err(error) => {
                    tracing::warn!(%error, "could not take a connection");
                    self.crowd.make_room();
                    tokio::select! {
                        () = shutdown.cancelled() => break,
                        () = sleep(ACCEPT_PAUSE) => {}
                    }
                }
            }
        }
        drop(listener);
        drop(watched.await);
        self.end().await;
    }

    /// Holds the limits in time of all connections, until `shutdown`.
    fn watch(&self, shutdown: CancellationToken) -> impl Future<Output = ()> + Send + use<> {
        let (crowd, reserve) = (self.crowd.clone(), self.reserve.clone());
        let HttpSettings { idle, request, .. } = self.settings;
        let limits = Limits {
            idle,
            stalled: request + LAST_WORD,
            answer: request + ANSWER_LIMIT,
        };
        let brief = Limits {
            idle: idle.min(RESERVE_LIMIT),
            stalled: RESERVE_LIMIT,
            answer: RESERVE_LIMIT,
        };
        async move {
            let reserve = async {
                if let Some(reserve) = &reserve {
                    reserve.watch(brief, &shutdown).await;
                }
            };
            tokio::join!(crowd.watch(limits, &shutdown), reserve);
        }
    }

    /// Lets requests under way end, for a bounded time.
    async fn end(&self) {
        let reserve = async {
            if let Some(reserve) = &self.reserve {
                reserve.end(RESERVE_LIMIT).await
            } else {
                0
            }
        };
        let (left, _) = tokio::join!(self.crowd.end(GRACE), reserve);
        if left > 0 {
            tracing::warn!(
                left,
                "requests were still under way when the time to end was over"
            );
        }
    }

    fn seat(&self, stream: TcpStream, seat: Arc<Seat>) {
        // Small answers must not wait for more.
        drop(stream.set_nodelay(true));
        let Ok(stream) = stream.into_std() else {
            return;
        };
        let (mut http, tls) = (self.http.clone(), self.settings.tls.clone());
        let patience = Patience::default();
        http.http1().timer(patience.clone());
        let desk = Desk {
            reception: self.reception.clone(),
            seat: seat.clone(),
            patience,
        };
        let connection = async move {
            // Whoever takes too long is cut off here, whatever it is in the middle of.
            seat.life().live(talk(&http, stream, tls, desk)).await;
        };
        match (self.reception.threads(), &self.reserve) {
            (Some(threads), Some(_)) => drop(threads.next().spawn(connection)),
            _ => drop(tokio::spawn(connection)),
        }
    }
}

/// One connection, from its handshake to its end.
async fn talk(
    http: &Builder<TokioExecutor>,
    stream: std::net::TcpStream,
    tls: Option<Tls>,
    desk: Desk,
) {
    let Ok(stream) = TcpStream::from_std(stream) else {
        return;
    };
    let stream = Metered::new(stream, desk.seat.life().clone());
    match tls {
        None => converse(http, stream, desk).await,
        Some(tls) => match TlsAcceptor::from(tls.config().clone()).accept(stream).await {
            Ok(stream) => converse(http, stream, desk).await,
            Err(error) => tracing::debug!(%error, "a TLS handshake failed"),
        },
    }
}

async fn converse(
    http: &Builder<TokioExecutor>,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    desk: Desk,
) {
    let seat = desk.seat.clone();
    let mut connection =
        std::pin::pin!(http.serve_connection(TokioIo::new(Complaint::new(stream)), desk));
    let mut told = false;
    let end = std::future::poll_fn(|context| {
        if !told && seat.life().is_finishing() {
            told = true;
            connection.as_mut().graceful_shutdown();
        }
        connection.as_mut().poll(context)
    });
    if let Err(error) = end.await {
        tracing::debug!(%error, "a connection ended badly");
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;

    use super::*;
    use crate::config::TlsFiles;
    use crate::tls::HTTP_PROTOCOLS;

    /// The certificate that the client's tests made for `localhost`.
    const FILES: [&str; 2] = [
        "client/tests/it/tls/certificate.pem",
        "client/tests/it/tls/key.pem",
    ];

    #[tokio::test]
    async fn http_2_is_offered_over_tls_and_http_1_to_whoever_does_not_ask() {
        let [cert, key] = FILES.map(|file| Path::new(env!("CARGO_MANIFEST_DIR")).join(file));
        let files = TlsFiles { cert, key };
        let server = TlsAcceptor::from(Tls::load(&files, HTTP_PROTOCOLS).unwrap().config().clone());
        let mut roots = rustls::RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_file(&files.cert).unwrap())
            .unwrap();
        let cases = [
            (vec!["http/1.1", "h2"], Some("h2")),
            (vec!["http/1.1"], Some("http/1.1")),
            (vec![], None),
        ];
        for (asked, spoken) in cases {
            let client = rustls::ClientConfig::builder_with_provider(Arc::new(
                rustls::crypto::ring::default_provider(),
            ));
            let client = client.with_safe_default_protocol_versions().unwrap();
            let mut client = client
                .with_root_certificates(roots.clone())
                .with_no_client_auth();
            client.alpn_protocols = asked
                .into_iter()
                .map(|protocol: &str| protocol.into())
                .collect();
            let client = tokio_rustls::TlsConnector::from(Arc::new(client));
            let (near, far) = tokio::io::duplex(16_384);
            let (_, met) = tokio::join!(
                client.connect("localhost".try_into().unwrap(), near),
                server.accept(far)
            );
            assert_eq!(
                met.unwrap().get_ref().1.alpn_protocol(),
                spoken.map(str::as_bytes)
            );
        }
    }
}
