//! Owns one SMTP session: opening it (TCP, TLS, greeting, `AUTH`) and carrying one message through it.
//! Refuses to interpret answers: it says at which point of the dialogue what was answered, or where it broke.

use std::error::Error as _;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Ehlo, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, MailParameter, RcptParameter};
use lettre::transport::smtp::response::Response;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use sluis_model::Why;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::classify::{Phase, Reply};
use super::config::SmtpTls;
use super::request::Letter;
use super::wire::{Link, Unsent, Wire};
use crate::words::why;

/// `CR LF . CR LF`: once one byte of it left, the relay may have the message.
const FINAL_DOT: usize = 5;
/// The most bytes of plain-text answers read before TLS.
const MAX_PLAIN: usize = 16 * 1024;

/// What the dialogue with the relay needs to know.
pub(super) struct Dial {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: SmtpTls,
    pub(super) hello: ClientId,
    pub(super) config: Arc<ClientConfig>,
    pub(super) credentials: Option<Credentials>,
    pub(super) pipelining: bool,
    pub(super) connect_timeout: Duration,
    pub(super) command_timeout: Duration,
    pub(super) data_timeout: Duration,
}

/// How a step of the dialogue went wrong.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The relay answered no.
    Answer(Reply),
    /// The connection is gone and the message cannot have been taken.
    Lost(Why),
    /// The connection is gone, and the message may have been taken.
    Doubt(Why),
}

/// An open session.
pub(super) struct Session {
    smtp: AsyncSmtpConnection,
    unsent: Unsent,
    pipelining: bool,
    dsn: bool,
    /// Messages it carried.
    pub(super) carried: u32,
    /// Whether it may carry another.
    pub(super) usable: bool,
    command_timeout: Duration,
    data_timeout: Duration,
}

impl Dial {
    /// Opens a session within the limit.
    pub(super) async fn open(&self) -> Result<Session, Trouble> {
        match timeout(self.connect_timeout, self.open_unbounded()).await {
            Ok(opened) => opened,
            Err(_) => Err(Trouble::Lost(Why::new("connect", "no session within the limit"))),
        }
    }

    async fn open_unbounded(&self) -> Result<Session, Trouble> {
        let tcp = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(|e| lost("connect", &e))?;
        tcp.set_nodelay(true).map_err(|e| lost("connect", &e))?;
        let (link, greeting): (Link, &'static [u8]) = match self.tls {
            SmtpTls::None => (Link::Plain(tcp), b""),
            SmtpTls::Implicit => (self.encrypt(tcp).await?, b""),
            SmtpTls::Starttls => (self.encrypt(self.ask_for_tls(tcp).await?).await?, b"220 ready\r\n"),
        };
        let wire = Wire::new(link, greeting).map_err(|e| lost("connect", &e))?;
        let unsent = wire.unsent();
        let smtp = AsyncSmtpConnection::connect_with_transport(Box::new(wire), &self.hello).await;
        let mut session = Session {
            smtp: smtp.map_err(|e| trouble(Phase::Greeting, &e))?,
            unsent,
            pipelining: false,
            dsn: false,
            carried: 0,
            usable: true,
            command_timeout: self.command_timeout,
            data_timeout: self.data_timeout,
        };
        session.learn(self).await?;
        Ok(session)
    }

    async fn encrypt(&self, tcp: TcpStream) -> Result<Link, Trouble> {
        let name = ServerName::try_from(self.host.clone()).map_err(|e| lost("tls", &e))?;
        let connector = TlsConnector::from(Arc::clone(&self.config));
        let tls = connector.connect(name, tcp).await.map_err(|e| lost("tls", &e))?;
        Ok(Link::Tls(Box::new(tls)))
    }

    /// The dialogue up to `STARTTLS` (RFC 3207), by hand: whatever the relay, or someone between us, sent in the clear
    /// beyond its answer must not be read as if it came encrypted.
    async fn ask_for_tls(&self, mut tcp: TcpStream) -> Result<TcpStream, Trouble> {
        expect(Phase::Greeting, plain_reply(&mut tcp).await?)?;
        tcp.write_all(Ehlo::new(self.hello.clone()).to_string().as_bytes()).await.map_err(|e| lost("connect", &e))?;
        let hello = expect(Phase::Hello, plain_reply(&mut tcp).await?)?;
        if !hello.text.lines().any(|line| line.trim().eq_ignore_ascii_case("STARTTLS")) {
            return Err(Trouble::Lost(Why::new("tls", "the relay does not offer STARTTLS")));
        }
        tcp.write_all(b"STARTTLS\r\n").await.map_err(|e| lost("connect", &e))?;
        expect(Phase::Hello, plain_reply(&mut tcp).await?)?;
        Ok(tcp)
    }
}

impl Session {
    /// Asks for the extensions lettre does not know, then logs in.
    async fn learn(&mut self, dial: &Dial) -> Result<(), Trouble> {
        let hello = self.smtp.command(Ehlo::new(dial.hello.clone())).await.map_err(|e| trouble(Phase::Hello, &e))?;
        let offers = |word: &str| hello.message().any(|line| line.trim().eq_ignore_ascii_case(word));
        self.pipelining = dial.pipelining && offers("PIPELINING");
        self.dsn = offers("DSN");
        let Some(credentials) = &dial.credentials else { return Ok(()) };
        let login = self.smtp.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await;
        login.map(drop).map_err(|e| trouble(Phase::Auth, &e))
    }

    /// Carries one message. `Ok` is the relay's last answer, taken.
    pub(super) async fn carry(&mut self, letter: &Letter) -> Result<Reply, Trouble> {
        self.carried += 1;
        let asked = match timeout(self.command_timeout, self.envelope(letter)).await {
            Ok(asked) => asked,
            Err(_) => Err(Trouble::Lost(Why::new("timeout", "no answer to the envelope"))),
        };
        let result = match asked {
            Ok(()) => self.body(letter).await,
            Err(trouble) => Err(trouble),
        };
        if let Err(trouble) = &result {
            self.recover(trouble).await;
        }
        result
    }

    async fn envelope(&mut self, letter: &Letter) -> Result<(), Trouble> {
        let (mail, rcpt) = (self.mail(letter), self.rcpt(letter));
        if !self.pipelining {
            let answer = self.smtp.command(mail).await;
            taken(Phase::Mail, answer)?;
            let answer = self.smtp.command(rcpt).await;
            taken(Phase::Rcpt, answer)?;
            let answer = self.smtp.command(Data).await;
            return go_ahead(answer);
        }
        let mail = taken(Phase::Mail, self.smtp.command(Group(&[&mail, &rcpt, &Data])).await);
        if let Err(Trouble::Lost(why)) = mail {
            return Err(Trouble::Lost(why));
        }
        let rcpt = taken(Phase::Rcpt, self.smtp.read_response().await);
        if let Err(Trouble::Lost(why)) = rcpt {
            return Err(Trouble::Lost(why));
        }
        let data = go_ahead(self.smtp.read_response().await);
        let refused = mail.and(rcpt);
        if refused.is_err() && data.is_ok() {
            // RFC 2920 3.1: the relay waits for a message nobody is to get. It must refuse a lone dot.
            self.usable = self.smtp.command(".\r\n").await.is_err_and(|e| e.status().is_some());
        }
        refused.and(data)
    }

    fn mail(&self, letter: &Letter) -> Mail {
        let mut parameters = Vec::new();
        if self.dsn {
            // RFC 3461 4.3, 4.4: return headers only, and our reference with the report.
            let parameter =
                |keyword: &str, value: &str| MailParameter::Other { keyword: keyword.into(), value: Some(value.into()) };
            parameters = vec![parameter("RET", "HDRS"), parameter("ENVID", &letter.reference)];
        }
        Mail::new(Some(letter.from.clone()), parameters)
    }

    fn rcpt(&self, letter: &Letter) -> Rcpt {
        let mut parameters = Vec::new();
        if self.dsn {
            let parameter = RcptParameter::Other { keyword: "NOTIFY".into(), value: Some("FAILURE,DELAY".into()) };
            parameters = vec![parameter];
        }
        Rcpt::new(letter.to.clone(), parameters)
    }

    async fn body(&mut self, letter: &Letter) -> Result<Reply, Trouble> {
        let answer = match timeout(self.data_timeout, self.smtp.message(&letter.bytes)).await {
            Ok(answer) => taken(Phase::Body, answer),
            Err(_) => Err(Trouble::Lost(Why::new("timeout", "no answer to the message"))),
        };
        let unsent = self.unsent.bytes();
        // An answer to a message of which a part is still here answers something else: the dialogue is out of step.
        self.usable &= unsent == 0;
        match answer {
            Ok(_) if unsent >= FINAL_DOT => Err(Trouble::Lost(Why::new("protocol", "an answer before the message"))),
            // Only a completion (2yz) is a yes to the message.
            Ok(reply) if reply.code / 100 != 2 => Err(Trouble::Doubt(Why::new("protocol", "the answer is no completion"))),
            Err(Trouble::Lost(why)) if unsent < FINAL_DOT => Err(Trouble::Doubt(why)),
            other => other,
        }
    }

    /// After trouble: a refused envelope is cleared with `RSET`; a broken session, or one that said 421, is not used again.
    async fn recover(&mut self, trouble: &Trouble) {
        let Trouble::Answer(reply) = trouble else {
            self.usable = false;
            return;
        };
        if reply.code == 421 {
            self.usable = false;
        } else if self.usable && reply.phase != Phase::Body {
            let reset = timeout(self.command_timeout, self.smtp.command(Rset)).await;
            self.usable = matches!(reset, Ok(Ok(_)));
        }
    }

    /// Says goodbye, shortly.
    pub(super) async fn quit(mut self) {
        let _ = timeout(Duration::from_secs(1), self.smtp.quit()).await;
    }
}

/// Several commands in one packet.
struct Group<'a>(&'a [&'a (dyn fmt::Display + Send + Sync)]);

impl fmt::Display for Group<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|command| command.fmt(f))
    }
}

type Answer = Result<Response, lettre::transport::smtp::Error>;

fn taken(phase: Phase, answer: Answer) -> Result<Reply, Trouble> {
    match answer {
        Ok(response) => {
            Ok(Reply { phase, code: response.code().into(), text: response.message().collect::<Vec<_>>().join("\n") })
        }
        Err(error) => Err(trouble(phase, &error)),
    }
}

/// `DATA` wants 354, nothing else.
fn go_ahead(answer: Answer) -> Result<(), Trouble> {
    match taken(Phase::Data, answer)?.code {
        354 => Ok(()),
        _ => Err(Trouble::Lost(Why::new("protocol", "DATA was answered with neither 354 nor a refusal"))),
    }
}

/// A negative answer, or the loss of the connection.
fn trouble(phase: Phase, error: &lettre::transport::smtp::Error) -> Trouble {
    match error.status() {
        // The source of such an error is the text of the answer: what the relay said, not what lettre says.
        Some(code) => {
            let text = error.source().map(ToString::to_string).unwrap_or_default();
            Trouble::Answer(Reply { phase, code: code.into(), text })
        }
        None if phase == Phase::Auth && error.is_client() => {
            let text = "the relay offers neither AUTH PLAIN nor AUTH LOGIN".to_owned();
            Trouble::Answer(Reply { phase, code: 504, text })
        }
        None => Trouble::Lost(why(if error.is_response() { "protocol" } else { "connection" }, &error.to_string(), "")),
    }
}

fn lost(code: &str, error: &dyn fmt::Display) -> Trouble {
    Trouble::Lost(why(code, &error.to_string(), ""))
}

fn expect(phase: Phase, (code, text): (u16, String)) -> Result<Reply, Trouble> {
    let reply = Reply { phase, code, text };
    if code / 100 == 2 { Ok(reply) } else { Err(Trouble::Answer(reply)) }
}

/// Reads one answer in the clear and nothing beyond it: more bytes than the answer are refused.
async fn plain_reply(tcp: &mut TcpStream) -> Result<(u16, String), Trouble> {
    let protocol = |text: &str| Trouble::Lost(Why::new("protocol", text));
    let mut buffer = Vec::with_capacity(512);
    loop {
        if tcp.read_buf(&mut buffer).await.map_err(|e| lost("connect", &e))? == 0 {
            return Err(protocol("the relay closed the connection"));
        }
        if buffer.len() > MAX_PLAIN {
            return Err(protocol("the answer is too long"));
        }
        let Some((length, code, text)) = complete_reply(&buffer) else { continue };
        return match code {
            _ if length != buffer.len() => Err(protocol("bytes beyond the answer before TLS")),
            Some(code) => Ok((code, text)),
            None => Err(protocol("the answer has no code")),
        };
    }
}

/// The first complete answer (its last line has a space after the code, RFC 5321 4.2): length, code, text.
fn complete_reply(buffer: &[u8]) -> Option<(usize, Option<u16>, String)> {
    let mut text = String::new();
    let mut at = 0;
    loop {
        let end = at + buffer[at..].iter().position(|b| *b == b'\n')? + 1;
        let line = String::from_utf8_lossy(&buffer[at..end]);
        text.push_str(line.get(4..).unwrap_or_default());
        at = end;
        if line.as_bytes().get(3) != Some(&b'-') {
            return Some((at, line.get(..3).and_then(|code| code.parse().ok()), text));
        }
    }
}
