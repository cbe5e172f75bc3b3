//! Owns what an operator asks about the engine as a whole: what is open, where it stands, what is
//! oldest, what is in doubt or with people, over all corporations. Refuses what belongs to a
//! tenant: no address, no text, no number of a tenant. Every call leaves an audit line.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use sluis_actors::{Counted, Listed, Query as Question, ShardAnswer, ShardRequest};
use sluis_model::{FlowBook, NotificationId, Phase, ShardId, Timestamp};

use super::auth::Operator;
use super::lists;
use super::pauses::{self, PauseBody};
use super::problem::Problem;
use super::query::{Asked, bad};
use crate::app::App;
use crate::ask::{AskError, ask};
use crate::explain::rfc3339;
use crate::surveys::MOST_SURVEYS;

/// `GET /v1/operator/overview`
#[derive(Debug, Serialize)]
pub(super) struct OverviewBody {
    /// The instant to which ages count.
    at: String,
    /// Why intake is closed; absent: it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    intake_closed: Option<&'static str>,
    /// Open notifications.
    open: u64,
    pauses: Vec<PauseBody>,
    /// By corporation, in order of names.
    corporations: Vec<CorporationBody>,
    /// Attempts under way, by provider.
    under_way: BTreeMap<String, usize>,
}

#[derive(Debug, Default, Serialize)]
struct CorporationBody {
    corporation: String,
    open: u64,
    /// By state.
    states: BTreeMap<&'static str, CountBody>,
    /// Tasks, by list.
    tasks: BTreeMap<String, CountBody>,
    /// What is held, by guard.
    held: BTreeMap<String, CountBody>,
}

impl CorporationBody {
    fn add(&mut self, counted: &Counted, now: Timestamp) {
        self.open += counted.count;
        let state = self.states.entry(counted.state).or_default();
        state.add(counted, now);
        let place = match counted.state {
            "task" => Some(&mut self.tasks),
            "held" => Some(&mut self.held),
            _ => None,
        };
        if let (Some(place), Some(at)) = (place, &counted.at) {
            place.entry(at.to_string()).or_default().add(counted, now);
        }
    }
}

#[derive(Clone, Debug, Default, Serialize)]
struct CountBody {
    count: u64,
    /// Since when the one that has been there longest is there.
    oldest: String,
    /// The same, in seconds.
    oldest_seconds: i64,
    #[serde(skip)]
    since: Option<Timestamp>,
}

impl CountBody {
    fn add(&mut self, counted: &Counted, now: Timestamp) {
        let since = self
            .since
            .map_or(counted.oldest, |known| known.min(counted.oldest));
        self.count += counted.count;
        (self.oldest, self.oldest_seconds) = (rfc3339(since), now.since(since).max(0) / 1_000);
        self.since = Some(since);
    }
}

/// `GET /v1/operator/overview`
pub(super) async fn overview(
    State(app): State<Arc<App>>,
    Operator(by): Operator,
) -> Result<Json<OverviewBody>, Problem> {
    pauses::audit(&by, "overview", "all corporations");
    let _turn = app.surveys.turn().await.ok_or_else(too_many)?;
    let now = app.clock.now();
    let corporations = by_corporation(&app, survey(&app).await?, now);
    let under_way = app.engine.under_way();
    Ok(Json(OverviewBody {
        at: rfc3339(now),
        intake_closed: app.admission.closed().map(|closed| closed.code()),
        open: corporations
            .iter()
            .map(|corporation| corporation.open)
            .sum(),
        pauses: pauses::seen_by(&app, None).pauses,
        corporations,
        under_way: under_way
            .map(|(provider, count)| (provider.to_owned(), count))
            .collect(),
    }))
}

fn too_many() -> Problem {
    let detail = format!("{MOST_SURVEYS} overviews are being made: ask one after the other");
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_reads", detail).retry_after(1)
}

/// What was counted, of each corporation, in the order of their names.
fn by_corporation(app: &App, all: Vec<Counted>, now: Timestamp) -> Vec<CorporationBody> {
    let mut corporations: BTreeMap<String, CorporationBody> = BTreeMap::new();
    for counted in all {
        let name = app.corporation_name(counted.corporation);
        let empty = || CorporationBody {
            corporation: name.clone(),
            ..Default::default()
        };
        let body = corporations.entry(name.clone()).or_insert_with(empty);
        body.add(&counted, now);
    }
    corporations.into_values().collect()
}

/// Counts all shards, piece by piece; not one instant for all, and no shard is held up.
async fn survey(app: &App) -> Result<Vec<Counted>, Problem> {
    let mut all = Vec::new();
    let mut after: Option<NotificationId> = None;
    let mut shard = 0;
    while let Some(inbox) = app.engine.inbox(ShardId(shard)) {
        let query = Question::Survey { after };
        let ShardAnswer::Survey {
            counted,
            scanned_to,
        } = ask(inbox, |reply| ShardRequest::Query { query, reply }).await?
        else {
            return Err(AskError::Lost.into());
        };
        all.extend(counted);
        after = scanned_to;
        shard += u16::from(scanned_to.is_none());
    }
    Ok(all)
}

#[derive(Debug, Serialize)]
pub(super) struct ListBody {
    notifications: Vec<RowBody>,
    /// Give this as `after` for the next page; absent: that was all.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Debug, Serialize)]
struct RowBody {
    id: String,
    corporation: String,
    flow: String,
    state: &'static str,
    accepted_at: String,
    /// For a task: its list.
    #[serde(skip_serializing_if = "Option::is_none")]
    list: Option<String>,
    /// When it is decided again at the latest.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_at: Option<String>,
}

/// `GET /v1/operator/notifications`
pub(super) async fn notifications(
    State(app): State<Arc<App>>,
    Operator(by): Operator,
    asked: Asked,
) -> Result<Json<ListBody>, Problem> {
    let asked = asked.only(&["state", "corporation", "after", "limit"])?;
    let filter = lists::state_filter(asked.word("state"))?;
    let (after, limit) = (
        asked.id("after")?,
        asked.number("limit", 1..=lists::MOST_ROWS, 100)?,
    );
    let unknown = |name: &str| {
        bad(format!(
            "corporation {name:?}: expected a name of the configuration"
        ))
    };
    let named = asked.word("corporation");
    let whose = named
        .map(|name| app.corporation_named(name).ok_or_else(|| unknown(name)))
        .transpose()?;
    pauses::audit(&by, "list", named.unwrap_or("all corporations"));
    let (rows, next) = lists::open(&app, whose, &filter, after, limit).await?;
    let rows = rows.iter().map(|listed| row(&app, listed)).collect();
    Ok(Json(ListBody {
        notifications: rows,
        next: next.map(|id| id.to_string()),
    }))
}

fn row(app: &App, listed: &Listed) -> RowBody {
    let open = &listed.open;
    let list = match &open.phase {
        Phase::Task { list, .. } => Some(list.to_string()),
        Phase::Waiting { .. }
        | Phase::Ready { .. }
        | Phase::Started { .. }
        | Phase::InDoubt { .. }
        | Phase::Sent { .. }
        | Phase::Held { .. } => None,
    };
    RowBody {
        id: open.id.to_string(),
        corporation: app.corporation_name(listed.corporation),
        flow: app
            .book
            .flow(open.flow)
            .map(|flow| flow.name.to_string())
            .unwrap_or_default(),
        state: open.phase.name(),
        accepted_at: rfc3339(open.accepted_at),
        list,
        next_at: open.due().map(rfc3339),
    }
}
