//! Owns what a profile does to a tenant. Refuses to forget what outlives a list: contact points that
//! were seen dead stay so until somebody knows better.

use super::Turn;
use crate::answer::{Answer, ProfileChange};
use crate::contact::Confirmed;
use crate::event::Event;
use crate::profile::{AddressState, Profile};

impl Turn<'_> {
    pub(super) fn put_profile(&mut self, profile: &Profile, confirmed: &[Confirmed]) -> Answer {
        let settled = self.tenant.settled(profile, confirmed, self.now());
        let change = match &self.tenant.profile {
            None => ProfileChange::New,
            Some(old) if settled == **old => ProfileChange::Same,
            Some(_) => ProfileChange::Changed,
        };
        if change != ProfileChange::Same {
            let news = self.contact_news(profile, &settled);
            self.emit(Event::ProfileStored {
                new: change == ProfileChange::New,
            });
            news.into_iter().for_each(|event| self.emit(event));
        }
        Answer::Profile(change)
    }

    /// What the list says of contact points that were dead: kept so, or confirmed since.
    fn contact_news(&self, supplied: &Profile, settled: &Profile) -> Vec<Event> {
        let mut news = Vec::new();
        for (said, kept) in supplied.addresses.iter().zip(&settled.addresses) {
            let Some(dead) = self
                .tenant
                .contact(said.channel, &said.value)
                .filter(|c| c.state == AddressState::Invalid)
            else {
                continue;
            };
            let (channel, value) = (said.channel, said.value.clone());
            if kept.state != AddressState::Invalid {
                news.push(Event::AddressMarked {
                    channel,
                    value,
                    state: kept.state,
                });
            } else if said.state != AddressState::Invalid {
                news.push(Event::AddressKept {
                    channel,
                    value,
                    since: dead.since,
                    by: dead.by,
                });
            }
        }
        news
    }
}
