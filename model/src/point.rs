//! Owns which contact point a channel reaches a tenant at. A contact point is a mailbox, a phone
//! number, a postal address, an account; a channel uses one kind of them. So a number that a source
//! gave for one channel serves the others of its kind too, and what a message showed on one channel
//! says nothing of another: a number that is not on WhatsApp still takes SMS. Refuses to use what a
//! source called dead on any channel.
//!
//! A person may have a role (tenant, joint tenant, guarantor) and may stand for another: a
//! representative, an administrator. Their place is here: whose contact points are looked at is
//! asked before which of them a channel uses. Nothing of that is decided yet.

use crate::channel::{Channel, Need};
use crate::contact::Evidence;
use crate::profile::{Address, AddressState};
use crate::state::Tenant;

impl Channel {
    /// Whether a contact point that was given for `other` serves this channel: it is of the same
    /// kind, and a number takes messages where that is needed.
    #[must_use]
    pub fn shares_points_of(self, other: Channel) -> bool {
        let same_kind =
            self.contact_kind().is_some() && self.contact_kind() == other.contact_kind();
        same_kind && (self.need() == other.need() || self.need() == Need::Phone)
    }
}

impl Tenant {
    /// The best contact point that `channel` uses: one that was given for it before another of its
    /// kind, what is proven before what was supplied, and nothing that is known to be dead there.
    #[must_use]
    pub fn point(&self, channel: Channel) -> Option<&Address> {
        let profile = self.profile.as_deref()?;
        let own = profile.usable(channel);
        own.or_else(|| {
            let mut others = profile.addresses.iter();
            others.find(|address| self.serves(address, channel))
        })
    }

    /// Whether a contact point of the profile can be used on `channel`.
    #[must_use]
    pub fn is_usable(&self, address: &Address, channel: Channel) -> bool {
        if address.channel == channel {
            address.state != AddressState::Invalid
        } else {
            self.serves(address, channel)
        }
    }

    /// Whether a contact point that was given for another channel can be used on this one.
    fn serves(&self, address: &Address, channel: Channel) -> bool {
        let dead = AddressState::Invalid;
        if address.channel == channel || !channel.shares_points_of(address.channel) {
            return false;
        }
        if let Some(known) = self.contact(channel, &address.value) {
            return known.state != dead;
        }
        // Dead where it was given: by the source's word everywhere, by a message there alone.
        address.state != dead
            || self
                .contact(address.channel, &address.value)
                .is_some_and(|known| known.by != Evidence::Source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;
    use crate::time::Timestamp;

    const NUMBER: &str = "+31612345678";

    fn given(channel: Channel, state: AddressState) -> Tenant {
        let mut tenant = Tenant::default();
        let address = Address {
            channel,
            value: NUMBER.into(),
            state,
        };
        let profile = Profile {
            addresses: vec![address],
            ..Profile::default()
        };
        tenant.store_profile(&profile, &[], Timestamp(0));
        tenant
    }

    fn reached(tenant: &Tenant) -> Vec<Channel> {
        let reached = |channel: &Channel| tenant.point(*channel).is_some();
        Channel::ALL.into_iter().filter(reached).collect()
    }

    #[test]
    fn a_number_serves_every_channel_of_its_kind_that_it_can_serve() {
        use Channel::{Email, Portal, Sms, Voice, Whatsapp};
        for (channel, serves) in [
            (Sms, vec![Sms, Whatsapp, Voice]),
            (Whatsapp, vec![Sms, Whatsapp, Voice]),
            (Voice, vec![Voice]),
            (Email, vec![Email]),
            (Portal, vec![Portal]),
        ] {
            let tenant = given(channel, AddressState::Created);
            assert_eq!(reached(&tenant), serves, "given for {channel}");
        }
    }

    #[test]
    fn a_number_that_is_not_on_whatsapp_still_takes_sms() {
        let mut tenant = given(Channel::Sms, AddressState::Created);
        let (at, bounce) = (Timestamp(1), Evidence::Bounce);
        tenant.mark(Channel::Whatsapp, NUMBER, AddressState::Invalid, at, bounce);
        assert_eq!(reached(&tenant), [Channel::Sms, Channel::Voice]);
        // And the other way round: what an SMS showed says nothing of WhatsApp.
        let mut tenant = given(Channel::Sms, AddressState::Created);
        tenant.mark(Channel::Sms, NUMBER, AddressState::Invalid, at, bounce);
        assert_eq!(reached(&tenant), [Channel::Whatsapp, Channel::Voice]);
    }

    #[test]
    fn what_the_source_calls_dead_is_dead_on_every_channel() {
        let tenant = given(Channel::Sms, AddressState::Invalid);
        assert_eq!(reached(&tenant), []);
    }

    #[test]
    fn the_same_number_given_twice_does_not_come_back_by_the_other() {
        let mut tenant = given(Channel::Sms, AddressState::Created);
        let mut profile = tenant.profile.as_deref().cloned().unwrap_or_default();
        profile.addresses.push(Address {
            channel: Channel::Whatsapp,
            ..profile.addresses[0].clone()
        });
        tenant.store_profile(&profile, &[], Timestamp(1));
        let (at, bounce) = (Timestamp(2), Evidence::Bounce);
        tenant.mark(Channel::Sms, NUMBER, AddressState::Invalid, at, bounce);
        assert_eq!(tenant.point(Channel::Sms), None);
        assert!(tenant.point(Channel::Whatsapp).is_some());
    }

    #[test]
    fn what_was_given_for_the_channel_goes_first() {
        let mut tenant = given(Channel::Whatsapp, AddressState::Validated);
        let mut profile = tenant.profile.as_deref().cloned().unwrap_or_default();
        profile.addresses.push(Address {
            channel: Channel::Sms,
            value: "+31687654321".into(),
            state: AddressState::Created,
        });
        tenant.store_profile(&profile, &[], Timestamp(1));
        let point = tenant.point(Channel::Sms).map(|address| &*address.value);
        assert_eq!(point, Some("+31687654321"));
    }
}
