//! The command line of the load tests. Owns printing and the exit code; refuses logic.
#![allow(clippy::print_stdout, clippy::print_stderr)] // the command line is where talking belongs

mod cli;

use std::num::NonZeroUsize;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A sink and a generator share the machine with what they measure: as little of it as possible.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Sinks, load generator, ledger and demo data for Sluis.
#[derive(Debug, Parser)]
#[command(name = "sluis-loadtest", version)]
struct Arguments {
    /// Threads that carry connections. One leaves the rest of a small machine to what is measured;
    /// a larger machine, or a rate that one cannot offer or take, wants more.
    #[arg(long, global = true, default_value = "1")]
    threads: NonZeroUsize,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the sinks until told to stop (ctrl-c or SIGTERM), then write their ledger.
    Sink(cli::sink::SinkArguments),
    /// Offer notifications on a fixed schedule and report.
    Run(Box<cli::run::RunArguments>),
    /// Load the tenants that `run` sends to.
    Tenants(cli::tenants::TenantArguments),
    /// Append a figure measured elsewhere to the results.
    Record(cli::record::RecordArguments),
    /// Sample an engine's metrics and memory once a second.
    Watch(cli::watch::WatchArguments),
    /// Wait until a count of an engine or a sink has come far enough.
    Until(cli::until::UntilArguments),
    /// Draw samples and results as a page with plots.
    Report(cli::report::ReportArguments),
    /// Print the medians of the results as a table.
    Table(cli::table::TableArguments),
    /// Ask an engine for every id that it acknowledged.
    Ask(cli::ask::AskArguments),
    /// Reconcile acknowledged ids, sink ledgers and outcomes.
    Ledger(cli::ledger::LedgerArguments),
    /// Measure what a mail sink takes by itself.
    Flood(cli::flood::FloodArguments),
    /// Write the demo's data.
    DemoData(cli::demo::DemoArguments),
    /// Write messy households to rehearse with, as many as wanted.
    Households(cli::households::HouseholdArguments),
}

fn main() -> ExitCode {
    // As the engine does: a huge page that is made while a thread waits for it would be measured as
    // the engine's delay.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    let arguments = Arguments::parse();
    let done = match runtime(arguments.threads) {
        Ok(runtime) => runtime.block_on(run(arguments.command)),
        Err(error) => Err(error.into()),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("sluis-loadtest: {error}");
            ExitCode::FAILURE
        }
    }
}

fn runtime(threads: NonZeroUsize) -> std::io::Result<tokio::runtime::Runtime> {
    let mut builder = match threads.get() {
        1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    builder.worker_threads(threads.get()).enable_all().build()
}

async fn run(command: Command) -> cli::Done {
    match command {
        Command::Sink(arguments) => cli::sink::sink(arguments).await,
        Command::Run(arguments) => cli::run::run(*arguments).await,
        Command::Tenants(arguments) => cli::tenants::tenants(arguments).await,
        Command::Record(arguments) => cli::record::record(&arguments),
        Command::Watch(arguments) => cli::watch::watch(arguments).await,
        Command::Until(arguments) => cli::until::until(arguments).await,
        Command::Report(arguments) => cli::report::report(&arguments),
        Command::Table(arguments) => cli::table::table(&arguments),
        Command::Ask(arguments) => cli::ask::ask(arguments).await,
        Command::Ledger(arguments) => cli::ledger::ledger(&arguments),
        Command::Flood(arguments) => cli::flood::flood(arguments).await,
        Command::DemoData(arguments) => cli::demo::demo_data(&arguments),
        Command::Households(arguments) => cli::households::households(&arguments),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::Arguments;

    /// The arguments of sinks come from several places: no name may be given twice.
    #[test]
    fn the_command_line_is_in_order() {
        Arguments::command().debug_assert();
    }
}
