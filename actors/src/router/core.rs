//! Owns the router's turn: take what shards and supervisors report, grant what may be granted, say
//! when to come again. Deterministic: the same reports at the same instants give the same grants,
//! so simulation runs it as it is. Refuses threads, channels and a clock of its own.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use sluis_model::{Clock, Lane, ShardId, Timestamp};

use super::corporations::{Corporations, Hold};
use super::limiter::TurnClock;
use super::lines::Lines;
use super::metric::ChannelMeters;
use super::outlook::{Outlook, Seen};
use super::owner::{Owner, Ways};
use super::provider::Provider;
use super::queue::Queue;
use super::settings::{ProviderSlot, RouterSettings};
use crate::latest::Latest;
use crate::outbox::{Grant, Outbox, QueueKey, Report, Settled};
use crate::wake::Activity;

/// The router of one channel, without its actor.
pub struct RouterCore {
    /// Those of the turn at hand.
    settings: Arc<RouterSettings>,
    /// Those of now: a turn begins with them.
    latest: Arc<Latest<RouterSettings>>,
    clock: Arc<dyn Clock>,
    turn_clock: TurnClock,
    last_turn: Timestamp,
    outboxes: Vec<Arc<Outbox>>,
    providers: Vec<Provider>,
    /// Which of them each line may use.
    ways: Ways,
    corporations: Corporations,
    lines: Lines,
    /// Normal messages to go before the next bulk one.
    normal_left: u32,
    /// Per lane, whose turn it is among its lines.
    turns: [LineTurn; 3],
    activity: Arc<Activity>,
    meters: ChannelMeters,
}

impl std::fmt::Debug for RouterCore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let in_use: Vec<u32> = self.providers.iter().map(Provider::in_use).collect();
        f.debug_struct("RouterCore")
            .field("channel", &self.settings.channel)
            .field("in_use", &in_use)
            .field("waiting", &self.lines.waiting())
            .finish_non_exhaustive()
    }
}

impl RouterCore {
    /// A router with all permits free, all limiters empty and one outbox for each shard, in the
    /// order of shards.
    #[must_use]
    pub fn new(
        settings: RouterSettings,
        providers: Vec<ProviderSlot>,
        outboxes: Vec<Arc<Outbox>>,
        clock: Arc<dyn Clock>,
        activity: Arc<Activity>,
    ) -> Self {
        let latest = Arc::new(Latest::new(settings));
        let settings = latest.get();
        let turn_clock = TurnClock::default();
        let (channel, reserve) = (settings.channel, settings.urgent_reserve_percent);
        let providers: Vec<Provider> = providers
            .into_iter()
            .map(|slot| Provider::new(slot, channel, reserve, &turn_clock))
            .collect();
        // Each there from the start, with what it counts.
        let mut corporations = Corporations::named(&settings);
        for id in settings.names.keys() {
            corporations.place(*id, &settings, &turn_clock);
        }
        let owners: Vec<Owner> = providers.iter().map(|p| p.owner().clone()).collect();
        let ways = Ways::new(&owners);
        Self {
            last_turn: clock.now(),
            clock,
            turn_clock,
            outboxes,
            lines: Lines::new(ways.len()),
            providers,
            ways,
            corporations,
            normal_left: settings.normal_per_bulk.get(),
            turns: [LineTurn::default(); 3],
            activity,
            meters: ChannelMeters::new(channel),
            latest,
            settings,
        }
    }

    /// What its explanations are made from.
    pub(crate) fn outlook(&self) -> Outlook {
        let providers = self
            .providers
            .iter()
            .map(|provider| Seen {
                name: provider.name().into(),
                owner: provider.owner().clone(),
                gate: provider.gate().clone(),
            })
            .collect();
        Outlook {
            settings: self.latest.clone(),
            providers,
            limited: self.corporations.limited(),
        }
    }

    /// Runs one turn. Grants come out merged: one per shard, queue and provider. Returns when it
    /// wants to run again by the clock alone; [`Timestamp::NEVER`]: only when a outbox or a gate
    /// wakes it.
    pub fn turn(&mut self, grant: &mut dyn FnMut(ShardId, Grant)) -> Timestamp {
        let now = self.begin();
        self.collect();
        self.lines.unpark(now);
        let mut batch = Batch::default();
        while let Some((line, provider)) = self.choose(now) {
            self.serve(line, provider, now, &mut batch);
        }
        self.activity.begin(batch.permits);
        for ((shard, queue, provider), count) in batch.grants {
            let queue = self.lines.queue(queue).key.clone();
            grant(
                ShardId(shard),
                Grant {
                    queue,
                    provider,
                    count,
                },
            );
        }
        self.report();
        self.next_turn(now)
    }

    /// Reads the clock once. When it stepped back, every time that was waited for is asked again.
    fn begin(&mut self) -> Timestamp {
        let now = self.clock.now();
        let passed = now.since(self.last_turn);
        if passed < 0 {
            self.lines.unpark(Timestamp::NEVER);
            self.corporations.forget_hours();
            self.providers.iter_mut().for_each(Provider::forget_wait);
        }
        self.turn_clock.advance(passed);
        self.last_turn = now;
        let latest = self.latest.get();
        if !Arc::ptr_eq(&latest, &self.settings) {
            self.take_over(latest);
        }
        now
    }

    /// Goes by other settings from here on. What waits for a window or a limit asks again.
    fn take_over(&mut self, settings: Arc<RouterSettings>) {
        let clock = &self.turn_clock;
        self.corporations
            .take_over(&self.settings, &settings, clock);
        for id in settings.names.keys() {
            self.corporations.place(*id, &settings, clock);
        }
        let reserve = settings.urgent_reserve_percent;
        for provider in &mut self.providers {
            provider.keep_for_urgent(reserve);
            if let Some(limits) = settings.limits.get(provider.name()) {
                provider.go_by(limits, clock);
            }
        }
        self.lines
            .weigh(|key| settings.share(key.corporation).weight.get());
        self.lines.unpark(Timestamp::NEVER);
        self.normal_left = self.normal_left.min(settings.normal_per_bulk.get());
        self.settings = settings;
    }

    fn collect(&mut self) {
        let mut back: i64 = 0;
        for provider in &mut self.providers {
            back += i64::from(provider.collect_finished());
        }
        for shard in 0..self.outboxes.len() {
            let Report { waiting, settled } = self.outboxes[shard].take();
            let shard = shard as u16;
            for settled in settled {
                back += i64::from(self.settle(shard, &settled));
            }
            // A map has no order of its own, and the order decides whose turn comes first.
            let mut waiting: Vec<(QueueKey, u32)> = waiting.into_iter().collect();
            waiting.sort_unstable();
            for (key, count) in waiting {
                let queue = self.queue(key);
                self.lines.set_waiting(queue, shard, count);
            }
        }
        self.activity.end(back);
    }

    /// Permits that came back unused.
    fn settle(&mut self, shard: u16, settled: &Settled) -> u32 {
        if let Some(queue) = self.lines.find(&settled.queue) {
            self.lines
                .settle(queue, shard, settled.used.saturating_add(settled.returned));
            self.corporations
                .sent(self.lines.queue(queue).corporation, settled.used);
        }
        self.providers
            .get_mut(settled.provider)
            .map_or(0, |provider| provider.give_back(settled.returned))
    }

    /// The place of a queue, made if need be.
    fn queue(&mut self, key: QueueKey) -> usize {
        if let Some(queue) = self.lines.find(&key) {
            return queue;
        }
        let line = self.line_of(&key);
        let (settings, clock) = (&self.settings, &self.turn_clock);
        let corporation = self.corporations.place(key.corporation, settings, clock);
        let weight = settings.share(key.corporation).weight.get();
        let queue = Queue::new(key, line, corporation, weight, self.outboxes.len());
        self.lines.add(queue)
    }

    /// The line of a queue; none when its corporation has no such provider, or none at all.
    fn line_of(&self, key: &QueueKey) -> Option<usize> {
        let known = |name: &str| self.providers.iter().position(|p| p.name() == name);
        let pinned = key.pinned.as_deref().map(known);
        let place = self.ways.place(key.corporation, pinned);
        if place.is_none() {
            let (channel, corporation) = (key.channel.name(), key.corporation.0);
            tracing::warn!(channel, corporation, provider = ?key.pinned, "messages stand in line for a provider that their corporation does not have any more: people get them");
        }
        place.map(|place| self.lines.line(key.lane, place))
    }

    /// The next line that has something, with a provider that admitted it.
    fn choose(&mut self, now: Timestamp) -> Option<(usize, usize)> {
        let (second, third) = if self.normal_left > 0 {
            (Lane::Normal, Lane::Bulk)
        } else {
            (Lane::Bulk, Lane::Normal)
        };
        for lane in [Lane::Urgent, second, third] {
            let places = self.lines.places();
            let first = self.turns[lane as usize].first();
            for offset in 0..places {
                let place = (first + offset) % places;
                let line = self.lines.line(lane, place);
                if self.lines.is_empty(line) {
                    continue;
                }
                let mut ways = self.ways.at(place).iter().copied();
                if let Some(provider) = ways.find(|&p| self.providers[p].admit(lane, now)) {
                    return Some((line, provider));
                }
            }
        }
        None
    }

    /// Gives the permit to the first queue of the line that nothing holds, or back.
    fn serve(&mut self, line: usize, provider: usize, now: Timestamp, batch: &mut Batch) {
        let lane = self.lines.lane(line);
        let weight = self.lines.weight(line);
        while let Some(queue) = self.lines.front(line) {
            match self
                .corporations
                .admit(self.lines.queue(queue).corporation, lane, now)
            {
                Err(hold) => self.park(line, hold),
                Ok(()) => {
                    if let Some(shard) = self.lines.take_front(line) {
                        self.granted(line, weight, provider);
                        batch.add(shard, queue, provider);
                        return;
                    }
                }
            }
        }
        self.providers[provider].decline();
    }

    fn park(&mut self, line: usize, hold: Hold) {
        let (until, counter) = match hold {
            Hold::Limiter(until) => (until, &self.meters.corporation_waits),
            Hold::Window(until) => (until, &self.meters.window_holds),
        };
        counter.increment(1);
        self.lines.park_front(line, until);
    }

    fn granted(&mut self, line: usize, weight: u64, provider: usize) {
        let lane = self.lines.lane(line);
        self.providers[provider].granted(lane);
        self.turns[lane as usize].took(self.lines.place(line), weight);
        match lane {
            Lane::Urgent => {}
            Lane::Normal => self.normal_left = self.normal_left.saturating_sub(1),
            Lane::Bulk => self.normal_left = self.settings.normal_per_bulk.get(),
        }
    }

    fn next_turn(&mut self, now: Timestamp) -> Timestamp {
        let mut next = self.lines.next_unpark();
        for line in self.lines.all() {
            if self.lines.front(line).is_some() {
                let lane = self.lines.lane(line);
                let ways = self.ways.at(self.lines.place(line)).iter();
                next = ways
                    .map(|&p| self.providers[p].next_try(lane, now))
                    .fold(next, Timestamp::min);
            }
        }
        next
    }

    fn report(&self) {
        self.providers.iter().for_each(Provider::report);
        for (gauge, waiting) in self.meters.waiting.iter().zip(self.lines.waiting()) {
            gauge.set(waiting as f64);
        }
    }
}

/// Whose turn it is among the lines of a lane: a line is served as often in a row as its queues
/// weigh, so that corporations with providers of their own have no more of a shared one than
/// others have.
#[derive(Clone, Copy, Default)]
struct LineTurn {
    /// Place of the line that was served last.
    place: usize,
    /// How often it may still be served before it is another's turn.
    left: u64,
}

impl LineTurn {
    /// The place to look at first.
    const fn first(self) -> usize {
        if self.left > 0 {
            self.place
        } else {
            self.place + 1
        }
    }

    /// The line at `place`, whose queues weigh so much, was served once.
    const fn took(&mut self, place: usize, weight: u64) {
        self.left = if place == self.place && self.left > 0 {
            self.left - 1
        } else {
            weight.saturating_sub(1)
        };
        self.place = place;
    }
}

/// The grants of one turn, in the order of their first permit.
#[derive(Default)]
struct Batch {
    index: FxHashMap<(u16, usize, usize), usize>,
    grants: Vec<((u16, usize, usize), u32)>,
    permits: i64,
}

impl Batch {
    fn add(&mut self, shard: u16, queue: usize, provider: usize) {
        let key = (shard, queue, provider);
        let place = *self.index.entry(key).or_insert(self.grants.len());
        if place == self.grants.len() {
            self.grants.push((key, 0));
        }
        self.grants[place].1 += 1;
        self.permits += 1;
    }
}
