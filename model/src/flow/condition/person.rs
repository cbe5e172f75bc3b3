//! Owns what conditions read of a tenant himself: his language, the channel that he prefers, and over which
//! channels he is reached. Refuses to look: whoever has his profile does.

use std::fmt;

use crate::channel::{Channel, Need};
use crate::flow::input::FieldKind;

/// Before the channel in `tenant.reached_by_email`.
const REACHED_BY: &str = "reached_by_";

/// What is read of a tenant himself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Person {
    /// `tenant.language`
    Language,
    /// `tenant.prefers`: the channel that he prefers for the category. Unknown while he has said nothing.
    Prefers,
    /// `tenant.reached_by_email`: whether he has a contact point that can be used over the channel.
    ReachedBy(Channel),
}

impl Person {
    /// What stands before each.
    pub(in crate::flow) const ROOT: &str = "tenant.";

    /// All of them, with the names behind `tenant.`.
    pub(in crate::flow) fn all() -> impl Iterator<Item = (String, Self)> {
        let channels = Channel::ALL
            .into_iter()
            .filter(|channel| channel.need() != Need::Nothing);
        let all = [Self::Language, Self::Prefers].into_iter();
        let all = all.chain(channels.map(Self::ReachedBy));
        all.map(|person| (person.name(), person))
    }

    fn name(self) -> String {
        match self {
            Self::Language => "language".to_owned(),
            Self::Prefers => "prefers".to_owned(),
            Self::ReachedBy(channel) => format!("{REACHED_BY}{channel}"),
        }
    }

    /// What it holds.
    pub(in crate::flow) const fn kind(self) -> FieldKind {
        match self {
            Self::Language | Self::Prefers => FieldKind::Line,
            Self::ReachedBy(_) => FieldKind::Boolean,
        }
    }

    /// The words that it may be; empty: any.
    pub(in crate::flow) fn words(self) -> Box<[Box<str>]> {
        match self {
            Self::Prefers => Channel::ALL.map(|channel| channel.name().into()).into(),
            Self::Language | Self::ReachedBy(_) => Box::default(),
        }
    }
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Self::ROOT, self.name())
    }
}
