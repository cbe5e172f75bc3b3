//! Owns the ports of a process that serves: bound before anything that takes long, so that one that
//! is taken ends the start at once; what their listeners are told of the configuration. Refuses to serve by itself: HTTP and the binary protocol do.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use sluis_actors::Recovery;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::binary::{self, BinarySettings, Opening};
use crate::certificates::Certificates;
use crate::config::Config;
use crate::engine_start::Running;
use crate::http::{self, HttpSettings, Reception};

/// Connections that may wait to be accepted: a provider that begins to call back, or many systems
/// after our restart. With the usual 128 the kernel drops the others, and they come again seconds
/// later. It cuts this to `net.core.somaxconn`.
const WAITING: u32 = 4_096;
/// Open files besides connections: logs, generations, the table, providers' connections.
const OTHER_FILES: u64 = 1_024;

/// Asks for as many open files as there may be connections, and warns where there are fewer.
fn ask_for_files(config: &Config) {
    let needed = u64::from(config.http.max_connections)
        + u64::from(config.binary.max_connections)
        + OTHER_FILES;
    if let Some(most) = crate::machine::open_many_files().filter(|most| *most < needed) {
        tracing::warn!(
            most,
            needed,
            "the process may open fewer files than it has connections: raise the limit (ulimit -n)"
        );
    }
}

/// A listener that runs.
pub type Edge = JoinHandle<()>;

fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let bound = || -> io::Result<TcpListener> {
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(WAITING)
    };
    bound().with_context(|| format!("{address}: cannot listen there"))
}

/// The ports, and what meets whoever comes to them: `starting` until they are opened.
pub struct Ports {
    http: SocketAddr,
    binary: Option<SocketAddr>,
    status: Option<SocketAddr>,
    certificates: Arc<Certificates>,
    reception: Arc<Reception>,
    opening: Arc<Opening>,
    edges: Vec<Edge>,
}

impl Ports {
    /// Takes the ports and serves on them: `starting`, with how far `recovery` is, until
    /// [`Ports::open`].
    ///
    /// # Errors
    /// A port is taken, or a certificate cannot be used.
    pub fn listen(
        config: &Config,
        recovery: &Arc<Recovery>,
        shutdown: &CancellationToken,
    ) -> anyhow::Result<Self> {
        ask_for_files(config);
        let certificates = Arc::new(Certificates::load(config)?);
        let http = bind(config.http.address)?;
        let binary = config
            .binary
            .enabled
            .then(|| bind(config.binary.address))
            .transpose()?;
        let status = config.http.status_address.map(bind).transpose()?;
        let address = |listener: &Option<TcpListener>| {
            listener.as_ref().map(TcpListener::local_addr).transpose()
        };
        let mut ports = Self {
            http: http.local_addr()?,
            binary: address(&binary)?,
            status: address(&status)?,
            certificates,
            reception: Arc::new(Reception::starting(recovery.clone())),
            opening: Arc::new(Opening::starting(recovery.clone())),
            edges: Vec::new(),
        };
        ports.serve_http(http, status, config, shutdown);
        if let Some(port) = binary {
            ports.serve_binary(port, config, shutdown);
        }
        Ok(ports)
    }

    fn serve_http(
        &mut self,
        port: TcpListener,
        status: Option<TcpListener>,
        config: &Config,
        shutdown: &CancellationToken,
    ) {
        let settings = HttpSettings {
            tls: self.certificates.http().cloned(),
            ..http_settings(config)
        };
        let reception = || self.reception.clone();
        let serving = http::serve_with(port, reception(), settings.clone(), shutdown.clone());
        let status = status
            .map(|port| http::serve_status(port, reception(), settings, shutdown.clone()))
            .map(tokio::spawn);
        self.edges.push(tokio::spawn(serving));
        self.edges.extend(status);
    }

    fn serve_binary(&mut self, port: TcpListener, config: &Config, shutdown: &CancellationToken) {
        let settings = BinarySettings {
            tls: self.certificates.binary().cloned(),
            ..binary_settings(config)
        };
        let serving = binary::serve_opening(self.opening.clone(), port, settings, shutdown.clone());
        self.edges.push(tokio::spawn(serving));
    }

    /// The engine is there: the same listeners lead to it from here on.
    pub fn open(&self, running: &Running) {
        self.reception.open(
            http::Front::new(running.app.clone()),
            running.threads.clone(),
        );
        self.opening
            .open(running.app.clone(), running.threads.clone());
    }

    /// Where HTTP listens.
    #[must_use]
    pub const fn http(&self) -> SocketAddr {
        self.http
    }

    /// Where the binary protocol does, for people.
    #[must_use]
    pub fn binary(&self) -> String {
        said(self.binary)
    }

    /// Where the listener for questions whether the engine is well does, for people.
    #[must_use]
    pub fn status(&self) -> String {
        said(self.status)
    }

    /// Their certificates.
    pub(crate) fn certificates(&self) -> Arc<Certificates> {
        self.certificates.clone()
    }

    /// Waits until every listener has ended. They end by themselves within a bound once they are
    /// told to.
    pub async fn ended(self) {
        for edge in self.edges {
            drop(edge.await);
        }
    }
}

fn said(address: Option<SocketAddr>) -> String {
    address.map_or_else(|| "off".to_owned(), |address| address.to_string())
}

/// What is held per peer and per corporation: nothing behind a proxy, whose connections are
/// everybody's.
fn parts(
    config: &Config,
    proxy: bool,
    most: u32,
    peer: Option<u32>,
    corporation: Option<u32>,
) -> (usize, usize) {
    if proxy {
        return (usize::MAX, usize::MAX);
    }
    let half = most.div_ceil(2);
    let alone = if config.corporations.len() > 1 {
        half
    } else {
        most
    };
    (
        peer.unwrap_or(half) as usize,
        corporation.unwrap_or(alone) as usize,
    )
}

fn http_settings(config: &Config) -> HttpSettings {
    let http = &config.http;
    let (peer, corporation) = (
        http.max_connections_per_peer,
        http.max_connections_per_corporation,
    );
    let (max_per_peer, max_per_corporation) = parts(
        config,
        http.behind_proxy,
        http.max_connections,
        peer,
        corporation,
    );
    HttpSettings {
        tls: None,
        max_connections: http.max_connections as usize,
        max_per_peer,
        max_per_corporation,
        idle: http.idle_timeout.0,
        request: http.request_timeout.0,
        max_bodies: usize::try_from(http.max_bodies_bytes).unwrap_or(usize::MAX),
    }
}

fn binary_settings(config: &Config) -> BinarySettings {
    let binary = &config.binary;
    let (peer, corporation) = (
        binary.max_connections_per_peer,
        binary.max_connections_per_corporation,
    );
    let (max_per_peer, max_per_corporation) = parts(
        config,
        binary.behind_proxy,
        binary.max_connections,
        peer,
        corporation,
    );
    BinarySettings {
        credit: binary.credit,
        max_connections: binary.max_connections as usize,
        max_per_peer,
        max_per_corporation,
        max_greetings: binary.max_greetings as usize,
        tls: None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Against the dropped connection, which would come again after a second, then three, then
    /// seven.
    const WATCHDOG: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn many_connections_may_wait_to_be_accepted() {
        let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let connections: Vec<_> = (0..400)
            .map(|_| tokio::spawn(tokio::net::TcpStream::connect(address)))
            .collect();
        let mut open = Vec::new();
        for connection in connections {
            open.push(
                tokio::time::timeout(WATCHDOG, connection)
                    .await
                    .expect("none is dropped")
                    .unwrap()
                    .unwrap(),
            );
        }
        assert_eq!(open.len(), 400);
    }

    #[tokio::test]
    async fn the_default_listeners_are_what_they_choose_by_themselves() {
        let config = Config::built_in();
        let whole = HttpSettings {
            max_per_corporation: 4_096,
            ..HttpSettings::default()
        };
        assert_eq!(
            format!("{:?}", http_settings(&config)),
            format!("{whole:?}"),
            "one corporation may have all"
        );
        let whole = BinarySettings {
            max_per_peer: 128,
            ..BinarySettings::default()
        };
        assert_eq!(
            format!("{:?}", binary_settings(&config)),
            format!("{whole:?}")
        );
        assert_eq!(
            parts(&config, true, 9, Some(1), Some(1)),
            (usize::MAX, usize::MAX),
            "a proxy's connections are everybody's"
        );
    }

    #[tokio::test]
    async fn a_port_that_is_taken_is_named() {
        let taken = bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let mut config = Config::built_in();
        config.http.address = taken.local_addr().unwrap();
        let error = Ports::listen(&config, &Arc::default(), &CancellationToken::new())
            .err()
            .unwrap();
        assert_eq!(
            format!("{error:#}").split(": A").next().unwrap(),
            format!("{}: cannot listen there", config.http.address)
        );
    }
}
