//! Measurements beside their floor: the binary port of a running engine, a plain file with group
//! append and fdatasync, a bare HTTP echo, the speed of the engine's parts by themselves. Refuses
//! to judge a figure: it prints one JSON line each.
#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a figure is printed, progress beside it"
)]

mod append;
mod archive;
mod binary;
mod echo;
mod micro;
mod words;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "sluis-bench", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Durable accept over the binary port of a running engine.
    Binary(binary::BinaryArgs),
    /// The archive by itself: bytes for each mail, how fast it takes, checks and finds.
    Archive(archive::ArchiveArgs),
    /// Floor: the same bytes appended to a plain file, one fdatasync a group.
    Append(append::AppendArgs),
    /// Floor: a server that answers every POST with a constant, to be driven by the load generator.
    Echo(echo::EchoArgs),
    /// The engine's parts by themselves: codec, wire, decide, router, render, growing tables,
    /// wheel.
    Micro(micro::MicroArgs),
}

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    match Cli::parse().what {
        What::Binary(args) => runtime.block_on(binary::run(args)),
        What::Archive(args) => archive::run(&args),
        What::Append(args) => append::run(&args),
        What::Echo(args) => runtime.block_on(echo::run(args)),
        What::Micro(args) => micro::run(&args),
    }
}
