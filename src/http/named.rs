//! Owns finding what an address names: a notification by its id, and the inbox of the shard that it
//! belongs to. What is no id is answered like one that is nobody's.

use std::sync::Arc;

use http::StatusCode;
use sluis_actors::{Inbox, Query, ShardAnswer, ShardRequest, Snapshot};
use sluis_model::{CorporationId, NotificationId, Timestamp};

use super::problem::Problem;
use crate::app::App;
use crate::ask::ask;
use crate::explain::rfc3339;

/// The notification of this name.
///
/// # Errors
/// 404.
pub(super) fn notification(id: &str) -> Result<NotificationId, Problem> {
    id.parse().map_err(|_| unknown())
}

/// The inbox of a notification's shard.
///
/// # Errors
/// 404: the engine has no such shard.
pub(super) fn inbox(app: &App, id: NotificationId) -> Result<&Arc<Inbox>, Problem> {
    app.engine.inbox_by_id(id).ok_or_else(unknown)
}

/// A notification that the engine does not know: 404, or 410 when it is so old that it may have been
/// forgotten.
pub(super) fn not_found(app: &App, id: NotificationId) -> Problem {
    let kept_since = kept_since(app);
    if id.made_at() >= kept_since {
        return unknown();
    }
    let since = rfc3339(kept_since);
    let detail = format!("what ended before {since} is not kept any more, and this is older");
    Problem::new(StatusCode::GONE, "no_longer_kept", detail)
}

/// What ended since then is known.
pub(super) fn kept_since(app: &App) -> Timestamp {
    app.clock.now().plus(-app.endings_for_ms)
}

/// A notification that is nobody's.
pub(super) fn unknown() -> Problem {
    Problem::not_found("notification")
}

/// The tenant that has the notification, behind everything accepted before; none: the engine does not
/// know it.
pub(super) async fn snapshot(
    app: &App,
    corporation: CorporationId,
    id: NotificationId,
) -> Result<Option<Box<Snapshot>>, Problem> {
    let inbox = inbox(app, id)?;
    let query = Query::Notification { corporation, id };
    match ask(inbox, |reply| ShardRequest::Query { query, reply }).await? {
        ShardAnswer::Snapshot(snapshot) => Ok(Some(snapshot)),
        _ => Ok(None),
    }
}
