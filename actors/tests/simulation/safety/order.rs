//! Instants from outside order nothing by themselves: no attempt of a flow that asks for the
//! balance starts unless the balance that counts is above zero and fresh. The one that counts is
//! the newest by its own instant, never later than it came in; of two at the same instant the later
//! arrival; one whose instant is only that of its arrival yields to what comes later and is dated
//! some minutes before. Refuses the engine's state: it looks at the facts and at when they came.

use sluis_model::{DAY, Event, FactKind, FlowBook, MINUTE, TenantRecord, Timestamp};

use super::{Check, Findings};
use crate::shadow::Shadow;

const CHECK: Check = Check::NothingAheadWins;
/// The flow whose guard asks for the balance, and how fresh it wants it.
const FLOW: &str = "storno";
const FRESH_MS: i64 = DAY;
/// How much what came dated ahead yields.
pub(super) const YIELDS_MS: i64 = 5 * MINUTE;

/// A record is handed in; the shadow does not have it yet.
pub(crate) fn decided(record: &TenantRecord, shadow: &Shadow, findings: &mut Findings) {
    for event in &record.events {
        let Event::AttemptStarted { id, attempt, .. } = event else {
            continue;
        };
        let flow = shadow
            .open(*id)
            .and_then(|open| shadow.flows().flow(open.flow));
        if flow.is_none_or(|flow| &*flow.name != FLOW) {
            continue;
        }
        let balances = shadow
            .facts_of(&record.tenant)
            .filter(|(fact, _)| fact.kind == FactKind::Balance);
        let mut counts: Option<(Timestamp, bool, i64)> = None;
        for (fact, came) in balances {
            let (at, ahead) = (fact.occurred_at.min(came), fact.occurred_at > came);
            if counts.is_none_or(|(known, ahead, _)| {
                known.plus(if ahead { -YIELDS_MS } else { 0 }) <= at
            }) {
                counts = Some((at, ahead, fact.amount_cents.unwrap_or_default()));
            }
        }
        let right = counts.is_some_and(|(at, _, cents)| {
            cents > 0 && (-MINUTE..=FRESH_MS).contains(&record.at.since(at))
        });
        findings.expect(right, CHECK, || {
            format!(
                "attempt {attempt} of {id} started at {}; the balance that counts is {counts:?}",
                record.at
            )
        });
    }
}
