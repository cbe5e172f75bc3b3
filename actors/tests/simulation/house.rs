//! Owns one process of the simulated house: shards, routers, supervisors, their wakers and queues,
//! put together as the engine puts them together. Everything in it is gone after a crash. Refuses
//! to decide who runs next.

use std::sync::Arc;

use sluis_actors::router::Owner;
use sluis_actors::{
    Activity, CheckpointDesk, CheckpointSettings, Checkpointed, Checkpointer, Claim, Claimed,
    Dispatch, Follower, GivingUp, Inbox, KeyIndex, KeyWindow, Latest, Links, PauseRegistry,
    ProviderEntry, Quota, Readers, Retained, Retention, RetentionSettings, ShardCore,
    ShardSettings, Waker,
};
use sluis_journal::{Journal, Shard};
use sluis_model::{Channel, Clock, CorporationId, Idempotency, NotificationId, ShardId, Timestamp};

use crate::clock::{AheadClock, LatestClock, SimClock};
use crate::contracts::Contracts;
use crate::flows::Shelf;
use crate::frame::Frame;
use crate::ground::{Ground, WAYS, Woken};
use crate::plan::Plan;
use crate::planted::Bug;
use crate::seat::{RouterSeat, ShardSeat};
use crate::settings::{channels, corporations, give_up_ms, policy, readers, rest};
use crate::station::Station;

/// Alarms that wake for each one that is swallowed, where that is planted.
const ALARMS: u64 = 3;

/// Bytes of a checkpoint that are taken in a turn: few, so that much changes while one is taken.
const TURN_BYTES: usize = 200;

/// One simulated process.
pub(crate) struct House {
    pub(crate) activity: Arc<Activity>,
    pub(crate) quota: Arc<Quota>,
    pauses: Arc<PauseRegistry>,
    pub(crate) inboxes: Vec<Arc<Inbox>>,
    pub(crate) shards: Vec<ShardSeat>,
    pub(crate) routers: Vec<RouterSeat>,
    pub(crate) stations: Vec<Station>,
    pub(crate) woken: Woken,
    /// Where records are forgotten.
    pub(crate) retention: Option<Retention>,
    /// Where checkpoints are taken.
    pub(crate) checkpointer: Option<Checkpointer>,
    pub(crate) readers: Arc<Readers>,
    giving_up: GivingUp,
    keys: Arc<KeyIndex>,
    clock: Arc<SimClock>,
    alarms: u64,
    bug: Option<Bug>,
}

impl House {
    /// Recovers every shard and starts everything.
    pub(crate) fn start(ground: &Ground<'_>) -> Self {
        let plan = ground.plan;
        let frame = Frame::new(ground);
        let mut stations = Vec::new();
        let mut routers = Vec::new();
        for (number, channel) in channels(plan).iter().enumerate() {
            routers.push(frame.router(number, *channel, &mut stations));
        }
        let after_ms = give_up_ms(plan, ground.bug);
        let giving_up = GivingUp::after(after_ms, routers.iter().map(|seat| &seat.core));
        let shares = corporations(plan).map(|corporation| (corporation, plan.open.1));
        let quota = Quota::new(plan.open.0, plan.open.2, shares);
        let keys = KeyIndex::new(KeyWindow::default(), corporations(plan));
        let mut house = Self {
            activity: frame.activity,
            quota: Arc::new(quota),
            pauses: Arc::new(PauseRegistry::new(plan.shards)),
            inboxes: frame.inboxes,
            shards: Vec::new(),
            routers,
            stations,
            woken: frame.woken,
            retention: None,
            checkpointer: None,
            readers: readers(plan),
            giving_up,
            keys: Arc::new(keys),
            clock: ground.clock.clone(),
            alarms: 0,
            bug: ground.bug,
        };
        let retained = house.recover(ground, &frame.shard_wakers);
        house.retention = plan
            .keep_for
            .map(|keep_for| retention(ground, keep_for, retained));
        house
    }

    fn recover(&mut self, ground: &Ground<'_>, wakers: &[Arc<Waker>]) -> Vec<Retained> {
        let Ground {
            plan,
            contracts,
            flows,
            disk,
            clock,
            bug,
            ..
        } = *ground;
        let (mut retained, mut checkpointed) = (Vec::new(), Vec::new());
        let again = disk.last(Shard(0)).0 > 0;
        let shelf = Shelf::new(flows.clone(), again && bug == Some(Bug::WaitsForgotten));
        let forgotten = KeyIndex::new(KeyWindow::default(), corporations(plan));
        let keys = if bug == Some(Bug::KeysForgotten) {
            &forgotten
        } else {
            &*self.keys
        };
        let time: Arc<dyn Clock> = match bug {
            Some(Bug::ClockNeverGoesBack) => Arc::new(LatestClock::over(clock.clone())),
            Some(Bug::LocalTimeAfterRestart) if again => Arc::new(AheadClock(clock.clone())),
            _ => clock.clone(),
        };
        for (shard, waker) in wakers.iter().enumerate() {
            let settings = ShardSettings {
                shard: ShardId(shard as u16),
                shards: plan.shards,
                journal: disk.clone(),
                clock: time.clone(),
                flows: shelf.clone(),
                policy: Arc::new(Latest::new(policy(plan, contracts, bug))),
                quota: self.quota.clone(),
                inboxes: self.inboxes.clone(),
                waker: waker.clone(),
                activity: self.activity.clone(),
                links: self.links((plan, contracts), shard),
                endings: Arc::default(),
                horizon: Arc::default(),
                readers: self.readers.clone(),
                pauses: self.pauses.clone(),
                paused: false,
                rest: rest(plan),
                checkpoint: CheckpointDesk::in_turns_of(TURN_BYTES, self.keys.clone()),
                erasures: ground.erasures.clone(),
            };
            let endings = settings.endings.clone();
            retained.push(Retained {
                horizon: settings.horizon.clone(),
                endings: endings.clone(),
                waker: waker.clone(),
            });
            checkpointed.push(Checkpointed {
                desk: settings.checkpoint.clone(),
                endings: endings.clone(),
                horizon: settings.horizon.clone(),
                waker: waker.clone(),
            });
            let core = ShardCore::start(settings, keys).expect("the journal can be read");
            let wake = waker.clone();
            disk.on_durable(Shard(shard as u16), Arc::new(move || wake.wake()));
            self.shards
                .push(ShardSeat::new(core, waker.clone(), endings));
            waker.wake();
        }
        shelf.open();
        if plan.checkpoints {
            self.checkpointer = Some(checkpointer(ground, checkpointed));
        }
        retained
    }

    /// How many shards a start would make from a checkpoint now; and one of which it would make another
    /// thing than the log says, with what differs first.
    pub(crate) fn starts(&self, plan: &Plan) -> (usize, Option<String>) {
        let corporations: Vec<_> = corporations(plan).collect();
        let told = self
            .shards
            .iter()
            .filter_map(|seat| seat.told_twice(&corporations));
        // A running engine forgets keys by the latest instant that its clock has shown, a start by that
        // of now. Where the clock is set back the two differ, with and without a checkpoint.
        let steady = plan.jumps == 0 && !plan.restless;
        let without_keys = |told: String| -> String {
            let rest = told.lines().filter(|line| !line.starts_with("key "));
            rest.flat_map(|line| [line, "\n"]).collect()
        };
        let told = told.map(|(upto, with, without)| {
            if steady {
                (upto, with, without)
            } else {
                (upto, without_keys(with), without_keys(without))
            }
        });
        let told: Vec<_> = told.collect();
        let from_checkpoints = told.iter().filter(|(upto, ..)| *upto > 0).count();
        let mut told = told.iter().enumerate();
        let misled = told.find_map(|(shard, (upto, with, without))| {
            let differs = |(with, without): &(&str, &str)| with != without;
            let end = std::iter::repeat("nothing more");
            let lines = with.lines().chain(end.clone()).zip(without.lines().chain(end));
            let most = with.lines().count().max(without.lines().count());
            let (with, without) = lines.take(most).find(differs)?;
            Some(format!(
                "from its checkpoint up to {upto} shard {shard} has: {with}\nfrom its log: {without}"
            ))
        });
        (from_checkpoints, misled)
    }

    fn links(&self, (plan, contracts): (&Plan, &Contracts), shard: usize) -> Links {
        let ways: Vec<_> = self
            .stations
            .iter()
            .map(|station| (station.inbox.clone(), station.gate.clone()))
            .collect();
        let gates = ways.clone();
        let providers = |channel: Channel| {
            let entry = |(way, owner): (usize, &Owner)| ProviderEntry {
                name: WAYS[way].0.into(),
                on_doubt: WAYS[way].2,
                owner: match self.bug {
                    Some(Bug::ShardsTakeAccountsForShared) => Owner::Street,
                    _ => owner.clone(),
                },
            };
            contracts.of_channel(channel).map(entry).collect()
        };
        let (to, back) = (contracts.clone(), contracts.clone());
        Links {
            dispatch: Arc::new(move |dispatch: Box<Dispatch>| {
                let (inbox, _) = &ways[way(&to, &dispatch)];
                inbox.offer(*dispatch).map_err(Box::new)
            }),
            abandon: Arc::new(move |dispatch: &Dispatch| gates[way(&back, dispatch)].1.finish()),
            routers: self
                .routers
                .iter()
                .map(|seat| {
                    (
                        seat.channel,
                        (seat.outboxes[shard].clone(), seat.waker.clone()),
                    )
                })
                .collect(),
            providers: channels(plan)
                .iter()
                .map(|channel| (*channel, providers(*channel)))
                .collect(),
            news: Arc::new(|| ()),
        }
    }

    /// Wakes whoever's alarm fell due.
    pub(crate) fn tick(&mut self) {
        let now = self.clock.now();
        let told = match self.bug {
            Some(Bug::GivenUpInOneShard) => &self.inboxes[..1],
            _ => &self.inboxes,
        };
        self.giving_up.look(now, told);
        for seat in &self.shards {
            if seat.waker.due() <= now && self.bug == Some(Bug::AlarmSwallowed) {
                self.alarms += 1;
                if self.alarms.is_multiple_of(ALARMS) {
                    seat.waker.set_due(Timestamp::NEVER);
                }
            }
            seat.waker.tick(now);
        }
        self.routers.iter().for_each(|seat| seat.waker.tick(now));
    }

    /// When somebody wants to run by the clock alone.
    pub(crate) fn next_alarm(&self) -> Timestamp {
        let shards = self.shards.iter().map(|seat| seat.waker.due());
        shards
            .chain(self.routers.iter().map(|seat| seat.waker.due()))
            .min()
            .unwrap_or(Timestamp::NEVER)
    }

    /// When something happens by the clock alone: an alarm, or the end of a provider's silence.
    pub(crate) fn next_due(&self) -> Timestamp {
        let silent = self
            .stations
            .iter()
            .flat_map(|station| &station.flights)
            .filter_map(|flight| flight.silent_until);
        silent
            .min()
            .unwrap_or(Timestamp::NEVER)
            .min(self.next_alarm())
    }

    pub(crate) fn claim(
        &self,
        corporation: CorporationId,
        key: Idempotency,
        id: NotificationId,
    ) -> Claimed {
        Claim::take(
            &self.quota,
            &self.keys,
            corporation,
            key,
            id,
            self.clock.now(),
        )
    }

    /// Attempts that were handed over and have not ended.
    pub(crate) fn flights(&self) -> usize {
        self.stations
            .iter()
            .map(|station| station.flights.len())
            .sum()
    }
}

/// What takes checkpoints as the engine's own does, but whenever anything came.
fn checkpointer(ground: &Ground<'_>, shards: Vec<Checkpointed>) -> Checkpointer {
    let settings = CheckpointSettings {
        every_ms: i64::MIN,
        least: 1,
        at_once: u64::MAX / 2,
    };
    Checkpointer::new(ground.disk.clone(), ground.clock.clone(), settings, shards)
}

/// What forgets as the engine's own does, but for how much is worth it: as soon as it may.
fn retention(ground: &Ground<'_>, keep_for_ms: i64, retained: Vec<Retained>) -> Retention {
    let archive: Arc<dyn Follower> = ground.archive.clone();
    let followers = match ground.bug {
        Some(Bug::TrimmedBeforeTheArchive) => Vec::new(),
        _ => vec![archive],
    };
    let settings = RetentionSettings {
        keep_for_ms,
        endings_for_ms: keep_for_ms,
        live_factor: 0,
        spare_generations: 0,
        least_growth: 0,
        followers,
    };
    Retention::new(
        ground.disk.clone(),
        ground.clock.clone(),
        settings,
        retained,
    )
}

/// The place of an attempt's provider among [`WAYS`].
fn way(contracts: &Contracts, dispatch: &Dispatch) -> usize {
    let mut of_channel = contracts.of_channel(dispatch.channel).map(|(way, _)| way);
    of_channel
        .nth(dispatch.provider)
        .expect("a provider of the channel")
}
