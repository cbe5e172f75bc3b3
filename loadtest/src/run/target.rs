//! What a way into the engine must offer the generator, and the HTTP connection of all that does
//! not go one by one. Refuses to schedule and to retry: a link sends what it is given, once.

use std::future::Future;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, Response, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::{Answer, Notification, RunError};

/// A way into the engine.
pub trait Target: Send + Sync + 'static {
    /// One sender of it.
    type Link: Link;
    /// A connection, made when it is first used and again whenever it broke.
    fn link(&self) -> Self::Link;
    /// How many notifications a link takes at once.
    fn rows_per_send(&self) -> usize;
    /// For the report.
    fn name(&self) -> &'static str;
    /// How many senders share a connection; more than one where it carries several sends at once.
    fn senders_per_connection(&self) -> usize {
        1
    }
    /// What an acknowledgement means, if the engine said so.
    fn durability(&self) -> Option<&'static str> {
        None
    }
}

/// Takes the answer to the row at a position of what was sent, and when it came.
pub type OnAnswer<'a> = &'a mut (dyn FnMut(usize, Answer, Instant) + Send);

/// One sender of a target.
pub trait Link: Send + 'static {
    /// Sends `rows` and calls `on_answer` for each answer. Rows without an answer when this returns
    /// are connection errors. May be dropped at any await.
    fn send(
        &mut self,
        rows: &[Notification],
        on_answer: OnAnswer<'_>,
    ) -> impl Future<Output = ()> + Send;
}

/// Where the engine listens, and the key to present.
#[derive(Debug, Clone)]
pub struct Endpoint {
    authority: String,
    authorization: Option<HeaderValue>,
}

impl Endpoint {
    /// From `http://host:port` and an optional API key.
    ///
    /// # Errors
    /// Not an `http` URL, or a key that cannot be a header.
    pub fn new(url: &str, key: Option<&str>) -> Result<Self, RunError> {
        let fail = || RunError::Target { value: url.into() };
        let uri: Uri = url.parse().map_err(|_| fail())?;
        let host = uri
            .host()
            .filter(|_| uri.scheme_str() == Some("http"))
            .ok_or_else(fail)?;
        let authority = format!("{host}:{}", uri.port_u16().unwrap_or(80));
        let authorization = key.map(|key| HeaderValue::from_str(&format!("Bearer {key}")));
        let authorization = authorization.transpose().map_err(|_| RunError::Option {
            option: "--key",
            value: "(hidden)".into(),
            expected: "printable ASCII",
        })?;
        Ok(Self {
            authority,
            authorization,
        })
    }

    /// Host and port.
    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    /// What is presented.
    pub(super) fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }

    /// Presents something else than a bearer key.
    pub(super) fn with_authorization(self, authorization: HeaderValue) -> Self {
        Self {
            authorization: Some(authorization),
            ..self
        }
    }

    /// A POST of `body` to `path`.
    pub(super) fn post(
        &self,
        path: &'static str,
        content_type: &'static str,
        body: Bytes,
    ) -> Request<Full<Bytes>> {
        let mut request = self.get(path);
        *request.method_mut() = Method::POST;
        *request.body_mut() = Full::new(body);
        request
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        request
    }

    /// A GET of `path`.
    pub(crate) fn get(&self, path: &'static str) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::default());
        *request.uri_mut() = Uri::from_static(path);
        let headers = request.headers_mut();
        headers.insert(
            HOST,
            HeaderValue::from_str(&self.authority).unwrap_or(HeaderValue::from_static("localhost")),
        );
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        request
    }
}

/// One keep-alive HTTP/1.1 connection, reconnected when it broke.
pub(crate) struct HttpLink {
    pub(crate) endpoint: Endpoint,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl HttpLink {
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            sender: None,
        }
    }

    /// Sends a request; `None` means the connection could not be made or broke.
    pub(crate) async fn call(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Option<Response<Incoming>> {
        let ready = match self.sender.as_mut() {
            Some(sender) => sender.ready().await.is_ok(),
            None => false,
        };
        if !ready {
            self.sender = connect(&self.endpoint.authority).await;
        }
        let answer = self.sender.as_mut()?.send_request(request).await.ok();
        if answer.is_none() {
            self.sender = None;
        }
        answer
    }

    /// After a body broke off: the next call makes a new connection.
    pub(crate) fn broken(&mut self) {
        self.sender = None;
    }
}

async fn connect(authority: &str) -> Option<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(authority).await.ok()?;
    stream.set_nodelay(true).ok()?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.ok()?;
    tokio::spawn(connection);
    Some(sender)
}
