//! Owns the tasks that are one for people: those of messages that could not be made for one reason.
//! One row counts them, and one answer is given to each. Refuses to answer without end: beyond a
//! bound it says where to go on.

use std::collections::BTreeMap;

use futures::future::join_all;
use serde::Serialize;
use sluis_actors::{Alike, AlikeTasks, Listed, Query, ShardAnswer, ShardRequest, StateFilter};
use sluis_model::{
    CorporationId, FlowBook, NotificationId, Phase, TaskAnswer, TaskGroup, known_answers,
};

use super::lists;
use super::problem::Problem;
use super::task_answer::{Word, give, unknown_answer};
use crate::app::App;
use crate::ask::{AskError, ask};
use crate::explain::{self, rfc3339};

/// Most rows told at once: there are as many as reasons, and each needs somebody.
const MOST_GROUPS: usize = 1_000;
/// Most tasks that one call answers.
const MOST_ANSWERED: u64 = 1_000;
/// Most answers under way at once, so that a call leaves room in the shards' lines.
const AT_ONCE: usize = 64;

/// Tasks that are one for people.
#[derive(Debug, Serialize)]
pub(super) struct GroupBody {
    /// For the answer, and for `GET /v1/tasks?group=`.
    id: String,
    list: String,
    flow: String,
    step: String,
    /// Since when the oldest waits.
    since: String,
    /// In the words of the oldest.
    why: String,
    /// How many notifications wait with it.
    notifications: u64,
    answers: Vec<String>,
}

/// What one answer did.
pub(super) struct Answered {
    /// Tasks that took it.
    pub answered: u64,
    /// Behind which id to go on; none: that was all.
    pub next: Option<NotificationId>,
}

/// Those of a corporation, the oldest first; of one list, or of all.
pub(super) async fn list(
    app: &App,
    corporation: CorporationId,
    list: Option<&str>,
) -> Result<Vec<GroupBody>, Problem> {
    let asked = app.engine.inboxes().iter().map(|inbox| {
        let query = Query::AlikeTasks { corporation };
        ask(inbox, |reply| ShardRequest::Query { query, reply })
    });
    let mut groups: BTreeMap<TaskGroup, AlikeTasks> = BTreeMap::new();
    for answer in join_all(asked).await {
        let ShardAnswer::AlikeTasks(rows) = answer? else {
            return Err(AskError::Lost.into());
        };
        rows.into_iter().for_each(|row| add(&mut groups, row));
    }
    let wanted = |row: &AlikeTasks| list.is_none_or(|list| *row.alike.list == *list);
    let mut rows: Vec<_> = groups.into_values().filter(wanted).collect();
    rows.sort_by_key(|row| row.oldest);
    rows.truncate(MOST_GROUPS);
    Ok(rows.iter().filter_map(|row| group(app, row)).collect())
}

/// One group, counted over all shards, in the words of its oldest.
fn add(groups: &mut BTreeMap<TaskGroup, AlikeTasks>, mut row: AlikeTasks) {
    let Some(known) = groups.get_mut(&row.alike.group) else {
        groups.insert(row.alike.group, row);
        return;
    };
    let count = known.count + row.count;
    if row.oldest < known.oldest {
        std::mem::swap(known, &mut row);
    }
    known.count = count;
}

fn group(app: &App, row: &AlikeTasks) -> Option<GroupBody> {
    let Alike {
        group,
        flow,
        step,
        list,
    } = &row.alike;
    let flow = app.book.flow(*flow)?;
    let step = flow.step(*step)?;
    Some(GroupBody {
        id: group.to_string(),
        list: list.to_string(),
        flow: flow.name.to_string(),
        step: step.id.to_string(),
        since: rfc3339(row.oldest.0),
        why: explain::cause_words(&row.cause, flow),
        notifications: row.count,
        answers: known_answers(step, &row.cause)
            .iter()
            .map(ToString::to_string)
            .collect(),
    })
}

/// Gives one answer to each task of the group, in order of their ids, from `after` on.
///
/// # Errors
/// 404: nothing waits in it. 422: the answer leads nowhere. 503: a shard's line is full; those
/// before it are answered, and the same call goes on with the others.
pub(super) async fn answer(
    app: &App,
    corporation: CorporationId,
    group: TaskGroup,
    word: Word<'_>,
    after: Option<NotificationId>,
) -> Result<Answered, Problem> {
    let filter = StateFilter::TasksAlike(group);
    let mut place = after;
    let mut answered = 0;
    let mut seen = false;
    loop {
        let of = Some(corporation);
        let (rows, next) = lists::open(app, of, &filter, place, AT_ONCE).await?;
        if let Some(first) = rows.first().filter(|_| !seen) {
            check(app, first, word.answer)?;
            seen = true;
        }
        let each = rows
            .iter()
            .map(|row| answer_one(app, corporation, row, word));
        for taken in join_all(each).await {
            answered += u64::from(taken?);
        }
        if next.is_none() && after.is_none() && !seen {
            return Err(Problem::not_found("task"));
        }
        if next.is_none() || answered >= MOST_ANSWERED {
            return Ok(Answered { answered, next });
        }
        place = next;
    }
}

/// Whether the answer leads anywhere from here: those of a group have the same answers.
fn check(app: &App, listed: &Listed, answer: &str) -> Result<(), Problem> {
    let Phase::Task { asked, .. } = &listed.open.phase else {
        return Ok(());
    };
    let flow = app.book.flow(listed.open.flow);
    let Some(step) = flow.and_then(|flow| flow.step(listed.open.step)) else {
        return Ok(());
    };
    let known = known_answers(step, &asked.cause);
    if known.iter().any(|known| **known == *answer) {
        return Ok(());
    }
    Err(unknown_answer(answer, &known))
}

/// Whether the task took it; not when it was over a moment before.
async fn answer_one(
    app: &App,
    corporation: CorporationId,
    listed: &Listed,
    word: Word<'_>,
) -> Result<bool, Problem> {
    let Phase::Task { task, .. } = listed.open.phase else {
        return Ok(false);
    };
    let said = give(
        app,
        corporation,
        (listed.open.id, task),
        word,
        Box::default(),
    )
    .await?;
    Ok(said == Some(TaskAnswer::Taken))
}
