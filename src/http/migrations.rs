//! Owns the calls about migrations: looked at, begun, cancelled, followed. Refuses to do any of it: `migrations` does; here its
//! answers become those of HTTP.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use sluis_model::Timestamp;

use super::auth::Caller;
use super::body::{JsonBody, json};
use super::problem::Problem;
use crate::app::App;
use crate::explain::rfc3339;
use crate::intake::line_problem;
use crate::migrations::{Migration, NotMigrated, Place, Said, Stayed};

/// Longest name of a person, in bytes.
const MOST_NAME: usize = 200;
/// Longest word for a version.
const MOST_VERSION: usize = 20;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MakeBody {
    to: String,
    by: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BeginBody {
    by: String,
    checksum: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CancelBody {
    by: String,
}

/// All migrations of a corporation.
#[derive(Debug, Serialize)]
pub(super) struct ListedBody {
    migrations: Vec<MigrationBody>,
}

/// One migration.
#[derive(Debug, Serialize)]
pub(super) struct MigrationBody {
    id: String,
    flow: String,
    to_version: u32,
    stage: &'static str,
    made_by: String,
    made_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    begun_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    begun_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checksum: Option<String>,
    would_move: u64,
    moved: u64,
    gone: u64,
    passes: u32,
    shown: Vec<PlaceBody>,
    left: Vec<PlaceBody>,
    stayed: Vec<StayedBody>,
}

#[derive(Debug, Serialize)]
struct PlaceBody {
    version: u32,
    step: Option<String>,
    moves: u64,
    under_way: u64,
    stays: BTreeMap<String, u64>,
}

#[derive(Debug, Serialize)]
struct StayedBody {
    id: String,
    step: Option<String>,
    why: String,
    text: String,
}

impl From<Migration> for MigrationBody {
    fn from(of: Migration) -> Self {
        let at = |said: &Said| rfc3339(Timestamp(said.at));
        let (begun_at, ended_at) = (of.begun.as_ref().map(at), of.ended.as_ref().map(at));
        let movable = |place: &Place| place.moves + place.under_way;
        Self {
            made_at: at(&of.made),
            begun_at,
            ended_at,
            would_move: of.shown.iter().map(movable).sum(),
            id: of.id,
            flow: of.flow,
            to_version: of.to_version,
            stage: of.stage.name(),
            made_by: of.made.by,
            begun_by: of.begun.map(|said| said.by),
            ended_by: of.ended.map(|said| said.by),
            checksum: of.checksum,
            moved: of.moved,
            gone: of.gone,
            passes: of.passes,
            shown: of.shown.into_iter().map(PlaceBody::from).collect(),
            left: of.left.into_iter().map(PlaceBody::from).collect(),
            stayed: of.stayed.into_iter().map(StayedBody::from).collect(),
        }
    }
}

impl From<Place> for PlaceBody {
    fn from(of: Place) -> Self {
        let Place {
            version,
            step,
            moves,
            under_way,
            stays,
        } = of;
        Self {
            version,
            step,
            moves,
            under_way,
            stays,
        }
    }
}

impl From<Stayed> for StayedBody {
    fn from(of: Stayed) -> Self {
        let Stayed {
            id,
            step,
            why,
            text,
        } = of;
        Self {
            id,
            step,
            why,
            text,
        }
    }
}

/// `POST /v1/flows/{name}/migrations`
pub(super) async fn make(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(name): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let MakeBody { to, by } = json(&body)?;
    line("to", &to, MOST_VERSION)?;
    line("by", &by, MOST_NAME)?;
    let made = blocking(&app, move |app| {
        app.migrations.make(corporation, &name, &to, &by)
    })
    .await?;
    Ok((StatusCode::CREATED, Json(MigrationBody::from(made))).into_response())
}

/// `GET /v1/migrations`
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
) -> Json<ListedBody> {
    let all = app.migrations.list(corporation).into_iter();
    Json(ListedBody {
        migrations: all.map(MigrationBody::from).collect(),
    })
}

/// `GET /v1/migrations/{id}`
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(id): Path<String>,
) -> Result<Json<MigrationBody>, Problem> {
    let found = app.migrations.get(corporation, &id).map_err(problem)?;
    Ok(Json(found.into()))
}

/// `POST /v1/migrations/{id}/begin`
pub(super) async fn begin(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(id): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Json<MigrationBody>, Problem> {
    let BeginBody { by, checksum } = json(&body)?;
    line("by", &by, MOST_NAME)?;
    let begun = blocking(&app, move |app| {
        app.migrations.begin(corporation, &id, &checksum, &by)
    })
    .await?;
    Ok(Json(begun.into()))
}

/// `POST /v1/migrations/{id}/cancel`
pub(super) async fn cancel(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(id): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Json<MigrationBody>, Problem> {
    let CancelBody { by } = json(&body)?;
    line("by", &by, MOST_NAME)?;
    let cancelled = blocking(&app, move |app| {
        app.migrations.cancel(corporation, &id, &by)
    })
    .await?;
    Ok(Json(cancelled.into()))
}

fn line(path: &str, text: &str, most: usize) -> Result<(), Problem> {
    match line_problem(path, text, 1, most) {
        None => Ok(()),
        Some(problem) => Err(Problem::invalid(vec![problem])),
    }
}

/// Does it on a thread that may wait for the disk.
async fn blocking(
    app: &Arc<App>,
    act: impl FnOnce(&App) -> Result<Migration, NotMigrated> + Send + 'static,
) -> Result<Migration, Problem> {
    let app = app.clone();
    let done = tokio::task::spawn_blocking(move || act(&app)).await;
    done.map_err(|_| Problem::failed())?.map_err(problem)
}

fn problem(why: NotMigrated) -> Problem {
    let (code, text) = (why.code(), why.to_string());
    match why {
        NotMigrated::Unknown => Problem::not_found("migration"),
        NotMigrated::UnknownFlow(names) => crate::admission::Rejected::UnknownFlow(names).into(),
        NotMigrated::NotCurrent { .. }
        | NotMigrated::FlowChanged
        | NotMigrated::UnderWay(_)
        | NotMigrated::WrongStage { .. }
        | NotMigrated::NotShown => Problem::new(StatusCode::CONFLICT, code, text),
        NotMigrated::Damaged(error) => {
            tracing::error!(%error, "the file of a migration cannot be used");
            Problem::failed()
        }
    }
}
