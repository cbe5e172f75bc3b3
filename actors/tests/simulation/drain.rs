//! Owns the quiet moments: settling, when everything that can happen without time, providers and
//! senders has happened, and draining, when faults are over and time goes on until nothing more is
//! to come. There the books for which all must be quiet are opened, and liveness is judged. Refuses
//! faults.

use sluis_actors::{Query, ShardRequest};
use sluis_model::{Control, Phase, ShardId, TenantKey, Timestamp};

use crate::mailings::Mailing;
use crate::migrations::Migration;
use crate::safety::bounds::Bounds;
use crate::safety::no_way::NoWays;
use crate::safety::{Check, caps, closed, explained, mailings, points, together};
use crate::senders::What;
use crate::world::World;

/// Turns and commits after which the house should have settled.
const MOST_TURNS: usize = 20_000;
/// What counts as a moment, in milliseconds.
const MOMENT: i64 = 20;
/// Rounds of time, answers and evidence after which everything should have ended.
const MOST_ROUNDS: usize = 5_000;
/// Restarts in which every intent should have been finished.
const MOST_RESTARTS: usize = 8;

impl World {
    /// Runs whoever wants to run and commits, until nobody does. The clock stands, nothing is
    /// answered.
    pub(crate) fn settle(&mut self) {
        for _ in 0..MOST_TURNS {
            if self.findings.0.is_some() {
                return;
            }
            let woken = !self.house.woken.lock().is_empty();
            if woken {
                self.turn();
            } else if self.disk.waiting() > 0 {
                self.disk.commit(usize::MAX);
            } else if self.house.readers.waiting() > 0 {
                self.read_one();
            } else {
                self.house.tick();
                if self.house.woken.lock().is_empty() && !self.wait_a_moment() {
                    return self.settled();
                }
            }
            self.stepped();
        }
        self.findings
            .blame(Check::EverythingEnds, || "the house never settles".into());
    }

    /// Lets the clock go to an alarm that is a moment away: a line was full and is tried again.
    /// `false`: there is none.
    fn wait_a_moment(&mut self) -> bool {
        let (now, due) = (self.clock.peek(), self.house.next_alarm());
        let moment = due <= now.plus(MOMENT);
        if moment {
            self.clock.set(due.max(now));
        }
        moment
    }

    fn settled(&mut self) {
        let now = self.clock.peek();
        self.note(|| "everything has settled".into());
        self.escalations
            .settled(&self.shadow, now, &mut self.findings);
        self.payments.settled(&self.shadow, &mut self.findings);
        together::settled(&self.shadow, &mut self.findings);
        mailings::settled(&self.mailings, &self.shadow, &mut self.findings);
        NoWays::settled(&self.contracts, &self.shadow, now, &mut self.findings);
        if self.calm {
            let house = (&self.plan, &self.contracts);
            self.no_ways
                .calm(house, &self.shadow, now, &mut self.findings);
        }
        Bounds::settled(&self.house, &self.shadow, &mut self.findings);
    }

    /// The faults are over, perhaps with a last crash that leaves nothing undurable: then time,
    /// until nothing more is to come.
    pub(crate) fn drain(&mut self) {
        self.calm = true;
        if self.plan.dies_last {
            self.crash(false);
        }
        self.settle();
        self.finish_erasures();
        if self.findings.0.is_some() {
            return;
        }
        self.lost_facts();
        self.compare();
        self.resume();
        for _ in 0..MOST_ROUNDS {
            self.step += 1;
            self.go_on_with_mailings();
            self.go_on_with_migrations();
            self.settle();
            if self.findings.0.is_some() {
                return;
            }
            let is_asked = self.migrations.iter().any(Migration::waits_for_answers);
            if is_asked || self.mailings.iter().any(Mailing::is_uncertain) {
                continue;
            }
            if self.flight() {
                self.stepped();
            } else if !self.outside.evidence.is_empty() {
                self.evidence();
                self.stepped();
            } else {
                match self.house.next_due() {
                    Timestamp::NEVER if self.migrations.iter().any(Migration::goes_on) => {}
                    Timestamp::NEVER => return self.drained(),
                    due => self.clock.set(due.max(self.clock.peek())),
                }
            }
        }
        self.findings.blame(Check::EverythingEnds, || {
            "time goes on and there is always more to come".into()
        });
    }

    /// Ends every pause, on every shard.
    fn resume(&mut self) {
        for scope in self.senders.pauses.clone() {
            for shard in (0..self.plan.shards).map(ShardId) {
                let control = Control::Resume(scope.clone());
                self.hand_in(What::Pause, shard, |reply| ShardRequest::Control {
                    control,
                    reply,
                });
                self.settle();
            }
        }
    }

    /// Asks each shard for the state of each tenant, and of those who were erased.
    fn compare(&mut self) {
        explained::settled(&*self.disk, &self.archive, &self.shadow, &mut self.findings);
        points::settled(&self.shadow, &mut self.findings);
        caps::settled(self.plan.cap, &self.shadow, &mut self.findings);
        closed::settled(&self.outside, &self.shadow, &mut self.findings);
        self.look_at_keys();
        let tenants: Vec<(ShardId, TenantKey)> = {
            let of = |(shard, log): (u16, &crate::shadow::Log)| {
                log.tenants
                    .keys()
                    .map(move |key| (ShardId(shard), key.clone()))
                    .collect::<Vec<_>>()
            };
            let erased = self.keys.erased.iter();
            let erased = erased.map(|(key, (shard, _))| (ShardId(*shard), key.clone()));
            let known = (0..).zip(&self.shadow.logs).flat_map(of);
            known.chain(erased).collect()
        };
        for (shard, tenant) in tenants {
            let query = Query::Tenant(tenant.clone());
            self.hand_in(What::State { tenant }, shard, |reply| ShardRequest::Query {
                query,
                reply,
            });
            self.settle();
        }
    }

    /// Nothing more is to come.
    fn drained(&mut self) {
        self.note(|| "nothing more is to come".into());
        for (_, open) in self.shadow.all_open() {
            // A group is looked at with its parts.
            let is_group = self.shadow.known.grouped.groups.contains_key(&open.id);
            let with_people = matches!(open.phase, Phase::Task { .. }) || is_group;
            self.findings
                .expect(with_people, Check::EverythingEnds, || {
                    format!(
                        "{} stays {} for ever: {:?}",
                        open.id,
                        open.phase.name(),
                        open.phase
                    )
                });
        }
        together::drained(&self.shadow, &mut self.findings);
        let under_way = self.house.activity.count();
        self.findings
            .expect(under_way == 0, Check::EverythingEnds, || {
                format!("{under_way} things are under way for ever")
            });
        self.compare();
        self.restarted();
    }

    /// A restart finishes what was begun for several tenants, and finds everything as it was.
    fn restarted(&mut self) {
        for _ in 0..MOST_RESTARTS {
            if self.findings.0.is_some() {
                return;
            }
            self.crash(false);
            self.settle();
            if self.shadow.logs.iter().all(|log| log.intents.is_empty()) {
                self.lost_facts();
                return self.compare();
            }
        }
        let intents: Vec<_> = self
            .shadow
            .logs
            .iter()
            .map(|log| log.intents.clone())
            .collect();
        self.findings.blame(Check::EverythingEnds, || {
            format!("no restart finishes the intents {intents:?}")
        });
    }
}
