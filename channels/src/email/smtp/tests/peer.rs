//! A relay for tests: speaks enough SMTP, keeps what it took, and answers or closes where its
//! script says.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::ProviderConfig;
use crate::outgoing::{Content, Outgoing};
use crate::provider::Provider;
use crate::secrets::SecretSource;

/// Where the relay breaks off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Point {
    Connect,
    Greeting,
    Ehlo,
    Mail,
    Rcpt,
    Data,
    /// In the middle of the message.
    Body,
    /// After the message, before the answer.
    Dot,
    /// After the answer to the message.
    Answered,
}

/// What the relay does.
#[derive(Default)]
pub(super) struct Script {
    /// Breaks off there, in the message or connection of that number, counted from 0.
    pub(super) close: Option<(Point, usize)>,
    /// Never answers there.
    pub(super) silent: Option<Point>,
    /// Lines of the answer to EHLO after the first.
    pub(super) offers: Vec<&'static str>,
    /// Answers other than the usual, by verb (`DOT` for the message).
    pub(super) answers: HashMap<&'static str, &'static str>,
    pub(super) tls: Option<TlsAcceptor>,
    /// TLS from the first byte, not after STARTTLS.
    pub(super) implicit: bool,
}

/// What the relay saw.
#[derive(Default)]
pub(super) struct Peer {
    script: Script,
    pub(super) port: u16,
    pub(super) connections: AtomicUsize,
    messages: AtomicUsize,
    /// Commands, in order.
    pub(super) log: Mutex<Vec<String>>,
    /// Messages it took.
    pub(super) taken: Mutex<Vec<String>>,
}

impl Peer {
    pub(super) async fn start(script: Script) -> Arc<Peer> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let peer = Arc::new(Peer {
            script,
            port,
            ..Peer::default()
        });
        let own = Arc::clone(&peer);
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let number = own.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(Arc::clone(&own).connection(tcp, number));
            }
        });
        peer
    }

    /// A relay that nobody runs.
    pub(super) fn nowhere() -> Peer {
        Peer {
            port: 1,
            ..Peer::default()
        }
    }

    async fn connection(self: Arc<Self>, tcp: TcpStream, number: usize) {
        if self.script.close == Some((Point::Connect, number)) {
            return;
        }
        if let (true, Some(tls)) = (self.script.implicit, &self.script.tls) {
            if let Ok(stream) = tls.accept(tcp).await {
                self.talk(stream, number, true).await;
            }
            return;
        }
        let Some(tcp) = self.talk(tcp, number, true).await else {
            return;
        };
        if let Some(Ok(stream)) = match &self.script.tls {
            Some(tls) => Some(tls.accept(tcp).await),
            None => None,
        } {
            self.talk(stream, number, false).await;
        }
    }

    /// Talks until it ends; gives the stream back for STARTTLS.
    async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        number: usize,
        greet: bool,
    ) -> Option<S> {
        let mut stream = BufReader::new(stream);
        if greet {
            self.point(Point::Greeting, number).await?;
            say(&mut stream, self.answer("GREETING", "220 peer ready\r\n")).await?;
        }
        loop {
            let line = self.line(&mut stream).await?;
            let verb = line
                .split([' ', ':'])
                .next()
                .unwrap_or_default()
                .to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => {
                    self.point(Point::Ehlo, number).await?;
                    let lines: String = self
                        .script
                        .offers
                        .iter()
                        .map(|offer| format!("250-{offer}\r\n"))
                        .collect();
                    say(
                        &mut stream,
                        self.answer("EHLO", &format!("250-peer\r\n{lines}250 HELP\r\n")),
                    )
                    .await?;
                }
                "STARTTLS" => {
                    say(&mut stream, self.answer("STARTTLS", "220 go\r\n")).await?;
                    return Some(stream.into_inner());
                }
                "MAIL" => {
                    self.command(&mut stream, Point::Mail, "MAIL", "250 2.1.0 ok\r\n")
                        .await?
                }
                "RCPT" => {
                    self.command(&mut stream, Point::Rcpt, "RCPT", "250 2.1.5 ok\r\n")
                        .await?
                }
                "DATA" => {
                    self.command(&mut stream, Point::Data, "DATA", "354 go\r\n")
                        .await?;
                    if self.answer("DATA", "354").starts_with("354") {
                        self.message(&mut stream).await?;
                    }
                }
                "AUTH" => {
                    // LOGIN asks for the name and for the password, each in Base64.
                    let prompts: &[&str] = if line == "AUTH LOGIN" {
                        &["VXNlcm5hbWU6", "UGFzc3dvcmQ6"]
                    } else {
                        &[]
                    };
                    for prompt in prompts {
                        say(&mut stream, format!("334 {prompt}\r\n")).await?;
                        self.line(&mut stream).await?;
                    }
                    say(&mut stream, self.answer("AUTH", "235 2.7.0 in\r\n")).await?;
                }
                "QUIT" => {
                    say(&mut stream, "221 bye\r\n".into()).await?;
                    return None;
                }
                _ => say(&mut stream, "250 ok\r\n".into()).await?,
            }
        }
    }

    /// The next line, kept.
    async fn line<S: AsyncRead + Unpin>(&self, stream: &mut BufReader<S>) -> Option<String> {
        let mut line = String::new();
        stream
            .read_line(&mut line)
            .await
            .ok()
            .filter(|read| *read > 0)?;
        line.truncate(line.trim_end().len());
        self.log.lock().push(line.clone());
        Some(line)
    }

    async fn command<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: &mut S,
        point: Point,
        verb: &'static str,
        usual: &str,
    ) -> Option<()> {
        self.point(point, self.messages.load(Ordering::SeqCst))
            .await?;
        say(stream, self.answer(verb, usual)).await
    }

    async fn message<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: &mut BufReader<S>,
    ) -> Option<()> {
        let number = self.messages.fetch_add(1, Ordering::SeqCst);
        if self.script.close == Some((Point::Body, number)) {
            stream.read_u8().await.ok()?;
            return None;
        }
        let mut message = String::new();
        loop {
            let start = message.len();
            stream
                .read_line(&mut message)
                .await
                .ok()
                .filter(|read| *read > 0)?;
            if &message[start..] == ".\r\n" {
                message.truncate(start);
                break;
            }
        }
        self.point(Point::Dot, number).await?;
        if message.is_empty() {
            return say(stream, "554 5.5.1 no valid recipients\r\n".into()).await;
        }
        let answer = self.answer("DOT", "250 2.0.0 queued as 4F1A2B\r\n");
        if answer.starts_with('2') {
            self.taken.lock().push(message);
        }
        say(stream, answer).await?;
        self.point(Point::Answered, number).await
    }

    /// None where the script breaks off; never returns where it is silent.
    async fn point(&self, point: Point, number: usize) -> Option<()> {
        if self.script.silent == Some(point) {
            std::future::pending::<()>().await;
        }
        (self.script.close != Some((point, number))).then_some(())
    }

    fn answer(&self, verb: &'static str, usual: &str) -> String {
        self.script
            .answers
            .get(verb)
            .map_or_else(|| usual.to_owned(), |answer| format!("{answer}\r\n"))
    }

    /// How many commands began with that verb.
    pub(super) fn count(&self, verb: &str) -> usize {
        self.log
            .lock()
            .iter()
            .filter(|line| line.starts_with(verb))
            .count()
    }

    /// A provider that leads here; `more` is further JSON members.
    pub(super) fn provider(&self, more: &str) -> Arc<dyn Provider> {
        let port = self.port;
        let host = if self.script.tls.is_some() {
            "localhost"
        } else {
            "127.0.0.1"
        };
        let tls = if self.script.tls.is_some() {
            ""
        } else {
            r#""tls": "none","#
        };
        let json = format!(
            r#"{{"kind": "smtp", "host": "{host}", "port": {port}, {tls} "hello": "sluis.woon.example" {more}}}"#
        );
        let config: ProviderConfig = serde_json::from_str(&json).unwrap();
        config
            .build("relay", "channels.email.relay", &FixedSecrets)
            .unwrap()
    }
}

async fn say<S: AsyncWrite + Unpin>(stream: &mut S, text: String) -> Option<()> {
    stream.write_all(text.as_bytes()).await.ok()
}

/// Every variable is `geheim`; there are no files.
pub(super) struct FixedSecrets;

impl SecretSource for FixedSecrets {
    fn env(&self, _: &str) -> Option<String> {
        Some("geheim".to_owned())
    }

    fn file(&self, _: &std::path::Path) -> std::io::Result<String> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

/// A mail with text and HTML.
pub(super) fn mail() -> Outgoing {
    crate::testing::outgoing(Content::Email {
        subject: "Uw incasso is geweigerd – geïnformeerd".into(),
        text: "Beste Jan,\n.\nEen regel met een punt.\n".into(),
        html: Some("<p>Beste Jan, het bedrag is € 12,34.</p>".into()),
        headers: vec![(
            "List-Unsubscribe".into(),
            "<https://post.woon.example/u/1>".into(),
        )],
    })
}
