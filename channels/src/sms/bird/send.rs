//! Owns the Bird provider: a bounded number of requests at once over pooled connections, one
//! verdict each. Refuses policy. What could not connect was not sent; all else without an answer is
//! in doubt. The only second try is on another connection when a parked one proved dead before
//! anything of the request was written.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::Uri;
use http::header::{HeaderValue, RETRY_AFTER};
use http_body_util::Full;
use sluis_model::{Channel, OnDoubt, ReferenceKey, Refusal, Timestamp, Verdict, Why};
use tokio::time::timeout;

use super::callback::{SigningKey, read_status};
use super::classify::{Answer, classify};
use super::config::BirdSmsConfig;
use super::request::{Account, compose};
use crate::outgoing::Outgoing;
use crate::pool::Pool;
use crate::problem::Problem;
use crate::provider::{Connections, Provider};
use crate::receipt::{Callback, ProviderReceipt, ReceiptError, ReceiptProof};
use crate::secrets::{SecretSource, secret};
use crate::tls::client_config;
use crate::web::{Failed, Link, TimedConnector};
use crate::words::why;

/// Bird's SMS API.
pub(super) struct BirdSmsProvider {
    account: Account,
    on_doubt: OnDoubt,
    signing_key: SigningKey,
    /// Scheme, host and port to connect to.
    address: Uri,
    connector: TimedConnector,
    pool: Arc<Pool<Link>>,
    opened: AtomicU64,
    wait: Duration,
    request_timeout: Duration,
}

impl fmt::Debug for BirdSmsProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BirdSmsProvider")
            .field("name", &self.account.provider)
            .finish_non_exhaustive()
    }
}

impl BirdSmsProvider {
    pub(super) fn new(
        name: &str,
        path: &str,
        config: &BirdSmsConfig,
        secrets: &dyn SecretSource,
    ) -> Result<Self, Vec<Problem>> {
        let access = secret(
            path,
            "access_key",
            config.access_key_env.as_ref(),
            config.access_key_file.as_ref(),
            secrets,
        );
        let signing = secret(
            path,
            "signing_key",
            config.signing_key_env.as_ref(),
            config.signing_key_file.as_ref(),
            secrets,
        );
        let tls = client_config(path, config.ca_file.as_deref());
        let address = format!("{}/messages", config.base_url.trim_end_matches('/')).parse::<Uri>();
        let address = address.map_err(|e| {
            Problem::new(
                path,
                "base_url",
                &config.base_url,
                "an address",
                e.to_string(),
            )
        });
        let (access, signing, tls, address) = match (access, signing, tls, address) {
            (Ok(access), Ok(signing), Ok(tls), Ok(address)) => (access, signing, tls, address),
            (a, s, t, m) => {
                return Err([a.err(), s.err(), t.err(), m.err()]
                    .into_iter()
                    .flatten()
                    .collect());
            }
        };
        let mut authorization =
            HeaderValue::from_str(&format!("AccessKey {access}")).map_err(|_| {
                vec![Problem::new(
                    path,
                    "access_key",
                    "(hidden)",
                    "printable ASCII",
                    "copy the key again",
                )]
            })?;
        authorization.set_sensitive(true);
        let host = host_of(&address).ok_or_else(|| {
            vec![Problem::new(
                path,
                "base_url",
                &config.base_url,
                "an address with a host",
                "https://rest.messagebird.com",
            )]
        })?;
        let messages = address.path_and_query().map_or("/", |path| path.as_str());
        let messages = messages
            .parse()
            .unwrap_or_else(|_| Uri::from_static("/messages"));
        Ok(Self {
            account: Account {
                messages,
                host,
                authorization,
                provider: name.to_owned(),
                max_segments: config.max_segments as usize,
                transliterate: config.transliterate,
            },
            on_doubt: config.on_doubt,
            signing_key: SigningKey::new(signing),
            address,
            connector: TimedConnector::new(&tls, config.connect_timeout.0),
            pool: Pool::new(config.connections as usize, config.idle.0),
            opened: AtomicU64::new(0),

            wait: config.wait.0,
            request_timeout: config.request_timeout.0,
        })
    }

    async fn send_one(&self, outgoing: Outgoing) -> Verdict {
        let request = match compose(&self.account, &outgoing) {
            Ok(request) => request,
            Err(why) => {
                return Verdict::Refused {
                    class: Refusal::Unsendable,
                    why,
                };
            }
        };
        let Some(_slot) = self.pool.slot(self.wait).await else {
            return Verdict::Withdrawn {
                why: Why::new("busy", "no connection slot within the limit"),
            };
        };
        let exchange = self.exchange(request, &outgoing);
        match timeout(self.request_timeout, exchange).await {
            Ok(verdict) => verdict,
            Err(_) => Verdict::InDoubt {
                why: Why::new("timeout", "no answer within the limit"),
            },
        }
    }

    async fn exchange(
        &self,
        mut request: http::Request<Full<Bytes>>,
        outgoing: &Outgoing,
    ) -> Verdict {
        while let Some(link) = self.pool.take() {
            match self.on(link, request, outgoing).await {
                Ok(verdict) => return verdict,
                Err(Failed::Unsent(unsent)) => request = *unsent,
                Err(Failed::Broken(error)) => return broken(&error),
            }
        }
        let link = match Link::open(&self.connector, &self.address).await {
            Ok(link) => link,
            Err(error) => {
                return Verdict::Withdrawn {
                    why: why("connect", &chain(&*error), ""),
                };
            }
        };
        self.opened.fetch_add(1, Ordering::Relaxed);
        match self.on(link, request, outgoing).await {
            Ok(verdict) => verdict,
            Err(Failed::Unsent(_)) => Verdict::InDoubt {
                why: Why::new("connection", "closed as soon as it was open"),
            },
            Err(Failed::Broken(error)) => broken(&error),
        }
    }

    async fn on(
        &self,
        mut link: Link,
        request: http::Request<Full<Bytes>>,
        outgoing: &Outgoing,
    ) -> Result<Verdict, Failed> {
        let (head, body) = link.exchange(request).await?;
        if link.is_usable() {
            self.pool.park(link);
        }
        let answer = Answer {
            status: head.status.as_u16(),
            retry_after: head
                .headers
                .get(RETRY_AFTER)
                .and_then(|value| value.to_str().ok()),
            body: &body,
        };
        Ok(classify(&answer, &outgoing.to, outgoing.at))
    }
}

/// As it stands in `Host`.
fn host_of(address: &Uri) -> Option<HeaderValue> {
    let (host, own) = (
        address.host()?,
        if address.scheme_str() == Some("https") {
            443
        } else {
            80
        },
    );
    let text = match address.port_u16().filter(|port| *port != own) {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    HeaderValue::from_str(&text).ok()
}

fn broken(error: &hyper::Error) -> Verdict {
    Verdict::InDoubt {
        why: why("connection", &chain(error), ""),
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
        self.pool.most()
    }

    fn send(self: Arc<Self>, outgoing: Outgoing) -> BoxFuture<'static, Verdict> {
        Box::pin(async move { self.send_one(outgoing).await })
    }

    fn receipt_proof(&self) -> ReceiptProof {
        ReceiptProof::Signature
    }

    fn receive(
        &self,
        callback: &Callback<'_>,
        key: &ReferenceKey,
        now: Timestamp,
    ) -> Result<Vec<ProviderReceipt>, ReceiptError> {
        self.signing_key.verify(callback, now)?;
        Ok(vec![read_status(callback, key, &self.account.provider)?])
    }

    fn connections(&self) -> Connections {
        Connections {
            busy: self.pool.busy(),
            idle: self.pool.len(),
            opened: self.opened.load(Ordering::Relaxed),
        }
    }

    fn close(self: Arc<Self>) -> BoxFuture<'static, ()> {
        drop(self.pool.close());
        Box::pin(std::future::ready(()))
    }
}
