//! Owns what a turn may cost and in which order the lines from outside are emptied. Refuses to let a
//! tenant who has gathered too much take the others' time: a turn counts what is walked over, not
//! only what comes in.

use sluis_model::{CancelTarget, Input};

use super::inbox::Inbox;
use super::request::ShardRequest;

/// What one turn may cost: so many inputs that walk over nothing.
pub(super) const TURN_WORK: usize = 512;
/// Facts, receipts and questions take at most this part of a turn while intake waits: a flood of
/// them would hold it up.
const BUSINESS_WORK: usize = TURN_WORK / 2;
/// Urgent notifications go first, and take at most this part of a turn while others wait.
const URGENT_WORK: usize = TURN_WORK / 4;
/// Open notifications that may be looked at for the price of one more input.
pub(super) const WALKED_FOR_ONE: usize = 8;

/// What a turn has used up.
#[derive(Debug, Default)]
pub(super) struct Spent {
    all: usize,
    business: usize,
    urgent: usize,
}

/// From where an item came, as far as a turn counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Notifications and profiles, and what the engine itself puts in.
    Intake,
    /// Urgent notifications.
    Urgent,
    /// Facts, receipts, questions, and what readers bring.
    Business,
}

impl Spent {
    /// How much it has used.
    pub(super) const fn all(&self) -> usize {
        self.all
    }

    /// Whether the turn is over.
    pub(super) const fn is_all(&self) -> bool {
        self.all >= TURN_WORK
    }

    /// The next request of the three lines that come from outside, and from which.
    pub(super) fn next(&self, inbox: &Inbox) -> Option<(ShardRequest, Origin)> {
        let urgent = || Some((inbox.next_urgent()?, Origin::Urgent));
        let business = || Some((inbox.next_business()?, Origin::Business));
        let intake = || Some((inbox.next_intake()?, Origin::Intake));
        let others = || {
            if self.business < BUSINESS_WORK {
                business().or_else(intake)
            } else {
                intake().or_else(business)
            }
        };
        if self.urgent < URGENT_WORK {
            urgent().or_else(others)
        } else {
            others().or_else(urgent)
        }
    }

    /// Counts one item that walked over so many open notifications.
    pub(super) const fn count(&mut self, walked: usize, from: Origin) {
        let work = 1 + walked / WALKED_FOR_ONE;
        self.all += work;
        match from {
            Origin::Intake => {}
            Origin::Urgent => self.urgent += work,
            Origin::Business => self.business += work,
        }
    }
}

/// Open notifications of the tenant that the input looks at, of `open`.
pub(super) const fn walks_over(input: &Input, open: usize) -> usize {
    match input {
        Input::Notify(_)
        | Input::Fact(_)
        | Input::Declared(_)
        | Input::Cancel {
            target: CancelTarget::Subject(_),
            ..
        } => open,
        Input::PutProfile(_)
        | Input::Receipt(_)
        | Input::LateReceipt(_)
        | Input::Timer { .. }
        | Input::Permit(_)
        | Input::Outcome { .. }
        | Input::Sent { .. }
        | Input::Interrupted { .. }
        | Input::NoWay(_)
        | Input::Cancel {
            target: CancelTarget::Notification(_),
            ..
        }
        | Input::Answer { .. }
        | Input::TaskAnswered(_)
        | Input::TenantAnswered(_)
        | Input::Link { .. }
        | Input::PutHousehold(_)
        | Input::InHousehold { .. }
        | Input::PartNews(_)
        | Input::GroupTold { .. }
        | Input::StopPart(_)
        | Input::Migrate(_) => 0,
    }
}
