//! Owns pause and resume: of a corporation's sends, of one flow, of one channel. In effect before the next permit, kept
//! over restarts. Refuses to let one corporation pause another.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use sluis_actors::{Letter, Refused};
use sluis_model::{Channel, Control, PauseScope};

use super::auth::Caller;
use super::body::json;
use super::problem::Problem;
use crate::admission::Rejected;
use crate::app::App;
use crate::ask::{AskError, reply};
use crate::intake::{FieldProblem, ProblemCode};

/// Longest name of a flow.
const MOST_FLOW: usize = 64;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScopeBody {
    #[serde(default)]
    flow: Option<String>,
    #[serde(default)]
    channel: Option<Channel>,
}

#[derive(Debug, Serialize)]
pub(super) struct PausedBody {
    paused: bool,
    corporation: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    flow: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<Channel>,
}

/// `POST /v1/pause`
pub(super) async fn pause(state: State<Arc<App>>, caller: Caller, body: Bytes) -> Result<Json<PausedBody>, Problem> {
    tell(&state, caller, &body, true).await
}

/// `POST /v1/resume`
pub(super) async fn resume(state: State<Arc<App>>, caller: Caller, body: Bytes) -> Result<Json<PausedBody>, Problem> {
    tell(&state, caller, &body, false).await
}

async fn tell(app: &Arc<App>, Caller(corporation): Caller, body: &[u8], paused: bool) -> Result<Json<PausedBody>, Problem> {
    let ScopeBody { flow, channel } = if body.is_empty() { ScopeBody::default() } else { json(body)? };
    // A slip of the pen must not look like a pause; but what is paused can be resumed, also when its flow is gone.
    let names = app.book.names(corporation);
    if flow.as_deref().is_some_and(|flow| flow.len() > MOST_FLOW) {
        let problem = FieldProblem::new("flow", ProblemCode::TooLong, format!("at most {MOST_FLOW} bytes"));
        return Err(Problem::invalid(vec![problem]));
    }
    if paused && flow.as_deref().is_some_and(|flow| !names.contains(&flow)) {
        return Err(Rejected::UnknownFlow(names.into_iter().map(str::to_owned).collect()).into());
    }
    let scope = PauseScope { corporation: Some(corporation), flow: flow.as_deref().map(Into::into), channel };
    let mut waiting = Vec::new();
    // Every shard keeps its own copy. One that has no room leaves the call unanswered as done, and repeating it is harmless.
    for inbox in app.engine.inboxes() {
        let control = if paused { Control::Pause(scope.clone()) } else { Control::Resume(scope.clone()) };
        let (reply, answer) = reply();
        inbox.offer_business(Letter::Control { control, reply }).map_err(|Refused(_)| AskError::Full)?;
        waiting.push(answer);
    }
    for answer in waiting {
        answer.wait().await?;
    }
    Ok(Json(PausedBody { paused, corporation: app.corporation_name(corporation), flow, channel }))
}
