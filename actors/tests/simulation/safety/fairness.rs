//! Promise 6, fair: from the moment the router knows of an urgent message, not one permit goes to
//! bulk before it has its own, so bulk can add no more than what is under way already; and while a
//! corporation's line waits, no other gets more than its turn. What goes over an account that a
//! corporation may not use passes it by. It mirrors the outboxes between shards and routers. Refuses
//! the router's own counts.

use std::collections::BTreeMap;

use sluis_actors::router::Owner;
use sluis_actors::{Grant, QueueKey, Report};
use sluis_model::{Channel, CorporationId, Lane, ShardId};

use super::{Check, Findings};

/// Bulk permits that may pass a waiting urgent message.
const MOST_BULK: i64 = 0;
/// Permits by which one corporation may be ahead of another that waits in the same lane: its turn,
/// and the one it was in.
const MOST_AHEAD: i64 = 2;

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    waiting: i64,
    granted: i64,
}

/// Who waits at each router, and how often others went first.
#[derive(Debug, Default)]
pub(crate) struct Fairness {
    counts: BTreeMap<(QueueKey, usize), Count>,
    /// By which each queue is behind each other one of its lane since it began to wait.
    behind: BTreeMap<QueueKey, BTreeMap<QueueKey, i64>>,
    /// A corporation with a limit of its own waits for that.
    limited: Option<CorporationId>,
    pub(crate) findings: Findings,
}

impl Fairness {
    pub(crate) fn new(limited: bool) -> Self {
        Self {
            limited: limited.then_some(CorporationId(1)),
            ..Self::default()
        }
    }

    /// The process died, and with it every line.
    pub(crate) fn crashed(&mut self) {
        self.counts.clear();
        self.behind.clear();
    }

    /// A shard told the router.
    pub(crate) fn reported(&mut self, shard: usize, report: &Report) {
        for settled in &report.settled {
            let count = self
                .counts
                .entry((settled.queue.clone(), shard))
                .or_default();
            count.granted -= i64::from(settled.used + settled.returned);
        }
        for (queue, waiting) in &report.waiting {
            self.counts
                .entry((queue.clone(), shard))
                .or_default()
                .waiting = i64::from(*waiting);
        }
    }

    /// What could have been granted of a queue, over all shards.
    fn available(&self, queue: &QueueKey) -> i64 {
        let shards = self
            .counts
            .range((queue.clone(), 0)..=(queue.clone(), usize::MAX));
        shards
            .map(|(_, count)| (count.waiting - count.granted).max(0))
            .sum()
    }

    /// The router of a channel had its turn. `owners`: whose its providers are.
    pub(crate) fn granted(
        &mut self,
        channel: Channel,
        owners: &[Owner],
        grants: &[(ShardId, Grant)],
    ) {
        for (shard, grant) in grants {
            self.counts
                .entry((grant.queue.clone(), usize::from(shard.0)))
                .or_default()
                .granted += i64::from(grant.count);
        }
        let mut waiting: Vec<QueueKey> =
            self.counts.keys().map(|(queue, _)| queue.clone()).collect();
        waiting.dedup();
        // A line that only one provider may serve waits for that provider, a limited corporation
        // for its limit.
        waiting.retain(|queue| {
            queue.channel == channel
                && queue.pinned.is_none()
                && Some(queue.corporation) != self.limited
        });
        for queue in waiting {
            if self.available(&queue) > 0 {
                let open_to_it = |grant: &Grant| owners[grant.provider].serves(queue.corporation);
                self.passed_over(&queue, &served(grants, open_to_it));
            } else {
                self.behind.remove(&queue);
            }
        }
    }

    /// It waits, while these were served that it could have been instead.
    fn passed_over(&mut self, queue: &QueueKey, served: &BTreeMap<QueueKey, i64>) {
        if queue.lane == Lane::Urgent {
            let bulk: i64 = served
                .iter()
                .filter(|(other, _)| other.lane == Lane::Bulk)
                .map(|(_, count)| count)
                .sum();
            self.findings.expect(bulk <= MOST_BULK, Check::Fair, || {
                format!(
                    "{bulk} bulk permits passed an urgent message of corporation {}",
                    queue.corporation
                )
            });
        }
        let own = served.get(queue).copied().unwrap_or_default();
        let behind = self.behind.entry(queue.clone()).or_default();
        for (other, count) in served
            .iter()
            .filter(|(other, _)| other.pinned.is_none() && other.lane == queue.lane)
        {
            *behind.entry(other.clone()).or_default() += count;
        }
        behind.values_mut().for_each(|behind| *behind -= own);
        behind.remove(queue);
        if let Some((other, most)) = behind.iter().max_by_key(|(_, behind)| **behind) {
            let (most, other) = (*most, other.corporation);
            self.findings.expect(most <= MOST_AHEAD, Check::Fair, || {
                format!(
                    "corporation {} waits in {} while {other} is {most} permits ahead",
                    queue.corporation,
                    queue.lane.name()
                )
            });
        }
    }
}

/// Permits by queue, of the grants that count.
fn served(grants: &[(ShardId, Grant)], counts: impl Fn(&Grant) -> bool) -> BTreeMap<QueueKey, i64> {
    let mut served = BTreeMap::new();
    for (_, grant) in grants.iter().filter(|(_, grant)| counts(grant)) {
        *served.entry(grant.queue.clone()).or_default() += i64::from(grant.count);
    }
    served
}
