//! Owns a group over HTTP: one notification to a household, explained as one. Whom, why, why not the
//! others, where each part stands. It tells what the household pinned when it accepted the notification,
//! whatever the household is today. Refuses to guess what is not kept any more.

use std::sync::Arc;

use axum::extract::{Path, State};
use http::StatusCode;
use serde::Serialize;
use sluis_actors::Snapshot;
use sluis_model::{
    Addressed, Addressee, CorporationId, Event, FlowBook, Input, NotTold, Notification,
    NotificationId, Subject, TenantKey, TenantRecord, Timestamp, part_id, part_number,
};

use super::auth::Caller;
use super::households::{NotToldBody, ToldBody};
use super::language::{In, Said};
use super::named;
use super::problem::Problem;
use super::records::Records;
use crate::app::App;
use crate::explain::{self, FlowName, Language, TimelineRow, rfc3339};

/// Records of a household looked at for one explanation.
const MOST_RECORDS: usize = 2_000;

/// A group.
#[derive(Debug, Serialize)]
pub(super) struct GroupBody {
    id: NotificationId,
    household_id: String,
    flow: Option<FlowName>,
    category: Box<str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Subject>,
    accepted_at: String,
    /// `open` or `ended`.
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<Box<str>>,
    /// `all`: what one answers is the answer of all; `each`.
    answered: &'static str,
    told: Vec<PartBody>,
    not_told: Vec<NotToldBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<StoppedBody>,
    history: Vec<TimelineRow>,
    /// Whom it tells and how far it is, in a few sentences.
    short: String,
    /// Whom, why, and why not the others.
    why: String,
    /// In which language it is told.
    language: &'static str,
}

/// One part of a group.
#[derive(Debug, Serialize)]
pub(super) struct PartBody {
    #[serde(flatten)]
    who: ToldBody,
    /// As of a notification; `erased` of somebody who was erased, or is not kept any more.
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<Box<str>>,
}

#[derive(Debug, Serialize)]
struct StoppedBody {
    end: Box<str>,
    /// Whose part brought it about; absent: it was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<Box<str>>,
}

/// The group that a notification is a part of, with the others of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct OfGroup {
    id: NotificationId,
    household_id: Box<str>,
    /// The other addressees, as far as that is kept.
    others: Vec<ToldBody>,
}

/// What a household pinned when it accepted a notification.
struct Pinned {
    at: Timestamp,
    body: Notification,
    told: Vec<Addressee>,
    not_told: Vec<NotTold>,
    together: bool,
}

/// `GET /v1/groups/{id}`
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Caller(corporation): Caller,
    Path(id): Path<String>,
    In(lang): In,
) -> Result<Said<GroupBody>, Problem> {
    let id: NotificationId = id.parse().map_err(|_| unknown())?;
    let found = household(&app, corporation, id).await?;
    let found = found.ok_or_else(|| match named::not_found(&app, id) {
        gone if gone.code == "no_longer_kept" => gone,
        _ => unknown(),
    })?;
    let number = found.key.as_household().unwrap_or_default().to_owned();
    let page = pages(&app, &found, id).await?;
    let pinned = pinned(&page.records, id).ok_or_else(|| {
        let detail = "who was told is not kept any more, or somebody in the household was erased";
        Problem::new(StatusCode::GONE, "no_longer_kept", detail)
    })?;
    let mut told = Vec::with_capacity(pinned.told.len());
    for addressee in &pinned.told {
        told.push(part(&app, corporation, id, addressee, &page.records).await?);
    }
    let end = found.ended.as_ref().map(|ended| ended.end.clone());
    let stopped = stopped(&page.records, id, &pinned.told);
    let short = short((&number, lang), &pinned, &told, stopped.as_ref());
    let why = why((&number, lang), &pinned, &told, stopped.as_ref());
    let body = GroupBody {
        id,
        household_id: number,
        flow: app.book.flow(pinned.body.flow).map(FlowName::of),
        category: pinned.body.category.clone(),
        subject: pinned.body.subject.clone(),
        accepted_at: rfc3339(pinned.at),
        state: if end.is_some() { "ended" } else { "open" },
        end,
        answered: if pinned.together { "all" } else { "each" },
        told,
        not_told: pinned.not_told.iter().map(NotToldBody::of).collect(),
        stopped,
        history: explain::timeline(&page.records, &found.tenant.open, &*app.book, lang),
        short,
        why,
        language: lang.code(),
    };
    Ok(Said(lang, body))
}

fn unknown() -> Problem {
    Problem::not_found("group")
}

/// The household that has the group, if it is one.
async fn household(
    app: &App,
    corporation: CorporationId,
    id: NotificationId,
) -> Result<Option<Box<Snapshot>>, Problem> {
    let found = named::snapshot(app, corporation, id).await?;
    Ok(found.filter(|found| found.key.as_household().is_some()))
}

async fn pages(
    app: &Arc<App>,
    found: &Snapshot,
    id: NotificationId,
) -> Result<explain::Page, Problem> {
    let wanted = explain::Wanted {
        before: None,
        limit: MOST_RECORDS,
        of: Some(id),
    };
    let last = found.tenant.last;
    let records = Records::of(app, &found.key);
    records.walk(app, last, wanted, explain::about(id)).await
}

/// What was pinned with the group.
fn pinned(records: &[(u64, TenantRecord)], id: NotificationId) -> Option<Pinned> {
    records.iter().find_map(|(_, record)| {
        let Input::Notify(body) = &record.input else {
            return None;
        };
        let formed = record.events.iter().find_map(|event| match event {
            Event::GroupFormed {
                id: formed,
                told,
                not_told,
                together,
            } if *formed == id => Some((told.clone(), not_told.clone(), *together)),
            _ => None,
        });
        let is_it = body.id == id && body.addressed == Addressed::Household;
        // A group of which another one ran already told nobody.
        let (told, not_told, together) = match formed {
            Some(formed) => formed,
            None if is_it => (Vec::new(), Vec::new(), false),
            None => return None,
        };
        is_it.then(|| Pinned {
            at: record.at,
            body: (**body).clone(),
            told,
            not_told,
            together,
        })
    })
}

/// Where the part of an addressee stands.
async fn part(
    app: &App,
    corporation: CorporationId,
    group: NotificationId,
    told: &Addressee,
    records: &[(u64, TenantRecord)],
) -> Result<PartBody, Problem> {
    let tenant = TenantKey::new(corporation, told.tenant.clone());
    let id = part_id(group, &tenant, app.engine.shards());
    let who = ToldBody::of(told, Some(id));
    let found = named::snapshot(app, corporation, id).await?;
    let open = found.as_ref().and_then(|found| found.tenant.find(id));
    if let Some(open) = open {
        let state = open.phase.name();
        return Ok(PartBody {
            who,
            state,
            end: None,
        });
    }
    let ended = found.and_then(|found| found.ended).map(|ended| ended.end);
    // What the household heard of it, where he himself was erased or it is not kept any more.
    let number = part_number(group, &told.tenant);
    let mut events = records.iter().flat_map(|(_, record)| &record.events);
    let heard = events.find_map(|event| match event {
        Event::PartEnded { id, part, end } if (*id, *part) == (group, number) => Some(end.clone()),
        _ => None,
    });
    Ok(match (ended, heard) {
        (Some(end), _) => PartBody {
            who,
            state: "ended",
            end: Some(end),
        },
        (None, Some(end)) => PartBody {
            who,
            state: "erased",
            end: Some(end),
        },
        (None, None) => PartBody {
            who,
            state: "on_its_way",
            end: None,
        },
    })
}

fn stopped(
    records: &[(u64, TenantRecord)],
    group: NotificationId,
    told: &[Addressee],
) -> Option<StoppedBody> {
    let mut events = records.iter().flat_map(|(_, record)| &record.events);
    events.find_map(|event| match event {
        Event::GroupStopping { id, end, by, .. } if *id == group => {
            let number = |told: &&Addressee| Some(part_number(group, &told.tenant)) == *by;
            Some(StoppedBody {
                end: end.clone(),
                by: told.iter().find(number).map(|told| told.tenant.clone()),
            })
        }
        _ => None,
    })
}

/// Whom it tells, and how far it is.
fn short(
    (household, lang): (&str, Language),
    pinned: &Pinned,
    parts: &[PartBody],
    stop: Option<&StoppedBody>,
) -> String {
    if pinned.told.is_empty() {
        return lang.nobody_was_told(household);
    }
    let told = pinned.told.iter();
    let told: Vec<String> = told.map(|told| explain::addressee(told, lang)).collect();
    let mut said = vec![lang.group_told(household, lang.all_of(&told))];
    let not = pinned.not_told.iter();
    let not: Vec<String> = not.map(|not| explain::left_out(not, lang)).collect();
    if !not.is_empty() {
        said.push(lang.group_not_told(not.join("; ")));
    }
    said.extend(stop.map(|StoppedBody { end, by }| match by {
        Some(by) => lang.group_stopped_by(by, end),
        None => lang.group_stopped(end),
    }));
    let open = parts.iter().filter(|part| part.end.is_none()).count();
    said.push(match open {
        0 => lang.group_over(),
        open => lang.group_open(open, parts.len()),
    });
    said.join(" ")
}

fn why(
    (household, lang): (&str, Language),
    pinned: &Pinned,
    parts: &[PartBody],
    stop: Option<&StoppedBody>,
) -> String {
    if pinned.told.is_empty() {
        return lang.nobody_was_told(household);
    }
    let state = |(told, part): (&Addressee, &PartBody)| {
        let state = match part.end.as_deref() {
            Some(end) => end.to_owned(),
            None => lang.part_is(part.state),
        };
        lang.stands_at(explain::addressee(told, lang), state)
    };
    let told: Vec<String> = pinned.told.iter().zip(parts).map(state).collect();
    let not = pinned.not_told.iter();
    let not: Vec<String> = not.map(|not| explain::left_out(not, lang)).collect();
    let mut why = lang.household_was_told(household, told.join("; "));
    if !not.is_empty() {
        why = lang.not_told_were(why, not.join("; "));
    }
    match stop {
        None => lang.full_stop(why),
        Some(StoppedBody { end, by: Some(by) }) => lang.part_ended_others(why, by, end),
        Some(StoppedBody { end, by: None }) => lang.group_was_cancelled(why, end),
    }
}

/// The group of a notification and the others of it, from what its tenant's records say of it.
pub(super) async fn of_part(
    app: &Arc<App>,
    corporation: CorporationId,
    body: Option<&Notification>,
) -> Result<Option<OfGroup>, Problem> {
    let Some(body) = body else {
        return Ok(None);
    };
    let Addressed::Part(of) = &body.addressed else {
        return Ok(None);
    };
    let mut told = Vec::new();
    if let Some(found) = household(app, corporation, of.group).await? {
        let page = pages(app, &found, of.group).await?;
        told = pinned(&page.records, of.group).map_or(told, |pinned| pinned.told);
    }
    let shards = app.engine.shards();
    let part = |told: &Addressee| {
        let tenant = TenantKey::new(corporation, told.tenant.clone());
        ToldBody::of(told, Some(part_id(of.group, &tenant, shards)))
    };
    let mut others: Vec<ToldBody> = told.iter().map(part).collect();
    others.retain(|other| other.id != Some(body.id));
    Ok(Some(OfGroup {
        id: of.group,
        household_id: of.household.clone(),
        others,
    }))
}
