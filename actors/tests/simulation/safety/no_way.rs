//! People get what no provider takes, and nothing else. What waits where no provider serves its
//! corporation any more, or where every one has refused our account for long enough, is decided on;
//! what any of them may still take is left in line. Refuses the engine's gates: it keeps its own book
//! of what the providers answered.

use std::collections::BTreeMap;

use sluis_model::{
    Barred, Channel, CorporationId, Flow, FlowBook, Input, MINUTE, NotificationId, Open, Phase,
    TenantKey, TenantRecord, Timestamp, Verdict,
};

use super::{Check, Findings};
use crate::contracts::Contracts;
use crate::ground::WAYS;
use crate::plan::Plan;
use crate::shadow::Shadow;

const CHECK: Check = Check::NoWayLeft;
/// How far a restless clock may have gone back.
const RESTLESS_MS: i64 = 20;
/// How often all may have settled while something waits for nobody: a full line is told again.
const MOST_SEEN: usize = 3;

/// What one provider answered since the process began.
#[derive(Clone, Copy, Debug, Default)]
struct Answers {
    /// Its first word that it takes nothing from our account, since it last took anything.
    since: Option<Timestamp>,
    /// The same, since no connection failed either, which the breaker may have taken for the reason.
    certainly: Option<Timestamp>,
    failed: Option<Timestamp>,
    /// It has refused our account for long enough before.
    gave_up: bool,
}

/// What the providers answered, and what waits for none of them.
#[derive(Debug, Default)]
pub(crate) struct NoWays {
    answers: [Answers; WAYS.len()],
    /// When it was seen to wait in vain, each time that all had settled at another instant.
    in_vain: BTreeMap<NotificationId, Vec<Timestamp>>,
}

impl NoWays {
    /// The process died, and with it what it knew of its providers.
    pub(crate) fn crashed(&mut self) {
        *self = Self::default();
    }

    /// A connection to the provider failed.
    pub(crate) fn failed(&mut self, way: usize, now: Timestamp) {
        let answers = &mut self.answers[way];
        (answers.failed, answers.certainly) = (Some(now), None);
    }

    /// The provider answered.
    pub(crate) fn said(&mut self, plan: &Plan, way: usize, verdict: &Verdict, now: Timestamp) {
        let answers = &mut self.answers[way];
        match verdict {
            Verdict::Barred {
                what: Barred::Account,
                ..
            } => {
                answers.since.get_or_insert(now);
                let probed = |failed: Timestamp| now > failed.plus(plan.breaker.longest_ms);
                if answers.failed.is_none_or(probed) {
                    answers.certainly.get_or_insert(now);
                }
            }
            Verdict::InDoubt { .. } | Verdict::Withdrawn { .. } => self.failed(way, now),
            Verdict::Accepted { .. }
            | Verdict::Delivered { .. }
            | Verdict::Retry { .. }
            | Verdict::Refused { .. }
            | Verdict::Barred { .. } => {
                *answers = Answers {
                    gave_up: answers.gave_up || is_long(answers.since, now, plan.give_up_ms()),
                    ..Answers::default()
                };
            }
        }
    }

    /// A record is handed in; the shadow does not have it yet. What is taken out of line had no way
    /// left.
    pub(crate) fn decided(
        &self,
        (plan, contracts): (&Plan, &Contracts),
        record: &TenantRecord,
        now: Timestamp,
        findings: &mut Findings,
    ) {
        let Input::NoWay(no_way) = &record.input else {
            return;
        };
        let corporation = record.tenant.corporation;
        let mut ways = contracts.serving(no_way.channel, corporation, no_way.pinned.as_deref());
        let takes = ways.find(|way| {
            let answers = self.answers[*way];
            !answers.gave_up && !is_long(answers.since, now.plus(RESTLESS_MS), plan.give_up_ms())
        });
        findings.expect(takes.is_none() || record.events.is_empty(), CHECK, || {
            let provider = takes.map(|way| WAYS[way].0);
            format!(
                "{} is given to people, and {provider:?} may take it",
                no_way.id
            )
        });
    }

    /// Nothing is under way.
    pub(crate) fn settled(
        &mut self,
        (plan, contracts): (&Plan, &Contracts),
        shadow: &Shadow,
        now: Timestamp,
        findings: &mut Findings,
    ) {
        let mut in_vain = std::mem::take(&mut self.in_vain);
        for (tenant, open) in shadow.all_open() {
            let Some((channel, pinned)) = in_line(shadow, tenant, open, now) else {
                continue;
            };
            let mut ways = contracts
                .serving(channel, tenant.corporation, pinned)
                .peekable();
            findings.expect(ways.peek().is_some(), CHECK, || {
                format!(
                    "{} waits for {pinned:?} of {channel}, and nobody serves it",
                    open.id
                )
            });
            let long = plan.give_up_ms() + MINUTE;
            if ways.all(|way| is_long(self.answers[way].certainly, now, long)) {
                let mut seen = in_vain.remove(&open.id).unwrap_or_default();
                if seen.last().is_none_or(|last| *last < now) {
                    seen.push(now);
                }
                findings.expect(seen.len() <= MOST_SEEN, CHECK, || {
                    format!(
                        "{} waits for providers that take nothing since {:?}",
                        open.id, seen[0]
                    )
                });
                self.in_vain.insert(open.id, seen);
            }
        }
    }
}

/// Whether it has been so for as long.
fn is_long(since: Option<Timestamp>, now: Timestamp, long_ms: i64) -> bool {
    since.is_some_and(|since| now.since(since) >= long_ms)
}

/// The line that a message waits in, unless it is paused.
fn in_line<'a>(
    shadow: &Shadow,
    tenant: &TenantKey,
    open: &'a Open,
    now: Timestamp,
) -> Option<(Channel, Option<&'a str>)> {
    match &open.phase {
        Phase::Ready {
            channel,
            pinned,
            not_before,
            ..
        } if *not_before <= now && !is_paused(shadow, tenant, open, *channel) => {
            Some((*channel, pinned.as_deref()))
        }
        _ => None,
    }
}

fn is_paused(shadow: &Shadow, tenant: &TenantKey, open: &Open, channel: Channel) -> bool {
    let flow = shadow
        .flows()
        .flow(open.flow)
        .map_or("", |flow: &Flow| &flow.name);
    let corporation: CorporationId = tenant.corporation;
    let mut scopes = shadow.logs.iter().flat_map(|log| &log.pauses);
    scopes.any(|scope| scope.covers(corporation, flow, channel))
}
