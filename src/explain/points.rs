//! Owns how a tenant's contact points are shown: each mailbox, number or address once, whatever
//! channel it was given for, in VERA's words, with what is known of it on every channel of its kind.
//! Refuses to decide what is used: the model does.

use serde::Serialize;
use sluis_model::{Address, AddressState, Channel, ContactKind, Evidence, Tenant};

use super::words::rfc3339;

/// One contact point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContactPoint {
    /// `email`, `phone`, `postal` or `portal`.
    pub kind: &'static str,
    /// VERA's CONTACTGEGEVENSOORT, where it has a word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soort: Option<&'static str>,
    /// As it is used.
    pub value: Box<str>,
    /// VERA's CONTACTGEGEVENSTATUS.
    pub status: &'static str,
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
    /// Since when its state is known there, RFC 3339 in UTC.
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
        let profile = tenant.profile.as_deref();
        let addresses = profile.map_or(&[][..], |profile| &profile.addresses);
        let mut points: Vec<(ContactKind, Vec<&Address>)> = Vec::new();
        for address in addresses {
            let Some(kind) = address.channel.contact_kind() else {
                continue;
            };
            let known = points
                .iter_mut()
                .find(|(of, given)| *of == kind && given[0].value == address.value);
            match known {
                Some((_, given)) => given.push(address),
                None => points.push((kind, vec![address])),
            }
        }
        let shown = points
            .iter()
            .map(|(kind, given)| shown(tenant, *kind, given));
        shown.collect()
    }
}

/// `given`: the entries of the profile that are this one point; at least one.
fn shown(tenant: &Tenant, kind: ContactKind, given: &[&Address]) -> ContactPoint {
    let uses = |channel: &Channel| {
        let takes = |address: &&Address| {
            *channel == address.channel || channel.shares_points_of(address.channel)
        };
        given.iter().any(takes)
    };
    let channels = Channel::ALL.into_iter().filter(uses);
    let channels = channels.map(|channel| on_channel(tenant, channel, given));
    ContactPoint {
        kind: kind.name(),
        soort: soort(kind, given),
        value: given[0].value.clone(),
        status: status(given),
        channels: channels.collect(),
    }
}

fn on_channel(tenant: &Tenant, channel: Channel, given: &[&Address]) -> OnChannel {
    // Its entry for the channel itself says it; without one, any other does.
    let own = given.iter().find(|address| address.channel == channel);
    let used = match own {
        Some(own) => tenant.is_usable(own, channel),
        None => given.iter().any(|given| tenant.is_usable(given, channel)),
    };
    let known = tenant.contact(channel, &given[0].value);
    OnChannel {
        channel,
        used,
        since: known.map(|known| rfc3339(known.since)),
        by: known.map(|known| known.by),
    }
}

/// CONTACTGEGEVENSOORT: a number that takes messages is mobile.
fn soort(kind: ContactKind, given: &[&Address]) -> Option<&'static str> {
    let mobile = |address: &&Address| Channel::Sms.shares_points_of(address.channel);
    match kind {
        ContactKind::Email => Some("EMA"),
        ContactKind::Phone if given.iter().any(mobile) => Some("MOB"),
        ContactKind::Phone => Some("TEL"),
        ContactKind::Postal => Some("POS"),
        ContactKind::Portal => None,
    }
}

/// CONTACTGEGEVENSTATUS: the best that is known of it. Only what is dead wherever it was given is
/// invalid.
fn status(given: &[&Address]) -> &'static str {
    let is = |state: AddressState| given.iter().any(|address| address.state == state);
    if is(AddressState::Validated) {
        "GEV"
    } else if is(AddressState::Created) {
        "AAN"
    } else {
        "ONG"
    }
}
