//! Owns what was decided, in words an explanation can quote. Each event is small: it stands in one
//! record with the input it follows from. Refuses to change anything: `evolve` applies it.

mod cause;
mod held;
mod names;
mod setting;

pub use cause::{Branched, Cause, Choice};
pub use held::{Capped, HeldBack};
pub use setting::{FactSet, NotSet};

use bincode::{Decode, Encode};

use crate::attempt::{OnDoubt, ReceiptKind, Refusal, Why};
use crate::channel::Channel;
use crate::codec::Version;
use crate::flow::Seen;
use crate::group::PartNews;
use crate::household::{Addressee, NotTold};
use crate::ids::NotificationId;
use crate::moving::Moved;
use crate::notification::Subject;
use crate::point::{Evidence, PointState, Where};
use crate::state::Plan;
use crate::steering::Steered;
use crate::time::Timestamp;

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[bincode(decode_context = "Version")]
pub enum Event {
    /// The notification is taken on.
    Accepted {
        /// Which.
        id: NotificationId,
    },
    /// It waits for an instant: `send_after`, or a wait step.
    Waiting {
        /// Which.
        id: NotificationId,
        /// Until when.
        until: Timestamp,
    },
    /// The flow stands at a step.
    StepEntered {
        /// Which.
        id: NotificationId,
        /// Index of the step.
        step: u8,
        /// Why.
        cause: Cause,
    },
    /// It wants to be sent over this channel as soon as a router permits.
    Ready {
        /// Which.
        id: NotificationId,
        /// Over which channel.
        channel: Channel,
        /// Why that one.
        choice: Choice,
        /// Only through this provider: set when an attempt in doubt is sent again.
        pinned: Option<Box<str>>,
        /// Not before.
        not_before: Timestamp,
    },
    /// It waits for facts that are missing or too old. Unknown is never false.
    Held {
        /// Which.
        id: NotificationId,
        /// Number of the rule that holds it: a guard, or a case of a step; see
        /// [`Flow::holds`](crate::Flow::holds).
        guard: u8,
        /// What was seen.
        observed: Seen,
        /// Then people decide.
        until: Timestamp,
    },
    /// An attempt may leave as soon as this is durable.
    AttemptStarted {
        /// Which.
        id: NotificationId,
        /// Number of the attempt.
        attempt: u16,
        /// Channel.
        channel: Channel,
        /// Provider.
        provider: Box<str>,
        /// The address it goes to.
        address: Box<str>,
        /// What doubt will mean.
        on_doubt: OnDoubt,
        /// Why that channel.
        choice: Choice,
        /// What each guard saw, in their order.
        passed: Vec<Seen>,
        /// The same attempt as before, sent again because its outcome is unknown.
        resend: bool,
    },
    /// Nothing left us: decided again.
    AttemptWithdrawn {
        /// Which.
        id: NotificationId,
        /// Which attempt.
        attempt: u16,
        /// What was missing.
        why: Why,
    },
    /// The provider has it.
    AttemptAccepted {
        /// Which.
        id: NotificationId,
        /// Which attempt.
        attempt: u16,
        /// The provider's id.
        provider_id: Box<str>,
    },
    /// It arrived.
    AttemptDelivered {
        /// Which.
        id: NotificationId,
        /// Which attempt.
        attempt: u16,
    },
    /// Not taken, for now: it is tried again.
    AttemptDeferred {
        /// Which.
        id: NotificationId,
        /// Which attempt.
        attempt: u16,
        /// The reason.
        why: Why,
    },
    /// It was not taken, or came back.
    AttemptFailed {
        /// Which.
        id: NotificationId,
        /// Which attempt.
        attempt: u16,
        /// Whose fault.
        class: Refusal,
        /// The reason.
        why: Why,
        /// `true`: gave up after retries of a temporary failure.
        exhausted: bool,
    },
    /// We cannot know whether it was taken.
    AttemptInDoubt {
        /// Which.
        id: NotificationId,
        /// Which attempt.
        attempt: u16,
        /// Through which provider it left, or may have.
        provider: Box<str>,
        /// What happened.
        why: Why,
        /// Then people decide.
        until: Timestamp,
    },
    /// A receipt that changes nothing but the record: late, repeated, or weak evidence.
    ReceiptNoted {
        /// Which.
        id: NotificationId,
        /// Which attempt.
        attempt: u16,
        /// What it said.
        kind: ReceiptKind,
    },
    /// An outcome for an attempt that no longer matters.
    OutcomeNoted {
        /// Which.
        id: NotificationId,
        /// Which attempt.
        attempt: u16,
        /// The verdict's name and the provider's reason.
        why: Why,
    },
    /// People are asked.
    TaskOpened {
        /// Which.
        id: NotificationId,
        /// Number of the task within the notification.
        task: u16,
        /// The list it stands on.
        list: Box<str>,
        /// Why.
        cause: Cause,
    },
    /// The payment link is closed.
    LinkClosed {
        /// Which.
        id: NotificationId,
        /// By which end.
        end: Box<str>,
    },
    /// The link's page was fetched (weak) or its button pressed (trusted).
    LinkUsed {
        /// Which.
        id: NotificationId,
        /// Whether the button was pressed.
        pressed: bool,
    },
    /// The end.
    Ended {
        /// Which.
        id: NotificationId,
        /// Name of the end state.
        end: Box<str>,
        /// Why.
        cause: Cause,
    },
    /// The profile was replaced.
    ProfileStored {
        /// Whether there was none before.
        new: bool,
    },
    /// A contact point changed its state.
    PointMarked {
        /// Where that holds.
        on: Where,
        /// Its value.
        value: Box<str>,
        /// Its new state.
        state: PointState,
    },
    /// A fact was taken in.
    FactTaken,
    /// The open amount of a subject after a fact.
    SubjectOpen {
        /// The subject.
        subject: Subject,
        /// What is still open, in cents, if it is known.
        open_cents: Option<i64>,
    },
    /// A source supplied a contact point that is known to be dead: it stays so. Since record version
    /// 2.
    PointKept {
        /// Where that holds.
        on: Where,
        /// Its value, as the source writes it.
        value: Box<str>,
        /// Dead since, by the engine's clock.
        since: Timestamp,
        /// What that rests on.
        by: Evidence,
    },
    /// A message came that is certainly about an attempt, and nobody can read what it says. When
    /// the flow waits on the attempt, a task follows.
    Unexplained {
        /// Which.
        id: NotificationId,
        /// Which attempt.
        attempt: u16,
        /// What kind of message it seems to be.
        why: Why,
    },
    /// How the channels of the step were weighed, where the corporation steers or the step has a legal
    /// reason: told before an attempt starts, and when nothing reaches the tenant. Since record
    /// version 5.
    Steered {
        /// Which.
        id: NotificationId,
        /// What came of it.
        steered: Box<Steered>,
    },
    /// The tenant got as many messages lately as a cap allows. Since record version 5.
    Capped {
        /// Which.
        id: NotificationId,
        /// By which cap, until when.
        capped: Box<Capped>,
    },
    /// The attempt that has just started counts in the tenant's history. Only where a rule counts it.
    /// Since record version 5.
    Contacted {
        /// Which.
        id: NotificationId,
    },
    /// It became one for each addressee. Since record version 6.
    GroupFormed {
        /// Which.
        id: NotificationId,
        /// Who is told, and why.
        told: Vec<Addressee>,
        /// Who is not, and why not.
        not_told: Vec<NotTold>,
        /// Whether what one answers is the answer of all.
        together: bool,
    },
    /// Every addressee of the group has his, or the order to stop. Since record version 6.
    GroupTold {
        /// Which.
        id: NotificationId,
        /// Whether it was the order to stop.
        stop: bool,
    },
    /// An addressee's part of the group ended. Since record version 6.
    PartEnded {
        /// The group.
        id: NotificationId,
        /// The number of the part within it.
        part: u64,
        /// Under which end.
        end: Box<str>,
    },
    /// What is left of the group is to be stopped. Since record version 6.
    GroupStopping {
        /// Which.
        id: NotificationId,
        /// Under which end.
        end: Box<str>,
        /// Who and why, where somebody cancelled it.
        note: Box<str>,
        /// The number of the part that brought it about; none: somebody cancelled it.
        by: Option<u64>,
    },
    /// A part has something to tell its household. Since record version 6.
    PartTells {
        /// The number of the household.
        household: Box<str>,
        /// What.
        news: PartNews,
    },
    /// A part is stopped before it came. Since record version 6.
    PartBarred {
        /// The part.
        part: NotificationId,
    },
    /// Who is in the household was replaced. Since record version 6.
    HouseholdStored {
        /// Whether there was none before.
        new: bool,
        /// Who was in it and is no more.
        left: Vec<Box<str>>,
    },
    /// A household names the tenant, or names him no more. Since record version 6.
    HouseholdNoted {
        /// The number of the household.
        household: Box<str>,
        /// Whether it names him.
        is_in: bool,
    },
    /// What a person answered is kept, for rules and templates. Since record version 6.
    AnswerKept {
        /// Which.
        id: NotificationId,
        /// Index of the step that asked.
        step: u8,
    },
    /// Whose the task that has just opened is, and by when. Since record version 6.
    TaskPlanned {
        /// Which.
        id: NotificationId,
        /// What its flow says of it.
        plan: Box<Plan>,
    },
    /// A task has waited for longer than its flow likes. Since record version 6.
    TaskReminded {
        /// Which.
        id: NotificationId,
        /// Number of the task.
        task: u16,
    },
    /// It waits for something else of the tenant to end, or for its bundle to leave. Since record version
    /// 6.
    HeldBack {
        /// Which.
        id: NotificationId,
        /// For what.
        held: Box<HeldBack>,
    },
    /// The attempt that has just started has a variant of its step's template. Since record version 6.
    Varied {
        /// Which.
        id: NotificationId,
        /// Its number in the step, from 1.
        number: u8,
        /// Its name.
        variant: Box<str>,
    },
    /// It goes on under another definition of its flow. Since record version 6.
    Migrated {
        /// Which.
        id: NotificationId,
        /// From where to where.
        moved: Box<Moved>,
    },
    /// It is to end, and what it opened at machines is closed first. Since record version 6.
    Closing {
        /// Which.
        id: NotificationId,
        /// Under which end it will.
        end: Box<str>,
        /// Why.
        cause: Cause,
    },
    /// A step of its flow told a fact, which holds from here on as if a source had told it. Since record
    /// version 6.
    FactSet {
        /// Which.
        id: NotificationId,
        /// The fact, and what told it.
        set: Box<FactSet>,
    },
    /// The same flow ran for the same subject before. Since record version 6.
    Follows {
        /// Which.
        id: NotificationId,
        /// The one before.
        earlier: NotificationId,
        /// Which round it is, from 2.
        round: u32,
    },
}

impl Event {
    /// The notification it is about, if it is about one.
    #[must_use]
    pub fn notification(&self) -> Option<NotificationId> {
        match self {
            Event::Accepted { id }
            | Event::Waiting { id, .. }
            | Event::StepEntered { id, .. }
            | Event::Ready { id, .. }
            | Event::Held { id, .. }
            | Event::AttemptStarted { id, .. }
            | Event::AttemptWithdrawn { id, .. }
            | Event::AttemptAccepted { id, .. }
            | Event::AttemptDelivered { id, .. }
            | Event::AttemptDeferred { id, .. }
            | Event::AttemptFailed { id, .. }
            | Event::AttemptInDoubt { id, .. }
            | Event::ReceiptNoted { id, .. }
            | Event::OutcomeNoted { id, .. }
            | Event::TaskOpened { id, .. }
            | Event::LinkClosed { id, .. }
            | Event::LinkUsed { id, .. }
            | Event::Ended { id, .. }
            | Event::Unexplained { id, .. }
            | Event::Steered { id, .. }
            | Event::Capped { id, .. }
            | Event::Contacted { id }
            | Event::GroupFormed { id, .. }
            | Event::GroupTold { id, .. }
            | Event::PartEnded { id, .. }
            | Event::GroupStopping { id, .. }
            | Event::AnswerKept { id, .. }
            | Event::TaskPlanned { id, .. }
            | Event::TaskReminded { id, .. }
            | Event::HeldBack { id, .. }
            | Event::Varied { id, .. }
            | Event::Migrated { id, .. }
            | Event::Closing { id, .. }
            | Event::FactSet { id, .. }
            | Event::Follows { id, .. } => Some(*id),
            Event::ProfileStored { .. }
            | Event::PointMarked { .. }
            | Event::PointKept { .. }
            | Event::FactTaken
            | Event::SubjectOpen { .. }
            | Event::PartTells { .. }
            | Event::PartBarred { .. }
            | Event::HouseholdStored { .. }
            | Event::HouseholdNoted { .. } => None,
        }
    }
}
