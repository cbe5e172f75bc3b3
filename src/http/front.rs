//! The service every connection speaks to. Owns the short way for the two calls that come a million times, one notification
//! and a provider's callback: no routing, no layers, on the connection's own thread. Everything else goes to the routes, on
//! the runtime beside. Both ways end in the same functions and give the same answers, which a test holds. Refuses to know
//! any other call.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use http::{Method, Request, StatusCode};
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use metrics::{Counter, Histogram, counter, histogram};
use tokio::runtime::Handle;
use tokio_util::task::AbortOnDropHandle;

use super::body::{Said, beginning, whole};
use super::patience::Patience;
use super::problem::{Problem, Wanted};
use super::rest::WithRest;
use super::{CLASSES, class_of, failed, head, notifications, receipts, seconds_since, timed_out};
use crate::app::App;
use crate::telemetry::{Edge, names};

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
    notifications: Answered,
    receipts: Answered,
    /// Refused by their heads, whatever they ask for.
    refused: Answered,
}

/// Requests of one route and what they took, by class of their answers: looked up once, not each time.
struct Answered([(Counter, Histogram); CLASSES.len()]);

impl Answered {
    fn at(route: &'static str) -> Self {
        Self(CLASSES.map(|class| {
            let requests = counter!(names::HTTP_REQUESTS, "route" => route, "status" => class);
            (requests, histogram!(names::HTTP_DURATION, "route" => route, "status" => class))
        }))
    }
    /// Counts one answer to a request that came at `began`.
    fn count(&self, app: &App, status: StatusCode, began: u64) {
        if status == StatusCode::UNAUTHORIZED {
            app.watch.stranger(Edge::Http, None);
        }
        let (requests, took) = &self.0[class_of(status)];
        requests.increment(1);
        took.record(seconds_since(began));
    }
}

/// A call that has a short way.
enum Call {
    Notification,
    /// The callback of the provider with this name.
    Callback(Box<str>),
}

impl Call {
    fn of(method: &Method, path: &str) -> Option<Self> {
        match (method, path) {
            (&Method::POST, notifications::PATH) => Some(Self::Notification),
            (&Method::GET | &Method::POST, _) => receipts::callback_of(path).map(|provider| Self::Callback(provider.into())),
            _ => None,
        }
    }
}

impl Front {
    /// The API over a running engine; its routes run on the runtime this is called on.
    #[must_use]
    pub fn new(app: Arc<App>) -> Self {
        let (notifications, receipts) = (Answered::at(notifications::PATH), Answered::at(receipts::PATH));
        let refused = Answered::at("none");
        let routes = TowerToHyperService::new(super::router(app.clone()));
        Self {
            short: Arc::new(Short { app, notifications, receipts, refused }),
            patience: Patience::default(),
            routes,
            beside: Handle::current(),
        }
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
        let request = WithRest::of(request);
        if let Err(problem) = head::check(&request) {
            let response = problem.into_response();
            self.short.refused.count(&self.short.app, response.status(), crate::clock::nanos());
            return Box::pin(std::future::ready(Ok(response)));
        }
        if let Some(call) = Call::of(request.method(), request.uri().path()) {
            let (short, patience) = (self.short.clone(), self.patience.clone());
            return Box::pin(async move { Ok(short.answer(call, request, &patience).await) });
        }
        let answer = AbortOnDropHandle::new(self.beside.spawn(self.routes.call(request)));
        Box::pin(async move {
            let Ok(answer) = answer.await else { return Ok(failed().into_response()) };
            answer
        })
    }
}

impl Short {
    async fn answer(&self, call: Call, request: Request<WithRest>, patience: &Patience) -> Response {
        let answered = match call {
            Call::Notification => &self.notifications,
            Call::Callback(_) => &self.receipts,
        };
        let began = crate::clock::nanos();
        let response = match patience.limit(self.app.limits.time, self.post(call, request)).await {
            Some(answer) => answer.unwrap_or_else(IntoResponse::into_response),
            None => timed_out().into_response(),
        };
        answered.count(&self.app, response.status(), began);
        response
    }

    async fn post(&self, call: Call, request: Request<WithRest>) -> Result<Response, Problem> {
        let (head, body) = request.into_parts();
        let caller = super::auth::caller(&self.app, &head.headers);
        match call {
            Call::Notification => {
                let (caller, said) = (caller?, Said::json(&head.headers)?);
                let body = said.take(whole(body, self.app.limits.body).await?, Wanted::Json)?;
                notifications::take_in(&self.app, caller, &body).await
            }
            Call::Callback(provider) => {
                let body = match receipts::most_of_a_mail(&self.app, head.uri.path()) {
                    _ if head.method == Method::GET => Bytes::new(),
                    Some(most) => beginning(body, most).await?,
                    None => whole(body, self.app.limits.body).await?,
                };
                Ok(receipts::callback(&self.app, &provider, &head, caller, &body).await?.into_response())
            }
        }
    }
}
