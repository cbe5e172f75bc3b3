//! Owns pause and resume: of a corporation's sends, of one flow, of one channel; for operators, of
//! everything. In effect before the next permit, kept over restarts. Refuses a scope that is not
//! said: what pauses everything says `all`.

use std::collections::HashSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use sluis_actors::{Pause, Refused, ShardRequest};
use sluis_model::{Channel, Control, CorporationId, PauseScope, PausedBy};

use super::auth::{Caller, Operator};
use super::body::{JsonBody, json};
use super::problem::Problem;
use crate::admission::Rejected;
use crate::app::App;
use crate::ask::{AskError, reply};
use crate::explain::rfc3339;
use crate::intake::{FieldProblem, ProblemCode};

/// Longest name of a flow or a corporation.
const MOST_NAME: usize = 64;
/// Where audit lines go: a filter of its own for whoever keeps them apart.
const AUDIT: &str = "sluis::audit";

/// What a call names. A part that is not there is not the same as one that is `null`: null is
/// refused, because a program that lost a value must not pause everything.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScopeBody {
    #[serde(default, deserialize_with = "some")]
    flow: Option<String>,
    #[serde(default, deserialize_with = "some")]
    channel: Option<Channel>,
    #[serde(default)]
    all: bool,
}

/// As [`ScopeBody`], with whose sends; only for operators.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OperatorScopeBody {
    #[serde(default, deserialize_with = "some")]
    corporation: Option<String>,
    #[serde(default, deserialize_with = "some")]
    flow: Option<String>,
    #[serde(default, deserialize_with = "some")]
    channel: Option<Channel>,
    #[serde(default)]
    all: bool,
}

/// A value, not null.
fn some<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// One pause, as the API shows it.
#[derive(Debug, Serialize)]
pub(super) struct PauseBody {
    /// Whose sends; absent: those of all corporations, by an operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    corporation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flow: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<Channel>,
    /// Who began it: `corporation` or `operator`. Only an operator ends what an operator began.
    by: &'static str,
    since: String,
    /// Whether every part of the engine has it; false after a call that failed half way: repeat it.
    complete: bool,
}

/// What a call did.
#[derive(Debug, Serialize)]
pub(super) struct ToldBody {
    /// Whether anything within the scope is held now: after a resume too, where another pause
    /// covers it.
    paused: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    corporation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flow: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<Channel>,
    /// Every pause that stands now.
    pauses: Vec<PauseBody>,
}

/// What holds now.
#[derive(Debug, Serialize)]
pub(super) struct PausesBody {
    pub(super) pauses: Vec<PauseBody>,
}

/// `GET /v1/pauses`: the caller's own, and those of operators that hold the caller's sends too.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
) -> Json<PausesBody> {
    Json(seen_by(&app, Some(corporation)))
}

/// `POST /v1/pause`
pub(super) async fn pause(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    JsonBody(body): JsonBody,
) -> Result<Json<ToldBody>, Problem> {
    let scope = corporation_scope(corporation, &body)?;
    known_flow(&app, &scope)?;
    tell(&app, &scope, true).await?;
    audit(
        &app.corporation_name(corporation),
        "pause",
        &words(&app, &scope),
    );
    Ok(Json(told(&app, scope, Some(corporation))))
}

/// `POST /v1/resume`
pub(super) async fn resume(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    JsonBody(body): JsonBody,
) -> Result<Json<ToldBody>, Problem> {
    let scope = corporation_scope(corporation, &body)?;
    standing(&app, std::slice::from_ref(&scope), Some(corporation))?;
    tell(&app, &scope, false).await?;
    audit(
        &app.corporation_name(corporation),
        "resume",
        &words(&app, &scope),
    );
    Ok(Json(told(&app, scope, Some(corporation))))
}

/// `GET /v1/operator/pauses`
pub(super) async fn operator_list(State(app): State<Arc<App>>, _: Operator) -> Json<PausesBody> {
    Json(seen_by(&app, None))
}

/// `POST /v1/operator/pause`
pub(super) async fn operator_pause(
    State(app): State<Arc<App>>,
    Operator(by): Operator,
    JsonBody(body): JsonBody,
) -> Result<Json<ToldBody>, Problem> {
    let scope = operator_scope(&app, &body)?;
    known_flow(&app, &scope)?;
    tell(&app, &scope, true).await?;
    audit(&by, "pause", &words(&app, &scope));
    Ok(Json(told(&app, scope, None)))
}

/// `POST /v1/operator/resume`: any pause, a corporation's own too.
pub(super) async fn operator_resume(
    State(app): State<Arc<App>>,
    Operator(by): Operator,
    JsonBody(body): JsonBody,
) -> Result<Json<ToldBody>, Problem> {
    let scope = operator_scope(&app, &body)?;
    let of_corporation = PauseScope {
        by: PausedBy::Corporation,
        ..scope.clone()
    };
    let named = [scope.clone(), of_corporation];
    let standing = standing(&app, &named, None)?;
    for scope in standing {
        tell(&app, &scope, false).await?;
    }
    audit(&by, "resume", &words(&app, &scope));
    Ok(Json(told(&app, scope, None)))
}

fn corporation_scope(corporation: CorporationId, body: &[u8]) -> Result<PauseScope, Problem> {
    let ScopeBody { flow, channel, all } = json(body)?;
    said(
        all,
        flow.is_some() || channel.is_some(),
        "flow, channel or both",
    )?;
    scope(PausedBy::Corporation, Some(corporation), flow, channel)
}

fn operator_scope(app: &App, body: &[u8]) -> Result<PauseScope, Problem> {
    let OperatorScopeBody {
        corporation,
        flow,
        channel,
        all,
    } = json(body)?;
    let named = corporation.is_some() || flow.is_some() || channel.is_some();
    said(all, named, "corporation, flow, channel or several of them")?;
    let whose = corporation.map(|name| {
        let known = app.corporation_named(&name);
        known.ok_or_else(|| unknown_corporation(app, &name))
    });
    scope(PausedBy::Operator, whose.transpose()?, flow, channel)
}

fn unknown_corporation(app: &App, name: &str) -> Problem {
    let corporations = app.corporations.get();
    let all = corporations.values();
    let mut names: Vec<_> = all.map(|corporation| corporation.name.as_str()).collect();
    names.sort_unstable();
    let expected = format!("the name of a corporation: one of {}", names.join(", "));
    let shown: String = name.chars().take(MOST_NAME).collect();
    let problem = FieldProblem::new("corporation", ProblemCode::UnknownWord, expected);
    Problem::invalid(vec![problem.value(&shown)])
}

/// Either `all`, or at least one part; not both and not neither.
fn said(all: bool, named: bool, parts: &str) -> Result<(), Problem> {
    let expected = format!("{parts}, or {{\"all\": true}} alone");
    let (code, hint) = match (all, named) {
        (true, false) | (false, true) => return Ok(()),
        (false, false) => (
            ProblemCode::Missing,
            "a scope that is not said would hold everything",
        ),
        (true, true) => (
            ProblemCode::Contradiction,
            "all and a part contradict each other",
        ),
    };
    Err(Problem::invalid(vec![
        FieldProblem::new("body", code, expected).hint(hint),
    ]))
}

fn scope(
    by: PausedBy,
    corporation: Option<CorporationId>,
    flow: Option<String>,
    channel: Option<Channel>,
) -> Result<PauseScope, Problem> {
    if flow.as_deref().is_some_and(|flow| flow.len() > MOST_NAME) {
        let problem = FieldProblem::new(
            "flow",
            ProblemCode::TooLong,
            format!("at most {MOST_NAME} bytes"),
        );
        return Err(Problem::invalid(vec![problem]));
    }
    Ok(PauseScope {
        corporation,
        flow: flow.map(Into::into),
        channel,
        by,
    })
}

/// A slip of the pen must not look like a pause.
fn known_flow(app: &App, scope: &PauseScope) -> Result<(), Problem> {
    let Some(flow) = scope.flow.as_deref() else {
        return Ok(());
    };
    let whose: Vec<CorporationId> = match scope.corporation {
        Some(corporation) => vec![corporation],
        None => app.corporations.get().keys().copied().collect(),
    };
    // One that was taken out of the configuration too: what was accepted under it goes on.
    if whose
        .iter()
        .any(|corporation| app.book.knows(*corporation, flow))
    {
        return Ok(());
    }
    let names: HashSet<String> = whose
        .into_iter()
        .flat_map(|corporation| app.book.names(corporation))
        .collect();
    let mut known: Vec<String> = names.into_iter().collect();
    known.sort_unstable();
    Err(Rejected::UnknownFlow(known).into())
}

/// Those of the named that are paused. Nothing is resumed that is not paused: whoever believes so
/// would wait for what stays held. `named`: one scope, by whoever may have begun it.
fn standing(
    app: &App,
    named: &[PauseScope],
    caller: Option<CorporationId>,
) -> Result<Vec<PauseScope>, Problem> {
    let all = app.engine.pauses().all().into_iter();
    let standing: Vec<PauseScope> = all
        .map(|pause| pause.scope)
        .filter(|scope| named.contains(scope))
        .collect();
    if !standing.is_empty() {
        return Ok(standing);
    }
    let left: Vec<String> = visible(app, caller)
        .iter()
        .map(|pause| words(app, &pause.scope))
        .collect();
    let left = if left.is_empty() {
        "nothing is paused".to_owned()
    } else {
        format!("paused now: {}", left.join("; "))
    };
    let detail = format!(
        "{} is not paused as such: a resume names the scope of its pause; {left}",
        named
            .first()
            .map_or_else(String::new, |scope| words(app, scope))
    );
    Err(Problem::new(StatusCode::CONFLICT, "not_paused", detail))
}

async fn tell(app: &App, scope: &PauseScope, paused: bool) -> Result<(), Problem> {
    let mut waiting = Vec::new();
    // Every shard keeps its own copy. One that has no room leaves the call unanswered as done, and
    // repeating it is harmless.
    for inbox in app.engine.inboxes() {
        let control = if paused {
            Control::Pause(scope.clone())
        } else {
            Control::Resume(scope.clone())
        };
        let (reply, answer) = reply();
        inbox
            .offer_business(ShardRequest::Control { control, reply })
            .map_err(|Refused(_)| AskError::Full)?;
        waiting.push(answer);
    }
    for answer in waiting {
        answer.wait().await?;
    }
    Ok(())
}

/// One line for each thing that somebody held, let go, or looked at over the heads of corporations.
pub(super) fn audit(by: &str, action: &'static str, what: &str) {
    tracing::info!(target: AUDIT, by, action, what, "audit");
}

/// A scope in words: for people who read an answer or the log.
fn words(app: &App, scope: &PauseScope) -> String {
    let whose = scope.corporation.map_or_else(
        || "all corporations".to_owned(),
        |id| app.corporation_name(id),
    );
    let flow = scope
        .flow
        .as_deref()
        .map(|flow| format!(", flow {flow}"))
        .unwrap_or_default();
    let channel = scope
        .channel
        .map(|channel| format!(", channel {channel}"))
        .unwrap_or_default();
    let by = match (scope.by, scope.corporation) {
        (PausedBy::Operator, Some(_)) => ", by an operator",
        (PausedBy::Operator, None) | (PausedBy::Corporation, _) => "",
    };
    format!("{whose}{flow}{channel}{by}")
}

/// A corporation sees its own pauses and those of operators; an operator sees all.
fn visible(app: &App, caller: Option<CorporationId>) -> Vec<Pause> {
    let mine = |pause: &Pause| {
        caller.is_none() || pause.scope.corporation.is_none() || pause.scope.corporation == caller
    };
    app.engine.pauses().all().into_iter().filter(mine).collect()
}

fn told(app: &App, scope: PauseScope, caller: Option<CorporationId>) -> ToldBody {
    let PausesBody { pauses } = seen_by(app, caller);
    ToldBody {
        paused: visible(app, caller)
            .iter()
            .any(|pause| overlap(&pause.scope, &scope)),
        corporation: scope.corporation.map(|id| app.corporation_name(id)),
        flow: scope.flow.map(String::from),
        channel: scope.channel,
        pauses,
    }
}

/// Whether some send could fall under both.
fn overlap(one: &PauseScope, other: &PauseScope) -> bool {
    fn meet<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
        one.is_none() || other.is_none() || one == other
    }
    meet(one.corporation.as_ref(), other.corporation.as_ref())
        && meet(one.flow.as_ref(), other.flow.as_ref())
        && meet(one.channel.as_ref(), other.channel.as_ref())
}

pub(super) fn seen_by(app: &App, caller: Option<CorporationId>) -> PausesBody {
    let of = |pause: Pause| PauseBody {
        corporation: pause.scope.corporation.map(|id| app.corporation_name(id)),
        flow: pause.scope.flow.as_deref().map(str::to_owned),
        channel: pause.scope.channel,
        by: match pause.scope.by {
            PausedBy::Corporation => "corporation",
            PausedBy::Operator => "operator",
        },
        since: rfc3339(pause.since),
        complete: pause.complete,
    };
    PausesBody {
        pauses: visible(app, caller).into_iter().map(of).collect(),
    }
}
