//! Owns what is done with a decision: it is written down, and what falls due is planned. Refuses to decide
//! again.

use sluis_actors::QueueKey;
use sluis_model::{Cause, Channel, Decision, Event, Input, NotificationId, Phase, Timestamp};

use super::Shard;
use crate::agenda::What;
use crate::stage::Stage;
use crate::tally::{Exception, Results, Trouble};

impl Shard<'_> {
    pub(super) fn follow(
        &mut self,
        now: Timestamp,
        person: u32,
        input: &Input,
        decision: Decision,
    ) -> Option<(u16, Box<str>)> {
        if let (Input::Notify(body), sluis_model::Answer::TenantFull { .. }) =
            (input, &decision.answer)
        {
            self.trouble(Stage::row(body.id), 0, Trouble::TenantFull, None, "");
        }
        let mut started = None;
        let mut touched: Vec<NotificationId> = Vec::new();
        for event in &decision.events {
            if let Some(id) = event.notification()
                && !touched.contains(&id)
            {
                touched.push(id);
            }
            self.note(now, person, event);
            if let Event::AttemptStarted {
                attempt, address, ..
            } = event
            {
                started = Some((*attempt, address.clone()));
            }
        }
        for id in touched {
            self.schedule(now, person, Stage::row(id));
        }
        started
    }

    /// Writes down what an event says.
    pub(super) fn note(&mut self, now: Timestamp, person: u32, event: &Event) {
        match event {
            Event::Steered { steered, .. } => self.cost = steered.cost,
            Event::LinkUsed { pressed: true, .. } => self.pressed = true,
            Event::PartTells { news, .. } => {
                if let Some(end) = &news.stops {
                    self.stops.push((Stage::row(news.id), end.clone()));
                }
            }
            Event::StepEntered { id, step, cause } => {
                // A cause is about the step that is left.
                self.caused(person, *id, cause);
                self.courses.entry(Stage::row(*id)).or_default().step = *step;
            }
            Event::Held { id, guard, .. } => {
                self.courses.entry(Stage::row(*id)).or_default().held = Some(*guard);
            }
            Event::TaskOpened {
                id, list, cause, ..
            } => {
                self.caused(person, *id, cause);
                self.ended(now, *id, &format!("people: {list}"));
            }
            Event::Ended { id, end, cause } => {
                self.caused(person, *id, cause);
                self.ended(now, *id, end);
            }
            _ => {}
        }
    }

    pub(super) fn ended(&mut self, now: Timestamp, id: NotificationId, end: &str) {
        let place = self.results.end(end);
        let outcome = &mut self.courses.entry(Stage::row(id)).or_default().outcome;
        let hour = Results::hour(self.stage.starts, now);
        // A person may have been asked before it ended.
        if let Some(before) = outcome.end.replace(place) {
            let ends = &mut self.results.ends[usize::from(before)].1;
            *ends = ends.saturating_sub(1);
            let by_hour = &mut self.results.ends_by_hour;
            *by_hour.entry((hour, before)).or_default() -= 1;
        }
        self.results.ends[usize::from(place)].1 += 1;
        *self.results.ends_by_hour.entry((hour, place)).or_default() += 1;
    }

    /// What a cause says of the data.
    pub(super) fn caused(&mut self, person: u32, id: NotificationId, cause: &Cause) {
        let trouble = match cause {
            Cause::Unreachable => Trouble::NoAddress,
            Cause::AllOff => Trouble::AllOff,
            Cause::TooLate => Trouble::TooLate,
            Cause::HeldTooLong => Trouble::Held,
            Cause::NotAllowListed => Trouble::NotAllowed,
            _ => return,
        };
        let open = self.open(person, id);
        // Who was reached before was lost by chance.
        if matches!(
            trouble,
            Trouble::NoAddress | Trouble::AllOff | Trouble::TooLate
        ) && open.is_some_and(|open| open.attempts() > 0)
        {
            return;
        }
        let row = Stage::row(id);
        let course = self.courses.get(&row).copied().unwrap_or_default();
        if course.outcome.sent > 0 {
            return;
        }
        let held = course.held.filter(|_| trouble == Trouble::Held);
        let rule = held.and_then(|rule| self.stage.flow.holds(rule));
        let rule = rule.map_or_else(String::new, |rule| format!("{rule}: {}", rule.when.text));
        self.trouble(row, course.step, trouble, None, &rule);
    }

    pub(super) fn trouble(
        &mut self,
        row: u32,
        step: u8,
        trouble: Trouble,
        channel: Option<Channel>,
        detail: &str,
    ) {
        let exception = Exception {
            row,
            step,
            trouble,
            channel,
            detail: detail.into(),
        };
        self.results.exceptions.push(exception);
    }

    /// Sees to it that a notification goes on when it is due.
    pub(super) fn schedule(&mut self, now: Timestamp, person: u32, row: u32) {
        let id = self.stage.id(row);
        let Some(open) = self.open(person, id) else {
            return;
        };
        let due = open.due();
        match &open.phase {
            Phase::Ready { not_before, .. } => {
                let (not_before, expires) = (*not_before, open.expires_at);
                if not_before <= now {
                    self.line_up(now, person, row);
                } else {
                    self.agenda.add(not_before, person, What::Ready(row));
                }
                if let Some(expires) = expires {
                    self.agenda.add(expires, person, What::Timer(row));
                }
            }
            Phase::Held { until, .. } => {
                let until = *until;
                self.agenda
                    .add(due.unwrap_or(until), person, What::Timer(row));
                let slot = self.slots.get(&person);
                let feeds = slot.into_iter().flat_map(|slot| &slot.feeds);
                // Each feed that tells again may be what it waits for.
                let next = feeds.map(|feed| feed.next).min();
                if let Some(next) = next.filter(|next| *next < until) {
                    self.agenda.add(next, person, What::Feeds);
                }
            }
            _ => {
                if let Some(due) = due {
                    self.agenda.add(due, person, What::Timer(row));
                }
            }
        }
    }

    pub(super) fn line_up(&mut self, now: Timestamp, person: u32, row: u32) {
        let id = self.stage.id(row);
        let Some(open) = self.open(person, id) else {
            return;
        };
        let Phase::Ready {
            channel,
            pinned,
            not_before,
            ..
        } = &open.phase
        else {
            return;
        };
        if *not_before > now {
            return;
        }
        let key = QueueKey {
            channel: *channel,
            lane: open.lane,
            corporation: self.stage.corporation,
            pinned: pinned.clone(),
        };
        self.lines.entry(key.clone()).or_default().push_back(row);
        if !self.changed.contains(&key) {
            self.changed.push(key);
        }
    }
}
