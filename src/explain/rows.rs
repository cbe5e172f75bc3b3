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

use super::language::Language;
pub(crate) use group::{addressee, left_out};
pub(super) use setting::FACT_SET;
pub(super) use told::Told;

/// One event, decided from `input`, in the flow of its notification. Each has one arm, and its sentence stands in both
/// languages in `language`.
pub(super) fn tell(event: &Event, input: &Input, flow: Option<&Flow>, lang: Language) -> Told {
    match event {
        Event::Accepted { .. } => course::accepted(input, flow, lang),
        Event::Waiting { until, .. } => course::waiting(*until, lang),
        Event::StepEntered { step, cause, .. } => course::step_entered(*step, cause, flow, lang),
        Event::Ready {
            channel,
            choice,
            pinned,
            not_before,
            ..
        } => course::ready((*channel, *choice), pinned.as_deref(), *not_before, lang),
        Event::Held {
            guard,
            observed,
            until,
            ..
        } => course::held((*guard, observed), *until, flow, lang),
        Event::AttemptStarted {
            attempt,
            channel,
            provider,
            address,
            choice,
            passed,
            resend,
            ..
        } => {
            let start = attempt::Start {
                attempt: *attempt,
                channel: *channel,
                provider,
                address,
                choice: *choice,
                passed,
                resend: *resend,
            };
            attempt::started(&start, flow, lang)
        }
        Event::AttemptWithdrawn { attempt, why, .. } => attempt::withdrawn(*attempt, why, lang),
        Event::AttemptAccepted {
            attempt,
            provider_id,
            ..
        } => attempt::accepted(*attempt, provider_id, lang),
        Event::AttemptDelivered { attempt, .. } => attempt::delivered(*attempt, input, lang),
        Event::AttemptDeferred { attempt, why, .. } => attempt::deferred(*attempt, why, lang),
        Event::AttemptFailed {
            attempt,
            class,
            why,
            exhausted,
            ..
        } => attempt::failed(*attempt, (*class, *exhausted), why, lang),
        Event::AttemptInDoubt {
            attempt,
            provider,
            why,
            until,
            ..
        } => attempt::in_doubt(*attempt, (provider, *until), why, lang),
        Event::ReceiptNoted { attempt, kind, .. } => attempt::receipt_noted(*attempt, *kind, lang),
        Event::OutcomeNoted { attempt, why, .. } => attempt::outcome_noted(*attempt, why, lang),
        Event::TaskOpened {
            task, list, cause, ..
        } => course::task_opened((*task, list), cause, flow, lang),
        Event::LinkClosed { end, .. } => course::link_closed(end, lang),
        Event::LinkUsed { pressed, .. } => course::link_used(*pressed, lang),
        Event::Ended { end, cause, .. } => course::ended(end, cause, flow, lang),
        Event::ProfileStored { new } => tenant::profile(*new, input, lang),
        Event::PointMarked { on, value, state } => tenant::marked(*on, value, *state, lang),
        Event::PointKept {
            on,
            value,
            since,
            by,
        } => tenant::kept((*on, value), *since, *by, lang),
        Event::FactTaken => tenant::fact(input, lang),
        Event::SubjectOpen {
            subject,
            open_cents,
        } => tenant::subject_open(subject, *open_cents, input, lang),
        Event::Unexplained { attempt, why, .. } => attempt::unexplained(*attempt, why, lang),
        Event::Steered { steered, .. } => steering::steered(steered, lang),
        Event::Capped { capped, .. } => steering::capped(capped, lang),
        Event::Contacted { .. } => steering::contacted(lang),
        Event::GroupFormed {
            told,
            not_told,
            together,
            ..
        } => group::formed(told, not_told, *together, lang),
        Event::GroupTold { stop, .. } => group::told(*stop, lang),
        Event::PartEnded { end, .. } => group::part_ended(end, lang),
        Event::GroupStopping { end, note, by, .. } => {
            group::stopping(end, note, by.is_some(), lang)
        }
        Event::PartTells { household, news } => group::tells(household, news, lang),
        Event::PartBarred { .. } => group::part_barred(lang),
        Event::HouseholdStored { new, .. } => group::stored(*new, input, lang),
        Event::HouseholdNoted { household, is_in } => group::noted(household, *is_in, lang),
        Event::AnswerKept { step, .. } => course::answer_kept(*step, flow, lang),
        Event::TaskPlanned { plan, .. } => course::task_planned(plan, lang),
        Event::TaskReminded { task, .. } => course::task_reminded(*task, lang),
        Event::HeldBack { held, .. } => steering::held_back(held, lang),
        Event::Varied { variant, .. } => steering::varied(variant, lang),
        Event::Migrated { moved, .. } => course::migrated(moved, input, flow, lang),
        Event::Closing { end, cause, .. } => course::closing(end, cause, flow, lang),
        Event::Follows { earlier, round, .. } => setting::follows(*earlier, *round, lang),
        Event::FactSet { id, set } => setting::fact_set(*id, set, lang),
    }
}
