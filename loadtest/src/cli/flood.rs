//! `sluis-loadtest flood`: what a mail sink can take by itself.

use std::process::ExitCode;

use serde_json::json;
use sluis_loadtest::run::flood_smtp;

use super::Done;

#[derive(Debug, clap::Args)]
pub(crate) struct FloodArguments {
    /// The mail sink.
    #[arg(long, default_value = "127.0.0.1:2525")]
    smtp: String,
    /// How many messages.
    #[arg(long, default_value_t = 100_000)]
    count: u64,
    /// Connections.
    #[arg(long, default_value_t = 64)]
    connections: u64,
    /// Length of the text.
    #[arg(long, default_value_t = 1024)]
    body_bytes: usize,
}

pub(crate) async fn flood(arguments: FloodArguments) -> Done {
    let flooded = flood_smtp(&arguments.smtp, arguments.count, arguments.connections, arguments.body_bytes).await?;
    let seconds = flooded.took.as_secs_f64();
    println!("{}", json!({ "accepted": flooded.accepted, "seconds": seconds, "rate": flooded.accepted as f64 / seconds }));
    Ok(if flooded.accepted > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
