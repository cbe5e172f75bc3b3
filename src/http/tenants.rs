//! Owns tenants: profile, timeline, the load of whole lists. Refuses to drop a row silently: each
//! is counted or named.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use sluis_actors::{Query as Question, ShardAnswer, ShardRequest, Snapshot};
use sluis_model::{Answer, CorporationId, Input, ProfileChange, Tenant, TenantKey};

use super::auth::Caller;
use super::body::{JsonBody, ListBody};
use super::language::{Said, asked_in};
use super::problem::Problem;
use super::profile_body::ProfileBody;
use super::purposes::purposes;
use super::query::Asked;
use super::records::Records;
use crate::admission::Rejected;
use crate::app::App;
use crate::ask::{AskError, PendingAnswer, ask, ask_intake, reply};
use crate::explain::{self, ContactPoint, ContactedRow, NotUsed, TimelineRow};
use crate::intake::{self, FieldProblem, ProblemCode, tenant_list};

/// Rows handed over and not yet answered, per load.
const WINDOW: usize = 512;
/// Rejected rows and warnings named in one report; all are counted.
const MOST_NAMED: usize = 1_000;
const MOST_TIMELINE: usize = 200;

#[derive(Debug, Serialize)]
pub(super) struct TenantBody {
    tenant_id: String,
    profile: Option<ProfileBody>,
    open: usize,
    /// Households that name the tenant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    households: Vec<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    balance_cents: Option<i64>,
    /// Contact points of the profile that no message goes to, and why.
    not_used: Vec<NotUsed>,
    /// Where the tenant is reached.
    contact_points: Vec<ContactPoint>,
    /// What went to him lately, as far as it is remembered.
    contacted: Vec<ContactedRow>,
}

/// `GET /v1/tenants/{id}`
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(id): Path<String>,
) -> Result<Json<TenantBody>, Problem> {
    let snapshot = snapshot(&app, key(corporation, &id)?, "tenant").await?;
    let tenant = snapshot.tenant;
    Ok(Json(TenantBody {
        tenant_id: id,
        not_used: NotUsed::of(&tenant),
        contact_points: ContactPoint::of(&tenant),
        contacted: ContactedRow::of(&tenant, &*app.book, &purposes(&app, corporation)),
        balance_cents: tenant.balance().map(|(cents, _)| cents),
        profile: tenant.profile.as_deref().map(ProfileBody::of),
        open: tenant.open.len(),
        households: households(&tenant),
    }))
}

/// The households that name a tenant.
fn households(tenant: &Tenant) -> Vec<Box<str>> {
    let known = tenant.grouped().map_or(&[][..], |g| &g.households);
    let named = known.iter().filter(|known| known.is_in);
    named.map(|known| known.household.clone()).collect()
}

/// The state of what stands under this key, as its shard has it now. `what` names it in the problem where the
/// shard has none.
pub(super) async fn snapshot(
    app: &App,
    key: TenantKey,
    what: &'static str,
) -> Result<Box<Snapshot>, Problem> {
    let inbox = app.engine.inbox_of(&key).clone();
    match ask(&inbox, |reply| ShardRequest::Query {
        query: Question::Tenant(key),
        reply,
    })
    .await?
    {
        ShardAnswer::Snapshot(snapshot) => Ok(snapshot),
        _ => Err(Problem::not_found(what)),
    }
}

pub(super) fn key(corporation: CorporationId, id: &str) -> Result<TenantKey, Problem> {
    match intake::line_problem("tenant_id", id, 1, TenantKey::MAX_BYTES) {
        None => Ok(TenantKey::new(corporation, id)),
        Some(problem) => Err(Problem::invalid(vec![problem])),
    }
}

#[derive(Debug, Serialize)]
pub(super) struct PutBody {
    tenant_id: String,
    result: &'static str,
    /// What was put right in the addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<FieldProblem>,
}

/// `PUT /v1/tenants/{id}`
pub(super) async fn put(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(id): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Json<PutBody>, Problem> {
    let tenant = key(corporation, &id)?;
    let read = intake::profile::parse(&body).map_err(Problem::invalid)?;
    if let Some(ahead) =
        intake::confirmed::ahead(&read.supplied, app.clock.now(), app.clock_tolerance_ms)
    {
        return Err(Problem::invalid(vec![ahead]));
    }
    may_store(&app, corporation)?;
    let input = Input::PutProfile(Box::new(read.supplied));
    let change = supply(&app, tenant, input).await?;
    Ok(Json(PutBody {
        tenant_id: id,
        result: word(change),
        notes: read.notes,
    }))
}

/// Has the shard of this key store what is supplied. Answered when it is durable.
pub(super) async fn supply(
    app: &App,
    tenant: TenantKey,
    input: Input,
) -> Result<ProfileChange, Problem> {
    let inbox = app.engine.inbox_of(&tenant).clone();
    let request = |reply| ShardRequest::Input {
        tenant,
        input,
        reply,
        claim: None,
    };
    match ask_intake(&inbox, request).await? {
        ShardAnswer::Decided {
            answer: Answer::Profile(change),
            ..
        } => Ok(change),
        _ => Err(AskError::Lost.into()),
    }
}

/// Whether tenants of the corporation are stored now.
pub(super) fn may_store(app: &App, corporation: CorporationId) -> Result<(), Rejected> {
    if let Some(closed) = app.admission.closed() {
        return Err(Rejected::Closed(closed));
    }
    match app.admission.day_full(corporation) {
        Some(full) => Err(full),
        None => Ok(()),
    }
}

pub(super) const fn word(change: ProfileChange) -> &'static str {
    match change {
        ProfileChange::New => "new",
        ProfileChange::Changed => "changed",
        ProfileChange::Same => "same",
    }
}

#[derive(Debug, Serialize)]
pub(super) struct TimelineBody {
    tenant_id: String,
    rows: Vec<TimelineRow>,
    /// Give this as `before` for older rows; absent: that was all.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// Whether there was something older, which is not kept any more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    older_not_kept: bool,
    /// When something of it was removed from the archive, and under which rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    removed: Option<explain::Gone>,
}

/// `GET /v1/tenants/{id}/timeline`
pub(super) async fn timeline(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    asked: Asked,
) -> Result<Said<TimelineBody>, Problem> {
    let asked = asked.only(&["before", "limit", "lang"])?;
    let lang = asked_in(&asked, &headers)?;
    let key = key(corporation, &id)?;
    let limit = asked.number("limit", 1..=MOST_TIMELINE, 50)?;
    let before = asked
        .text("before")
        .map(|text| cursor(&app, corporation, text))
        .transpose()?;
    let tenant = snapshot(&app, key.clone(), "tenant").await?.tenant;
    let wanted = explain::Wanted {
        before,
        limit,
        of: None,
    };
    let page = Records::of(&app, &key)
        .walk(&app, tenant.last, wanted, |_| true)
        .await?;
    let next = page.next.map(|sequence| {
        app.reference
            .encrypt(corporation, crate::ids::nonce(), &sequence.to_be_bytes())
    });
    let body = TimelineBody {
        tenant_id: id,
        rows: explain::timeline(&page.records, &tenant.open, &*app.book, lang),
        next,
        older_not_kept: page.is_cut,
        removed: page.removed,
    };
    Ok(Said(lang, body))
}

fn cursor(app: &App, corporation: CorporationId, text: &str) -> Result<u64, Problem> {
    let bytes = app
        .reference
        .decrypt(corporation, text)
        .ok()
        .and_then(|bytes| <[u8; 8]>::try_from(bytes).ok());
    bytes.map(u64::from_be_bytes).ok_or_else(|| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "bad_cursor",
            "before: expected the `next` of an earlier page, as it was given",
        )
    })
}

#[derive(Debug, Default, Serialize)]
pub(super) struct LoadBody {
    rows: usize,
    new: usize,
    changed: usize,
    same: usize,
    rejected: usize,
    warned: usize,
    rejections: Vec<RowBody>,
    warnings: Vec<RowBody>,
    /// About the file as a whole: columns nobody knows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<FieldProblem>,
    /// Rejected only because the engine had no room.
    #[serde(skip)]
    busy: usize,
}

#[derive(Debug, Serialize)]
struct RowBody {
    line: u64,
    tenant_id: Option<String>,
    reasons: Vec<FieldProblem>,
}

/// `POST /v1/tenants/load`
pub(super) async fn load(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    body: ListBody,
) -> Result<Response, Problem> {
    may_store(&app, corporation)?;
    let read = tokio::task::spawn_blocking(move || {
        let list = body.open();
        let mut rows = list.rows();
        let read: Vec<_> = rows.by_ref().collect();
        (read, rows.notes())
    });
    let (rows, notes) = read.await.map_err(|_| Problem::from(AskError::Lost))?;
    let mut report = LoadBody {
        notes,
        ..LoadBody::default()
    };
    let accepted = report.sort_out(&app, rows);
    for window in accepted.chunks(WINDOW) {
        store(&app, corporation, window, &mut report).await?;
    }
    Ok(report.answer())
}

/// The answer to a list of which nothing was taken: a problem, with the report in it.
#[derive(Debug, Serialize)]
struct NothingTaken<'a> {
    #[serde(flatten)]
    problem: &'a Problem,
    report: &'a LoadBody,
}

impl LoadBody {
    /// Tells what is known of each row before anything is stored; gives those to be stored.
    fn sort_out(
        &mut self,
        app: &App,
        rows: Vec<Result<tenant_list::Row, tenant_list::Rejected>>,
    ) -> Vec<tenant_list::Row> {
        let mut accepted = Vec::new();
        self.rows += rows.len();
        for row in rows {
            match row {
                Ok(row) => {
                    let row = without_dates_ahead(app, row);
                    self.warn(&row);
                    match row.same_as {
                        Some(_) => self.same += 1,
                        None => accepted.push(row),
                    }
                }
                Err(rejected) => self.reject(rejected.line, rejected.tenant_id, rejected.reasons),
            }
        }
        accepted
    }

    /// 200 with the report when a row was taken. Else 503 when the engine was too busy for all of
    /// them, and 422.
    fn answer(self) -> Response {
        if self.new + self.changed + self.same > 0 {
            return Json(self).into_response();
        }
        let problem = match self.busy {
            0 => {
                let detail = match self
                    .rejections
                    .first()
                    .and_then(|row| Some((row.line, row.reasons.first()?)))
                {
                    Some((line, reason)) => format!(
                        "nothing of the list was taken; the first reason, on line {line}: {reason}"
                    ),
                    None => "the list has a header and no rows".to_owned(),
                };
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "nothing_taken", detail)
            }
            _ => Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "busy",
                "nothing of the list was stored; send it again",
            )
            .retry_after(1),
        };
        let body = serde_json::to_vec(&NothingTaken {
            problem: &problem,
            report: &self,
        })
        .unwrap_or_default();
        let mut response = problem.into_response();
        *response.body_mut() = body.into();
        response
    }

    /// What a shard said to one row.
    fn stored(&mut self, row: &tenant_list::Row, answer: Option<ShardAnswer>) {
        let change = match answer {
            Some(ShardAnswer::Decided {
                answer: Answer::Profile(change),
                ..
            }) => change,
            _ => {
                let busy = FieldProblem::new("row", ProblemCode::Ignored, "an engine with room")
                    .hint("it was busy: load the list again");
                self.busy += 1;
                self.reject(row.line, Some(row.tenant_id.clone()), vec![busy]);
                return;
            }
        };
        match change {
            ProfileChange::New => self.new += 1,
            ProfileChange::Changed => self.changed += 1,
            ProfileChange::Same => self.same += 1,
        }
    }

    fn warn(&mut self, row: &tenant_list::Row) {
        if row.warnings.is_empty() {
            return;
        }
        self.warned += 1;
        if self.warnings.len() < MOST_NAMED {
            let tenant_id = Some(row.tenant_id.clone());
            self.warnings.push(RowBody {
                line: row.line,
                tenant_id,
                reasons: row.warnings.clone(),
            });
        }
    }

    fn reject(&mut self, line: u64, tenant_id: Option<String>, reasons: Vec<FieldProblem>) {
        self.rejected += 1;
        if self.rejections.len() < MOST_NAMED {
            self.rejections.push(RowBody {
                line,
                tenant_id,
                reasons,
            });
        }
    }
}

/// A date that lies ahead confirms nothing.
fn without_dates_ahead(app: &App, mut row: tenant_list::Row) -> tenant_list::Row {
    let (now, tolerance) = (app.clock.now(), app.clock_tolerance_ms);
    if let Some(ahead) = intake::confirmed::ahead(&row.profile, now, tolerance) {
        let points = row.profile.points.iter_mut();
        points.for_each(|given| given.confirmed = None);
        row.warnings
            .push(ahead.hint("not used: the address counts as not confirmed"));
    }
    row
}

async fn store(
    app: &App,
    corporation: CorporationId,
    rows: &[tenant_list::Row],
    report: &mut LoadBody,
) -> Result<(), Problem> {
    let hand_in = |row| (row, hand_in(app, corporation, row));
    let waiting: Vec<_> = rows.iter().map(hand_in).collect();
    for (row, answer) in waiting {
        let answer = match answer {
            Some(answer) => answer.wait().await.ok(),
            None => None,
        };
        report.stored(row, answer);
    }
    Ok(())
}

/// Puts one row into the line of its tenant's shard; none: that is full.
fn hand_in(app: &App, corporation: CorporationId, row: &tenant_list::Row) -> Option<PendingAnswer> {
    let tenant = TenantKey::new(corporation, row.tenant_id.as_str());
    let inbox = app.engine.inbox_of(&tenant).clone();
    let input = Input::PutProfile(Box::new(row.profile.clone()));
    let (reply, answer) = reply();
    let taken = inbox.offer_intake(ShardRequest::Input {
        tenant,
        input,
        reply,
        claim: None,
    });
    taken.is_ok().then_some(answer)
}
