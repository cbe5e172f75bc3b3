//! Owns the giving of one answer to one task. Refuses to know whether it is one of many that get the
//! same.

use http::StatusCode;
use sluis_actors::{ShardAnswer, ShardRequest};
use sluis_model::{Answer, CorporationId, Input, NotificationId, TaskAnswer};

use super::problem::Problem;
use crate::app::App;
use crate::ask::{AskError, ask};

/// What somebody decided.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'a> {
    pub answer: &'a str,
    pub by: &'a str,
}

/// What the task said to it; none: there is no such notification for this corporation.
pub(super) async fn give(
    app: &App,
    corporation: CorporationId,
    (id, task): (NotificationId, u16),
    word: Word<'_>,
) -> Result<Option<TaskAnswer>, Problem> {
    let Some(inbox) = app.engine.inbox_by_id(id) else {
        return Ok(None);
    };
    let input = Input::Answer {
        id,
        task,
        answer: word.answer.into(),
        by: word.by.into(),
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
        _ => Err(AskError::Lost.into()),
    }
}

/// 422: the answer leads nowhere; these do.
pub(super) fn unknown_answer(answer: &str, known: &[Box<str>]) -> Problem {
    let known = known.join(", ");
    let detail = format!("answer {answer:?} leads nowhere: expected one of {known}");
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_answer", detail)
}
