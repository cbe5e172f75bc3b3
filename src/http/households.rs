//! Owns households over HTTP: who is in one is supplied and shown, with who would be told now. Refuses
//! to guess a member: the source supplies a household whole.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use sluis_model::{
    Addressee, CorporationId, Household, Input, Member, NotTold, NotificationId, Role, TenantKey,
    Timestamp, WhyNot,
};

use super::auth::Caller;
use super::body::JsonBody;
use super::problem::Problem;
use super::tenants::{may_store, snapshot, supply, word};
use crate::app::App;
use crate::explain::rfc3339;
use crate::intake;

/// A household.
#[derive(Debug, Serialize)]
pub(super) struct HouseholdBody {
    household_id: String,
    members: Vec<MemberBody>,
    /// Who would be told now, where a flow does not say otherwise.
    told_now: Vec<ToldBody>,
    /// Who would not, and why.
    not_told_now: Vec<NotToldBody>,
    /// Groups that are open.
    open_groups: Vec<NotificationId>,
}

#[derive(Debug, Serialize)]
struct MemberBody {
    tenant_id: Box<str>,
    role: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    deceased: bool,
    #[serde(skip_serializing_if = "<[Box<str>]>::is_empty")]
    represents: Box<[Box<str>]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    told: Option<&'static str>,
}

/// Somebody who is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct ToldBody {
    pub(super) tenant_id: Box<str>,
    pub(super) role: &'static str,
    /// Whom he is told for.
    #[serde(skip_serializing_if = "<[Box<str>]>::is_empty")]
    pub(super) on_behalf_of: Box<[Box<str>]>,
    /// His notification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<NotificationId>,
}

/// Somebody who is not told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct NotToldBody {
    pub(super) tenant_id: Box<str>,
    pub(super) role: &'static str,
    /// Stable code of why not.
    pub(super) why: &'static str,
    /// Who is told instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) by: Option<Box<str>>,
}

impl ToldBody {
    pub(super) fn of(told: &Addressee, id: Option<NotificationId>) -> Self {
        Self {
            tenant_id: told.tenant.clone(),
            role: told.role.name(),
            on_behalf_of: told.on_behalf_of.clone(),
            id,
        }
    }
}

impl NotToldBody {
    pub(super) fn of(not: &NotTold) -> Self {
        Self {
            tenant_id: not.tenant.clone(),
            role: not.role.name(),
            why: not.why.name(),
            by: match &not.why {
                WhyNot::Represented { by } => Some(by.clone()),
                WhyNot::Role
                | WhyNot::Deceased
                | WhyNot::NotYet
                | WhyNot::Left
                | WhyNot::NobodyRepresented => None,
            },
        }
    }
}

impl MemberBody {
    fn of(member: &Member) -> Self {
        let told = match member.is_instead {
            true => "instead",
            false => "as_well",
        };
        Self {
            tenant_id: member.tenant.clone(),
            role: member.role.name(),
            from: member.from.map(rfc3339),
            until: member.until.map(rfc3339),
            deceased: member.is_deceased,
            represents: member.represents.clone(),
            told: member.role.represents().then_some(told),
        }
    }
}

/// `GET /v1/households/{id}`
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(id): Path<String>,
) -> Result<Json<HouseholdBody>, Problem> {
    let key = key(corporation, &id)?;
    let snapshot = snapshot(&app, key, "household").await?;
    let unknown = || Problem::not_found("household");
    let grouped = snapshot.tenant.grouped().ok_or_else(unknown)?;
    let household = grouped.household.as_ref().ok_or_else(unknown)?;
    let groups = grouped.groups.iter().map(|group| group.id).collect();
    Ok(Json(shown(id, household, groups, app.clock.now())))
}

fn shown(
    household_id: String,
    household: &Household,
    open_groups: Vec<NotificationId>,
    now: Timestamp,
) -> HouseholdBody {
    let (told, not_told) = household.told(&Role::TOLD, now);
    HouseholdBody {
        household_id,
        members: household.members.iter().map(MemberBody::of).collect(),
        told_now: told.iter().map(|told| ToldBody::of(told, None)).collect(),
        not_told_now: not_told.iter().map(NotToldBody::of).collect(),
        open_groups,
    }
}

#[derive(Debug, Serialize)]
pub(super) struct PutBody {
    household_id: String,
    result: &'static str,
    /// Who would be told now, where a flow does not say otherwise.
    told_now: Vec<ToldBody>,
    /// Who would not, and why.
    not_told_now: Vec<NotToldBody>,
}

/// `PUT /v1/households/{id}`. Answered when it is durable, at its members too.
pub(super) async fn put(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(id): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Json<PutBody>, Problem> {
    let tenant = key(corporation, &id)?;
    let household = intake::household::parse(&body).map_err(Problem::invalid)?;
    may_store(&app, corporation)?;
    let (told, not_told) = household.told(&Role::TOLD, app.clock.now());
    let input = Input::PutHousehold(Box::new(household));
    let change = supply(&app, tenant, input).await?;
    Ok(Json(PutBody {
        household_id: id,
        result: word(change),
        told_now: told.iter().map(|told| ToldBody::of(told, None)).collect(),
        not_told_now: not_told.iter().map(NotToldBody::of).collect(),
    }))
}

/// The household of this number.
pub(super) fn key(corporation: CorporationId, id: &str) -> Result<TenantKey, Problem> {
    match intake::line_problem("household_id", id, 1, TenantKey::MAX_HOUSEHOLD_BYTES) {
        None => Ok(TenantKey::household(corporation, id)),
        Some(problem) => Err(Problem::invalid(vec![problem])),
    }
}
