//! Owns one notification: taking it in, and telling where it stands and why. Refuses to answer
//! before it is durable.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;
use sluis_actors::{Ended, Query, ShardAnswer, ShardRequest, Snapshot};
use sluis_model::{
    Addressee, Answer, CorporationId, Flow, FlowBook, Input, NotTold, Notification, NotificationId,
    Open, Phase, TenantKey, part_id,
};

use super::archive;
use super::auth::Caller;
use super::body::JsonBody;
use super::groups::{self, OfGroup};
use super::households::{NotToldBody, ToldBody};
use super::language::{In, Said};
use super::named;
use super::notes::{self, Note};
use super::problem::Problem;
use super::purposes::purposes;
use super::records::Records;
use crate::access::Access;
use crate::admission::Admitted;
use crate::app::App;
use crate::ask::{self, ask};
use crate::explain::{self, Language};
use crate::intake;

/// Records of a tenant looked at for one explanation.
const MOST_RECORDS: usize = 2_000;

/// The answer to an accepted notification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct AcceptedBody {
    id: String,
    status: &'static str,
    position: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    duplicate: bool,
    /// Of a notification to a household: whom it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<AcceptedGroup>,
    /// What it did not find: it is taken all the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<Note>,
}

/// Whom a notification to a household is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct AcceptedGroup {
    told: Vec<ToldBody>,
    not_told: Vec<NotToldBody>,
}

/// Where one notification is posted.
pub(super) const PATH: &str = "/v1/notifications";
/// Who may hand one in.
pub(super) const ACCESS: Access = Access::Corporation;

/// `POST /v1/notifications`
pub(super) async fn post(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    take_in(&app, corporation, &body).await
}

/// Takes one notification in; answers when it is durable.
///
/// # Errors
/// It is wrong, or there is no room.
pub(super) async fn take_in(
    app: &App,
    corporation: CorporationId,
    body: &[u8],
) -> Result<Response, Problem> {
    let request = intake::notification::parse(body).map_err(|problems| {
        app.admission.unreadable(corporation);
        Problem::invalid(problems)
    })?;
    let (answers, answer) = ask::single();
    let admitted = app.admission.admit(corporation, &request, &answers, 0)?;
    let accepted = accepted(app, corporation, admitted, answer.wait().await?)?;
    Ok((StatusCode::ACCEPTED, Json(accepted)).into_response())
}

/// What the shard said, as the sender reads it.
pub(super) fn accepted(
    app: &App,
    corporation: CorporationId,
    admitted: Admitted,
    answer: ShardAnswer,
) -> Result<AcceptedBody, Problem> {
    let Admitted { id, duplicate } = admitted;
    let mut group = None;
    let (position, notes) = match answer {
        ShardAnswer::Decided {
            answer:
                Answer::Accepted {
                    unknown_tenant,
                    near,
                    ..
                },
            position,
        } => (
            position,
            notes::of_notification(unknown_tenant, near.as_deref()),
        ),
        ShardAnswer::Accepted { position } => (position, Vec::new()),
        ShardAnswer::Decided {
            answer: Answer::Group { told, not_told, .. },
            position,
        } => {
            let part = |told: &Addressee| {
                let tenant = TenantKey::new(corporation, told.tenant.clone());
                let id = part_id(id, &tenant, app.engine.shards());
                ToldBody::of(told, Some(id))
            };
            group = Some(AcceptedGroup {
                told: told.iter().map(part).collect(),
                not_told: not_told.iter().map(NotToldBody::of).collect(),
            });
            (position, Vec::new())
        }
        ShardAnswer::Decided {
            answer: Answer::UnknownHousehold,
            ..
        } => return Err(unknown_household()),
        ShardAnswer::Decided {
            answer: Answer::NobodyToTell(not_told),
            ..
        } => return Err(nobody_to_tell(&not_told)),
        ShardAnswer::NotTaken(why) => return Err(app.admission.not_taken(corporation, why).into()),
        // A repeat of something whose first acceptance was lost before it was durable.
        _ => return Err(ask::AskError::Lost.into()),
    };
    let position = format!(
        "{:016x}",
        app.reference.mask_position(id, "accepted", position)
    );
    Ok(AcceptedBody {
        id: id.to_string(),
        status: "accepted",
        position,
        duplicate,
        group,
        notes,
    })
}

fn unknown_household() -> Problem {
    let detail = "household_id: nobody loaded this household: PUT /v1/households/{id} first";
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "unknown_household",
        detail,
    )
}

fn nobody_to_tell(not_told: &[NotTold]) -> Problem {
    let english = Language::English;
    let not = not_told.iter().map(|not| explain::left_out(not, english));
    let not: Vec<String> = not.collect();
    let not = match not.is_empty() {
        true => "it has no members".to_owned(),
        false => not.join("; "),
    };
    let detail = format!("nobody in this household is to be told: {not}");
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "nobody_to_tell", detail)
}

/// An explanation, with the group that it is a part of.
#[derive(Debug, Serialize)]
pub(super) struct ExplanationBody {
    #[serde(flatten)]
    explanation: explain::Explanation,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<OfGroup>,
}

/// `GET /v1/notifications/{id}`
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(id): Path<String>,
    In(lang): In,
) -> Result<Said<ExplanationBody>, Problem> {
    let id = named::notification(&id)?;
    let snapshot = match named::snapshot(&app, corporation, id).await? {
        Some(snapshot) => snapshot,
        None => archived(&app, corporation, id).await?,
    };
    if snapshot.key.as_household().is_some() {
        let detail = "this is a group: GET /v1/groups/{id} explains it";
        return Err(Problem::new(StatusCode::NOT_FOUND, "not_found", detail));
    }
    let last = snapshot.tenant.last;
    let wanted = explain::Wanted {
        before: None,
        limit: MOST_RECORDS,
        of: Some(id),
    };
    let page = Records::of(&app, &snapshot.key)
        .walk(&app, last, wanted, explain::about(id))
        .await?;
    let open = snapshot.tenant.find(id);
    let reference = open.map(|open| open.flow);
    let reference = reference.or_else(|| explain::ran_by(id, &page));
    let flow = reference
        .and_then(|reference| app.book.flow(reference))
        .ok_or_else(|| not_kept(&page, snapshot.ended.as_ref()))?;
    let ended = snapshot.ended.as_ref().map(|ended| explain::Ending {
        end: &ended.end,
        at: ended.at,
    });
    let delays = open.map(|open| delays(&app, corporation, open, (flow, lang)));
    let body = body_of(id, &page);
    let group = groups::of_part(&app, corporation, body).await?;
    let newest = app.book.current(corporation, &flow.name);
    let newest = newest.and_then(|newest| app.book.flow(newest));
    let told = (id, &*snapshot.key.tenant);
    let by = (Some(flow), &*app.book as &dyn FlowBook);
    let explanation = explain::explain(told, open, ended, &page, by, lang)
        .with_contacts(&snapshot.tenant)
        .with_preference(&snapshot.tenant)
        .with_newest(open, flow, newest)
        .with_history(&snapshot.tenant, &*app.book, &purposes(&app, corporation))
        .held_back(delays.unwrap_or_default());
    Ok(Said(lang, ExplanationBody { explanation, group }))
}

/// The notification as it was accepted, as far as that is kept.
fn body_of(id: NotificationId, page: &explain::Page) -> Option<&Notification> {
    let accepted = page
        .records
        .iter()
        .find_map(|(_, record)| match &record.input {
            Input::Notify(body) if body.id == id => Some(&**body),
            _ => None,
        });
    accepted.or(page.body.as_ref())
}

/// Nothing tells any more what it was: 410 where that was forgotten.
fn not_kept(page: &explain::Page, ended: Option<&Ended>) -> Problem {
    match ended.filter(|_| page.is_cut) {
        Some(ended) => {
            let at = explain::rfc3339(ended.at);
            let why = page.removed.as_ref();
            let why = why.map_or_else(|| "not kept any more".to_owned(), ToString::to_string);
            let detail = format!(
                "it ended '{}' at {at}, and what was decided about it is {why}",
                ended.end
            );
            Problem::new(StatusCode::GONE, "no_longer_kept", detail)
        }
        None => named::unknown(),
    }
}

/// What keeps an open notification that is ready from leaving now.
fn delays(
    app: &App,
    corporation: CorporationId,
    open: &Open,
    (flow, lang): (&Flow, Language),
) -> Vec<explain::Delay> {
    let Phase::Ready {
        channel, pinned, ..
    } = &open.phase
    else {
        return Vec::new();
    };
    let pauses = app.engine.pauses().all();
    let covering = pauses
        .iter()
        .filter(|pause| pause.scope.covers(corporation, &flow.name, *channel));
    let holds = app.engine.holds(
        corporation,
        *channel,
        open.lane,
        pinned.as_deref(),
        app.clock.now(),
    );
    covering
        .map(|pause| explain::Delay::pause(pause, lang))
        .chain(holds.iter().map(|hold| explain::Delay::hold(hold, lang)))
        .collect()
}

/// The tenant that has a notification of which only the archive knows any more.
async fn archived(
    app: &App,
    corporation: CorporationId,
    id: NotificationId,
) -> Result<Box<Snapshot>, Problem> {
    if id.made_at() >= named::kept_since(app) {
        return Err(named::unknown());
    }
    let tenant = archive::tenant_of(app, corporation, id).await?;
    let key = tenant.ok_or_else(|| named::not_found(app, id))?;
    let inbox = named::inbox(app, id)?;
    let query = Query::Tenant(key);
    match ask(inbox, |reply| ShardRequest::Query { query, reply }).await? {
        ShardAnswer::Snapshot(snapshot) => Ok(snapshot),
        _ => Err(named::not_found(app, id)),
    }
}
