//! People get what no provider takes, and nothing else. What waits where no provider serves its
//! corporation any more, or where every one has refused our account for long enough, is decided on;
//! what any of them may still take is left in line. Refuses the engine's gates: it keeps its own book
//! of what the providers answered.

use std::collections::BTreeMap;

use sluis_model::{
    Barred, Channel, CorporationId, FlowBook, Input, MINUTE, NotificationId, Open, Phase, SECOND,
    TenantRecord, Timestamp, Verdict,
};

use super::{Check, Findings};
use crate::contracts::Contracts;
use crate::ground::WAYS;
use crate::plan::Plan;
use crate::shadow::Shadow;

const CHECK: Check = Check::NoWayLeft;
/// How far a restless clock may have gone back.
const RESTLESS_MS: i64 = 20;
/// How long something may wait for nobody once all is calm, in milliseconds: the engine looks every
/// five seconds, and tells a line that was full again.
const LOOKS_MS: i64 = 10 * SECOND;

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
    /// When it was first seen to wait in vain while all was calm.
    in_vain: BTreeMap<NotificationId, Timestamp>,
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

    /// Nothing is under way: nothing waits where no provider serves its corporation.
    pub(crate) fn settled(
        contracts: &Contracts,
        shadow: &Shadow,
        now: Timestamp,
        findings: &mut Findings,
    ) {
        for (open, line) in in_lines(shadow, now) {
            findings.expect(line.ways(contracts).next().is_some(), CHECK, || {
                format!("{} waits in {line:?}, and nobody serves it", open.id)
            });
        }
    }

    /// Nothing is under way, and the faults are over: nothing goes on waiting where every provider has
    /// refused our account for long enough.
    pub(crate) fn calm(
        &mut self,
        (plan, contracts): (&Plan, &Contracts),
        shadow: &Shadow,
        now: Timestamp,
        findings: &mut Findings,
    ) {
        let long = plan.give_up_ms() + MINUTE;
        let before = std::mem::take(&mut self.in_vain);
        for (open, line) in in_lines(shadow, now) {
            let mut ways = line.ways(contracts);
            if !ways.all(|way| is_long(self.answers[way].certainly, now, long)) {
                continue;
            }
            let first = before.get(&open.id).copied().unwrap_or(now);
            findings.expect(now.since(first) < LOOKS_MS, CHECK, || {
                format!("{} waits in {line:?} in vain since {first}", open.id)
            });
            self.in_vain.insert(open.id, first);
        }
    }
}

/// Whether it has been so for as long.
fn is_long(since: Option<Timestamp>, now: Timestamp, long_ms: i64) -> bool {
    since.is_some_and(|since| now.since(since) >= long_ms)
}

/// What a message waits in line for.
#[derive(Debug)]
struct Line<'a> {
    corporation: CorporationId,
    channel: Channel,
    /// Only this provider.
    pinned: Option<&'a str>,
}

impl Line<'_> {
    /// The ways that are open to it.
    fn ways(&self, contracts: &Contracts) -> impl Iterator<Item = usize> {
        contracts.serving(self.channel, self.corporation, self.pinned)
    }
}

/// Everything that waits in line at `now`, but for what is paused.
fn in_lines(shadow: &Shadow, now: Timestamp) -> impl Iterator<Item = (&Open, Line<'_>)> {
    shadow.all_open().filter_map(move |(tenant, open)| {
        let Phase::Ready {
            channel,
            pinned,
            not_before,
            ..
        } = &open.phase
        else {
            return None;
        };
        let line = Line {
            corporation: tenant.corporation,
            channel: *channel,
            pinned: pinned.as_deref(),
        };
        let waits = *not_before <= now && !is_paused(shadow, &line, open);
        waits.then_some((open, line))
    })
}

fn is_paused(shadow: &Shadow, line: &Line<'_>, open: &Open) -> bool {
    let flow = shadow.flows().flow(open.flow);
    let flow = flow.map_or("", |flow| &flow.name);
    let mut scopes = shadow.logs.iter().flat_map(|log| &log.pauses);
    scopes.any(|scope| scope.covers(line.corporation, flow, line.channel))
}
