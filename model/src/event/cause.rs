//! Owns why a flow moves, and how a step and a channel were chosen, in words that an explanation can
//! quote. Refuses to decide.

use bincode::{Decode, Encode};

use super::setting::NotSet;
use crate::attempt::Why;
use crate::codec::Version;
use crate::flow::Seen;
use crate::ids::NotificationId;
use crate::time::Timestamp;

/// Why a flow moved from one place to another.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[bincode(decode_context = "Version")]
pub enum Cause {
    /// It was accepted.
    Accepted,
    /// `send_after` has come.
    SendAfterReached,
    /// The step's message bounced or was refused.
    Bounced {
        /// The provider's reason.
        why: Why,
    },
    /// No usable address by any way of the step.
    Unreachable,
    /// No sign of life in time.
    Unanswered,
    /// No bounce in time.
    Settled,
    /// The provider has it, and the step listens to nothing more.
    HandedOver,
    /// Delivered.
    Delivered,
    /// The tenant pressed the button or replied.
    Answered,
    /// A wait step's time was over.
    Waited,
    /// A guard did not hold.
    Guard {
        /// Index of the guard in its flow.
        guard: u8,
        /// What was seen.
        observed: Seen,
    },
    /// A stop rule came true.
    Stop {
        /// Index of the stop rule in its flow.
        stop: u8,
        /// What was seen.
        observed: Seen,
    },
    /// A person answered.
    Task {
        /// The answer.
        answer: Box<str>,
        /// Who.
        by: Box<str>,
    },
    /// Cancelled.
    Cancelled {
        /// Who and why.
        note: Box<str>,
    },
    /// `expires_at` passed.
    Expired,
    /// The same flow already runs for this subject.
    AlreadyRunning {
        /// The live instance.
        live: NotificationId,
    },
    /// A hold lasted longer than the flow allows.
    HeldTooLong,
    /// A doubt lasted longer than the flow allows.
    DoubtTooLong,
    /// What we sent was wrong, and an earlier try of the same attempt may have arrived: people must
    /// look.
    OurMistake {
        /// The reason.
        why: Why,
    },
    /// Outside production and not on the allow-list.
    NotAllowListed,
    /// The message could not be sent over a channel for a reason of ours: too long for it, no
    /// template, a value that rendering refuses, credentials that the provider refuses.
    CannotSend {
        /// The reason.
        why: Why,
    },
    /// The process ended several times in a row while the attempt was under way: it may be what
    /// ends it.
    Interrupted {
        /// How many times.
        times: u8,
    },
    /// The step's message was refused for what we are or wrote: policy, reputation, content. Before
    /// there was this cause, such a refusal was told as [`Cause::Bounced`].
    Blocked {
        /// The provider's reason.
        why: Why,
    },
    /// A message came that is certainly about an attempt, and nobody can read what it says: people
    /// must, for silence after it is no arrival.
    Unexplained {
        /// Which attempt.
        attempt: u16,
        /// What kind of message it seems to be.
        why: Why,
    },
    /// The tenant got as many messages lately as a cap allows, and the step says where that leads. Since
    /// record version 5.
    Capped {
        /// Name of the cap.
        cap: Box<str>,
    },
    /// A step that chooses led here. Since record version 5.
    Branched {
        /// Index of the step.
        step: u8,
        /// Which of its ways.
        way: Branched,
        /// What its cases saw, in their order, up to the one that decided.
        observed: Box<[Seen]>,
    },
    /// It was stopped with its group, for what one of the others brought about or somebody asked for.
    /// Since record version 6.
    Group {
        /// The group.
        group: NotificationId,
        /// Who and why, where somebody cancelled it; empty: one of the others.
        note: Box<str>,
    },
    /// Every part of the group has ended. Since record version 6.
    PartsEnded,
    /// Nobody answered a task in the time that its flow gives. Since record version 6.
    TaskOverdue {
        /// Number of the task.
        task: u16,
    },
    /// The day that a step waited for was over before the wait began, or was moved so that it is. Since
    /// record version 6.
    DayOver {
        /// When it came.
        at: Timestamp,
    },
    /// The day that a step waits for is not known. Since record version 6.
    NoDay {
        /// Index of the step.
        step: u8,
    },
    /// What a wait looked out for became true. Since record version 6.
    FactCame {
        /// Index of the step.
        step: u8,
        /// What was seen.
        observed: Seen,
    },
    /// The tenant's segment has people see him before anything is sent. Since record version 6.
    PeopleFirst {
        /// The segment.
        segment: Box<str>,
    },
    /// A rule between flows ends it while something else of the tenant is open. Since record version 6.
    Superseded {
        /// The rule.
        rule: Box<str>,
        /// What is open; none: what left a while ago.
        by: Option<NotificationId>,
    },
    /// The corporation has every channel of the step off. Since record version 6.
    AllOff,
    /// The tenant answered what the step asked him. Since record version 6.
    TenantAnswered {
        /// The answer.
        answer: Box<str>,
        /// Who told it for him. Empty: himself, on the page.
        by: Box<str>,
    },
    /// It is to end, and what it opened at machines is closed first. Since record version 6.
    Closing {
        /// Under which end it will.
        end: Box<str>,
    },
    /// No channel of the step arrives as soon as the step wants. Since record version 6.
    TooLate,
    /// A step told its fact and led on. Since record version 6.
    FactSet {
        /// Index of the step.
        step: u8,
    },
    /// A step could not tell its fact. Since record version 6.
    NotSet {
        /// Index of the step.
        step: u8,
        /// Why.
        why: NotSet,
    },
}

/// The way that a step took which chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Branched {
    /// The case with this index is true.
    Case(u8),
    /// No case is true.
    Otherwise,
    /// The case with this index cannot be judged, and none before it is true.
    Unknown(u8),
}

/// How a channel was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Choice {
    /// The tenant prefers it for this category.
    Preferred,
    /// The flow names it, and no earlier way of the step applied.
    FlowOrder,
    /// The flow names it, and it is primary in the corporation's matrix. Since record version 5.
    Primary,
    /// A letter, because nothing else of the step reaches the tenant. Since record version 5, where
    /// the corporation has a matrix.
    LastResort,
    /// The step names it, and has a legal reason that goes before what the tenant prefers. Since record
    /// version 5.
    Legal,
    /// It costs least of what the step may use. Since record version 5.
    Cheapest,
}
