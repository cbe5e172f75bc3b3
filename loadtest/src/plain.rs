//! A keep-alive HTTP/1.1 connection for one request at a time, written and read by the task that
//! waits for the answer: no second task, no queue between. Generator and sink stand on the machine
//! they measure, so what they cost is taken from the engine. Refuses answers without a
//! `Content-Length`, redirects and pipelining.

use std::time::Duration;

use bytes::{Buf, BytesMut};
use hyper::header::CONTENT_LENGTH;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest head of an answer, in bytes.
const MOST_HEAD: usize = 16 * 1024;
/// Longest body of an answer, in bytes: one verdict.
const MOST_BODY: usize = 1024 * 1024;
/// Most header fields of an answer.
const MOST_FIELDS: usize = 64;

/// An answer; its body is what [`PlainLink::exchange`] lends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PlainAnswer<'a> {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: &'a [u8],
}

/// One connection to one server, opened when it is first needed.
pub(crate) struct PlainLink {
    authority: String,
    stream: Option<TcpStream>,
    out: Vec<u8>,
    come: BytesMut,
}

/// The head of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Head {
    status: u16,
    retry_after: Option<Duration>,
    length: usize,
    /// Bytes it took.
    taken: usize,
    /// The connection ends after the body.
    last: bool,
}

impl PlainLink {
    /// A connection to a host and port; made when first used, and again whenever it broke.
    pub(crate) fn new(authority: &str) -> Self {
        Self {
            authority: authority.to_owned(),
            stream: None,
            out: Vec::new(),
            come: BytesMut::new(),
        }
    }

    /// Host and port.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// Whether the next request goes over a connection that carried one before: the server may have
    /// closed it meanwhile.
    pub(crate) const fn is_used(&self) -> bool {
        self.stream.is_some()
    }

    /// Sends the request that `write` writes, head and body, and waits for the answer; `None` when
    /// the connection could not be made or broke. Dropped while it waits, it leaves a connection
    /// that the next call does not use.
    pub(crate) async fn exchange(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Option<PlainAnswer<'_>> {
        // Taken out, and put back only behind a whole answer.
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => connect(&self.authority).await?,
        };
        self.out.clear();
        write(&mut self.out);
        stream.write_all(&self.out).await.ok()?;
        self.come.clear();
        let head = loop {
            if let Some(head) = read_head(&self.come)? {
                break head;
            }
            more(&mut stream, &mut self.come).await?;
        };
        self.come.advance(head.taken);
        while self.come.len() < head.length {
            more(&mut stream, &mut self.come).await?;
        }
        // More than was asked for is no answer of ours: such a connection is not used again.
        if !head.last && self.come.len() == head.length {
            self.stream = Some(stream);
        }
        Some(PlainAnswer {
            status: head.status,
            retry_after: head.retry_after,
            body: &self.come[..head.length],
        })
    }
}

async fn connect(authority: &str) -> Option<TcpStream> {
    let stream = TcpStream::connect(authority).await.ok()?;
    stream.set_nodelay(true).ok()?;
    Some(stream)
}

async fn more(stream: &mut TcpStream, come: &mut BytesMut) -> Option<()> {
    come.reserve(4 * 1024);
    let read = stream.read_buf(come).await.ok()?;
    (read > 0).then_some(())
}

/// `Some(None)`: not all of it is there yet. `None`: nothing this connection can read.
fn read_head(come: &[u8]) -> Option<Option<Head>> {
    let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
    let mut answer = httparse::Response::new(&mut fields);
    let taken = match answer.parse(come).ok()? {
        httparse::Status::Complete(taken) => taken,
        httparse::Status::Partial => return (come.len() <= MOST_HEAD).then_some(None),
    };
    let field = |name: &str| {
        let field = answer
            .headers
            .iter()
            .find(|field| field.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(field.value).ok().map(str::trim)
    };
    let length = field(CONTENT_LENGTH.as_str())?
        .parse()
        .ok()
        .filter(|length| *length <= MOST_BODY)?;
    let last = field("connection").is_some_and(|word| word.eq_ignore_ascii_case("close"));
    let retry_after = field("retry-after")
        .and_then(|seconds| seconds.parse().ok())
        .map(Duration::from_secs);
    Some(Some(Head {
        status: answer.code?,
        retry_after,
        length,
        taken,
        last,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_when_it_is_whole_and_refused_without_a_length() {
        let whole = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 10\r\nContent-Length: 2\r\nConnection: Close\r\n\r\n{}";
        let head = Head {
            status: 429,
            retry_after: Some(Duration::from_secs(10)),
            length: 2,
            taken: whole.len() - 2,
            last: true,
        };
        assert_eq!(read_head(whole), Some(Some(head)));
        for cut in 0..head.taken {
            assert_eq!(read_head(&whole[..cut]), Some(None), "cut at {cut}");
        }
        assert_eq!(
            read_head(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
            None
        );
        assert_eq!(
            read_head(b"HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n"),
            None
        );
        assert_eq!(read_head(b"220 mail.example\r\n"), None);
        assert_eq!(read_head(&[b'H'; MOST_HEAD + 1]), None);
    }

    #[tokio::test]
    async fn a_connection_is_kept_until_the_server_ends_it_and_made_again_then() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let server = tokio::spawn(async move {
            let mut requests = Vec::new();
            for answers in [&["", "connection: close\r\n"][..], &[]] {
                let (mut stream, _) = listener.accept().await.unwrap();
                for extra in answers {
                    requests.push(request(&mut stream).await);
                    let answer =
                        format!("HTTP/1.1 202 Accepted\r\ncontent-length: 3\r\n{extra}\r\nyes");
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
                if answers.is_empty() {
                    requests.push(request(&mut stream).await);
                }
            }
            requests
        });
        const REQUEST: &str = "POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}";
        let write = |out: &mut Vec<u8>| out.extend_from_slice(REQUEST.as_bytes());
        let mut link = PlainLink::new(&authority);
        for kept in [true, false] {
            let answer = link.exchange(write).await.unwrap();
            assert_eq!((answer.status, answer.body), (202, &b"yes"[..]));
            assert_eq!(link.is_used(), kept);
        }
        assert_eq!(link.exchange(write).await, None, "the connection broke off");
        assert!(!link.is_used());
        assert_eq!(server.await.unwrap(), [REQUEST, REQUEST, REQUEST]);
    }

    async fn request(stream: &mut TcpStream) -> String {
        let (mut request, mut held) = (vec![0; 4096], 0);
        while !request[..held].ends_with(b"{}") {
            held += stream.read(&mut request[held..]).await.unwrap();
        }
        String::from_utf8_lossy(&request[..held]).into_owned()
    }
}
