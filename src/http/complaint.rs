//! Owns what is said of a request whose head cannot be read. The library that reads heads answers
//! such a request itself, with a status (400, 414, 431) and nothing else; on its way out the answer
//! gets the body that every refusal has here. Then the sender is heard out for a moment: closed at
//! once, the connection would take the answer with it. Refuses to touch any other answer.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::StatusCode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::problem::Problem;

/// Longest time that a sender is heard out.
const LONGEST: Duration = Duration::from_secs(2);
/// Most bytes that are heard.
const MOST_BYTES: usize = 1 << 20;
/// Longest answer that the library gives by itself.
const BARE: usize = 512;

/// A connection whose bare refusals get a body.
#[derive(Debug)]
pub(super) struct Complaint<S> {
    stream: S,
    /// What is still to be written in place of a bare refusal.
    instead: Vec<u8>,
    written: usize,
    /// A refusal went out: its sender may be in the middle of something.
    refused: Option<Farewell>,
}

#[derive(Debug)]
struct Farewell {
    until: Pin<Box<Sleep>>,
    heard: usize,
    closed: bool,
}

impl<S> Complaint<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            instead: Vec::new(),
            written: 0,
            refused: None,
        }
    }
}

/// The body that belongs to a bare refusal, if `head` is one.
fn refusal(head: &[u8]) -> Option<Problem> {
    // Every answer of ours that refuses has a body: one without is not ours.
    let status = head
        .strip_prefix(b"HTTP/1.1 4")
        .or_else(|| head.strip_prefix(b"HTTP/1.0 4"))?;
    if head.len() > BARE
        || !head.ends_with(b"\r\n\r\n")
        || memchr::memmem::find(head, b"content-length: 0\r\n").is_none()
    {
        return None;
    }
    let (status, code, detail) = match status.get(..2)? {
        b"00" => (
            StatusCode::BAD_REQUEST,
            "bad_request",
            "the head of the request could not be read: see RFC 9112",
        ),
        b"14" => (
            StatusCode::URI_TOO_LONG,
            "uri_too_long",
            "the address is too long: what is long belongs into the body",
        ),
        b"31" => {
            let detail = "the head of the request is too large, or has too many lines";
            (
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "head_too_large",
                detail,
            )
        }
        _ => return None,
    };
    Some(Problem::new(status, code, detail))
}

fn with_body(head: &[u8], problem: &Problem) -> Vec<u8> {
    let body = serde_json::to_vec(problem).unwrap_or_default();
    let length = format!(
        "content-type: application/problem+json\r\ncontent-length: {}\r\n",
        body.len()
    );
    let at = memchr::memmem::find(head, b"content-length: 0\r\n").unwrap_or(head.len());
    let rest = &head[(at + b"content-length: 0\r\n".len()).min(head.len())..];
    [&head[..at], length.as_bytes(), rest, &body].concat()
}

impl<S: AsyncWrite + Unpin> Complaint<S> {
    /// Whether `head` was taken, to be written in another form.
    fn takes(&mut self, head: &[u8]) -> bool {
        let Some(problem) = refusal(head) else {
            return false;
        };
        self.instead = with_body(head, &problem);
        self.written = 0;
        self.refused = Some(Farewell {
            until: Box::pin(tokio::time::sleep(LONGEST)),
            heard: 0,
            closed: false,
        });
        true
    }

    fn poll_instead(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.instead.len() {
            let written = ready!(
                Pin::new(&mut self.stream).poll_write(context, &self.instead[self.written..])
            )?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += written;
        }
        self.instead = Vec::new();
        self.written = 0;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Complaint<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Complaint<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if !self.instead.is_empty() {
            ready!(self.poll_instead(context))?;
        }
        if self.takes(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if !self.instead.is_empty() {
            ready!(self.poll_instead(context))?;
        }
        if let [only] = slices
            && self.takes(only)
        {
            return Poll::Ready(Ok(only.len()));
        }
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.instead.is_empty() {
            ready!(self.poll_instead(context))?;
        }
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.instead.is_empty() {
            ready!(this.poll_instead(context))?;
        }
        let Some(farewell) = &mut this.refused else {
            return Pin::new(&mut this.stream).poll_shutdown(context);
        };
        if !farewell.closed {
            ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
            farewell.closed = true;
        }
        let mut room = [0; 4_096];
        loop {
            let mut heard = ReadBuf::new(&mut room);
            match Pin::new(&mut this.stream).poll_read(context, &mut heard) {
                Poll::Ready(Ok(()))
                    if !heard.filled().is_empty() && farewell.heard < MOST_BYTES =>
                {
                    farewell.heard += heard.filled().len();
                }
                // It has ended, or has had its moment; the answer went out before.
                Poll::Ready(_) => return Poll::Ready(Ok(())),
                Poll::Pending => {
                    ready!(farewell.until.as_mut().poll(context));
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const BARE_REFUSAL: &[u8] = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

    async fn written(bytes: &[u8]) -> String {
        let (near, mut far) = tokio::io::duplex(64);
        let mut stream = Complaint::new(near);
        let bytes = bytes.to_vec();
        let write = async {
            stream.write_all(&bytes).await.unwrap();
            stream.flush().await.unwrap();
            drop(stream);
        };
        let mut answer = String::new();
        let read = async { far.read_to_string(&mut answer).await.unwrap() };
        tokio::join!(write, read);
        answer
    }

    #[tokio::test]
    async fn a_bare_refusal_gets_a_body() {
        let answer = written(BARE_REFUSAL).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(
            (&body["status"], &body["code"]),
            (&431.into(), &"head_too_large".into())
        );
        assert!(
            head.contains(&format!("content-length: {}", body.to_string().len())),
            "{head}"
        );
        assert!(
            head.contains("connection: close") && head.contains("application/problem+json"),
            "{head}"
        );
    }

    #[tokio::test]
    async fn no_other_answer_is_touched() {
        let answers: [&[u8]; 4] = [
            b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}",
            b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/1.1 400 Bad Request\r\ncontent-le",
        ];
        for answer in answers {
            assert_eq!(written(answer).await.as_bytes(), answer);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_refusal_the_sender_is_heard_out_for_a_moment_only() {
        let (near, mut far) = tokio::io::duplex(1_024);
        let mut stream = Complaint::new(near);
        stream.write_all(BARE_REFUSAL).await.unwrap();
        far.write_all(b"more of the same").await.unwrap();
        // The other side never closes.
        let before =
            tokio::time::timeout(LONGEST - Duration::from_millis(1), stream.shutdown()).await;
        assert!(before.is_err(), "it is heard out");
        tokio::time::timeout(Duration::from_millis(2), stream.shutdown())
            .await
            .expect("for so long")
            .unwrap();
    }
}
