//! Owns what an attempt changes in what is remembered of a tenant's messages. An attempt is remembered
//! from its start where an event says that a rule counts it, else from when its provider has it, where
//! its flow is counted. Refuses to say which rules there are: the event and the flow do.

use super::applied::FlowBook;
use crate::event::Event;
use crate::history::{Contact, Fate};
use crate::ids::NotificationId;
use crate::state::{Open, Tenant};
use crate::time::Timestamp;

/// The newest attempt of a notification has started, and a rule counts it.
pub(super) fn started(
    tenant: &mut Tenant,
    id: NotificationId,
    at: Timestamp,
    flows: &dyn FlowBook,
) {
    let Some(open) = tenant.find(id) else {
        return;
    };
    let attempt = open.sent().last().map(|sent| sent.attempt);
    if let Some(contact) = attempt.map(|attempt| contact(open, attempt, at, flows)) {
        remember(tenant, contact);
    }
}

/// Remembers what an event says of an attempt.
pub(super) fn note(tenant: &mut Tenant, at: Timestamp, event: &Event, flows: &dyn FlowBook) {
    match event {
        Event::AttemptAccepted { id, attempt, .. }
        | Event::AttemptDelivered { id, attempt }
        | Event::AttemptInDoubt { id, attempt, .. } => left(tenant, (*id, *attempt), at, flows),
        Event::AttemptWithdrawn { id, attempt, .. }
        | Event::AttemptDeferred { id, attempt, .. } => {
            reached_nobody(tenant, (*id, *attempt), false);
        }
        Event::AttemptFailed { id, attempt, .. } => reached_nobody(tenant, (*id, *attempt), true),
        _ => {}
    }
}

/// The provider has it, or may have it.
fn left(
    tenant: &mut Tenant,
    (id, attempt): (NotificationId, u16),
    at: Timestamp,
    flows: &dyn FlowBook,
) {
    let history = tenant.told.as_deref_mut();
    let history = history.and_then(|told| told.history.as_deref_mut());
    if history.is_some_and(|history| history.left(id, attempt)) {
        return;
    }
    let Some(open) = tenant.find(id) else {
        return;
    };
    if !flows.flow(open.flow).is_some_and(|flow| flow.counted) {
        return;
    }
    let fate = Fate::Left;
    let contact = Contact {
        fate,
        ..contact(open, attempt, at, flows)
    };
    remember(tenant, contact);
}

fn contact(open: &Open, attempt: u16, at: Timestamp, flows: &dyn FlowBook) -> Contact {
    let flow = flows.flow(open.flow);
    Contact {
        id: open.id,
        at,
        about: Contact::subject_hash(open.subject.as_deref()),
        purpose: flow.map_or(0, |flow| Contact::purpose_hash(&flow.purpose)),
        category: Contact::category_hash(&open.category),
        attempt,
        channel: open.sent_to(attempt).map(|sent| sent.channel),
        fate: Fate::UnderWay,
        counted: flow.is_some_and(|flow| flow.counted),
    }
}

fn remember(tenant: &mut Tenant, contact: Contact) {
    let history = &mut tenant.told_mut().history;
    history.get_or_insert_default().add(contact);
}

fn reached_nobody(tenant: &mut Tenant, (id, attempt): (NotificationId, u16), came_back: bool) {
    let Some(told) = tenant.told.as_deref_mut() else {
        return;
    };
    if let Some(history) = &mut told.history {
        history.reached_nobody(id, attempt, came_back);
        if history.is_empty() {
            told.history = None;
        }
    }
}
