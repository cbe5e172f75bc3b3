//! Owns what is told of a steered choice: what held, and why each channel of the step was not taken.
//! It is part of stored records. Refuses to choose.

use bincode::{Decode, Encode};

use crate::channel::Channel;
use crate::codec::Version;
use crate::point::PointSource;
use crate::time::Timestamp;

/// A row of the matrix, as explanations name it.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct MatrixRow {
    /// Its category; `*`: the row of all others.
    pub category: Box<str>,
    /// The day from which it holds, `2026-12-01`; empty: it always did.
    pub from: Box<str>,
    /// The segment whose row it is; empty: it is for everybody. Since record version 6.
    pub segment: Box<str>,
    /// For whom it holds while it is introduced in phases; none: for all. Since record version 6.
    pub phase: Option<Box<PhaseName>>,
}

/// For whom a row holds that is introduced in phases.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PhaseName {
    /// For so many of a hundred tenants; 0: for none by their number.
    pub share: u8,
    /// For those who live in these complexes.
    pub complexes: Box<[Box<str>]>,
    /// And in so many more, which are not named one by one.
    pub more: u16,
}

/// A newer row that has not come to the tenant yet.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[bincode(decode_context = "Version")]
pub struct NotYet {
    /// Which.
    pub row: MatrixRow,
    /// Whether it asks where a tenant lives.
    pub asks_complex: bool,
    /// Where it asks that: the complex that this one lives in, if it is known.
    pub complex: Option<Box<str>>,
}

/// What was known of the tenant's segment, where the corporation does something otherwise for some.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SegmentSeen {
    /// Its name; none: no fact says it.
    pub name: Option<Box<str>>,
    /// Whether the file of steering says something of it.
    pub is_named: bool,
}

/// Since when a tenant prefers a channel, and who said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Asked {
    /// Since when; none: not known.
    pub since: Option<Timestamp>,
    /// Who said so.
    pub source: PointSource,
}

/// How the channels of a step were weighed.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct Steered {
    /// The channel that is taken; none: no channel of the step reaches the tenant.
    pub channel: Option<Channel>,
    /// The row of the matrix that holds.
    pub row: Option<MatrixRow>,
    /// Where the tenant's preference is taken: since when it is one.
    pub asked: Option<Asked>,
    /// What the message is expected to cost, in thousandths of a cent.
    pub cost: Option<u64>,
    /// Every other channel of the step, in the order in which they are tried.
    pub passed: Box<[Passed]>,
    /// The tenant's segment, where the corporation has sections for segments. Since record version 6.
    pub segment: Option<SegmentSeen>,
    /// A newer row that has not come to this tenant yet. Since record version 6.
    pub not_yet: Option<NotYet>,
    /// By when the step wants the message to be there, if it says so. Since record version 6.
    pub wanted: Option<Wanted>,
}

/// By when a step wants its message to be there.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Wanted {
    /// In the words of the flow: `by data.due_date`.
    pub by: Box<str>,
    /// Before this instant; none: the day is not known, so nothing is left out for it.
    pub before: Option<Timestamp>,
    /// When it arrives over the channel that is taken; none: not known.
    pub arrives: Option<Timestamp>,
}

/// A channel that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct Passed {
    /// Which.
    pub channel: Channel,
    /// Why not.
    pub why: WhyNot,
    /// What it would have been expected to cost, in thousandths of a cent, where it could have been
    /// used.
    pub cost: Option<u64>,
    /// When it would have arrived, where that is why not. Since record version 6.
    pub arrives: Option<Timestamp>,
}

/// Why a channel was not taken. Codes are stored: a new reason comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum WhyNot {
    /// The row has it off.
    Off,
    /// The step has no template for it.
    NoTemplate,
    /// The message cannot be made for it.
    CannotCarry,
    /// The step leaves out what failed for this notification, and it did.
    Failed,
    /// The step leaves out what was tried for this notification, and it was.
    Tried,
    /// The corporation has no provider of it.
    NoProvider,
    /// The tenant has no address for it that can be used.
    NoAddress,
    /// It could be used, and another one comes before it.
    Later,
    /// The tenant prefers it, and the step has a legal reason that goes before.
    Legal,
    /// It would arrive when the message is worthless.
    TooSlow,
    /// It would arrive later than the step wants it. Since record version 6.
    TooLate,
}

impl WhyNot {
    /// Every reason, in the order of their codes.
    pub const ALL: [Self; 11] = [
        Self::Off,
        Self::NoTemplate,
        Self::CannotCarry,
        Self::Failed,
        Self::Tried,
        Self::NoProvider,
        Self::NoAddress,
        Self::Later,
        Self::Legal,
        Self::TooSlow,
        Self::TooLate,
    ];

    /// The word used in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            WhyNot::Off => "off",
            WhyNot::NoTemplate => "no_template",
            WhyNot::CannotCarry => "cannot_carry",
            WhyNot::Failed => "failed",
            WhyNot::Tried => "tried",
            WhyNot::NoProvider => "no_provider",
            WhyNot::NoAddress => "no_address",
            WhyNot::Later => "later",
            WhyNot::Legal => "legal",
            WhyNot::TooSlow => "too_slow",
            WhyNot::TooLate => "too_late",
        }
    }
}
