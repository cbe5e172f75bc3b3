//! Owns `GET /v1/facts/unmatched`: facts that fitted nothing when they came and still do not, and how
//! somebody takes one from the list. What they say is read back from the journal. Refuses unbounded
//! pages, and to decide what fits: the shards do.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use sluis_actors::{Query, ShardAnswer, ShardRequest, UnmatchedFact};
use sluis_journal::{Journal, Sequence, Shard};
use sluis_model::{CorporationId, Input, Record, ShardId, Subject, Timestamp};

use super::auth::Caller;
use super::body::{JsonBody, json};
use super::lists::MOST_ROWS;
use super::notes::{Note, nearly};
use super::problem::Problem;
use super::query::{Asked, bad};
use super::stray::{self, Stray};
use crate::app::App;
use crate::ask::{AskError, ask};
use crate::explain::rfc3339;
use crate::intake::line_problem;

/// Longest name of whoever dismissed one, in bytes.
const MOST_WORD: usize = 200;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DismissRequest {
    by: String,
}

#[derive(Debug, Serialize)]
pub(super) struct DismissedBody {
    id: String,
}

/// `POST /v1/facts/unmatched/{id}/dismiss`: the fact leaves the lists for good. Said again, the same
/// answer; also when it fits something by now.
pub(super) async fn dismiss(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(id): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Json<DismissedBody>, Problem> {
    let request: DismissRequest = json(&body)?;
    if let Some(wrong) = line_problem("by", &request.by, 1, MOST_WORD) {
        return Err(Problem::invalid(vec![wrong]));
    }
    let place = Stray::Fact.place(&app, corporation, &id);
    let place = place.ok_or_else(|| Problem::not_found("fact"))?;
    stray::dismiss(&app, corporation, place, (&request.by, "fact")).await?;
    Ok(Json(DismissedBody { id }))
}

#[derive(Debug, Serialize)]
pub(super) struct UnmatchedBody {
    facts: Vec<FactRow>,
    /// Give this as `after` for the next page; absent: that was all.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// One fact that fits nothing.
#[derive(Debug, Serialize)]
pub(super) struct FactRow {
    /// Names the fact to `POST /v1/facts/unmatched/{id}/dismiss`.
    id: String,
    fact_id: String,
    tenant_id: String,
    r#type: Box<str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Subject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_cents: Option<i64>,
    occurred_at: String,
    /// When it was taken.
    since: String,
    /// `tenant`, `subject`, or both.
    unknown: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<Note>,
}

/// `GET /v1/facts/unmatched`
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    asked: Asked,
) -> Result<Json<UnmatchedBody>, Problem> {
    let asked = asked.only(&["after", "limit"])?;
    let limit = asked.number("limit", 1..=MOST_ROWS, 100)?;
    let from = asked
        .text("after")
        .map_or(Ok((0, 0)), |text| place(&app, corporation, text))?;
    let (facts, next) = list(&app, corporation, from, limit, None).await?;
    let cursor = |(shard, sequence): (u16, u64)| {
        let plain: Vec<u8> = [u64::from(shard), sequence]
            .into_iter()
            .flat_map(u64::to_be_bytes)
            .collect();
        app.reference
            .encrypt(corporation, crate::ids::nonce(), &plain)
    };
    Ok(Json(UnmatchedBody {
        facts,
        next: next.map(cursor),
    }))
}

fn place(app: &App, corporation: CorporationId, text: &str) -> Result<(u16, u64), Problem> {
    let wrong = || bad("after: expected `next` of the page before, as it was given");
    let plain = app
        .reference
        .decrypt(corporation, text)
        .map_err(|_| wrong())?;
    let (numbers, rest) = plain.as_chunks::<8>();
    match numbers {
        [shard, sequence] if rest.is_empty() => {
            let shard = u16::try_from(u64::from_be_bytes(*shard)).map_err(|_| wrong())?;
            Ok((shard, u64::from_be_bytes(*sequence)))
        }
        _ => Err(wrong()),
    }
}

/// Those after a place, oldest first within each shard, with where to go on. `before`: only those
/// taken until then.
pub(super) async fn list(
    app: &Arc<App>,
    corporation: CorporationId,
    from: (u16, u64),
    limit: usize,
    before: Option<Timestamp>,
) -> Result<(Vec<FactRow>, Option<(u16, u64)>), Problem> {
    let (found, next) = find(app, corporation, from, limit, before).await?;
    Ok((read(app, corporation, found).await?, next))
}

/// Those that the shards know, with where to go on.
async fn find(
    app: &App,
    corporation: CorporationId,
    (mut shard, mut after): (u16, u64),
    limit: usize,
    before: Option<Timestamp>,
) -> Result<(Vec<(u16, UnmatchedFact)>, Option<(u16, u64)>), Problem> {
    let mut found: Vec<(u16, UnmatchedFact)> = Vec::new();
    while let Some(inbox) = app.engine.inbox(ShardId(shard)) {
        if found.len() >= limit {
            return Ok((found, Some((shard, after))));
        }
        let query = Query::Unmatched {
            corporation,
            after,
            limit: limit - found.len(),
        };
        let ShardAnswer::Unmatched { rows, more } =
            ask(inbox, |reply| ShardRequest::Query { query, reply }).await?
        else {
            return Err(AskError::Lost.into());
        };
        let last = rows.last().map(|row| row.sequence);
        found.extend(
            rows.into_iter()
                .filter(|row| before.is_none_or(|before| row.at <= before))
                .map(|row| (shard, row)),
        );
        match last.filter(|_| more) {
            Some(last) => after = last,
            None => (shard, after) = (shard + 1, 0),
        }
    }
    Ok((found, None))
}

/// Reads what they say from the journal. A record that is not kept any more has nothing to show.
async fn read(
    app: &App,
    corporation: CorporationId,
    found: Vec<(u16, UnmatchedFact)>,
) -> Result<Vec<FactRow>, Problem> {
    let journal = app.engine.journal().clone();
    let ids: Vec<String> = found
        .iter()
        .map(|(shard, row)| Stray::Fact.id(app, corporation, (*shard, row.sequence)))
        .collect();
    let read = move || {
        let rows = found.iter().zip(ids);
        rows.filter_map(|((shard, row), id)| fact_row(&*journal, Shard(*shard), row, id))
            .collect()
    };
    let unreadable = |_| {
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "journal_unreadable",
            "the journal could not be read",
        )
    };
    tokio::task::spawn_blocking(read).await.map_err(unreadable)
}

fn fact_row(
    journal: &dyn Journal,
    shard: Shard,
    row: &UnmatchedFact,
    id: String,
) -> Option<FactRow> {
    let bytes = journal.read(shard, Sequence(row.sequence)).ok()??;
    let Ok(Record::Tenant(record)) = Record::decode(&bytes) else {
        return None;
    };
    let told = told(record.input)?;
    Some(FactRow {
        id,
        fact_id: told.fact_id.to_string(),
        tenant_id: row.tenant.to_string(),
        r#type: told.kind,
        subject: told.subject,
        amount_cents: told.amount_cents,
        occurred_at: rfc3339(told.occurred_at),
        since: rfc3339(row.at),
        unknown: unknown_of(row),
        notes: row.near.iter().map(nearly).collect(),
    })
}

/// What a row shows of a fact.
struct Told {
    fact_id: Box<str>,
    kind: Box<str>,
    subject: Option<Subject>,
    amount_cents: Option<i64>,
    occurred_at: Timestamp,
}

fn told(input: Input) -> Option<Told> {
    match input {
        Input::Fact(fact) => Some(Told {
            fact_id: fact.fact_id,
            kind: fact.kind.name().into(),
            subject: fact.subject,
            amount_cents: fact.amount_cents,
            occurred_at: fact.occurred_at,
        }),
        Input::Declared(fact) => Some(Told {
            fact_id: fact.fact_id,
            kind: fact.kind,
            subject: fact.subject,
            amount_cents: None,
            occurred_at: fact.occurred_at,
        }),
        _ => None,
    }
}

/// What it misses.
fn unknown_of(row: &UnmatchedFact) -> Vec<&'static str> {
    let tenant = row.unknown_tenant.then_some("tenant");
    let subject = row.unknown_subject.then_some("subject");
    tenant.into_iter().chain(subject).collect()
}
