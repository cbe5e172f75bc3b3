//! The service every connection speaks to. Owns the short way for the one call that comes a million times,
//! `POST /v1/notifications`: no routing, no layers, one allocation for its future. Everything else goes to the routes. Both
//! ways end in the same functions and give the same answers, which a test holds. Refuses to know any other call.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use http::{Method, Request};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use metrics::{Counter, counter};
use tokio::runtime::Handle;
use tokio_util::task::AbortOnDropHandle;

use super::patience::Patience;
use super::problem::Problem;
use super::{CLASSES, bad_request, class_of, failed, notifications, timed_out, too_large};
use crate::app::App;
use crate::telemetry::names;

/// See the module. A clone is the same front.
#[derive(Clone)]
pub struct Front {
    short: Arc<Short>,
    /// The connection's own.
    patience: Patience,
    routes: TowerToHyperService<Router>,
    /// Where the routes run: what they do may take long, and a connection's own thread has shards to serve.
    beside: Handle,
}

struct Short {
    app: Arc<App>,
    answered: [Counter; CLASSES.len()],
}

impl Front {
    /// The API over a running engine; its routes run on the runtime this is called on.
    #[must_use]
    pub fn new(app: Arc<App>) -> Self {
        let answered = CLASSES.map(|class| counter!(names::HTTP_REQUESTS, "route" => notifications::PATH, "status" => class));
        let routes = TowerToHyperService::new(super::router(app.clone()));
        Self { short: Arc::new(Short { app, answered }), patience: Patience::default(), routes, beside: Handle::current() }
    }

    /// What one connection speaks to.
    pub(super) fn for_connection(&self, patience: Patience) -> Self {
        Self { patience, ..self.clone() }
    }
}

impl Service<Request<Incoming>> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        if request.method() == Method::POST && request.uri().path() == notifications::PATH {
            let (short, patience) = (self.short.clone(), self.patience.clone());
            return Box::pin(async move { Ok(short.answer(request, &patience).await) });
        }
        let answer = AbortOnDropHandle::new(self.beside.spawn(self.routes.call(request)));
        Box::pin(async move {
            let Ok(answer) = answer.await else { return Ok(failed().into_response()) };
            answer
        })
    }
}

impl Short {
    async fn answer(&self, request: Request<Incoming>, patience: &Patience) -> Response {
        let response = match patience.limit(self.app.limits.time, self.post(request)).await {
            Some(answer) => answer.unwrap_or_else(IntoResponse::into_response),
            None => timed_out().into_response(),
        };
        self.answered[class_of(response.status())].increment(1);
        response
    }

    async fn post(&self, request: Request<Incoming>) -> Result<Response<Body>, Problem> {
        let (head, body) = request.into_parts();
        let corporation = super::auth::caller(&self.app, &head.headers)?;
        let body = whole(body, self.app.limits.body).await?;
        notifications::take_in(&self.app, corporation, &body).await
    }
}

async fn whole(body: Incoming, most: usize) -> Result<Bytes, Problem> {
    let read = Limited::new(body, most).collect().await;
    read.map(http_body_util::Collected::to_bytes)
        .map_err(|error| if error.is::<LengthLimitError>() { too_large() } else { bad_request() })
}
