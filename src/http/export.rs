//! Owns the export of all that is held of one tenant (AVG, art. 15 and 20): what the archive has, with
//! what it has not sealed yet, and what the engine knows now. Refuses to be unbounded: what is larger is
//! exported on the command line, and one is put together at a time.

use std::ops::ControlFlow;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use sluis_actors::{Query, ShardAnswer, ShardRequest};
use sluis_archive::{Archive, ArchiveError, Found, Hash, Key};
use sluis_model::{Tenant, TenantKey, Timestamp};
use tokio::sync::Semaphore;

use super::archive::{archive, archiving, behind, unreadable};
use super::auth::Caller;
use super::problem::Problem;
use super::query::{Asked, bad};
use super::tenants::key;
use crate::app::App;
use crate::ask::ask;
use crate::dossier::Dossier;
use crate::intake;
use crate::reading;
use crate::sealing::MOST_TEXT;

/// Most bytes of records and outputs: a dossier is put together in memory, some three times as large.
const MOST_BYTES: usize = 32 << 20;
/// Seconds after which to ask again.
const RETRY_AFTER: u32 = 5;
/// Where audit lines go: a filter of its own for whoever keeps them apart.
const AUDIT: &str = "sluis::audit";
/// Who puts one together.
static ALONE: Semaphore = Semaphore::const_new(1);

/// `GET /v1/tenants/{id}/personal-data`
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    let asked = asked.only(&["by", "why"])?;
    let tenant = key(corporation, &id)?;
    let (by, why) = (text(&asked, "by")?, text(&asked, "why")?);
    let archiving = archiving(&app)?.clone();
    let archive = archive(&archiving)?.clone();
    let Ok(_alone) = ALONE.try_acquire() else {
        return Err(busy());
    };
    let query = Query::Tenant(tenant.clone());
    let state = match ask(app.engine.inbox_of(&tenant), |reply| ShardRequest::Query {
        query,
        reply,
    })
    .await?
    {
        ShardAnswer::Snapshot(snapshot) => Some(snapshot.tenant),
        _ => None,
    };
    let (shard, at) = (tenant.shard(app.engine.shards()), app.clock.now());
    let make = move || {
        // What was decided a moment ago is in it.
        if !archiving.catch_up(shard) {
            return Made::Behind;
        }
        make(&archive, &tenant, state.as_ref(), at).unwrap_or_else(Made::Failed)
    };
    match reading::read(&app, corporation, make).await? {
        Made::Dossier(bytes) => {
            let (hash, length) = (Hash::of(&bytes), bytes.len());
            let corporation = corporation.0;
            tracing::warn!(target: AUDIT, corporation, by, why, %hash, length, "all that is held of a tenant was exported");
            Ok(zipped(bytes))
        }
        Made::Nothing => Err(Problem::not_found("tenant")),
        Made::Behind => Err(behind()),
        Made::TooLarge => Err(too_large()),
        Made::Failed(error) => {
            tracing::error!(error = format!("{error:#}"), "a dossier cannot be made");
            Err(unreadable())
        }
    }
}

/// A line for the record.
fn text(asked: &Asked, name: &'static str) -> Result<String, Problem> {
    let text = asked.text(name).unwrap_or_default();
    match intake::line_problem(name, text, 1, MOST_TEXT) {
        None => Ok(text.to_owned()),
        Some(_) => Err(bad(format!(
            "{name}: expected a line of 1 to {MOST_TEXT} bytes for the record"
        ))),
    }
}

/// What came of it.
enum Made {
    Dossier(Vec<u8>),
    Nothing,
    Behind,
    TooLarge,
    Failed(anyhow::Error),
}

fn make(
    archive: &Archive,
    tenant: &TenantKey,
    state: Option<&Tenant>,
    at: Timestamp,
) -> Result<Made, anyhow::Error> {
    let Some(found) = gather(archive, tenant)? else {
        return Ok(Made::TooLarge);
    };
    let state = state.filter(|state| state.last != 0);
    if found.is_empty() && state.is_none() {
        return Ok(Made::Nothing);
    }
    let dossier = Dossier {
        of: &format!("tenant {}", tenant.tenant),
        found: &found,
        state,
        head: archive.tip(),
        at,
    };
    Ok(Made::Dossier(dossier.zip()?))
}

/// Everything about the tenant that can be read, newest first; none: it is too large.
fn gather(archive: &Archive, tenant: &TenantKey) -> Result<Option<Vec<Found>>, ArchiveError> {
    let (mut found, mut bytes) = (Vec::new(), 0);
    archive.find(&Key::Tenant(tenant.clone()), |_| true, &mut |entry| {
        // Of one that cannot be opened nothing is held any more.
        if entry.cover.is_open() {
            bytes += entry.body.len();
            found.push(entry);
        }
        match bytes > MOST_BYTES {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    })?;
    Ok((bytes <= MOST_BYTES).then_some(found))
}

fn zipped(bytes: Vec<u8>) -> Response {
    let head = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/zip"),
        ),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment; filename=\"dossier.zip\""),
        ),
    ];
    (head, bytes).into_response()
}

fn busy() -> Problem {
    let text = "another dossier is being put together: ask again";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", text).retry_after(RETRY_AFTER)
}

fn too_large() -> Problem {
    let text = format!(
        "more than {MOST_BYTES} bytes are held of this tenant: the operators export them with `sluis archive export`"
    );
    Problem::new(StatusCode::CONFLICT, "dossier_too_large", text)
}
