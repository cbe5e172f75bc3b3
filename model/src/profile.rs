//! Owns what is known of a tenant: names, addresses with their state, preferences. Refuses to
//! choose a channel: `decide` does, with the flow in hand.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::channel::Channel;

/// The quality of one address (row 14; VERA CONTACTGEGEVENSTATUS AAN, GEV, ONG).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum AddressState {
    /// Supplied, not proven.
    #[default]
    Created,
    /// Proven by use or confirmation.
    Validated,
    /// Bounced or malformed: not used until the source confirms it with a later date, or it is seen
    /// in use.
    Invalid,
}

/// One address of a tenant on one channel.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// The channel it belongs to.
    pub channel: Channel,
    /// The value in normal form: an e-mail address, an E.164 number.
    pub value: Box<str>,
    /// Its quality.
    #[serde(default)]
    pub state: AddressState,
}

/// The channel a tenant asked for, per category (`*` for all others).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preference {
    /// Category, or `*`.
    pub category: Box<str>,
    /// The channel.
    pub channel: Channel,
}

/// The profile of a tenant, replaced as a whole by its source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// How to address the tenant in a letter: `mevrouw De Vries`.
    #[serde(default)]
    pub name: Box<str>,
    /// Language of messages, ISO 639-1; empty means Dutch.
    #[serde(default)]
    pub language: Box<str>,
    /// Addresses, best first within a channel. At most [`Profile::MAX_ADDRESSES`].
    #[serde(default)]
    pub addresses: Vec<Address>,
    /// Preferences. At most [`Profile::MAX_PREFERENCES`].
    #[serde(default)]
    pub preferences: Vec<Preference>,
}

impl Profile {
    /// Most addresses a profile may hold.
    pub const MAX_ADDRESSES: usize = 16;
    /// Most preferences a profile may hold.
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

    /// The best usable address on `channel`: validated before created, never invalid.
    #[must_use]
    pub fn usable(&self, channel: Channel) -> Option<&Address> {
        let of = |state: AddressState| {
            self.addresses
                .iter()
                .find(|a| a.channel == channel && a.state == state)
        };
        of(AddressState::Validated).or_else(|| of(AddressState::Created))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(value: &str, state: AddressState) -> Address {
        Address {
            channel: Channel::Email,
            value: value.into(),
            state,
        }
    }

    #[test]
    fn a_validated_address_goes_before_a_created_one_and_an_invalid_one_is_never_used() {
        let mut profile = Profile {
            addresses: vec![
                address("a@example.nl", AddressState::Invalid),
                address("b@example.nl", AddressState::Created),
                address("c@example.nl", AddressState::Validated),
            ],
            ..Profile::default()
        };
        assert_eq!(
            &*profile.usable(Channel::Email).unwrap().value,
            "c@example.nl"
        );
        profile.addresses.truncate(1);
        assert_eq!(profile.usable(Channel::Email), None);
        assert_eq!(profile.usable(Channel::Sms), None);
    }
}
