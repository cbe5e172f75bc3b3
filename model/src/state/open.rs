//! Owns one open notification: where its flow is, what it is doing, what was tried. Compact,
//! because millions are open at once. Refuses to change itself: `evolve` does.

use bincode::{Decode, Encode};

use super::asked::Asked;
use crate::attempt::OnDoubt;
use crate::channel::{Channel, ChannelSet};
use crate::codec::Version;
use crate::event::Choice;
use crate::flow::{FlowRef, Value};
use crate::ids::NotificationId;
use crate::notification::{Environment, Lane, Subject};
use crate::time::Timestamp;

/// One open notification.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[bincode(decode_context = "Version")]
pub struct Open {
    /// Its id.
    pub id: NotificationId,
    /// The definition it runs by.
    pub flow: FlowRef,
    /// Sequence of the record that holds its body.
    pub body: u64,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// Category.
    pub category: Box<str>,
    /// Subject.
    pub subject: Option<Box<Subject>>,
    /// Values of the flow's `fields`.
    pub fields: Box<[Value]>,
    /// Lane.
    pub lane: Lane,
    /// The world it comes from.
    pub environment: Environment,
    /// Worthless from.
    pub expires_at: Option<Timestamp>,
    /// Index of the step it stands at.
    pub step: u8,
    /// Whether the flow has begun: `false` while `send_after` has not come.
    pub entered: bool,
    /// Tasks opened in all.
    pub tasks: u16,
    /// Whether the tenant pressed the button, or replied, since the step at hand was entered.
    pub answered: bool,
    /// Whether the payment link is closed.
    pub link_closed: bool,
    /// Its attempts, once there was one: most of what is open waits for its first.
    pub tried: Option<Box<Tried>>,
    /// What it is doing now.
    pub phase: Phase,
}

/// The attempts of one open notification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[bincode(decode_context = "Version")]
pub struct Tried {
    /// Attempts made in all.
    pub attempts: u16,
    /// Deaths of the process in a row that met an attempt under way.
    pub interrupted: u8,
    /// Channels over which a message left, may have left, or could not. Forgotten when a person has
    /// the step tried again.
    pub tried: ChannelSet,
    /// Those of them over which one failed. Forgotten likewise.
    pub failed: ChannelSet,
    /// Channels for which the message of the step at hand could not be made.
    pub unsendable: ChannelSet,
    /// Whether a channel failed for a reason of ours, so that people must know before the flow
    /// gives up. Forgotten likewise.
    pub ours: bool,
    /// Attempts made in this step, and how often one was withdrawn in a row.
    pub tries: Tries,
    /// The provider of an attempt whose outcome is unknown: further tries of the step go through
    /// it, as the same attempt.
    pub doubt: Option<Box<str>>,
    /// Address of each attempt so far that left, or may have, for receipts that come late. In order
    /// of their numbers.
    pub sent_to: Box<[SentTo]>,
}

/// Counters of the step at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Tries {
    /// Attempts a provider answered with "later".
    pub retried: u16,
    /// Withdrawals in a row.
    pub withdrawn: u16,
    /// When the step's first attempt started; [`Timestamp::NEVER`] before that.
    pub since: Timestamp,
}

impl Default for Tries {
    fn default() -> Self {
        Self {
            retried: 0,
            withdrawn: 0,
            since: Timestamp::NEVER,
        }
    }
}

/// Where one attempt went. How it is read from older records is in `before`.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct SentTo {
    /// Number of the attempt.
    pub attempt: u16,
    /// Step it belonged to.
    pub step: u8,
    /// Channel.
    pub channel: Channel,
    /// Whether a message came about it that nobody can read: people are asked once.
    pub asked: bool,
    /// Address.
    pub address: Box<str>,
    /// Which variant of its step's template it has, from 1; 0: the template itself.
    pub variant: u8,
}

/// What an open notification is doing.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[bincode(decode_context = "Version")]
pub enum Phase {
    /// Waits for an instant.
    Waiting {
        /// Until when.
        until: Timestamp,
    },
    /// Wants a permit.
    Ready {
        /// Over which channel.
        channel: Channel,
        /// Why that one.
        choice: Choice,
        /// Only through this provider, as the same attempt again.
        pinned: Option<Box<str>>,
        /// Not before.
        not_before: Timestamp,
    },
    /// An attempt is under way.
    Started {
        /// Its number.
        attempt: u16,
        /// Channel.
        channel: Channel,
        /// Provider.
        provider: Box<str>,
        /// What doubt will mean.
        on_doubt: OnDoubt,
        /// When it started.
        at: Timestamp,
    },
    /// An attempt's outcome is unknown and its provider wants it held.
    InDoubt {
        /// Its number.
        attempt: u16,
        /// Then people decide.
        until: Timestamp,
    },
    /// The provider has it; receipts and time decide.
    Sent {
        /// Number of the attempt.
        attempt: u16,
        /// When the provider took it.
        accepted_at: Timestamp,
        /// When it arrived, if that is known.
        delivered_at: Option<Timestamp>,
        /// When waiting ends, by the flow; [`Timestamp::NEVER`]: it waits for a receipt only.
        due: Timestamp,
    },
    /// Waits for facts.
    Held {
        /// Number of the rule that holds it; see [`Flow::holds`](crate::Flow::holds).
        guard: u8,
        /// Then people decide.
        until: Timestamp,
    },
    /// Waits for people.
    Task {
        /// Number of the task.
        task: u16,
        /// The list it stands on.
        list: Box<str>,
        /// Why, and by when.
        asked: Box<Asked>,
        /// Since when.
        since: Timestamp,
    },
}

/// A phase without what is in it, for indexes and counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[repr(u8)]
pub enum PhaseKind {
    /// [`Phase::Waiting`]
    Waiting,
    /// [`Phase::Ready`]
    Ready,
    /// [`Phase::Started`]
    Started,
    /// [`Phase::InDoubt`]
    InDoubt,
    /// [`Phase::Sent`]
    Sent,
    /// [`Phase::Held`]
    Held,
    /// [`Phase::Task`]
    Task,
}

impl PhaseKind {
    /// The word used as `state` in the API, in metrics and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            PhaseKind::Waiting => "scheduled",
            PhaseKind::Ready => "ready",
            PhaseKind::Started => "sending",
            PhaseKind::InDoubt => "in_doubt",
            PhaseKind::Sent => "sent",
            PhaseKind::Held => "held",
            PhaseKind::Task => "task",
        }
    }
}

impl Phase {
    /// Which one it is.
    #[must_use]
    pub const fn kind(&self) -> PhaseKind {
        match self {
            Phase::Waiting { .. } => PhaseKind::Waiting,
            Phase::Ready { .. } => PhaseKind::Ready,
            Phase::Started { .. } => PhaseKind::Started,
            Phase::InDoubt { .. } => PhaseKind::InDoubt,
            Phase::Sent { .. } => PhaseKind::Sent,
            Phase::Held { .. } => PhaseKind::Held,
            Phase::Task { .. } => PhaseKind::Task,
        }
    }

    /// The word used as `state` in the API, in metrics and in reports.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.kind().name()
    }
}

impl Open {
    /// When the notification's timer falls due: the earliest instant at which something must be
    /// decided. `None` while only a receipt, an outcome or a person can move it.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        let phase = match &self.phase {
            Phase::Waiting { until } | Phase::InDoubt { until, .. } | Phase::Held { until, .. } => {
                Some(*until)
            }
            Phase::Ready { not_before, .. } => Some(*not_before),
            Phase::Sent { due, .. } => Some(*due).filter(|due| *due != Timestamp::NEVER),
            Phase::Task { asked, .. } => asked.next(),
            Phase::Started { .. } => None,
        };
        let expiry = match self.phase {
            // An attempt under way, or one that was taken, can no longer be called back.
            Phase::Started { .. } | Phase::InDoubt { .. } | Phase::Sent { .. } => None,
            _ => self.expires_at,
        };
        phase.into_iter().chain(expiry).min()
    }

    /// Attempts made in all.
    #[must_use]
    pub fn attempts(&self) -> u16 {
        self.tried.as_deref().map_or(0, |tried| tried.attempts)
    }

    /// Counters of the step at hand.
    #[must_use]
    pub fn tries(&self) -> Tries {
        self.tried
            .as_deref()
            .map(|tried| tried.tries)
            .unwrap_or_default()
    }

    /// The provider that every further try of the step goes through, while it is in doubt.
    #[must_use]
    pub fn doubt(&self) -> Option<&str> {
        self.tried
            .as_deref()
            .and_then(|tried| tried.doubt.as_deref())
    }

    /// Where its attempts went, of those that left or may have, in order of their numbers.
    #[must_use]
    pub fn sent(&self) -> &[SentTo] {
        self.tried.as_deref().map_or(&[], |tried| &tried.sent_to)
    }

    /// Whether people were asked already about a message on this attempt that nobody can read.
    #[must_use]
    pub fn asked_about(&self, attempt: u16) -> bool {
        self.sent_to(attempt).is_some_and(|sent| sent.asked)
    }

    /// Where attempt number `attempt` went.
    #[must_use]
    pub fn sent_to(&self, attempt: u16) -> Option<&SentTo> {
        self.sent().iter().rev().find(|s| s.attempt == attempt)
    }
}
