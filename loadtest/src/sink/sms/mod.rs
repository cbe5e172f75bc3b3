//! The SMS sink: an HTTP/1.1 server in the shape of Bird's legacy SMS API (MessageBird REST,
//! `POST /messages`). Owns routing, the key check and the answers; refuses to send anything.
//!
//! | call | answer |
//! |---|---|
//! | `POST /messages`, `Authorization: AccessKey <key>` | 201 with the message object, or `{"errors":[…]}` with 401, 422, 429, 503 |
//! | `GET /__sink/stats` | counts per event, JSON |
//! | `GET /__sink/ledger` | the book, NDJSON |
//! | `POST /__sink/profile` | replaces the profile (TOML body) while running |
//!
//! Error codes 2, 9, 10, 20 and 21 are the provider's; for a rate limit (429) and for maintenance
//! (503) its documentation names no code, so this sink uses 98 and 99.

mod arguments;
mod callback;
mod message;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

pub use self::arguments::Arguments;
use self::message::{ApiError, Parsed};
use super::CallbackMethod;
use super::listen::listen;
use super::{
    Channel, Dead, Decision, Kept, Kind, Profile, Row, SinkCore, SinkError, Verdict, attempt_of,
};

const MAX_BODY: usize = 256 * 1024;

/// What the provider asks and how it reports.
#[derive(Debug, Clone)]
pub struct SmsOptions {
    /// The API key; `None` takes any non-empty one.
    pub access_key: Option<String>,
    /// Key for `MessageBird-Signature-JWT`; `None` does not sign.
    pub signing_key: Option<Vec<u8>>,
    /// How report URLs are called; the provider itself uses GET.
    pub callback_method: CallbackMethod,
    /// Base of the `href` in answers.
    pub public_url: String,
}

impl Default for SmsOptions {
    fn default() -> Self {
        Self {
            access_key: None,
            signing_key: None,
            callback_method: CallbackMethod::Get,
            public_url: "https://rest.messagebird.com".into(),
        }
    }
}

/// A running SMS sink; dropping it closes the port and cuts every connection.
#[derive(Debug)]
pub struct SmsSink {
    addr: SocketAddr,
    accepting: JoinHandle<()>,
}

impl SmsSink {
    /// Listens and serves on the current tokio runtime.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub async fn start(
        core: Arc<SinkCore>,
        addr: &str,
        options: SmsOptions,
    ) -> Result<Self, SinkError> {
        let fail = |source| SinkError::Bind {
            addr: addr.into(),
            source,
        };
        let listener = listen(addr).await.map_err(fail)?;
        let bound = listener.local_addr().map_err(fail)?;
        let accepting = if core.profile().sms.dead == Some(Dead::Refuse) {
            tokio::spawn(async {})
        } else {
            let signing_key = options.signing_key.as_deref().map(Arc::from);
            let server = Server {
                core,
                options,
                signing_key,
                sent: AtomicU64::new(0),
            };
            tokio::spawn(accept(listener, Arc::new(server)))
        };
        Ok(Self {
            addr: bound,
            accepting,
        })
    }

    /// The address it listens on.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Closes the port and cuts every connection; returns when they are gone.
    pub async fn stop(mut self) {
        self.accepting.abort();
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for SmsSink {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

struct Server {
    core: Arc<SinkCore>,
    options: SmsOptions,
    signing_key: Option<Arc<[u8]>>,
    sent: AtomicU64,
}

/// The connection is closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("closed before the answer, as the profile asks")]
struct Cut;

type HttpResponse = Response<Full<Bytes>>;

async fn accept(listener: TcpListener, server: Arc<Server>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok((stream, _peer)) = listener.accept().await else {
            crate::clock::wait_ms(10).await;
            continue;
        };
        server.core.book().count(Channel::Sms, "connections");
        connections.spawn(serve(stream, server.clone()));
    }
}

async fn serve(stream: TcpStream, server: Arc<Server>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let server = server.clone();
        async move { server.route(request).await }
    });
    let _ = hyper::server::conn::http1::Builder::new()
        .pipeline_flush(true)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

impl Server {
    async fn route(&self, request: Request<Incoming>) -> Result<HttpResponse, Cut> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path();
        if !path.starts_with("/__sink/") && self.core.is_down(Channel::Sms) {
            self.core.book().count(Channel::Sms, "closed");
            return Err(Cut);
        }
        let Ok(body) = Limited::new(body, MAX_BODY).collect().await else {
            return Ok(refusal(&ApiError::bad_request(
                "body",
                "body is incomplete or above 256 KiB",
            )));
        };
        let body = body.to_bytes();
        match (&parts.method, path) {
            (&Method::POST, "/messages") => {
                let key = parts.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
                self.post_message(key.unwrap_or_default(), &body).await
            }
            (&Method::GET, "/__sink/stats") => {
                let stats = serde_json::to_vec(&self.core.book().stats()).unwrap_or_default();
                Ok(answer(StatusCode::OK, "application/json", stats))
            }
            (&Method::GET, "/__sink/ledger") => Ok(answer(
                StatusCode::OK,
                "application/x-ndjson",
                self.core.book().to_ndjson(),
            )),
            (&Method::POST, "/__sink/profile") => Ok(self.replace_profile(&body)),
            _ => Ok(refusal(&ApiError::not_found())),
        }
    }

    fn replace_profile(&self, body: &[u8]) -> HttpResponse {
        match Profile::parse("(request)", &String::from_utf8_lossy(body)) {
            Ok(profile) => {
                self.core.set_profile(profile);
                answer(StatusCode::NO_CONTENT, "text/plain", Vec::new())
            }
            Err(error) => answer(
                StatusCode::UNPROCESSABLE_ENTITY,
                "text/plain",
                error.to_string().into_bytes(),
            ),
        }
    }

    async fn post_message(&self, authorization: &[u8], body: &[u8]) -> Result<HttpResponse, Cut> {
        let checked = self
            .check_key(authorization)
            .and_then(|()| message::parse(body));
        let parsed = match checked {
            Ok(parsed) => parsed,
            Err(error) => {
                self.core.book().count(Channel::Sms, "rejected_request");
                return Ok(refusal(&error));
            }
        };
        if !self.core.admits(Channel::Sms) {
            return Ok(self.throttled());
        }
        let decisions: Vec<_> = parsed
            .recipients
            .iter()
            .map(|to| {
                self.core
                    .decide(Channel::Sms, to, attempt_of(&parsed.reference))
            })
            .collect();
        let slowest = decisions.iter().map(|d| d.latency_ms).max().unwrap_or(0);
        let hold = self.core.hold(Channel::Sms, slowest);
        if !hold.is_zero() {
            tokio::time::sleep(hold).await;
        }
        self.settle(&parsed, &decisions, body)
    }

    fn check_key(&self, authorization: &[u8]) -> Result<(), ApiError> {
        let key = authorization
            .strip_prefix(b"AccessKey ")
            .filter(|key| !key.is_empty());
        match (key, &self.options.access_key) {
            (Some(given), Some(expected)) if given == expected.as_bytes() => Ok(()),
            (Some(_), None) => Ok(()),
            _ => Err(ApiError::wrong_key()),
        }
    }

    /// One verdict for the request: the worst of its recipients'.
    fn settle(
        &self,
        parsed: &Parsed,
        decisions: &[Decision],
        body: &[u8],
    ) -> Result<HttpResponse, Cut> {
        let has = |verdict| decisions.iter().any(|d| d.verdict == verdict);
        if has(Verdict::InDoubtLost) {
            self.core.book().count(Channel::Sms, "lost");
            return Err(Cut);
        }
        if has(Verdict::Refuse) {
            self.enter(parsed, Kind::Refused, "");
            return Ok(refusal(&ApiError::no_recipients()));
        }
        if has(Verdict::Throttled) {
            return Ok(self.throttled());
        }
        if has(Verdict::TempFail) {
            self.core.book().count(Channel::Sms, "tempfailed");
            return Ok(refusal(&ApiError::unavailable()));
        }
        let in_doubt = has(Verdict::InDoubt);
        let id = self.next_id(parsed);
        self.enter(
            parsed,
            if in_doubt {
                Kind::InDoubt
            } else {
                Kind::Accepted
            },
            &id,
        );
        self.report_later(parsed, decisions, &id);
        for decision in decisions {
            let attempt = attempt_of(&parsed.reference);
            self.core.read_later(decision, attempt, &parsed.body);
        }
        if self.core.options.keep_bodies {
            for to in &parsed.recipients {
                self.core.book().keep(Kept {
                    channel: Channel::Sms,
                    to: to.clone(),
                    raw: body.to_vec(),
                });
            }
        }
        if in_doubt {
            return Err(Cut);
        }
        let object = parsed.object(&id, &self.options.public_url, self.core.world.now_ms());
        Ok(answer(StatusCode::CREATED, "application/json", object))
    }

    fn throttled(&self) -> HttpResponse {
        self.core.book().count(Channel::Sms, "throttled");
        refusal(&ApiError::too_many())
    }

    fn next_id(&self, parsed: &Parsed) -> String {
        let number = self.sent.fetch_add(1, Ordering::Relaxed);
        callback::unique_id(&[
            &number.to_le_bytes(),
            parsed.reference.as_bytes(),
            parsed.body.as_bytes(),
        ])
    }

    fn enter(&self, parsed: &Parsed, kind: Kind, id: &str) {
        let now_ms = self.core.world.now_ms();
        for to in &parsed.recipients {
            self.core.book().enter(Row {
                channel: Channel::Sms,
                kind,
                id: parsed.reference.clone(),
                to: to.clone(),
                from: parsed.originator.clone(),
                provider_id: id.into(),
                headers: std::collections::BTreeMap::new(),
                size: u32::try_from(parsed.body.len()).unwrap_or(u32::MAX),
                seen: 1,
                first_ms: now_ms,
                last_ms: now_ms,
            });
        }
    }

    /// As with the provider: no reference, no report.
    fn report_later(&self, parsed: &Parsed, decisions: &[Decision], id: &str) {
        let profile = self.core.profile();
        let Some(url) = parsed
            .report_url
            .as_deref()
            .filter(|_| !parsed.reference.is_empty())
        else {
            return;
        };
        if profile.sms.delivered_after.is_none() {
            return;
        }
        let now_ms = self.core.world.now_ms();
        for (to, decision) in parsed.recipients.iter().zip(decisions) {
            for report in callback::reports(decision.verdict) {
                let at_ms = now_ms + decision.later_ms + report.after_ms;
                let call = callback::Call {
                    url,
                    id,
                    reference: &parsed.reference,
                    recipient: to,
                    at_ms,
                };
                let event = call.event(
                    report,
                    self.options.callback_method,
                    self.signing_key.clone(),
                );
                self.core.book().count(Channel::Sms, "callbacks_planned");
                self.core.world.later(at_ms, event);
            }
        }
    }
}

fn refusal(error: &ApiError) -> HttpResponse {
    let mut response = answer(error.status, "application/json", error.body());
    if let Some(seconds) = error.retry_after_s {
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn answer(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> HttpResponse {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
