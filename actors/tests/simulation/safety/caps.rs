//! Caps: no message starts that is one too many for its tenant, but for urgent ones and for those of a step with a
//! legal reason. Refuses the
//! history that the engine keeps: it counts what the records say.

use std::collections::{BTreeMap, BTreeSet};

use sluis_model::{
    Event, FlowBook, FlowRef, Input, Lane, Notification, NotificationId, Record, TenantKey,
    TenantRecord, Timestamp,
};

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
        let mut exempt = Exempt::default();
        for record in &log.records {
            let Record::Tenant(record) = record else {
                continue;
            };
            if let Input::Notify(body) = &record.input {
                exempt.accepted(body);
            }
            let left = books.entry(&record.tenant).or_default();
            for event in &record.events {
                exempt.moved(event, shadow);
                counted(event, record, cap, left, &exempt, findings);
            }
        }
    }
}

/// What no cap holds back.
#[derive(Default)]
struct Exempt {
    urgent: BTreeSet<NotificationId>,
    flows: BTreeMap<NotificationId, FlowRef>,
    /// Those that stand at a step with a legal reason.
    legal: BTreeSet<NotificationId>,
}

impl Exempt {
    fn accepted(&mut self, body: &Notification) {
        self.flows.insert(body.id, body.flow);
        if body.lane == Lane::Urgent {
            self.urgent.insert(body.id);
        }
    }

    fn moved(&mut self, event: &Event, shadow: &Shadow) {
        let entered = match event {
            Event::StepEntered { id, step, .. } => Some((id, *step)),
            Event::Migrated { id, moved } => {
                self.flows.insert(*id, moved.to);
                Some((id, moved.step))
            }
            _ => None,
        };
        if let Some((id, step)) = entered {
            let flow = self.flows.get(id);
            let flow = flow.and_then(|flow| shadow.flows().flow(*flow));
            let step = flow.and_then(|flow| flow.step(step));
            let message = step.and_then(|step| step.kind.message());
            if message.is_some_and(|message| message.legal.is_some()) {
                self.legal.insert(*id);
            } else {
                self.legal.remove(id);
            }
        }
    }

    fn is(&self, id: NotificationId) -> bool {
        self.urgent.contains(&id) || self.legal.contains(&id)
    }
}

fn counted(
    event: &Event,
    record: &TenantRecord,
    (most, within_ms): (u8, i64),
    left: &mut Left,
    exempt: &Exempt,
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
            let is_free = *resend || exempt.is(*id);
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
