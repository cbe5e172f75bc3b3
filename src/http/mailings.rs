//! Owns the calls about mailings: made, filled with rows, looked at, approved, released, paused, resumed,
//! stopped, accounted for, corrected, removed. Refuses to do any of it: `mailings` does; here its
//! answers become those of HTTP.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use sluis_model::CorporationId;

use super::auth::Caller;
use super::body::{JsonBody, ListBody};
use super::language::{In, Said};
use super::mailing_bodies::{
    AccountLine, MailingBody, UndecidedLine, UploadBody, other_terms, released_on,
};
use super::problem::Problem;
use super::query;
use crate::app::App;
use crate::intake::line_problem;
use crate::intake::mailing::{self, Asked};
use crate::mailings::{Affected, Draft, MailingId, Mailings, NotDone, Upload, View};

/// Longest name of a mailing, and of a person, in bytes.
const MOST_NAME: usize = 200;

/// What all mailings of a corporation are.
#[derive(Debug, Serialize)]
pub(super) struct ListedBody {
    mailings: Vec<MailingBody>,
}

/// `POST /v1/mailings`
pub(super) async fn make(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let draft = draft(mailing::draft(&body).map_err(Problem::invalid)?);
    let view = work(&app, move |all| all.make(corporation, draft)).await?;
    Ok((StatusCode::CREATED, Json(MailingBody::of(&view))).into_response())
}

/// `GET /v1/mailings`
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
) -> Json<ListedBody> {
    let views = app.mailings.list(corporation);
    Json(ListedBody {
        mailings: views.iter().map(MailingBody::of).collect(),
    })
}

/// `GET /v1/mailings/{id}`
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(id): Path<String>,
    In(lang): In,
) -> Result<Said<MailingBody>, Problem> {
    let id = number(&id)?;
    let view = work(&app, move |all| all.view(corporation, id)).await?;
    Ok(Said(lang, MailingBody::of(&view).told(&view, lang)))
}

/// `POST /v1/mailings/{id}/rows`
pub(super) async fn upload(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(id): Path<String>,
    asked: query::Asked,
    body: ListBody,
) -> Result<Response, Problem> {
    let asked = asked.only(&["by"])?;
    let by = asked.text("by").unwrap_or_default().to_owned();
    named("by", &by)?;
    let id = number(&id)?;
    let upload = work(&app, move |all| {
        let list = body.open();
        all.upload(corporation, id, &by, &list)
    });
    Ok(brought(StatusCode::OK, &upload.await?))
}

/// `POST /v1/mailings/{id}/select`
pub(super) async fn select(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(id): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let id = number(&id)?;
    let (when, by) = mailing::selection(&body).map_err(Problem::invalid)?;
    let types = app.fact_types.get();
    let begun = work(&app, move |all| {
        all.select(corporation, id, &by, &when, types.of(corporation))
    });
    let (view, selection) = begun.await?;
    drop(tokio::spawn(selection.run(app.engine.clone())));
    Ok((StatusCode::ACCEPTED, Json(MailingBody::of(&view))).into_response())
}

/// `GET /v1/mailings/{id}/undecided`
pub(super) async fn undecided(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = number(&id)?;
    lines(&app, move |all, lines| {
        all.undecided(corporation, id, |one| {
            let (tenant_id, lacks) = one.unzip();
            let lacks = lacks.unwrap_or_default();
            line_of(lines, &UndecidedLine { tenant_id, lacks });
        })
    })
    .await
}

/// `POST /v1/mailings/{id}/corrections`
pub(super) async fn correct(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(id): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let id = number(&id)?;
    let words = Affected::ALL.map(Affected::name).join(", ");
    let read = mailing::correction::<Affected>(&body, &words).map_err(Problem::invalid)?;
    let (affected, keep) = (read.affected, read.keep_data);
    let draft = draft(read.asked);
    let upload = work(&app, move |all| {
        all.correct(corporation, id, draft, affected, keep)
    });
    Ok(brought(StatusCode::CREATED, &upload.await?))
}

/// `POST /v1/mailings/{id}/approve`
pub(super) async fn approve(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(id): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Json<MailingBody>, Problem> {
    let (by, checksum) = mailing::approval(&body).map_err(Problem::invalid)?;
    let id = number(&id)?;
    told(&app, move |all| {
        all.approve(corporation, id, &by, &checksum)
    })
    .await
}

/// `POST /v1/mailings/{id}/release`
pub(super) async fn release(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(id): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Json<MailingBody>, Problem> {
    let said = mailing::terms(&body).map_err(Problem::invalid)?;
    let (by, terms) = released_on(said);
    let id = number(&id)?;
    told(&app, move |all| all.release(corporation, id, &by, terms)).await
}

/// `POST /v1/mailings/{id}/pause`
pub(super) async fn pause(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(id): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Json<MailingBody>, Problem> {
    let (id, by) = (number(&id)?, by(&body)?);
    told(&app, move |all| all.pause(corporation, id, &by)).await
}

/// `POST /v1/mailings/{id}/resume`
pub(super) async fn resume(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(id): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Json<MailingBody>, Problem> {
    let said = mailing::terms(&body).map_err(Problem::invalid)?;
    let (by, terms) = other_terms(said);
    let id = number(&id)?;
    told(&app, move |all| all.resume(corporation, id, &by, terms)).await
}

/// `POST /v1/mailings/{id}/stop`
pub(super) async fn stop(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(id): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Json<MailingBody>, Problem> {
    let (id, by) = (number(&id)?, by(&body)?);
    told(&app, move |all| all.stop(corporation, id, &by)).await
}

/// `POST /v1/mailings/{id}/remove`
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(id): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Json<MailingBody>, Problem> {
    let (id, by) = (number(&id)?, by(&body)?);
    let removed = work(&app, move |all| all.remove(corporation, id)).await?;
    tracing::info!(target: "sluis::audit", mailing = %id, by, "a mailing was removed with its rows");
    let view = View {
        mailing: removed,
        counts: None,
        selecting: None,
        opens_at: None,
    };
    Ok(Json(MailingBody::of(&view)))
}

/// `GET /v1/mailings/{id}/account`
pub(super) async fn account(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = number(&id)?;
    lines(&app, move |all, lines| {
        all.account(corporation, id, |row| {
            line_of(lines, &AccountLine::of(&row))
        })
    })
    .await
}

fn line_of(lines: &mut Vec<u8>, line: &impl Serialize) {
    // Writing to memory does not fail, and every field serialises.
    drop(serde_json::to_writer(&mut *lines, line));
    lines.push(b'\n');
}

/// A line for each of many rows, which `write` writes.
async fn lines(
    app: &App,
    write: impl FnOnce(&Arc<Mailings>, &mut Vec<u8>) -> Result<(), NotDone> + Send + 'static,
) -> Result<Response, Problem> {
    let lines = work(app, move |all| {
        let mut lines = Vec::new();
        write(all, &mut lines)?;
        Ok(lines)
    });
    let mut response = Response::new(Body::from(lines.await?));
    let kind = HeaderValue::from_static("application/x-ndjson");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}

/// Does work that may block, away from those who answer.
pub(super) async fn work<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&Arc<Mailings>) -> Result<T, NotDone> + Send + 'static,
) -> Result<T, Problem> {
    let all = app.mailings.clone();
    let done = tokio::task::spawn_blocking(move || work(&all)).await;
    done.map_err(|_| Problem::failed())?.map_err(problem)
}

async fn told(
    app: &App,
    step: impl FnOnce(&Arc<Mailings>) -> Result<View, NotDone> + Send + 'static,
) -> Result<Json<MailingBody>, Problem> {
    let view = work(app, step).await?;
    Ok(Json(MailingBody::of(&view)))
}

/// The answer to a list: 422 with the report when nothing of it was taken.
fn brought(status: StatusCode, upload: &Upload) -> Response {
    let body = UploadBody::of(upload);
    let Some(problem) = body.problem() else {
        return (status, Json(body)).into_response();
    };
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let mut response = (status, Json(problem)).into_response();
    let kind = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

pub(super) fn number(id: &str) -> Result<MailingId, Problem> {
    id.parse().map_err(|_| problem(NotDone::Unknown))
}

fn named(path: &str, name: &str) -> Result<(), Problem> {
    match line_problem(path, name, 1, MOST_NAME) {
        None => Ok(()),
        Some(problem) => Err(Problem::invalid(vec![problem])),
    }
}

fn by(body: &[u8]) -> Result<String, Problem> {
    mailing::who(body).map_err(Problem::invalid)
}

fn draft(Asked { name, frame, by }: Asked) -> Draft {
    Draft { name, frame, by }
}

/// What was refused, as HTTP says it.
fn problem(why: NotDone) -> Problem {
    let (code, text) = (why.code(), why.to_string());
    match why {
        NotDone::Unknown => Problem::not_found("mailing"),
        NotDone::Invalid(errors) => Problem::invalid(errors),
        NotDone::UnknownFlow(names) => crate::admission::Rejected::UnknownFlow(names).into(),
        NotDone::WrongStage { .. }
        | NotDone::SamePerson(_)
        | NotDone::RowsChanged
        | NotDone::NoRows
        | NotDone::TooMany(_)
        | NotDone::TooManyRunning(_)
        | NotDone::Selecting
        | NotDone::NotSelected(_)
        | NotDone::NobodyAffected => Problem::new(StatusCode::CONFLICT, code, text),
        NotDone::Damaged(why) => {
            tracing::error!(error = why, "the files of a mailing cannot be used");
            let text =
                "the files of the mailing could not be used; the operators have a line in the log";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, code, text)
        }
    }
}

/// Whose they are, for previews.
pub(super) fn corporation_name(app: &App, corporation: CorporationId) -> String {
    let corporations = app.corporations.get();
    let known = corporations.get(&corporation);
    known.map_or_else(String::new, |corporation| corporation.display_name.clone())
}
