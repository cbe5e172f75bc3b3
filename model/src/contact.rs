//! Owns what is known of a tenant's contact points whatever the lists of the source say: which one
//! bounced, or was proven, since when and by what. A list that leaves an address out and brings it
//! back, or spells it in other letters, does not make that forgotten. Refuses to believe an undated
//! list against a bounce, and to let an instant from outside outrank what came later by our clock.
//!
//! A contact point that bounced is used again when its source confirms it with a date newer than
//! the bounce, or when it is seen in use: a reply, a pressed button, a delivery after the bounce.

mod record;

use crate::channel::Channel;
use crate::instant;
use crate::profile::{Address, AddressState, Profile};
use crate::state::Tenant;
use crate::time::Timestamp;

pub(crate) use record::same;
pub use record::{Confirmed, Contact, Evidence, Supplied};

/// Contact points remembered per tenant, beyond what the profile holds of them. Above
/// [`Profile::MAX_ADDRESSES`], so whatever the source supplies today always fits. What is over it
/// is forgotten in this order: first what is proven and not in the profile (forgetting it costs a
/// preference), then what is dead and not in the profile, the oldest first (forgetting it costs one
/// more bounce, and after so many other addresses the least likely one).
pub(crate) const REMEMBERED_CONTACTS: usize = 64;

impl Tenant {
    /// What is remembered of a contact point, in whatever letter case it is written.
    #[must_use]
    pub fn contact(&self, channel: Channel, value: &str) -> Option<&Contact> {
        self.contacts()
            .iter()
            .find(|contact| contact.is(channel, value))
    }

    /// Everything that is remembered of contact points, in the order in which it was learned.
    #[must_use]
    pub fn contacts(&self) -> &[Contact] {
        self.told.as_deref().map_or(&[], |told| &told.contacts)
    }

    /// The profile as it is stored: each address in the state that is known of it. `now` is the
    /// engine's clock: no confirmation counts as later than that.
    pub(crate) fn settled(
        &self,
        supplied: &Profile,
        confirmed: &[Confirmed],
        now: Timestamp,
    ) -> Profile {
        let mut profile = supplied.clone();
        for address in &mut profile.addresses {
            address.state = self.state_of(address, confirmed, now);
        }
        profile
    }

    fn state_of(
        &self,
        supplied: &Address,
        confirmed: &[Confirmed],
        now: Timestamp,
    ) -> AddressState {
        let (channel, value) = (supplied.channel, &*supplied.value);
        let checked = confirmed
            .iter()
            .filter(|c| c.channel == channel && same(channel, &c.value, value))
            .map(|c| instant::placed(c.at, now));
        let (known, checked) = (self.contact(channel, value), checked.max());
        if supplied.state == AddressState::Invalid {
            return AddressState::Invalid;
        }
        let word = if checked.is_some() {
            AddressState::Validated
        } else {
            supplied.state
        };
        match known {
            Some(dead) if dead.state == AddressState::Invalid => {
                // What the source itself called dead, its own word revives; a bounce needs a newer
                // look.
                let taken_back = dead.by == Evidence::Source
                    && word == AddressState::Validated
                    && checked.is_none();
                if taken_back || checked.is_some_and(|at| at > dead.since) {
                    word
                } else {
                    AddressState::Invalid
                }
            }
            Some(known) if word == AddressState::Created => known.state,
            None if word == AddressState::Created => self.stored(channel, value).unwrap_or(word),
            Some(_) | None => word,
        }
    }

    /// The state that the stored profile has of a contact point.
    fn stored(&self, channel: Channel, value: &str) -> Option<AddressState> {
        let addresses = self
            .profile
            .as_deref()
            .map_or(&[][..], |profile| &profile.addresses);
        addresses
            .iter()
            .find(|a| a.channel == channel && same(channel, &a.value, value))
            .map(|a| a.state)
    }

    /// Stores a profile: what is known of its addresses goes before what it says of them, and what
    /// it leaves out is remembered.
    pub(crate) fn store_profile(
        &mut self,
        supplied: &Profile,
        confirmed: &[Confirmed],
        at: Timestamp,
    ) {
        let profile = self.settled(supplied, confirmed, at);
        let old = self.profile.take();
        for address in &profile.addresses {
            let dead = address.state == AddressState::Invalid;
            // A state that the profile holds is remembered beside it only when a list must not undo
            // it.
            if dead || self.contact(address.channel, &address.value).is_some() {
                self.remember(
                    address.channel,
                    &address.value,
                    address.state,
                    at,
                    Evidence::Source,
                );
            }
        }
        let proven = old
            .iter()
            .flat_map(|old| &old.addresses)
            .filter(|address| address.state == AddressState::Validated);
        for gone in proven {
            let kept =
                |a: &Address| a.channel == gone.channel && same(a.channel, &a.value, &gone.value);
            if !profile.addresses.iter().any(kept) {
                self.remember(gone.channel, &gone.value, gone.state, at, Evidence::Source);
            }
        }
        self.profile = Some(Box::new(profile));
        self.forget();
    }

    /// Marks a contact point, in the profile and beyond it.
    pub(crate) fn mark(
        &mut self,
        channel: Channel,
        value: &str,
        state: AddressState,
        at: Timestamp,
        by: Evidence,
    ) {
        for address in self
            .profile
            .iter_mut()
            .flat_map(|profile| &mut profile.addresses)
        {
            if address.channel == channel && same(channel, &address.value, value) {
                address.state = state;
            }
        }
        self.remember(channel, value, state, at, by);
        self.forget();
    }

    /// What is known in the same state already keeps its date and its reason.
    fn remember(
        &mut self,
        channel: Channel,
        value: &str,
        state: AddressState,
        since: Timestamp,
        by: Evidence,
    ) {
        let contacts = &mut self.told_mut().contacts;
        match contacts
            .iter()
            .position(|contact| contact.is(channel, value))
        {
            Some(at) if contacts[at].state == state => return,
            Some(at) => drop(contacts.remove(at)),
            None => {}
        }
        contacts.push(Contact {
            channel,
            value: value.into(),
            state,
            since,
            by,
        });
    }

    fn forget(&mut self) {
        let Tenant {
            told: Some(told),
            profile,
            ..
        } = self
        else {
            return;
        };
        while told.contacts.len() > REMEMBERED_CONTACTS {
            let supplied = profile
                .as_deref()
                .map_or(&[][..], |profile| &profile.addresses);
            let needed = |contact: &Contact| {
                supplied
                    .iter()
                    .any(|address| contact.is(address.channel, &address.value))
            };
            let spare = told
                .contacts
                .iter()
                .enumerate()
                .filter(|(_, contact)| !needed(contact));
            let first = spare
                .min_by_key(|(_, contact)| (contact.state == AddressState::Invalid, contact.since));
            let Some((index, _)) = first else { return };
            told.contacts.remove(index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = crate::time::DAY;

    fn address(value: &str, state: AddressState) -> Address {
        Address {
            channel: Channel::Email,
            value: value.into(),
            state,
        }
    }

    fn profile(addresses: Vec<Address>) -> Profile {
        Profile {
            addresses,
            ..Profile::default()
        }
    }

    fn state(tenant: &Tenant, value: &str) -> AddressState {
        let profile = tenant.profile.as_deref().expect("a profile");
        profile
            .addresses
            .iter()
            .find(|a| &*a.value == value)
            .expect("the address")
            .state
    }

    fn bounced(value: &str, day: i64) -> Tenant {
        let mut tenant = Tenant::default();
        tenant.store_profile(
            &profile(vec![address(value, AddressState::Created)]),
            &[],
            Timestamp(0),
        );
        tenant.mark(
            Channel::Email,
            value,
            AddressState::Invalid,
            Timestamp(day * DAY),
            Evidence::Bounce,
        );
        tenant
    }

    fn confirmed(value: &str, day: i64) -> [Confirmed; 1] {
        [Confirmed {
            channel: Channel::Email,
            value: value.into(),
            at: Timestamp(day * DAY),
        }]
    }

    #[test]
    fn a_dead_address_stays_dead_in_other_letters_and_after_a_night_without_it() {
        let mut tenant = bounced("J.Kok@example.nl", 1);
        tenant.store_profile(&profile(vec![]), &[], Timestamp(2 * DAY));
        tenant.store_profile(
            &profile(vec![address("j.kok@example.nl", AddressState::Created)]),
            &[],
            Timestamp(3 * DAY),
        );
        assert_eq!(state(&tenant, "j.kok@example.nl"), AddressState::Invalid);
        let known = tenant
            .contact(Channel::Email, "J.KOK@EXAMPLE.NL")
            .expect("remembered");
        assert_eq!(
            (known.since, known.by),
            (Timestamp(DAY), Evidence::Bounce),
            "since the bounce, not since the list"
        );
    }

    #[test]
    fn another_tenants_word_for_it_or_another_channel_is_another_contact_point() {
        assert!(same(Channel::Email, "a@B.nl", "A@b.nl") && !same(Channel::Portal, "a", "A"));
        let tenant = bounced("a@example.nl", 1);
        assert_eq!(tenant.contact(Channel::Sms, "a@example.nl"), None);
    }

    #[test]
    fn only_a_confirmation_newer_than_the_bounce_revives() {
        let list = profile(vec![address("a@example.nl", AddressState::Created)]);
        let undated = profile(vec![address("a@example.nl", AddressState::Validated)]);
        for (list, confirmed, expected) in [
            (&list, None, AddressState::Invalid),
            (&undated, None, AddressState::Invalid),
            (&list, Some(4), AddressState::Invalid),
            (&list, Some(5), AddressState::Invalid),
            (&list, Some(6), AddressState::Validated),
        ] {
            let mut tenant = bounced("a@example.nl", 5);
            let said: Vec<Confirmed> = confirmed
                .into_iter()
                .flat_map(confirmed_in_capitals)
                .collect();
            tenant.store_profile(list, &said, Timestamp(9 * DAY));
            assert_eq!(
                state(&tenant, "a@example.nl"),
                expected,
                "confirmed on day {confirmed:?}"
            );
        }
    }

    fn confirmed_in_capitals(day: i64) -> [Confirmed; 1] {
        confirmed("A@EXAMPLE.NL", day)
    }

    #[test]
    fn a_confirmation_ahead_of_our_clock_counts_as_now() {
        let list = profile(vec![address("a@example.nl", AddressState::Created)]);
        let mut tenant = bounced("a@example.nl", 5);
        tenant.store_profile(&list, &confirmed("a@example.nl", 6), Timestamp(5 * DAY));
        assert_eq!(
            state(&tenant, "a@example.nl"),
            AddressState::Invalid,
            "no later than the bounce by our clock"
        );
    }

    #[test]
    fn a_bounce_after_the_confirmation_is_the_newer_word() {
        let list = profile(vec![address("a@example.nl", AddressState::Created)]);
        let mut tenant = bounced("a@example.nl", 1);
        tenant.store_profile(&list, &confirmed("a@example.nl", 2), Timestamp(3 * DAY));
        assert_eq!(state(&tenant, "a@example.nl"), AddressState::Validated);
        tenant.mark(
            Channel::Email,
            "a@example.nl",
            AddressState::Invalid,
            Timestamp(4 * DAY),
            Evidence::Bounce,
        );
        tenant.store_profile(&list, &confirmed("a@example.nl", 2), Timestamp(5 * DAY));
        assert_eq!(
            state(&tenant, "a@example.nl"),
            AddressState::Invalid,
            "the same list again is no newer look"
        );
    }

    #[test]
    fn what_the_source_called_dead_its_own_word_revives() {
        let mut tenant = Tenant::default();
        let word = |state| profile(vec![address("a@example.nl", state)]);
        tenant.store_profile(&word(AddressState::Invalid), &[], Timestamp(1));
        tenant.store_profile(&word(AddressState::Created), &[], Timestamp(2));
        assert_eq!(
            state(&tenant, "a@example.nl"),
            AddressState::Invalid,
            "saying nothing of it is no word"
        );
        tenant.store_profile(&word(AddressState::Validated), &[], Timestamp(3));
        assert_eq!(state(&tenant, "a@example.nl"), AddressState::Validated);
    }

    #[test]
    fn a_proven_address_stays_proven_over_a_night_without_it() {
        let mut tenant = Tenant::default();
        tenant.store_profile(
            &profile(vec![address("a@example.nl", AddressState::Validated)]),
            &[],
            Timestamp(1),
        );
        assert!(
            tenant.told.is_none(),
            "nothing to remember while the profile has it"
        );
        tenant.store_profile(&profile(vec![]), &[], Timestamp(2));
        tenant.store_profile(
            &profile(vec![address("A@example.nl", AddressState::Created)]),
            &[],
            Timestamp(3),
        );
        assert_eq!(state(&tenant, "A@example.nl"), AddressState::Validated);
    }

    #[test]
    fn memory_is_bounded_and_what_the_profile_holds_is_kept() {
        let mut tenant = bounced("first@example.nl", 0);
        let spare = Profile::MAX_ADDRESSES;
        assert!(spare < REMEMBERED_CONTACTS);
        for number in 0..3 * REMEMBERED_CONTACTS as i64 {
            let value = format!("{number}@example.nl");
            tenant.mark(
                Channel::Email,
                &value,
                AddressState::Invalid,
                Timestamp(number + 1),
                Evidence::Bounce,
            );
        }
        assert_eq!(tenant.contacts().len(), REMEMBERED_CONTACTS);
        assert!(
            tenant.contact(Channel::Email, "first@example.nl").is_some(),
            "in the profile: not forgotten"
        );
        assert!(
            tenant.contact(Channel::Email, "0@example.nl").is_none(),
            "the oldest went first"
        );
        assert!(tenant.contact(Channel::Email, "191@example.nl").is_some());
    }
}
