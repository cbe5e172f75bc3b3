//! Owns what is done otherwise for the tenants of a segment: people first, their team, their
//! variant of a template. A tenant of whom no fact says a segment is treated as everybody. Refuses to
//! let people go before what is urgent, or has a legal reason.

use super::Turn;
use super::cap::is_exempt;
use crate::event::{Cause, Event};
use crate::flow::Value;
use crate::ids::NotificationId;
use crate::steering::{Segment, SegmentSeen, Steering, Who};

const SEGMENT: &str = "segment";
const COMPLEX: &str = "complex";

impl<'a> Turn<'a> {
    /// How the corporation steers.
    pub(super) fn steering(&self) -> Option<&'a Steering> {
        let policy = self.situation.policy;
        policy.steering.get(&self.situation.corporation)
    }

    /// What is known of the tenant, as far as the corporation asks for it.
    pub(super) fn who(&self, steering: &Steering) -> Who {
        if !steering.asks_who() {
            return Who::default();
        }
        let people_first = match self.told_of((SEGMENT, "people_first")) {
            Some(Value::Boolean(flag)) => Some(flag),
            Some(Value::Missing | Value::Integer(_) | Value::Text(_)) | None => None,
        };
        Who {
            segment: self.word((SEGMENT, "name")),
            team: self.word((SEGMENT, "team")),
            people_first,
            complex: self.word((COMPLEX, "name")),
            place: Who::place(self.situation.corporation, self.situation.tenant),
        }
    }

    fn told_of(&self, field: (&str, &str)) -> Option<Value> {
        let said = self.tenant.said(field, None, self.now());
        said.map(|(value, _)| value)
    }

    fn word(&self, field: (&str, &str)) -> Option<Box<str>> {
        match self.told_of(field)? {
            Value::Text(word) if !word.is_empty() => Some(word),
            Value::Text(_) | Value::Missing | Value::Integer(_) | Value::Boolean(_) => None,
        }
    }

    /// What the file of steering says of the tenant's segment, and what is known of him.
    fn segment(&self) -> Option<(&'a Segment, Who)> {
        let steering = self.steering()?;
        if steering.segments.is_empty() {
            return None;
        }
        let who = self.who(steering);
        let segment = steering.segments.of(who.segment.as_deref()?)?;
        Some((segment, who))
    }

    /// What is told of the tenant's segment. None: nothing is done otherwise for any.
    pub(super) fn segment_seen(&self, who: &Who) -> Option<SegmentSeen> {
        let segments = &self.steering()?.segments;
        let name = who.segment.clone();
        let is_named = name
            .as_deref()
            .is_some_and(|name| segments.of(name).is_some());
        (!segments.is_empty()).then_some(SegmentSeen { name, is_named })
    }

    /// The team that tasks about this tenant are for.
    pub(super) fn team(&self) -> Option<Box<str>> {
        let (segment, who) = self.segment()?;
        who.team.or_else(|| segment.team.clone())
    }

    /// Asks people before the first message of a notification, where the tenant's segment wants that.
    /// `true`: they are asked now.
    pub(super) fn people_first(&mut self, id: NotificationId) -> bool {
        let Some((segment, who)) = self.segment() else {
            return false;
        };
        let Some((open, flow, step)) = self.at_step(id) else {
            return false;
        };
        let is_first = open.attempts() == 0 && open.tasks == 0;
        let wanted = segment.people_first || who.people_first == Some(true);
        let may_wait = step
            .kind
            .message()
            .is_some_and(|message| !is_exempt(open, message));
        if !(is_first && wanted && may_wait) {
            return false;
        }
        let segment = who.segment.unwrap_or_default();
        self.open_task(id, &flow.fallback_list, Cause::PeopleFirst { segment });
        true
    }

    /// Says which variant of the step's template the attempt that has just started has.
    pub(super) fn vary(&mut self, id: NotificationId) {
        let Some((segment, _)) = self.segment() else {
            return;
        };
        let Some((open, _, step)) = self.at_step(id) else {
            return;
        };
        let channel = open.sent().last().map(|sent| sent.channel);
        let message = step.kind.message();
        let number = message
            .zip(segment.variant.as_deref())
            .zip(channel)
            .and_then(|((message, variant), channel)| message.variant(variant, channel));
        if let (Some(number), Some(variant)) = (number, segment.variant.clone()) {
            self.emit(Event::Varied {
                id,
                number,
                variant,
            });
        }
    }

    /// Says it again of an attempt that is sent again: it is the same message.
    pub(super) fn vary_again(&mut self, id: NotificationId) {
        let Some((open, _, step)) = self.at_step(id) else {
            return;
        };
        let number = open.sent().last().map_or(0, |sent| sent.variant);
        let at = usize::from(number).checked_sub(1);
        let message = step.kind.message();
        let variant = message
            .zip(at)
            .and_then(|(message, at)| message.variants.keys().nth(at));
        if let Some(variant) = variant.cloned() {
            self.emit(Event::Varied {
                id,
                number,
                variant,
            });
        }
    }
}
