//! Owns everything that can happen to a tenant: the closed list of inputs a shard takes.
//! Refuses effects: what follows from an input is an event.

use bincode::{Decode, Encode};

use crate::attempt::{Left, OnDoubt, ReceiptKind, Verdict, Why};
use crate::channel::Channel;
use crate::codec::Version;
use crate::fact::{DeclaredFact, Fact};
use crate::flow::Value;
use crate::group::{PartNews, StopPart};
use crate::household::Household;
use crate::ids::{AttemptRef, NotificationId};
use crate::moving::Migrate;
use crate::notification::{Notification, Subject};
use crate::supplied::Supplied;
use crate::time::Timestamp;

/// One input for one tenant.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[bincode(decode_context = "Version")]
pub enum Input {
    /// An admitted notification.
    Notify(Box<Notification>),
    /// What a source supplies of the tenant, whole.
    PutProfile(Box<Supplied>),
    /// A business event.
    Fact(Fact),
    /// Evidence from outside about an attempt.
    Receipt(Receipt),
    /// The notification's timer fell due.
    Timer {
        /// Whose.
        id: NotificationId,
    },
    /// A router lets one send start.
    Permit(Permit),
    /// What became of an attempt.
    Outcome {
        /// Which attempt.
        attempt: AttemptRef,
        /// What it amounts to.
        verdict: Verdict,
    },
    /// The process that had started this attempt died: its outcome is unknown.
    Interrupted {
        /// Which attempt.
        attempt: AttemptRef,
    },
    /// Stop it, whatever it is waiting for.
    Cancel {
        /// What to stop.
        target: CancelTarget,
        /// Who asked and why, for the explanation; at most 200 bytes.
        note: Box<str>,
    },
    /// A person answered a task.
    Answer {
        /// Which notification's task.
        id: NotificationId,
        /// Which task of that notification.
        task: u16,
        /// The answer.
        answer: Box<str>,
        /// Who, for the explanation; at most 200 bytes.
        by: Box<str>,
    },
    /// The link was used.
    Link {
        /// Of which notification.
        id: NotificationId,
        /// `true`: the button was pressed (trusted). `false`: the page was fetched (weak evidence).
        pressed: bool,
    },
    /// Evidence about an attempt of a notification that has ended. Since record version 3.
    LateReceipt(Box<LateReceipt>),
    /// Nothing takes it any more where it waits for a permit. Since record version 4.
    NoWay(Box<NoWay>),
    /// What became of an attempt with which bytes left, or may have. Decided on as
    /// [`Input::Outcome`] is. Since record version 4.
    Sent {
        /// Which attempt.
        attempt: AttemptRef,
        /// What it amounts to.
        verdict: Verdict,
        /// Which bytes.
        left: Left,
    },
    /// A business event of a declared type. Since record version 5.
    Declared(Box<DeclaredFact>),
    /// Who is in a household, whole. Since record version 6.
    PutHousehold(Box<Household>),
    /// A household names the tenant, or names him no more. Since record version 6.
    InHousehold {
        /// The number of the household.
        household: Box<str>,
        /// Whether it names him.
        is_in: bool,
    },
    /// An addressee's part tells its household what became of it. Since record version 6.
    PartNews(Box<PartNews>),
    /// Every addressee of a group has what was handed to him. Put to the household, and then to each
    /// part: it may begin. Since record version 6.
    GroupTold {
        /// The group, or the part.
        id: NotificationId,
        /// Whether it was the order to stop, and not the notification.
        stop: bool,
    },
    /// A part is to be stopped with its group. Since record version 6.
    StopPart(Box<StopPart>),
    /// A person answered a task with what its answer asks for. Since record version 6.
    TaskAnswered(Box<TaskAnswered>),
    /// The tenant answered what a step asks him. Since record version 6.
    TenantAnswered(Box<TenantAnswered>),
    /// It is to go on under another definition of its flow. Since record version 6.
    Migrate(Box<Migrate>),
}

impl Input {
    /// The outcome that it tells, if it tells one.
    #[must_use]
    pub const fn as_outcome(&self) -> Option<(AttemptRef, &Verdict)> {
        match self {
            Input::Outcome { attempt, verdict }
            | Input::Sent {
                attempt, verdict, ..
            } => Some((*attempt, verdict)),
            Input::Notify(_)
            | Input::PutProfile(_)
            | Input::Fact(_)
            | Input::Declared(_)
            | Input::Receipt(_)
            | Input::Timer { .. }
            | Input::Permit(_)
            | Input::Interrupted { .. }
            | Input::Cancel { .. }
            | Input::Answer { .. }
            | Input::TaskAnswered(_)
            | Input::TenantAnswered(_)
            | Input::Link { .. }
            | Input::LateReceipt(_)
            | Input::NoWay(_)
            | Input::PutHousehold(_)
            | Input::InHousehold { .. }
            | Input::PartNews(_)
            | Input::GroupTold { .. }
            | Input::StopPart(_)
            | Input::Migrate(_) => None,
        }
    }
}

/// An answer of a person, with what it asks for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct TaskAnswered {
    /// Which notification's task.
    pub id: NotificationId,
    /// Which task of that notification.
    pub task: u16,
    /// The answer.
    pub answer: Box<str>,
    /// Who, for the explanation; at most 200 bytes.
    pub by: Box<str>,
    /// What the fields say that were given, by their names.
    pub says: Box<[(Box<str>, Value)]>,
}

/// An answer of the tenant to what a step asks him.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct TenantAnswered {
    /// Which notification.
    pub id: NotificationId,
    /// Index of the step whose question it is.
    pub step: u8,
    /// The answer.
    pub answer: Box<str>,
    /// Who told it for him, for the explanation; at most 200 bytes. Empty: himself, on the page.
    pub by: Box<str>,
    /// What the fields say that were given, by their names.
    pub says: Box<[(Box<str>, Value)]>,
    /// The SHA-256 of what the page showed; none: it was told for him, and nobody knows what he saw.
    pub shown: Option<[u8; 32]>,
}

/// What a cancellation is aimed at.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum CancelTarget {
    /// One notification.
    Notification(NotificationId),
    /// Everything open about a subject.
    Subject(Subject),
}

/// Evidence from outside, verified before it got here.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Receipt {
    /// Which attempt it speaks of.
    pub attempt: AttemptRef,
    /// What it says.
    pub kind: ReceiptKind,
    /// The source's reason.
    pub why: Option<Why>,
    /// Which provider said so.
    pub provider: Box<str>,
    /// When it happened, by the source's clock, if it said so.
    pub occurred_at: Option<Timestamp>,
}

/// Evidence about an attempt of a notification that has ended, with where the attempt went: nothing
/// of that is in memory any more, and the tenant may have moved since.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct LateReceipt {
    /// What came.
    pub receipt: Receipt,
    /// Channel of the attempt.
    pub channel: Channel,
    /// The address it went to.
    pub address: Box<str>,
}

/// Leave to start one attempt.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Permit {
    /// For which notification.
    pub id: NotificationId,
    /// Over which channel.
    pub channel: Channel,
    /// Through which provider.
    pub provider: Box<str>,
    /// What that provider wants done with doubt.
    pub on_doubt: OnDoubt,
}

/// A notification waits for a permit that nobody will grant: the provider was taken from its
/// corporation, or refuses the corporation's account for longer than is waited for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct NoWay {
    /// Which notification.
    pub id: NotificationId,
    /// The channel it waits for.
    pub channel: Channel,
    /// The provider it waits for, when it may go through no other one.
    pub pinned: Option<Box<str>>,
    /// Why nothing takes it.
    pub why: Why,
}
