//! Caps: no message starts that is one too many for its tenant, but for urgent ones. Refuses the
//! history that the engine keeps: it counts what the records say.

use std::collections::{BTreeMap, BTreeSet};

use sluis_model::{Event, Input, Lane, NotificationId, Record, TenantKey, TenantRecord, Timestamp};

use super::{Check, Findings};
use crate::shadow::Shadow;

const CHECK: Check = Check::CapsKept;

/// What left and reached somebody, as far as is known.
type Left = BTreeMap<(NotificationId, u16), Timestamp>;

/// When everything handed in is durable: every attempt that ever started.
pub(crate) fn settled(cap: Option<(u8, i64)>, shadow: &Shadow, findings: &mut Findings) {
    let Some(cap) = cap else { return };
    for log in &shadow.logs {
        let mut books: BTreeMap<&TenantKey, Left> = BTreeMap::new();
        let mut urgent: BTreeSet<NotificationId> = BTreeSet::new();
        for record in &log.records {
            let Record::Tenant(record) = record else {
                continue;
            };
            if let Input::Notify(body) = &record.input
                && body.lane == Lane::Urgent
            {
                urgent.insert(body.id);
            }
            let left = books.entry(&record.tenant).or_default();
            for event in &record.events {
                counted(event, record, cap, left, &urgent, findings);
            }
        }
    }
}

fn counted(
    event: &Event,
    record: &TenantRecord,
    (most, within_ms): (u8, i64),
    left: &mut Left,
    urgent: &BTreeSet<NotificationId>,
    findings: &mut Findings,
) {
    match event {
        Event::AttemptStarted {
            id,
            attempt,
            resend,
            ..
        } => {
            let since = record.at.plus(-within_ms);
            let lately = left.values().filter(|at| **at > since).count();
            let is_free = *resend || urgent.contains(id);
            findings.expect(is_free || lately < usize::from(most), CHECK, || {
                let tenant = &record.tenant;
                format!("{tenant:?}: {id} is one more than {most} in {within_ms} ms")
            });
            left.insert((*id, *attempt), record.at);
        }
        Event::AttemptWithdrawn { id, attempt, .. }
        | Event::AttemptDeferred { id, attempt, .. }
        | Event::AttemptFailed { id, attempt, .. } => {
            left.remove(&(*id, *attempt));
        }
        _ => {}
    }
}
