//! Owns what changes at a household and at its addressees: who is in it, its open groups, the parts of
//! a tenant. Refuses to touch the flow of a part: that runs as every other does.

use super::Applied;
use crate::addressed::Addressed;
use crate::event::Event;
use crate::group::{Group, GroupStop, OpenPart};
use crate::ids::NotificationId;
use crate::input::Input;
use crate::notification::Notification;
use crate::state::{Phase, Tenant};
use crate::time::Timestamp;

/// Remembers of a part that was accepted what it is a part of.
pub(super) fn accepted(tenant: &mut Tenant, body: &Notification) {
    if let Addressed::Part(of) = &body.addressed {
        let (id, of) = (body.id, (**of).clone());
        tenant.grouped_mut().parts.push(OpenPart { id, of });
    }
}

/// Forgets a group or a part that ended.
pub(super) fn ended(tenant: &mut Tenant, id: NotificationId) {
    let Some(grouped) = tenant
        .told
        .as_deref_mut()
        .and_then(|t| t.grouped.as_deref_mut())
    else {
        return;
    };
    grouped.groups.retain(|group| group.id != id);
    if grouped.part(id).is_some() {
        grouped.part_ended(id);
    }
}

/// Applies what is about households alone.
pub(super) fn take(tenant: &mut Tenant, applied: Applied<'_>, event: &Event) {
    let Applied { at, input, .. } = applied;
    match (event, input) {
        (
            Event::GroupFormed {
                id, told, together, ..
            },
            Input::Notify(body),
        ) => {
            let group = Group::new(body, told, *together);
            tenant.grouped_mut().groups.push(group);
            wait(tenant, *id, at);
        }
        (Event::GroupTold { id, stop }, _) => {
            if let Some(group) = tenant.grouped_mut().group_mut(*id) {
                match (stop, &mut group.stop) {
                    (true, Some(stop)) => stop.is_told = true,
                    (true, None) => {}
                    (false, _) => group.body = None,
                }
            }
            wait(tenant, *id, at);
        }
        (Event::PartEnded { id, part, end }, _) => {
            let group = tenant.grouped_mut().group_mut(*id);
            if let Some(part) = group.and_then(|group| group.numbered(*part)) {
                part.end = Some(end.clone());
            }
        }
        (Event::GroupStopping { id, end, note, by }, _) => {
            if let Some(group) = tenant.grouped_mut().group_mut(*id) {
                group.stop = Some(Box::new(GroupStop {
                    end: end.clone(),
                    note: note.clone(),
                    by: *by,
                    is_told: false,
                }));
            }
            wait(tenant, *id, at);
        }
        (Event::PartBarred { part }, _) => tenant.grouped_mut().part_ended(*part),
        (Event::HouseholdStored { .. }, Input::PutHousehold(household)) => {
            tenant.grouped_mut().household = Some((**household).clone());
            // Somebody loaded it: it is no stranger.
            tenant.profile.get_or_insert_default();
        }
        (Event::HouseholdNoted { household, is_in }, _) => {
            tenant.grouped_mut().note(household, *is_in);
        }
        _ => {}
    }
}

/// The group waits until its addressees are told again, or for what they bring.
fn wait(tenant: &mut Tenant, id: NotificationId, at: Timestamp) {
    let until = tenant.grouped().and_then(|grouped| grouped.group(id));
    let Some(until) = until.map(|group| group.until(at)) else {
        return;
    };
    if let Some(open) = tenant.find_mut(id) {
        open.phase = Phase::Waiting { until };
    }
}
