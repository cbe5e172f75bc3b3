//! Owns what each event says: a stable kind, a Dutch label, a sentence, details. Refuses bodies and
//! whole addresses, and to leave an event out: a new one does not compile until it is told.

mod attempt;
mod course;
mod group;
mod setting;
mod steering;
mod tenant;
mod told;

use sluis_model::{Event, Flow, Input};

use attempt::tell_attempt;
pub(crate) use group::{addressee, left_out};
pub(super) use setting::FACT_SET;
pub(super) use told::Told;

/// One event, decided from `input`, in the flow of its notification.
pub(super) fn tell(event: &Event, input: &Input, flow: Option<&Flow>) -> Told {
    match event {
        Event::Accepted { .. } => course::accepted(input, flow),
        Event::Waiting { until, .. } => course::waiting(*until),
        Event::StepEntered { step, cause, .. } => course::step_entered(*step, cause, flow),
        Event::Ready {
            channel,
            choice,
            pinned,
            not_before,
            ..
        } => course::ready(*channel, *choice, pinned.as_deref(), *not_before),
        Event::Held {
            guard,
            observed,
            until,
            ..
        } => course::held(*guard, observed, *until, flow),
        Event::TaskOpened {
            task, list, cause, ..
        } => course::task_opened(*task, list, cause, flow),
        Event::LinkClosed { end, .. } => course::link_closed(end),
        Event::LinkUsed { pressed, .. } => course::link_used(*pressed),
        Event::Ended { end, cause, .. } => course::ended(end, cause, flow),
        Event::ProfileStored { new } => tenant::profile(*new, input),
        Event::PointMarked { on, value, state } => tenant::marked(*on, value, *state),
        Event::PointKept {
            on,
            value,
            since,
            by,
        } => tenant::kept(*on, value, *since, *by),
        Event::FactTaken => tenant::fact(input),
        Event::SubjectOpen {
            subject,
            open_cents,
        } => tenant::subject_open(subject, *open_cents, input),
        Event::Steered { steered, .. } => steering::steered(steered),
        Event::Capped { capped, .. } => steering::capped(capped),
        Event::Contacted { .. } => steering::contacted(),
        Event::GroupFormed { .. }
        | Event::GroupTold { .. }
        | Event::PartEnded { .. }
        | Event::GroupStopping { .. }
        | Event::PartTells { .. }
        | Event::PartBarred { .. }
        | Event::HouseholdStored { .. }
        | Event::HouseholdNoted { .. } => group::tell_group(event, input),
        Event::AnswerKept { step, .. } => course::answer_kept(*step, flow),
        Event::TaskPlanned { plan, .. } => course::task_planned(plan),
        Event::TaskReminded { task, .. } => course::task_reminded(*task),
        Event::HeldBack { held, .. } => steering::held_back(held),
        Event::Varied { variant, .. } => steering::varied(variant),
        Event::Migrated { moved, .. } => course::migrated(moved, input, flow),
        Event::Closing { end, cause, .. } => course::closing(end, cause, flow),
        Event::Follows { earlier, round, .. } => setting::follows(*earlier, *round),
        Event::FactSet { id, set } => setting::fact_set(*id, set),
        Event::AttemptStarted { .. }
        | Event::AttemptWithdrawn { .. }
        | Event::AttemptAccepted { .. }
        | Event::AttemptDelivered { .. }
        | Event::AttemptDeferred { .. }
        | Event::AttemptFailed { .. }
        | Event::AttemptInDoubt { .. }
        | Event::ReceiptNoted { .. }
        | Event::OutcomeNoted { .. }
        | Event::Unexplained { .. } => tell_attempt(event, input, flow),
    }
}
