//! Owns the change of state that each event means. The same function runs when an event is decided
//! and when it is replayed, so a recovered state is the state. Refuses to decide anything.

mod applied;
mod attempt;
mod close;
mod declared;
mod fact;
mod group;
mod history;
mod rounds;
mod task;

use crate::addressed::Addressed;
use crate::event::Event;
use crate::input::Input;
use crate::moving::{self, Moved};
use crate::notification::Notification;
use crate::point::{Evidence, PointState, Where};
use crate::state::{Asked, Open, Phase, Tenant};

pub use applied::{Applied, FlowBook};
pub use fact::fact_hash;

/// Applies one event to the tenant it belongs to. Gives what ended with it.
pub fn evolve(
    tenant: &mut Tenant,
    applied: Applied<'_>,
    event: &Event,
    flows: &dyn FlowBook,
) -> Option<Box<Open>> {
    match (event, applied.input) {
        (Event::Accepted { .. }, Input::Notify(body)) => {
            group::accepted(tenant, body);
            tenant.open.insert(Box::new(accepted(body, applied)))
        }
        (Event::ProfileStored { .. }, Input::PutProfile(supplied)) => {
            tenant.store_profile(supplied, applied.at);
        }
        // Storing the profile has done it.
        (Event::PointMarked { .. }, Input::PutProfile(_)) => {}
        (Event::FactTaken, Input::Fact(fact)) => fact::take_fact(tenant, fact, applied.at),
        (Event::FactTaken, Input::Declared(fact)) => declared::take(tenant, fact, applied.at),
        (Event::FactSet { set, .. }, _) => declared::take(tenant, &set.fact, applied.at),
        (
            Event::PointMarked {
                on: Where::On(channel),
                value,
                state,
            },
            _,
        ) => {
            tenant.mark((*channel, value), *state, applied.at, evidence(*state));
        }
        (Event::Contacted { id }, _) => history::started(tenant, *id, applied.at, flows),
        (Event::Ended { id, .. }, _) => {
            rounds::ended(tenant, *id, applied.at, flows);
            group::ended(tenant, *id);
            return tenant.open.remove(*id);
        }
        (
            Event::GroupFormed { .. }
            | Event::GroupTold { .. }
            | Event::PartEnded { .. }
            | Event::GroupStopping { .. }
            | Event::PartBarred { .. }
            | Event::HouseholdStored { .. }
            | Event::HouseholdNoted { .. },
            _,
        ) => group::take(tenant, applied, event),
        _ => {
            history::note(tenant, applied.at, event, flows);
            if let Some(open) = event.notification().and_then(|id| tenant.find_mut(id)) {
                evolve_open(open, applied, event, flows);
            }
        }
    }
    None
}

/// Marks a whole record as applied: the tenant's newest record is now this one.
pub fn finish(tenant: &mut Tenant, sequence: u64) {
    tenant.last = sequence;
}

fn accepted(body: &Notification, applied: Applied<'_>) -> Open {
    Open {
        id: body.id,
        flow: body.flow,
        body: applied.sequence,
        accepted_at: applied.at,
        category: body.category.clone(),
        subject: body.subject.clone().map(Box::new),
        fields: body.fields.clone(),
        lane: body.lane,
        environment: body.environment,
        // The parts of a group expire, each by itself.
        expires_at: body
            .expires_at
            .filter(|_| body.addressed != Addressed::Household),
        step: 0,
        entered: false,
        tasks: 0,
        answered: false,
        link_closed: false,
        tried: None,
        phase: Phase::Waiting {
            until: body.send_after.unwrap_or(applied.at),
        },
    }
}

/// It goes on under another definition. A wait that only a receipt could end listens for as long as the new one says.
fn migrated(open: &mut Open, moved: &Moved, input: &Input, flows: &dyn FlowBook) {
    let (Some(old), Some(new)) = (flows.flow(moved.from), flows.flow(moved.to)) else {
        return;
    };
    let values = match input {
        Input::Migrate(order) => &*order.values,
        _ => &[],
    };
    moving::carry(old, new, open, moved.step, values);
    attempt::listen(open, flows);
}

/// What a mark by a message rests on.
const fn evidence(state: PointState) -> Evidence {
    match state {
        PointState::Invalid => Evidence::Bounce,
        PointState::Created | PointState::Validated => Evidence::Use,
    }
}

/// What an event means for its open notification.
fn evolve_open(open: &mut Open, applied: Applied<'_>, event: &Event, flows: &dyn FlowBook) {
    let Applied { at, input, .. } = applied;
    match event {
        Event::Waiting { until, .. } => open.phase = Phase::Waiting { until: *until },
        Event::StepEntered { step, cause, .. } => attempt::step_entered(open, *step, cause),
        Event::Ready {
            channel,
            choice,
            pinned,
            not_before,
            ..
        } => {
            open.phase = Phase::Ready {
                channel: *channel,
                choice: *choice,
                pinned: pinned.clone(),
                not_before: *not_before,
            };
        }
        Event::Held { guard, until, .. } => {
            open.phase = Phase::Held {
                guard: *guard,
                until: *until,
            };
        }
        Event::AttemptStarted { .. } => attempt::started(open, at, event),
        Event::AttemptWithdrawn { attempt, .. } => attempt::withdrawn(open, *attempt),
        Event::AttemptAccepted { attempt, .. } => attempt::accepted(open, *attempt, at, flows),
        Event::AttemptDelivered { attempt, .. } => attempt::delivered(open, *attempt, at, flows),
        Event::AttemptDeferred { attempt, .. } => attempt::deferred(open, *attempt),
        Event::AttemptFailed { attempt, class, .. } => {
            attempt::failed(open, *attempt, *class, input);
        }
        Event::AttemptInDoubt { .. } => attempt::in_doubt(open, event, input),
        Event::ReceiptNoted { attempt, kind, .. } => attempt::noted(open, *attempt, *kind),
        Event::Unexplained { attempt, .. } => attempt::asked(open, *attempt),
        Event::TaskOpened {
            task, list, cause, ..
        } => {
            open.tasks = *task;
            open.phase = Phase::Task {
                task: *task,
                list: list.clone(),
                asked: Box::new(Asked::because(cause.clone())),
                since: at,
            };
        }
        Event::TaskPlanned { plan, .. } => task::plan(open, plan),
        Event::TaskReminded { .. } => task::reminded(open, at),
        Event::AnswerKept { step, .. } => task::keep(open, *step, input, flows),
        Event::Varied { number, .. } => attempt::varied(open, *number),
        Event::Migrated { moved, .. } => migrated(open, moved, input, flows),
        Event::Closing { end, .. } => close::closing(open, end, flows),
        Event::LinkClosed { .. } => open.link_closed = true,
        Event::LinkUsed { pressed, .. } => open.answered |= *pressed,
        // These change the tenant, or nothing.
        Event::Accepted { .. }
        | Event::Steered { .. }
        | Event::Capped { .. }
        | Event::Contacted { .. }
        | Event::HeldBack { .. }
        | Event::OutcomeNoted { .. }
        | Event::Ended { .. }
        | Event::ProfileStored { .. }
        | Event::PointMarked { .. }
        | Event::PointKept { .. }
        | Event::FactTaken
        | Event::FactSet { .. }
        | Event::Follows { .. }
        | Event::SubjectOpen { .. }
        | Event::GroupFormed { .. }
        | Event::GroupTold { .. }
        | Event::PartEnded { .. }
        | Event::GroupStopping { .. }
        | Event::PartTells { .. }
        | Event::PartBarred { .. }
        | Event::HouseholdStored { .. }
        | Event::HouseholdNoted { .. } => {}
    }
}
