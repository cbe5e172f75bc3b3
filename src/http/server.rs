//! Owns the listening: TCP, TLS where configured, hyper, a graceful end. Refuses to cut a request that waits for the
//! disk before the bound is over.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::complaint::Complaint;
use super::front::Front;
use super::patience::Patience;
use crate::lanes::Lanes;

/// TLS for a listener.
pub type Tls = Arc<rustls::ServerConfig>;

/// Most connections at once unless told otherwise; further ones wait in the kernel's queue.
pub const MOST_CONNECTIONS: usize = 4_096;
/// Longest wait for a request's head, and for a TLS handshake.
const HEAD_TIMEOUT: Duration = Duration::from_secs(20);
/// Longest wait for requests under way at the end.
const GRACE: Duration = Duration::from_secs(15);

/// What is spoken over TLS, best first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// TLS from a certificate chain and a key, PEM.
///
/// # Errors
/// A file cannot be read, or holds no usable certificate or key.
pub fn tls(certificate: &Path, key: &Path) -> anyhow::Result<Tls> {
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("{}: expected a PEM certificate chain", certificate.display()))?;
    let key = PrivateKeyDer::from_pem_file(key).with_context(|| format!("{}: expected a PEM private key", key.display()))?;
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .context("certificate and key do not fit each other")?;
    Ok(Arc::new(config))
}

/// The same for a listener that speaks HTTP: clients ask for HTTP/2 by ALPN, and speak HTTP/1.1 where it is not offered. The
/// binary port uses the certificate, too, and speaks neither.
fn speaking_http(tls: &Tls) -> Tls {
    let mut config = rustls::ServerConfig::clone(tls);
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
    Arc::new(config)
}

/// Serves until `shutdown`, then lets requests under way end.
pub async fn serve(listener: TcpListener, front: Front, lanes: Lanes, tls: Option<Tls>, shutdown: CancellationToken) {
    serve_most(listener, front, lanes, tls, MOST_CONNECTIONS, shutdown).await;
}

/// As [`serve`], with at most `connections` at once.
pub async fn serve_most(
    listener: TcpListener,
    front: Front,
    lanes: Lanes,
    tls: Option<Tls>,
    connections: usize,
    shutdown: CancellationToken,
) {
    let tls = tls.as_ref().map(speaking_http);
    let room = Arc::new(Semaphore::new(connections));
    let graceful = GracefulShutdown::new();
    let mut http = Builder::new(TokioExecutor::new());
    // Without `pipeline_flush`: it holds an answer back while anything of a next request has come, which may be for ever.
    http.http1().header_read_timeout(HEAD_TIMEOUT);
    http.http2().timer(TokioTimer::new());
    loop {
        let Ok(place) = room.clone().acquire_owned().await else { return };
        let (stream, peer) = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "could not take a connection");
                    tokio::task::yield_now().await;
                    continue;
                }
            },
        };
        // Small answers must not wait for more.
        drop(stream.set_nodelay(true));
        let Ok(stream) = stream.into_std() else { continue };
        let patience = Patience::default();
        let (mut http, watcher, tls) = (http.clone(), graceful.watcher(), tls.clone());
        http.http1().timer(patience.clone());
        let service = front.for_connection(patience);
        lanes.next().spawn(async move {
            let _place = place;
            let Ok(stream) = TcpStream::from_std(stream) else { return };
            let end = match tls {
                None => watcher.watch(http.serve_connection(TokioIo::new(Complaint::new(stream)), service).into_owned()).await,
                Some(tls) => {
                    let Some(stream) = handshake(stream, tls, peer).await else { return };
                    watcher.watch(http.serve_connection(TokioIo::new(Complaint::new(stream)), service).into_owned()).await
                }
            };
            if let Err(error) = end {
                tracing::debug!(%error, "a connection ended badly");
            }
        });
    }
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still under way when the time to end was over");
    }
}

async fn handshake(stream: TcpStream, tls: Tls, peer: SocketAddr) -> Option<tokio_rustls::server::TlsStream<TcpStream>> {
    match tokio::time::timeout(HEAD_TIMEOUT, TlsAcceptor::from(tls).accept(stream)).await {
        Ok(Ok(stream)) => Some(stream),
        Ok(Err(error)) => {
            tracing::debug!(%peer, %error, "a TLS handshake failed");
            None
        }
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The certificate that the client's tests made for `localhost`.
    const FILES: [&str; 2] = ["client/tests/it/tls/certificate.pem", "client/tests/it/tls/key.pem"];

    #[tokio::test]
    async fn http_2_is_offered_over_tls_and_http_1_to_whoever_does_not_ask() {
        let [certificate, key] = FILES.map(|file| Path::new(env!("CARGO_MANIFEST_DIR")).join(file));
        let server = TlsAcceptor::from(speaking_http(&tls(&certificate, &key).unwrap()));
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&certificate).unwrap()).unwrap();
        let cases = [(vec!["http/1.1", "h2"], Some("h2")), (vec!["http/1.1"], Some("http/1.1")), (vec![], None)];
        for (asked, spoken) in cases {
            let client = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
            let client = client.with_safe_default_protocol_versions().unwrap();
            let mut client = client.with_root_certificates(roots.clone()).with_no_client_auth();
            client.alpn_protocols = asked.into_iter().map(|protocol: &str| protocol.into()).collect();
            let client = tokio_rustls::TlsConnector::from(Arc::new(client));
            let (near, far) = tokio::io::duplex(16_384);
            let (_, met) = tokio::join!(client.connect("localhost".try_into().unwrap(), near), server.accept(far));
            assert_eq!(met.unwrap().get_ref().1.alpn_protocol(), spoken.map(str::as_bytes));
        }
    }
}
