//! Owns `GET /v1/facts/unmatched`: facts that fitted nothing when they came and still do not. What
//! they say is read back from the journal. Refuses unbounded pages, and to decide what fits: the
//! shards do.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use sluis_actors::{Letter, Query, ShardAnswer, UnmatchedFact};
use sluis_journal::{Journal, Sequence, Shard};
use sluis_model::{CorporationId, Input, Record, ShardId, Subject, Timestamp};

use super::auth::Caller;
use super::lists::MOST_ROWS;
use super::notes::{Note, nearly};
use super::problem::Problem;
use super::query::{Asked, bad};
use crate::app::App;
use crate::ask::{AskError, ask};
use crate::explain::rfc3339;

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
    fact_id: String,
    tenant_id: String,
    r#type: &'static str,
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
    (mut shard, mut after): (u16, u64),
    limit: usize,
    before: Option<Timestamp>,
) -> Result<(Vec<FactRow>, Option<(u16, u64)>), Problem> {
    let mut found: Vec<(u16, UnmatchedFact)> = Vec::new();
    let mut next = None;
    while let Some(inbox) = app.engine.inbox(ShardId(shard)) {
        if found.len() >= limit {
            next = Some((shard, after));
            break;
        }
        let query = Query::Unmatched {
            corporation,
            after,
            limit: limit - found.len(),
        };
        let ShardAnswer::Unmatched { rows, more } =
            ask(inbox, |reply| Letter::Query { query, reply }).await?
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
    let journal = app.engine.journal().clone();
    let read = move || {
        found
            .iter()
            .map(|(shard, row)| fact_row(&*journal, Shard(*shard), row))
            .collect::<Vec<_>>()
    };
    let unreadable = |_| {
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "journal_unreadable",
            "the journal could not be read",
        )
    };
    let rows = tokio::task::spawn_blocking(read)
        .await
        .map_err(unreadable)?;
    // A record that is not kept any more has nothing to show.
    Ok((rows.into_iter().flatten().collect(), next))
}

fn fact_row(journal: &dyn Journal, shard: Shard, row: &UnmatchedFact) -> Option<FactRow> {
    let bytes = journal.read(shard, Sequence(row.sequence)).ok()??;
    let Ok(Record::Tenant(record)) = Record::decode(&bytes) else {
        return None;
    };
    let Input::Fact(fact) = record.input else {
        return None;
    };
    let unknown = [
        ("tenant", row.unknown_tenant),
        ("subject", row.unknown_subject),
    ];
    Some(FactRow {
        fact_id: fact.fact_id.to_string(),
        tenant_id: row.tenant.to_string(),
        r#type: fact.kind.name(),
        subject: fact.subject,
        amount_cents: fact.amount_cents,
        occurred_at: rfc3339(fact.occurred_at),
        since: rfc3339(row.at),
        unknown: unknown
            .into_iter()
            .filter(|(_, is_unknown)| *is_unknown)
            .map(|(what, _)| what)
            .collect(),
        notes: row.near.iter().map(nearly).collect(),
    })
}
