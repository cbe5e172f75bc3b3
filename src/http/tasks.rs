//! Owns the human queue: what waits for people, and their answers; tasks that are one for people
//! are one row, and what no task is about stands beside them. Refuses answers that lead nowhere, naming those that do.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sluis_actors::{Listed, StateFilter};
use sluis_model::flow::Question;
use sluis_model::{
    CorporationId, FactField, FlowBook, NotificationId, Phase, Subject, TaskGroup, Timestamp,
    known_answers,
};

use super::auth::Caller;
use super::body::{JsonBody, json};
use super::lists;
use super::problem::Problem;
use super::query::{Asked, bad};
use super::question;
use super::task_answer::{Word, give_alone};
use super::task_groups::{self, GroupBody};
use super::unmatched::{self, FactRow};
use super::unread::{self, UnreadBody};
use crate::app::App;
use crate::explain::{self, rfc3339};
use crate::intake::{self, FieldProblem, ProblemCode, line_problem};

#[derive(Debug, Serialize)]
pub(super) struct TasksBody {
    tasks: Vec<TaskBody>,
    /// Tasks that are one for people, which are not among `tasks`. On the first page.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<GroupBody>,
    /// Facts that have fitted nothing for longer than `limits.unmatched_task_after`: somebody
    /// should look. On the first page.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unmatched_facts: Vec<FactRow>,
    /// Messages that nobody could read and that none of the tasks is about. On the first page.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unread_messages: Vec<UnreadBody>,
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
    /// The step at which it stands.
    step: String,
    since: String,
    why: String,
    /// Whose it is, where its flow says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    team: Option<String>,
    /// Then its flow goes on without an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<String>,
    #[serde(skip)]
    due_at: Option<Timestamp>,
    /// Then somebody is reminded.
    #[serde(skip_serializing_if = "Option::is_none")]
    remind_at: Option<String>,
    /// Since when it waits for longer than its flow likes.
    #[serde(skip_serializing_if = "Option::is_none")]
    reminded_at: Option<String>,
    /// What its flow says to people.
    #[serde(skip_serializing_if = "String::is_empty")]
    asks: String,
    answers: Vec<String>,
    /// What its answers ask for, of those that ask for fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    asks_for: Vec<AsksBody>,
}

/// What one answer asks for.
#[derive(Debug, Serialize)]
struct AsksBody {
    answer: String,
    fields: Vec<FieldBody>,
}

#[derive(Debug, Serialize)]
struct FieldBody {
    name: String,
    kind: &'static str,
    /// Whether it may be left out.
    optional: bool,
    /// The words that it may be; none: any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    one_of: Vec<String>,
    /// The least that a number may be, where there is a bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    least: Option<i64>,
    /// The most.
    #[serde(skip_serializing_if = "Option::is_none")]
    most: Option<i64>,
}

/// `GET /v1/tasks`
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    asked: Asked,
) -> Result<Json<TasksBody>, Problem> {
    let asked = asked.only(&["list", "team", "due_before", "group", "after", "limit"])?;
    let (after, limit) = (
        asked.id("after")?,
        asked.number("limit", 1..=lists::MOST_ROWS, 100)?,
    );
    let filter = filter(asked.text("group"))?;
    let (rows, next) = lists::open(&app, Some(corporation), &filter, after, limit).await?;
    let due_before = asked.text("due_before").map(instant).transpose()?;
    let wanted = |task: &TaskBody| {
        asked.text("list").is_none_or(|list| task.list == list)
            && asked
                .text("team")
                .is_none_or(|team| task.team.as_deref() == Some(team))
            && due_before.is_none_or(|before| task.due_at.is_some_and(|due| due < before))
    };
    let tasks = rows.iter().filter_map(|listed| task(&app, listed));
    // What the engine asks by itself has no team and no deadline.
    let is_planned = asked.text("team").is_some() || due_before.is_some();
    let is_first = after.is_none() && filter == StateFilter::TasksAlone && !is_planned;
    let (mut groups, mut unmatched_facts) = (Vec::new(), Vec::new());
    let mut unread_messages = Vec::new();
    if is_first {
        groups = task_groups::list(&app, corporation, asked.text("list")).await?;
    }
    if is_first && asked.text("list").is_none() {
        unmatched_facts = old_unmatched(&app, corporation, limit).await?;
        unread_messages = unread::list(&app, corporation, limit).await?;
    }
    Ok(Json(TasksBody {
        tasks: tasks.filter(wanted).collect(),
        groups,
        unmatched_facts,
        unread_messages,
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

/// An instant of a query.
fn instant(text: &str) -> Result<Timestamp, Problem> {
    let read: Result<jiff::Timestamp, _> = text.parse();
    let read = read.map(|instant| Timestamp(instant.as_millisecond()));
    read.map_err(|_| {
        bad("due_before: expected an instant, such as 2026-12-01T17:00:00Z; in an address + is written %2B")
    })
}

/// Which tasks are rows of their own.
fn filter(group: Option<&str>) -> Result<StateFilter, Problem> {
    let Some(text) = group else {
        return Ok(StateFilter::TasksAlone);
    };
    TaskGroup::parse(text)
        .map(StateFilter::TasksAlike)
        .ok_or_else(|| bad("group: expected the `id` of a row of `groups`"))
}

fn task(app: &App, listed: &Listed) -> Option<TaskBody> {
    let open = &listed.open;
    let Phase::Task {
        task,
        list,
        asked,
        since,
    } = &open.phase
    else {
        return None;
    };
    let flow = app.book.flow(open.flow)?;
    let step = flow.step(open.step)?;
    // What the engine itself asks at a step is not what the step asks.
    let question = step.kind.question();
    let plan = asked.plan.as_deref();
    let asks = question.map_or("", |question| &question.asks);
    Some(TaskBody {
        id: format!("{}.{task}", open.id),
        list: list.to_string(),
        notification: open.id.to_string(),
        tenant_id: listed.tenant.to_string(),
        flow: flow.name.to_string(),
        subject: open.subject.as_deref().cloned(),
        step: step.id.to_string(),
        since: rfc3339(*since),
        why: explain::cause_words(&asked.cause, flow),
        team: plan
            .and_then(|plan| plan.team.as_ref())
            .map(ToString::to_string),
        due: plan.and_then(|plan| plan.due).map(rfc3339),
        remind_at: plan.and_then(|plan| plan.remind_at).map(rfc3339),
        reminded_at: plan.and_then(|plan| plan.reminded_at).map(rfc3339),
        due_at: plan.and_then(|plan| plan.due),
        asks: asks.to_owned(),
        asks_for: question.map(asks_for).unwrap_or_default(),
        answers: known_answers(step, &asked.cause)
            .iter()
            .map(ToString::to_string)
            .collect(),
    })
}

fn asks_for(question: &Question) -> Vec<AsksBody> {
    let asking = question.replies.iter();
    let asking = asking.filter(|reply| !reply.fields.is_empty());
    let bodies = asking.map(|reply| AsksBody {
        answer: reply.name.to_string(),
        fields: reply.fields.iter().map(field).collect(),
    });
    bodies.collect()
}

fn field(of: &FactField) -> FieldBody {
    FieldBody {
        name: of.field.name.to_string(),
        kind: of.field.kind.name(),
        optional: of.field.optional,
        one_of: of.one_of.iter().map(ToString::to_string).collect(),
        least: of
            .within
            .map(|(least, _)| least)
            .filter(|of| *of != i64::MIN),
        most: of.within.map(|(_, most)| most).filter(|of| *of != i64::MAX),
    }
}

/// Longest answer, and longest name of whoever gave it, in bytes.
const MOST_WORD: usize = 200;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerRequest {
    answer: String,
    by: String,
    /// What the answer asks for: an object.
    fields: Option<Box<RawValue>>,
    /// For a group: where to go on.
    after: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct AnswerBody {
    id: String,
    answer: String,
    /// For a group: how many tasks took it.
    #[serde(skip_serializing_if = "Option::is_none")]
    answered: Option<u64>,
    /// For a group: give this as `after`, with the same answer, for the others; absent: that was
    /// all.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// `POST /v1/tasks/{id}/answer`
pub(super) async fn answer(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(task_id): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Json<AnswerBody>, Problem> {
    let request: AnswerRequest = json(&body)?;
    let after = request.check()?;
    let fields = request.fields.as_deref().map(RawValue::get);
    let word = Word {
        answer: &request.answer,
        by: &request.by,
    };
    let mut done = AnswerBody {
        id: task_id,
        answer: request.answer.clone(),
        answered: None,
        next: None,
    };
    match TaskGroup::parse(&done.id) {
        Some(_) if fields.is_some() => {
            return Err(Problem::invalid(vec![intake::answer::unasked()]));
        }
        Some(group) => {
            let given = task_groups::answer(&app, corporation, group, word, after).await?;
            done.answered = Some(given.answered);
            done.next = given.next.map(|id| id.to_string());
        }
        None if after.is_some() => return Err(alone()),
        None if unread::answer(&app, corporation, &done.id, word).await? => {}
        None => match parse_task(&done.id).ok_or_else(|| Problem::not_found("task"))? {
            (id, Number::Task(task)) => {
                give_alone(&app, corporation, (id, task), word, fields).await?;
            }
            (id, Number::Step(step)) => {
                let word = (word.answer, word.by);
                question::give_for(&app, corporation, (id, step), word, fields).await?;
            }
        },
    }
    Ok(Json(done))
}

/// 422: `after` beside a task that is no group.
fn alone() -> Problem {
    let expected = "nothing: only a group of tasks is answered in pieces";
    Problem::invalid(vec![FieldProblem::new(
        "after",
        ProblemCode::Contradiction,
        expected,
    )])
}

impl AnswerRequest {
    /// Whether each word is one line that is not empty, and where a group goes on.
    fn check(&self) -> Result<Option<NotificationId>, Problem> {
        let fields = [("answer", &self.answer), ("by", &self.by)];
        let mut wrong: Vec<_> = fields
            .iter()
            .filter_map(|(path, text)| line_problem(path, text, 1, MOST_WORD))
            .collect();
        let after = self.after.as_deref().map(str::parse).transpose();
        if after.is_err() {
            let expected = "`next` of the answer before, as it was given";
            let problem = FieldProblem::new("after", ProblemCode::UnknownWord, expected);
            wrong.push(problem);
        }
        match after {
            Ok(after) if wrong.is_empty() => Ok(after),
            _ => Err(Problem::invalid(wrong)),
        }
    }
}

/// Which task of a notification, or which question to its tenant.
enum Number<'a> {
    Task(u16),
    Step(&'a str),
}

/// `<notification>.<number>`, or `<notification>.<step>` for the tenant's answer to what a step asks.
fn parse_task(text: &str) -> Option<(NotificationId, Number<'_>)> {
    let (id, of) = text.split_once('.')?;
    let number = of.parse().map_or(Number::Step(of), Number::Task);
    Some((id.parse().ok()?, number))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sluis_model::FactField;
    use sluis_model::flow::{FieldKind, InputField};

    use super::field;

    #[test]
    fn a_field_says_which_numbers_it_may_be() {
        let score = |within| FactField {
            field: InputField {
                name: "score".into(),
                kind: FieldKind::Integer,
                optional: false,
                most: 200,
            },
            one_of: Box::default(),
            within,
        };
        let body = |within| serde_json::to_value(field(&score(within))).expect("JSON");
        let plain = json!({ "name": "score", "kind": "integer", "optional": false });
        assert_eq!(body(None), plain);
        let with = |key: &str, bound: i64| {
            let mut with = plain.clone();
            with[key] = bound.into();
            with
        };
        assert_eq!(body(Some((1, i64::MAX))), with("least", 1));
        assert_eq!(body(Some((i64::MIN, 10))), with("most", 10));
        let mut both = with("least", 1);
        both["most"] = 10.into();
        assert_eq!(body(Some((1, 10))), both);
    }
}
