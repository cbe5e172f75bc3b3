//! Owns what an end changes in what is remembered of earlier rounds. Refuses to remember what never began,
//! and what its flow does not ask for.

use super::applied::FlowBook;
use crate::ids::NotificationId;
use crate::rounds::Round;
use crate::state::{Open, Tenant};
use crate::time::Timestamp;

/// A notification is about to leave what is open.
pub(super) fn ended(tenant: &mut Tenant, id: NotificationId, at: Timestamp, flows: &dyn FlowBook) {
    let Some(open) = tenant.find(id).filter(|open| open.entered) else {
        return;
    };
    let (Some(flow), Some(subject)) = (flows.flow(open.flow), open.subject.as_deref()) else {
        return;
    };
    if flow.follows_ms.is_none() {
        return;
    }
    let number = tenant.followed(open, flow).map_or(0, |round| round.number);
    let (name, subject) = (flow.name.clone(), subject.clone());
    let mut rounds = tenant.told_mut().rounds.take().unwrap_or_default();
    let reads = |open: &Open, round: &Round| {
        let flow = flows
            .flow(open.flow)
            .filter(|flow| flow.follows_ms.is_some());
        let subject = open.subject.as_deref();
        flow.zip(subject)
            .is_some_and(|(flow, subject)| round.is_of(&flow.name, subject))
    };
    let is_open = |round: &Round| tenant.open.iter().any(|open| reads(open, round));
    let last = (id, number.saturating_add(1));
    rounds.ended((&name, &subject), last, at, is_open);
    tenant.told_mut().rounds = Some(rounds);
}
