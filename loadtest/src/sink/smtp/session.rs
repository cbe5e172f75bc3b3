//! One SMTP conversation: which command is allowed when, what is answered, and what is written in
//! the book. Refuses to decide an outcome itself (see `verdict`) and to send the later bounce (see
//! `world`).

use std::io;
use std::sync::Arc;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::super::{Channel, Kind, Row, SinkCore, Verdict, attempt_of_sender};
use super::command::{self, Command};
use super::data::Collector;
use super::envelope::{Envelope, Recipient};
use super::options::SmtpOptions;

/// RFC 5321 asks 512; DSN parameters and long VERP addresses need more.
const MAX_COMMAND: usize = 2_048;
const READ_BUFFER: usize = 64 * 1024;
const MAX_RECIPIENTS: usize = 100;

/// How a conversation ended.
pub(super) enum End<S> {
    Closed,
    StartTls(S, Session),
}

/// The state of one connection.
pub(super) struct Session {
    pub(super) core: Arc<SinkCore>,
    pub(super) options: Arc<SmtpOptions>,
    pub(super) out: Vec<u8>,
    pub(super) mode: Mode,
    greeted: bool,
    encrypted: bool,
    pub(super) authenticated: bool,
    pub(super) envelope: Option<Envelope>,
    pub(super) messages: u32,
}

pub(super) enum Mode {
    Command,
    Data(Collector),
    AuthPlain,
    AuthUser,
    AuthPassword(String),
}

enum Step {
    NeedMore,
    Again,
    Message(Result<Vec<u8>, &'static str>),
    StartTls,
    Close,
}

impl Session {
    pub(super) fn new(core: Arc<SinkCore>, options: Arc<SmtpOptions>) -> Self {
        Self {
            core,
            options,
            out: Vec::with_capacity(1024),
            mode: Mode::Command,
            greeted: false,
            encrypted: false,
            authenticated: false,
            envelope: None,
            messages: 0,
        }
    }

    /// The session as it starts again inside TLS: nothing said before counts.
    pub(super) fn secured(self) -> Self {
        Self {
            encrypted: true,
            ..Self::new(self.core, self.options)
        }
    }

    /// Talks until the client leaves. Answers are written when no complete input is left, so a
    /// pipelining client gets one packet of answers for one packet of commands.
    pub(super) async fn run<S>(mut self, mut stream: S, greet: bool) -> io::Result<End<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut input = BytesMut::with_capacity(READ_BUFFER);
        if greet {
            let hostname = self.options.hostname.clone();
            self.reply(&format!("220 {hostname} ESMTP sink"));
        }
        loop {
            match self.step(&mut input) {
                Step::Again => {}
                Step::NeedMore => {
                    flush(&mut stream, &mut self.out).await?;
                    input.reserve(READ_BUFFER / 4);
                    if stream.read_buf(&mut input).await? == 0 {
                        return Ok(End::Closed);
                    }
                }
                Step::Message(message) => {
                    if !self.message(&mut stream, message).await? {
                        return Ok(End::Closed);
                    }
                }
                Step::StartTls => {
                    flush(&mut stream, &mut self.out).await?;
                    return Ok(End::StartTls(stream, self));
                }
                Step::Close => {
                    flush(&mut stream, &mut self.out).await?;
                    stream.shutdown().await?;
                    return Ok(End::Closed);
                }
            }
        }
    }

    pub(super) fn reply(&mut self, line: &str) {
        self.out.extend_from_slice(line.as_bytes());
        self.out.extend_from_slice(b"\r\n");
    }

    fn step(&mut self, input: &mut BytesMut) -> Step {
        let Some(end) = input.iter().position(|b| *b == b'\n') else {
            return self.partial(input);
        };
        if let Mode::Data(collector) = &mut self.mode {
            let done = collector.line(&input[..=end], self.options.max_message_bytes);
            input.advance(end + 1);
            if !done {
                return Step::Again;
            }
            let Mode::Data(collector) = std::mem::replace(&mut self.mode, Mode::Command) else {
                unreachable!()
            };
            return Step::Message(collector.finish());
        }
        let line = input.split_to(end + 1);
        let Some(line) = line
            .strip_suffix(b"\r\n")
            .filter(|l| l.len() <= MAX_COMMAND && !l.contains(&b'\r'))
        else {
            self.reply("500 5.5.2 line too long, or not ended by CRLF");
            return Step::Again;
        };
        match std::mem::replace(&mut self.mode, Mode::Command) {
            Mode::AuthPlain => self.auth_plain(line),
            Mode::AuthUser => self.auth_user(line),
            Mode::AuthPassword(user) => self.auth_password(&user, line),
            Mode::Command | Mode::Data(_) => match command::parse(line) {
                Ok(command) => return self.command(command),
                Err(refusal) => {
                    self.core.book().count(Channel::Email, "syntax_errors");
                    self.reply(refusal);
                }
            },
        }
        Step::Again
    }

    fn partial(&mut self, input: &mut BytesMut) -> Step {
        if input.len() <= READ_BUFFER {
            return Step::NeedMore;
        }
        if let Mode::Data(collector) = &mut self.mode {
            // Keep the last byte: it may be the CR of this line's end.
            collector.piece();
            input.advance(input.len() - 1);
            return Step::NeedMore;
        }
        self.reply("500 5.5.2 line too long");
        Step::Close
    }

    fn command(&mut self, command: Command) -> Step {
        match command {
            Command::Ehlo => self.ehlo(),
            Command::Helo => {
                self.reset();
                self.greeted = true;
                let hostname = self.options.hostname.clone();
                self.reply(&format!("250 {hostname}"));
            }
            Command::Mail { from, size, envid } => return self.mail(from, size, envid),
            Command::Rcpt {
                to,
                orcpt,
                never_notify,
            } => self.rcpt(to, orcpt, never_notify),
            Command::Data => self.data(),
            Command::Rset => {
                self.reset();
                self.reply("250 2.0.0 ok");
            }
            Command::Noop => self.reply("250 2.0.0 ok"),
            Command::Vrfy => self.reply("252 2.5.2 cannot verify"),
            Command::StartTls if self.options.tls.is_some() && !self.encrypted => {
                self.reply("220 2.0.0 ready to start TLS");
                return Step::StartTls;
            }
            Command::StartTls => self.reply("502 5.5.1 STARTTLS not offered"),
            Command::AuthPlain(initial) => self.start_auth(initial, true),
            Command::AuthLogin(initial) => self.start_auth(initial, false),
            Command::Quit => {
                self.reply("221 2.0.0 bye");
                return Step::Close;
            }
        }
        Step::Again
    }

    fn reset(&mut self) {
        self.envelope = None;
    }

    fn ehlo(&mut self) {
        self.reset();
        self.greeted = true;
        let mut lines = vec![
            self.options.hostname.clone(),
            "PIPELINING".into(),
            "8BITMIME".into(),
        ];
        lines.push(format!("SIZE {}", self.options.max_message_bytes));
        lines.extend(["DSN".into(), "ENHANCEDSTATUSCODES".into()]);
        if self.options.tls.is_some() && !self.encrypted {
            lines.push("STARTTLS".into());
        }
        if self.options.auth.is_some() {
            lines.push("AUTH PLAIN LOGIN".into());
        }
        let last = lines.len() - 1;
        for (at, line) in lines.iter().enumerate() {
            self.reply(&format!("250{}{line}", if at == last { ' ' } else { '-' }));
        }
    }

    fn mail(&mut self, from: String, size: Option<usize>, envid: Option<String>) -> Step {
        if self.core.is_down(Channel::Email) || self.messages >= self.options.max_per_connection {
            self.core.book().count(Channel::Email, "closed");
            self.reply("421 4.3.2 closing, try again later");
            return Step::Close;
        }
        if !self.greeted {
            self.reply("503 5.5.1 EHLO first");
        } else if self.options.auth.is_some() && !self.authenticated {
            self.reply("530 5.7.0 authentication required");
        } else if self.envelope.is_some() {
            self.reply("503 5.5.1 MAIL already given");
        } else if size.is_some_and(|size| size > self.options.max_message_bytes) {
            self.reply("552 5.3.4 message is too big");
        } else {
            self.envelope = Some(Envelope {
                from,
                envid,
                recipients: Vec::new(),
            });
            self.reply("250 2.1.0 ok");
        }
        Step::Again
    }

    fn rcpt(&mut self, to: String, orcpt: Option<String>, never_notify: bool) {
        let Some(envelope) = &mut self.envelope else {
            return self.reply("503 5.5.1 MAIL first");
        };
        if envelope.recipients.len() >= MAX_RECIPIENTS {
            return self.reply("452 4.5.3 too many recipients");
        }
        if !self.core.admits(Channel::Email) {
            return self.throttled();
        }
        let attempt = attempt_of_sender(&envelope.from);
        let decision = self.core.decide(Channel::Email, &to, attempt);
        match decision.verdict {
            Verdict::Throttled => self.throttled(),
            Verdict::Refuse => {
                let row = Row {
                    kind: Kind::Refused,
                    ..envelope.row(&self.core, &to)
                };
                self.core.book().enter(row);
                self.reply(&format!("550 5.1.1 <{to}>: user unknown"));
            }
            Verdict::TempFail => {
                self.core.book().count(Channel::Email, "tempfailed");
                self.reply("451 4.3.0 mailbox busy, try again later");
            }
            _ => {
                envelope.recipients.push(Recipient {
                    to,
                    orcpt,
                    never_notify,
                    decision,
                });
                self.reply("250 2.1.5 ok");
            }
        }
    }

    fn throttled(&mut self) {
        self.core.book().count(Channel::Email, "throttled");
        self.reply("451 4.7.1 too many messages, try again later");
    }

    fn data(&mut self) {
        match &self.envelope {
            None => self.reply("503 5.5.1 MAIL first"),
            Some(envelope) if envelope.recipients.is_empty() => {
                self.reply("554 5.5.1 no valid recipients")
            }
            Some(_) => {
                self.mode = Mode::Data(Collector::default());
                self.reply("354 end with <CRLF>.<CRLF>");
            }
        }
    }
}

pub(super) async fn flush<S: AsyncWrite + Unpin>(
    stream: &mut S,
    out: &mut Vec<u8>,
) -> io::Result<()> {
    if !out.is_empty() {
        stream.write_all(out).await?;
        stream.flush().await?;
        out.clear();
    }
    Ok(())
}
