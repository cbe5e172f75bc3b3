//! The SMTP sink: a mail relay on the receiving side (RFC 5321, PIPELINING, 8BITMIME, SIZE, DSN,
//! optional AUTH and TLS). Owns connections; refuses to relay anything and to forgive a client:
//! bare line feeds, long lines and unannounced extensions are errors, so that a bug in a sender
//! shows.

mod arguments;
mod auth;
mod command;
mod data;
mod envelope;
mod options;
mod session;
mod transaction;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

pub use self::arguments::Arguments;
pub use self::options::{SmtpOptions, TlsMode};
use self::session::{End, Session};
use super::listen::listen;
use super::{Channel, Dead, SinkCore, SinkError};

/// A running SMTP sink; dropping it closes the port and cuts every connection.
#[derive(Debug)]
pub struct SmtpSink {
    addr: SocketAddr,
    accepting: JoinHandle<()>,
}

impl SmtpSink {
    /// Listens and serves on the current tokio runtime.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub async fn start(
        core: Arc<SinkCore>,
        addr: &str,
        options: SmtpOptions,
    ) -> Result<Self, SinkError> {
        let fail = |source| SinkError::Bind {
            addr: addr.into(),
            source,
        };
        let listener = listen(addr).await.map_err(fail)?;
        let bound = listener.local_addr().map_err(fail)?;
        let accepting = if core.profile().smtp.dead == Some(Dead::Refuse) {
            tokio::spawn(async {})
        } else {
            tokio::spawn(accept(listener, core, Arc::new(options)))
        };
        Ok(Self {
            addr: bound,
            accepting,
        })
    }

    /// The address it listens on.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Closes the port and cuts every connection; returns when they are gone.
    pub async fn stop(mut self) {
        self.accepting.abort();
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for SmtpSink {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Connections live in the `JoinSet`, so ending this task ends them.
async fn accept(listener: TcpListener, core: Arc<SinkCore>, options: Arc<SmtpOptions>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok((stream, _peer)) = listener.accept().await else {
            // Out of file descriptors: let others finish before trying again.
            crate::clock::wait_ms(10).await;
            continue;
        };
        core.book().count(Channel::Email, "connections");
        if core.is_down(Channel::Email) {
            core.book().count(Channel::Email, "closed");
            continue;
        }
        connections.spawn(serve(stream, core.clone(), options.clone()));
    }
}

async fn serve(stream: TcpStream, core: Arc<SinkCore>, options: Arc<SmtpOptions>) {
    let _ = stream.set_nodelay(true);
    let session = Session::new(core, options.clone());
    let acceptor = options.tls.clone().map(TlsAcceptor::from);
    match acceptor {
        Some(acceptor) if options.tls_mode == TlsMode::Implicit => {
            if let Ok(stream) = acceptor.accept(stream).await {
                let _ = session.secured().run(stream, true).await;
            }
        }
        Some(acceptor) => {
            if let Ok(End::StartTls(stream, session)) = session.run(stream, true).await
                && let Ok(stream) = acceptor.accept(stream).await
            {
                let _ = session.secured().run(stream, false).await;
            }
        }
        None => {
            let _ = session.run(stream, true).await;
        }
    }
}
