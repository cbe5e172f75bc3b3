//! Promise 3, one order per tenant: each tenant's records form one chain in the one shard that is
//! its own, and no attempt starts for a subject whose payment was acknowledged before. Refuses the
//! engine's sums: it adds up the facts itself.

use std::collections::BTreeMap;

use sluis_model::flow::Value;
use sluis_model::{
    Event, Fact, FactKind, NotificationId, Open, Subject, TenantKey, TenantRecord, Timestamp,
};

use super::order::YIELDS_MS;
use super::{Check, Findings};
use crate::shadow::Shadow;

const CHECK: Check = Check::PaymentStops;

/// Facts whose senders were told that they were taken.
#[derive(Debug, Default)]
pub(crate) struct Payments {
    acknowledged: BTreeMap<TenantKey, Vec<Fact>>,
}

impl Payments {
    /// A sender was told.
    pub(crate) fn acknowledged(&mut self, tenant: &TenantKey, fact: &Fact) {
        let known = self.acknowledged.entry(tenant.clone()).or_default();
        if known.iter().all(|other| other.fact_id != fact.fact_id) {
            known.push(fact.clone());
        }
    }

    /// A record is handed in; the shadow does not have it yet. `first`: the oldest that its shard
    /// keeps.
    pub(crate) fn decided(
        &self,
        (shard, first): (u16, u64),
        record: &TenantRecord,
        shadow: &Shadow,
        findings: &mut Findings,
    ) {
        let log = &shadow.logs[usize::from(shard)];
        findings.expect(
            record.tenant.shard(shadow.logs.len() as u16).0 == shard,
            CHECK,
            || {
                format!(
                    "{:?} was decided about in shard {shard}, which is not its own",
                    record.tenant
                )
            },
        );
        let tenant = log.tenants.get(&record.tenant);
        let last = tenant.map_or(0, |tenant| tenant.last);
        // Of whom nothing was left is new once its records are forgotten.
        let is_new =
            record.previous == 0 && last < first && tenant.is_none_or(|tenant| tenant.is_blank());
        findings.expect(record.previous == last || is_new, CHECK, || {
            format!(
                "a record of {:?} follows {} and not its newest, {last}",
                record.tenant, record.previous
            )
        });
        for event in &record.events {
            if let Event::AttemptStarted { id, .. } = event
                && shadow.open(*id).is_some_and(|open| closes(shadow, open))
            {
                // What is paid is closed at the machine.
                continue;
            }
            if let Event::AttemptStarted { id, attempt, .. } = event
                && let Some((left, of)) = self.left_to_pay(shadow, &record.tenant, *id)
            {
                findings.expect(left > 0, CHECK, || {
                    format!(
                        "attempt {attempt} of {id} started although {of} was paid and its sender knows: {left} cents are left"
                    )
                });
            }
        }
    }

    /// When nothing is under way: what is paid has ended.
    pub(crate) fn settled(&self, shadow: &Shadow, findings: &mut Findings) {
        for (tenant, open) in shadow.all_open() {
            // A close may be under way, and at a machine that is away for long.
            if is_to_end(shadow, open) {
                continue;
            }
            if let Some((left, of)) = self.left_of(shadow, tenant, open) {
                findings.expect(left > 0, CHECK, || {
                    format!(
                        "{} is open although {of} is paid: {left} cents are left",
                        open.id
                    )
                });
            }
        }
    }

    fn left_to_pay(
        &self,
        shadow: &Shadow,
        tenant: &TenantKey,
        id: NotificationId,
    ) -> Option<(i64, Subject)> {
        self.left_of(shadow, tenant, shadow.open(id)?)
    }

    /// What is left of the subject of a notification whose flow stops when it is paid.
    fn left_of(&self, shadow: &Shadow, tenant: &TenantKey, open: &Open) -> Option<(i64, Subject)> {
        if shadow.flows().are_drawn() {
            // Whether such a flow stops is up to its own rules.
            return None;
        }
        let flow = sluis_model::FlowBook::flow(shadow.flows(), open.flow)?;
        let Value::Integer(amount) = *open.fields.get(flow.amount?)? else {
            return None;
        };
        let subject = open.subject.as_deref()?;
        let about = |fact: &Fact| fact.subject.as_ref() == Some(subject);
        let mut facts: Vec<Placed<'_>> = shadow
            .facts_of(tenant)
            .filter(|(fact, _)| about(fact))
            .map(Placed::of)
            .collect();
        for fact in self
            .acknowledged
            .get(tenant)
            .into_iter()
            .flatten()
            .filter(|fact| about(fact))
        {
            if facts.iter().all(|other| other.fact.fact_id != fact.fact_id) {
                facts.push(Placed::of((fact, Timestamp::NEVER)));
            }
        }
        Some((left(&facts, amount), subject.clone()))
    }
}

/// Whether the end of a notification waits for its closing.
fn is_to_end(shadow: &Shadow, open: &Open) -> bool {
    let flow = sluis_model::FlowBook::flow(shadow.flows(), open.flow);
    flow.is_some_and(|flow| flow.waiting_end(&open.fields).is_some())
}

/// Whether it is at its closing.
fn closes(shadow: &Shadow, open: &Open) -> bool {
    let flow = sluis_model::FlowBook::flow(shadow.flows(), open.flow);
    is_to_end(shadow, open) && flow.is_some_and(|flow| flow.is_closing_step(open.step))
}

/// A fact, and where it stands: at its own instant, and never later than it came in.
struct Placed<'a> {
    fact: &'a Fact,
    at: Timestamp,
    ahead: bool,
}

impl<'a> Placed<'a> {
    fn of((fact, came): (&'a Fact, Timestamp)) -> Self {
        Self {
            fact,
            at: fact.occurred_at.min(came),
            ahead: fact.occurred_at > came,
        }
    }
}

/// What is left by these facts about one subject, each with when it came in.
pub(crate) fn left_of_facts<'a>(
    facts: impl Iterator<Item = (&'a Fact, Timestamp)>,
    accepted: i64,
) -> i64 {
    let placed: Vec<Placed<'_>> = facts.map(Placed::of).collect();
    left(&placed, accepted)
}

/// What is left, fact by fact in order of arrival: the amount last told, else the one accepted,
/// without what was paid after it was told. An amount whose instant is only that of its arrival
/// yields to facts dated some minutes before.
fn left(facts: &[Placed<'_>], accepted: i64) -> i64 {
    let (mut told, mut paid) = (None::<&Placed<'_>>, Vec::new());
    let yields = |told: &Placed<'_>| told.at.plus(if told.ahead { -YIELDS_MS } else { 0 });
    for placed in facts {
        match placed.fact.kind {
            FactKind::OpenAmount if told.is_none_or(|told| yields(told) <= placed.at) => {
                told = Some(placed);
                paid.retain(|paid: &&Placed<'_>| paid.at > placed.at);
            }
            FactKind::Payment
                if told
                    .is_none_or(|told| yields(told) < placed.at.plus(i64::from(placed.ahead))) =>
            {
                paid.push(placed);
            }
            _ => {}
        }
    }
    let start = told.map_or(accepted, |told| told.fact.amount_cents.unwrap_or_default());
    start
        - paid
            .iter()
            .filter_map(|paid| paid.fact.amount_cents)
            .sum::<i64>()
}
