//! Owns what an input's sender is told. Answers leave only when the record behind them is durable.
//! Refuses to know how they are written down: JSON and frames are made in `src`.

use crate::channel::Channel;
use crate::flow::FlowRef;
use crate::household::{Addressee, NotTold};
use crate::ids::NotificationId;
use crate::matching::Unmatched;
use crate::moving::Moving;
use crate::notification::Subject;

/// The answer to one input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// To a notification: taken on. `state` is where it stands already.
    Accepted {
        /// Its id.
        id: NotificationId,
        /// `scheduled`, `ready`, `held`, `task`, or `ended`.
        state: &'static str,
        /// No profile of its tenant is there yet.
        unknown_tenant: bool,
        /// Another subject of its tenant that differs from its own only in case or in blanks.
        near: Option<Box<Subject>>,
    },
    /// To a notification: the tenant has as many open as one may. Nothing was stored.
    TenantFull {
        /// Open notifications of the tenant.
        open: usize,
        /// How many may be.
        most: usize,
    },
    /// To a profile.
    Profile(ProfileChange),
    /// To a fact.
    Fact {
        /// It was taken before.
        duplicate: bool,
        /// What it ended.
        ended: Vec<NotificationId>,
        /// What it did not find: it is taken all the same.
        unmatched: Option<Box<Unmatched>>,
    },
    /// To a fact whose id was used for something else.
    FactConflict,
    /// To a receipt.
    Receipt(ReceiptEffect),
    /// To a cancellation.
    Cancelled(Cancelled),
    /// To an answered task.
    Task(TaskAnswer),
    /// To a use of the link.
    Link(LinkAnswer),
    /// To a notification to a household: it became one for each of these.
    Group {
        /// Its id.
        id: NotificationId,
        /// Who is told, and why.
        told: Vec<Addressee>,
        /// Who is not, and why not.
        not_told: Vec<NotTold>,
    },
    /// To a notification to a household that nobody loaded. Nothing was stored.
    UnknownHousehold,
    /// To a notification to a household in which nobody is to be told. Nothing was stored.
    NobodyToTell(Vec<NotTold>),
    /// To an input nobody waits for.
    Done,
    /// To an order to go on under another definition.
    Migration(Moving),
}

/// What a profile changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileChange {
    /// There was none.
    New,
    /// Something differs.
    Changed,
    /// Nothing differs; nothing was written.
    Same,
}

/// What a receipt did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptEffect {
    /// It moved the flow.
    Applied,
    /// It is on the record, and moved nothing: late, repeated or weak.
    Noted,
    /// Nothing is known of that attempt.
    Unknown,
    /// Nobody can read what it says: it is with people.
    Unexplained,
}

/// Exactly what a cancellation stopped and what was already gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cancelled {
    /// Stopped: nothing more will be sent for these.
    pub stopped: Vec<Stopped>,
    /// Nothing open under this id: it had ended before, or never was.
    pub not_open: Vec<NotificationId>,
}

/// One stopped notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Its id.
    pub id: NotificationId,
    /// What it was doing.
    pub state: &'static str,
    /// Channels over which a message had already left, or may have.
    pub already_gone: Vec<Channel>,
}

/// What became of a person's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskAnswer {
    /// The flow goes on.
    Taken,
    /// No such task is open.
    NotOpen,
    /// That answer leads nowhere; these do.
    Unknown(Vec<Box<str>>),
    /// That answer asks for these fields, too.
    Lacks(Vec<Box<str>>),
    /// A message is on its way this very moment: again when its outcome is known.
    UnderWay,
}

/// What the link shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkAnswer {
    /// It is open: the record that holds the URL, and what it is about.
    Open {
        /// Sequence of the body's record in the id's shard.
        body: u64,
        /// Language of the tenant.
        language: Box<str>,
        /// Subject.
        subject: Option<Subject>,
    },
    /// The tenant is asked something.
    Asks {
        /// Sequence of the body's record in the id's shard.
        body: u64,
        /// The definition.
        flow: FlowRef,
        /// Index of the step that asks.
        step: u8,
        /// Language of the tenant.
        language: Box<str>,
    },
    /// It is closed or its notification ended; the end state's name says why.
    Closed {
        /// Name of the end state: `paid`, `cancelled`, `expired` … [`LinkAnswer::ANSWERED`] where the
        /// tenant has answered and the flow goes on.
        end: Box<str>,
        /// Language of the tenant.
        language: Box<str>,
    },
    /// Nothing is known of it.
    Unknown,
}

impl LinkAnswer {
    /// The end of a link whose question was answered.
    pub const ANSWERED: &str = "answered";
}
