//! Owns which contact points a tenant's profile holds: those of the newest list, and those that are
//! remembered for what is known of them. A list that leaves an address out and brings it back, or
//! spells it in other letters, does not make that forgotten.

use crate::channel::{Channel, ContactKind, Need};
use crate::point::{Evidence, Known, Point, PointSource, PointState};
use crate::profile::Profile;
use crate::state::Tenant;
use crate::supplied::Supplied;
use crate::time::Timestamp;

/// Most contact points of a tenant, those that no list has any more included. Above
/// [`Profile::MAX_POINTS`], so whatever the source supplies today always fits. What is over it is
/// forgotten in this order: first what is proven and in no list (forgetting it costs a preference),
/// then what is dead and in no list, the oldest first (forgetting it costs one more bounce, and
/// after so many other addresses the least likely one).
pub(super) const REMEMBERED_POINTS: usize = 64;

impl Profile {
    /// The profile after a source supplied the tenant anew. `now` is the engine's clock.
    pub(crate) fn after(old: Option<&Self>, supplied: &Supplied, now: Timestamp) -> Self {
        let before = old.map_or(&[][..], |old| &old.points);
        let listed = supplied.points.iter().map(|given| {
            let known = before.iter().find(|p| p.is(given.kind, &given.value));
            known.map_or_else(|| Point::first(given, now), |known| known.told(given, now))
        });
        let mut points: Vec<Point> = listed.collect();
        let is_listed = |point: &Point| supplied.has(point.kind, &point.value);
        let left_out = before.iter().filter(|point| !is_listed(point));
        let remembered = left_out.filter(|point| point.is_worth_remembering());
        points.extend(remembered.map(|point| Point {
            is_listed: false,
            ..point.clone()
        }));
        forget(&mut points);
        let said = old.map_or(&[][..], |old| &old.preferences);
        let preferences = supplied.preferences.iter();
        let preferences = preferences.map(|preference| preference.after(said, now));
        Self {
            name: supplied.name.clone(),
            language: supplied.language.clone(),
            points: points.into(),
            preferences: preferences.collect(),
        }
    }

    /// Learns what a message showed of a contact point on one channel.
    fn learn(&mut self, kind: ContactKind, value: &str, known: Known) {
        if let Some(point) = self.points.iter_mut().find(|p| p.is(kind, value)) {
            return point.learn(known);
        }
        let mut points = std::mem::take(&mut self.points).into_vec();
        let mut point = Point {
            kind,
            value: value.into(),
            state: PointState::Created,
            source: PointSource::Receipt,
            since: known.since,
            is_mobile: known.channel.need() == Need::Mobile,
            given_for: None,
            is_listed: false,
            known: None,
        };
        point.learn(known);
        points.push(point);
        forget(&mut points);
        self.points = points.into();
    }
}

impl Point {
    fn learn(&mut self, known: Known) {
        #[cfg(feature = "simulation")]
        if LEAK.get() {
            let all = Channel::ALL.into_iter().filter(|c| self.serves(*c));
            let leaked: Vec<Channel> = all.collect();
            return leaked
                .into_iter()
                .for_each(|channel| self.put(Known { channel, ..known }));
        }
        self.put(known);
    }

    /// What is known in the same state already keeps its date and its reason.
    fn put(&mut self, known: Known) {
        let all = &mut self.known.get_or_insert_default().0;
        match all.iter_mut().find(|other| other.channel == known.channel) {
            Some(other) if other.state == known.state => {}
            Some(other) => *other = known,
            None => all.push(known),
        }
    }

    /// Whether something is known of it that a list must not undo by leaving it out.
    fn is_worth_remembering(&self) -> bool {
        self.state != PointState::Created || self.known.is_some()
    }

    /// Whether it is dead, be it on one channel; and since when the newest is known of it.
    fn worth(&self) -> (bool, Timestamp) {
        let known = self.per_channel();
        let invalid = |known: &Known| known.state == PointState::Invalid;
        let dead = self.state == PointState::Invalid || known.iter().any(invalid);
        let newest = known.iter().map(|known| known.since).max();
        (dead, newest.unwrap_or(self.since))
    }
}

impl Tenant {
    /// Stores what a source supplied: what is known of its contact points goes before what it says
    /// of them, and what it leaves out is remembered.
    pub(crate) fn store_profile(&mut self, supplied: &Supplied, at: Timestamp) {
        let profile = Profile::after(self.profile.as_deref(), supplied, at);
        self.profile = Some(Box::new(profile));
    }

    /// A message showed the state of a contact point on one channel. Only a tenant with a profile has
    /// contact points.
    pub(crate) fn mark(
        &mut self,
        (channel, value): (Channel, &str),
        state: PointState,
        since: Timestamp,
        by: Evidence,
    ) {
        let known = Known {
            channel,
            state,
            since,
            by,
        };
        if let (Some(profile), Some(kind)) = (&mut self.profile, channel.contact_kind()) {
            profile.learn(kind, value, known);
        }
    }
}

fn forget(points: &mut Vec<Point>) {
    while points.len() > REMEMBERED_POINTS {
        let numbered = points.iter().enumerate();
        let spare = numbered.filter(|(_, point)| !point.is_listed);
        let Some((first, _)) = spare.min_by_key(|(_, point)| point.worth()) else {
            return;
        };
        points.remove(first);
    }
}

#[cfg(feature = "simulation")]
thread_local! {
    static LEAK: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Plants a mistake in this thread: what a message showed on one channel is believed on every
/// channel of its kind. For the simulation, whose check must notice.
#[cfg(feature = "simulation")]
pub fn leak(leaks: bool) {
    LEAK.set(leaks);
}
