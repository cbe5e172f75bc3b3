//! Owns what the word of a source does to a contact point. What was said before and is said again
//! changes nothing, neither a state nor its date. Refuses to believe an undated list against a
//! bounce, and to let an instant from outside outrank what came later by our clock.
//!
//! A contact point that bounced is used again when its source confirms it with a date newer than
//! the bounce, or when it is seen in use: a reply, a pressed button, a delivery after the bounce. One
//! that its source called dead is used again when the source takes that back.

use crate::instant;
use crate::point::{Evidence, Known, Point, PointState};
use crate::supplied::Given;
use crate::time::Timestamp;

impl Point {
    /// A contact point that nobody spoke of before. `now` is the engine's clock: no confirmation
    /// counts as later than that.
    pub(super) fn first(given: &Given, now: Timestamp) -> Self {
        let checked = given.confirmed.map(|at| instant::placed(at, now));
        Self {
            kind: given.kind,
            value: given.value.clone(),
            state: given.word(),
            source: given.source,
            since: checked.unwrap_or(now),
            is_mobile: given.is_mobile,
            given_for: given.given_for,
            is_listed: true,
            known: None,
        }
    }

    /// The contact point after a source spoke of it again.
    pub(super) fn told(&self, given: &Given, now: Timestamp) -> Self {
        let checked = given.confirmed.map(|at| instant::placed(at, now));
        let mut point = Self {
            value: given.value.clone(),
            is_mobile: given.is_mobile,
            given_for: given.given_for,
            is_listed: true,
            ..self.clone()
        };
        if self.yields_to(given.word(), checked) {
            point.state = given.word();
            point.source = given.source;
            point.since = checked.unwrap_or(now);
        }
        if let Some(at) = checked.filter(|_| given.state != PointState::Invalid) {
            point.revive(at);
        }
        point
    }

    /// Whether the word of its source, checked at `checked`, changes its state.
    fn yields_to(&self, word: PointState, checked: Option<Timestamp>) -> bool {
        use PointState::{Created, Invalid, Validated};
        match (self.state, word) {
            // "Created" says nothing of it.
            (_, Created) | (Validated, Validated) | (Invalid, Invalid) => false,
            (Created, Validated) | (Created | Validated, Invalid) => true,
            (Invalid, Validated) => checked.is_none_or(|at| at > self.since),
        }
    }

    /// Its source saw at `at` that it works: channels on which it was dead before have it back.
    fn revive(&mut self, at: Timestamp) {
        let known = self.known.iter_mut().flat_map(|known| &mut known.0);
        let dead = known.filter(|known| known.state == PointState::Invalid);
        for known in dead.filter(|known| at > known.since) {
            *known = Known {
                channel: known.channel,
                state: PointState::Validated,
                since: at,
                by: Evidence::Source,
            };
        }
    }
}
