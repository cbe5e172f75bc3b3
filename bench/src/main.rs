//! Measurements beside their floor: the binary port of a running engine, a plain file with group append and fdatasync, a
//! bare HTTP echo, the model's own speed. Refuses to assert anything: it prints one JSON line a run.
#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]
#![allow(clippy::print_stdout, reason = "a figure is printed")]

mod append;
mod binary;
mod codec;
mod echo;

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
    /// Floor: the same bytes appended to a plain file, one fdatasync a group.
    Append(append::AppendArgs),
    /// Floor: a server that answers every POST with a constant, to be driven by the load generator.
    Echo(echo::EchoArgs),
    /// Encoding and decoding of a record of 1 KiB.
    Codec,
}

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    match Cli::parse().what {
        What::Binary(args) => runtime.block_on(binary::run(args)),
        What::Append(args) => append::run(&args),
        What::Echo(args) => runtime.block_on(echo::run(args)),
        What::Codec => codec::run(),
    }
}
