//! Owns the longest single insertion while tables fill: what their growing costs whoever meets it.
//! An average would hide it. Refuses to blame a table for an interruption: of the rounds, the one
//! with the shortest longest counts.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use sluis_actors::{Claim, Claimed, KeyIndex, KeyWindow, Quota};
use sluis_model::{CorporationId, Idempotency, NotificationId, Timestamp};

use super::MicroArgs;
use super::harness::Harness;

/// Entries, unless fewer are asked for: the window of idempotency keys of a corporation.
const ENTRIES: u64 = 2_000_000;
const CORPORATION: CorporationId = CorporationId(1);

pub(super) fn run(_: &mut Harness, args: &MicroArgs) -> anyhow::Result<()> {
    let growth = Growth {
        entries: args.entries.min(ENTRIES),
        rounds: args.rounds,
    };
    growth.measure(
        "growth: one hash map of the standard library, for comparison",
        |entries| {
            let mut map = HashMap::new();
            longest(entries, |n| {
                black_box(map.insert(scattered(n), [n; 4]));
            })
        },
    );
    growth.measure("growth: idempotency keys of a corporation", keys);
    #[cfg(feature = "inside")]
    growth.measure(
        "growth: indexes of a shard, five open notifications a tenant",
        indexes,
    );
    Ok(())
}

struct Growth {
    entries: u64,
    rounds: usize,
}

impl Growth {
    fn measure(&self, name: &str, mut fill: impl FnMut(u64) -> Duration) {
        eprintln!("{name}: {} rounds", self.rounds);
        let longest = (0..self.rounds).map(|_| fill(self.entries).as_secs_f64() * 1e6);
        let (least, most) = longest.fold((f64::MAX, 0f64), |(least, most), us| {
            (least.min(us), most.max(us))
        });
        let size = json!({ "entries": self.entries });
        let line = json!({
            "what": "micro", "name": name, "longest_us": least, "longest_us_worst_round": most, "rounds": self.rounds, "size": size,
        });
        println!("{line}");
    }
}

/// How long the longest of so many insertions took.
fn longest(entries: u64, mut insert: impl FnMut(u64)) -> Duration {
    let mut longest = Duration::ZERO;
    let mut before = Instant::now();
    for n in 0..entries {
        insert(n);
        let after = Instant::now();
        longest = longest.max(after - before);
        before = after;
    }
    longest
}

fn keys(entries: u64) -> Duration {
    let quota = Arc::new(Quota::new(u64::MAX, u64::MAX, [(CORPORATION, u64::MAX)]));
    let keys = Arc::new(KeyIndex::new(KeyWindow::default(), [CORPORATION]));
    longest(entries, |n| {
        let (key, id) = (
            Idempotency {
                key: scattered(n),
                body: n,
            },
            NotificationId(n.into()),
        );
        match Claim::take(
            &quota,
            &keys,
            CORPORATION,
            key,
            id,
            Timestamp(n as i64 / 64),
        ) {
            Claimed::Granted(claim) => claim.keep(),
            other => unreachable!("a new key with room for it: {other:?}"),
        }
    })
}

#[cfg(feature = "inside")]
fn indexes(entries: u64) -> Duration {
    use sluis_model::{Event, FlowRef, Input, TenantKey};

    let input = Input::Notify(Box::new(super::decide::notification(FlowRef([1; 16]))));
    let tenants: Vec<_> = (0..entries / 5)
        .map(|n| TenantKey::new(CORPORATION, format!("H-{n}")))
        .collect();
    let mut indexes = sluis_actors::Indexes::default();
    let took = longest(entries, |n| {
        // Ids come nearly in order: by their milliseconds, and scattered within one.
        let id = NotificationId(u128::from(n / 64) << 64 | u128::from(scattered(n) as u64));
        indexes.accept(
            &tenants[scattered(n) as usize % tenants.len()],
            &input,
            &Event::Accepted { id },
        );
    });
    assert_eq!(
        indexes.open() as u64,
        entries,
        "every notification of the measurement is open"
    );
    took
}

/// A number that looks like a hash: another one for each.
fn scattered(n: u64) -> u128 {
    u128::from(n.wrapping_mul(0x9e37_79b9_7f4a_7c15)) << 64
        | u128::from(n.wrapping_mul(0xd6e8_feb8_6659_fd93))
}
