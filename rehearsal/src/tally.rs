//! Owns what is counted in a rehearsal, and what could not be done for a row. Names nobody: rows are
//! places in the list. Refuses to judge it.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use sluis_model::{Channel, HOUR, Timestamp};

/// Milliseconds of one column of the plots.
const COLUMN: i64 = HOUR;

/// What a message goes by: the flow's step, the channel, the provider's place among the carriers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Via {
    /// Index of the step.
    pub step: u8,
    /// The channel.
    pub channel: Channel,
    /// Place of the provider.
    pub carrier: u8,
}

/// What became of messages by one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Attempts that began.
    pub started: u64,
    /// Those that could not be made for the channel.
    pub unsendable: u64,
    /// Put off by the provider.
    pub deferred: u64,
    /// Refused by the provider.
    pub refused: u64,
    /// Taken by the provider.
    pub accepted: u64,
    /// Came back later.
    pub bounced: u64,
    /// Failed later.
    pub failed: u64,
    /// Reported as delivered.
    pub delivered: u64,
    /// Buttons pressed.
    pub pressed: u64,
    /// Segments of text messages.
    pub segments: u64,
    /// Expected cost, in thousandths of a cent.
    pub millicents: u64,
    /// Attempts without a price.
    pub unpriced: u64,
}

impl Counts {
    /// Adds others.
    pub const fn add(&mut self, more: &Self) {
        self.started += more.started;
        self.unsendable += more.unsendable;
        self.deferred += more.deferred;
        self.refused += more.refused;
        self.accepted += more.accepted;
        self.bounced += more.bounced;
        self.failed += more.failed;
        self.delivered += more.delivered;
        self.pressed += more.pressed;
        self.segments += more.segments;
        self.millicents += more.millicents;
        self.unpriced += more.unpriced;
    }

    /// Messages that left: neither those that could not be made, nor those that were put off, which
    /// leave with another attempt.
    #[must_use]
    pub const fn left(&self) -> u64 {
        self.started.saturating_sub(self.unsendable + self.deferred)
    }
}

/// What could not be done for a row, because of the data or the flow and not by chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trouble {
    /// No channel of the step reaches the tenant.
    NoAddress,
    /// The corporation has every channel of the step off.
    AllOff,
    /// No channel of the step arrives as soon as it wants.
    TooLate,
    /// The message cannot be rendered.
    Render,
    /// The text is longer than the provider takes.
    TooLong,
    /// A rule held it for longer than the flow allows, because a fact is missing or too old.
    Held,
    /// Outside production, and not on the list of those who may be reached.
    NotAllowed,
    /// The tenant has as many open as a tenant may.
    TenantFull,
    /// The fact was not taken.
    Fact,
}

impl Trouble {
    /// The word in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoAddress => "no_address",
            Self::AllOff => "all_off",
            Self::TooLate => "too_late",
            Self::Render => "render",
            Self::TooLong => "too_long",
            Self::Held => "held",
            Self::NotAllowed => "not_allow_listed",
            Self::TenantFull => "tenant_full",
            Self::Fact => "fact",
        }
    }
}

/// A trouble with a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exception {
    /// The row.
    pub row: u32,
    /// Index of the step.
    pub step: u8,
    /// What it is.
    pub trouble: Trouble,
    /// Over which channel, where that matters.
    pub channel: Option<Channel>,
    /// More about it.
    pub detail: Box<str>,
}

/// What became of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Place of its end among [`Results::ends`]; none: it had none.
    pub end: Option<u16>,
    /// The channel of its first message.
    pub first: Option<Channel>,
    /// Messages that left.
    pub sent: u8,
}

/// Everything that was counted.
#[derive(Clone, Debug, Default)]
pub struct Results {
    /// By step, channel and provider.
    pub counts: FxHashMap<Via, Counts>,
    /// Ends and lists of people, each with how many came there.
    pub ends: Vec<(Box<str>, u64)>,
    /// How many of each end came in each hour since the start, less those that left it again: who was
    /// on a list of people and got another end.
    pub ends_by_hour: BTreeMap<(i64, u16), i64>,
    /// Messages that left, by hour and channel. One that is put off leaves later.
    pub sent_by_hour: BTreeMap<(i64, Channel), u64>,
    /// Calls, by hour.
    pub calls_by_hour: BTreeMap<i64, u64>,
    /// When the first and the last message over each channel left.
    pub span: BTreeMap<Channel, (Timestamp, Timestamp)>,
    /// What could not be done.
    pub exceptions: Vec<Exception>,
    /// What became of each row.
    pub outcomes: Vec<Outcome>,
    /// Tenants for whom something was handed over.
    pub people: u64,
    /// Those whom a message over each channel can reach.
    pub reachable: BTreeMap<Channel, u64>,
    /// Those whom none can.
    pub unreachable: u64,
    /// Inputs decided.
    pub decided: u64,
    /// How many rows go together: those of one tenant, and of one household.
    pub together: f64,
}

impl Results {
    /// The hour of an instant, counted from the start.
    pub(crate) const fn hour(starts: Timestamp, at: Timestamp) -> i64 {
        at.since(starts).div_euclid(COLUMN)
    }

    pub(crate) fn via(&mut self, via: Via) -> &mut Counts {
        self.counts.entry(via).or_default()
    }

    /// The place of an end.
    pub(crate) fn end(&mut self, name: &str) -> u16 {
        let known = self.ends.iter().position(|(end, _)| **end == *name);
        let place = known.unwrap_or_else(|| {
            self.ends.push((name.into(), 0));
            self.ends.len() - 1
        });
        u16::try_from(place).unwrap_or(u16::MAX)
    }

    /// Adds what another shard counted. Rows are those of the whole list.
    pub(crate) fn add(&mut self, other: Self) {
        for (via, more) in other.counts {
            self.via(via).add(&more);
        }
        let places: Vec<u16> = other.ends.iter().map(|(end, _)| self.end(end)).collect();
        for ((_, count), place) in other.ends.iter().zip(&places) {
            self.ends[usize::from(*place)].1 += count;
        }
        for ((hour, end), count) in other.ends_by_hour {
            let end = places[usize::from(end)];
            *self.ends_by_hour.entry((hour, end)).or_default() += count;
        }
        for (key, count) in other.sent_by_hour {
            *self.sent_by_hour.entry(key).or_default() += count;
        }
        for (hour, count) in other.calls_by_hour {
            *self.calls_by_hour.entry(hour).or_default() += count;
        }
        for (channel, (first, last)) in other.span {
            let known = self.span.entry(channel).or_insert((first, last));
            *known = (known.0.min(first), known.1.max(last));
        }
        for (channel, count) in other.reachable {
            *self.reachable.entry(channel).or_default() += count;
        }
        self.exceptions.extend(other.exceptions);
        self.people += other.people;
        self.unreachable += other.unreachable;
        self.decided += other.decided;
    }

    /// Puts the outcome of a row, with its end as this shard numbers it.
    pub(crate) fn outcome(&mut self, row: u32, outcome: Outcome, ends: &[(Box<str>, u64)]) {
        let end = outcome.end.and_then(|end| ends.get(usize::from(end)));
        let end = end.map(|(name, _)| self.end(name));
        if let Some(place) = self.outcomes.get_mut(row as usize) {
            *place = Outcome { end, ..outcome };
        }
    }

    /// Most calls in an hour, and which hour that is.
    #[must_use]
    pub fn peak(&self) -> Option<(i64, u64)> {
        let hours = self.calls_by_hour.iter();
        let most = hours.max_by_key(|(hour, count)| (**count, -**hour))?;
        Some((*most.0, *most.1))
    }

    /// How many exceptions there are of each trouble.
    #[must_use]
    pub fn troubles(&self) -> BTreeMap<Trouble, u64> {
        let mut all = BTreeMap::new();
        for exception in &self.exceptions {
            *all.entry(exception.trouble).or_default() += 1;
        }
        all
    }

    /// Attempts that began.
    #[must_use]
    pub fn started(&self) -> u64 {
        self.counts.values().map(|counts| counts.started).sum()
    }
}
