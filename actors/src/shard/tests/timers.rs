//! Waits and their timers: what expires, what the clock does meanwhile, what is over early.

use super::*;

#[test]
fn what_expires_in_the_instant_in_which_it_wants_to_be_sent_expires() {
    let mut world = World::new();
    // An attempt that was withdrawn is in line again a quarter of a second later.
    let expires_at = world.clock.now().plus(250);
    world.expires_at = Some(expires_at);
    let (mut shard, id, dispatch) = world.under_way();
    assert!(world.inbox.outcome(
        dispatch.attempt,
        Verdict::Withdrawn {
            why: sluis_model::Why::new("connect", "refused")
        }
    ));
    shard.turn();
    let not_before = match shard.tenants.open(id).unwrap().phase {
        sluis_model::Phase::Ready { not_before, .. } => not_before,
        ref phase => panic!("{phase:?}"),
    };
    assert_eq!(not_before, expires_at, "the case at hand");
    world.clock.set(expires_at);
    shard.turn();
    assert!(shard.tenants.open(id).is_none());
}

/// Goes back by a second at every read, as a clock may that is being corrected.
struct Stepping(Timestamp, AtomicU64);

impl Clock for Stepping {
    fn now(&self) -> Timestamp {
        let reads = self.1.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        self.0.plus(-1_000 * reads as i64)
    }
}

#[test]
fn a_clock_that_is_set_back_within_a_turn_loses_no_wait() {
    let mut world = World::new();
    let due = world.clock.now().plus(5_000);
    world.send_after = Some(due);
    let mut shard = world.start();
    let id = world.notify("H-1", 1);
    shard.turn();
    shard.settings.clock = Arc::new(Stepping(due, AtomicU64::new(0)));
    shard.turn();
    assert!(matches!(
        shard.tenants.open(id).unwrap().phase,
        sluis_model::Phase::Ready { .. }
    ));
}

#[test]
fn a_wait_that_is_over_early_leaves_no_timer() {
    let mut world = World::new();
    let (late, later) = (
        world.clock.now().plus(60_000),
        world.clock.now().plus(90_000),
    );
    let mut shard = world.start();
    (world.send_after, world.expires_at) = (Some(late), Some(later));
    let id = world.notify("H-1", 1);
    shard.turn();
    assert_eq!(world.waker.due(), late);
    world.clock.set(late);
    shard.turn();
    assert_eq!(
        world.waker.due(),
        later,
        "it stands in line: only its expiry is left to wait for"
    );
    let cancel = Input::Cancel {
        target: sluis_model::CancelTarget::Notification(id),
        note: "by hand".into(),
    };
    world.business(
        |reply| ShardRequest::Input {
            tenant: World::key("H-1"),
            input: cancel,
            reply,
            claim: None,
        },
        2,
    );
    shard.turn();
    assert_eq!(world.waker.due(), Timestamp::NEVER);
}
