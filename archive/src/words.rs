//! Owns the words for inputs in the archive's lines; those for events are [`sluis_model::Event`]'s own
//! names. They are part of its format: a word that was written keeps its meaning. Refuses to leave
//! one out: a new variant does not compile until it is named here.

use sluis_model::{CancelTarget, Input, NotificationId};

/// The word for what came in.
pub(crate) const fn input(input: &Input) -> &'static str {
    match input {
        Input::Notify(_) => "notify",
        Input::PutProfile(_) => "put_profile",
        Input::Fact(_) => "fact",
        Input::Declared(_) => "declared_fact",
        Input::Receipt(_) => "receipt",
        Input::Timer { .. } => "timer",
        Input::Permit(_) => "permit",
        Input::Outcome { .. } => "outcome",
        Input::Interrupted { .. } => "interrupted",
        Input::Cancel { .. } => "cancel",
        Input::Answer { .. } => "answer",
        Input::Link { .. } => "link",
        Input::LateReceipt(_) => "late_receipt",
        Input::NoWay(_) => "no_way",
        Input::Sent { .. } => "sent",
        Input::PutHousehold(_) => "put_household",
        Input::InHousehold { .. } => "in_household",
        Input::PartNews(_) => "part_news",
        Input::GroupTold { .. } => "group_told",
        Input::StopPart(_) => "stop_part",
        Input::TaskAnswered(_) => "task_answered",
        Input::TenantAnswered(_) => "tenant_answered",
        Input::Migrate(_) => "migrate",
    }
}

/// The notification that an input names.
pub(crate) fn about(input: &Input) -> Option<NotificationId> {
    match input {
        Input::Notify(notification) => Some(notification.id),
        Input::Receipt(receipt) => Some(receipt.attempt.id),
        Input::LateReceipt(late) => Some(late.receipt.attempt.id),
        Input::Timer { id }
        | Input::Answer { id, .. }
        | Input::Link { id, .. }
        | Input::GroupTold { id, .. } => Some(*id),
        Input::PartNews(news) => Some(news.group),
        Input::StopPart(stop) => Some(stop.id),
        Input::Permit(permit) => Some(permit.id),
        Input::NoWay(no_way) => Some(no_way.id),
        Input::TaskAnswered(given) => Some(given.id),
        Input::TenantAnswered(given) => Some(given.id),
        Input::Migrate(order) => Some(order.id),
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
        | Input::Declared(_)
        | Input::PutHousehold(_)
        | Input::InHousehold { .. } => None,
    }
}
