//! The flow is followed as it is written, for flows that the seed drew: what a rule led to, it says by a reckoning
//! of our own. Unknown is never false and never true. No message leaves after a stop rule came true by facts that
//! were taken, every wait is as long as it says, and every end has a name. Refuses the engine's conditions.

mod waits;

use std::collections::{BTreeMap, BTreeSet};

use sluis_model::flow::Value;
use sluis_model::{
    Branched, Cause, Event, Fact, FactKind, Input, Notification, NotificationId, Phase,
    TenantRecord, Timestamp,
};

use super::{Check, Findings};
use crate::drawn::{Data, Drawn, Goes, Kind, Sight, ToldOf};
use crate::senders::Senders;
use crate::shadow::Shadow;

const CHECK: Check = Check::AsWritten;
/// Ends that the engine gives by itself.
const OWN_ENDS: [&str; 10] = [
    "told",
    "answered",
    "sent",
    "delivered",
    "undeliverable",
    "expired",
    "cancelled",
    "closed by hand",
    "already running",
    "not allow-listed",
];

/// Every notification of a drawn flow that was accepted.
#[derive(Debug, Default)]
pub(crate) struct Written {
    known: BTreeMap<NotificationId, Accepted>,
    /// What happened, for the control.
    pub(crate) reached: BTreeSet<&'static str>,
    /// Where those stood that the record at hand is about.
    stood: BTreeMap<NotificationId, usize>,
}

#[derive(Debug)]
struct Accepted {
    body: Notification,
    data: Data,
    at: Timestamp,
}

/// At which step something is.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// It was there when the record began.
    Stood(usize),
    /// It has just come there.
    Entered(usize),
}

impl Place {
    const fn step(self) -> usize {
        match self {
            Self::Stood(step) | Self::Entered(step) => step,
        }
    }
}

/// Where an event leads.
#[derive(Debug)]
enum Led<'a> {
    Step(u8),
    End(&'a str),
    People(&'a str),
}

/// One notification at the instant of a record.
struct Seat<'a> {
    flow: &'a Drawn,
    /// Whose ends it may have: those of its flow; of a group and its parts those of every version: each part moves by
    /// itself, and the end of one may be that of all.
    versions: Vec<&'a Drawn>,
    sight: Sight<'a>,
    id: NotificationId,
}

impl Written {
    /// A record is about to be taken; the shadow does not have it.
    pub(crate) fn about_to(&mut self, record: &TenantRecord, shadow: &Shadow) {
        self.stood.clear();
        if shadow.flows().are_drawn() {
            let ids = record.events.iter().filter_map(Event::notification);
            let open = ids.filter_map(|id| shadow.open(id));
            let entered = open.filter(|open| open.entered);
            self.stood
                .extend(entered.map(|open| (open.id, usize::from(open.step))));
        }
    }

    /// A record was handed in, and the shadow has it.
    pub(crate) fn decided(
        &mut self,
        record: &TenantRecord,
        (shadow, senders): (&Shadow, &Senders),
        findings: &mut Findings,
    ) {
        if !shadow.flows().are_drawn() {
            return;
        }
        self.accept(record, senders);
        let told = shadow.told_of(&record.tenant);
        let mut at_step: BTreeMap<NotificationId, Place> = BTreeMap::new();
        let mut reached = Vec::new();
        for event in &record.events {
            let Some(id) = about(event) else { continue };
            let Some(seat) = self.seat(id, &told, record.at, shadow) else {
                continue;
            };
            let place = at_step.get(&id).copied();
            let place = place.or_else(|| self.stood.get(&id).copied().map(Place::Stood));
            reached.extend(seat.judge(event, place, findings));
            match event {
                Event::StepEntered { step, .. } => {
                    at_step.insert(id, Place::Entered(usize::from(*step)));
                }
                Event::Migrated { moved, .. } if place.is_some() => {
                    at_step.insert(id, Place::Stood(usize::from(moved.step)));
                }
                _ => {}
            }
        }
        self.links_are_closed(record, shadow, findings);
        self.nothing_goes_on(record, shadow, &told, findings);
        self.reached.extend(reached);
    }

    /// What the data of a notification says.
    pub(crate) fn said<'a>(
        &self,
        id: NotificationId,
        senders: &'a Senders,
    ) -> &'a [(&'static str, Value)] {
        let known = self.known.get(&id);
        let order = known.and_then(|known| senders.ordered(&known.body.idempotency));
        order.map_or(&[], |order| &order.says)
    }

    /// A stop rule that ends a flow closes the link with it, where it says so, and else does not.
    fn links_are_closed(&self, record: &TenantRecord, shadow: &Shadow, findings: &mut Findings) {
        for event in &record.events {
            let Event::Ended {
                id,
                cause: Cause::Stop { stop, .. },
                ..
            } = event
            else {
                continue;
            };
            let flow = shadow.known.runs_by(*id);
            let flow = flow.and_then(|flow| shadow.flows().drawn(flow));
            let stop = flow.and_then(|flow| flow.stops.get(usize::from(*stop)));
            let is_closed =
                |event: &Event| matches!(event, Event::LinkClosed { id: of, .. } if of == id);
            let closed = record.events.iter().any(is_closed);
            let right = stop.is_none_or(|stop| stop.close_link == closed);
            findings.expect(right, Check::LinksAreClosed, || {
                format!("{id} was stopped, and its link was closed: {closed}")
            });
        }
    }

    fn accept(&mut self, record: &TenantRecord, senders: &Senders) {
        let is_accepted = |event: &Event| matches!(event, Event::Accepted { .. });
        if let Input::Notify(body) = &record.input
            && record.events.iter().any(is_accepted)
            && let Some(order) = senders.ordered(&body.idempotency)
        {
            let (body, data) = ((**body).clone(), Drawn::data(&order.says));
            let at = record.at;
            self.known.insert(body.id, Accepted { body, data, at });
        }
    }

    fn seat<'a>(
        &'a self,
        id: NotificationId,
        told: &ToldOf<'_>,
        now: Timestamp,
        shadow: &'a Shadow,
    ) -> Option<Seat<'a>> {
        let known = self.known.get(&id)?;
        let flow = shadow.flows().drawn(shadow.known.runs_by(id)?)?;
        let answers = shadow.known.answers.get(&id);
        let sight = Sight::of(&known.body, &known.data, known.at, (told, answers), now);
        let grouped = &shadow.known.grouped;
        let is_of_group = grouped.groups.contains_key(&id) || grouped.is_part(id);
        let versions = match is_of_group {
            true => shadow.flows().versions(flow.name()).collect(),
            false => vec![flow],
        };
        Some(Seat {
            flow,
            versions,
            sight,
            id,
        })
    }

    /// After a fact nothing that it concerns is open whose stop rule is true.
    fn nothing_goes_on(
        &self,
        record: &TenantRecord,
        shadow: &Shadow,
        told: &ToldOf<'_>,
        findings: &mut Findings,
    ) {
        let about = match &record.input {
            Input::Fact(fact) => subject_of(fact),
            Input::Declared(_) | Input::Migrate(_) => None,
            _ => return,
        };
        // Nor is one whose rules are others now.
        let moved = match &record.input {
            Input::Migrate(order) => Some(order.id),
            _ => None,
        };
        let all = shadow.all_open().filter(|(key, open)| {
            let concerned = about.is_none_or(|about| open.subject.as_deref() == Some(about));
            let is_one = moved.is_none_or(|id| id == open.id);
            let is_held = matches!(open.phase, Phase::Held { .. }) && moved.is_none();
            **key == record.tenant && concerned && is_one && !is_held
        });
        for (_, open) in all {
            let Some(seat) = self.seat(open.id, told, record.at, shadow) else {
                continue;
            };
            let stop = seat.true_stop();
            findings.expect(stop.is_none(), CHECK, || {
                let when = stop.map(|stop| seat.flow.stops[stop].when.to_string());
                format!(
                    "{} goes on after a fact, although {when:?} is true",
                    open.id
                )
            });
            if let Phase::Waiting { until } = open.phase
                && open.entered
            {
                if moved.is_some() {
                    seat.waits_for_what_is_not(usize::from(open.step), findings);
                    continue;
                }
                seat.goes_on_waiting(usize::from(open.step), until, findings);
            }
        }
    }
}

/// Which subject alone a fact concerns.
fn subject_of(fact: &Fact) -> Option<&sluis_model::Subject> {
    match fact.kind {
        FactKind::Payment | FactKind::OpenAmount => fact.subject.as_ref(),
        FactKind::Balance | FactKind::Exception | FactKind::Appointment => None,
    }
}

impl Seat<'_> {
    fn true_stop(&self) -> Option<usize> {
        let mut stops = self.flow.stops.iter();
        stops.position(|stop| stop.when.answer(&self.sight, None) == Some(true))
    }

    /// What one event says; the words for what was reached.
    fn judge(
        &self,
        event: &Event,
        place: Option<Place>,
        findings: &mut Findings,
    ) -> Option<&'static str> {
        if let Some(Place::Entered(step)) = place
            && let Some(word) = self.step_itself(step, event, findings)
        {
            return Some(word);
        }
        match event {
            Event::AttemptStarted { attempt, .. } => {
                self.may_leave(*attempt, findings);
                Some("a message left")
            }
            Event::Held { guard, .. } => Some(self.is_held(usize::from(*guard), findings)),
            Event::StepEntered { step, cause, .. } => {
                self.moved((cause, place), &Led::Step(*step), findings)
            }
            Event::Ended { end, cause, .. } => {
                let ends = self.versions.iter().flat_map(|flow| flow.ends());
                let mut ends = ends.chain(OWN_ENDS);
                findings.expect(
                    ends.any(|known| known == &**end),
                    Check::EndsAreNamed,
                    || format!("{} ended as {end:?}, which no rule of it names", self.id),
                );
                self.moved((cause, place), &Led::End(end), findings)
            }
            Event::TaskOpened { list, cause, .. } => {
                self.moved((cause, place), &Led::People(list), findings)
            }
            Event::Waiting { until, .. } => self.waits(place?, *until, findings),
            Event::TaskPlanned { plan, .. } => self.is_planned(place?.step(), plan, findings),
            Event::TaskReminded { .. } => Some("a task is reminded"),
            _ => None,
        }
    }

    fn may_leave(&self, attempt: u16, findings: &mut Findings) {
        for guard in &self.flow.guards {
            let answer = guard.rule.answer(&self.sight);
            findings.expect(answer == Some(true), CHECK, || {
                format!(
                    "attempt {attempt} of {} left, and the guard {} is {answer:?}: {:?}",
                    self.id, guard.rule.when, self.sight
                )
            });
        }
        let stop = self.true_stop();
        findings.expect(stop.is_none(), CHECK, || {
            let when = stop.map(|stop| self.flow.stops[stop].when.to_string());
            format!("attempt {attempt} of {} left after {when:?}", self.id)
        });
    }

    fn is_held(&self, number: usize, findings: &mut Findings) -> &'static str {
        let is_guard = self.flow.is_guard(number);
        let Some((rule, before)) = self.flow.held_by(number) else {
            findings.blame(CHECK, || format!("{} is held by no rule", self.id));
            return "";
        };
        let passed = before
            .iter()
            .all(|rule| rule.answer(&self.sight) == Some(is_guard));
        let answer = rule.answer(&self.sight);
        findings.expect(answer.is_none() && passed, CHECK, || {
            format!(
                "{} is held by {}, which is {answer:?}; those before passed: {passed}; {:?}",
                self.id, rule.when, self.sight
            )
        });
        if is_guard {
            "held by a guard"
        } else {
            "held by a case"
        }
    }

    /// A rule moved it.
    fn moved(
        &self,
        (cause, place): (&Cause, Option<Place>),
        led: &Led<'_>,
        findings: &mut Findings,
    ) -> Option<&'static str> {
        let step = place.map(Place::step);
        let (word, holds, to) = match cause {
            Cause::Guard { guard, .. } => {
                let guard = self.flow.guards.get(usize::from(*guard))?;
                let fails = guard.rule.answer(&self.sight) == Some(false);
                ("a guard fails", fails, Some(&guard.otherwise))
            }
            Cause::Stop { stop, .. } => {
                let is_first = self.true_stop() == Some(usize::from(*stop));
                ("a stop rule is true", is_first, None)
            }
            Cause::Branched { step, way, .. } => self.branched(usize::from(*step), *way)?,
            Cause::Waited => (
                "a wait ends",
                self.came(step?) != Some(true),
                self.after(step?),
            ),
            Cause::FactCame { step, .. } => self.fact_came(usize::from(*step))?,
            Cause::DayOver { at } => self.day_over(step?, *at)?,
            Cause::NoDay { step } => self.no_day(usize::from(*step))?,
            Cause::TaskOverdue { .. } => {
                let task = self.flow.task(step?)?;
                let go = task.deadline.as_ref().map(|(_, go)| go);
                ("a task is overdue", go.is_some(), go)
            }
            Cause::Task { answer, .. } => {
                let replies = step.and_then(|step| self.flow.task(step));
                let mut replies = replies.iter().flat_map(|task| &task.replies);
                match replies.find(|reply| *reply.name == **answer) {
                    Some(reply) => ("people answer as written", true, Some(&reply.go)),
                    None => return Some("people answer"),
                }
            }
            Cause::Capped { .. } => return Some("a cap leads on"),
            _ => return None,
        };
        findings.expect(holds, CHECK, || {
            format!(
                "{}: {cause:?}, and that is not so: {:?}",
                self.id, self.sight
            )
        });
        let right = to.is_none_or(|to| self.leads(to, led));
        findings.expect(right, CHECK, || {
            format!("{}: {cause:?} leads to {led:?} instead of {to:?}", self.id)
        });
        Some(word)
    }

    fn leads(&self, to: &Goes, led: &Led<'_>) -> bool {
        match (to, led) {
            (Goes::Step(to), Led::Step(step)) => {
                self.flow.names.get(usize::from(*step)) == Some(to)
            }
            (Goes::End(to), Led::End(end)) => to == end,
            (Goes::People(to), Led::People(list)) => to == list,
            (Goes::Step(_) | Goes::End(_) | Goes::People(_), _) => false,
        }
    }

    /// Which way a step chooses: the first case that is not false decides.
    fn branched(&self, step: usize, way: Branched) -> Option<(&'static str, bool, Option<&Goes>)> {
        let Kind::Branch {
            cases,
            otherwise,
            unknown,
        } = self.flow.steps.get(step)?
        else {
            return Some(("", false, None));
        };
        let mut answers = cases.iter().map(|case| case.rule.answer(&self.sight));
        let first = answers.position(|answer| answer != Some(false));
        let answer = first.map(|first| (first, cases[first].rule.answer(&self.sight)));
        Some(match way {
            Branched::Case(case) => {
                let case = usize::from(case);
                let go = cases.get(case).map(|case| &case.go);
                ("a case is true", answer == Some((case, Some(true))), go)
            }
            Branched::Otherwise => ("no case is true", answer.is_none(), Some(otherwise)),
            Branched::Unknown(case) => {
                let is_it = answer == Some((usize::from(case), None));
                ("a case is unknown", is_it, unknown.as_ref())
            }
        })
    }
}

/// Which notification an event that is judged is about.
fn about(event: &Event) -> Option<NotificationId> {
    match event {
        Event::AttemptStarted { id, .. }
        | Event::Held { id, .. }
        | Event::StepEntered { id, .. }
        | Event::Ended { id, .. }
        | Event::TaskOpened { id, .. }
        | Event::TaskPlanned { id, .. }
        | Event::TaskReminded { id, .. }
        | Event::Migrated { id, .. }
        | Event::Waiting { id, .. } => Some(*id),
        _ => None,
    }
}
