//! Owns the Bird provider: a bounded number of requests at once over pooled connections, one
//! verdict each. Refuses policy.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::Uri;
use http::header::{HeaderValue, RETRY_AFTER};
use http::uri::InvalidUri;
use http_body_util::Full;
use parking_lot::RwLock;
use sluis_model::{Channel, OnDoubt, ReferenceKey, Refusal, Timestamp, Verdict, Why};

use super::callback::{SigningKey, read_status};
use super::classify::{Response, classify};
use super::config::BirdSmsConfig;
use super::request::{self, Account};
use crate::outgoing::Outgoing;
use crate::output::Output;
use crate::pool::Pool;
use crate::problem::Problem;
use crate::provider::{Connections, Provider};
use crate::receipt::{Callback, ProviderReceipt, ReceiptError, ReceiptProof};
use crate::secrets::{SecretSource, secret};
use crate::tls::client_config;
use crate::web::{Caller, TimedConnector, host_of};

/// What leaves: the body of the request.
const MEDIA_TYPE: &str = "application/json";

/// Bird's SMS API.
pub(super) struct BirdSmsProvider {
    account: Account,
    /// Where its settings stand.
    path: String,
    config: BirdSmsConfig,
    keys: RwLock<Arc<Keys>>,
    caller: Caller,
}

/// The account's keys.
struct Keys {
    /// `AccessKey …`, marked sensitive.
    authorization: HeaderValue,
    signing: SigningKey,
}

impl Keys {
    /// Finds them where the settings say.
    fn read(
        path: &str,
        config: &BirdSmsConfig,
        secrets: &dyn SecretSource,
    ) -> Result<Self, Vec<Problem>> {
        let find = |field, env: &Option<String>, file: &Option<PathBuf>| {
            secret(path, field, env.as_ref(), file.as_ref(), secrets)
        };
        let access = find(
            "access_key",
            &config.access_key_env,
            &config.access_key_file,
        );
        let signing = find(
            "signing_key",
            &config.signing_key_env,
            &config.signing_key_file,
        );
        match (access.and_then(|key| authorization(path, &key)), signing) {
            (Ok(authorization), Ok(signing)) => Ok(Self {
                authorization,
                signing: SigningKey::new(signing),
            }),
            (access, signing) => Err(access.err().into_iter().chain(signing.err()).collect()),
        }
    }
}

fn authorization(path: &str, key: &str) -> Result<HeaderValue, Problem> {
    let value = HeaderValue::from_str(&format!("AccessKey {key}"));
    let mut value = value.map_err(|_| {
        let hint = "copy the key again";
        Problem::new(path, "access_key", "(hidden)", "printable ASCII", hint)
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Where messages are posted to.
fn address(path: &str, config: &BirdSmsConfig) -> Result<Uri, Problem> {
    let base_url = &config.base_url;
    let address = format!("{}/messages", base_url.trim_end_matches('/'));
    address.parse().map_err(|e: InvalidUri| {
        Problem::new(path, "base_url", base_url, "an address", e.to_string())
    })
}

/// What every request to `address` says of the account.
fn account(
    name: &str,
    path: &str,
    config: &BirdSmsConfig,
    address: &Uri,
) -> Result<Account, Problem> {
    let no_host = || {
        let (expected, hint) = ("an address with a host", "https://rest.messagebird.com");
        Problem::new(path, "base_url", &config.base_url, expected, hint)
    };
    let messages = address.path_and_query().map_or("/", |path| path.as_str());
    Ok(Account {
        messages: messages
            .parse()
            .unwrap_or_else(|_| Uri::from_static("/messages")),
        host: host_of(address).ok_or_else(no_host)?,
        provider: name.to_owned(),
        originator: config.originator.clone(),
        max_segments: config.max_segments as usize,
        transliterate: config.transliterate,
    })
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
        let keys = Keys::read(path, config, secrets);
        let tls = client_config(path, config.ca_file.as_deref());
        let address = address(path, config);
        let (keys, tls, address) = match (keys, tls, address) {
            (Ok(keys), Ok(tls), Ok(address)) => (keys, tls, address),
            (keys, tls, address) => {
                let keys = keys.err().into_iter().flatten();
                return Err(keys.chain(tls.err()).chain(address.err()).collect());
            }
        };
        Ok(Self {
            account: account(name, path, config, &address).map_err(|problem| vec![problem])?,
            path: path.to_owned(),
            config: config.clone(),
            keys: RwLock::new(Arc::new(keys)),
            caller: Caller {
                address,
                connector: TimedConnector::new(&tls, config.connect_timeout.0),
                pool: Pool::new(config.connections as usize, config.idle.0),
                wait: config.wait.0,
                request_timeout: config.request_timeout.0,
            },
        })
    }

    /// The request; what is about to leave is put where it is kept.
    fn request(&self, outgoing: &Outgoing) -> Result<http::Request<Full<Bytes>>, Why> {
        let body = request::body(&self.account, outgoing)?;
        outgoing.output.put(MEDIA_TYPE, &body);
        request::compose(&self.account, &self.keys.read().authorization, body)
    }

    async fn send_one(&self, outgoing: Outgoing) -> Verdict {
        let request = match self.request(&outgoing) {
            Ok(request) => request,
            Err(why) => {
                return Verdict::Refused {
                    class: Refusal::Unsendable,
                    why,
                };
            }
        };
        match self.caller.call(request).await {
            Ok((head, body)) => {
                let retry_after = head.headers.get(RETRY_AFTER);
                let response = Response {
                    status: head.status.as_u16(),
                    retry_after: retry_after.and_then(|value| value.to_str().ok()),
                    body: &body,
                };
                classify(&response, &outgoing.to, outgoing.at)
            }
            Err(verdict) => verdict,
        }
    }
}

impl Provider for BirdSmsProvider {
    fn name(&self) -> &str {
        &self.account.provider
    }

    fn channel(&self) -> Channel {
        Channel::Sms
    }

    fn on_doubt(&self) -> OnDoubt {
        self.config.on_doubt
    }

    fn concurrency(&self) -> usize {
        self.caller.pool.most()
    }

    fn fits(&self, outgoing: &Outgoing) -> Result<(), Why> {
        self.account.fits(outgoing)
    }

    fn send(self: Arc<Self>, outgoing: Outgoing) -> BoxFuture<'static, Verdict> {
        Box::pin(async move { self.send_one(outgoing).await })
    }

    fn output(&self, outgoing: &Outgoing) -> Option<Output> {
        let bytes = request::body(&self.account, outgoing).ok()?;
        Some(Output {
            media_type: MEDIA_TYPE,
            bytes,
        })
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
        let keys = self.keys.read().clone();
        keys.signing.verify(callback, now)?;
        Ok(vec![read_status(callback, key, &self.account.provider)?])
    }

    fn renew(&self, secrets: &dyn SecretSource) -> Result<(), Vec<Problem>> {
        let keys = Keys::read(&self.path, &self.config, secrets)?;
        *self.keys.write() = Arc::new(keys);
        Ok(())
    }

    fn connections(&self) -> Connections {
        self.caller.pool.connections()
    }

    fn close(self: Arc<Self>) -> BoxFuture<'static, ()> {
        drop(self.caller.pool.close());
        Box::pin(std::future::ready(()))
    }
}
