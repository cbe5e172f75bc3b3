//! Owns how a command asks a running engine over its API: where it listens, with which key, and how long for
//! an answer. Refuses to know what is asked.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::runtime::Runtime;

use super::config::Source;
use super::trusting::Trust;
use crate::config::Config;

/// Longest answer that is read: the account of a mailing, or every mistake of a large pack of flows.
const MOST_ANSWER_BYTES: usize = 64 << 20;
/// Longest wait for it.
const PATIENCE: Duration = Duration::from_secs(120);

/// Which engine is called.
#[derive(Debug, clap::Args)]
pub(super) struct EngineArgs {
    /// Where the engine listens, such as http://127.0.0.1:8080. Without it: http.address of the configuration
    #[arg(long, value_name = "URL", global = true)]
    pub url: Option<Uri>,
    /// Authorities that are trusted over TLS, PEM. Without it: the certificate that http.tls of the
    /// configuration names, and with --url those that browsers trust
    #[arg(long, value_name = "FILE", global = true)]
    pub ca: Option<PathBuf>,
}

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
    /// Scheme and authority.
    base: String,
    key: Option<String>,
    key_env: String,
    runtime: Runtime,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl Caller {
    /// An engine that is named, or the one where the configuration says that it listens; `key_env` names the
    /// variable with the key, if there is one.
    ///
    /// # Errors
    /// There is no such address; the configuration is wrong; a certificate cannot be read.
    pub(super) fn new(
        (engine, source): (&EngineArgs, &Source),
        key_env: &str,
        env: &BTreeMap<String, String>,
    ) -> anyhow::Result<Self> {
        let (base, tls) = match (&engine.url, &engine.ca) {
            (Some(url), None) => (url.clone(), Trust::Roots.config()?),
            (Some(url), Some(file)) => (url.clone(), Trust::Authorities(file).config()?),
            (None, ca) => {
                let config = source.load(env)?.config;
                let own = config.http.tls.as_ref();
                let trust = match (ca, own) {
                    (Some(file), _) => Trust::Authorities(file),
                    (None, Some(own)) => Trust::Only(&own.cert),
                    (None, None) => Trust::Roots,
                };
                (listening(&config)?, trust.config()?)
            }
        };
        const EXPECTED: &str = "--url: expected http://HOST:PORT or https://HOST:PORT";
        let scheme = base.scheme_str().unwrap_or_default();
        anyhow::ensure!(matches!(scheme, "http" | "https"), EXPECTED);
        let base = format!("{scheme}://{}", base.authority().context(EXPECTED)?);
        let mut plain = HttpConnector::new();
        plain.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(plain);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        Ok(Self {
            base,
            key: env.get(key_env).map(|key| key.trim().to_owned()),
            key_env: key_env.to_owned(),
            client: Client::builder(TokioExecutor::new()).build(connector),
            runtime,
        })
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// The engine does not answer.
    pub(super) fn ask(&self, call: Call) -> anyhow::Result<Answer> {
        let base = &self.base;
        let uri: Uri = format!("{base}{}", call.path).parse()?;
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
                .with_context(|| format!("{base}: the engine does not answer"))
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
    let mut address: SocketAddr = config.http.address;
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    let scheme = match config.http.tls {
        Some(_) => "https",
        None => "http",
    };
    Ok(format!("{scheme}://{address}").parse()?)
}
