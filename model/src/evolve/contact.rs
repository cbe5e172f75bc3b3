//! Owns the remembering of a message that left, or may have, where its flow is counted. An attempt is
//! remembered once, from when it was first known.

use super::applied::FlowBook;
use crate::event::Event;
use crate::history::Contact;
use crate::ids::NotificationId;
use crate::state::Tenant;
use crate::time::Timestamp;

/// Remembers what an event says of a message, if it left.
pub(super) fn note(tenant: &mut Tenant, at: Timestamp, event: &Event, flows: &dyn FlowBook) {
    let Some((id, attempt)) = left(event) else {
        return;
    };
    let Some(open) = tenant.find(id) else {
        return;
    };
    let Some(flow) = flows.flow(open.flow).filter(|flow| flow.counted) else {
        return;
    };
    let contact = Contact {
        at,
        attempt: Contact::attempt_hash(id, attempt),
        purpose: Contact::purpose_hash(&flow.purpose),
        about: Contact::subject_hash(open.subject.as_deref()),
    };
    remember(&mut tenant.told_mut().contacts, contact);
}

fn left(event: &Event) -> Option<(NotificationId, u16)> {
    match event {
        Event::AttemptAccepted { id, attempt, .. }
        | Event::AttemptDelivered { id, attempt }
        | Event::AttemptInDoubt { id, attempt, .. } => Some((*id, *attempt)),
        _ => None,
    }
}

fn remember(contacts: &mut Vec<Contact>, new: Contact) {
    if contacts.iter().any(|known| known.attempt == new.attempt) {
        return;
    }
    contacts.retain(|known| new.at.since(known.at) < Contact::LONGEST_MS);
    if contacts.len() >= Contact::MOST {
        contacts.remove(0);
    }
    contacts.push(new);
}
