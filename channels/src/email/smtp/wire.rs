//! Owns the bytes of one SMTP connection: plain or TLS, `TCP_NODELAY`, writes gathered until an
//! answer is awaited, answers read whole (RFC 5321 4.2).
//!
//! Nothing leaves before the next answer is asked for, so a group of commands is one write and a
//! message is one write, and how much has *not* left is known exactly: that decides between "cannot
//! have been taken" and "in doubt". Refuses to write on drop, and an answer beyond its bounds: a
//! connection given up sends nothing more.

use std::io;

use memchr::memmem;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// A buffer that one large message grew beyond this is given back.
const KEEP: usize = 256 * 1024;
/// The longest answer, all lines together.
const MAX_ANSWER: usize = 16 * 1024;

/// The encrypted or plain link.
#[derive(Debug)]
pub(super) enum Link {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum WireError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the relay closed the connection")]
    Closed,
    #[error("the answer is too long")]
    TooLong,
    #[error("the answer is no SMTP answer")]
    Malformed,
}

/// One answer: its code, and its lines without codes, divided by line feeds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) code: u16,
    pub(super) text: String,
}

/// A connection and what it has gathered.
#[derive(Debug)]
pub(super) struct Wire {
    link: Link,
    out: Vec<u8>,
    /// How much of `out` has left.
    left: usize,
    /// What was read and is no answer yet.
    input: Vec<u8>,
}

impl Wire {
    pub(super) fn new(link: Link) -> Self {
        Self {
            link,
            out: Vec::with_capacity(4096),
            left: 0,
            input: Vec::with_capacity(512),
        }
    }

    /// Gathers pieces of a command.
    pub(super) fn say(&mut self, pieces: &[&str]) {
        pieces
            .iter()
            .for_each(|piece| self.out.extend_from_slice(piece.as_bytes()));
    }

    /// Gathers a message and its end.
    pub(super) fn say_message(&mut self, message: &[u8]) {
        self.out.reserve(message.len() + 64);
        put_message(message, &mut self.out);
    }

    /// How many gathered bytes have not left us.
    pub(super) const fn unsent(&self) -> usize {
        self.out.len() - self.left
    }

    /// Whether something was read that nobody asked for yet.
    pub(super) const fn has_input(&self) -> bool {
        !self.input.is_empty()
    }

    /// The plain link, to be encrypted; none when it already is.
    pub(super) fn into_plain(self) -> Option<TcpStream> {
        match self.link {
            Link::Plain(tcp) => Some(tcp),
            Link::Tls(_) => None,
        }
    }

    /// Writes what was gathered and reads the next answer. Dropped half-way it loses nothing: the
    /// next call goes on.
    pub(super) async fn answer(&mut self) -> Result<Answer, WireError> {
        self.drain().await?;
        loop {
            match first_answer(&self.input) {
                Some(Ok((length, answer))) => {
                    self.input.drain(..length);
                    return Ok(answer);
                }
                Some(Err(error)) => return Err(error),
                None if self.input.len() > MAX_ANSWER => return Err(WireError::TooLong),
                None => {}
            }
            let read = match &mut self.link {
                Link::Plain(tcp) => tcp.read_buf(&mut self.input).await?,
                Link::Tls(tls) => tls.read_buf(&mut self.input).await?,
            };
            if read == 0 {
                return Err(WireError::Closed);
            }
        }
    }

    async fn drain(&mut self) -> io::Result<()> {
        if self.out.is_empty() {
            return Ok(());
        }
        while self.left < self.out.len() {
            let bytes = &self.out[self.left..];
            let written = match &mut self.link {
                Link::Plain(tcp) => tcp.write(bytes).await?,
                Link::Tls(tls) => tls.write(bytes).await?,
            };
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            self.left += written;
        }
        if let Link::Tls(tls) = &mut self.link {
            tls.flush().await?;
        }
        self.out.clear();
        self.out.shrink_to(KEEP);
        self.left = 0;
        Ok(())
    }
}

/// The first complete answer and its length; none while its last line, the one without a hyphen
/// after the code, is not there. All its lines have the same code.
fn first_answer(input: &[u8]) -> Option<Result<(usize, Answer), WireError>> {
    let (mut at, mut first, mut text) = (0, None, String::new());
    for line in input.split_inclusive(|byte| *byte == b'\n') {
        let content = line.strip_suffix(b"\n")?;
        at += line.len();
        let content = content.strip_suffix(b"\r").unwrap_or(content);
        let Some(code) = code_of(content).filter(|code| first.is_none_or(|first| first == *code))
        else {
            return Some(Err(WireError::Malformed));
        };
        text.push_str(if first.is_some() { "\n" } else { "" });
        text.push_str(&String::from_utf8_lossy(
            content.get(4..).unwrap_or_default(),
        ));
        first = Some(code);
        if content.get(3) != Some(&b'-') {
            return Some(Ok((at, Answer { code, text })));
        }
    }
    None
}

/// RFC 5321 4.2: three digits, of which the first is 2 to 5 and the second 0 to 5; then a space, a
/// hyphen or nothing.
fn code_of(line: &[u8]) -> Option<u16> {
    let divided = matches!(line.get(3), None | Some(b' ' | b'-'));
    match line.get(..3)? {
        [a @ b'2'..=b'5', b @ b'0'..=b'5', c @ b'0'..=b'9'] if divided => Some(
            [a, b, c]
                .iter()
                .fold(0, |code, digit| code * 10 + u16::from(**digit - b'0')),
        ),
        _ => None,
    }
}

/// Puts a message and its end, CR LF `.` CR LF, a dot at the beginning of a line doubled (RFC 5321 4.5.2).
fn put_message(message: &[u8], out: &mut Vec<u8>) {
    // The line end before the dot is the message's own last one (RFC 5321 4.1.1.4): what arrives is
    // the message, and not an empty line more.
    let message = message.strip_suffix(b"\r\n").unwrap_or(message);
    if message.first() == Some(&b'.') {
        out.push(b'.');
    }
    let mut from = 0;
    for line_end in memmem::find_iter(message, b"\n.") {
        let line = line_end + 1;
        out.extend_from_slice(&message[from..line]);
        out.push(b'.');
        from = line;
    }
    out.extend_from_slice(&message[from..]);
    out.extend_from_slice(b"\r\n.\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_or_not_there() {
        let whole = b"250-peer\r\n250-DSN\r\n250 HELP\r\n250 next\r\n";
        for end in 0..29 {
            assert!(first_answer(&whole[..end]).is_none(), "{end}");
        }
        let (length, answer) = first_answer(whole).unwrap().unwrap();
        assert_eq!(
            (length, answer),
            (
                29,
                Answer {
                    code: 250,
                    text: "peer\nDSN\nHELP".into()
                }
            )
        );
        let (_, bare) = first_answer(b"354\n").unwrap().unwrap();
        assert_eq!(
            bare,
            Answer {
                code: 354,
                text: String::new()
            }
        );
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        for wrong in [
            "hello\r\n",
            "25 ok\r\n",
            "250ok\r\n",
            "150 ok\r\n",
            "290 ok\r\n",
            "250-a\r\n251 b\r\n",
            "\r\n",
        ] {
            assert!(
                matches!(
                    first_answer(wrong.as_bytes()),
                    Some(Err(WireError::Malformed))
                ),
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn a_dot_at_the_beginning_of_a_line_is_doubled_and_no_other() {
        for (message, expected) in [
            ("a\r\n", "a\r\n.\r\n"),
            ("", "\r\n.\r\n"),
            (".\r\n", "..\r\n.\r\n"),
            (
                ".a.\r\n..b\r\nc.d\r\n.\r\n",
                "..a.\r\n...b\r\nc.d\r\n..\r\n.\r\n",
            ),
            ("a\r\n\r\n.", "a\r\n\r\n..\r\n.\r\n"),
        ] {
            let mut out = b"before".to_vec();
            put_message(message.as_bytes(), &mut out);
            assert_eq!(out, ["before", expected].concat().as_bytes(), "{message:?}");
        }
    }
}
