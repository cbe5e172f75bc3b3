//! Owns the words for inputs and events in the archive's lines. They are part of its format: a word
//! that was written keeps its meaning. Refuses to leave one out: a new variant does not compile until
//! it is named here.

use sluis_model::{CancelTarget, Event, Input, NotificationId};

/// The word for what came in.
pub(crate) const fn input(input: &Input) -> &'static str {
    match input {
        Input::Notify(_) => "notify",
        Input::PutProfile(_) => "put_profile",
        Input::Fact(_) => "fact",
        Input::Receipt(_) => "receipt",
        Input::Timer { .. } => "timer",
        Input::Permit(_) => "permit",
        Input::Outcome { .. } => "outcome",
        Input::Interrupted { .. } => "interrupted",
        Input::Cancel { .. } => "cancel",
        Input::Answer { .. } => "answer",
        Input::Link { .. } => "link",
        Input::Supplied(_) => "supplied",
        Input::LateReceipt(_) => "late_receipt",
        Input::NoWay(_) => "no_way",
        Input::Sent { .. } => "sent",
    }
}

/// The notification that an input names.
pub(crate) fn about(input: &Input) -> Option<NotificationId> {
    match input {
        Input::Notify(notification) => Some(notification.id),
        Input::Receipt(receipt) => Some(receipt.attempt.id),
        Input::LateReceipt(late) => Some(late.receipt.attempt.id),
        Input::Timer { id } | Input::Answer { id, .. } | Input::Link { id, .. } => Some(*id),
        Input::Permit(permit) => Some(permit.id),
        Input::NoWay(no_way) => Some(no_way.id),
        Input::Outcome { attempt, .. }
        | Input::Sent { attempt, .. }
        | Input::Interrupted { attempt } => Some(attempt.id),
        Input::Cancel {
            target: CancelTarget::Notification(id),
            ..
        } => Some(*id),
        Input::Cancel {
            target: CancelTarget::Subject(_),
            ..
        }
        | Input::PutProfile(_)
        | Input::Fact(_)
        | Input::Supplied(_) => None,
    }
}

/// The word for what was decided.
pub(crate) const fn event(event: &Event) -> &'static str {
    match event {
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
        Event::OutcomeNoted { .. } => "outcome_noted",
        Event::TaskOpened { .. } => "task_opened",
        Event::LinkClosed { .. } => "link_closed",
        Event::LinkUsed { .. } => "link_used",
        Event::Ended { .. } => "ended",
        Event::ProfileStored { .. } => "profile_stored",
        Event::AddressMarked { .. } => "address_marked",
        Event::FactTaken => "fact_taken",
        Event::SubjectOpen { .. } => "subject_open",
        Event::AddressKept { .. } => "address_kept",
        Event::Unexplained { .. } => "unexplained",
    }
}
