//! Owns what is known of a tenant: name, contact points, preferences. Refuses to choose a channel:
//! `decide` does, with the flow in hand.

use bincode::{Decode, Encode};
use serde::Serialize;

use crate::channel::{Channel, ContactKind};
use crate::point::Point;

/// The channel a tenant asked for, per category (`*` for all others).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Encode, Decode, Serialize)]
pub struct Preference {
    /// Category, or `*`.
    pub category: Box<str>,
    /// The channel.
    pub channel: Channel,
}

/// The profile of a tenant, replaced as a whole by its source, but for what is known of its contact
/// points.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Profile {
    /// How to address the tenant in a letter: `mevrouw De Vries`.
    pub name: Box<str>,
    /// Language of messages, ISO 639-1; empty means Dutch.
    pub language: Box<str>,
    /// Contact points: those of the newest list, the best of a kind first; behind them those that
    /// are remembered.
    pub points: Box<[Point]>,
    /// Preferences.
    pub preferences: Box<[Preference]>,
}

impl Profile {
    /// Most contact points of one kind that a source may supply.
    pub const MAX_POINTS_OF_A_KIND: usize = 16;
    /// Most contact points that a source may supply.
    pub const MAX_POINTS: usize = 32;
    /// Most preferences that a source may supply.
    pub const MAX_PREFERENCES: usize = 32;

    /// The channel preferred for `category`: its own entry, else the one for `*`.
    #[must_use]
    pub fn preferred(&self, category: &str) -> Option<Channel> {
        let of = |wanted: &str| {
            self.preferences
                .iter()
                .find(|p| &*p.category == wanted)
                .map(|p| p.channel)
        };
        of(category).or_else(|| of("*"))
    }

    /// The contact point of that kind with that value, also when no source has it any more.
    #[must_use]
    pub fn find(&self, kind: ContactKind, value: &str) -> Option<&Point> {
        self.points.iter().find(|point| point.is(kind, value))
    }

    /// Those that the newest profile has, in its order.
    pub fn listed(&self) -> impl Iterator<Item = &Point> {
        self.points.iter().filter(|point| point.is_listed)
    }

    /// The best contact point for `channel`: one that was given for it before another of its kind,
    /// what is proven before what was supplied, and nothing that is known to be dead there.
    #[must_use]
    pub fn point(&self, channel: Channel) -> Option<&Point> {
        let usable = self.listed().filter(|point| point.is_usable(channel));
        usable.min_by_key(|point| point.rank(channel))
    }
}
