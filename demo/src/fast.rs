//! Owns a clock that runs many times as fast, and serving by it: a load test sees years of an engine in
//! minutes. It stands here, because the shipped program has no way to change the time.

use std::process::ExitCode;
use std::sync::Arc;

use sluis::cli::ServeArgs;
use sluis_model::{Clock, Timestamp};

/// How to serve with a clock that runs fast.
#[derive(Clone, Debug, clap::Args)]
pub struct FastArgs {
    #[command(flatten)]
    serve: ServeArgs,
    /// What the clock shows at first
    #[arg(long, value_name = "INSTANT")]
    from: jiff::Timestamp,
    /// How many times as fast it runs
    #[arg(long, value_name = "TIMES", value_parser = clap::value_parser!(u32).range(1..))]
    speed: u32,
}

/// Serves until a signal ends it.
#[must_use]
pub fn serve_fast(args: &FastArgs) -> ExitCode {
    let clock = FastClock::new(
        Timestamp(args.from.as_millisecond()),
        args.speed,
        sluis::clock::monotonic(),
    );
    sluis::cli::serve_by(&args.serve, Arc::new(clock))
}

/// A clock that runs fast. Time limits of connections are not its: they are those of this world.
struct FastClock {
    from: Timestamp,
    speed: u32,
    /// Nanoseconds of this world.
    nanos: Arc<dyn Fn() -> u64 + Send + Sync>,
    began: u64,
}

impl FastClock {
    fn new(from: Timestamp, speed: u32, nanos: Arc<dyn Fn() -> u64 + Send + Sync>) -> Self {
        let began = nanos();
        Self {
            from,
            speed,
            nanos,
            began,
        }
    }
}

impl Clock for FastClock {
    fn now(&self) -> Timestamp {
        let passed = u128::from((self.nanos)().saturating_sub(self.began));
        let millis = passed * u128::from(self.speed) / 1_000_000;
        self.from.plus(i64::try_from(millis).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn it_begins_where_it_is_told_and_runs_as_fast_as_it_is_told() {
        let world = Arc::new(AtomicU64::new(7_000_000_000));
        let nanos = world.clone();
        let nanos = Arc::new(move || nanos.load(Ordering::Relaxed));
        let clock = FastClock::new(Timestamp(1_000), 10_000, nanos);
        assert_eq!(clock.now(), Timestamp(1_000));
        world.fetch_add(50_000, Ordering::Relaxed);
        assert_eq!(clock.now(), Timestamp(1_500));
        world.fetch_add(3_600_000_000_000, Ordering::Relaxed);
        assert_eq!(clock.now(), Timestamp(1_500 + 10_000 * 3_600_000));
    }
}
