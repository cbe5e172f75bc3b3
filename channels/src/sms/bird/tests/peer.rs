//! A server for tests: reads one request a connection or more, keeps it, answers or closes as its
//! script says.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::ProviderConfig;
use crate::provider::Provider;
use crate::secrets::SecretSource;

/// What the server does with every request.
#[derive(Clone, Debug, Default)]
pub(super) enum Reply {
    /// Closes the connection before reading.
    Refuse,
    /// Reads the request and closes.
    Hang,
    /// Reads the request and never answers.
    Silent,
    /// Closes in the middle of the answer's body.
    Half(String),
    /// Answers so.
    #[default]
    Created,
    /// Answers so and closes.
    Once,
    /// Answers with these bytes.
    Raw(String),
}

/// What the server saw.
pub(super) struct Peer {
    port: u16,
    pub(super) connections: AtomicUsize,
    /// Head and body of every request.
    pub(super) requests: Mutex<Vec<(String, String)>>,
}

impl Peer {
    pub(super) async fn start(reply: Reply) -> Arc<Peer> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let peer = Arc::new(Peer {
            port,
            connections: AtomicUsize::new(0),
            requests: Mutex::default(),
        });
        let own = Arc::clone(&peer);
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                own.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(Arc::clone(&own).serve(tcp, reply.clone()));
            }
        });
        peer
    }

    async fn serve(self: Arc<Self>, mut tcp: TcpStream, reply: Reply) -> Option<()> {
        if let Reply::Refuse = reply {
            return None;
        }
        let mut buffer = Vec::new();
        loop {
            let (head, length) = loop {
                if let Some(end) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
                    let head = String::from_utf8(buffer.drain(..end + 4).collect()).unwrap();
                    let length = head.lines().find_map(|l| {
                        l.to_ascii_lowercase()
                            .strip_prefix("content-length: ")?
                            .parse()
                            .ok()
                    });
                    break (head, length.unwrap_or(0));
                }
                read(&mut tcp, &mut buffer).await?;
            };
            while buffer.len() < length {
                read(&mut tcp, &mut buffer).await?;
            }
            let body = String::from_utf8(buffer.drain(..length).collect()).unwrap();
            self.requests.lock().push((head, body));
            match &reply {
                Reply::Refuse | Reply::Hang => return None,
                Reply::Silent => std::future::pending().await,
                Reply::Half(raw) => {
                    tcp.write_all(raw.as_bytes()).await.ok()?;
                    return None;
                }
                Reply::Created | Reply::Once => {
                    tcp.write_all(
                        answer(201, "", r#"{"id":"e8077d803532c0b5937c639b60216938"}"#).as_bytes(),
                    )
                    .await
                    .ok()?;
                    if let Reply::Once = reply {
                        return None;
                    }
                }
                Reply::Raw(raw) => tcp.write_all(raw.as_bytes()).await.ok()?,
            }
        }
    }

    pub(super) fn provider(&self, more: &str) -> Arc<dyn Provider> {
        provider(self.port, more)
    }
}

/// A provider that leads to that port of this machine.
pub(super) fn provider(port: u16, more: &str) -> Arc<dyn Provider> {
    let json = format!(
        r#"{{"kind": "bird-sms", "base_url": "http://127.0.0.1:{port}", "access_key_env": "KEY", "signing_key_env": "SIGN" {more}}}"#
    );
    let config: ProviderConfig = serde_json::from_str(&json).unwrap();
    config.build("bird", "channels.sms.bird", &Named).unwrap()
}

/// The secret of a variable is its name in lower case.
pub(super) struct Named;

impl SecretSource for Named {
    fn env(&self, name: &str) -> Option<String> {
        Some(name.to_ascii_lowercase())
    }

    fn file(&self, _: &std::path::Path) -> std::io::Result<String> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

pub(super) fn answer(status: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}

async fn read(tcp: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<()> {
    tcp.read_buf(buffer)
        .await
        .ok()
        .filter(|read| *read > 0)
        .map(drop)
}
