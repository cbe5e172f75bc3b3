//! Owns the call that erases a tenant (AVG, art. 17). Refuses to do it: `erasing` does; here its answer
//! becomes one of HTTP.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;

use super::auth::Caller;
use super::problem::Problem;
use super::query::{Asked, bad};
use super::tenants::key;
use crate::app::App;
use crate::erasing::{Done, NotErased, Wish};
use crate::explain::rfc3339;
use crate::sealing::Refusal;

/// Longest `by` and `why`, in bytes: they stay in the journal.
const MOST_TEXT: usize = 200;
/// How long a call waits for the end. A journal of some gigabytes is read until then.
const MOST_WAIT: Duration = Duration::from_secs(10);
/// Seconds after which to ask again.
const RETRY_AFTER: u32 = 5;

#[derive(Debug, Serialize)]
struct Erased {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    erased_at: Option<String>,
    /// Whether that was before this call.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    records: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notifications: Option<u64>,
}

/// `DELETE /v1/tenants/{id}/personal-data`
pub(super) async fn delete(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    let asked = asked.only(&["by", "why"])?;
    let wish = Wish {
        tenant: key(corporation, &id)?,
        by: text(&asked, "by")?,
        why: text(&asked, "why")?,
    };
    let erasing = app.erasing.as_ref();
    let erasing = erasing.ok_or_else(|| problem(NotErased::Refused(Refusal::NotEncrypted)))?;
    let mut ended = erasing.begin(wish).map_err(problem)?;
    let wait = ended.wait_for(Option::is_some);
    match tokio::time::timeout(MOST_WAIT, wait).await {
        Ok(Ok(ended)) => match ended.clone() {
            Some(Ok(done)) => Ok(Json(Erased::of(&done)).into_response()),
            Some(Err(why)) => Err(problem(why)),
            None => Ok(under_way()),
        },
        // The engine ends: the next start finishes what was begun.
        Ok(Err(_)) => Err(problem(NotErased::Busy)),
        Err(_) => Ok(under_way()),
    }
}

impl Erased {
    fn of(done: &Done) -> Self {
        Self {
            state: "erased",
            erased_at: Some(rfc3339(done.at)),
            before: Some(done.before),
            records: Some(done.records),
            notifications: Some(done.notifications),
        }
    }
}

fn under_way() -> Response {
    let body = Erased {
        state: "under_way",
        erased_at: None,
        before: None,
        records: None,
        notifications: None,
    };
    (StatusCode::ACCEPTED, Json(body)).into_response()
}

/// A text that goes into the record.
fn text(asked: &Asked, name: &str) -> Result<String, Problem> {
    let text = asked.text(name).map(str::trim).unwrap_or_default();
    let is_line = !text.is_empty() && text.len() <= MOST_TEXT && !text.contains(char::is_control);
    match is_line {
        true => Ok(text.to_owned()),
        false => Err(bad(format!(
            "{name}: expected a line of 1 to {MOST_TEXT} bytes for the record, without anything of the tenant"
        ))),
    }
}

fn problem(why: NotErased) -> Problem {
    let text = why.to_string();
    match why {
        NotErased::Refused(refusal) => Problem::new(StatusCode::CONFLICT, refusal.code(), text),
        NotErased::Unknown => Problem::not_found("tenant"),
        NotErased::ArchiveAway => {
            let text = "the archive cannot be reached at present, so nothing was erased; the operators were told";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "archive_away", text)
                .retry_after(RETRY_AFTER)
        }
        NotErased::Behind => {
            let text = "archive or counters have not yet everything about this tenant, so nothing was erased: the machine is busy";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "archive_behind", text)
                .retry_after(RETRY_AFTER)
        }
        NotErased::Busy => {
            let text = "the engine is busy, or too much happens to this tenant: nothing was erased, ask again";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", text).retry_after(RETRY_AFTER)
        }
        NotErased::Failed(_) => {
            let text = "the tenant could not be erased; the operators were told";
            Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "journal_unreadable",
                text,
            )
        }
    }
}
