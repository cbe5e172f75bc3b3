//! Owns one SMTP session: opening it (TCP, TLS, greeting, `AUTH`) and carrying one message through
//! it. Refuses to interpret answers: it says at which point of the dialogue what was answered, or
//! where it broke.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use parking_lot::RwLock;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use sluis_model::Why;
use tokio::net::TcpStream;
use tokio::runtime::{Handle, Id};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::config::{Login, SmtpTls};
use super::request::MailObject;
use super::wire::{Link, Wire, WireError};
use crate::email::reply::{Reply, Stage, Trouble};
use crate::pool::Parked;
use crate::words::why;

/// `CR LF . CR LF`: once one byte of it left, the relay may have the message.
const FINAL_DOT: usize = 5;

/// What the dialogue with the relay needs to know.
pub(super) struct Dial {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: SmtpTls,
    /// Our name in `EHLO`.
    pub(super) hello: String,
    pub(super) config: Arc<ClientConfig>,
    /// Read when a session is opened.
    pub(super) login: RwLock<Option<Arc<Login>>>,
    pub(super) pipelining: bool,
    pub(super) connect_timeout: Duration,
    pub(super) command_timeout: Duration,
    pub(super) data_timeout: Duration,
}

/// An open session.
pub(super) struct Session {
    wire: Wire,
    /// The runtime that opened it.
    home: Id,
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
            Err(_) => Err(Trouble::Lost(Why::new(
                "connect",
                "no session within the limit",
            ))),
        }
    }

    async fn open_unbounded(&self) -> Result<Session, Trouble> {
        let tcp = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(|e| lost("connect", &e))?;
        tcp.set_nodelay(true).map_err(|e| lost("connect", &e))?;
        // After STARTTLS the relay does not greet again (RFC 3207 4.2).
        let (link, greets) = match self.tls {
            SmtpTls::None => (Link::Plain(tcp), true),
            SmtpTls::Implicit => (self.encrypt(tcp).await?, true),
            SmtpTls::Starttls => (self.encrypt(self.ask_for_tls(tcp).await?).await?, false),
        };
        let mut session = self.session(Wire::new(link));
        if greets {
            session.completed(Stage::Greeting).await?;
        }
        session.learn(self).await?;
        Ok(session)
    }

    fn session(&self, wire: Wire) -> Session {
        let (command_timeout, data_timeout) = (self.command_timeout, self.data_timeout);
        Session {
            wire,
            home: Handle::current().id(),
            pipelining: false,
            dsn: false,
            carried: 0,
            usable: true,
            command_timeout,
            data_timeout,
        }
    }

    async fn encrypt(&self, tcp: TcpStream) -> Result<Link, Trouble> {
        let name = ServerName::try_from(self.host.clone()).map_err(|e| lost("tls", &e))?;
        let connector = TlsConnector::from(Arc::clone(&self.config));
        let tls = connector
            .connect(name, tcp)
            .await
            .map_err(|e| lost("tls", &e))?;
        Ok(Link::Tls(Box::new(tls)))
    }

    /// The dialogue up to `STARTTLS` (RFC 3207): whatever the relay, or someone between us, sent in
    /// the clear beyond its answers must not be read as if it came encrypted.
    async fn ask_for_tls(&self, tcp: TcpStream) -> Result<TcpStream, Trouble> {
        let mut session = self.session(Wire::new(Link::Plain(tcp)));
        session.completed_alone(Stage::Greeting).await?;
        session.wire.say(&["EHLO ", &self.hello, "\r\n"]);
        let hello = session.completed_alone(Stage::Hello).await?;
        if !offers(&hello, "STARTTLS") {
            return Err(Trouble::Lost(Why::new(
                "tls",
                "the relay does not offer STARTTLS",
            )));
        }
        session.wire.say(&["STARTTLS\r\n"]);
        session.completed_alone(Stage::Hello).await?;
        session
            .wire
            .into_plain()
            .ok_or_else(|| Trouble::Lost(Why::new("tls", "the connection is encrypted already")))
    }
}

impl Session {
    /// Asks for the extensions, then logs in.
    async fn learn(&mut self, dial: &Dial) -> Result<(), Trouble> {
        self.wire.say(&["EHLO ", &dial.hello, "\r\n"]);
        let hello = self.completed(Stage::Hello).await?;
        self.pipelining = dial.pipelining && offers(&hello, "PIPELINING");
        self.dsn = offers(&hello, "DSN");
        let login = dial.login.read().clone();
        match login {
            Some(login) => self.log_in(&login, &hello).await,
            None => Ok(()),
        }
    }

    /// RFC 4954 with PLAIN (RFC 4616), or LOGIN, which asks for the name and then for the password.
    async fn log_in(&mut self, login: &Login, hello: &Reply) -> Result<(), Trouble> {
        if offers_mechanism(hello, "PLAIN") {
            let secret = STANDARD.encode(format!("\0{}\0{}", login.username, login.password));
            self.wire.say(&["AUTH PLAIN ", &secret, "\r\n"]);
        } else if offers_mechanism(hello, "LOGIN") {
            self.wire.say(&["AUTH LOGIN\r\n"]);
            for word in [&login.username, &login.password] {
                self.go_ahead(Stage::Auth, 334).await?;
                self.wire.say(&[&STANDARD.encode(word), "\r\n"]);
            }
        } else {
            let text = "the relay offers neither AUTH PLAIN nor AUTH LOGIN".to_owned();
            return Err(Trouble::Answer(Reply {
                stage: Stage::Auth,
                code: 504,
                text,
            }));
        }
        self.completed(Stage::Auth).await.map(drop)
    }

    /// Carries one message. `Ok` is the relay's last answer, taken.
    pub(super) async fn carry(&mut self, mail: &MailObject) -> Result<Reply, Trouble> {
        self.carried += 1;
        let asked = match timeout(self.command_timeout, self.envelope(mail)).await {
            Ok(asked) => asked,
            Err(_) => Err(Trouble::Lost(Why::new(
                "timeout",
                "no answer to the envelope",
            ))),
        };
        let result = match asked {
            Ok(()) => self.body(mail).await,
            Err(trouble) => Err(trouble),
        };
        if let Err(trouble) = &result {
            self.recover(trouble).await;
        }
        result
    }

    async fn envelope(&mut self, mail: &MailObject) -> Result<(), Trouble> {
        if self.pipelining {
            self.envelope_at_once(mail).await
        } else {
            self.envelope_in_turn(mail).await
        }
    }

    async fn envelope_in_turn(&mut self, mail: &MailObject) -> Result<(), Trouble> {
        self.say_mail(mail);
        self.taken(Stage::Mail).await?;
        self.say_rcpt(mail);
        self.taken(Stage::Rcpt).await?;
        self.wire.say(&["DATA\r\n"]);
        self.go_ahead(Stage::Data, 354).await
    }

    /// All of it before the first answer (RFC 2920).
    async fn envelope_at_once(&mut self, mail: &MailObject) -> Result<(), Trouble> {
        self.say_mail(mail);
        self.say_rcpt(mail);
        self.wire.say(&["DATA\r\n"]);
        let named = self.answered(Stage::Mail).await?;
        let rcpt = self.answered(Stage::Rcpt).await?;
        let data = self.go_ahead(Stage::Data, 354).await;
        let refused = named.and(rcpt);
        if refused.is_err() && data.is_ok() {
            // RFC 2920 3.1: the relay waits for a message nobody is to get. It must refuse a lone
            // dot.
            self.wire.say(&[".\r\n"]);
            self.usable = matches!(self.taken(Stage::Data).await, Err(Trouble::Answer(_)));
        }
        refused.map_err(Trouble::Answer).and(data)
    }

    /// The next answer, be it a refusal: others follow it.
    async fn answered(&mut self, stage: Stage) -> Result<Result<Reply, Reply>, Trouble> {
        match self.taken(stage).await {
            Ok(reply) => Ok(Ok(reply)),
            Err(Trouble::Answer(reply)) => Ok(Err(reply)),
            Err(trouble) => Err(trouble),
        }
    }

    fn say_mail(&mut self, mail: &MailObject) {
        self.wire.say(&["MAIL FROM:<", &mail.from, ">"]);
        if self.dsn {
            // RFC 3461 4.3, 4.4: return headers only, and our reference with the report.
            self.wire.say(&[" RET=HDRS ENVID=", &mail.reference]);
        }
        self.wire.say(&["\r\n"]);
    }

    fn say_rcpt(&mut self, mail: &MailObject) {
        let notify = if self.dsn {
            " NOTIFY=FAILURE,DELAY"
        } else {
            ""
        };
        self.wire.say(&["RCPT TO:<", &mail.to, ">", notify, "\r\n"]);
    }

    async fn body(&mut self, mail: &MailObject) -> Result<Reply, Trouble> {
        if self.wire.has_input() {
            // What it answers is something else: the dialogue is out of step.
            self.usable = false;
            return Err(Trouble::Lost(Why::new(
                "protocol",
                "an answer before the message",
            )));
        }
        self.wire.say_message(&mail.bytes);
        let answer = match timeout(self.data_timeout, self.taken(Stage::Body)).await {
            Ok(answer) => answer,
            Err(_) => Err(Trouble::Lost(Why::new(
                "timeout",
                "no answer to the message",
            ))),
        };
        let unsent = self.wire.unsent();
        self.usable &= unsent == 0;
        match answer {
            // Only a completion (2yz) is a yes to the message.
            Ok(reply) if reply.code / 100 != 2 => Err(Trouble::Doubt(Why::new(
                "protocol",
                "the answer is no completion",
            ))),
            Err(Trouble::Lost(why)) if unsent < FINAL_DOT => Err(Trouble::Doubt(why)),
            other => other,
        }
    }

    /// After trouble: a refused envelope is cleared with `RSET`; a broken session, or one that said
    /// 421, is not used again.
    async fn recover(&mut self, trouble: &Trouble) {
        let Trouble::Answer(reply) = trouble else {
            self.usable = false;
            return;
        };
        if reply.code == 421 {
            self.usable = false;
        } else if self.usable && reply.stage != Stage::Body {
            self.wire.say(&["RSET\r\n"]);
            let reset = timeout(self.command_timeout, self.taken(Stage::Hello)).await;
            self.usable = matches!(reset, Ok(Ok(_)));
        }
    }

    /// The next answer, when it is no refusal.
    async fn taken(&mut self, stage: Stage) -> Result<Reply, Trouble> {
        let answer = self
            .wire
            .answer()
            .await
            .map_err(|error| unanswered(&error))?;
        let reply = Reply {
            stage,
            code: answer.code,
            text: answer.text,
        };
        if reply.code < 400 {
            Ok(reply)
        } else {
            Err(Trouble::Answer(reply))
        }
    }

    /// The next answer, when it is a completion (2yz).
    async fn completed(&mut self, stage: Stage) -> Result<Reply, Trouble> {
        let reply = self.taken(stage).await?;
        match reply.code / 100 {
            2 => Ok(reply),
            _ => Err(Trouble::Lost(Why::new(
                "protocol",
                "the answer is no completion",
            ))),
        }
    }

    /// The same, with nothing behind it.
    async fn completed_alone(&mut self, stage: Stage) -> Result<Reply, Trouble> {
        let reply = self.completed(stage).await?;
        if self.wire.has_input() {
            return Err(Trouble::Lost(Why::new(
                "protocol",
                "bytes beyond the answer before TLS",
            )));
        }
        Ok(reply)
    }

    /// Waits for exactly this intermediate answer (3yz).
    async fn go_ahead(&mut self, stage: Stage, code: u16) -> Result<(), Trouble> {
        match self.taken(stage).await?.code {
            given if given == code => Ok(()),
            _ => Err(Trouble::Lost(Why::new(
                "protocol",
                &format!("expected {code} or a refusal"),
            ))),
        }
    }
}

impl Parked for Session {
    fn home(&self) -> Id {
        self.home
    }

    /// Says goodbye, shortly.
    async fn leave(mut self) {
        self.wire.say(&["QUIT\r\n"]);
        let _ = timeout(Duration::from_secs(1), self.wire.answer()).await;
    }
}

/// Whether the answer to `EHLO` has a line of that word alone.
fn offers(hello: &Reply, word: &str) -> bool {
    hello
        .text
        .lines()
        .any(|line| line.trim().eq_ignore_ascii_case(word))
}

/// Whether it has one for `AUTH` that names the mechanism (RFC 4954 3; older relays write `AUTH=`).
fn offers_mechanism(hello: &Reply, mechanism: &str) -> bool {
    let names = |line: &str| {
        let line = line.trim().to_ascii_uppercase();
        let mechanisms = line.strip_prefix("AUTH").unwrap_or_default();
        mechanisms.split([' ', '=']).any(|word| word == mechanism)
    };
    hello.text.lines().any(names)
}

fn unanswered(error: &WireError) -> Trouble {
    lost(
        if matches!(error, WireError::Io(_)) {
            "connection"
        } else {
            "protocol"
        },
        error,
    )
}

fn lost(code: &str, error: &dyn fmt::Display) -> Trouble {
    Trouble::Lost(why(code, &error.to_string(), ""))
}
