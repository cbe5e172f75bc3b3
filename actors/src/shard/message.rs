//! Owns the messages that wait for passive tenants, and what is left to do of those that reach several.
//! Refuses to let one go: the lobby does, when their tenant is active.

use std::collections::VecDeque;

use sluis_model::{Input, NotificationId, Subject, Timestamp};

use super::found::Found;
use super::place::Slot;
use super::request::{Reply, ShardAnswer, ShardRequest};
use crate::dispatch::Outcome;
use crate::tenant::Waiting;

/// What waits for a tenant.
#[derive(Debug)]
pub(super) enum Message {
    /// From the inbox: it is taken again, as it came.
    Request(Box<ShardRequest>),
    /// A timer that was taken out of the timer set, and when it fell due.
    Timer(Timestamp, NotificationId),
    /// What became of an attempt, and whether a failed turn had taken it along.
    Outcome(Outcome, bool),
    /// The engine's own, about an open notification.
    Own(NotificationId, Input),
    /// Something about a notification that ended.
    Found(Found),
    /// The rest of what is to be cancelled about a subject.
    Cancel(Box<CancelAbout>),
    /// A notification that may want a permit: it is lined up again.
    Place(NotificationId),
}

impl From<ShardRequest> for Message {
    fn from(request: ShardRequest) -> Self {
        Self::Request(Box::new(request))
    }
}

impl Message {
    /// Whether it brings the notification in.
    pub(super) fn brings(&self, wanted: NotificationId) -> bool {
        let Self::Request(request) = self else {
            return false;
        };
        matches!(
            &**request,
            ShardRequest::Input { input: Input::Notify(body), .. } if body.id == wanted
        )
    }

    /// Whether it is an urgent notification.
    pub(super) fn is_urgent(&self) -> bool {
        match self {
            Self::Request(request) => request.is_urgent(),
            Self::Timer(..)
            | Self::Outcome(..)
            | Self::Own(..)
            | Self::Found(_)
            | Self::Cancel(_)
            | Self::Place(_) => false,
        }
    }

    /// The outcome that it is: nobody would send it again if it were lost.
    fn into_outcome(self) -> Option<Outcome> {
        match self {
            Self::Outcome(outcome, _) => Some(outcome),
            Self::Request(_)
            | Self::Timer(..)
            | Self::Own(..)
            | Self::Found(_)
            | Self::Cancel(_)
            | Self::Place(_) => None,
        }
    }
}

/// Who waits for passive tenants.
#[derive(Debug, Default)]
pub(super) struct Lobby {
    pub(super) waiting: Waiting<Message>,
    /// Tenants whose newest stored state is not durable yet: it can be read after that.
    pub(super) unread: Vec<Slot>,
}

impl Lobby {
    /// Messages that wait.
    pub(super) const fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Takes out what must not be lost with a turn.
    pub(super) fn into_outcomes(self) -> impl Iterator<Item = Outcome> {
        let messages = self.waiting.into_messages();
        messages.filter_map(Message::into_outcome)
    }
}

/// What is left to be cancelled about a subject, in one shard.
#[derive(Debug)]
pub(super) struct CancelAbout {
    pub subject: Subject,
    pub note: Box<str>,
    /// Tenants that are still to be asked.
    pub left: VecDeque<Slot>,
    /// What the others answered.
    pub answers: Vec<ShardAnswer>,
    pub reply: Reply,
}
