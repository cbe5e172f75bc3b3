//! `sluis-loadtest households`. Refuses to choose another place than the one given.

use std::path::PathBuf;
use std::process::ExitCode;

use sluis_loadtest::demo::{self, Large};

use super::Done;

#[derive(Debug, clap::Args)]
pub(crate) struct HouseholdArguments {
    /// How many.
    #[arg(long, default_value_t = 1_000)]
    count: usize,
    /// Folder to write into; it is made.
    #[arg(long)]
    out: PathBuf,
    /// The same seed makes the same files.
    #[arg(long, default_value_t = demo::SEED)]
    seed: u64,
    /// When the rehearsal starts.
    #[arg(long, default_value = "2026-12-01T09:00:00+01:00")]
    starts: jiff::Timestamp,
    /// The facts come from a production system; without it from a test.
    #[arg(long)]
    production: bool,
}

pub(crate) fn households(arguments: &HouseholdArguments) -> Done {
    let large = Large {
        count: arguments.count,
        seed: arguments.seed,
        starts: arguments.starts,
        environment: if arguments.production {
            "production"
        } else {
            "test"
        },
    };
    let counts = large.write(&arguments.out)?;
    println!(
        "{} households in {}",
        arguments.count,
        arguments.out.display()
    );
    for (what, count) in counts {
        println!("  {count:>7} {what}");
    }
    Ok(ExitCode::SUCCESS)
}
