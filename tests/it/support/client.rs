//! Owns the HTTP client of the tests: requests as they are, and answers with what every test asks
//! of them. Refuses to follow a redirect and to judge an answer.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::{HeaderMap, Method, Request};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Engine;

/// A client with its connections.
#[derive(Clone)]
pub struct Client(hyper_util::client::legacy::Client<HttpConnector, Full<Bytes>>);

impl Default for Client {
    fn default() -> Self {
        Self(hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http())
    }
}

/// A body with its media type.
#[derive(Clone, Debug)]
pub enum Body {
    /// None.
    Nothing,
    /// JSON.
    Json(Value),
    /// Anything, under a media type.
    Bytes(&'static str, Vec<u8>),
}

impl From<Value> for Body {
    fn from(value: Value) -> Self {
        Body::Json(value)
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

impl Reply {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The rows of NDJSON.
    pub fn rows(&self) -> Vec<Value> {
        self.text()
            .lines()
            .map(|line| serde_json::from_str(line).expect("a row"))
            .collect()
    }

    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The stable code of a problem.
    pub fn code(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{} {}",
            self.status,
            self.text()
        );
        let body = self.json();
        assert_eq!(body["status"], self.status, "{body}");
        body["code"].as_str().expect("a code").to_owned()
    }

    /// Status and code of a problem.
    pub fn problem(&self) -> (u16, String) {
        (self.status, self.code())
    }

    /// The JSON of an answer that is not a mistake.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert!(
            (200..300).contains(&self.status),
            "{}: {}",
            self.status,
            self.text()
        );
        self.json()
    }
}

impl Engine {
    /// Sends a request with a key, or with none when it is empty.
    pub async fn call(&self, key: &str, method: &str, path: &str, body: impl Into<Body>) -> Reply {
        self.call_with(key, method, path, body, &[]).await
    }

    /// The same with further headers.
    pub async fn call_with(
        &self,
        key: &str,
        method: &str,
        path: &str,
        body: impl Into<Body>,
        headers: &[(&str, String)],
    ) -> Reply {
        let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap());
        request = request.uri(format!("http://{}{path}", self.http));
        if !key.is_empty() {
            request = request.header(AUTHORIZATION, format!("Bearer {key}"));
        }
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let (kind, bytes) = match body.into() {
            Body::Nothing => ("", Vec::new()),
            Body::Json(value) => ("application/json", value.to_string().into_bytes()),
            Body::Bytes(kind, bytes) => (kind, bytes),
        };
        if !kind.is_empty() {
            request = request.header(CONTENT_TYPE, kind);
        }
        let request = request
            .body(Full::new(Bytes::from(bytes)))
            .expect("a request");
        let answer = self
            .client
            .0
            .request(request)
            .await
            .unwrap_or_else(|e| panic!("{method} {path}: {e:?}"));
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.expect("a whole answer").to_bytes();
        Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        }
    }
}

/// Sends bytes as they are and closes the sending half; what came back, if anything came.
pub async fn raw(at: SocketAddr, bytes: &[u8]) -> Option<Reply> {
    exchange(at, bytes, true).await
}

/// Sends bytes as they are and waits for the other side to close; what came back, if anything came.
pub async fn told(at: SocketAddr, bytes: &[u8]) -> Option<Reply> {
    exchange(at, bytes, false).await
}

async fn exchange(at: SocketAddr, bytes: &[u8], closes: bool) -> Option<Reply> {
    let stream = TcpStream::connect(at).await.expect("it listens");
    let (mut read, mut write) = stream.into_split();
    let send = async {
        // A server that has heard enough closes: what it said is what counts.
        if write.write_all(bytes).await.is_ok() && closes {
            drop(write.shutdown().await);
        }
    };
    let mut answer = Vec::new();
    let receive = async { drop(read.read_to_end(&mut answer).await) };
    let both = tokio::time::timeout(Duration::from_secs(30), async {
        tokio::join!(send, receive)
    })
    .await;
    assert!(
        both.is_ok(),
        "no end of {:?}",
        String::from_utf8_lossy(&bytes[..bytes.len().min(80)])
    );
    parse(&answer)
}

fn parse(answer: &[u8]) -> Option<Reply> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        headers.insert(
            hyper::header::HeaderName::try_from(name).ok()?,
            value.parse().ok()?,
        );
    }
    Some(Reply {
        status,
        headers,
        body: Bytes::copy_from_slice(&answer[end + 4..]),
    })
}
