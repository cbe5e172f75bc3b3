//! Owns what can be put into a shard's inbox and what comes back. Refuses to know who asks: an
//! answer goes to whatever implements [`Answers`], under the number its sender chose.

use std::fmt;
use std::sync::Arc;

use sluis_model::{
    Answer, Channel, Control, CorporationId, Input, Intent, Lane, NotificationId, Open, TaskGroup,
    Tenant, TenantKey, Why,
};

use super::erased::{EraseOrder, Erasure};
use super::figures::{AlikeTasks, Census, Counted, UnmatchedFact};
use super::on_roll::OnRoll;
use super::table::Ended;
use crate::claim::Claim;
use crate::quota::NoRoom;

/// Takes answers. Called on the shard's thread: it must not block.
pub trait Answers: Send + Sync {
    /// The answer to the request with this number.
    fn answer(&self, correlation: u64, answer: ShardAnswer);
}

/// Where an answer goes. Dropped without one, it says [`ShardAnswer::Dropped`], so that nobody
/// waits for ever.
pub struct Reply(Option<(Arc<dyn Answers>, u64)>);

impl Reply {
    /// To `answers`, under `correlation`.
    #[must_use]
    pub fn to(answers: Arc<dyn Answers>, correlation: u64) -> Self {
        Self(Some((answers, correlation)))
    }

    /// Nobody waits.
    #[must_use]
    pub const fn nobody() -> Self {
        Self(None)
    }

    /// Sends the answer.
    pub fn send(mut self, answer: ShardAnswer) {
        if let Some((answers, correlation)) = self.0.take() {
            answers.answer(correlation, answer);
        }
    }

    /// Takes the reply away without an answer: whoever waits is told in another way.
    pub fn forget(mut self) {
        self.0 = None;
    }

    /// Whether somebody waits.
    #[must_use]
    pub const fn is_awaited(&self) -> bool {
        self.0.is_some()
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if let Some((answers, correlation)) = self.0.take() {
            answers.answer(correlation, ShardAnswer::Dropped);
        }
    }
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() {
            "Reply(awaited)"
        } else {
            "Reply(nobody)"
        })
    }
}

/// One thing for a shard to do.
#[derive(Debug)]
pub enum ShardRequest {
    /// An input for a tenant of this shard. `claim` is the hold an admitted notification has on its
    /// quota and key.
    Input {
        /// The tenant it is for.
        tenant: TenantKey,
        /// What is to be decided.
        input: Input,
        /// Where the answer goes.
        reply: Reply,
        /// Given back unless the record is appended.
        claim: Option<Claim>,
    },
    /// An input that names a notification instead of a tenant. Another corporation's is not found.
    ById {
        /// The corporation that asks; none: a verified receipt or link, which carries it.
        corporation: CorporationId,
        /// The notification.
        id: NotificationId,
        /// What is to be decided.
        input: Input,
        /// Where the answer goes.
        reply: Reply,
    },
    /// Every tenant of this shard with something open about the intent's subject.
    Part {
        /// The work.
        work: Intent,
        /// Where the answer goes.
        reply: Reply,
    },
    /// Something about the shard.
    Control {
        /// The control to carry out.
        control: Control,
        /// Where the answer goes.
        reply: Reply,
    },
    /// Several tenants are to get an input each; this shard is the home of the intent.
    Intent {
        /// The work.
        work: Intent,
        /// Where the answer goes.
        reply: Reply,
    },
    /// Every part of an intent is durable.
    IntentFinished {
        /// Number of the intent.
        intent: u64,
        /// The answers, in the order of the parts.
        answers: Vec<ShardAnswer>,
        /// Where the answer goes.
        reply: Reply,
    },
    /// Providers have refused our account for longer than messages wait for that: what waits for
    /// them alone is given to people.
    GiveUp(Arc<GivenUp>),
    /// A tenant is to be erased.
    Erase {
        /// Whom, as he was seen.
        order: Box<EraseOrder>,
        /// Where the answer goes.
        reply: Reply,
    },
    /// A question, answered behind everything that was accepted before it.
    Query {
        /// The question.
        query: Query,
        /// Where the answer goes.
        reply: Reply,
    },
}

impl ShardRequest {
    /// Whether it brings an urgent notification.
    pub(super) fn is_urgent(&self) -> bool {
        matches!(
            self,
            Self::Input { input: Input::Notify(body), .. } if body.lane == Lane::Urgent
        )
    }
}

/// Providers of a channel that have refused our account for longer than messages wait for that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenUp {
    /// The channel.
    pub channel: Channel,
    /// Their names, each with what it says.
    pub providers: Vec<(Box<str>, Why)>,
}

impl GivenUp {
    /// What this provider says, if it is given up.
    pub(super) fn why(&self, provider: &str) -> Option<&Why> {
        let found = self.providers.iter().find(|(name, _)| **name == *provider);
        found.map(|(_, why)| why)
    }
}

/// A question to a shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// Nothing: only that everything before is durable.
    Echo,
    /// Where this notification was accepted.
    Accepted {
        /// The corporation that asks.
        corporation: CorporationId,
        /// The notification.
        id: NotificationId,
    },
    /// Which tenant has this notification, open or ended.
    Notification {
        /// The corporation that asks.
        corporation: CorporationId,
        /// The notification.
        id: NotificationId,
    },
    /// The state of a tenant.
    Tenant(TenantKey),
    /// What whoever watches the engine wants to know.
    Census,
    /// Facts of a corporation that fit nothing.
    Unmatched {
        /// The corporation that asks.
        corporation: CorporationId,
        /// Only those of records after this one.
        after: u64,
        /// At most this many.
        limit: usize,
    },
    /// Tasks of a corporation that are one for people.
    AlikeTasks {
        /// The corporation that asks.
        corporation: CorporationId,
    },
    /// Messages of a corporation that nobody could read and that no task asks about.
    Unread {
        /// The corporation that asks.
        corporation: CorporationId,
        /// At most this many.
        limit: usize,
    },
    /// Open notifications, by id.
    List {
        /// The corporation that asks; none: an operator does, and sees those of all.
        corporation: Option<CorporationId>,
        /// Only those that it takes.
        filter: StateFilter,
        /// Only ids after this one.
        after: Option<NotificationId>,
        /// At most this many.
        limit: usize,
    },
    /// How much is open, by corporation and state. Only for operators.
    Survey {
        /// Only ids after this one.
        after: Option<NotificationId>,
    },
    /// The tenants of a corporation, in pieces.
    Roll {
        /// The corporation that asks.
        corporation: CorporationId,
        /// Only places from this one on.
        from: u32,
    },
}

/// Which open notifications are listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateFilter {
    /// All of them.
    Any,
    /// Those whose phase has this name.
    Named(Box<str>),
    /// Tasks that are not one with others.
    TasksAlone,
    /// Tasks that are one for people.
    TasksAlike(TaskGroup),
}

/// What a shard answers.
#[derive(Clone, Debug)]
pub enum ShardAnswer {
    /// The input was decided; the record stands at `position` (0: nothing had to be written).
    Decided {
        /// What the model says.
        answer: Answer,
        /// Sequence of the record.
        position: u64,
    },
    /// Nothing by that name for that corporation.
    NotFound,
    /// Everything before is durable.
    Echo,
    /// It was accepted, durably, at this position.
    Accepted {
        /// Sequence of the record.
        position: u64,
    },
    /// The state of a tenant; when asked for by notification: which one.
    Snapshot(Box<Snapshot>),
    /// Open notifications.
    List {
        /// In order of id.
        rows: Vec<Listed>,
        /// Up to which id was looked; none: to the end of the shard.
        scanned_to: Option<NotificationId>,
    },
    /// How much is open.
    Survey {
        /// By corporation, state and place.
        counted: Vec<Counted>,
        /// Up to which id was looked; none: to the end of the shard.
        scanned_to: Option<NotificationId>,
    },
    /// Tenants of a corporation.
    Roll {
        /// In the order of their places.
        tenants: Vec<OnRoll>,
        /// From which place on there are more; none: to the end of the shard.
        next: Option<u32>,
        /// How many places there are, of all corporations.
        places: u64,
    },
    /// Figures of the shard.
    Census(Box<Census>),
    /// Facts that fit nothing, oldest first.
    Unmatched {
        /// The facts.
        rows: Vec<UnmatchedFact>,
        /// There are more.
        more: bool,
    },
    /// Tasks that are one for people.
    AlikeTasks(Vec<AlikeTasks>),
    /// Messages that nobody could read, oldest first: the sequences of the records that hold them.
    Unread(Vec<u64>),
    /// Answers of every part of an intent.
    Gathered(Vec<ShardAnswer>),
    /// The request was lost before it was decided: try again.
    Dropped,
    /// What became of an order to erase a tenant.
    Erasure(Erasure),
    /// Something of the sender's is at its bound. Nothing was stored.
    NotTaken(NotTaken),
}

/// What is at its bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotTaken {
    /// The tenant has as many open notifications as one may.
    TenantFull {
        /// The corporation's number for the tenant.
        tenant: Box<str>,
        /// Open notifications.
        open: usize,
        /// How many may be.
        most: usize,
    },
    /// The corporation has as many tenants that are known from facts alone as it may, and this
    /// would be one more.
    ManyUnknown {
        /// The corporation's number for the tenant.
        tenant: Box<str>,
        /// How many may be.
        most: u64,
    },
    /// There is no room for all whom a household's notification goes to.
    NoRoom(NoRoom),
}

impl fmt::Display for NotTaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotTaken::TenantFull { tenant, open, most } => write!(
                f,
                "tenant {tenant:?} has {open} open notifications and may have {most}: if that number stands for no tenant, \
                 mend it; else send this again when some of them have ended"
            ),
            NotTaken::ManyUnknown { tenant, most } => write!(
                f,
                "nobody loaded tenant {tenant:?}, and {most} tenants are known from facts alone, as many as may be: load the \
                 tenants first, or mend the numbers in the feed"
            ),
            NotTaken::NoRoom(_) => f.write_str(
                "there is no room for all whom this goes to: slow down and send it again",
            ),
        }
    }
}

/// A tenant at one instant.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The tenant whose state this is.
    pub key: TenantKey,
    /// The state.
    pub tenant: Tenant,
    /// How the notification asked for ended, if it did.
    pub ended: Option<Ended>,
}

/// One row of a list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The corporation whose notification it is.
    pub corporation: CorporationId,
    /// The corporation's number for the tenant.
    pub tenant: Box<str>,
    /// The notification.
    pub open: Open,
}
