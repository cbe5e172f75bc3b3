//! Owns `GET /v1/notifications`: what is open, by state, in order of id. Refuses unbounded pages.
//! What ended is told by `GET /v1/outcomes`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use sluis_actors::{Listed, Query as Question, ShardAnswer, ShardRequest, StateFilter};
use sluis_model::{CorporationId, NotificationId, ShardId, Subject, TenantKey};

use super::auth::Caller;
use super::problem::Problem;
use super::query::{Asked, bad};
use crate::app::App;
use crate::ask::ask;
use crate::explain::rfc3339;

/// The states an open notification can be in.
const STATES: [&str; 7] = [
    "scheduled",
    "ready",
    "sending",
    "in_doubt",
    "sent",
    "held",
    "task",
];
/// Most rows of one page.
pub(super) const MOST_ROWS: usize = 1_000;

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
    asked: Asked,
) -> Result<Json<ListBody>, Problem> {
    let asked = asked.only(&["state", "after", "limit"])?;
    let filter = state_filter(asked.word("state"))?;
    let (after, limit) = (
        asked.id("after")?,
        asked.number("limit", 1..=MOST_ROWS, 100)?,
    );
    let (rows, next) = open(&app, Some(corporation), &filter, after, limit).await?;
    Ok(Json(ListBody {
        // Of a group its parts are listed.
        notifications: rows.iter().filter(is_of_tenant).map(row).collect(),
        next: next.map(|id| id.to_string()),
    }))
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
            let words = STATES.join(", ");
            Err(bad(format!(
                "state {state:?}: expected one of {words}; what ended is told by /v1/outcomes"
            )))
        }
    }
}

/// Open notifications of a corporation, or for an operator of all, over all shards; ids sort by
/// shard first. With where to go on.
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
        let query = Question::List {
            corporation,
            filter: filter.clone(),
            after,
            limit: limit - rows.len(),
        };
        let ShardAnswer::List {
            rows: found,
            scanned_to,
        } = ask(inbox, |reply| ShardRequest::Query { query, reply }).await?
        else {
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

fn is_of_tenant(listed: &&Listed) -> bool {
    let key = TenantKey::new(listed.corporation, listed.tenant.clone());
    key.as_household().is_none()
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
