//! Owns the human queue: what waits for people, and their answers. Refuses answers that lead
//! nowhere, naming those that do.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use sluis_actors::{Listed, ShardAnswer, ShardRequest, StateFilter};
use sluis_model::{
    Answer, CorporationId, FlowBook, Input, NotificationId, Phase, Subject, TaskAnswer,
    known_answers,
};

use super::auth::Caller;
use super::body::{JsonBody, json};
use super::lists;
use super::problem::Problem;
use super::query::Asked;
use super::unmatched::{self, FactRow};
use crate::app::App;
use crate::ask::{AskError, ask};
use crate::explain::{self, rfc3339};
use crate::intake::line_problem;

#[derive(Debug, Serialize)]
pub(super) struct TasksBody {
    tasks: Vec<TaskBody>,
    /// Facts that have fitted nothing for longer than `limits.unmatched_task_after`: somebody
    /// should look. On the first page.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unmatched_facts: Vec<FactRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Debug, Serialize)]
struct TaskBody {
    /// `<notification>.<number>`.
    id: String,
    list: String,
    notification: String,
    tenant_id: String,
    flow: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Subject>,
    since: String,
    why: String,
    answers: Vec<String>,
}

/// `GET /v1/tasks`
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    asked: Asked,
) -> Result<Json<TasksBody>, Problem> {
    let asked = asked.only(&["list", "after", "limit"])?;
    let (after, limit) = (
        asked.id("after")?,
        asked.number("limit", 1..=lists::MOST_ROWS, 100)?,
    );
    let filter = StateFilter::Named("task".into());
    let (rows, next) = lists::open(&app, Some(corporation), &filter, after, limit).await?;
    let wanted = |task: &TaskBody| asked.text("list").is_none_or(|list| task.list == list);
    let tasks = rows.iter().filter_map(|listed| task(&app, listed));
    let first_page = after.is_none() && asked.text("list").is_none();
    let unmatched_facts = if first_page {
        old_unmatched(&app, corporation, limit).await?
    } else {
        Vec::new()
    };
    Ok(Json(TasksBody {
        tasks: tasks.filter(wanted).collect(),
        unmatched_facts,
        next: next.map(|id| id.to_string()),
    }))
}

/// Facts that have fitted nothing for so long that somebody should look.
async fn old_unmatched(
    app: &Arc<App>,
    corporation: CorporationId,
    limit: usize,
) -> Result<Vec<FactRow>, Problem> {
    let before = app.clock.now().plus(-app.unmatched_task_after_ms);
    let (rows, _) = unmatched::list(app, corporation, (0, 0), limit, Some(before)).await?;
    Ok(rows)
}

fn task(app: &App, listed: &Listed) -> Option<TaskBody> {
    let open = &listed.open;
    let Phase::Task {
        task,
        list,
        cause,
        since,
    } = &open.phase
    else {
        return None;
    };
    let flow = app.book.flow(open.flow)?;
    let step = flow.step(open.step)?;
    Some(TaskBody {
        id: format!("{}.{task}", open.id),
        list: list.to_string(),
        notification: open.id.to_string(),
        tenant_id: listed.tenant.to_string(),
        flow: flow.name.to_string(),
        subject: open.subject.as_deref().cloned(),
        since: rfc3339(*since),
        why: explain::cause_words(cause, flow),
        answers: known_answers(step, cause)
            .iter()
            .map(ToString::to_string)
            .collect(),
    })
}

/// Longest answer, and longest name of whoever gave it, in bytes.
const MOST_WORD: usize = 200;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerRequest {
    answer: String,
    by: String,
}

#[derive(Debug, Serialize)]
pub(super) struct AnswerBody {
    id: String,
    answer: String,
}

/// `POST /v1/tasks/{id}/answer`
pub(super) async fn answer(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(task_id): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Json<AnswerBody>, Problem> {
    let request: AnswerRequest = json(&body)?;
    request.check()?;
    let not_found = || Problem::not_found("task");
    let (id, task) = parse_task(&task_id).ok_or_else(not_found)?;
    let inbox = app.engine.inbox_by_id(id).ok_or_else(not_found)?;
    let input = Input::Answer {
        id,
        task,
        answer: request.answer.as_str().into(),
        by: request.by.as_str().into(),
    };
    let ask_shard = |reply| ShardRequest::ById {
        corporation,
        id,
        input,
        reply,
    };
    match ask(inbox, ask_shard).await? {
        ShardAnswer::Decided { answer, .. } => {
            said(&answer, &request.answer)?;
            Ok(Json(AnswerBody {
                id: task_id,
                answer: request.answer,
            }))
        }
        ShardAnswer::NotFound => Err(not_found()),
        _ => Err(AskError::Lost.into()),
    }
}

/// What the tenant's flow says to an answer.
fn said(answer: &Answer, given: &str) -> Result<(), Problem> {
    match answer {
        Answer::Task(TaskAnswer::Taken) => Ok(()),
        Answer::Task(TaskAnswer::Unknown(known)) => Err(unknown_answer(given, &known.join(", "))),
        _ => Err(Problem::new(
            StatusCode::CONFLICT,
            "task_not_open",
            "this task is not open any more",
        )),
    }
}

impl AnswerRequest {
    /// Whether each word is one line that is not empty.
    fn check(&self) -> Result<(), Problem> {
        let fields = [("answer", &self.answer), ("by", &self.by)];
        let wrong: Vec<_> = fields
            .iter()
            .filter_map(|(path, text)| line_problem(path, text, 1, MOST_WORD))
            .collect();
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(Problem::invalid(wrong)),
        }
    }
}

/// `<notification>.<number>`.
fn parse_task(text: &str) -> Option<(NotificationId, u16)> {
    let (id, task) = text.split_once('.')?;
    Some((id.parse().ok()?, task.parse().ok()?))
}

fn unknown_answer(answer: &str, known: &str) -> Problem {
    let detail = format!("answer {answer:?} leads nowhere: expected one of {known}");
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_answer", detail)
}
