//! Owns the call that erases a tenant (AVG, art. 17). Refuses to do it: `erasing` does; here its answer
//! becomes one of HTTP.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::auth::Caller;
use super::body::{JsonBody, json};
use super::problem::Problem;
use super::tenants::key;
use crate::app::App;
use crate::erasing::{Done, NotErased, Wish};
use crate::explain::rfc3339;
use crate::intake;
use crate::sealing::{MOST_TEXT, Refusal};

/// How long a call waits for the end. A journal of some gigabytes is read until then.
const MOST_WAIT: Duration = Duration::from_secs(10);
/// Seconds after which to ask again.
const RETRY_AFTER: u32 = 5;

/// Who asks, and why: it stays readable.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EraseRequest {
    by: String,
    why: String,
}

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
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let tenant = key(corporation, &id)?;
    let EraseRequest { by, why } = json(&body)?;
    let problem_of = |name, text: &str| intake::line_problem(name, text, 1, MOST_TEXT);
    let problems = [problem_of("by", &by), problem_of("why", &why)];
    let problems: Vec<_> = problems.into_iter().flatten().collect();
    if !problems.is_empty() {
        return Err(Problem::invalid(problems));
    }
    let wish = Wish { tenant, by, why };
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
