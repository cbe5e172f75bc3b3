//! Owns how a tenant's contact points are shown: each with its value, its state and who said it, in
//! VERA's words too, and with what is known of it on every channel of its kind. Refuses to decide
//! what is used: the model does.

use serde::Serialize;
use sluis_model::{Channel, ContactKind, Evidence, Point, PointSource, PointState, Tenant};

use super::words::rfc3339;

/// One contact point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContactPoint {
    /// `email`, `phone`, `postal`, `portal`, `messenger` or `push`.
    pub kind: &'static str,
    /// VERA's CONTACTGEGEVENSOORT, where it has a word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soort: Option<&'static str>,
    /// As it is used.
    pub value: Box<str>,
    /// What all that is known of it amounts to.
    pub state: PointState,
    /// The same as VERA's CONTACTGEGEVENSTATUS.
    pub status: &'static str,
    /// Who supplied its state.
    pub source: PointSource,
    /// Since when the source's word of it holds, RFC 3339 in UTC.
    pub since: String,
    /// The channel that it was given for, where several use its kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// What is known of it on each channel that uses its kind, in the order of channels.
    pub channels: Vec<OnChannel>,
}

/// What is known of a contact point on one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OnChannel {
    /// The channel.
    pub channel: Channel,
    /// Whether a message may go to it there.
    pub used: bool,
    /// What a message showed of it there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<PointState>,
    /// Since when that is known, RFC 3339 in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// What that rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Evidence>,
}

impl ContactPoint {
    /// Those of the profile, in its order.
    #[must_use]
    pub fn of(tenant: &Tenant) -> Vec<Self> {
        let listed = tenant.profile.iter().flat_map(|profile| profile.listed());
        listed.map(Self::shown).collect()
    }

    fn shown(point: &Point) -> Self {
        let serving = Channel::ALL.into_iter().filter(|c| point.serves(*c));
        let state = point.standing();
        Self {
            kind: point.kind.name(),
            soort: soort(point),
            value: point.value.clone(),
            state,
            status: status(state),
            source: point.source,
            since: rfc3339(point.since),
            channel: point.given_for,
            channels: serving
                .map(|channel| OnChannel::shown(point, channel))
                .collect(),
        }
    }
}

impl OnChannel {
    fn shown(point: &Point, channel: Channel) -> Self {
        let known = point.on(channel);
        Self {
            channel,
            used: point.is_usable(channel),
            state: known.map(|known| known.state),
            since: known.map(|known| rfc3339(known.since)),
            by: known.map(|known| known.by),
        }
    }
}

/// CONTACTGEGEVENSOORT: a number that takes messages is mobile.
const fn soort(point: &Point) -> Option<&'static str> {
    match point.kind {
        ContactKind::Email => Some("EMA"),
        ContactKind::Phone if point.is_mobile => Some("MOB"),
        ContactKind::Phone => Some("TEL"),
        ContactKind::Postal => Some("POS"),
        ContactKind::Portal | ContactKind::Messenger | ContactKind::Push => None,
    }
}

/// CONTACTGEGEVENSTATUS.
pub(super) const fn status(state: PointState) -> &'static str {
    match state {
        PointState::Created => "AAN",
        PointState::Validated => "GEV",
        PointState::Invalid => "ONG",
    }
}
