//! Owns the list of planted bugs: each breaks one promise at a seam of the engine, names the check
//! that must notice it and a seed that finds it. Refuses bugs without a check of their own: what
//! nobody would notice proves nothing.

use sluis_model::Slip;

use crate::plan::{DRAWN, MACHINES};
use crate::safety::Check;

/// One mistake, as somebody could make it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bug {
    /// The journal calls durable what was only handed in.
    DurableTooEarly,
    /// Recovery takes the last good record for a torn tail.
    TornTailCutTooFar,
    /// The door answers a repeat from the key index, before the first one is durable.
    RepeatAnsweredAtTheDoor,
    /// A driver calls a broken connection a refusal.
    DoubtTakenForRefusal,
    /// A driver calls a broken connection "later".
    DoubtTakenForLater,
    /// A start does not rebuild the index of idempotency keys.
    KeysForgotten,
    /// The door acknowledges a payment when it hands it over.
    PaymentAnsweredAtTheDoor,
    /// The door sends a payment to the shard of its fact instead of the shard of its tenant.
    PaymentToTheWrongShard,
    /// Now and then a shard's alarm is taken and does not wake it.
    AlarmSwallowed,
    /// A start replays before it has loaded its definitions: waits that receipts began are not
    /// known.
    WaitsForgotten,
    /// The door acknowledges a bounce when the shard's line is full.
    BounceSwallowed,
    /// Inboxes are made without regard to their bounds.
    InboxUnbounded,
    /// Notifications are admitted without a place in the quota.
    OpenUncounted,
    /// A tenant may have whatever is open.
    TenantUnbounded,
    /// A supervisor gives the permit back when the send begins.
    PermitBackTooEarly,
    /// The router takes bulk for urgent and urgent for bulk.
    LanesMixedUp,
    /// The router hears of a corporation only while those before it have nothing waiting.
    BusyHidesOthers,
    /// The journal reads through a cache that no crash empties.
    StaleRead,
    /// Retention goes by age and forgets what is still open.
    TrimmedTooEarly,
    /// A supervisor forgets the permit of every attempt that ended in doubt.
    PermitLost,
    /// Now and then the committer does not wake a shard.
    WakeLost,
    /// The shards' clock keeps the latest instant it has shown: set on by mistake and back again,
    /// waits that begin then end late.
    ClockNeverGoesBack,
    /// The router is told the hours of a corporation in another zone.
    HoursOfAnotherZone,
    /// A fact dated ahead stands where it says: it outranks what comes after it and stays fresh.
    AheadWins,
    /// The router is told that an account of one corporation is everybody's.
    AccountsShared,
    /// The shards are told that an account of one corporation is everybody's: they let wait what no
    /// provider takes.
    ShardsTakeAccountsForShared,
    /// A provider that refuses our account is given up at the first word.
    GivenUpAtOnce,
    /// Only one shard is told that a provider is given up.
    GivenUpInOneShard,
    /// After a restart the shards take local time for UTC: waits end an hour early.
    LocalTimeAfterRestart,
    /// Retention does not ask whether the archive has what is forgotten.
    TrimmedBeforeTheArchive,
    /// A tenant is written again without the bodies of what it has open.
    BodyLeftBehind,
    /// Retention forgets a generation as soon as it asks for it to be carried.
    TrimmedBeforeItIsCarried,
    /// A passive tenant comes back as it was stored before the last time.
    OlderStateRead,
    /// Now and then a reader does not do what it was asked for: what waits for it waits on.
    ReadingLost,
    /// A start takes a tenant of a checkpoint for older than it is.
    AgeInCheckpointIgnored,
    /// A checkpoint has passive tenants without what they have open.
    CheckpointWithoutThoseAtRest,
    /// Timers go with the states of tenants that are put to rest.
    TimersAtRestForgotten,
    /// An erasure does not wait until the archive has what it has read: that is sealed anew.
    KeyDestroyedBeforeTheArchive,
    /// An erasure leaves the checkpoint with the tenant readable.
    CheckpointOutlivesErasure,
    /// A start opens the file of keys twice: whose keys are is learned by the one that is not used.
    KeysNotLearned,
    /// Every start destroys the keys of all who were ever erased, also of those who came back.
    ErasedAgainAtTheStart,
    /// What a message showed of a contact point on one channel is believed on every one of its kind.
    PointsLeak,
    /// The shards are not told of the caps.
    CapsUnknown,
    /// A flow loses its stop rules on the way to the engine.
    StopLost,
    /// A stop rule does not close the link.
    CloseLost,
    /// What a rule cannot know counts as false.
    UnknownIsFalse,
    /// A step asks its cases from behind.
    CasesFromBehind,
    /// No fact is ever too old for a rule.
    FactsNeverOld,
    /// Every day counts as a working day.
    EveryDayIsWorked,
    /// A flow ends under a name that it does not have.
    EndMisnamed,
    /// A wait until a day ends a day late.
    DayOneOff,
    /// No fact ends a wait.
    FactsEndNoWait,
    /// A task has no deadline.
    DeadlineLost,
    /// An answer of people leads where the other one does.
    AnswersMixedUp,
    /// After a restart the driver of a mailing goes on behind the first row that has no verdict.
    RowSkipped,
    /// A row whose answer was lost is offered again under another id and key.
    RowTwice,
    /// What moves to another definition comes to the step of the same number, whatever that is.
    MovedByNumber,
    /// An order to move that comes twice is followed twice.
    MovedTwice,
    /// A wait begins anew when its notification moves.
    WaitBegunAnew,
    /// After a restart a migration goes on behind the window that it was at.
    WindowSkipped,
    /// A part that is handed out again is taken again.
    PartTakenTwice,
    /// The order to stop a group leaves one of it out.
    PartNotStopped,
    /// Nobody is told for those whom he represents.
    RepresentativeSkipped,
    /// A group ends with the first of its parts.
    GroupEndsEarly,
    /// A flow loses its closing on the way to the engine: what a machine made stays open.
    MachineNotTold,
    /// A driver calls it done when a machine puts a request off.
    MachineAwayTakenForDone,
}

impl Bug {
    /// The mistake in the rules of households that it is.
    pub(crate) const fn slip(self) -> Option<Slip> {
        match self {
            Self::PartTakenTwice => Some(Slip::PartTakenTwice),
            Self::PartNotStopped => Some(Slip::PartNotStopped),
            Self::RepresentativeSkipped => Some(Slip::RepresentativeSkipped),
            Self::GroupEndsEarly => Some(Slip::GroupEndsEarly),
            Self::MovedByNumber => Some(Slip::MovedByNumber),
            Self::MovedTwice => Some(Slip::MovedTwice),
            Self::WaitBegunAnew => Some(Slip::WaitBegunAnew),
            _ => None,
        }
    }
}

/// A bug and what it takes to find it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Planted {
    pub(crate) bug: Bug,
    /// The check that must notice it.
    pub(crate) check: Check,
    /// A seed whose run finds it. The same seed is clean without the bug.
    pub(crate) seed: u64,
}

/// Those of checkpoints.
const IN_CHECKPOINTS: [Planted; 2] = [
    planted(Bug::AgeInCheckpointIgnored, Check::StartsWhole, 17),
    planted(Bug::CheckpointWithoutThoseAtRest, Check::StartsWhole, 116),
];

/// Those of keys.
const IN_KEYS: [Planted; 4] = [
    planted(Bug::KeyDestroyedBeforeTheArchive, Check::ErasedIsGone, 174),
    planted(Bug::CheckpointOutlivesErasure, Check::ErasedIsGone, 107),
    planted(Bug::KeysNotLearned, Check::KeysApart, 9),
    planted(Bug::ErasedAgainAtTheStart, Check::KeptIsReadable, 14),
];

/// Those of flows that the seed draws.
const IN_DRAWN_FLOWS: [Planted; 11] = [
    planted(Bug::StopLost, Check::AsWritten, DRAWN),
    planted(Bug::CloseLost, Check::LinksAreClosed, DRAWN + 1),
    planted(Bug::UnknownIsFalse, Check::AsWritten, DRAWN + 2),
    planted(Bug::CasesFromBehind, Check::AsWritten, DRAWN + 2),
    planted(Bug::FactsNeverOld, Check::AsWritten, DRAWN + 8),
    planted(Bug::EveryDayIsWorked, Check::WaitsAsWritten, DRAWN + 16),
    planted(Bug::EndMisnamed, Check::EndsAreNamed, DRAWN + 1),
    planted(Bug::DayOneOff, Check::WaitsAsWritten, DRAWN + 5),
    planted(Bug::FactsEndNoWait, Check::AsWritten, DRAWN + 1),
    planted(Bug::DeadlineLost, Check::WaitsAsWritten, DRAWN),
    planted(Bug::AnswersMixedUp, Check::AsWritten, DRAWN + 1),
];

/// Those of households.
const IN_HOUSEHOLDS: [Planted; 4] = [
    planted(Bug::PartTakenTwice, Check::EachToldOnce, 3),
    planted(Bug::PartNotStopped, Check::StoppedTogether, 3),
    planted(Bug::RepresentativeSkipped, Check::EachToldOnce, 3),
    planted(Bug::GroupEndsEarly, Check::StoppedTogether, 3),
];

/// Those of migrations.
const IN_MIGRATIONS: [Planted; 4] = [
    planted(Bug::MovedByNumber, Check::MovedAsItFits, DRAWN),
    planted(Bug::MovedTwice, Check::MovedAsItFits, DRAWN + 90),
    planted(Bug::WaitBegunAnew, Check::MovedAsItFits, DRAWN + 24),
    planted(Bug::WindowSkipped, Check::NobodyLeftBehind, DRAWN + 12),
];

/// Those of mailings.
const IN_MAILINGS: [Planted; 2] = [
    planted(Bug::RowSkipped, Check::RowsExact, 47),
    planted(Bug::RowTwice, Check::RowsExact, 15),
];

/// Those of machines.
const AT_MACHINES: [Planted; 2] = [
    planted(Bug::MachineNotTold, Check::ClosedAtTheMachine, MACHINES),
    planted(
        Bug::MachineAwayTakenForDone,
        Check::ClosedAtTheMachine,
        MACHINES,
    ),
];

/// All of them.
pub(crate) fn all() -> Vec<Planted> {
    let few = [
        &IN_CHECKPOINTS[..],
        &IN_KEYS[..],
        &IN_DRAWN_FLOWS[..],
        &IN_HOUSEHOLDS[..],
        &IN_MAILINGS[..],
        &AT_MACHINES[..],
        &IN_MIGRATIONS[..],
    ];
    [&PLANTED[..], &few.concat()[..]].concat()
}

const fn planted(bug: Bug, check: Check, seed: u64) -> Planted {
    Planted { bug, check, seed }
}

/// At least two for each promise of the design, two for liveness.
pub(crate) const PLANTED: [Planted; 37] = [
    planted(Bug::DurableTooEarly, Check::AcceptedIsDurable, 0),
    planted(Bug::TornTailCutTooFar, Check::AcceptedIsDurable, 0),
    planted(Bug::RepeatAnsweredAtTheDoor, Check::AcceptedIsDurable, 49),
    planted(Bug::DoubtTakenForRefusal, Check::DuplicatesFromDoubtOnly, 3),
    planted(Bug::DoubtTakenForLater, Check::DuplicatesFromDoubtOnly, 21),
    planted(Bug::KeysForgotten, Check::DuplicatesFromDoubtOnly, 2),
    planted(Bug::PaymentAnsweredAtTheDoor, Check::PaymentStops, 6),
    planted(Bug::PaymentToTheWrongShard, Check::PaymentStops, 0),
    planted(Bug::AlarmSwallowed, Check::EscalationKept, 0),
    planted(Bug::WaitsForgotten, Check::EscalationKept, 1),
    planted(Bug::BounceSwallowed, Check::EscalationKept, 717),
    planted(Bug::InboxUnbounded, Check::Bounded, 2),
    planted(Bug::OpenUncounted, Check::Bounded, 1),
    planted(Bug::TenantUnbounded, Check::Bounded, 12),
    planted(Bug::PermitBackTooEarly, Check::Bounded, 10),
    planted(Bug::LanesMixedUp, Check::Fair, 1),
    planted(Bug::BusyHidesOthers, Check::Fair, 5),
    planted(Bug::StaleRead, Check::Explained, 3),
    planted(Bug::TrimmedTooEarly, Check::Explained, 2),
    planted(Bug::PermitLost, Check::EverythingEnds, 50),
    planted(Bug::WakeLost, Check::EverythingEnds, 5),
    planted(Bug::ClockNeverGoesBack, Check::EscalationKept, 1),
    planted(Bug::LocalTimeAfterRestart, Check::EscalationKept, 0),
    planted(Bug::HoursOfAnotherZone, Check::HoursKept, 2),
    planted(Bug::AheadWins, Check::NothingAheadWins, 149),
    planted(Bug::AccountsShared, Check::OwnAccounts, 10),
    planted(Bug::ShardsTakeAccountsForShared, Check::NoWayLeft, 10),
    planted(Bug::GivenUpAtOnce, Check::NoWayLeft, 36),
    planted(Bug::GivenUpInOneShard, Check::NoWayLeft, 36),
    planted(Bug::TrimmedBeforeTheArchive, Check::Explained, 92),
    planted(Bug::BodyLeftBehind, Check::Explained, 2),
    planted(Bug::TrimmedBeforeItIsCarried, Check::Explained, 0),
    planted(Bug::OlderStateRead, Check::Explained, 4),
    planted(Bug::ReadingLost, Check::EscalationKept, 6),
    planted(Bug::TimersAtRestForgotten, Check::EverythingEnds, 109),
    planted(Bug::PointsLeak, Check::PointsApart, 5),
    planted(Bug::CapsUnknown, Check::CapsKept, 22),
];
