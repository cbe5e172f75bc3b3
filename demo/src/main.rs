//! The command `sluis-demo`: everything that `sluis` can be asked for, and the demo. It is what
//! `cargo run` means in the workspace; what is shipped is `sluis`, which needs none of this.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use sluis_demo::{DemoArgs, FastArgs, LiveArgs};

#[global_allocator]
static ALLOCATOR: sluis::allocator::Allocator = sluis::allocator::Allocator;

/// An output street for housing corporations, with its demo.
#[derive(Debug, Parser)]
#[command(name = "sluis-demo", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the whole street on sample data, days in seconds, and balance the books.
    Demo(DemoArgs),
    /// Serve with a clock that runs fast, for load tests: the engine lives through years in minutes
    ServeFast(FastArgs),
    /// Play what `sluis rehearse` rehearses with a real engine and sinks that draw from the same models
    Live(Box<LiveArgs>),
    #[command(flatten)]
    Shipped(sluis::cli::Command),
}

fn main() -> ExitCode {
    sluis::machine::use_ordinary_pages();
    match Cli::parse().command {
        Command::Demo(args) => sluis_demo::main(args),
        Command::ServeFast(args) => sluis_demo::serve_fast(&args),
        Command::Live(args) => sluis_demo::live(&args),
        Command::Shipped(command) => command.run(),
    }
}
