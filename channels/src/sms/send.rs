//! Owns the Bird provider: a bounded number of requests at once over pooled connections, one verdict each.
//! Refuses policy. What hyper could not connect was not sent; all else without an answer is in doubt.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::header::{HeaderValue, RETRY_AFTER};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use sluis_model::{Channel, OnDoubt, ReferenceKey, Refusal, Timestamp, Verdict, Why};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::callback::{SigningKey, read_status};
use super::classify::{Answer, classify};
use super::config::BirdSmsConfig;
use super::connector::TimedConnector;
use super::request::{Account, compose};
use crate::config::{Problem, SecretSource, secret};
use crate::outgoing::Outgoing;
use crate::provider::{Callback, Connections, Provider, ProviderReceipt, ReceiptError, ReceiptProof};
use crate::tls::client_config;
use crate::words::why;

/// The most of an answer that is read.
const MAX_ANSWER: usize = 64 * 1024;

/// Bird's SMS API.
pub struct BirdSmsProvider {
    account: Account,
    on_doubt: OnDoubt,
    signing_key: SigningKey,
    client: Client<TimedConnector, Full<Bytes>>,
    slots: Semaphore,
    connections: usize,
    wait: Duration,
    request_timeout: Duration,
}

impl fmt::Debug for BirdSmsProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BirdSmsProvider").field("name", &self.account.provider).finish_non_exhaustive()
    }
}

impl BirdSmsProvider {
    pub(crate) fn new(name: &str, path: &str, config: &BirdSmsConfig, secrets: &dyn SecretSource) -> Result<Self, Vec<Problem>> {
        let access = secret(path, "access_key", config.access_key_env.as_ref(), config.access_key_file.as_ref(), secrets);
        let signing = secret(path, "signing_key", config.signing_key_env.as_ref(), config.signing_key_file.as_ref(), secrets);
        let tls = client_config(path, config.ca_file.as_deref());
        let messages = format!("{}/messages", config.base_url.trim_end_matches('/')).parse::<http::Uri>();
        let messages = messages.map_err(|e| Problem::new(path, "base_url", &config.base_url, "an address", e.to_string()));
        let (access, signing, tls, messages) = match (access, signing, tls, messages) {
            (Ok(access), Ok(signing), Ok(tls), Ok(messages)) => (access, signing, tls, messages),
            (a, s, t, m) => return Err([a.err(), s.err(), t.err(), m.err()].into_iter().flatten().collect()),
        };
        let mut authorization = HeaderValue::from_str(&format!("AccessKey {access}"))
            .map_err(|_| vec![Problem::new(path, "access_key", "(hidden)", "printable ASCII", "copy the key again")])?;
        authorization.set_sensitive(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(config.idle.0)
            .pool_max_idle_per_host(config.connections as usize)
            .build(TimedConnector::new(&tls, config.connect_timeout.0));
        Ok(Self {
            account: Account {
                messages,
                authorization,
                provider: name.to_owned(),
                max_segments: config.max_segments as usize,
                transliterate: config.transliterate,
            },
            on_doubt: config.on_doubt,
            signing_key: SigningKey::new(signing),
            client,
            slots: Semaphore::new(config.connections as usize),
            connections: config.connections as usize,
            wait: config.wait.0,
            request_timeout: config.request_timeout.0,
        })
    }

    async fn send_one(&self, outgoing: Outgoing) -> Verdict {
        let request = match compose(&self.account, &outgoing) {
            Ok(request) => request,
            Err(why) => return Verdict::Refused { class: Refusal::Ours, why },
        };
        let Ok(Ok(_slot)) = timeout(self.wait, self.slots.acquire()).await else {
            return Verdict::Withdrawn { why: Why::new("busy", "no connection slot within the limit") };
        };
        let exchange = self.exchange(request, &outgoing);
        match timeout(self.request_timeout, exchange).await {
            Ok(verdict) => verdict,
            Err(_) => Verdict::InDoubt { why: Why::new("timeout", "no answer within the limit") },
        }
    }

    async fn exchange(&self, request: http::Request<Full<Bytes>>, outgoing: &Outgoing) -> Verdict {
        let response = match self.client.request(request).await {
            Ok(response) => response,
            Err(error) if error.is_connect() => return Verdict::Withdrawn { why: why("connect", &chain(&error), "") },
            Err(error) => return Verdict::InDoubt { why: why("connection", &chain(&error), "") },
        };
        let (head, body) = response.into_parts();
        let body = Limited::new(body, MAX_ANSWER).collect().await.map(|body| body.to_bytes());
        let answer = Answer {
            status: head.status.as_u16(),
            retry_after: head.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()),
            // The status alone says most; a body that broke off says no more.
            body: body.as_deref().unwrap_or_default(),
        };
        classify(&answer, &outgoing.to, outgoing.at)
    }
}

/// The error and its causes, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

impl Provider for BirdSmsProvider {
    fn name(&self) -> &str {
        &self.account.provider
    }

    fn channel(&self) -> Channel {
        Channel::Sms
    }

    fn on_doubt(&self) -> OnDoubt {
        self.on_doubt
    }

    fn concurrency(&self) -> usize {
        self.connections
    }

    fn send(self: Arc<Self>, outgoing: Outgoing) -> BoxFuture<'static, Verdict> {
        Box::pin(async move { self.send_one(outgoing).await })
    }

    fn receipt_proof(&self) -> ReceiptProof {
        ReceiptProof::Signature
    }

    fn receive(&self, callback: &Callback<'_>, key: &ReferenceKey, now: Timestamp) -> Result<Vec<ProviderReceipt>, ReceiptError> {
        self.signing_key.verify(callback, now)?;
        Ok(vec![read_status(callback, key, &self.account.provider)?])
    }

    fn connections(&self) -> Connections {
        Connections { busy: self.connections.saturating_sub(self.slots.available_permits()), ..Connections::default() }
    }
}
