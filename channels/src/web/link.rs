//! Owns one connection to an HTTP provider and the one request at a time on it. The send that uses
//! the connection drives it: hyper-util's client gives each connection a task of its own, and every
//! request then costs two hops between tasks. Refuses to send twice what may have left: a request
//! comes back only when hyper says that none of it was written.

use std::future::poll_fn;
use std::pin::{Pin, pin};

use bytes::Bytes;
use http::response::Parts;
use http::{Request, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{self, Connection, SendRequest};
use hyper_rustls::MaybeHttpsStream;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::{Handle, Id};
use tower::Service as _;

use super::connector::{BoxError, TimedConnector};
use crate::pool::Parked;

/// The most of an answer that is read.
const MAX_ANSWER: usize = 64 * 1024;

type Driver = Connection<MaybeHttpsStream<TokioIo<TcpStream>>, Full<Bytes>>;

/// An open connection.
pub(crate) struct Link {
    sender: SendRequest<Full<Bytes>>,
    driver: Pin<Box<Driver>>,
    /// The runtime that opened it.
    home: Id,
    /// The connection is over: the driver must not be polled again.
    ended: bool,
}

/// Why there is no answer.
pub(crate) enum Failed {
    /// Nothing was written; the request comes back.
    Unsent(Box<Request<Full<Bytes>>>),
    /// It may have left.
    Broken(hyper::Error),
}

impl Link {
    /// Connects to the scheme, host and port of `address`.
    pub(crate) async fn open(connector: &TimedConnector, address: &Uri) -> Result<Self, BoxError> {
        let stream = connector.clone().call(address.clone()).await?;
        let (sender, driver) = http1::handshake(stream).await?;
        Ok(Self {
            sender,
            driver: Box::pin(driver),
            home: Handle::current().id(),
            ended: false,
        })
    }

    /// One request and its answer. A body that breaks off or is too long comes back empty: the
    /// status says most.
    pub(crate) async fn exchange(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<(Parts, Bytes), Failed> {
        let Self {
            sender,
            driver,
            ended,
            ..
        } = self;
        if drive(driver, ended, sender.ready()).await.is_err() {
            return Err(Failed::Unsent(Box::new(request)));
        }
        let response = match drive(driver, ended, sender.try_send_request(request)).await {
            Ok(response) => response,
            Err(mut error) => {
                let unsent = error.take_message();
                return Err(unsent.map_or_else(
                    || Failed::Broken(error.into_error()),
                    |request| Failed::Unsent(Box::new(request)),
                ));
            }
        };
        let (head, body) = response.into_parts();
        let body = drive(driver, ended, Limited::new(body, MAX_ANSWER).collect()).await;
        // What is left of a body nobody read would be taken for the next answer.
        self.ended |= body.is_err();
        Ok((head, body.map(|body| body.to_bytes()).unwrap_or_default()))
    }

    /// Whether it may carry another request, as far as is known.
    pub(crate) const fn is_usable(&self) -> bool {
        !self.ended
    }
}

impl Parked for Link {
    fn home(&self) -> Id {
        self.home
    }

    /// HTTP says no goodbye.
    async fn leave(self) {}
}

/// Waits for `work`, driving the connection meanwhile.
async fn drive<T>(
    driver: &mut Pin<Box<Driver>>,
    ended: &mut bool,
    work: impl Future<Output = T>,
) -> T {
    let mut work = pin!(work);
    poll_fn(|context| {
        if !*ended && driver.as_mut().poll(context).is_ready() {
            *ended = true;
        }
        work.as_mut().poll(context)
    })
    .await
}
