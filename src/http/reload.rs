//! Owns how an operator has the configuration read again, and asks what runs. Refuses to know how it is taken
//! over: `reload` does.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::auth::Operator;
use super::body::{JsonBody, json};
use super::pauses::audit;
use super::problem::Problem;
use super::query::{Asked as Query, bad};
use crate::app::App;
use crate::config::{ConfigProblems, Problem as Mistake};
use crate::explain::rfc3339;
use crate::intake::{FieldProblem, ProblemCode};
use crate::reloading::{Asked, Current, Difference, Kind, Reloads, Report, word};

/// What a call may bring: no more than an empty object.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// `GET /v1/reload`
#[derive(Debug, Serialize)]
pub(super) struct CurrentBody {
    checksum: String,
    since: String,
    /// Settings that were changed in the files and wait for a start.
    waiting: Vec<String>,
}

/// `POST /v1/reload`
#[derive(Debug, Serialize)]
pub(super) struct ReportBody {
    taken: bool,
    checksum: String,
    since: String,
    changes: Vec<ChangeBody>,
    waiting: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ChangeBody {
    kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    corporation: Option<String>,
    name: String,
    change: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_version: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_version: Option<u32>,
}

impl From<Difference> for ChangeBody {
    fn from(different: Difference) -> Self {
        let Difference {
            kind,
            corporation,
            name,
            change,
            from,
            to,
        } = different;
        Self {
            kind,
            corporation,
            name,
            change: word(change),
            from_version: from,
            to_version: to,
        }
    }
}

/// `GET /v1/reload`
pub(super) async fn get(
    State(app): State<Arc<App>>,
    _: Operator,
) -> Result<Json<CurrentBody>, Problem> {
    let Current {
        checksum,
        since,
        waiting,
    } = asked(&app, |reloads| reloads.current()).await?;
    Ok(Json(CurrentBody {
        checksum,
        since: rfc3339(since),
        waiting,
    }))
}

/// `POST /v1/reload`
pub(super) async fn post(
    State(app): State<Arc<App>>,
    Operator(by): Operator,
    query: Query,
    JsonBody(body): JsonBody,
) -> Result<Json<ReportBody>, Problem> {
    if !body.is_empty() {
        let Nothing {} = json(&body)?;
    }
    let query = query.only(&["check"])?;
    let wanted = match query.word("check") {
        None | Some("false") => Asked::Take,
        Some("true") => Asked::Check,
        Some(_) => return Err(bad("check: expected true or false".to_owned())),
    };
    let action = match wanted {
        Asked::Check => "check configuration",
        Asked::Take => "reload",
    };
    audit(&by, action, "configuration");
    let done = asked(&app, move |reloads| reloads.reload(wanted)).await?;
    let report = done.map_err(|problems| wrong(&problems))?;
    Ok(Json(told(report)))
}

fn told(report: Report) -> ReportBody {
    let Report {
        taken,
        changes,
        current,
        waiting,
    } = report;
    ReportBody {
        taken,
        checksum: current.checksum,
        since: rfc3339(current.since),
        changes: changes.into_iter().map(ChangeBody::from).collect(),
        waiting,
    }
}

/// Asks whoever reads it again, on a thread that may wait for the disk.
async fn asked<T: Send + 'static>(
    app: &App,
    ask: impl FnOnce(&dyn Reloads) -> T + Send + 'static,
) -> Result<T, Problem> {
    let reloads = app.reloading.get().cloned().ok_or_else(Problem::failed)?;
    let done = tokio::task::spawn_blocking(move || ask(&*reloads)).await;
    done.map_err(|_| Problem::failed())
}

/// 422, with every mistake.
fn wrong(problems: &ConfigProblems) -> Problem {
    let of = |found: &Mistake| {
        FieldProblem::new(&found.path, ProblemCode::WrongSetting, &found.expected)
            .value(&found.value)
            .hint(&found.hint)
    };
    let errors = problems.0.iter().map(of).collect();
    Problem::wrong_configuration(errors)
}
