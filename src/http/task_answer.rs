//! Owns the giving of one answer to one task, and the check of what comes with it. Refuses to know whether
//! it is one of many that get the same.

use http::StatusCode;
use sluis_actors::{ShardAnswer, ShardRequest};
use sluis_model::{
    Answer, CorporationId, FlowBook, Input, NotificationId, Open, Phase, TaskAnswer, TaskAnswered,
    known_answers,
};

use super::named::snapshot;
use super::problem::Problem;
use super::task_late::not_open;
use crate::app::App;
use crate::ask::{AskError, ask};
use crate::intake;
use crate::intake::answer::Says;

/// What somebody decided.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'a> {
    pub answer: &'a str,
    pub by: &'a str,
}

/// A task: its notification, and its number.
pub(super) type TaskId = (NotificationId, u16);

/// Gives an answer with the text of its `fields`, if it has them.
///
/// # Errors
/// 404: no such task. 409: it is not open any more. 422: the answer leads nowhere, or its fields are not
/// what it asks for.
pub(super) async fn give_alone(
    app: &App,
    corporation: CorporationId,
    task: TaskId,
    word: Word<'_>,
    fields: Option<&str>,
) -> Result<(), Problem> {
    let says = match fields {
        None => Box::default(),
        Some(fields) => check(app, corporation, task, word, fields).await?,
    };
    match give(app, corporation, task, word, says).await? {
        Some(TaskAnswer::Taken) => Ok(()),
        Some(TaskAnswer::Unknown(known)) => Err(unknown_answer(word.answer, &known)),
        Some(TaskAnswer::Lacks(_)) => {
            // The mistakes in full: what each of them must be.
            check(app, corporation, task, word, "{}").await?;
            Err(not_open(app, corporation, task).await)
        }
        Some(TaskAnswer::NotOpen) => Err(not_open(app, corporation, task).await),
        Some(TaskAnswer::UnderWay) => Err(AskError::Full.into()),
        None => Err(Problem::not_found("task")),
    }
}

/// Reads the fields that come with an answer, by what the task asks for.
async fn check(
    app: &App,
    corporation: CorporationId,
    task: TaskId,
    word: Word<'_>,
    fields: &str,
) -> Result<Says, Problem> {
    let (id, number) = task;
    let not_found = || Problem::not_found("task");
    let snapshot = snapshot(app, corporation, id).await?;
    let snapshot = snapshot.ok_or_else(not_found)?;
    let open = snapshot.tenant.find(id);
    let open = open.filter(|open| matches!(open.phase, Phase::Task { task, .. } if task == number));
    match open {
        Some(open) => by_question(app, open, word, fields),
        None => Err(not_open(app, corporation, task).await),
    }
}

fn by_question(app: &App, open: &Open, word: Word<'_>, fields: &str) -> Result<Says, Problem> {
    let flow = app.book.flow(open.flow);
    let step = flow.and_then(|flow| flow.step(open.step));
    let question = step.and_then(|step| step.kind.question());
    let reply = question.and_then(|question| question.reply(word.answer));
    if let (Some(step), None, Phase::Task { asked, .. }) = (step, reply, &open.phase) {
        let known = known_answers(step, &asked.cause);
        if !known.iter().any(|known| **known == *word.answer) {
            return Err(unknown_answer(word.answer, &known));
        }
    }
    let asked = reply.map_or(&[][..], |reply| &reply.fields);
    intake::answer::parse(fields, asked).map_err(Problem::invalid)
}

/// What the task said to it; none: there is no such notification for this corporation.
pub(super) async fn give(
    app: &App,
    corporation: CorporationId,
    (id, task): TaskId,
    word: Word<'_>,
    says: Says,
) -> Result<Option<TaskAnswer>, Problem> {
    let (answer, by) = (word.answer.into(), word.by.into());
    let input = if says.is_empty() {
        Input::Answer {
            id,
            task,
            answer,
            by,
        }
    } else {
        Input::TaskAnswered(Box::new(TaskAnswered {
            id,
            task,
            answer,
            by,
            says,
        }))
    };
    tell(app, corporation, id, input).await
}

/// Tells the shard of a notification what somebody answered, the tenant or people; none: there is no such
/// notification for this corporation.
///
/// # Errors
/// See [`AskError`].
pub(super) async fn tell(
    app: &App,
    corporation: CorporationId,
    id: NotificationId,
    input: Input,
) -> Result<Option<TaskAnswer>, Problem> {
    let Some(inbox) = app.engine.inbox_by_id(id) else {
        return Ok(None);
    };
    let by_id = |reply| ShardRequest::ById {
        corporation,
        id,
        input,
        reply,
    };
    match ask(inbox, by_id).await? {
        ShardAnswer::Decided {
            answer: Answer::Task(said),
            ..
        } => Ok(Some(said)),
        ShardAnswer::Decided { .. } => Ok(Some(TaskAnswer::NotOpen)),
        ShardAnswer::NotFound => Ok(None),
        // Answers to other requests than this one.
        ShardAnswer::Echo
        | ShardAnswer::Accepted { .. }
        | ShardAnswer::Snapshot(_)
        | ShardAnswer::List { .. }
        | ShardAnswer::Survey { .. }
        | ShardAnswer::Roll { .. }
        | ShardAnswer::Census(_)
        | ShardAnswer::Unmatched { .. }
        | ShardAnswer::AlikeTasks(_)
        | ShardAnswer::Unread(_)
        | ShardAnswer::Gathered(_)
        | ShardAnswer::Dropped
        | ShardAnswer::Erasure(_)
        | ShardAnswer::NotTaken(_) => Err(AskError::Lost.into()),
    }
}

/// 422: the answer leads nowhere; these do.
pub(super) fn unknown_answer(answer: &str, known: &[Box<str>]) -> Problem {
    let known = known.join(", ");
    let detail = format!("answer {answer:?} leads nowhere: expected one of {known}");
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_answer", detail)
}
