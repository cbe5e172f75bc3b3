//! Mistakes that the simulation makes on purpose, deep in rules that have no other seam: its checks must
//! notice each. Compiled with the feature `simulation` only.

use std::cell::Cell;

/// A mistake, as somebody could make it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slip {
    /// A part that is handed over again is taken again.
    PartTakenTwice,
    /// The order to stop a group leaves one of it out.
    PartNotStopped,
    /// Nobody is told for those whom he represents.
    RepresentativeSkipped,
    /// A group ends with the first of its parts.
    GroupEndsEarly,
    /// What moves to another definition comes to the step of the same number, whatever that is.
    MovedByNumber,
    /// An order to move that comes twice is followed twice.
    MovedTwice,
    /// A wait begins anew when its notification moves.
    WaitBegunAnew,
}

thread_local! {
    static SLIP: Cell<Option<Slip>> = const { Cell::new(None) };
}

/// Plants a mistake in this thread, or takes it out.
pub fn slip(planted: Option<Slip>) {
    SLIP.set(planted);
}

/// Whether this one is planted.
pub(crate) fn slips(slip: Slip) -> bool {
    SLIP.get() == Some(slip)
}
