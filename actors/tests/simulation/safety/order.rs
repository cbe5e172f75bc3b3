//! Instants from outside order nothing by themselves: no attempt of a flow that asks for the balance starts unless the balance
//! that counts is above zero and fresh. The one that counts is the newest by its own instant, never later than it came in; of
//! two at the same instant the later arrival. Refuses the engine's state: it looks at the facts and at when they came.

use sluis_model::{DAY, Event, FactKind, FlowBook, MINUTE, TenantRecord};

use super::{Check, Findings};
use crate::shadow::Shadow;

const CHECK: Check = Check::NothingAheadWins;
/// The flow whose guard asks for the balance, and how fresh it wants it.
const FLOW: &str = "storno";
const FRESH_MS: i64 = DAY;

/// A record is handed in; the shadow does not have it yet.
pub(crate) fn decided(record: &TenantRecord, shadow: &Shadow, findings: &mut Findings) {
    for event in &record.events {
        let Event::AttemptStarted { id, attempt, .. } = event else { continue };
        let flow = shadow.open(*id).and_then(|open| shadow.flows().flow(open.flow));
        if flow.is_none_or(|flow| &*flow.name != FLOW) {
            continue;
        }
        let balances = shadow.facts_of(&record.tenant).filter(|(fact, _)| fact.kind == FactKind::Balance);
        let placed = balances.map(|(fact, came)| (fact.occurred_at.min(came), fact.amount_cents.unwrap_or_default()));
        let counts = placed.enumerate().max_by_key(|(arrival, (at, _))| (*at, *arrival)).map(|(_, balance)| balance);
        let right = counts.is_some_and(|(at, cents)| cents > 0 && (-MINUTE..=FRESH_MS).contains(&record.at.since(at)));
        findings.expect(right, CHECK, || {
            format!("attempt {attempt} of {id} started at {}; the balance that counts is {counts:?}", record.at)
        });
    }
}
