//! Runs every fuzz target on stable, or the one that the third argument names: a million seeded
//! cases each, or as many as the first argument says, from the seed in the second. Ends with an
//! error when a case panics, and says which; refuses to go on after one.
#![allow(
    clippy::print_stdout,
    reason = "this is a command: its figures go to a person"
)]
#![allow(unreachable_pub, reason = "the cases are shared with another crate")]

#[path = "../fuzz/src/cases.rs"]
mod cases;
#[path = "../fuzz/src/targets.rs"]
mod targets;

use std::panic::catch_unwind;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: u64| {
        arguments
            .next()
            .and_then(|text| text.parse().ok())
            .unwrap_or(default)
    };
    let (count, seed) = (number(1_000_000), number(1));
    let only = std::env::args().nth(3);
    let clock = sluis::clock::monotonic();
    for (name, target) in targets::TARGETS
        .into_iter()
        .filter(|(name, _)| only.as_deref().is_none_or(|only| only == *name))
    {
        let corpus = cases::corpus(name);
        let (start, mut bytes) = (clock(), 0);
        for case in 0..count {
            let input = cases::case(&corpus, seed, case);
            bytes += input.len();
            if catch_unwind(|| target(&input)).is_err() {
                println!(
                    "{name}: case {case} of seed {seed} panicked: {}",
                    input.escape_ascii()
                );
                return ExitCode::FAILURE;
            }
        }
        let seconds = (clock() - start) as f64 / 1e9;
        let (rate, mean) = (
            count as f64 / seconds.max(1e-9),
            bytes as f64 / count.max(1) as f64,
        );
        println!(
            "{name}: {count} cases of {mean:.0} bytes on average, clean, {seconds:.1} s, {rate:.0} cases/s"
        );
    }
    ExitCode::SUCCESS
}
