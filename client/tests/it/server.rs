//! Owns a server that does what a test tells it, frame by frame. Refuses to be clever: it keeps no
//! credit book.

use std::net::SocketAddr;
use std::time::Duration;

use sluis_client::{ClientConfig, Durability, ErrorCode, ReconnectPolicy};
use sluis_model::wire::{
    AckRow, ClientFrame, Decoder, Fatal, Frame, Hello, MAX_FRAME, ServerFrame, VERSION, Welcome,
};
use sluis_model::{NotificationId, NotificationRequest};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) struct Server {
    listener: TcpListener,
    pub(crate) addr: SocketAddr,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        Self { listener, addr }
    }

    pub(crate) fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new(self.addr.to_string(), "key", "test");
        config.reconnect = ReconnectPolicy {
            first_delay: Duration::from_millis(1),
            max_delay: Duration::from_millis(5),
            max_failures: Some(20),
        };
        config
    }

    /// The next connection, before its `Hello`.
    pub(crate) async fn accept(&self) -> Peer<TcpStream> {
        let stream = self.listener.accept().await.unwrap().0;
        stream.set_nodelay(true).unwrap();
        Peer::new(stream)
    }

    /// The next connection, welcomed with `credit`.
    pub(crate) async fn welcome(&self, credit: u32) -> Peer<TcpStream> {
        let mut peer = self.accept().await;
        peer.hello().await;
        peer.send(&[welcome(credit)]).await;
        peer
    }
}

pub(crate) fn welcome(credit: u32) -> ServerFrame {
    let durability = Durability::Synced;
    ServerFrame::Welcome(Welcome {
        version: VERSION,
        corporation: "demo".into(),
        credit,
        max_frame: MAX_FRAME,
        durability,
    })
}

pub(crate) fn fatal(code: ErrorCode) -> ServerFrame {
    ServerFrame::Error(Fatal {
        code: Ok(code),
        retry_after_ms: 0,
        message: "as the test wants".into(),
    })
}

/// An ack whose id tells its correlation.
pub(crate) fn ack(correlation: u64) -> AckRow {
    AckRow {
        correlation,
        id: NotificationId(correlation.into()),
        position: correlation,
        duplicate: false,
    }
}

pub(crate) fn row(key: &str) -> NotificationRequest {
    NotificationRequest {
        tenant_id: "H-1".into(),
        flow: "notice".into(),
        category: "repairs".into(),
        data: "{}".into(),
        idempotency_key: key.into(),
        ..NotificationRequest::default()
    }
}

pub(crate) struct Peer<S> {
    stream: S,
    decoder: Decoder<ClientFrame>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self {
            stream,
            decoder: Decoder::new(MAX_FRAME),
        }
    }

    /// The next frame; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<ClientFrame> {
        let mut chunk = [0; 4096];
        loop {
            if let Some(frame) = self.decoder.next().unwrap() {
                return Some(frame);
            }
            match self.stream.read(&mut chunk).await.unwrap_or(0) {
                0 => return None,
                count => self.decoder.feed(&chunk[..count]),
            }
        }
    }

    pub(crate) async fn hello(&mut self) -> Hello {
        let Some(ClientFrame::Hello(hello)) = self.next().await else {
            panic!("expected a Hello")
        };
        hello
    }

    /// Correlation and key of the next `count` rows, however they are packed.
    pub(crate) async fn rows(&mut self, count: usize) -> Vec<(u64, String)> {
        let mut rows = Vec::new();
        while rows.len() < count {
            match self.next().await {
                Some(ClientFrame::Submit { correlation, row }) => {
                    rows.push((correlation, row.idempotency_key))
                }
                Some(ClientFrame::SubmitBatch { first, rows: many }) => {
                    rows.extend((first..).zip(many.into_iter().map(|row| row.idempotency_key)));
                }
                other => panic!("expected a submission, got {other:?}"),
            }
        }
        assert_eq!(rows.len(), count);
        rows
    }

    pub(crate) async fn send(&mut self, frames: &[ServerFrame]) {
        let mut bytes = Vec::new();
        frames
            .iter()
            .for_each(|frame| frame.encode(&mut bytes).unwrap());
        self.send_bytes(&bytes).await;
    }

    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    pub(crate) async fn ack(&mut self, correlations: impl IntoIterator<Item = u64>) {
        let acks = correlations.into_iter().map(ack).collect();
        self.send(&[ServerFrame::AckBatch(acks)]).await;
    }

    /// Waits for the `Goodbye` and the end of the client's side, then closes.
    pub(crate) async fn farewell(mut self) {
        assert_eq!(self.next().await, Some(ClientFrame::Goodbye));
        assert_eq!(self.next().await, None);
    }
}
