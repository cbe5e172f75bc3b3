//! Owns what a profile and a fact do to a tenant and to everything open. Refuses to accept what
//! admission should have refused: a fact without its amount changes nothing.

use super::{MOST_AT_ONCE, Turn};
use crate::answer::{Answer, ProfileChange};
use crate::contact::Confirmed;
use crate::event::Event;
use crate::evolve::fact_hash;
use crate::fact::{Fact, FactKind};
use crate::flow::{Dated, Value};
use crate::ids::NotificationId;
use crate::matching::unmatched;
use crate::notification::Subject;
use crate::profile::{AddressState, Profile};
use crate::state::{Open, Phase};

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

    pub(super) fn fact(&mut self, fact: &Fact) -> Answer {
        let hash = fact_hash(&fact.fact_id);
        match self
            .tenant
            .told
            .as_deref()
            .and_then(|told| told.facts.iter().find(|(id, _)| *id == hash))
        {
            Some((_, body)) if *body == fact.body => {
                return Answer::Fact {
                    duplicate: true,
                    ended: Vec::new(),
                    unmatched: None,
                };
            }
            Some(_) => return Answer::FactConflict,
            None => {}
        }
        let unmatched = unmatched(self.tenant, fact).map(Box::new);
        self.emit(Event::FactTaken);
        if let (FactKind::Payment | FactKind::OpenAmount, Some(subject)) =
            (fact.kind, &fact.subject)
        {
            let accepted = self
                .tenant
                .open
                .iter()
                .find_map(|open| self.accepted_amount(open, subject));
            let open_cents = self
                .tenant
                .open_amount(subject, accepted)
                .map(|(cents, _)| cents);
            self.emit(Event::SubjectOpen {
                subject: subject.clone(),
                open_cents,
            });
        }
        let ids: Vec<NotificationId> = self
            .tenant
            .open
            .iter()
            .filter(|open| concerns(fact, open))
            .map(|open| open.id)
            .collect();
        let (mut ended, mut moved) = (Vec::new(), 0);
        for id in ids {
            let before = self.events.len();
            if self.reconsider(id) {
                ended.push(id);
            }
            moved += usize::from(self.events.len() > before);
            if moved >= MOST_AT_ONCE {
                break;
            }
        }
        Answer::Fact {
            duplicate: false,
            ended,
            unmatched,
        }
    }

    /// The amount that an open notification about this subject was accepted with, by its flow's
    /// money field.
    fn accepted_amount(&self, open: &Open, subject: &Subject) -> Option<Dated> {
        if open.subject.as_deref() != Some(subject) {
            return None;
        }
        match open.fields.get(self.flow(open.flow)?.amount?)? {
            Value::Integer(cents) => Some((*cents, open.accepted_at)),
            Value::Missing | Value::Text(_) | Value::Boolean(_) => None,
        }
    }

    /// After a fact: stop rules for everything open, guards for what is held. `true` when it ended.
    fn reconsider(&mut self, id: NotificationId) -> bool {
        if self.stopped(id) {
            return true;
        }
        let held_by = match self.open(id).map(|open| &open.phase) {
            Some(Phase::Held { guard, .. }) => Some(*guard),
            _ => None,
        };
        // What is still unknown stays held until the same instant as before.
        if let Some(guard) = held_by
            && !self.still_held(id, guard)
        {
            self.seek_permit(id);
        }
        self.open(id).is_none()
    }
}

/// Whether anything that the rules of an open notification may look at can have changed by the
/// fact. What is held is asked again by every fact: its guards look at the time, too.
fn concerns(fact: &Fact, open: &Open) -> bool {
    match (fact.kind, &fact.subject) {
        (FactKind::Payment | FactKind::OpenAmount, Some(subject)) => {
            open.subject.as_deref() == Some(subject) || matches!(open.phase, Phase::Held { .. })
        }
        _ => true,
    }
}
