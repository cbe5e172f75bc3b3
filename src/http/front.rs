//! The service every connection speaks to. Owns the short way for the two calls that come a million
//! times, one notification and a provider's callback: no routing, no layers, on the connection's
//! own thread. Everything else goes to the routes, on the runtime beside. Both ways end in the same
//! functions and give the same answers, which a test holds. Refuses to know any other call.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{Method, Request};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use sluis_actors::telemetry::TRACE;
use tokio::runtime::Handle;
use tokio_util::task::AbortOnDropHandle;
use tracing::{Instrument as _, Span, field};

use super::answered::Answered;
use super::auth::{self, Caller, LetIn};
use super::body::{Said, beginning, whole};
use super::patience::Patience;
use super::problem::{Problem, Wanted};
use super::rest::WithRest;
use super::seat::{Flight, Upload};
use super::{head, notifications, receipt_path, receipts};
use crate::access::Access;
use crate::app::App;

/// The service of one listener. A clone is the same front.
#[derive(Clone)]
pub struct Front {
    short: Arc<Short>,
    routes: TowerToHyperService<Router>,
    /// Where the routes run: what they do may take long, and a connection's own thread has shards
    /// to serve.
    beside: Handle,
}

struct Short {
    app: Arc<App>,
    notifications: Answered,
    receipts: Answered,
    /// Refused by their heads, whatever they ask for.
    refused: Answered,
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
            (&Method::GET | &Method::POST, _) => {
                receipt_path::callback_of(path).map(|provider| Self::Callback(provider.into()))
            }
            _ => None,
        }
    }
}

impl Front {
    /// The API over a running engine; its routes run on the runtime this is called on.
    #[must_use]
    pub fn new(app: Arc<App>) -> Self {
        let notifications = Answered::often(notifications::PATH);
        let receipts = Answered::often(receipt_path::PATH);
        let refused = Answered::nowhere();
        let routes = TowerToHyperService::new(super::router(app.clone()));
        Self {
            short: Arc::new(Short {
                app,
                notifications,
                receipts,
                refused,
            }),
            routes,
            beside: Handle::current(),
        }
    }

    /// The answer to a request. `patience` is its connection's own.
    pub(super) fn answer(
        &self,
        request: Request<Upload>,
        flight: Arc<Flight>,
        patience: Patience,
    ) -> impl Future<Output = Response> + Send + use<> {
        let span = span_of(request.method());
        let mut request = WithRest::of(request);
        let checked = head::check(&request);
        let way = match (checked, Call::of(request.method(), request.uri().path())) {
            (Err(problem), _) => {
                let response = problem.into_response();
                self.short
                    .refused
                    .count(&self.short.app, response.status(), crate::clock::nanos());
                Way::Refused(response)
            }
            (Ok(()), Some(call)) => Way::Short(self.short.clone(), call, request),
            (Ok(()), None) => {
                request.extensions_mut().insert(flight.clone());
                Way::Beside(AbortOnDropHandle::new(
                    self.beside
                        .spawn(self.routes.call(request).instrument(span.clone())),
                ))
            }
        };
        async move {
            match way {
                Way::Refused(response) => response,
                Way::Short(short, call, request) => {
                    short.answer(call, request, &flight, &patience).await
                }
                Way::Beside(answer) => match answer.await {
                    Ok(Ok(answer)) => answer,
                    Err(_) => Problem::failed().into_response(),
                },
            }
        }
        .instrument(span)
    }
}

/// The span of a request, if somebody wants spans. Who counts the answer adds route and status: a
/// path may name a tenant.
fn span_of(method: &Method) -> Span {
    tracing::trace_span!(
        target: TRACE,
        "request",
        otel.kind = "server",
        http.request.method = %method,
        http.route = field::Empty,
        http.response.status_code = field::Empty,
    )
}

enum Way {
    Refused(Response),
    Short(Arc<Short>, Call, Request<WithRest>),
    Beside(AbortOnDropHandle<Result<Response, Infallible>>),
}

impl Short {
    async fn answer(
        &self,
        call: Call,
        request: Request<WithRest>,
        flight: &Flight,
        patience: &Patience,
    ) -> Response {
        let answered = match call {
            Call::Notification => &self.notifications,
            Call::Callback(_) => &self.receipts,
        };
        let began = crate::clock::nanos();
        let post = pin!(self.post(call, request, flight));
        let response = match patience.limit(self.app.limits.time, post).await {
            Some(answer) => answer.unwrap_or_else(IntoResponse::into_response),
            None => Problem::timed_out().into_response(),
        };
        answered.count(&self.app, response.status(), began);
        response
    }

    async fn post(
        &self,
        call: Call,
        request: Request<WithRest>,
        flight: &Flight,
    ) -> Result<Response, Problem> {
        let (head, body) = request.into_parts();
        match call {
            Call::Notification => {
                let Caller(corporation) = self.let_in(notifications::ACCESS, &head, flight)?;
                let said = Said::json(&head.headers)?;
                let body = said.take(whole(body, self.app.limits.body).await?, Wanted::Json)?;
                notifications::take_in(&self.app, corporation, &body).await
            }
            Call::Callback(provider) => {
                let bringer = self.let_in(receipts::ACCESS, &head, flight)?;
                let body = self.said_back(&head, body).await?;
                let taken = receipts::callback(&self.app, &provider, &head, bringer, &body);
                Ok(taken.await?.into_response())
            }
        }
    }

    /// The caller, let in by the rule of the route table and asked for as a handler would.
    fn let_in<C: LetIn>(
        &self,
        access: Access,
        head: &Parts,
        flight: &Flight,
    ) -> Result<C, Problem> {
        auth::asked_for(&auth::admit(
            access,
            &self.app,
            &head.headers,
            Some(flight),
        )?)
    }

    /// The body of a callback.
    async fn said_back(&self, head: &Parts, body: WithRest) -> Result<Bytes, Problem> {
        match receipt_path::most_of_a_mail(&self.app, head.uri.path()) {
            _ if head.method == Method::GET => Ok(Bytes::new()),
            Some(most) => beginning(body, most).await,
            None => whole(body, self.app.limits.body).await,
        }
    }
}
