//! Many more tenants than may be active.

use std::sync::Arc;

use super::passive::{at_rest, is_passive, resting, run_one, tell_balance};
use super::world::{HOUSE, World, settle};
use crate::quota::Quota;

#[test]
fn whoever_may_rest_is_found_among_many_passive_ones_within_some_turns() {
    let world = World {
        quota: Arc::new(Quota::new(1_000, 1_000, [(HOUSE, 1_000)])),
        ..resting()
    };
    // This says itself that all of them rest after the few turns in which a shard settles.
    let (mut shard, _) = at_rest(&world, 400);
    tell_balance(&world, "H-200", 1_000);
    settle(&world, &mut shard);
    assert!(run_one(&world), "his state is read");
    settle(&world, &mut shard);
    assert!(is_passive(&shard, "H-200"));
}
