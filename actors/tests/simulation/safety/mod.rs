//! Owns the books: one check for each promise of the design, each in a file of its own, and the one
//! that everything ends. They see what left the engine's cores, what arrived outside, and what the
//! journal has; never a core's state, except through the questions that anybody may ask. Refuses to
//! stop at a doubt: a violation says what was promised.

pub(crate) mod accepted;
pub(crate) mod bounds;
pub(crate) mod caps;
pub(crate) mod closed;
pub(crate) mod doubt;
pub(crate) mod escalation;
pub(crate) mod explained;
pub(crate) mod fairness;
pub(crate) mod hours;
pub(crate) mod mailings;
pub(crate) mod moved;
pub(crate) mod no_way;
pub(crate) mod order;
pub(crate) mod payment;
pub(crate) mod points;
pub(crate) mod sealed;
pub(crate) mod together;
pub(crate) mod written;

/// What is checked, by promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// Promise 1.
    AcceptedIsDurable,
    /// Promise 2.
    DuplicatesFromDoubtOnly,
    /// Promise 3.
    PaymentStops,
    /// Promise 4.
    EscalationKept,
    /// Promise 5.
    Bounded,
    /// Promise 6.
    Fair,
    /// Promise 7.
    Explained,
    /// A start from a checkpoint knows what the log knows.
    StartsWhole,
    /// No permit outside of the corporation's hours, but for urgent.
    HoursKept,
    /// An instant that lies ahead outranks nothing that came later, and is not fresh for it.
    NothingAheadWins,
    /// Nothing of a corporation goes over another's account.
    OwnAccounts,
    /// People get what no provider takes, and nothing else.
    NoWayLeft,
    /// What is known of a contact point on one channel is known of no other.
    PointsApart,
    /// Nothing of who was erased can be read.
    ErasedIsGone,
    /// Whatever else was kept can be read as it was written.
    KeptIsReadable,
    /// A key is one tenant's.
    KeysApart,
    /// Rules lead where the flow says, and unknown decides nothing.
    AsWritten,
    /// Every end is one that the flow names, or the engine.
    EndsAreNamed,
    /// A stop rule that closes the link does.
    LinksAreClosed,
    /// A wait is as long as the flow says.
    WaitsAsWritten,
    /// No tenant gets more messages than a cap allows, but for urgent ones.
    CapsKept,
    /// Each addressee of a household is told once, and nobody else is.
    EachToldOnce,
    /// What stops one of a group stops all of it, and the group ends with its parts.
    StoppedTogether,
    /// Every row of a mailing is handed over once, and its account is exact.
    RowsExact,
    /// What a machine was asked to open is closed there before its notification ends, or people have it.
    ClosedAtTheMachine,
    /// What moves to another definition of its flow comes to the step where it stood, once, and its waits stay as long.
    MovedAsItFits,
    /// A migration moves whatever fits.
    NobodyLeftBehind,
    /// Liveness: after the faults, everything accepted reaches an end or people.
    EverythingEnds,
}

/// A promise that was broken.
#[derive(Clone, Debug)]
pub(crate) struct Violation {
    pub(crate) check: Check,
    pub(crate) text: String,
}

/// What the checks found. Only the first counts: after it nothing means much.
#[derive(Debug, Default)]
pub(crate) struct Findings(pub(crate) Option<Violation>);

impl Findings {
    pub(crate) fn blame(&mut self, check: Check, text: impl FnOnce() -> String) {
        if self.0.is_none() {
            self.0 = Some(Violation {
                check,
                text: text(),
            });
        }
    }

    /// Blames unless `holds`.
    pub(crate) fn expect(&mut self, holds: bool, check: Check, text: impl FnOnce() -> String) {
        if !holds {
            self.blame(check, text);
        }
    }
}
