//! Owns what is known of a tenant: name, contact points, preferences. Refuses to choose a channel:
//! `decide` does, with the flow in hand.

use bincode::{Decode, Encode};

use crate::channel::{Channel, ContactKind};
use crate::codec::Version;
use crate::point::{Point, PointSource};
use crate::time::{SECOND, Timestamp};

/// The channel a tenant asked for, per category (`*` for all others).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Encode)]
pub struct Preference {
    /// Category, or `*`.
    pub category: Box<str>,
    /// The channel.
    pub channel: Channel,
    /// Who said so.
    pub source: PointSource,
    /// Since when, in seconds since 1970; 0: not known. Four bytes, because millions may have one.
    pub(crate) since: u32,
}

impl Preference {
    /// One of which its source says nothing more.
    #[must_use]
    pub fn new(category: impl Into<Box<str>>, channel: Channel) -> Self {
        Self {
            category: category.into(),
            channel,
            source: PointSource::System,
            since: 0,
        }
    }

    /// The same, with who said so and since when. An instant outside the years 1970 to 2105 is not
    /// known.
    #[must_use]
    pub fn said(self, source: PointSource, since: Option<Timestamp>) -> Self {
        let since = since.and_then(|at| u32::try_from(at.0.div_euclid(SECOND)).ok());
        Self {
            source,
            since: since.unwrap_or_default(),
            ..self
        }
    }

    /// Since when, to the second; none: not known.
    #[must_use]
    pub fn since(&self) -> Option<Timestamp> {
        (self.since > 0).then_some(Timestamp(i64::from(self.since) * SECOND))
    }

    /// The preference once a source has said it, at `now`. What was said before and is said again
    /// without a date keeps its date and its source.
    pub(crate) fn after(&self, before: &[Self], now: Timestamp) -> Self {
        let is_same = |old: &&Self| old.category == self.category && old.channel == self.channel;
        match (before.iter().find(is_same), self.since()) {
            (Some(known), None) => known.clone(),
            (None, None) => self.clone().said(self.source, Some(now)),
            (_, Some(since)) => self.clone().said(self.source, Some(since.min(now))),
        }
    }
}

/// The profile of a tenant, replaced as a whole by its source, but for what is known of its contact
/// points.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[bincode(decode_context = "Version")]
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

    /// The preference for `category`: its own entry, else the one for `*`.
    #[must_use]
    pub fn preferred(&self, category: &str) -> Option<&Preference> {
        let of = |wanted: &str| {
            let mut all = self.preferences.iter();
            all.find(|preference| &*preference.category == wanted)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::DAY;

    /// A tenant's preferences cost what they did before they were dated.
    #[test]
    fn a_preference_stays_small() {
        assert_eq!((size_of::<Preference>(), size_of::<Profile>()), (24, 64));
    }

    #[test]
    fn a_preference_is_dated_when_it_is_first_said_and_keeps_its_date() {
        let now = Timestamp(20_000 * DAY);
        let letter = Preference::new("collection", Channel::Letter);
        let first = letter.after(&[], now);
        assert_eq!(first.since(), Some(now));
        let again = letter.clone().said(PointSource::List, None);
        let before = [first.clone()];
        assert_eq!(again.after(&before, now.plus(DAY)), first);
        let other = Preference::new("collection", Channel::Sms);
        let later = Some(now.plus(DAY));
        assert_eq!(other.after(&before, now.plus(DAY)).since(), later);
    }

    #[test]
    fn a_date_that_its_source_gives_counts_and_lies_never_ahead() {
        let now = Timestamp(20_000 * DAY);
        let said = |at| Preference::new("*", Channel::Sms).said(PointSource::Person, Some(at));
        let before = [said(Timestamp(DAY))];
        let asked = said(now.plus(-DAY)).after(&before, now);
        assert_eq!(asked.since(), Some(now.plus(-DAY)));
        assert_eq!(asked.source, PointSource::Person);
        assert_eq!(said(now.plus(DAY)).after(&before, now).since(), Some(now));
    }
}
