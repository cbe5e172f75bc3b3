//! How waits, tasks and ends of a drawn flow go on as they are written: until when one waits, what ends it before, when
//! somebody is reminded and by when people have to answer. Refuses the engine's calendar, as its parent does.

use sluis_model::{Event, Timestamp};

use super::{CHECK, Check, Findings, Place, Seat};
use crate::drawn::{Goes, Kind, Long, Wait};

/// A word for what happened, whether it may, and where it leads.
type Moved<'a> = (&'static str, bool, Option<&'a Goes>);

impl Seat<'_> {
    /// What a step does by itself when it is entered, for the same cause that led to it.
    pub(super) fn step_itself(
        &self,
        step: usize,
        event: &Event,
        findings: &mut Findings,
    ) -> Option<&'static str> {
        match (self.flow.steps.get(step)?, event) {
            (Kind::Task(_), Event::TaskOpened { list, .. }) => {
                findings.expect(&**list == "desk", CHECK, || {
                    format!("step {step} of {} asks on the list {list:?}", self.id)
                });
                Some("it asks people")
            }
            (Kind::End(name), Event::Ended { end, .. }) => {
                findings.expect(**end == **name, Check::EndsAreNamed, || {
                    format!("step {step} of {} ends it as {end:?}", self.id)
                });
                Some("a step ends it")
            }
            _ => None,
        }
    }

    /// What the wait of a step looks out for: whether it is true. `None`: it is unknown, or there is nothing.
    pub(super) fn came(&self, step: usize) -> Option<bool> {
        match self.flow.steps.get(step)? {
            Kind::Wait {
                awaited: Some((rule, _)),
                ..
            } => rule.answer(&self.sight),
            _ => None,
        }
    }

    /// Where the wait of a step leads.
    pub(super) fn after(&self, step: usize) -> Option<&Goes> {
        match self.flow.steps.get(step)? {
            Kind::Wait { then, .. } => Some(then),
            _ => None,
        }
    }

    pub(super) fn fact_came(&self, step: usize) -> Option<Moved<'_>> {
        let Kind::Wait {
            awaited: Some((_, go)),
            ..
        } = self.flow.steps.get(step)?
        else {
            return Some(("", false, None));
        };
        Some((
            "a fact ends a wait",
            self.came(step) == Some(true),
            Some(go),
        ))
    }

    pub(super) fn day_over(&self, step: usize, at: Timestamp) -> Option<Moved<'_>> {
        let Kind::Wait {
            long: Long::Until(until),
            then,
            ..
        } = self.flow.steps.get(step)?
        else {
            return Some(("", false, None));
        };
        let is_so = until.ends(&self.sight) == Some(at) && at <= self.sight.now;
        let go = until.past.as_ref().unwrap_or(then);
        Some((
            "a day is over",
            is_so && self.came(step) != Some(true),
            Some(go),
        ))
    }

    pub(super) fn no_day(&self, step: usize) -> Option<Moved<'_>> {
        let Kind::Wait {
            long: Long::Until(until),
            ..
        } = self.flow.steps.get(step)?
        else {
            return Some(("", false, None));
        };
        let is_so = until.ends(&self.sight).is_none() && self.came(step) != Some(true);
        Some(("a day is unknown", is_so, until.unknown.as_ref()))
    }

    /// A step began to wait, or a fact moved the end of its wait.
    pub(super) fn waits(
        &self,
        place: Place,
        ends: Timestamp,
        findings: &mut Findings,
    ) -> Option<&'static str> {
        let Kind::Wait { long, .. } = self.flow.steps.get(place.step())? else {
            return None;
        };
        findings.expect(self.came(place.step()) != Some(true), CHECK, || {
            format!("{} waits for what is true", self.id)
        });
        let (expected, word) = match (long, place) {
            (Long::For(span), _) => (
                Some(span.ends(self.sight.now)),
                match span {
                    Wait::WorkingDays(_) => "it waits for working days",
                    Wait::Milliseconds(_) => "it waits",
                },
            ),
            (Long::Until(until), Place::Entered(_)) => {
                (until.ends(&self.sight), "it waits until a day")
            }
            (Long::Until(until), Place::Stood(_)) => {
                (until.ends(&self.sight), "a fact moves the day")
            }
        };
        findings.expect(expected == Some(ends), Check::WaitsAsWritten, || {
            format!(
                "{} waits until {} instead of {expected:?}: {long:?}, {:?}",
                self.id, ends.0, self.sight
            )
        });
        Some(word)
    }

    /// It goes on to wait where other rules hold now: until the instant that it had, unless what these look out for is
    /// there.
    pub(super) fn waits_for_what_is_not(&self, step: usize, findings: &mut Findings) {
        findings.expect(self.came(step) != Some(true), CHECK, || {
            format!("{} goes on to wait for what is true", self.id)
        });
    }

    /// After a fact: what it waits for is not there, and the day is the one that is known.
    pub(super) fn goes_on_waiting(&self, step: usize, ends: Timestamp, findings: &mut Findings) {
        let Some(Kind::Wait { long, .. }) = self.flow.steps.get(step) else {
            return;
        };
        findings.expect(self.came(step) != Some(true), CHECK, || {
            format!("{} goes on to wait for what is true", self.id)
        });
        if let Long::Until(until) = long
            && until.is_told()
            && let Some(expected) = until.ends(&self.sight)
        {
            findings.expect(expected == ends, Check::WaitsAsWritten, || {
                format!(
                    "{} waits until {}, and the day has moved to {}",
                    self.id, ends.0, expected.0
                )
            });
        }
    }

    pub(super) fn is_planned(
        &self,
        step: usize,
        plan: &sluis_model::Plan,
        findings: &mut Findings,
    ) -> Option<&'static str> {
        let task = self.flow.task(step)?;
        let now = self.sight.now;
        let remind_at = task.remind.map(|span| span.ends(now));
        let due = task.deadline.as_ref().map(|(span, _)| span.ends(now));
        let right = plan.remind_at == remind_at && plan.due == due;
        findings.expect(right, Check::WaitsAsWritten, || {
            format!(
                "the task of {} is planned as {plan:?} instead of {remind_at:?} and {due:?}",
                self.id
            )
        });
        Some("a task is planned")
    }
}
