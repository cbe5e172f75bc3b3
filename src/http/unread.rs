//! Owns the messages in `GET /v1/tasks` that nobody could read and that no task asks about: they speak
//! of an attempt the flow has left behind, of a notification that ended, or in words that nobody has
//! mapped. What they say is read back from the journal. Refuses to decide what they mean: whoever has
//! read one says so, and it leaves the list.

use std::sync::Arc;

use futures::future::join_all;
use serde::Serialize;
use sluis_actors::{Query, ShardAnswer, ShardRequest};
use sluis_journal::{Journal, Sequence, Shard};
use sluis_model::{Control, CorporationId, Event, Input, NotificationId, Record, TenantRecord};

use super::problem::Problem;
use super::stray::{self, Stray};
use super::task_answer::{Word, unknown_answer};
use crate::app::App;
use crate::ask::{AskError, ask};
use crate::explain::rfc3339;

/// What is said of a message that somebody has looked at.
const READ: &str = "read";

/// One message.
#[derive(Debug, Serialize)]
pub(super) struct UnreadBody {
    /// For the answer; the same each time.
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    notification: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_id: Option<String>,
    /// Which provider brought it; `email` for a mail.
    provider: String,
    since: String,
    /// What it says, as far as that is kept.
    said: String,
    answers: [&'static str; 1],
}

/// Those of a corporation, the oldest first.
pub(super) async fn list(
    app: &Arc<App>,
    corporation: CorporationId,
    limit: usize,
) -> Result<Vec<UnreadBody>, Problem> {
    let asked = app.engine.inboxes().iter().map(|inbox| {
        let query = Query::Unread { corporation, limit };
        ask(inbox, |reply| ShardRequest::Query { query, reply })
    });
    let mut places = Vec::new();
    for (shard, answer) in (0..).zip(join_all(asked).await) {
        let ShardAnswer::Unread(sequences) = answer? else {
            return Err(AskError::Lost.into());
        };
        places.extend(sequences.into_iter().map(|sequence| (shard, sequence)));
    }
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let app = app.clone();
    let read = move || {
        let bodies = places.into_iter().filter_map(|place| {
            let (at, body) = read(&*app.engine.journal().clone(), place)?;
            let id = Stray::Message.id(&app, corporation, place);
            Some((at, UnreadBody { id, ..body }))
        });
        let mut bodies: Vec<_> = bodies.collect();
        bodies.sort_by_key(|(at, _)| *at);
        bodies.truncate(limit);
        bodies.into_iter().map(|(_, body)| body).collect()
    };
    tokio::task::spawn_blocking(read)
        .await
        .map_err(|_| Problem::from(AskError::Lost))
}

/// What the record at a place says, and when it was written. None: it is not kept any more.
fn read(
    journal: &dyn Journal,
    (shard, sequence): (u16, u64),
) -> Option<(sluis_model::Timestamp, UnreadBody)> {
    let bytes = journal.read(Shard(shard), Sequence(sequence)).ok()??;
    let record = Record::decode(&bytes).ok()?;
    let at = record.at();
    let body = match record {
        Record::Tenant(record) => of_tenant(&record)?,
        Record::Control(record) => match record.control {
            Control::Unexplained {
                id, provider, text, ..
            } => body((id, None), None, &provider, text.into()),
            _ => return None,
        },
        // Somebody must be able to take it from the list all the same.
        Record::Gone(_) => {
            let said = "its tenant was erased: nothing of it can be read any more";
            body((None, None), None, "", said.to_owned())
        }
        Record::Stored(_) => return None,
    };
    let since = rfc3339(at);
    Some((at, UnreadBody { since, ..body }))
}

fn of_tenant(record: &TenantRecord) -> Option<UnreadBody> {
    let provider = match &record.input {
        Input::Receipt(receipt) => &receipt.provider,
        Input::LateReceipt(late) => &late.receipt.provider,
        _ => return None,
    };
    record.events.iter().find_map(|event| match event {
        Event::Unexplained { id, attempt, why } => {
            let said = format!("{}: {}", why.code, why.text);
            let about = (Some(*id), Some(*attempt));
            Some(body(about, Some(&record.tenant.tenant), provider, said))
        }
        _ => None,
    })
}

fn body(
    (id, attempt): (Option<NotificationId>, Option<u16>),
    tenant: Option<&str>,
    provider: &str,
    said: String,
) -> UnreadBody {
    UnreadBody {
        id: String::new(),
        notification: id.map(|id| id.to_string()),
        attempt,
        tenant_id: tenant.map(str::to_owned),
        provider: provider.to_owned(),
        since: String::new(),
        said,
        answers: [READ],
    }
}

/// Takes one from the list, if the id names one; says whether it does.
///
/// # Errors
/// 422: the answer leads nowhere.
pub(super) async fn answer(
    app: &App,
    corporation: CorporationId,
    id: &str,
    word: Word<'_>,
) -> Result<bool, Problem> {
    let Some(place) = Stray::Message.place(app, corporation, id) else {
        return Ok(false);
    };
    if word.answer != READ {
        return Err(unknown_answer(word.answer, &[READ.into()]));
    }
    stray::dismiss(app, corporation, place, (word.by, "task")).await?;
    Ok(true)
}
