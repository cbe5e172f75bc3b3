//! Owns what is asked of the archive: its head, and the bytes of what left. Refuses to show one
//! corporation what left for another.

use std::ops::ControlFlow;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use sluis_archive::{Archive, Attempted, Cover, Found, Hash, Kept, Key, Kind, Removed};
use sluis_model::{CorporationId, NotificationId, TenantKey, Timestamp};

use super::auth::Caller;
use super::problem::Problem;
use super::query::Asked;
use super::records;
use crate::app::App;
use crate::archive::Archiving;
use crate::explain::rfc3339;
use crate::reading;

/// The hash of the bytes, as the journal has it.
const HASH: &str = "sluis-output-hash";
/// How the bytes came into the archive.
const KEPT: &str = "sluis-output-kept";
/// Which attempt it was.
const ATTEMPT: &str = "sluis-output-attempt";

/// When to ask again for what the archive has not at present, in seconds.
const RETRY_AFTER: u32 = 30;

/// The largest number of an attempt.
const MOST_ATTEMPT: usize = u16::MAX as usize;

/// The end of the archive's chain.
#[derive(Debug, Serialize)]
pub(super) struct HeadBody {
    volume: u64,
    hash: Hash,
    #[serde(skip_serializing_if = "Option::is_none")]
    sealed_at: Option<String>,
}

/// `GET /v1/archive/head`
pub(super) async fn head(
    State(app): State<Arc<App>>,
    Caller(_): Caller,
) -> Result<Json<HeadBody>, Problem> {
    let archive = archive(archiving(&app)?)?;
    let tip = archive.tip();
    let newest = archive.newest();
    let newest = newest.filter(|volume| volume.volume == tip.volume);
    Ok(Json(HeadBody {
        volume: tip.volume,
        hash: tip.hash,
        sealed_at: newest.map(|newest| rfc3339(Timestamp(newest.sealed_at))),
    }))
}

/// `GET /v1/notifications/{id}/output`
pub(super) async fn output(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    // 0: the newest.
    let attempt = asked
        .only(&["attempt"])?
        .number("attempt", 1..=MOST_ATTEMPT, 0)?;
    let none = || Problem::not_found("output");
    let id = id.parse::<NotificationId>().map_err(|_| none())?;
    let archiving = archiving(&app)?.clone();
    let archive = archive(&archiving)?.clone();
    if id.shard().0 >= app.engine.shards() {
        return Err(none());
    }
    let look = move || {
        // What was sent a moment ago is there when this is answered.
        let has_all = archiving.catch_up(id.shard());
        find(&archive, corporation, id, attempt).map(|found| (found, has_all))
    };
    let looked = reading::read(&app, corporation, look).await?;
    let (found, has_all) = looked.map_err(|error| {
        tracing::error!(%error, "the archive cannot be read");
        unreadable()
    })?;
    match found {
        Output::Found(found) => answer(*found),
        Output::Removed(removed) => Err(was_removed(&removed)),
        Output::None if has_all => Err(none()),
        Output::None => Err(behind()),
    }
}

/// What the archive has of an output.
enum Output {
    Found(Box<Found>),
    Removed(Removed),
    None,
}

/// Whose a notification was, as the archive has it; none: it has not, or there is none.
pub(super) async fn tenant_of(
    app: &App,
    corporation: CorporationId,
    id: NotificationId,
) -> Result<Option<TenantKey>, Problem> {
    let Some(archiving) = &app.archiving else {
        return Ok(None);
    };
    let archive = archive(archiving)?.clone();
    let look = move || {
        let mut tenant = None;
        let made_at = id.made_at().0;
        let may_have = |volume: &sluis_archive::Manifest| volume.sealed_at >= made_at;
        archive.find(&Key::Notification(id), may_have, &mut |found| {
            // One that cannot be opened does not say whose it was.
            if found.head.corporation != corporation.0 || found.head.tenant.is_empty() {
                return ControlFlow::Continue(());
            }
            tenant = Some(TenantKey::new(corporation, found.head.tenant));
            ControlFlow::Break(())
        })?;
        Ok::<_, sluis_archive::ArchiveError>(tenant)
    };
    let looked = reading::read(app, corporation, look).await?;
    looked.map_err(|error| {
        tracing::error!(%error, "the archive cannot be read");
        unreadable()
    })
}

/// The newest output of the notification, or that of one attempt.
fn find(
    archive: &Archive,
    corporation: CorporationId,
    id: NotificationId,
    attempt: usize,
) -> Result<Output, sluis_archive::ArchiveError> {
    let mut output = None;
    let made_at = id.made_at().0;
    let may_have = |volume: &sluis_archive::Manifest| volume.sealed_at >= made_at;
    let removed = archive.find(&Key::Notification(id), may_have, &mut |found| {
        if found.head.kind != Kind::Output {
            return ControlFlow::Continue(());
        }
        let number = found.head.output.as_ref().map(|of| of.attempt);
        // Of one that cannot be opened nobody knows which attempt it was.
        let is_it = attempt == 0 || number.is_none_or(|number| attempt == usize::from(number));
        if found.head.corporation != corporation.0 || !is_it {
            return ControlFlow::Continue(());
        }
        output = Some(found);
        ControlFlow::Break(())
    })?;
    let mut own = removed
        .into_iter()
        .filter(|removed| removed.corporation == corporation.0);
    Ok(match output {
        Some(found) => Output::Found(Box::new(found)),
        None => own.next().map_or(Output::None, Output::Removed),
    })
}

fn was_removed(removed: &Removed) -> Problem {
    let what = match removed.certain {
        true => "what left with it was",
        false => "what left with the notifications of that day was",
    };
    let text = format!("{what} {}", records::told(removed));
    Problem::new(StatusCode::GONE, "output_removed", text)
}

fn answer(found: Found) -> Result<Response, Problem> {
    match found.cover {
        Cover::Bare | Cover::Opened => {}
        Cover::Erased(at) => {
            let at = rfc3339(Timestamp(at));
            let text = format!("it left, and what is known of its tenant was erased on {at}");
            return Err(Problem::new(StatusCode::GONE, "erased", text));
        }
        Cover::Closed => {
            tracing::error!("an entry of the archive is sealed, and there are no keys");
            return Err(unreadable());
        }
    }
    let Some(of) = found.head.output.filter(|of| of.kept != Kept::Missing) else {
        let text = "it left, and no copy was kept; it could not be made again";
        return Err(Problem::new(StatusCode::GONE, "output_not_kept", text));
    };
    let Attempted {
        attempt,
        media_type,
        hash,
        kept,
        ..
    } = of;
    let kind = HeaderValue::from_str(&media_type);
    let kind = kind.unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let text = |text: &str| HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""));
    let head = [
        (header::CONTENT_TYPE, kind),
        (HeaderName::from_static(HASH), text(&hash.to_string())),
        (
            HeaderName::from_static(KEPT),
            HeaderValue::from_static(kept.name()),
        ),
        (HeaderName::from_static(ATTEMPT), HeaderValue::from(attempt)),
        // A mail is for a program to keep, not for a browser to show as a page of ours.
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment"),
        ),
    ];
    Ok((head, found.body).into_response())
}

pub(super) fn archiving(app: &App) -> Result<&Arc<Archiving>, Problem> {
    app.archiving.as_ref().ok_or_else(|| {
        let text = "this engine keeps no archive: archive.enabled is false";
        Problem::new(StatusCode::NOT_FOUND, "no_archive", text)
    })
}

pub(super) fn archive(archiving: &Archiving) -> Result<&Arc<Archive>, Problem> {
    archiving.archive().ok_or_else(|| {
        let text = "the archive cannot be reached at present; the operators were told";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "archive_away", text).retry_after(RETRY_AFTER)
    })
}

pub(super) fn behind() -> Problem {
    let text = "the archive has not yet everything that was sent: the machine is busy";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "archive_behind", text).retry_after(RETRY_AFTER)
}

pub(super) fn unreadable() -> Problem {
    let text = "the archive could not be read; the operators were told";
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "archive_unreadable",
        text,
    )
}
