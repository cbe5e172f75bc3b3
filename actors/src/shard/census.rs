//! Owns what a shard tells whoever watches it: how long the oldest waits in each line, what stands
//! still and needs somebody, which facts fitted nothing. From counts and the front of each line: it
//! walks nothing that grows with what is open.

use std::collections::BTreeMap;

use sluis_model::{
    Channel, CorporationId, FlowBook, Lane, NotificationId, Phase, PhaseKind, Timestamp, is_known,
};

use super::core::ShardCore;
use super::figures::{AlikeTasks, Census, Standing, Standstill, UnmatchedFact};
use super::request::ShardAnswer;
use super::standing::{Group, Kind, Marked};
use super::tenants::Tenants;

/// Most entries of a line looked at to find one that still waits: those before it ended meanwhile.
const MOST_LOOKED_AT: usize = 64;

impl ShardCore {
    pub(super) fn census(&mut self) -> ShardAnswer {
        let now = self.settings.clock.now();
        let flows = &*self.settings.flows;
        let standing = self.schedule.standing(&self.tenants);
        let standing = standing
            .into_iter()
            .map(|(group, oldest)| standstill(group, oldest.map(|(mark, _)| mark), flows))
            .collect();
        ShardAnswer::Census(Box::new(Census {
            ready: self.oldest_ready(),
            overdue: Some(self.schedule.next_due()).filter(|due| *due <= now),
            standing,
            strays: self.tenants.unmatched.counts().collect(),
            unread: self.tenants.unread.counts().collect(),
        }))
    }

    /// By channel and lane, since when the oldest at the front of a line waits.
    fn oldest_ready(&self) -> Vec<(Channel, Lane, Timestamp)> {
        let mut oldest: BTreeMap<(Channel, Lane), Timestamp> = BTreeMap::new();
        for (key, front) in self.schedule.ready.fronts(MOST_LOOKED_AT) {
            let since = front.into_iter().find_map(|id| self.ready_since(id));
            if let Some(since) = since {
                let known = oldest.entry((key.channel, key.lane)).or_insert(since);
                *known = since.min(*known);
            }
        }
        let row = |((channel, lane), since)| (channel, lane, since);
        oldest.into_iter().map(row).collect()
    }

    fn ready_since(&self, id: NotificationId) -> Option<Timestamp> {
        let located = self.tenants.locate(id)?;
        (located.phase == PhaseKind::Ready).then_some(located.mark)
    }

    /// Tasks of a corporation that are one for people.
    pub(super) fn alike_tasks(&mut self, of: CorporationId) -> ShardAnswer {
        let standing = self.schedule.standing(&self.tenants);
        let theirs = standing
            .into_iter()
            .filter(|(group, _)| group.corporation == of && group.count > 0);
        let rows = theirs.filter_map(|(group, oldest)| alike_tasks(group, oldest?, &self.tenants));
        ShardAnswer::AlikeTasks(rows.collect())
    }

    pub(super) fn unmatched_facts(
        &self,
        corporation: CorporationId,
        after: u64,
        limit: usize,
    ) -> ShardAnswer {
        let mut rows = Vec::new();
        for (sequence, fact) in self.tenants.unmatched.list(corporation, after) {
            if rows.len() >= limit {
                return ShardAnswer::Unmatched { rows, more: true };
            }
            // Nobody is put to rest of whom such a fact tells.
            let Some(tenant) = self.tenants.awake(fact.slot) else {
                continue;
            };
            rows.push(UnmatchedFact {
                tenant: self.tenants.key(tenant).tenant.clone(),
                sequence,
                at: fact.at,
                unknown_tenant: !is_known(self.tenants.state(tenant)),
                unknown_subject: fact.misses_subject(),
                near: fact.near.as_deref().cloned(),
            });
        }
        ShardAnswer::Unmatched { rows, more: false }
    }
}

fn alike_tasks(group: &Group, oldest: Marked, tenants: &Tenants) -> Option<AlikeTasks> {
    let alike = match &group.kind {
        Kind::Alike(alike) => (**alike).clone(),
        Kind::Task(_) | Kind::Held(..) | Kind::InDoubt(_) => return None,
    };
    let Phase::Task { asked, .. } = &tenants.open(oldest.1)?.phase else {
        return None;
    };
    Some(AlikeTasks {
        alike,
        count: group.count,
        oldest,
        cause: asked.cause.clone(),
    })
}

fn standstill(group: &Group, mark: Option<Timestamp>, flows: &dyn FlowBook) -> Standstill {
    let since = |mark: Timestamp| match &group.kind {
        Kind::Task(_) | Kind::Alike(_) => Some(mark),
        // Both end a flow's `hold_for` after they began.
        Kind::Held(flow, _) | Kind::InDoubt(flow) => {
            flows.flow(*flow).map(|flow| mark.plus(-flow.hold_for_ms))
        }
    };
    Standstill {
        corporation: group.corporation,
        why: why(&group.kind, flows),
        count: group.count,
        oldest: mark.and_then(since),
    }
}

fn why(kind: &Kind, flows: &dyn FlowBook) -> Standing {
    match kind {
        Kind::Task(list) => Standing::Task { list: list.clone() },
        Kind::Alike(alike) => Standing::Task {
            list: alike.list.clone(),
        },
        Kind::Held(reference, guard) => {
            let flow = flows.flow(*reference);
            let guard = flow
                .and_then(|flow| flow.holds(*guard))
                .map(|rule| rule.name.into());
            Standing::Held {
                flow: flow.map(|flow| flow.name.clone()).unwrap_or_default(),
                guard: guard.unwrap_or_default(),
            }
        }
        Kind::InDoubt(_) => Standing::InDoubt,
    }
}
