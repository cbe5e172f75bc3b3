//! Owns how a command asks a running engine over its API: where it listens, with which key, and how long for
//! an answer. Refuses to know what is asked, and to speak TLS.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::runtime::Runtime;

use super::config::Source;
use crate::config::Config;

/// Longest answer that is read: the account of a mailing, or every mistake of a large pack of flows.
const MOST_ANSWER_BYTES: usize = 64 << 20;
/// Longest wait for it.
const PATIENCE: Duration = Duration::from_secs(120);

/// What is asked.
pub(super) struct Call {
    /// How.
    pub method: Method,
    /// What, with its query.
    pub path: String,
    /// The type of the body, and the body.
    pub body: Option<(&'static str, Vec<u8>)>,
}

/// What came.
pub(super) struct Answer {
    pub status: StatusCode,
    pub body: Bytes,
}

/// A running engine.
pub(super) struct Caller {
    authority: String,
    key: Option<String>,
    key_env: String,
    runtime: Runtime,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Caller {
    /// An engine at `url`, or where the configuration says that it listens; `key_env` names the variable with
    /// the key, if there is one.
    ///
    /// # Errors
    /// It cannot be reached without TLS; the configuration is wrong.
    pub(super) fn new(
        (url, source): (Option<&Uri>, &Source),
        key_env: &str,
        env: &BTreeMap<String, String>,
    ) -> anyhow::Result<Self> {
        let base = match url {
            Some(url) => url.clone(),
            None => listening(&source.load(env)?.config)?,
        };
        let authority = base.authority();
        let authority = authority.context("--url: expected http://HOST:PORT")?;
        anyhow::ensure!(
            base.scheme_str() == Some("http"),
            "--url: expected http://HOST:PORT; over TLS, call the API with curl"
        );
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        Ok(Self {
            authority: authority.to_string(),
            key: env.get(key_env).map(|key| key.trim().to_owned()),
            key_env: key_env.to_owned(),
            client: Client::builder(TokioExecutor::new()).build_http(),
            runtime,
        })
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// The engine does not answer.
    pub(super) fn ask(&self, call: Call) -> anyhow::Result<Answer> {
        let authority = &self.authority;
        let uri: Uri = format!("http://{authority}{}", call.path).parse()?;
        let mut request = Request::builder().method(call.method).uri(&uri);
        if let Some(key) = &self.key {
            request = request.header(AUTHORIZATION, format!("Bearer {key}"));
        }
        let (kind, bytes) = call.body.unzip();
        let bytes = bytes.unwrap_or_default();
        request = match kind {
            Some(kind) => request.header(CONTENT_TYPE, kind),
            None => request,
        };
        request = request.header(CONTENT_LENGTH, bytes.len());
        let request = request
            .body(Full::from(bytes))
            .with_context(|| format!("{}: expected a key", self.key_env))?;
        self.runtime.block_on(async {
            let call = async {
                let answer = self.client.request(request).await?;
                let status = answer.status();
                let body = Limited::new(answer.into_body(), MOST_ANSWER_BYTES);
                let body = body.collect().await.map_err(anyhow::Error::from_boxed)?;
                let body = body.to_bytes();
                anyhow::Ok(Answer { status, body })
            };
            let done = tokio::time::timeout(PATIENCE, call).await;
            done.context("no answer in time")?
                .with_context(|| format!("http://{authority}: the engine does not answer"))
        })
    }

    /// Lets some time pass.
    pub(super) fn wait(&self, time: Duration) {
        self.runtime
            .block_on(async { tokio::time::sleep(time).await });
    }
}

/// Where an engine with this configuration listens, as this machine reaches it.
fn listening(config: &Config) -> anyhow::Result<Uri> {
    anyhow::ensure!(
        config.http.tls.is_none(),
        "http.tls is set: call the API with curl, or name a listener without TLS with --url"
    );
    let mut address: SocketAddr = config.http.address;
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    Ok(format!("http://{address}").parse()?)
}
