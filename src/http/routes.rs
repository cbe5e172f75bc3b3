//! Owns the route table: every path, its methods, who may call each, how much it takes. Refuses a
//! handler without a kind of caller: the guard stands in front of each.

use std::sync::Arc;

use axum::handler::Handler;
use axum::routing::MethodRouter;

use super::auth::Guarded;
use super::{
    batch, cancel, facts, links, lists, notifications, operator, outcomes, pauses, receipts,
    status, tasks, tenants, unmatched,
};
use crate::access::Access::{self, Anybody, Corporation, Operator};
use crate::app::App;

/// One method of one path, and who may call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteOf {
    /// As it is routed, with names for its parts.
    pub path: &'static str,
    /// In lower case.
    pub method: &'static str,
    /// Who may call.
    pub access: Access,
}

/// Every path with its methods: what the API's description and the table of who may call what are
/// made of.
#[must_use]
pub fn route_list() -> Vec<RouteOf> {
    let methods = |route: Route| {
        let of = move |(method, access)| RouteOf {
            path: route.path,
            method,
            access,
        };
        route.methods.into_iter().map(of)
    };
    routes().into_iter().flat_map(methods).collect()
}

/// Every route there is.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::at("/v1/notifications/batch")
            .large()
            .post(Corporation, batch::post),
        Route::at(notifications::PATH)
            .post(notifications::ACCESS, notifications::post)
            .get(Corporation, lists::get),
        Route::at("/v1/notifications/{id}").get(Corporation, notifications::get),
        Route::at("/v1/notifications/{id}/cancel").post(Corporation, cancel::one),
        Route::at("/v1/cancellations").post(Corporation, cancel::many),
        Route::at("/v1/tenants/load")
            .large()
            .post(Corporation, tenants::load),
        Route::at("/v1/tenants/{id}")
            .get(Corporation, tenants::get)
            .put(Corporation, tenants::put),
        Route::at("/v1/tenants/{id}/timeline").get(Corporation, tenants::timeline),
        Route::at("/v1/facts").post(Corporation, facts::post),
        Route::at("/v1/facts/unmatched").get(Corporation, unmatched::get),
        Route::at("/v1/facts/unmatched/{id}/dismiss").post(Corporation, unmatched::dismiss),
        Route::at(receipts::PATH)
            .post(receipts::ACCESS, receipts::post)
            .get(receipts::ACCESS, receipts::get),
        Route::at("/v1/outcomes").get(Corporation, outcomes::get),
        Route::at("/v1/tasks").get(Corporation, tasks::list),
        Route::at("/v1/tasks/{id}/answer").post(Corporation, tasks::answer),
        Route::at("/v1/pause").post(Corporation, pauses::pause),
        Route::at("/v1/resume").post(Corporation, pauses::resume),
        Route::at("/v1/pauses").get(Corporation, pauses::list),
        Route::at("/v1/operator/pauses").get(Operator, pauses::operator_list),
        Route::at("/v1/operator/pause").post(Operator, pauses::operator_pause),
        Route::at("/v1/operator/resume").post(Operator, pauses::operator_resume),
        Route::at("/v1/operator/overview").get(Operator, operator::overview),
        Route::at("/v1/operator/notifications").get(Operator, operator::notifications),
        Route::at("/b/{token}")
            .get(Anybody, links::page)
            .post(Anybody, links::press),
        Route::at(status::METRICS).get(Operator, status::metrics),
        Route::at(status::HEALTH).get(Anybody, status::healthz),
        Route::at(status::READY).get(Anybody, status::readyz),
        Route::at("/openapi.json").get(Anybody, status::openapi),
    ]
}

/// One path, its methods with who may call each, and how much it takes.
pub(super) struct Route {
    pub(super) path: &'static str,
    methods: Vec<(&'static str, Access)>,
    pub(super) handlers: MethodRouter<Arc<App>>,
    /// A batch or a list.
    pub(super) large: bool,
}

impl Route {
    fn at(path: &'static str) -> Self {
        Self {
            path,
            methods: Vec::new(),
            handlers: MethodRouter::new(),
            large: false,
        }
    }

    fn large(self) -> Self {
        Self {
            large: true,
            ..self
        }
    }

    fn get<H: Handler<T, Arc<App>>, T: 'static>(mut self, access: Access, handler: H) -> Self {
        self.methods.push(("get", access));
        let handlers = self.handlers.get(Guarded { access, handler });
        Self { handlers, ..self }
    }

    fn post<H: Handler<T, Arc<App>>, T: 'static>(mut self, access: Access, handler: H) -> Self {
        self.methods.push(("post", access));
        let handlers = self.handlers.post(Guarded { access, handler });
        Self { handlers, ..self }
    }

    fn put<H: Handler<T, Arc<App>>, T: 'static>(mut self, access: Access, handler: H) -> Self {
        self.methods.push(("put", access));
        let handlers = self.handlers.put(Guarded { access, handler });
        Self { handlers, ..self }
    }
}
