//! Owns what an explanation says of contact points that are not used: which, since when, why.
//! Refuses to print an address whole.

use serde::Serialize;
use sluis_model::{AddressState, Channel, Evidence, Tenant};

use super::words::{mask, rfc3339};

/// An address of the tenant's profile that no message goes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotUsed {
    /// Its channel.
    pub channel: Channel,
    /// The address, masked.
    pub address: String,
    /// Since when, RFC 3339 in UTC.
    pub since: String,
    /// `source`, `bounce` or `use`: what that rests on.
    pub by: Evidence,
}

impl NotUsed {
    /// What the profile holds and nothing is sent to, in the order of the profile.
    #[must_use]
    pub fn of(tenant: &Tenant) -> Vec<Self> {
        let addresses = tenant
            .profile
            .as_deref()
            .map_or(&[][..], |profile| &profile.addresses);
        let dead = addresses
            .iter()
            .filter(|address| address.state == AddressState::Invalid);
        dead.filter_map(|address| {
            let contact = tenant.contact(address.channel, &address.value)?;
            let (channel, by) = (address.channel, contact.by);
            Some(Self {
                channel,
                address: mask(&address.value),
                since: rfc3339(contact.since),
                by,
            })
        })
        .collect()
    }

    /// In words, to be joined to a sentence.
    pub(super) fn words(&self) -> String {
        format!(
            "the {} address {} is not used since {}: {}",
            self.channel,
            self.address,
            self.since,
            because(self.by)
        )
    }
}

/// What a state rests on, in words.
pub(super) const fn because(by: Evidence) -> &'static str {
    match by {
        Evidence::Source => "its source called it invalid",
        Evidence::Bounce => "a message to it came back or was refused for its address",
        Evidence::Use => "it was seen in use",
    }
}
