//! Owns the demo's HTTP client: everything it does to the engine goes over the real API on this
//! machine. Refuses to hide an answer: only "busy, try again" is tried again.

use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// How often a busy engine is asked again, a moment apart.
const PATIENCE: usize = 500;
const MOMENT: Duration = Duration::from_millis(5);

/// A client of one engine.
#[derive(Clone, Debug)]
pub(super) struct Api {
    client: Client<HttpConnector, Full<Bytes>>,
    base: String,
}

/// What came back.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    /// The body as text.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// What is asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Call {
    pub(super) method: Method,
    /// A path, or a whole URL.
    pub(super) to: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
}

impl Call {
    pub(super) fn get(to: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            to: to.into(),
            ..Self::default()
        }
    }

    pub(super) fn post(to: impl Into<String>, content_type: &str, body: impl Into<Bytes>) -> Self {
        let headers = vec![(
            header::CONTENT_TYPE.as_str().to_owned(),
            content_type.to_owned(),
        )];
        Self {
            method: Method::POST,
            to: to.into(),
            headers,
            body: body.into(),
        }
    }
}

impl Api {
    /// A client of the engine at `base`, as in `http://127.0.0.1:8080`.
    pub(super) fn new(base: String) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            base,
        }
    }

    /// Sends a call; a busy engine is asked again.
    pub(super) async fn send(&self, call: Call) -> anyhow::Result<Answer> {
        let mut answer = self.once(&call).await?;
        for _ in 0..PATIENCE {
            if answer.status != StatusCode::SERVICE_UNAVAILABLE {
                break;
            }
            tokio::time::sleep(MOMENT).await;
            answer = self.once(&call).await?;
        }
        Ok(answer)
    }

    async fn once(&self, call: &Call) -> anyhow::Result<Answer> {
        let url = if call.to.starts_with('/') {
            format!("{}{}", self.base, call.to)
        } else {
            call.to.clone()
        };
        let request = Request::builder().method(&call.method).uri(&url);
        let request = call.headers.iter().fold(request, |request, (name, value)| {
            request.header(name, value)
        });
        let failed = || format!("{} {url}", call.method);
        let response = self
            .client
            .request(request.body(Full::new(call.body.clone()))?)
            .await
            .with_context(failed)?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.with_context(failed)?.to_bytes();
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        })
    }

    /// Sends a call that must succeed.
    pub(super) async fn ok(&self, call: Call) -> anyhow::Result<Answer> {
        let what = format!("{} {}", call.method, call.to);
        let answer = self.send(call).await?;
        if !answer.status.is_success() {
            bail!("{what} was answered {}: {}", answer.status, answer.text());
        }
        Ok(answer)
    }

    /// Posts JSON; the answer must be a success.
    pub(super) async fn post_json(&self, to: &str, body: &Value) -> anyhow::Result<Value> {
        let call = Call::post(to, "application/json", serde_json::to_vec(body)?);
        read(to, &self.ok(call).await?.body)
    }

    /// Gets JSON; the answer must be a success.
    pub(super) async fn get_json(&self, to: &str) -> anyhow::Result<Value> {
        read(to, &self.ok(Call::get(to)).await?.body)
    }
}

/// Reads JSON, with where it came from in the error.
pub(super) fn read<T: DeserializeOwned>(from: &str, bytes: &[u8]) -> anyhow::Result<T> {
    serde_json::from_slice(bytes).with_context(|| {
        format!(
            "{from}: the answer is not what was expected: {}",
            String::from_utf8_lossy(bytes)
        )
    })
}
