//! Owns `GET /v1/notifications`: what is open, by state, in order of id. Refuses unbounded pages. What ended is told by
//! `GET /v1/outcomes`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use sluis_actors::{Letter, Listed, Query as Question, ShardAnswer, StateFilter};
use sluis_model::{CorporationId, NotificationId, ShardId, Subject};

use super::auth::Caller;
use super::problem::Problem;
use crate::app::App;
use crate::ask::ask;
use crate::explain::rfc3339;

/// The states an open notification can be in.
const STATES: [&str; 7] = ["scheduled", "ready", "sending", "in_doubt", "sent", "held", "task"];
const MOST_ROWS: usize = 1_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    state: Option<String>,
    after: Option<String>,
    limit: Option<usize>,
}

#[derive(Debug, Serialize)]
pub(super) struct ListBody {
    notifications: Vec<RowBody>,
    /// Give this as `after` for the next page; absent: that was all.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Debug, Serialize)]
struct RowBody {
    id: String,
    tenant_id: String,
    state: &'static str,
    category: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Subject>,
    accepted_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_at: Option<String>,
}

/// `GET /v1/notifications`
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Query(params): Query<Params>,
) -> Result<Json<ListBody>, Problem> {
    let filter = state_filter(params.state.as_deref())?;
    let after = after(params.after.as_deref())?;
    let limit = params.limit.unwrap_or(100).clamp(1, MOST_ROWS);
    let (rows, next) = open(&app, Some(corporation), &filter, after, limit).await?;
    Ok(Json(ListBody { notifications: rows.iter().map(row).collect(), next: next.map(|id| id.to_string()) }))
}

/// Which states a call asks for.
///
/// # Errors
/// 400: there is no such state.
pub(super) fn state_filter(state: Option<&str>) -> Result<StateFilter, Problem> {
    match state {
        None => Ok(StateFilter::Any),
        Some(state) if STATES.contains(&state) => Ok(StateFilter::Named(state.into())),
        Some(state) => {
            let detail = format!("state {state:?}: expected one of {}; what ended is told by /v1/outcomes", STATES.join(", "));
            Err(Problem::new(StatusCode::BAD_REQUEST, "bad_query", detail))
        }
    }
}

/// Where a page begins.
///
/// # Errors
/// 400: that is no id.
pub(super) fn after(after: Option<&str>) -> Result<Option<NotificationId>, Problem> {
    let after = after.map(str::parse::<NotificationId>).transpose();
    after.map_err(|error| Problem::new(StatusCode::BAD_REQUEST, "bad_query", format!("after: {error}")))
}

/// Open notifications of a corporation, or for an operator of all, over all shards; ids sort by shard first. With where to go on.
pub(super) async fn open(
    app: &App,
    corporation: Option<CorporationId>,
    filter: &StateFilter,
    after: Option<NotificationId>,
    limit: usize,
) -> Result<(Vec<Listed>, Option<NotificationId>), Problem> {
    let mut rows: Vec<Listed> = Vec::new();
    let mut after = after;
    let mut shard = after.map_or(0, |id| id.shard().0);
    let mut last = None;
    while let Some(inbox) = app.engine.inbox(ShardId(shard)) {
        if rows.len() >= limit {
            return Ok((rows, last));
        }
        let query = Question::List { corporation, filter: filter.clone(), after, limit: limit - rows.len() };
        let ShardAnswer::List { rows: found, scanned_to } = ask(inbox, |reply| Letter::Query { query, reply }).await? else {
            return Err(crate::ask::AskError::Lost.into());
        };
        rows.extend(found);
        last = scanned_to.or(rows.last().map(|row| row.open.id));
        match scanned_to {
            Some(id) => after = Some(id),
            None => {
                after = None;
                shard += 1;
            }
        }
    }
    Ok((rows, None))
}

fn row(listed: &Listed) -> RowBody {
    let open = &listed.open;
    RowBody {
        id: open.id.to_string(),
        tenant_id: listed.tenant.to_string(),
        state: open.phase.name(),
        category: open.category.to_string(),
        subject: open.subject.as_deref().cloned(),
        accepted_at: rfc3339(open.accepted_at),
        next_at: open.due().map(rfc3339),
    }
}
