//! Owns the counting of records: which events count, and as what. Refuses to count one that does not
//! say how a notification went on: most are about addresses, facts and timers.

use std::sync::Arc;

use jiff::civil::Date;
use rustc_hash::FxHashMap;
use sluis_actors::Book;
use sluis_journal::JournalError;
use sluis_model::{
    Cause, Channel, CorporationId, Event, FlowBook as _, FlowRef, HeldBack, Input, NotificationId,
    TenantRecord,
};

use super::counted::Counted;
use super::course::{Course, Courses, Read, Try};
use super::days::Days;
use crate::process::reason;

/// What is counted apart, before its names are looked up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Raw {
    corporation: CorporationId,
    flow: Option<FlowRef>,
    step: u8,
    channel: Option<Channel>,
    provider: Arc<str>,
    event: &'static str,
    end: Arc<str>,
    reason: Box<str>,
}

/// Counts of one piece of the log. A piece is short: not even codes that a provider makes up to have the
/// same hash cost much.
#[derive(Debug, Default)]
pub(super) struct Counts(FxHashMap<(Date, Raw), u64>);

/// What an event adds to its name.
#[derive(Default)]
struct Told {
    attempt: Option<u16>,
    end: Option<Box<str>>,
    reason: Option<String>,
}

impl Told {
    fn because(reason: impl Into<String>) -> Self {
        Self {
            reason: Some(reason.into()),
            ..Self::default()
        }
    }

    fn at_end(end: &str, cause: &Cause) -> Self {
        Self {
            end: Some(end.into()),
            ..Self::because(reason(cause))
        }
    }

    fn of_attempt(attempt: u16, code: &str) -> Self {
        Self {
            attempt: Some(attempt),
            ..Self::because(code)
        }
    }
}

/// Counts records.
#[derive(Debug)]
pub(super) struct Counting {
    courses: Courses,
    days: Days,
}

impl Counting {
    pub(super) fn new(days: Days) -> Self {
        Self {
            courses: Courses::default(),
            days,
        }
    }

    /// The calendar.
    pub(super) const fn days(&mut self) -> &mut Days {
        &mut self.days
    }

    /// Adds what a record says.
    ///
    /// # Errors
    /// What `read` says: then nothing of the record was added.
    pub(super) fn count(
        &mut self,
        record: &TenantRecord,
        counts: &mut Counts,
        read: &Read<'_>,
    ) -> Result<(), JournalError> {
        for event in &record.events {
            let Some(told) = told(event) else {
                continue;
            };
            let Some(id) = event.notification() else {
                continue;
            };
            let mut course = self.course(record, event, id, read)?;
            self.go_on(&mut course, event);
            let raw = raw(record.tenant.corporation, event, told, &course);
            let day = self.days.of(record.at);
            *counts.0.entry((day, raw)).or_default() += 1;
            if !matches!(event, Event::Ended { .. }) {
                self.courses.put(id, course);
            }
        }
        Ok(())
    }

    /// The course before this event.
    fn course(
        &mut self,
        record: &TenantRecord,
        event: &Event,
        id: NotificationId,
        read: &Read<'_>,
    ) -> Result<Course, JournalError> {
        match &record.input {
            Input::Notify(body) if body.id == id && matches!(event, Event::Accepted { .. }) => {
                Ok(Course::accepted(body.flow))
            }
            _ => self.courses.take(record, id, read),
        }
    }

    fn go_on(&mut self, course: &mut Course, event: &Event) {
        match event {
            Event::StepEntered { step, .. } => course.step = *step,
            Event::Migrated { moved, .. } => course.moved(moved),
            Event::AttemptStarted {
                attempt,
                channel,
                provider,
                ..
            } => {
                let provider = self.courses.provider(provider);
                course.begin(*attempt, *channel, provider);
            }
            _ => {}
        }
    }
}

fn raw(corporation: CorporationId, event: &Event, told: Told, course: &Course) -> Raw {
    let over = match told.attempt {
        Some(attempt) => course.of_attempt(attempt),
        None if ends(event) => course.newest(),
        None => None,
    };
    let step = over.map_or(course.step, |over: &Try| over.step);
    Raw {
        corporation,
        flow: over.map_or(course.flow, |over| over.flow.or(course.flow)),
        step,
        channel: over.map(|over| over.channel),
        provider: over.map(|over| over.provider.clone()).unwrap_or_default(),
        event: event.name(),
        end: told.end.map(Arc::from).unwrap_or_default(),
        reason: told.reason.unwrap_or_default().into(),
    }
}

/// Whether it says what the newest attempt led to.
const fn ends(event: &Event) -> bool {
    matches!(event, Event::Ended { .. } | Event::TaskOpened { .. })
}

/// What is counted of an event; none: it is not counted.
fn told(event: &Event) -> Option<Told> {
    let told = match event {
        Event::Accepted { .. } | Event::Migrated { .. } => Told::default(),
        Event::StepEntered { cause, .. } => Told::because(reason(cause)),
        Event::Held { guard, .. } => Told::because(format!("guard {guard}")),
        Event::AttemptStarted {
            attempt, resend, ..
        } => Told::of_attempt(*attempt, if *resend { "resend" } else { "" }),
        Event::AttemptAccepted { attempt, .. } | Event::AttemptDelivered { attempt, .. } => {
            Told::of_attempt(*attempt, "")
        }
        Event::AttemptWithdrawn { attempt, why, .. }
        | Event::AttemptDeferred { attempt, why, .. }
        | Event::AttemptFailed { attempt, why, .. }
        | Event::AttemptInDoubt { attempt, why, .. }
        | Event::Unexplained { attempt, why, .. } => Told::of_attempt(*attempt, &why.code),
        Event::TaskOpened { list, cause, .. } => Told::at_end(list, cause),
        Event::LinkUsed { pressed, .. } => {
            Told::because(if *pressed { "pressed" } else { "fetched" })
        }
        Event::Ended { end, cause, .. } => Told::at_end(end, cause),
        Event::FactSet { set, .. } => Told::because(&*set.fact.kind),
        Event::Capped { capped, .. } => Told::because(&*capped.cap),
        Event::HeldBack { held, .. } => Told::because(match &**held {
            HeldBack::Conflict { rule, .. } => &**rule,
            HeldBack::Bundle { bundle, .. } => &**bundle,
        }),
        Event::Waiting { .. }
        | Event::Ready { .. }
        | Event::ReceiptNoted { .. }
        | Event::OutcomeNoted { .. }
        | Event::LinkClosed { .. }
        | Event::ProfileStored { .. }
        | Event::PointMarked { .. }
        | Event::PointKept { .. }
        | Event::FactTaken
        | Event::SubjectOpen { .. }
        | Event::Steered { .. }
        | Event::Contacted { .. }
        | Event::Follows { .. }
        | Event::GroupFormed { .. }
        | Event::GroupTold { .. }
        | Event::PartEnded { .. }
        | Event::GroupStopping { .. }
        | Event::PartTells { .. }
        | Event::PartBarred { .. }
        | Event::HouseholdStored { .. }
        | Event::HouseholdNoted { .. }
        | Event::AnswerKept { .. }
        | Event::TaskPlanned { .. }
        | Event::TaskReminded { .. }
        | Event::Varied { .. }
        | Event::Closing { .. } => return None,
    };
    Some(told)
}

impl Counts {
    /// With the names that the book has for them.
    pub(super) fn named(self, book: &Book) -> impl Iterator<Item = (Date, Counted, u64)> {
        let counts = self.0.into_iter();
        counts.map(|((day, raw), count)| (day, named(raw, book), count))
    }
}

fn named(raw: Raw, book: &Book) -> Counted {
    let flow = raw.flow.and_then(|flow| book.flow(flow));
    let step = flow.and_then(|flow| flow.steps.get(usize::from(raw.step)));
    Counted {
        corporation: raw.corporation.0,
        flow: flow.map(|flow| Arc::from(&*flow.name)).unwrap_or_default(),
        version: flow.map_or(0, |flow| flow.version),
        step: step.map(|step| Arc::from(&*step.id)).unwrap_or_default(),
        channel: raw.channel.map_or("", Channel::name).into(),
        provider: raw.provider,
        event: raw.event.into(),
        end: raw.end,
        reason: raw.reason.into(),
    }
}
