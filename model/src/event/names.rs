//! Owns the name of each kind of event, as metrics, the archive and the API say it. Names never
//! change.

use super::Event;

/// Every kind of event with its name: for the list of names, and for the name of one.
macro_rules! events {
    ($($pattern:pat => $name:literal,)+) => {
        impl Event {
            /// The name of every kind.
            pub const NAMES: &[&str] = &[$($name),+];

            /// The name of its kind.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self {
                    $($pattern => $name,)+
                }
            }
        }
    };
}

events! {
    Event::Accepted { .. } => "accepted",
    Event::Waiting { .. } => "waiting",
    Event::StepEntered { .. } => "step_entered",
    Event::Ready { .. } => "ready",
    Event::Held { .. } => "held",
    Event::AttemptStarted { .. } => "attempt_started",
    Event::AttemptWithdrawn { .. } => "attempt_withdrawn",
    Event::AttemptAccepted { .. } => "attempt_accepted",
    Event::AttemptDelivered { .. } => "attempt_delivered",
    Event::AttemptDeferred { .. } => "attempt_deferred",
    Event::AttemptFailed { .. } => "attempt_failed",
    Event::AttemptInDoubt { .. } => "attempt_in_doubt",
    Event::ReceiptNoted { .. } => "receipt_noted",
    Event::Unexplained { .. } => "unexplained",
    Event::OutcomeNoted { .. } => "outcome_noted",
    Event::TaskOpened { .. } => "task_opened",
    Event::LinkClosed { .. } => "link_closed",
    Event::LinkUsed { .. } => "link_used",
    Event::Ended { .. } => "ended",
    Event::ProfileStored { .. } => "profile_stored",
    Event::PointMarked { .. } => "address_marked",
    Event::PointKept { .. } => "address_kept",
    Event::FactTaken => "fact_taken",
    Event::SubjectOpen { .. } => "subject_open",
    Event::Steered { .. } => "steered",
    Event::Capped { .. } => "capped",
    Event::Contacted { .. } => "contacted",
    Event::GroupFormed { .. } => "group_formed",
    Event::GroupTold { .. } => "group_told",
    Event::PartEnded { .. } => "part_ended",
    Event::GroupStopping { .. } => "group_stopping",
    Event::PartTells { .. } => "part_tells",
    Event::PartBarred { .. } => "part_barred",
    Event::HouseholdStored { .. } => "household_stored",
    Event::HouseholdNoted { .. } => "household_noted",
    Event::AnswerKept { .. } => "answer_kept",
    Event::TaskPlanned { .. } => "task_planned",
    Event::TaskReminded { .. } => "task_reminded",
    Event::HeldBack { .. } => "held_back",
    Event::Varied { .. } => "varied",
    Event::Migrated { .. } => "migrated",
    Event::Closing { .. } => "closing",
    Event::FactSet { .. } => "fact_set",
    Event::Follows { .. } => "follows",
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_kinds_have_one_name() {
        let names: BTreeSet<_> = Event::NAMES.iter().collect();
        assert_eq!(names.len(), Event::NAMES.len());
        assert_eq!(Event::FactTaken.name(), "fact_taken");
    }
}
