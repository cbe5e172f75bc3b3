//! Owns what an attempt changes in what is remembered of messages that left lately. Refuses to say
//! which are counted: the event does.

use crate::event::Event;
use crate::ids::NotificationId;
use crate::lately::Departure;
use crate::state::{Open, Tenant};
use crate::time::Timestamp;

/// The newest attempt of a notification left.
pub(super) fn remember(tenant: &mut Tenant, id: NotificationId, at: Timestamp) {
    if let Some(departure) = tenant.find(id).and_then(|open| departure(open, at)) {
        let lately = &mut tenant.told_mut().lately;
        lately.get_or_insert_default().add(departure);
    }
}

fn departure(open: &Open, at: Timestamp) -> Option<Departure> {
    let sent = open.sent().last()?;
    let about = (&*open.category, open.subject.as_deref());
    let attempt = (open.id, sent.attempt);
    Some(Departure::new(at, attempt, about, sent.channel))
}

/// Forgets an attempt that an event tells to have reached nobody.
pub(super) fn forget(tenant: &mut Tenant, event: &Event) {
    let Some(told) = tenant.told.as_deref_mut() else {
        return;
    };
    if let (Some(lately), Some((id, attempt))) = (&mut told.lately, reached_nobody(event)) {
        lately.forget(id, attempt);
        if lately.is_empty() {
            told.lately = None;
        }
    }
}

const fn reached_nobody(event: &Event) -> Option<(NotificationId, u16)> {
    match event {
        Event::AttemptWithdrawn { id, attempt, .. }
        | Event::AttemptDeferred { id, attempt, .. }
        | Event::AttemptFailed { id, attempt, .. } => Some((*id, *attempt)),
        _ => None,
    }
}
