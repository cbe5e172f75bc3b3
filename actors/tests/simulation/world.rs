//! Owns one run: the house, what surrounds it, the books, and the steps drawn from the seed.
//! Refuses to judge: the books do, after every step.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use sluis_journal::{Journal, Sequence, Shard};
use sluis_model::{DAY, HOUR, MINUTE, Timestamp, instant};

use crate::archive::Archive;
use crate::clock::SimClock;
use crate::contracts::Contracts;
use crate::disk::Disk;
use crate::erasing::Keys;
use crate::flows::Flows;
use crate::ground::{Actor, Ground};
use crate::house::House;
use crate::mailings::Mailing;
use crate::migrations::Migration;
use crate::outside::Outside;
use crate::plan::Plan;
use crate::planted::Bug;
use crate::rng::Rng;
use crate::safety::accepted::Accepted;
use crate::safety::bounds::Bounds;
use crate::safety::escalation::Escalations;
use crate::safety::fairness::Fairness;
use crate::safety::moved::Moves;
use crate::safety::no_way::NoWays;
use crate::safety::payment::Payments;
use crate::safety::together::Together;
use crate::safety::written::Written;
use crate::safety::{Check, Findings};
use crate::senders::Senders;
use crate::shadow::Shadow;
use crate::tape::Tape;

/// The clock is set by as many hours, on or back.
const JUMP_HOURS: i64 = 30;

/// Turns of readers for each one whose work is lost, where that is planted.
const READINGS: usize = 2;

/// One stream of chance for each part that draws, so that they do not move each other.
pub(crate) struct Chance {
    pub(crate) schedule: Rng,
    pub(crate) senders: Rng,
    pub(crate) providers: Rng,
    pub(crate) disk: Rng,
    pub(crate) clock: Rng,
    pub(crate) retention: Rng,
    pub(crate) contracts: Rng,
    pub(crate) checkpoints: Rng,
    pub(crate) keys: Rng,
    pub(crate) households: Rng,
    pub(crate) mailings: Rng,
    pub(crate) migrations: Rng,
}

/// One run of the simulation.
pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) contracts: Contracts,
    pub(crate) flows: Arc<Flows>,
    pub(crate) bug: Option<Bug>,
    pub(crate) chance: Chance,
    pub(crate) clock: Arc<SimClock>,
    pub(crate) tape: Arc<Tape>,
    pub(crate) disk: Arc<Disk>,
    pub(crate) archive: Arc<Archive>,
    pub(crate) keys: Keys,
    pub(crate) house: House,
    pub(crate) outside: Outside,
    pub(crate) senders: Senders,
    pub(crate) shadow: Shadow,
    pub(crate) accepted: Accepted,
    pub(crate) payments: Payments,
    pub(crate) written: Written,
    pub(crate) moves: Moves,
    pub(crate) escalations: Escalations,
    pub(crate) bounds: Bounds,
    pub(crate) fairness: Fairness,
    pub(crate) no_ways: NoWays,
    pub(crate) together: Together,
    pub(crate) mailings: Vec<Mailing>,
    pub(crate) migrations: Vec<Migration>,
    pub(crate) findings: Findings,
    /// Faults are over.
    pub(crate) calm: bool,
    /// What happened, one line a thing, when somebody wants to read it.
    pub(crate) log: Option<Vec<String>>,
    pub(crate) step: usize,
    pub(crate) crashes: usize,
    pub(crate) failures: usize,
    /// The latest instant the clock showed before it was set back.
    pub(crate) shown: Timestamp,
    /// How often the clock was set on, and back.
    pub(crate) jumps: [usize; 2],
    /// Repeats that were answered.
    pub(crate) repeats: usize,
    /// Orders that were refused because their tenant was full.
    pub(crate) full: usize,
    /// Notifications that found no room in the quota.
    pub(crate) refusals: usize,
    /// Whether records were forgotten.
    pub(crate) forgotten: bool,
    /// How often a reader had its turn.
    pub(crate) reads: usize,
    /// Whether a tenant was at rest.
    pub(crate) at_rest: bool,
    /// How often the providers' owners changed.
    pub(crate) changes: usize,
    /// Starts of a shard from a checkpoint.
    pub(crate) from_checkpoints: usize,
}

impl World {
    pub(crate) fn new(seed: u64, bug: Option<Bug>, log: bool) -> Self {
        // These rules are pure and deep in the model: there is no other seam to plant a mistake at.
        instant::trust_ahead(bug == Some(Bug::AheadWins));
        sluis_model::leak(bug == Some(Bug::PointsLeak));
        sluis_model::slip(bug.and_then(Bug::slip));
        let plan = Plan::of(seed);
        let stream = |label| Rng::stream(seed, label);
        let chance = Chance {
            schedule: stream(1),
            senders: stream(2),
            providers: stream(3),
            disk: stream(4),
            clock: stream(5),
            retention: stream(6),
            contracts: stream(7),
            checkpoints: stream(8),
            keys: stream(9),
            households: stream(10),
            mailings: stream(11),
            migrations: stream(12),
        };
        let clock = Arc::new(SimClock::starting_at(plan.start, plan.restless));
        let tape = Arc::new(Tape::default());
        let disk = Disk::new(plan.shards, plan.batches, tape.clone(), bug);
        let archive = Archive::new(plan.shards);
        let keys = Keys::of(&plan, &disk, &archive);
        let contracts = Contracts::of(&plan);
        let flows = Flows::of(&plan, seed, bug);
        let house = House::start(&Ground {
            plan: &plan,
            contracts: &contracts,
            flows: &flows,
            disk: &disk,
            archive: &archive,
            clock: &clock,
            erasures: keys.erasures(),
            bug,
        });
        let (shadow, fairness) = (
            Shadow::new(plan.shards, flows.clone()),
            Fairness::new(plan.limited || plan.hours.is_some()),
        );
        let log = log.then(|| vec![format!("{plan:?}")]);
        Self {
            plan,
            contracts,
            flows,
            bug,
            chance,
            clock,
            tape,
            disk,
            archive,
            keys,
            house,
            outside: Outside::default(),
            senders: Senders::default(),
            shadow,
            accepted: Accepted::default(),
            payments: Payments::default(),
            written: Written::default(),
            moves: Moves::default(),
            escalations: Escalations::default(),
            bounds: Bounds::default(),
            fairness,
            no_ways: NoWays::default(),
            together: Together::default(),
            mailings: Vec::new(),
            migrations: Vec::new(),
            findings: Findings::default(),
            calm: false,
            log,
            step: 0,
            crashes: 0,
            failures: 0,
            shown: Timestamp(i64::MIN),
            jumps: [0; 2],
            repeats: 0,
            full: 0,
            refusals: 0,
            forgotten: false,
            reads: 0,
            at_rest: false,
            changes: 0,
            from_checkpoints: 0,
        }
    }

    /// Writes a line, when somebody reads.
    pub(crate) fn note(&mut self, text: impl FnOnce() -> String) {
        if let Some(log) = &mut self.log {
            log.push(format!(
                "{:>5} {} {}",
                self.step,
                self.clock.peek().0 - self.plan.start.0,
                text()
            ));
        }
    }

    /// One step with faults.
    pub(crate) fn step(&mut self) {
        self.step += 1;
        let schedule = &mut self.chance.schedule;
        if schedule.rarely(self.plan.crashes) {
            return self.crash(true);
        }
        if schedule.rarely(self.plan.failures) {
            return self.fail();
        }
        let waits = self.mailings.iter().any(Mailing::is_uncertain);
        if self.plan.jumps > 0 && !waits && self.chance.clock.rarely(self.plan.jumps) {
            return self.jump();
        }
        let woken = !self.house.woken.lock().is_empty();
        let weights = [
            10 * usize::from(woken),
            4 * usize::from(self.disk.waiting() > 0),
            4 * usize::from(self.house.flights() > 0),
            self.plan.eager,
            2 * usize::from(!self.outside.evidence.is_empty()),
            2,
            usize::from(self.step.is_multiple_of(8)),
            2 * usize::from(self.plan.keep_for.is_some()),
            3 * usize::from(self.house.readers.waiting() > 0),
            2 * usize::from(self.plan.checkpoints),
            usize::from(self.plan.keys.is_some()),
            3 * usize::from(self.plan.mailings),
            6 * usize::from(self.plan.migrations),
        ];
        match schedule.weighed(&weights) {
            Some(0) => self.turn(),
            Some(1) => {
                let batches = 1 + self.chance.disk.below(self.disk.waiting());
                self.disk.commit(batches);
                self.note(|| format!("{batches} batches are durable"));
            }
            Some(2) => {
                self.flight();
            }
            Some(3) => self.act(),
            Some(4) => self.evidence(),
            Some(5) => self.time(),
            Some(7) => self.forget(),
            Some(8) => self.read_one(),
            Some(9) => self.take_checkpoints(),
            Some(10) => self.turn_of_keys(),
            Some(11) => self.turn_of_mailings(),
            Some(12) => self.turn_of_migrations(),
            _ => self.keep(),
        }
        self.stepped();
    }

    /// After anything: the books.
    pub(crate) fn stepped(&mut self) {
        self.read_tape();
        self.bounds
            .stepped(&self.plan, &self.house, &self.shadow, &mut self.findings);
        if let Some(found) = self.fairness.findings.0.take() {
            self.findings.blame(found.check, || found.text);
        }
    }

    /// A reader has its turn.
    pub(crate) fn read_one(&mut self) {
        let Some(work) = self.house.readers.take_one() else {
            return;
        };
        self.reads += 1;
        let lost = self.bug == Some(Bug::ReadingLost) && self.reads.is_multiple_of(READINGS);
        self.note(|| format!("a reader has its turn, lost: {lost}"));
        if !lost {
            self.disk.by_reader.store(true, Ordering::SeqCst);
            work();
            self.disk.by_reader.store(false, Ordering::SeqCst);
        }
    }

    /// One of those who were woken has its turn.
    pub(crate) fn turn(&mut self) {
        let woken: Vec<Actor> = self.house.woken.lock().iter().copied().collect();
        let actor = self.chance.schedule.pick(&woken);
        self.house.woken.lock().remove(&actor);
        self.note(|| format!("{actor:?} has its turn"));
        let House {
            shards,
            routers,
            stations,
            inboxes,
            ..
        } = &mut self.house;
        let room = match actor {
            Actor::Shard(shard) => {
                if shards[shard].turn() {
                    self.bounds.restarted(&self.house, &self.shadow);
                }
                if self.bug == Some(Bug::TimersAtRestForgotten) {
                    self.house.shards[shard].forget_timers_at_rest();
                }
                self.at_rest |= self.house.shards[shard].at_rest() > 0;
                true
            }
            Actor::Router(router) => routers[router].turn(inboxes, &mut self.fairness, self.bug),
            Actor::Station(station) => {
                let waker = stations[station].waker.clone();
                waker.turn(|| stations[station].turn())
            }
        };
        self.findings.expect(room, Check::Bounded, || {
            format!("an internal line was full in the turn of {actor:?}")
        });
    }

    /// A provider tells something it had not told, in no order.
    pub(crate) fn evidence(&mut self) {
        let pick = self.chance.providers.below(self.outside.evidence.len());
        let evidence = self.outside.evidence.swap_remove(pick);
        self.tell_evidence(evidence);
    }

    /// The clock goes on: a little, to what is due, or far.
    fn time(&mut self) {
        let rng = &mut self.chance.schedule;
        let now = self.clock.peek();
        let due = self.house.next_due();
        let to = match rng.below(10) {
            0..=3 => now.plus(rng.within(1, 2_000)),
            4..=6 if due < now.plus(60 * DAY) => due.max(now),
            7 => now.plus(rng.within(0, 4 * HOUR)),
            8 => now.plus(rng.within(0, 3 * DAY)),
            9 if due < Timestamp::NEVER => due.max(now),
            _ => now.plus(rng.within(0, MINUTE)),
        };
        // The driver of mailings does not sleep for days over what it does not know.
        let to = match self.mailings.iter().any(Mailing::is_uncertain) {
            true => to.min(now.plus(MINUTE)),
            false => to,
        };
        self.clock.set(to);
        self.note(|| format!("the clock goes on by {} ms", to.since(now)));
        self.house.tick();
    }

    /// The clock of the machine is set, by hours. Back only once everything has settled: what was
    /// decided before is then known to have been.
    fn jump(&mut self) {
        let by = self
            .chance
            .clock
            .within(-JUMP_HOURS * HOUR, JUMP_HOURS * HOUR);
        if by < 0 {
            self.settle();
            self.shown = self.shown.max(self.clock.peek());
        }
        self.clock.set(self.clock.peek().plus(by));
        self.jumps[usize::from(by < 0)] += 1;
        self.note(|| format!("the clock is set by {by} ms"));
        self.house.tick();
        self.stepped();
    }

    /// The housekeeping: a shard's table is written, sometimes marked; the retention, where it is
    /// planted.
    fn keep(&mut self) {
        let shard = self.chance.schedule.below(usize::from(self.plan.shards));
        let mark = self.chance.schedule.chance(50);
        let upto = self.house.shards[shard].table(&*self.disk, Shard(shard as u16));
        self.note(|| {
            format!("the table of shard {shard} is complete up to {upto}, marked: {mark}")
        });
        if mark {
            self.disk
                .set_table_applied(Shard(shard as u16), Sequence(upto))
                .expect("what ended durably is within the log");
        }
        if self.bug == Some(Bug::TrimmedTooEarly) {
            self.disk.trim_half();
        }
    }

    /// Old records go, where the plan has it: a generation begins now and then, the archive follows,
    /// the retention makes a step.
    fn forget(&mut self) {
        // Only what is older than a day goes, and an erasure takes moments.
        if self.keys.erased != self.shadow.erased {
            return;
        }
        let Some(retention) = &mut self.house.retention else {
            return;
        };
        let rng = &mut self.chance.retention;
        if rng.chance(40) {
            self.disk.begin_generation();
        }
        for shard in (0..self.plan.shards).map(Shard) {
            if rng.chance(60) {
                let most = 1 + rng.below(200);
                self.archive.follow(&*self.disk, shard, most);
            }
        }
        if self.plan.keys.is_some() && rng.chance(50) {
            self.archive.store();
        }
        retention.step().expect("a log in memory can be read");
        retention.sweep().expect("a table in memory can be read");
        if self.bug == Some(Bug::TrimmedBeforeItIsCarried) {
            self.disk.trim_to_newest();
        }
        let firsts: Vec<u64> = (0..self.plan.shards)
            .map(|shard| self.disk.first(Shard(shard)).0)
            .collect();
        self.forgotten |= firsts.iter().any(|first| *first > 1);
        self.note(|| format!("the shards are kept from {firsts:?} on"));
    }

    /// A shard panics at the end of a turn.
    fn fail(&mut self) {
        let shard = self.chance.schedule.below(usize::from(self.plan.shards));
        self.note(|| format!("shard {shard} fails"));
        self.failures += 1;
        self.house.shards[shard].fail();
        self.stepped();
    }

    /// The process dies and starts again. `tail`: what was not durable may survive in part.
    pub(crate) fn crash(&mut self, tail: bool) {
        self.crashes += 1;
        let kept = self.disk.crash(tail.then_some(&mut self.chance.disk));
        self.note(|| format!("the process dies; left of the shards: {kept:?}"));
        self.outside.evidence.extend(self.senders.cut_off());
        self.forget_what_has_ended();
        self.shadow.cut(&kept);
        self.accepted
            .crashed(&kept, &self.shadow, &mut self.findings);
        self.together.crashed(&self.shadow, &mut self.findings);
        self.fairness.crashed();
        self.no_ways.crashed();
        if tail {
            self.configure();
        }
        self.restart_keys(tail);
        self.restart_mailings();
        self.restart_migrations();
        let Self {
            plan,
            contracts,
            flows,
            disk,
            archive,
            clock,
            keys,
            bug,
            ..
        } = self;
        let house = House::start(&Ground {
            plan,
            contracts,
            flows,
            disk,
            archive,
            clock,
            erasures: keys.erasures(),
            bug: *bug,
        });
        // The replies of the dead process went nowhere: whatever dropping it put on the tape was
        // never sent.
        let started = self.tape.take();
        drop(std::mem::replace(&mut self.house, house));
        drop(self.tape.take());
        self.bounds.restarted(&self.house, &self.shadow);
        self.read(started);
        self.settle_keys();
        self.compare_starts();
        self.stepped();
    }
}
