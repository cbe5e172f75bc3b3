//! Owns the speed of the router's choice: many corporations and lanes wait on every shard, all
//! permits come free, one turn gives them out again. Refuses to count what shards and supervisors
//! do with them.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use sluis_actors::router::{Gate, Owner, ProviderSlot, RouterCore, RouterSettings};
use sluis_actors::{Activity, Grant, Outbox, QueueKey, Settled, Waker};
use sluis_model::{Channel, CorporationId, Lane, ManualClock, OnDoubt, ShardId, Timestamp};

use super::MicroArgs;
use super::harness::Harness;

const SHARDS: u16 = 16;
const CORPORATIONS: u16 = 64;
const PROVIDERS: usize = 2;
const PERMITS: u32 = 512;
/// Waiting in each queue of each shard: more than any turn takes.
const WAITING: u32 = 1_000_000;
const TURNS: usize = 20;

struct World {
    clock: Arc<ManualClock>,
    outboxes: Vec<Arc<Outbox>>,
    gates: Vec<Arc<Gate>>,
    router: RouterCore,
    granted: Vec<(ShardId, Grant)>,
}

pub(super) fn run(harness: &mut Harness, _: &MicroArgs) -> anyhow::Result<()> {
    let mut world = World::new();
    let first = world.turn();
    anyhow::ensure!(
        first.0 > u64::from(PERMITS),
        "only {} permits were granted with everything free",
        first.0
    );
    let size = json!({
        "shards": SHARDS, "corporations": CORPORATIONS, "lanes": 3, "providers": PROVIDERS, "permits": PERMITS, "permits_a_turn": first.0,
    });
    harness.batches("router: a permit", size, || {
        (0..TURNS)
            .map(|_| world.turn())
            .fold((0, Duration::ZERO), |(permits, took), turn| {
                (permits + turn.0, took + turn.1)
            })
    });
    Ok(())
}

impl World {
    fn new() -> Self {
        let (clock, activity) = (
            Arc::new(ManualClock::starting_at(Timestamp(1_768_392_000_000))),
            Arc::new(Activity::default()),
        );
        let outboxes: Vec<Arc<Outbox>> = (0..SHARDS).map(|_| Arc::default()).collect();
        let providers: Vec<_> = (0..PROVIDERS).map(|n| provider(n, &activity)).collect();
        let gates = providers.iter().map(|slot| slot.gate.clone()).collect();
        let router = RouterCore::new(
            RouterSettings::new(Channel::Email),
            providers,
            outboxes.clone(),
            clock.clone(),
            activity,
        );
        for outbox in &outboxes {
            for (lane, corporation) in Lane::ALL
                .into_iter()
                .flat_map(|lane| (0..CORPORATIONS).map(move |c| (lane, c)))
            {
                let key = QueueKey {
                    channel: Channel::Email,
                    lane,
                    corporation: CorporationId(corporation),
                    pinned: None,
                };
                outbox.post(|report| {
                    report.waiting.insert(key, WAITING);
                });
            }
        }
        Self {
            clock,
            outboxes,
            gates,
            router,
            granted: Vec::new(),
        }
    }

    /// One turn: permits granted and the time of the turn alone. Every attempt starts and ends at
    /// once afterwards.
    fn turn(&mut self) -> (u64, Duration) {
        self.clock.advance(1);
        let granted = &mut self.granted;
        let start = Instant::now();
        self.router
            .turn(&mut |shard, grant| granted.push((shard, grant)));
        let took = start.elapsed();
        let mut permits = 0;
        for (
            shard,
            Grant {
                queue,
                provider,
                count,
            },
        ) in self.granted.drain(..)
        {
            permits += u64::from(count);
            (0..count).for_each(|_| self.gates[provider].finish());
            self.outboxes[usize::from(shard.0)].post(|report| {
                report.waiting.insert(queue.clone(), WAITING);
                report.settled.push(Settled {
                    queue,
                    provider,
                    used: count,
                    returned: 0,
                });
            });
        }
        (permits, took)
    }
}

fn provider(n: usize, activity: &Arc<Activity>) -> ProviderSlot {
    let concurrency = NonZeroU32::MIN.saturating_add(PERMITS - 1);
    let gate = Gate::new(concurrency, Waker::new(activity.clone()));
    let (name, on_doubt) = (format!("relay{n}").into(), OnDoubt::Resend);
    ProviderSlot {
        name,
        owner: Owner::Street,
        on_doubt,
        concurrency,
        rate_per_second: None,
        burst: None,
        gate,
    }
}
