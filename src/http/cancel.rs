//! Owns cancellation: by id, or of everything about a subject. The answer says exactly what was
//! stopped and what was already gone. Refuses to promise that a message which left can be called
//! back.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use sluis_actors::{ShardAnswer, ShardRequest};
use sluis_model::{Answer, CancelTarget, Cancelled, Input, Intent, home_shard};

use super::auth::Caller;
use super::body::{JsonBody, json};
use super::named;
use super::problem::Problem;
use crate::app::App;
use crate::ask::ask;
use crate::intake::{cancellation, line_problem};

/// Longest note kept.
const MOST_NOTE: usize = 200;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct OneBody {
    note: Option<String>,
}

/// What a cancellation did.
#[derive(Debug, Default, Serialize)]
pub(super) struct CancelledBody {
    stopped: Vec<StoppedBody>,
    not_open: Vec<String>,
}

#[derive(Debug, Serialize)]
struct StoppedBody {
    id: String,
    was: &'static str,
    already_gone: Vec<&'static str>,
}

impl CancelledBody {
    fn add(&mut self, cancelled: Cancelled) {
        self.stopped
            .extend(cancelled.stopped.into_iter().map(|stopped| {
                StoppedBody {
                    id: stopped.id.to_string(),
                    was: stopped.state,
                    already_gone: stopped
                        .already_gone
                        .into_iter()
                        .map(|channel| channel.name())
                        .collect(),
                }
            }));
        self.not_open
            .extend(cancelled.not_open.iter().map(ToString::to_string));
    }

    fn add_answer(&mut self, answer: ShardAnswer) -> Result<(), Problem> {
        match answer {
            ShardAnswer::Decided {
                answer: Answer::Cancelled(cancelled),
                ..
            } => self.add(cancelled),
            ShardAnswer::Gathered(parts) => parts
                .into_iter()
                .try_for_each(|part| self.add_answer(part))?,
            _ => return Err(crate::ask::AskError::Lost.into()),
        }
        Ok(())
    }
}

/// `POST /v1/notifications/{id}/cancel`
pub(super) async fn one(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(id): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Json<CancelledBody>, Problem> {
    let id = named::notification(&id)?;
    let body: OneBody = if body.is_empty() {
        OneBody::default()
    } else {
        json(&body)?
    };
    let note = note(&body.note.unwrap_or_default())?;
    let inbox = named::inbox(&app, id)?;
    let input = Input::Cancel {
        target: CancelTarget::Notification(id),
        note,
    };
    let mut result = CancelledBody::default();
    let request = |reply| ShardRequest::ById {
        corporation,
        id,
        input,
        reply,
    };
    match ask(inbox, request).await? {
        ShardAnswer::NotFound => return Err(named::not_found(&app, id)),
        answer => result.add_answer(answer)?,
    }
    Ok(Json(result))
}

/// `POST /v1/cancellations`
pub(super) async fn many(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    JsonBody(body): JsonBody,
) -> Result<Json<CancelledBody>, Problem> {
    let cancellation = cancellation::parse(&body).map_err(Problem::invalid)?;
    let (subject, note) = (cancellation.subject, cancellation.note.into());
    let home = home_shard(subject.id.as_bytes(), app.engine.shards());
    let inbox = app
        .engine
        .inbox(home)
        .ok_or_else(|| Problem::not_found("shard"))?;
    let work = Intent::CancelSubject {
        corporation,
        subject,
        note,
    };
    let mut result = CancelledBody::default();
    result.add_answer(ask(inbox, |reply| ShardRequest::Intent { work, reply }).await?)?;
    Ok(Json(result))
}

fn note(text: &str) -> Result<Box<str>, Problem> {
    match line_problem("note", text, 0, MOST_NOTE) {
        Some(problem) => Err(Problem::invalid(vec![problem])),
        None => Ok(text.into()),
    }
}
