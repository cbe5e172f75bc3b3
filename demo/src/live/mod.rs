//! Owns the live comparison: what `sluis rehearse` said of lists of tenants, played by the real engine with
//! a clock that is stepped, behind its real HTTP edge, with sinks that draw from the same channel models.
//! Its counts are held against those of the rehearsal. Refuses every provider, archive and time stamp of
//! the configuration: each provider is a sink on this machine.
#![allow(
    clippy::print_stdout,
    reason = "the command says what came, and what differs"
)]

mod book;
mod driver;
mod handing;
mod stage;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use sluis::cli::{Prepared, RehearsalArgs, prepare};
use sluis_rehearsal::{Counted, Difference, counted, differences, listed, read_counts};

use self::driver::Driver;

/// What is played, and what it is held against.
#[derive(Debug, clap::Args)]
pub struct LiveArgs {
    #[command(flatten)]
    what: RehearsalArgs,
    /// counts.csv of a rehearsal: every count must be equal
    #[arg(long, value_name = "FILE")]
    counts: Option<PathBuf>,
    /// The counts may lie as far from those of the rehearsal as it said
    #[arg(long, requires = "counts")]
    within: bool,
}

/// Plays it, writes what came, and holds it against what was said.
#[must_use]
pub fn live(args: &LiveArgs) -> ExitCode {
    super::log();
    let env = std::env::vars().collect();
    match played(args, &env) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            super::print::failed(&error);
            ExitCode::FAILURE
        }
    }
}

fn played(args: &LiveArgs, env: &BTreeMap<String, String>) -> anyhow::Result<bool> {
    let said = args.counts.as_deref().map(counts_of).transpose()?;
    let prepared = prepare(&args.what, env).map_err(anyhow::Error::msg)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let monotonic = sluis::clock::monotonic();
    let began = monotonic();
    let came = runtime.block_on(play(&prepared))?;
    runtime.shutdown_timeout(Duration::from_secs(1));
    println!("played in {} s", (monotonic() - began) / 1_000_000_000);
    if let Some(to) = &prepared.to {
        std::fs::create_dir_all(to).with_context(|| to.display().to_string())?;
        let path = to.join("counts.csv");
        std::fs::write(&path, listed(&came)).with_context(|| path.display().to_string())?;
    }
    Ok(match said {
        None => {
            print!("{}", listed(&came));
            true
        }
        Some(said) => told(&said, &came, !args.within),
    })
}

/// Plays what was prepared with a real engine, and gives its counts. For tests.
///
/// # Errors
/// The engine failed, refused what was handed in, or nothing moved any more.
pub async fn play(prepared: &Prepared) -> anyhow::Result<Vec<Counted>> {
    let driver = Driver::start(prepared).await?;
    let results = driver.run().await?;
    let rows = prepared.read.audience.rows.len() as u64;
    Ok(counted(&prepared.stage, &results, rows))
}

fn counts_of(path: &Path) -> anyhow::Result<Vec<Counted>> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).with_context(|| shown.to_string())?;
    match read_counts(&text) {
        Ok(counts) if counts.is_empty() => bail!("{shown}: it has no counts"),
        Ok(counts) => Ok(counts),
        Err(why) => bail!("{shown}: {why}"),
    }
}

/// Says what differs. True: nothing does.
fn told(said: &[Counted], came: &[Counted], exact: bool) -> bool {
    let different = differences(said, came, exact);
    let sum = |counts: &[Counted], what: &str| -> u64 {
        let of = counts.iter().filter(|one| one.what == what);
        of.map(|one| one.count).sum()
    };
    for what in ["begun", "taken", "bounced", "delivered", "pressed"] {
        let (said, came) = (sum(said, what), sum(came, what));
        println!("{what}: {said} said, {came} came");
    }
    for Difference { said, came } in &different {
        let (name, count) = (said.name(), said.count);
        let (from, to) = (said.spread.from, said.spread.to);
        println!("{name}: {came} came, {count} was said, {from} to {to} may come");
    }
    let how = if exact {
        "equal"
    } else {
        "within what was said"
    };
    let (good, all) = (said.len().saturating_sub(different.len()), said.len());
    println!(
        "{good} of {all} counts are {how}, {} are not",
        different.len()
    );
    different.is_empty()
}
