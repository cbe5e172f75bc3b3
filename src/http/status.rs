//! Owns what operators and their machines ask: metrics, alive, ready and why not. Refuses to show
//! the engine as a whole to a corporation.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use sluis_actors::Pause;
use sluis_actors::router::{Out, Owner};
use sluis_model::PauseScope;

use super::auth::Operator;
use super::problem::Problem;
use crate::access::Known;
use crate::app::App;
use crate::explain::rfc3339;
use crate::scrape;

/// Where the metrics are.
pub(super) const METRICS: &str = "/metrics";
/// Where the process says that it lives.
pub(super) const HEALTH: &str = "/healthz";
/// Where it says whether it takes something in.
pub(super) const READY: &str = "/readyz";
/// What a process that lives says.
pub(super) const ALIVE: &str = "ok\n";

/// `GET /metrics`
pub(super) async fn metrics(State(app): State<Arc<App>>, _: Operator) -> Result<Response, Problem> {
    scrape::take_census(&app).await;
    let render = move || {
        scrape::sample(&app);
        app.prometheus.run_upkeep();
        app.prometheus.render()
    };
    let lost = |_| {
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "metrics",
            "the metrics could not be put together",
        )
    };
    let text = tokio::task::spawn_blocking(render).await.map_err(lost)?;
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// `GET /healthz`: the process answers.
pub(super) async fn healthz() -> &'static str {
    ALIVE
}

/// `GET /readyz`: whether intake is open, and why not.
pub(super) async fn readyz(State(app): State<Arc<App>>, known: Known) -> Response {
    let failure = app.engine.journal().failure().map(|_| "journal_failed");
    let reason = failure.or_else(|| app.admission.closed().map(|closed| closed.code()));
    let paused = paused_for(&app, known);
    let mut told = match reason {
        None => json!({"ready": true, "durability": "fdatasync", "paused": paused}),
        Some(reason) => json!({"ready": false, "reason": reason, "paused": paused}),
    };
    if let Some(out) = out_for(&app, known) {
        told["providers"] = out.iter().map(|out| provider_out(&app, out)).collect();
    }
    if let Some(why) = app.archiving.as_ref().and_then(|it| it.away()) {
        told["archive"] = json!({"state": "away"});
        if known.is_operator {
            told["archive"]["why"] = json!(why);
        }
    }
    let status = match reason {
        None => StatusCode::OK,
        Some(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Json(told)).into_response()
}

/// What is paused. Anybody may ask. Counted are the pauses of everybody, and the caller's own: what
/// another corporation does is not even told as a number, except to operators. Intake goes on while
/// sends are paused.
fn paused_for(app: &App, known: Known) -> Value {
    let own = known.corporation;
    let mine = |pause: &Pause| {
        known.is_operator || pause.scope.corporation.is_none_or(|of| Some(of) == own)
    };
    let pauses: Vec<Pause> = app.engine.pauses().all().into_iter().filter(mine).collect();
    let everything = pauses
        .iter()
        .any(|pause| pause.scope == PauseScope::EVERYTHING);
    json!({"everything": everything, "pauses": pauses.len()})
}

/// The providers that let nothing through, as far as the caller may know: to operators all, to a
/// corporation its own accounts.
fn out_for(app: &App, known: Known) -> Option<Vec<Out>> {
    let mut out = app.engine.providers_out(app.clock.now());
    if known.is_operator {
        return Some(out);
    }
    let corporation = known.corporation?;
    out.retain(|out| out.owner.is_account_of(corporation));
    (!out.is_empty()).then_some(out)
}

/// The names of those whose account a provider is; none where it is the street's.
fn owners(app: &App, owner: &Owner) -> Option<Vec<String>> {
    match owner {
        Owner::Street => None,
        Owner::Corporations(all) => Some(all.iter().map(|c| app.corporation_name(*c)).collect()),
    }
}

/// A provider that lets nothing through. Its own words stay in explanations.
fn provider_out(app: &App, out: &Out) -> Value {
    let state = if out.barred.is_some() {
        "barred"
    } else {
        "unreachable"
    };
    let mut told = json!({"channel": out.channel.name(), "name": out.provider, "state": state});
    if let Some(owners) = owners(app, &out.owner) {
        told["corporations"] = json!(owners);
    }
    if let Some(why) = &out.barred {
        told["code"] = json!(why.code);
    }
    if let Some(until) = out.until {
        told["until"] = json!(rfc3339(until));
    }
    told
}
