//! Owns the property tests: whatever happens in whatever order, permits are conserved and nothing
//! waits for ever. Refuses to know the order of grants.

use proptest::prelude::*;

use super::*;
use crate::router::ShareSettings;

#[derive(Clone, Debug)]
enum Step {
    Add {
        shard: u16,
        queue: QueueKey,
        count: u32,
    },
    /// Entries vanish: cancelled, expired.
    Drop {
        shard: u16,
        queue: QueueKey,
    },
    Turn,
    Settle {
        most: u32,
    },
    Finish {
        provider: usize,
    },
    Shut {
        provider: usize,
        for_ms: i64,
    },
    Open {
        provider: usize,
    },
    Allow {
        provider: usize,
        permits: u32,
    },
    Pass {
        millis: i64,
    },
}

fn queues() -> impl Strategy<Value = QueueKey> {
    (0..3usize, 0..4u16, 0..6usize).prop_map(|(lane, corporation, pin)| match pin {
        0 => pinned(Lane::ALL[lane], corporation, "a"),
        1 => pinned(Lane::ALL[lane], corporation, "b"),
        _ => key(Lane::ALL[lane], corporation),
    })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..3u16, queues(), 1..6u32).prop_map(|(shard, queue, count)| Step::Add { shard, queue, count }),
        1 => (0..3u16, queues()).prop_map(|(shard, queue)| Step::Drop { shard, queue }),
        6 => Just(Step::Turn),
        5 => prop_oneof![Just(u32::MAX), 0..3u32].prop_map(|most| Step::Settle { most }),
        4 => (0..2usize).prop_map(|provider| Step::Finish { provider }),
        1 => (0..2usize, 1..2_000i64).prop_map(|(provider, for_ms)| Step::Shut { provider, for_ms }),
        1 => (0..2usize).prop_map(|provider| Step::Open { provider }),
        1 => (0..2usize, 1..8u32).prop_map(|(provider, permits)| Step::Allow { provider, permits }),
        3 => prop_oneof![0..500i64, Just(-1_000), Just(90_000_000)].prop_map(|millis| Step::Pass { millis }),
    ];
    proptest::collection::vec(step, 1..120)
}

fn world() -> World {
    let mut settings = settings();
    let limited_share = ShareSettings {
        rate_per_second: Some(some(5)),
        burst: Some(some(2)),
        ..ShareSettings::default()
    };
    let held = ShareSettings {
        window: Some("mon-fri 08:00-12:00".parse().unwrap()),
        ..ShareSettings::default()
    };
    settings.corporations = [(CorporationId(1), limited_share), (CorporationId(2), held)].into();
    let second = ProviderSlot {
        rate_per_second: Some(some(20)),
        burst: Some(some(3)),
        ..provider("b", 3)
    };
    World::new(settings, vec![provider("a", 7), second], 3)
}

impl World {
    /// Permits out at a provider: in a shard's hands or with an attempt.
    fn out(&self, provider: usize) -> u32 {
        let granted: u32 = self
            .open
            .iter()
            .filter(|(_, grant)| grant.provider == provider)
            .map(|(_, grant)| grant.count)
            .sum();
        granted + self.running[provider]
    }

    fn apply(&mut self, step: Step) {
        match step {
            Step::Add {
                shard,
                queue,
                count,
            } => self.add(shard, queue, count),
            Step::Drop { shard, queue } => {
                self.waiting.insert((shard, queue.clone()), 0);
                self.add(shard, queue, 0);
            }
            Step::Turn => self.checked_turn(),
            Step::Settle { most } => {
                self.settle(most);
            }
            Step::Finish { provider } => self.finish(provider, self.running[provider].min(1)),
            Step::Shut { provider, for_ms } => {
                self.gates[provider].shut(self.now().plus(for_ms), None)
            }
            Step::Open { provider } => self.gates[provider].open(),
            Step::Allow { provider, permits } => self.gates[provider].allow(permits),
            Step::Pass { millis } => self.clock.advance(millis),
        }
    }

    fn checked_turn(&mut self) {
        let before = [self.out(0), self.out(1)];
        let open = self.open.len();
        let passages = [0, 1].map(|provider| self.gates[provider].passage(self.now()));
        let next = self.turn();
        assert!(next > self.now(), "an alarm lies ahead");
        for provider in 0..2 {
            let limit = match passages[provider] {
                crate::router::Passage::Free(allowed) => allowed.min([7, 3][provider]),
                crate::router::Passage::Probe => 1,
                crate::router::Passage::Shut(_) => 0,
            };
            assert!(
                self.out(provider) <= limit.max(before[provider]),
                "above what may be in use"
            );
        }
        for (shard, grant) in &self.open[open..] {
            assert!(grant.count > 0);
            assert!(
                grant
                    .queue
                    .pinned
                    .as_deref()
                    .is_none_or(|pin| pin == ["a", "b"][grant.provider])
            );
            let granted: u32 = self
                .open
                .iter()
                .filter(|(s, g)| (s, &g.queue) == (shard, &grant.queue))
                .map(|(_, g)| g.count)
                .sum();
            assert!(
                granted <= self.waiting[&(shard.0, grant.queue.clone())],
                "more granted than waits"
            );
        }
        assert_eq!(
            self.activity.count(),
            i64::from(self.out(0) + self.out(1)),
            "granted = used + returned + outstanding"
        );
    }

    /// Lets time pass and everything end, until nothing is left to do.
    fn run_dry(&mut self) {
        for gate in &self.gates {
            gate.open();
            gate.allow(10);
        }
        for _ in 0..2_000 {
            let next = self.round();
            if self.waiting.values().all(|left| *left == 0) {
                break;
            }
            if next != Timestamp::NEVER {
                self.clock.set(next);
            }
        }
        self.round();
        self.round();
    }
}

proptest! {
    #[test]
    fn permits_are_conserved_and_everything_is_served_in_the_end(steps in steps()) {
        let mut world = world();
        for step in steps {
            world.apply(step);
        }
        world.run_dry();
        let left: u32 = world.waiting.values().sum();
        prop_assert_eq!(left, 0, "left behind: {:?}", world.waiting);
        prop_assert!(world.activity.is_quiet());
        prop_assert_eq!(world.turn(), Timestamp::NEVER);
    }

    #[test]
    fn the_same_steps_give_the_same_grants(steps in steps()) {
        let mut worlds = [world(), world()];
        for step in steps {
            for world in &mut worlds {
                world.apply(step.clone());
            }
        }
        prop_assert_eq!(&worlds[0].open, &worlds[1].open);
        prop_assert_eq!(&worlds[0].begun, &worlds[1].begun);
    }
}
