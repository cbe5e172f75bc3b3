//! Owns the bytes of one SMTP connection: plain or TLS, `TCP_NODELAY`, writes gathered until an answer is awaited.
//!
//! lettre writes a message in two pieces and flushes after each, which on its own stream costs 40 ms a message (the
//! second piece waits for the acknowledgement of the first). Here nothing leaves before the next read, so a message is
//! one write, and how much has *not* left is known exactly: that decides between "cannot have been taken" and "in doubt".
//! Refuses to write on drop: a connection given up sends nothing more.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// A buffer that one large message grew beyond this is given back.
const KEEP: usize = 256 * 1024;

/// How many bytes were written to the connection but have not left us.
#[derive(Clone, Debug, Default)]
pub(super) struct Unsent(Arc<AtomicUsize>);

impl Unsent {
    pub(super) fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// The encrypted or plain link.
#[derive(Debug)]
pub(super) enum Link {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// The stream lettre speaks over.
#[derive(Debug)]
pub(super) struct Wire {
    link: Link,
    peer: SocketAddr,
    /// Read before anything of the link.
    greeting: &'static [u8],
    out: Vec<u8>,
    /// How much of `out` has left.
    left: usize,
    unsent: Unsent,
}

impl Wire {
    /// `greeting` stands in for the relay's own where that was already read (after `STARTTLS` there is none).
    pub(super) fn new(link: Link, greeting: &'static [u8]) -> io::Result<Self> {
        let peer = match &link {
            Link::Plain(tcp) => tcp.peer_addr()?,
            Link::Tls(tls) => tls.get_ref().0.peer_addr()?,
        };
        Ok(Self { link, peer, greeting, out: Vec::with_capacity(4096), left: 0, unsent: Unsent::default() })
    }

    pub(super) fn unsent(&self) -> Unsent {
        self.unsent.clone()
    }

    fn note(&self) {
        self.unsent.0.store(self.out.len() - self.left, Ordering::Relaxed);
    }

    /// Writes what was gathered.
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.out.is_empty() {
            return Poll::Ready(Ok(()));
        }
        while self.left < self.out.len() {
            let bytes = &self.out[self.left..];
            let written = match &mut self.link {
                Link::Plain(tcp) => ready!(Pin::new(tcp).poll_write(cx, bytes))?,
                Link::Tls(tls) => ready!(Pin::new(tls).poll_write(cx, bytes))?,
            };
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.left += written;
            self.note();
        }
        match &mut self.link {
            Link::Plain(tcp) => ready!(Pin::new(tcp).poll_flush(cx))?,
            Link::Tls(tls) => ready!(Pin::new(tls).poll_flush(cx))?,
        }
        self.out.clear();
        self.out.shrink_to(KEEP);
        self.left = 0;
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(cx))?;
        if !self.greeting.is_empty() {
            let taken = self.greeting.len().min(buf.remaining());
            let (now, later) = self.greeting.split_at(taken);
            buf.put_slice(now);
            self.greeting = later;
            return Poll::Ready(Ok(()));
        }
        match &mut self.link {
            Link::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Link::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.out.extend_from_slice(buf);
        self.note();
        Poll::Ready(Ok(buf.len()))
    }

    /// Does nothing: see the head of this file. Every write is followed by a read, which drains.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(cx))?;
        match &mut self.link {
            Link::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Link::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}
