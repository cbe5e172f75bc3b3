//! The HTTP edge: routes, authentication, limits. One file per group of calls. Every answer that
//! says "accepted" waits for the disk. Refuses decisions: it translates between HTTP and requests to
//! shards.

mod answered;
mod archive;
mod auth;
mod batch;
mod body;
mod cancel;
mod complaint;
mod counters;
mod erasure;
mod export;
mod facts;
mod front;
mod groups;
mod head;
mod households;
mod language;
mod link_page;
mod links;
mod lists;
mod mailing_bodies;
mod mailing_preview;
mod mailing_words;
mod mailings;
mod metered;
mod migrations;
mod named;
mod notes;
mod notifications;
pub mod openapi;
mod operator;
mod outcomes;
mod patience;
mod pauses;
mod problem;
mod profile_body;
mod purposes;
mod query;
mod question;
mod question_page;
mod receipt_path;
mod receipts;
mod reception;
mod records;
mod reload;
mod rest;
mod route;
mod routes;
mod seat;
mod server;
mod status;
mod stray;
mod task_answer;
mod task_groups;
mod task_late;
mod tasks;
mod tenants;
mod unmatched;
mod unread;
mod unsubscribe;

pub use front::Front;
pub use problem::Problem;
pub use reception::Reception;
pub(crate) use reception::{START_RETRY, progress};
pub use route::RouteOf;
pub use routes::route_list;
pub use server::{GRACE, HttpSettings, serve, serve_status, serve_with};

use std::sync::Arc;

use axum::Extension;
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tower_http::timeout::TimeoutLayer;

use self::answered::Answers;
use self::body::MostBytes;
use self::route::Route;
use self::routes::routes;
use crate::app::App;

/// The API's routes over a running engine; [`Front`] is what a connection speaks to.
pub fn router(app: Arc<App>) -> Router {
    let answers = Arc::new(Answers::announced());
    let limits = app.limits;
    let join = |router: Router<Arc<App>>, route: Route| {
        let most = if route.large {
            limits.batch
        } else {
            limits.body
        };
        router.route(route.path, route.handlers.layer(Extension(MostBytes(most))))
    };
    routes()
        .into_iter()
        .fold(Router::new(), join)
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn(plain_errors))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            limits.time,
        ))
        .layer(from_fn_with_state((app.clone(), answers), count))
        .with_state(app)
}

async fn not_found() -> Problem {
    Problem::no_such_route()
}

async fn wrong_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrong_method",
        "this address knows other methods: see /openapi.json",
    )
}

/// Turns the framework's own plain-text errors (body too large, bad query) into problems.
async fn plain_errors(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let plain = response
        .headers()
        .get(http::header::CONTENT_TYPE)
        .is_none_or(|t| t.as_bytes().starts_with(b"text/plain"));
    if !(status.is_client_error() || status.is_server_error()) || !plain {
        return response;
    }
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large().into_response(),
        StatusCode::REQUEST_TIMEOUT => Problem::timed_out().into_response(),
        _ => Problem::unreadable(status).into_response(),
    }
}

/// Counts what a layer further in answered.
async fn count(
    State((app, answers)): State<(Arc<App>, Arc<Answers>)>,
    request: Request,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let began = crate::clock::nanos();
    let response = next.run(request).await;
    answers
        .of(route.as_ref().map(MatchedPath::as_str))
        .count(&app, response.status(), began);
    response
}
