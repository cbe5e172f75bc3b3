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
/// Open notifications that may be looked at for the price of one more input.
pub(super) const WALKED_FOR_ONE: usize = 8;

/// What a turn has used up.
#[derive(Debug, Default)]
pub(super) struct Spent {
    all: usize,
    business: usize,
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

    /// The next request of the two lines that come from outside, and whether it is business.
    pub(super) fn next(&self, inbox: &Inbox) -> Option<(ShardRequest, bool)> {
        let business = || inbox.next_business().map(|request| (request, true));
        let intake = || inbox.next_intake().map(|request| (request, false));
        if self.business < BUSINESS_WORK {
            business().or_else(intake)
        } else {
            intake().or_else(business)
        }
    }

    /// Counts one item that walked over so many open notifications.
    pub(super) const fn count(&mut self, walked: usize, business: bool) {
        let work = 1 + walked / WALKED_FOR_ONE;
        self.all += work;
        if business {
            self.business += work;
        }
    }
}

/// Open notifications of the tenant that the input looks at, of `open`.
pub(super) const fn walks_over(input: &Input, open: usize) -> usize {
    match input {
        Input::Notify(_)
        | Input::Fact(_)
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
        | Input::Link { .. } => 0,
    }
}
