//! Owns the webhook provider: a bounded number of requests at once over pooled connections, one verdict
//! each. Refuses policy.

use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;
use http::Uri;
use http::header::{HeaderValue, RETRY_AFTER};
use parking_lot::RwLock;
use sluis_model::{Channel, OnDoubt, Refusal, Verdict, Why};

use super::classify::{Response, classify};
use super::config::WebhookConfig;
use super::request::{self, Head};
use crate::outgoing::Outgoing;
use crate::output::Output;
use crate::pool::Pool;
use crate::problem::Problem;
use crate::provider::{Connections, Provider};
use crate::secrets::{SecretSource, secret};
use crate::tls::client_config;
use crate::web::{Caller, TimedConnector, host_of};

/// What leaves: the body of the request.
const MEDIA_TYPE: &str = "application/json";

/// A machine at an address.
pub(super) struct WebhookProvider {
    name: String,
    /// Where its settings stand.
    path: String,
    config: WebhookConfig,
    head: Head,
    /// `Bearer …`, marked sensitive.
    authorization: RwLock<HeaderValue>,
    caller: Caller,
}

fn authorization(
    path: &str,
    config: &WebhookConfig,
    secrets: &dyn SecretSource,
) -> Result<HeaderValue, Problem> {
    let (env, file) = (config.secret_env.as_ref(), config.secret_file.as_ref());
    let found = secret(path, "secret", env, file, secrets)?;
    let value = HeaderValue::from_str(&format!("Bearer {found}"));
    let mut value = value.map_err(|_| {
        let hint = "copy the secret again";
        Problem::new(path, "secret", "(hidden)", "printable ASCII", hint)
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Where to connect to, and what every request says of it.
fn address(path: &str, config: &WebhookConfig) -> Result<(Uri, Head), Problem> {
    let wrong = || {
        let (expected, hint) = ("an address with a host", "https://pay.example.nl/requests");
        Problem::new(path, "url", &config.url, expected, hint)
    };
    let address: Uri = config.url.parse().map_err(|_| wrong())?;
    let place = address.path_and_query().map_or("/", |path| path.as_str());
    let head = Head {
        path: place.parse().map_err(|_| wrong())?,
        host: host_of(&address).ok_or_else(wrong)?,
    };
    Ok((address, head))
}

impl fmt::Debug for WebhookProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookProvider")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl WebhookProvider {
    pub(super) fn new(
        name: &str,
        path: &str,
        config: &WebhookConfig,
        secrets: &dyn SecretSource,
    ) -> Result<Self, Vec<Problem>> {
        let authorization = authorization(path, config, secrets);
        let tls = client_config(path, config.ca_file.as_deref());
        let address = address(path, config);
        let (authorization, tls, (address, head)) = match (authorization, tls, address) {
            (Ok(authorization), Ok(tls), Ok(address)) => (authorization, tls, address),
            (authorization, tls, address) => {
                let problems = [authorization.err(), tls.err(), address.err()];
                return Err(problems.into_iter().flatten().collect());
            }
        };
        Ok(Self {
            name: name.to_owned(),
            path: path.to_owned(),
            config: config.clone(),
            head,
            authorization: RwLock::new(authorization),
            caller: Caller {
                address,
                connector: TimedConnector::new(&tls, config.connect_timeout.0),
                pool: Pool::new(config.connections as usize, config.idle.0),
                wait: config.wait.0,
                request_timeout: config.request_timeout.0,
            },
        })
    }

    async fn send_one(&self, outgoing: Outgoing) -> Verdict {
        let body = match request::body(&outgoing) {
            Ok(body) => body,
            Err(why) => return unsendable(why),
        };
        outgoing.output.put(MEDIA_TYPE, &body);
        let authorization = self.authorization.read().clone();
        let request = request::compose(&self.head, &authorization, &outgoing.reference, body);
        let request = match request {
            Ok(request) => request,
            Err(why) => return unsendable(why),
        };
        match self.caller.call(request).await {
            Ok((head, body)) => {
                let retry_after = head.headers.get(RETRY_AFTER);
                let response = Response {
                    status: head.status.as_u16(),
                    retry_after: retry_after.and_then(|value| value.to_str().ok()),
                    body: &body,
                };
                classify(&response, outgoing.at)
            }
            Err(verdict) => verdict,
        }
    }
}

fn unsendable(why: Why) -> Verdict {
    Verdict::Refused {
        class: Refusal::Unsendable,
        why,
    }
}

impl Provider for WebhookProvider {
    fn name(&self) -> &str {
        &self.name
    }

    fn channel(&self) -> Channel {
        Channel::Machine
    }

    fn on_doubt(&self) -> OnDoubt {
        self.config.on_doubt
    }

    fn concurrency(&self) -> usize {
        self.caller.pool.most()
    }

    fn fits(&self, outgoing: &Outgoing) -> Result<(), Why> {
        request::asked(outgoing).map(drop)
    }

    fn send(self: Arc<Self>, outgoing: Outgoing) -> BoxFuture<'static, Verdict> {
        Box::pin(async move { self.send_one(outgoing).await })
    }

    fn output(&self, outgoing: &Outgoing) -> Option<Output> {
        let bytes = request::body(outgoing).ok()?;
        Some(Output {
            media_type: MEDIA_TYPE,
            bytes,
        })
    }

    fn renew(&self, secrets: &dyn SecretSource) -> Result<(), Vec<Problem>> {
        let renewed = authorization(&self.path, &self.config, secrets);
        *self.authorization.write() = renewed.map_err(|problem| vec![problem])?;
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
