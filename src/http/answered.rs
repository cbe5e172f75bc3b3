//! Owns what is counted of answers: how many and how long, by route and class of status. Handles are
//! looked up once and kept.

use std::collections::HashMap;
use std::sync::OnceLock;

use http::StatusCode;
use metrics::{Counter, Histogram};
use sluis_actors::telemetry::TRACE;
use tracing::{Level, Span};

use super::routes::routes;
use crate::app::App;
use crate::telemetry::Edge;
use crate::telemetry::names::{CLASSES, HTTP_DURATION, HTTP_REQUESTS};

/// The route of what has none.
const NONE: &str = "none";
/// The first class that an answer of ours has.
const FIRST_CLASS: usize = 2;

/// Requests of one route and what they took, by class of their answers. A class gets its series
/// with its first answer.
pub(super) struct Answered {
    route: &'static str,
    classes: [OnceLock<(Counter, Histogram)>; CLASSES.len()],
}

impl Answered {
    fn at(route: &'static str) -> Self {
        Self {
            route,
            classes: Default::default(),
        }
    }

    /// Those of a route without a row in the table.
    pub(super) fn nowhere() -> Self {
        Self::at(NONE)
    }

    /// Those of a route that is asked a million times: every class is there.
    pub(super) fn often(route: &'static str) -> Self {
        let answered = Self::at(route);
        (0..CLASSES.len()).for_each(|class| {
            answered.class(class);
        });
        answered
    }

    fn class(&self, class: usize) -> &(Counter, Histogram) {
        let labels = (self.route, CLASSES[class]);
        self.classes[class].get_or_init(|| (HTTP_REQUESTS.of(labels), HTTP_DURATION.of(labels)))
    }

    /// Counts one answer to a request that came at `began`, of [`crate::clock::nanos`].
    pub(super) fn count(&self, app: &App, status: StatusCode, began: u64) {
        if status == StatusCode::UNAUTHORIZED {
            app.watch.stranger(Edge::Http, None);
        }
        if tracing::enabled!(target: TRACE, Level::TRACE) {
            let span = Span::current();
            span.record("http.route", self.route);
            span.record("http.response.status_code", status.as_u16());
        }
        let class = usize::from(status.as_u16() / 100).min(CLASSES.len() - 1);
        let (requests, took) = self.class(class);
        requests.increment(1);
        took.record(crate::clock::nanos().saturating_sub(began) as f64 / 1e9);
    }
}

/// The answers of every route.
pub(super) struct Answers {
    routes: HashMap<&'static str, Answered>,
    none: Answered,
}

impl Answers {
    /// Those of the route table, each counter there before its first request.
    pub(super) fn announced() -> Self {
        let each = |path: &'static str| {
            for class in &CLASSES[FIRST_CLASS..] {
                HTTP_REQUESTS.of((path, *class)).increment(0);
            }
            (path, Answered::at(path))
        };
        Self {
            routes: routes().into_iter().map(|route| each(route.path)).collect(),
            none: Answered::nowhere(),
        }
    }

    /// Those of a route; none: those of what has no route.
    pub(super) fn of(&self, route: Option<&str>) -> &Answered {
        route
            .and_then(|route| self.routes.get(route))
            .unwrap_or(&self.none)
    }
}
