//! Owns what a profile does to a tenant. Refuses to forget what outlives a list: contact points that
//! were seen dead stay so until somebody knows better.

use super::Turn;
use crate::answer::{Answer, ProfileChange};
use crate::event::Event;
use crate::point::{Evidence, Known, Point, PointState, Where};
use crate::profile::Profile;
use crate::supplied::{Given, Supplied};

impl Turn<'_> {
    pub(super) fn put_profile(&mut self, supplied: &Supplied) -> Answer {
        let old = self.tenant.profile.as_deref();
        let after = Profile::after(old, supplied, self.now());
        let change = match old {
            None => ProfileChange::New,
            Some(old) if after == *old => ProfileChange::Same,
            Some(_) => ProfileChange::Changed,
        };
        if change != ProfileChange::Same {
            let news = self.news(supplied, &after);
            self.emit(Event::ProfileStored {
                new: change == ProfileChange::New,
            });
            news.into_iter().for_each(|event| self.emit(event));
            let flows = self.situation.flows;
            self.reconsider_all(|open| flows.flow(open.flow).is_some_and(|flow| flow.reads_person));
        }
        Answer::Profile(change)
    }

    /// What the source says of contact points that were dead: kept so, or taken back since.
    fn news(&self, supplied: &Supplied, after: &Profile) -> Vec<Event> {
        let old = self.tenant.profile.as_deref();
        let mut news = Vec::new();
        for (given, now) in supplied.points.iter().zip(&after.points) {
            let before = old.and_then(|old| old.find(given.kind, &given.value));
            if let Some(before) = before {
                news.extend(of_itself(given, before, now));
                let dead = before.per_channel().iter();
                let dead = dead.filter(|known| known.state == PointState::Invalid);
                news.extend(dead.filter_map(|dead| on_channel(given, dead, now)));
            }
        }
        news
    }
}

/// What becomes of a contact point that its source had called dead.
fn of_itself(given: &Given, before: &Point, now: &Point) -> Option<Event> {
    if before.state != PointState::Invalid {
        return None;
    }
    let (on, value) = (Where::Everywhere(given.kind), given.value.clone());
    if now.state != PointState::Invalid {
        let state = now.state;
        return Some(Event::PointMarked { on, value, state });
    }
    (given.state != PointState::Invalid).then_some(Event::PointKept {
        on,
        value,
        since: before.since,
        by: Evidence::Source,
    })
}

/// What becomes of a contact point that was dead on one channel.
fn on_channel(given: &Given, dead: &Known, now: &Point) -> Option<Event> {
    let (on, value) = (Where::On(dead.channel), given.value.clone());
    if !now.is_dead_on(dead.channel) {
        let state = PointState::Validated;
        return Some(Event::PointMarked { on, value, state });
    }
    (given.state != PointState::Invalid).then_some(Event::PointKept {
        on,
        value,
        since: dead.since,
        by: dead.by,
    })
}
