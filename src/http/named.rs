//! Owns finding what an address names: a notification by its id, and the inbox of the shard that it
//! belongs to. What is no id is answered like one that is nobody's.

use std::sync::Arc;

use sluis_actors::Inbox;
use sluis_model::NotificationId;

use super::problem::Problem;
use crate::app::App;

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

/// A notification that is nobody's.
pub(super) fn unknown() -> Problem {
    Problem::not_found("notification")
}
