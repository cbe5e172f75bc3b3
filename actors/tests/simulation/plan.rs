//! Owns what one seed's world is like: how big, how full, how much goes wrong. Refuses to draw
//! anything later: a run's plan is made once, at its start.

use sluis_actors::InboxBounds;
use sluis_actors::router::SendWindow;
use sluis_actors::supervisor::BreakerSettings;
use sluis_model::{DAY, HOUR, MINUTE, RetryPolicy, SECOND, Timestamp};

use crate::rng::Rng;

/// A provider of the simulated house.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    pub(crate) concurrency: u32,
    pub(crate) rate_per_second: Option<u32>,
}

/// The sizes and the odds of one seed's world.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) shards: u16,
    pub(crate) corporations: u16,
    /// Tenants of each corporation.
    pub(crate) tenants: usize,
    /// Bounds of every shard's inbox; `internal` follows from the permits.
    pub(crate) bounds: InboxBounds,
    /// Most open notifications: in all, per corporation, and on their way to the disk.
    pub(crate) open: (u64, u64, u64),
    /// Most batches in the journal's queue.
    pub(crate) batches: usize,
    /// E-mail relay, the spare one, SMS provider, and the machine, which is not drawn.
    pub(crate) ways: [Way; 4],
    /// Whether corporation 1 has a rate limit of its own.
    pub(crate) limited: bool,
    pub(crate) breaker: BreakerSettings,
    /// Steps with faults.
    pub(crate) steps: usize,
    /// Crashes of the process, in a thousand steps.
    pub(crate) crashes: usize,
    /// Shards that fail within the process, in a thousand steps.
    pub(crate) failures: usize,
    /// Providers' answers, in a hundred, that are anything but "accepted".
    pub(crate) trouble: usize,
    /// Messages taken by a provider, in a hundred, that come back later.
    pub(crate) bounces: usize,
    /// Whether the clock moves while it is read, sometimes backwards.
    pub(crate) restless: bool,
    /// Whether the faults end with a crash.
    pub(crate) dies_last: bool,
    /// How eager senders are, against everything else that goes on.
    pub(crate) eager: usize,
    /// Of a hundred notifications, how many are urgent and how many bulk.
    pub(crate) lanes: (usize, usize),
    /// How often the clock is set by hours, on or back, in a thousand steps.
    pub(crate) jumps: usize,
    /// Corporation 1 sends in these hours only.
    pub(crate) hours: Option<&'static str>,
    /// When the run begins.
    pub(crate) start: Timestamp,
    /// Most open notifications of one tenant.
    pub(crate) open_per_tenant: usize,
    /// Whether a provider is one corporation's account.
    pub(crate) accounts: bool,
    /// How long records are kept, in milliseconds; none: for ever.
    pub(crate) keep_for: Option<i64>,
    /// How many tenants of a shard may be active, and after how many milliseconds one is idle; none:
    /// nobody is put to rest, and readers have no turns of their own.
    pub(crate) rest: Option<(usize, i64)>,
    /// Providers that take nothing from our account any more from some step on.
    pub(crate) refusing: Option<Refusing>,
    /// Whether shards take checkpoints.
    pub(crate) checkpoints: bool,
    /// How many corporations have a key; none: nothing is sealed.
    pub(crate) keys: Option<u16>,
    /// Whether the seed draws the flows.
    pub(crate) drawn: bool,
    /// Whether there are mailings.
    pub(crate) mailings: bool,
    /// Whether a machine is asked for payment links.
    pub(crate) machine: bool,
    /// Whether open notifications are moved to newer versions of their flows.
    pub(crate) migrations: bool,
    /// Whether there are households, and notifications to them.
    pub(crate) households: bool,
    /// How many messages a tenant gets in how long a time, in milliseconds; none: as many as come.
    pub(crate) cap: Option<(u8, i64)>,
}

/// Providers that refuse our account for good.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refusing {
    /// Indexes of [`crate::ground::WAYS`].
    ways: &'static [usize],
    /// The first step at which they do.
    from_step: usize,
}

/// One world in so many has accounts apart.
const ACCOUNTS_EVERY: u64 = 16;
/// Which of them. Not drawn: the worlds of all other seeds stay what they were.
const ACCOUNTS_AT: u64 = 10;

/// As many have providers that refuse our account for good: the SMS provider, the relay, both
/// relays. Not drawn either.
const REFUSING_AT: u64 = 4;
const REFUSING: [&[usize]; 3] = [&[2], &[0], &[0, 1]];
/// How long messages wait there, and the longest until the next probe: longer, so that it is not the
/// probes that end their wait.
const GIVE_UP_MS: i64 = HOUR;
const LONGEST_PROBE_MS: i64 = 6 * HOUR;
/// Crashes in a thousand steps, at least, where accounts are apart: at a crash they change.
const CHANGES: usize = 10;

/// Seeds from here on draw their flows, too. Their worlds are otherwise like those of the seeds without it.
pub(crate) const DRAWN: u64 = 1 << 40;

/// Seeds from here on have a machine that makes payment links, with the shipped flows.
pub(crate) const MACHINES: u64 = 1 << 41;

/// What the machine takes at once.
const MACHINE: Way = Way {
    concurrency: 2,
    rate_per_second: None,
};

/// A day in November 2026.
const START: Timestamp = Timestamp(1_795_000_000_000);
/// Two days before the nights in which the clock on the wall moves: 2026-03-27, 2026-10-23,
/// 2027-03-26 and 2027-10-29, noon UTC.
const BEFORE_NIGHTS: [Timestamp; 4] = [
    Timestamp(1_774_612_800_000),
    Timestamp(1_792_756_800_000),
    Timestamp(1_806_062_400_000),
    Timestamp(1_824_811_200_000),
];
/// Some hours of the working day; over midnight; within and around the hour that is missing or
/// comes twice.
const HOURS: [&str; 4] = [
    "mon-fri 08:00-20:00",
    "22:00-06:00",
    "02:15-02:45",
    "01:30-03:30",
];

/// In every other world old records are forgotten: as soon as they may, or some days later. Not drawn,
/// as the accounts.
fn keep_for(seed: u64) -> Option<i64> {
    const DAYS: [i64; 3] = [1, 1, 3];
    let days = DAYS[(seed / 2 % 3) as usize];
    seed.is_multiple_of(2).then_some(days * DAY)
}

/// In two of seven worlds tenants are put to rest. By the seed and not drawn: what is drawn stays as it
/// was.
fn rest(seed: u64) -> Option<(usize, i64)> {
    const IDLE_FOR: [i64; 3] = [MINUTE, 12 * HOUR, 60 * DAY];
    let most_active = (seed / 7 % 3) as usize;
    let idle_for_ms = IDLE_FOR[(seed / 21 % 3) as usize];
    matches!(seed % 7, 4 | 6).then_some((most_active, idle_for_ms))
}

/// In three of sixteen worlds corporations have keys, and tenants are erased. By the seed as well. Where
/// there are three corporations, one has none.
const KEYS_EVERY: u64 = 16;
const KEYS_AT: [u64; 3] = [9, 11, 14];

fn keys(seed: u64, corporations: u16) -> Option<u16> {
    let sealed = KEYS_AT.contains(&(seed % KEYS_EVERY));
    sealed.then_some(corporations.min(2))
}

/// In two of sixteen worlds there are mailings, in half of those beside households. By the seed as well.
const MAILINGS_EVERY: u64 = 16;
const MAILINGS_AT: [u64; 2] = [8, 15];

/// A quarter of the worlds have households. By the seed as well, so some of them have keys, tenants at rest and
/// checkpoints, and a quarter of those whose flows are drawn.
const HOUSEHOLDS_EVERY: u64 = 4;
const HOUSEHOLDS_AT: u64 = 3;

/// In one of so many worlds tenants get only so many messages. By the seed as well.
const CAPS_EVERY: u64 = 32;
const CAPS_AT: u64 = 22;

const CAPS: [(u8, i64); 3] = [(1, HOUR), (2, DAY), (3, 4 * DAY)];

fn cap(seed: u64) -> Option<(u8, i64)> {
    let cap = CAPS[(seed / CAPS_EVERY % 3) as usize];
    (seed % CAPS_EVERY == CAPS_AT).then_some(cap)
}

/// Where flows are drawn, a quarter of the worlds have caps: a step may say where those lead.
fn drawn_cap(seed: u64) -> Option<(u8, i64)> {
    seed.is_multiple_of(4)
        .then(|| CAPS[(seed / 4 % 3) as usize])
}

impl Plan {
    pub(crate) fn of(seed: u64) -> Self {
        let rng = &mut Rng::stream(seed, 0);
        let way = |rng: &mut Rng| {
            let rate_per_second = rng.chance(30).then(|| 1 + rng.below(20) as u32);
            Way {
                concurrency: 1 + rng.below(4) as u32,
                rate_per_second,
            }
        };
        let line = |rng: &mut Rng| 2 + rng.below(12);
        let share = 2 + rng.below(16) as u64;
        let corporations = 1 + rng.below(3) as u16;
        Self {
            shards: 1 + rng.below(3) as u16,
            corporations,
            tenants: 1 + rng.below(4),
            bounds: InboxBounds {
                intake: line(rng),
                business: line(rng),
                internal: 0,
            },
            open: (
                share * u64::from(corporations) * 3 / 4 + 1,
                share,
                1 + rng.below(8) as u64,
            ),
            batches: 1 + rng.below(6),
            ways: [way(rng), way(rng), way(rng), MACHINE],
            limited: rng.chance(20),
            breaker: BreakerSettings {
                failures: 2 + rng.below(4) as u32,
                first_ms: SECOND,
                longest_ms: MINUTE,
            },
            steps: 150 + rng.below(350),
            crashes: rng.pick(&[0, 2, 5, 10, 30]),
            failures: rng.pick(&[0, 0, 2, 10]),
            trouble: rng.pick(&[0, 10, 30, 70]),
            bounces: rng.pick(&[0, 10, 50]),
            restless: rng.chance(25),
            dies_last: rng.chance(50),
            eager: rng.pick(&[2, 4, 8]),
            lanes: rng.pick(&[(10, 10), (10, 80), (30, 40)]),
            jumps: rng.pick(&[0, 0, 0, 30]),
            hours: None,
            start: START,
            open_per_tenant: usize::MAX,
            accounts: false,
            keep_for: keep_for(seed),
            drawn: false,
            mailings: MAILINGS_AT.contains(&(seed % MAILINGS_EVERY)),
            machine: false,
            migrations: false,
            households: seed % HOUSEHOLDS_EVERY == HOUSEHOLDS_AT,
            cap: cap(seed),
            rest: rest(seed),
            refusing: None,
            checkpoints: seed % 9 == 8 || seed % 11 == 8 || seed % KEYS_EVERY == KEYS_AT[1],
            keys: keys(seed, corporations),
        }
        .with_hours(rng)
        .with_full_tenants(rng)
        .with_accounts(seed)
        .with_refusals(seed)
        .with_drawn_flows(seed)
        .with_machine(seed)
    }

    /// What a machine was asked for is closed: that is looked at by itself, without households and mailings.
    fn with_machine(self, seed: u64) -> Self {
        if seed & MACHINES == 0 {
            return self;
        }
        Self {
            machine: true,
            households: false,
            mailings: false,
            keys: None,
            cap: None,
            ..self
        }
    }

    /// Facts and clocks are plain there: what a rule sees is reckoned once more, outside.
    fn with_drawn_flows(self, seed: u64) -> Self {
        if seed & DRAWN == 0 {
            return self;
        }
        Self {
            drawn: true,
            restless: false,
            jumps: 0,
            keys: None,
            migrations: !seed.is_multiple_of(3),
            cap: drawn_cap(seed),
            ..self
        }
    }

    /// A quarter of the worlds have hours, and begin before one of the nights.
    fn with_hours(self, rng: &mut Rng) -> Self {
        if !rng.chance(25) {
            return self;
        }
        Self {
            hours: Some(rng.pick(&HOURS)),
            start: rng.pick(&BEFORE_NIGHTS),
            ..self
        }
    }

    /// In a fifth of the worlds a tenant has soon as many open as one may.
    fn with_full_tenants(self, rng: &mut Rng) -> Self {
        if !rng.chance(20) {
            return self;
        }
        Self {
            open_per_tenant: 1 + rng.below(4),
            ..self
        }
    }

    fn with_accounts(self, seed: u64) -> Self {
        if seed % ACCOUNTS_EVERY != ACCOUNTS_AT {
            return self;
        }
        Self {
            accounts: true,
            crashes: self.crashes.max(CHANGES),
            ..self
        }
    }

    fn with_refusals(self, seed: u64) -> Self {
        if seed % ACCOUNTS_EVERY != REFUSING_AT {
            return self;
        }
        let which = (seed / ACCOUNTS_EVERY) as usize % REFUSING.len();
        let refusing = Refusing {
            ways: REFUSING[which],
            from_step: self.steps / 3,
        };
        let breaker = BreakerSettings {
            longest_ms: LONGEST_PROBE_MS,
            ..self.breaker
        };
        Self {
            refusing: Some(refusing),
            breaker,
            ..self
        }
    }

    /// Whether a provider takes nothing from our account at a step.
    pub(crate) fn refuses(&self, way: usize, step: usize) -> bool {
        self.refusing
            .is_some_and(|refusing| refusing.ways.contains(&way) && step >= refusing.from_step)
    }

    /// How long messages wait for such a provider, in milliseconds.
    pub(crate) fn give_up_ms(&self) -> i64 {
        match self.refusing {
            Some(_) => GIVE_UP_MS,
            None => RetryPolicy::default().give_up_ms,
        }
    }

    /// The hours, where the router is told them and where they are checked.
    pub(crate) fn window(&self) -> Option<SendWindow> {
        self.hours
            .map(|hours| hours.parse().expect("hours that are a window"))
    }

    /// Permits of all providers together.
    pub(crate) fn permits(&self) -> usize {
        let ways = if self.machine { 4 } else { 3 };
        let ways = self.ways.iter().take(ways);
        ways.map(|way| way.concurrency as usize).sum()
    }
}
