//! Owns what a connection speaks to from its first request on: the engine once it is there, and
//! before that one answer to everything, `starting`, with how far it is. Nobody is refused in
//! between: the same connection speaks to both. Refuses whatever a seat is not for.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use axum::Json;
use axum::response::{IntoResponse, Response};
use futures::FutureExt as _;
use http::{HeaderValue, Request, StatusCode, header};
use hyper::body::Incoming;
use hyper::service::Service;
use serde_json::json;
use sluis_actors::Recovery;

use super::front::Front;
use super::patience::Patience;
use super::problem::Problem;
use super::seat::{Flight, Manner, ResponseBody, Seat, Upload};
use super::status;
use crate::threads::Threads;

/// Seconds after which whoever met a start may come back.
pub(crate) const START_RETRY: u32 = 5;

/// Answers before the engine is there, and hands over to it then. Shared by all listeners of HTTP.
pub struct Reception {
    opened: OnceLock<(Front, Threads)>,
    recovery: Arc<Recovery>,
}

impl Reception {
    /// One where the engine is still recovering.
    #[must_use]
    pub fn starting(recovery: Arc<Recovery>) -> Self {
        Self {
            opened: OnceLock::new(),
            recovery,
        }
    }

    /// One where the engine is there.
    #[must_use]
    pub fn opened(front: Front, threads: Threads) -> Self {
        let reception = Self::starting(Arc::default());
        reception.open(front, threads);
        reception
    }

    /// The engine is there; its connections are served on `threads`. Only the first one counts.
    pub fn open(&self, front: Front, threads: Threads) {
        drop(self.opened.set((front, threads)));
    }

    /// Where the next connection is served; `None`: here.
    pub(super) fn threads(&self) -> Option<&Threads> {
        self.opened.get().map(|(_, threads)| threads)
    }

    /// The answer while there is no engine.
    fn not_yet(&self, path: &str) -> Response {
        let (replayed, of) = (self.recovery.replayed(), self.recovery.of());
        let mut response = match path {
            status::HEALTH => status::ALIVE.into_response(),
            status::READY => {
                let body =
                    json!({"ready": false, "reason": "starting", "replayed": replayed, "of": of});
                let mut response = (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response();
                response
                    .headers_mut()
                    .insert(header::RETRY_AFTER, HeaderValue::from(START_RETRY));
                response
            }
            _ => {
                let detail = format!(
                    "the engine is starting: {}; nothing was taken, send it again",
                    progress(&self.recovery)
                );
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "starting", detail)
                    .retry_after(START_RETRY)
                    .into_response()
            }
        };
        // The next connection is served where the engine's are.
        response
            .headers_mut()
            .insert(header::CONNECTION, HeaderValue::from_static("close"));
        response
    }
}

/// How far a recovery is, for people.
pub(crate) fn progress(recovery: &Recovery) -> String {
    match recovery.of() {
        0 => "it looks through its journal".to_owned(),
        of => format!("{} of {of} records replayed", recovery.replayed()),
    }
}

/// What one connection speaks to.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) reception: Arc<Reception>,
    pub(super) seat: Arc<Seat>,
    pub(super) patience: Patience,
}

impl Service<Request<Incoming>> for Desk {
    type Response = http::Response<ResponseBody>;
    type Error = Infallible;
    type Future =
        Pin<Box<dyn Future<Output = Result<http::Response<ResponseBody>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let flight = Flight::begin(&self.seat);
        let front = match (
            self.turned_away(request.uri().path()),
            self.reception.opened.get(),
        ) {
            (Some(answer), _) => return Box::pin(std::future::ready(Ok(flight.answered(answer)))),
            (None, Some((front, _))) => front,
            (None, None) => {
                let answer = self.reception.not_yet(request.uri().path());
                return Box::pin(std::future::ready(Ok(flight.answered(answer))));
            }
        };
        let request = Upload::of(request, &flight);
        let answer = front.answer(request, flight.clone(), self.patience.clone());
        // Not an async block: it would hold the answer twice, once before it waits for it.
        Box::pin(answer.map(|answer| Ok(flight.answered(answer))))
    }
}

impl Desk {
    /// The answer to whatever this seat is not for.
    fn turned_away(&self, path: &str) -> Option<Response> {
        match self.seat.manner {
            Manner::Whole => None,
            _ if [status::HEALTH, status::READY, status::METRICS].contains(&path) => None,
            Manner::Status => Some(Problem::no_such_route().into_response()),
            Manner::Reserve => {
                let detail = "every connection that there may be is at work; nothing of yours was taken: send it again";
                Some(
                    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail)
                        .retry_after(1)
                        .into_response(),
                )
            }
        }
    }
}
