//! How one operation is measured: warmed up, in rounds long enough for the clock, the median of
//! them reported with the fastest and the slowest. Owns the line of JSON; refuses to time what
//! prepares an operation.

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub(crate) struct Harness {
    rounds: usize,
    round: Duration,
}

/// Nanoseconds an operation, one entry a round, in order.
#[derive(Debug, PartialEq)]
struct Rounds(Vec<f64>);

impl Harness {
    pub(crate) const fn new(rounds: usize, round: Duration) -> Self {
        Self { rounds, round }
    }

    /// Measures an operation that can be repeated as it is.
    pub(crate) fn each<R>(&mut self, name: &str, size: Value, mut operation: impl FnMut() -> R) {
        let mut time = |times: u64| {
            let start = Instant::now();
            for _ in 0..times {
                black_box(operation());
            }
            start.elapsed()
        };
        // Finding how many fill a round warms caches, branch predictors and the allocator up.
        let mut times = 1;
        while time(times) < self.round {
            times *= 2;
        }
        self.batches(name, size, || (times, time(times)));
    }

    /// Measures batches that time themselves: how many operations, and how long they took without
    /// their preparation.
    pub(crate) fn batches(
        &mut self,
        name: &str,
        size: Value,
        mut batch: impl FnMut() -> (u64, Duration),
    ) {
        eprintln!("{name}: {} rounds", self.rounds);
        batch();
        let mut operations = 0;
        let rounds = (0..self.rounds).map(|_| {
            let (times, took) = batch();
            operations += times;
            took.as_nanos() as f64 / times.max(1) as f64
        });
        let rounds = Rounds::new(rounds.collect());
        println!(
            "{}",
            rounds.line(name, &size, operations / self.rounds as u64)
        );
    }
}

impl Rounds {
    fn new(mut nanos: Vec<f64>) -> Self {
        nanos.sort_by(f64::total_cmp);
        Self(nanos)
    }

    fn line(&self, name: &str, size: &Value, operations: u64) -> Value {
        let (fastest, median, slowest) = (
            self.0[0],
            self.0[self.0.len() / 2],
            self.0[self.0.len() - 1],
        );
        json!({
            "what": "micro", "name": name, "ns_op": median, "ns_op_fastest": fastest, "ns_op_slowest": slowest,
            "rate": 1e9 / median, "rounds": self.0.len(), "operations_a_round": operations, "size": size,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_reported_with_its_range() {
        let line = Rounds::new(vec![30.0, 10.0, 20.0]).line("x", &json!({ "bytes": 7 }), 5);
        assert_eq!(
            (
                &line["ns_op"],
                &line["ns_op_fastest"],
                &line["ns_op_slowest"]
            ),
            (&json!(20.0), &json!(10.0), &json!(30.0))
        );
        assert_eq!(
            (&line["rate"], &line["size"]["bytes"], &line["rounds"]),
            (&json!(5e7), &json!(7), &json!(3))
        );
    }

    #[test]
    fn preparation_runs_once_more_than_there_are_rounds() {
        let mut batches = 0;
        Harness::new(3, Duration::ZERO).batches("x", json!({}), || {
            batches += 1;
            (10, Duration::from_nanos(100))
        });
        assert_eq!(batches, 4, "the first one warms up");
    }
}
