//! Owns one request to a provider's address over pooled connections, and what is to be said of it when
//! there is no answer. What could not connect was not sent; all else without an answer is in doubt. The
//! only second try is on another connection when a parked one proved dead before anything of the request
//! was written. Refuses to know what an answer means.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::HeaderValue;
use http::response::Parts;
use http::{Request, Uri};
use http_body_util::Full;
use sluis_model::{Verdict, Why};
use tokio::time::timeout;

use super::{Failed, Link, TimedConnector};
use crate::pool::{Pool, all_in_use};
use crate::words::why;

/// The way to one address.
pub(crate) struct Caller {
    /// Scheme, host and port to connect to.
    pub address: Uri,
    pub connector: TimedConnector,
    pub pool: Arc<Pool<Link>>,
    /// How long a request waits for its turn.
    pub wait: Duration,
    /// Limit for the answer.
    pub request_timeout: Duration,
}

impl Caller {
    /// One request and its answer.
    ///
    /// # Errors
    /// What is to be said of a request without an answer.
    pub(crate) async fn call(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<(Parts, Bytes), Verdict> {
        let Some(_slot) = self.pool.slot(self.wait).await else {
            return Err(all_in_use());
        };
        match timeout(self.request_timeout, self.exchange(request)).await {
            Ok(answered) => answered,
            Err(_) => Err(Verdict::InDoubt {
                why: Why::new("timeout", "no answer within the limit"),
            }),
        }
    }

    async fn exchange(&self, mut request: Request<Full<Bytes>>) -> Result<(Parts, Bytes), Verdict> {
        while let Some(link) = self.pool.take() {
            match self.on(link, request).await {
                Ok(answered) => return Ok(answered),
                Err(Failed::Unsent(unsent)) => request = *unsent,
                Err(Failed::Broken(error)) => return Err(broken(&error)),
            }
        }
        let link = match Link::open(&self.connector, &self.address).await {
            Ok(link) => link,
            Err(error) => {
                return Err(Verdict::Withdrawn {
                    why: why("connect", &chain(&*error), ""),
                });
            }
        };
        self.pool.count_opened();
        match self.on(link, request).await {
            Ok(answered) => Ok(answered),
            Err(Failed::Unsent(_)) => Err(Verdict::InDoubt {
                why: Why::new("connection", "closed as soon as it was open"),
            }),
            Err(Failed::Broken(error)) => Err(broken(&error)),
        }
    }

    async fn on(
        &self,
        mut link: Link,
        request: Request<Full<Bytes>>,
    ) -> Result<(Parts, Bytes), Failed> {
        let answered = link.exchange(request).await?;
        if link.is_usable() {
            self.pool.park(link);
        }
        Ok(answered)
    }
}

/// As it stands in `Host`: with the port, unless it is the scheme's own (RFC 9110 7.2).
pub(crate) fn host_of(address: &Uri) -> Option<HeaderValue> {
    let is_https = address.scheme_str() == Some("https");
    let (host, own) = (address.host()?, if is_https { 443 } else { 80 });
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
