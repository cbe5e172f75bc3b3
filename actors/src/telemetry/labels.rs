//! Owns the labels that are closed lists: their values, and which value a thing counts under.

use sluis_model::{Cause, Event};

/// Ends that the engine itself gives, whatever the flow says.
pub(crate) const OWN_ENDS: [&str; 6] = [
    "already running",
    "cancelled",
    "closed by hand",
    "expired",
    "sent",
    "undeliverable",
];
/// Causes of an escalation, as the label names them.
pub(crate) const ESCALATED_BY: [&str; 3] = ["bounced", "unanswered", "unreachable"];

/// The values of the label `verdict`.
pub(crate) const VERDICTS: [&str; 8] = [
    "accepted",
    "delivered",
    "retry",
    "refused",
    "in_doubt",
    "withdrawn",
    "barred",
    UNSENDABLE,
];
/// Refused by ourselves before anything left.
pub(crate) const UNSENDABLE: &str = "unsendable";

/// The place of an escalation's cause in [`ESCALATED_BY`].
pub(crate) const fn escalated_by(cause: &Cause) -> Option<usize> {
    match cause {
        Cause::Bounced { .. } => Some(0),
        Cause::Unanswered => Some(1),
        Cause::Unreachable => Some(2),
        _ => None,
    }
}

/// Every kind of event with its name: for the list of names, and for the name of one.
macro_rules! events {
    ($($pattern:pat => $name:literal,)+) => {
        /// Every kind of event, as the label names it.
        pub(crate) const EVENT_NAMES: &[&str] = &[$($name),+];

        /// The name of one.
        pub(crate) const fn event_name(event: &Event) -> &'static str {
            match event {
                $($pattern => $name,)+
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
    Event::AddressMarked { .. } => "address_marked",
    Event::AddressKept { .. } => "address_kept",
    Event::FactTaken => "fact_taken",
    Event::SubjectOpen { .. } => "subject_open",
}
