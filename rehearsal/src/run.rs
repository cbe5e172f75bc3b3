//! Owns the run: what happens to all tenants in the order of time, and the routers in between, once a
//! second where something stands in line. Shards work side by side where there is much to do. The same
//! stage and audience give the same results on every machine. Refuses to read a clock.

use sluis_model::{SECOND, Timestamp};

use crate::homes::Homes;
use crate::shard::Shard;
use crate::stage::{Audience, Stage};
use crate::street::{Granted, Street};
use crate::tally::{Outcome, Results};

/// Shards, whatever the machine: the order within an instant depends on them.
const SHARDS: u32 = 8;
/// So little of one shard at once is not worth another thread.
const LITTLE: usize = 128;

/// Rehearses it.
#[must_use]
pub fn run(stage: &Stage, audience: &Audience, threads: usize) -> Results {
    let homes = Homes::among(audience);
    let mut street = Street::new(stage, SHARDS as usize);
    let shards = (0..SHARDS).zip(0_usize..);
    let mut shards: Vec<Shard<'_>> = shards
        .map(|(rest, place)| {
            let outboxes = street.outboxes(place);
            Shard::new(stage, audience, &homes, (rest, SHARDS), outboxes)
        })
        .collect();
    let together = homes.together(audience);
    drop(homes);
    let mut now = stage.starts;
    loop {
        let next = shards.iter().filter_map(Shard::next).min();
        let next = next.unwrap_or(Timestamp::NEVER).min(street.due());
        if next == Timestamp::NEVER || next > stage.ends {
            break;
        }
        now = second(next, stage.starts).max(now);
        advance(&mut shards, now, threads);
        let mut news = false;
        for shard in &mut shards {
            news |= shard.report();
        }
        if news || street.due() <= now {
            let granted = street.turn(now);
            use_all(&mut shards, now, &granted, threads);
            let mut more = !granted.is_empty();
            for shard in &mut shards {
                more |= shard.report();
            }
            if more {
                street.wake(now);
            }
        }
    }
    Results {
        together,
        ..gather(shards, audience.rows.len())
    }
}

/// The second of the rehearsal's clock at whose end an instant lies.
fn second(at: Timestamp, starts: Timestamp) -> Timestamp {
    let passed = at.since(starts).max(0);
    starts.plus((passed + SECOND - 1) / SECOND * SECOND)
}

fn advance(shards: &mut [Shard<'_>], now: Timestamp, threads: usize) {
    let mut more = false;
    for shard in &mut *shards {
        more |= shard.advance(now, LITTLE);
    }
    if more {
        side_by_side(shards, threads, |shard, _| {
            shard.advance(now, usize::MAX);
        });
    }
}

fn use_all(shards: &mut [Shard<'_>], now: Timestamp, granted: &[Granted], threads: usize) {
    let many: u64 = granted.iter().map(|one| u64::from(one.grant.count)).sum();
    let threads = if many > LITTLE as u64 { threads } else { 1 };
    side_by_side(shards, threads, |shard, place| {
        for one in granted.iter().filter(|one| one.shard == place) {
            shard.use_grant(now, &one.grant, one.carrier);
        }
    });
}

/// Has every shard do something, on so many threads.
fn side_by_side(
    shards: &mut [Shard<'_>],
    threads: usize,
    work: impl Fn(&mut Shard<'_>, usize) + Sync,
) {
    if threads <= 1 {
        for (place, shard) in shards.iter_mut().enumerate() {
            work(shard, place);
        }
        return;
    }
    let each = shards.len().div_ceil(threads);
    std::thread::scope(|scope| {
        for (number, part) in shards.chunks_mut(each).enumerate() {
            let work = &work;
            scope.spawn(move || {
                for (place, shard) in part.iter_mut().enumerate() {
                    work(shard, number * each + place);
                }
            });
        }
    });
}

fn gather(shards: Vec<Shard<'_>>, rows: usize) -> Results {
    let mut all = Results {
        outcomes: vec![Outcome::default(); rows],
        ..Results::default()
    };
    for shard in shards {
        let (results, outcomes) = shard.done();
        for (row, outcome) in outcomes {
            all.outcome(row, outcome, &results.ends);
        }
        all.add(results);
    }
    all.exceptions.sort_unstable();
    all
}
