//! Owns the route table: every path, its methods, who may call each, how much it takes.

use axum::Json;
use serde_json::Value;

use super::route::{Route, RouteOf};
use super::{
    archive, batch, cancel, counters, erasure, export, facts, groups, households, links, lists,
    mailing_preview, mailings, migrations, notifications, openapi, operator, outcomes, pauses,
    receipt_path, receipts, reload, status, tasks, tenants, unmatched, unsubscribe,
};
use crate::access::Access::{Anybody, Corporation, Operator};

/// Every path with its methods: what the API's description and the table of who may call what are
/// made of.
#[must_use]
pub fn route_list() -> Vec<RouteOf> {
    routes().iter().flat_map(Route::methods).collect()
}

/// Every route there is.
pub(super) fn routes() -> Vec<Route> {
    let groups = [
        of_notifications(),
        of_tenants(),
        of_mailings(),
        of_migrations(),
        of_results(),
        of_pauses(),
        of_operators(),
        from_outside(),
    ];
    groups.into_iter().flatten().collect()
}

/// What senders call about notifications.
fn of_notifications() -> Vec<Route> {
    vec![
        Route::at("/v1/notifications/batch")
            .large()
            .post(Corporation, batch::post),
        Route::at(notifications::PATH)
            .post(notifications::ACCESS, notifications::post)
            .get(Corporation, lists::get),
        Route::at("/v1/notifications/{id}").get(Corporation, notifications::get),
        Route::at("/v1/notifications/{id}/output").get(Corporation, archive::output),
        Route::at("/v1/groups/{id}").get(Corporation, groups::get),
        Route::at("/v1/archive/head").get(Corporation, archive::head),
        Route::at("/v1/notifications/{id}/cancel").post(Corporation, cancel::one),
        Route::at("/v1/cancellations").post(Corporation, cancel::many),
    ]
}

/// What is told and asked of tenants.
fn of_tenants() -> Vec<Route> {
    vec![
        Route::at("/v1/tenants/load")
            .large()
            .post(Corporation, tenants::load),
        Route::at("/v1/tenants/{id}")
            .get(Corporation, tenants::get)
            .put(Corporation, tenants::put),
        Route::at("/v1/tenants/{id}/personal-data")
            .get(Corporation, export::get)
            .delete(Corporation, erasure::delete),
        Route::at("/v1/tenants/{id}/timeline").get(Corporation, tenants::timeline),
        Route::at("/v1/households/{id}")
            .get(Corporation, households::get)
            .put(Corporation, households::put),
        Route::at("/v1/facts").post(Corporation, facts::post),
        Route::at("/v1/facts/unmatched").get(Corporation, unmatched::get),
        Route::at("/v1/facts/unmatched/{id}/dismiss").post(Corporation, unmatched::dismiss),
    ]
}

/// Lists of rows, and their way to the door.
fn of_mailings() -> Vec<Route> {
    vec![
        Route::at("/v1/mailings")
            .post(Corporation, mailings::make)
            .get(Corporation, mailings::list),
        Route::at("/v1/mailings/{id}").get(Corporation, mailings::get),
        Route::at("/v1/mailings/{id}/rows")
            .large()
            .post(Corporation, mailings::upload),
        Route::at("/v1/mailings/{id}/select").post(Corporation, mailings::select),
        Route::at("/v1/mailings/{id}/undecided").get(Corporation, mailings::undecided),
        Route::at("/v1/mailings/{id}/preview").get(Corporation, mailing_preview::get),
        Route::at("/v1/mailings/{id}/approve").post(Corporation, mailings::approve),
        Route::at("/v1/mailings/{id}/release").post(Corporation, mailings::release),
        Route::at("/v1/mailings/{id}/pause").post(Corporation, mailings::pause),
        Route::at("/v1/mailings/{id}/resume").post(Corporation, mailings::resume),
        Route::at("/v1/mailings/{id}/stop").post(Corporation, mailings::stop),
        Route::at("/v1/mailings/{id}/account").get(Corporation, mailings::account),
        Route::at("/v1/mailings/{id}/corrections").post(Corporation, mailings::correct),
        Route::at("/v1/mailings/{id}/remove").post(Corporation, mailings::remove),
    ]
}

/// Open notifications that go on under a newer definition.
fn of_migrations() -> Vec<Route> {
    vec![
        Route::at("/v1/flows/{name}/migrations").post(Corporation, migrations::make),
        Route::at("/v1/migrations").get(Corporation, migrations::list),
        Route::at("/v1/migrations/{id}").get(Corporation, migrations::get),
        Route::at("/v1/migrations/{id}/begin").post(Corporation, migrations::begin),
        Route::at("/v1/migrations/{id}/cancel").post(Corporation, migrations::cancel),
    ]
}

/// What comes out, and what waits for people.
fn of_results() -> Vec<Route> {
    vec![
        Route::at("/v1/outcomes").get(Corporation, outcomes::get),
        Route::at("/v1/counters").get(Corporation, counters::get),
        Route::at("/v1/counters.csv").get(Corporation, counters::csv),
        Route::at("/v1/tasks").get(Corporation, tasks::list),
        Route::at("/v1/tasks/{id}/answer").post(Corporation, tasks::answer),
    ]
}

/// Pauses of corporations and of operators.
fn of_pauses() -> Vec<Route> {
    vec![
        Route::at("/v1/pause").post(Corporation, pauses::pause),
        Route::at("/v1/resume").post(Corporation, pauses::resume),
        Route::at("/v1/pauses").get(Corporation, pauses::list),
        Route::at("/v1/operator/pauses").get(Operator, pauses::operator_list),
        Route::at("/v1/operator/pause").post(Operator, pauses::operator_pause),
        Route::at("/v1/operator/resume").post(Operator, pauses::operator_resume),
    ]
}

/// What operators and their machines ask.
fn of_operators() -> Vec<Route> {
    vec![
        Route::at("/v1/operator/overview").get(Operator, operator::overview),
        Route::at("/v1/operator/notifications").get(Operator, operator::notifications),
        Route::at("/v1/operator/counters").get(Operator, counters::of_all),
        Route::at("/v1/reload")
            .get(Operator, reload::get)
            .post(Operator, reload::post),
        Route::at(status::METRICS).get(Operator, status::metrics),
        Route::at(status::HEALTH).get(Anybody, status::healthz),
        Route::at(status::READY).get(Anybody, status::readyz),
    ]
}

/// What providers and tenants call, and what anybody may read.
fn from_outside() -> Vec<Route> {
    vec![
        Route::at(receipt_path::PATH)
            .post(receipts::ACCESS, receipts::post)
            .get(receipts::ACCESS, receipts::get),
        Route::at("/b/{token}")
            .get(Anybody, links::page)
            .post(Anybody, links::press),
        Route::at("/u/{token}")
            .get(Anybody, unsubscribe::page)
            .post(Anybody, unsubscribe::press),
        Route::at("/openapi.json").get(Anybody, description),
    ]
}

/// `GET /openapi.json`. It is here because it is made from the table.
async fn description() -> Json<Value> {
    Json(openapi::document(&route_list()))
}
