//! Owns what an explanation says of contact points that are not used: which, since when, why; and
//! what a contact point is called. Refuses to print an address whole.

use serde::Serialize;
use sluis_model::{Channel, Evidence, Point, PointState, Tenant, Timestamp, Where};

use super::language::Language;
use super::words::{mask, rfc3339};

/// A contact point of the tenant's profile that no message goes to, or none over one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotUsed {
    /// Its kind.
    pub kind: &'static str,
    /// The channel on which it is not used; none: it is used on none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// Its value, masked.
    pub address: String,
    /// Since when, RFC 3339 in UTC.
    pub since: String,
    /// `source`, `bounce` or `use`: what that rests on.
    pub by: Evidence,
    /// Where it is not used.
    #[serde(skip)]
    on: Where,
    /// Since when.
    #[serde(skip)]
    since_then: Timestamp,
}

impl NotUsed {
    /// What the profile holds and nothing is sent to, in the order of the profile.
    #[must_use]
    pub fn of(tenant: &Tenant) -> Vec<Self> {
        let listed = tenant.profile.iter().flat_map(|profile| profile.listed());
        listed.flat_map(Self::of_point).collect()
    }

    fn of_point(point: &Point) -> Vec<Self> {
        let not_used = |on: Where, since, by| Self {
            kind: point.kind.name(),
            channel: on.channel(),
            address: mask(&point.value),
            since: rfc3339(since),
            by,
            on,
            since_then: since,
        };
        if point.state == PointState::Invalid {
            let everywhere = Where::Everywhere(point.kind);
            return vec![not_used(everywhere, point.since, Evidence::Source)];
        }
        let known = point.per_channel().iter();
        let dead = known.filter(|known| known.state == PointState::Invalid);
        dead.map(|dead| not_used(Where::On(dead.channel), dead.since, dead.by))
            .collect()
    }

    /// In words, to be joined to a sentence.
    pub(super) fn words(&self, lang: Language) -> String {
        let kind = self.on.kind();
        let called = lang.the_point(lang.point(kind), &self.address);
        let on = self.channel;
        let only = on.map_or_else(String::new, |channel| only_for(Where::On(channel), lang));
        let since = lang.instant(self.since_then);
        lang.is_not_used(called, only, since, lang.rests_on(self.by))
    }
}

/// A contact point in words, its value masked.
pub(super) fn called(on: Where, value: &str, lang: Language) -> String {
    lang.the_point(lang.point(on.kind()), mask(value))
}

/// ` for sms`, where what is told holds on one of several channels.
pub(super) fn only_for(on: Where, lang: Language) -> String {
    let one = on.channel().filter(|channel| !channel.has_kind_alone());
    one.map_or_else(String::new, |channel| lang.only_for(lang.channel(channel)))
}
