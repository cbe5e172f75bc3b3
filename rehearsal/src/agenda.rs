//! Owns what is still to happen to the tenants of one shard, in order. Refuses to know what it means.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use sluis_model::Timestamp;
use sluis_model::outside::{After, Answer};

/// Something that happens to one tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// A fact is told: its place.
    Fact(u32),
    /// Feeds tell again what they told.
    Feeds,
    /// A notification is handed over: its row.
    Notify(u32),
    /// The timer of a row.
    Timer(u32),
    /// A row stands in line again.
    Ready(u32),
    /// A provider answers.
    Answered(Tried, Reply),
    /// Something is reported about an attempt.
    Reported(Tried, Report),
    /// The button of a message is pressed.
    Pressed(Tried),
    /// The tenant pays what a row is about.
    Paid(u32),
}

/// An attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tried {
    pub row: u32,
    pub step: u8,
    pub attempt: u16,
    /// Place of the provider among the carriers.
    pub carrier: u8,
}

/// What a provider says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reply {
    Accepted,
    Refused,
    Later,
}

/// What is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Report {
    Bounced,
    Failed,
    Delivered,
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Accepted => Self::Accepted,
            Answer::Refused => Self::Refused,
            Answer::Later => Self::Later,
        }
    }
}

impl From<After> for Report {
    fn from(after: After) -> Self {
        match after {
            After::Bounced => Self::Bounced,
            After::Failed => Self::Failed,
            After::Delivered => Self::Delivered,
        }
    }
}

/// One entry: of equal instants the lower tenant first, of one tenant what was planned first.
type Entry = (Timestamp, u32, u32, What);

/// What is to happen.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    /// What was known at the start, in order.
    known: Vec<Entry>,
    /// How much of it has happened.
    done: usize,
    heap: BinaryHeap<Reverse<Entry>>,
    next: u32,
}

impl Agenda {
    /// Notes something that is known at the start.
    pub(crate) fn note(&mut self, at: Timestamp, person: u32, what: What) {
        let number = self.number();
        self.known.push((at, person, number, what));
    }

    /// Everything known at the start was noted.
    pub(crate) fn begin(&mut self) {
        self.known.sort_unstable();
        self.known.shrink_to_fit();
    }

    /// Adds something.
    pub(crate) fn add(&mut self, at: Timestamp, person: u32, what: What) {
        let number = self.number();
        self.heap.push(Reverse((at, person, number, what)));
    }

    /// When something happens next.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        let known = self.known.get(self.done).map(|entry| entry.0);
        let added = self.heap.peek().map(|entry| entry.0.0);
        known.into_iter().chain(added).min()
    }

    /// The next thing that happens until then.
    pub(crate) fn take(&mut self, until: Timestamp) -> Option<(Timestamp, u32, What)> {
        let known = self.known.get(self.done);
        let added = self.heap.peek().map(|entry| &entry.0);
        let known_first = match (known, added) {
            (Some(known), Some(added)) => known <= added,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => return None,
        };
        let first = if known_first { known? } else { added? };
        let (at, person, _, what) = *first;
        if at > until {
            return None;
        }
        if known_first {
            self.done += 1;
        } else {
            self.heap.pop();
        }
        Some((at, person, what))
    }

    const fn number(&mut self) -> u32 {
        self.next = self.next.wrapping_add(1);
        self.next
    }
}
