//! `sluis-loadtest flood`: what a sink can take by itself. Refuses to call it good when nothing was
//! taken.

use std::process::ExitCode;

use serde_json::json;
use sluis_loadtest::run::{flood_sms, flood_smtp};

use super::Done;

#[derive(Debug, clap::Args)]
pub(crate) struct FloodArguments {
    /// The mail sink.
    #[arg(long, default_value = "127.0.0.1:2525")]
    smtp: String,
    /// The SMS sink instead, such as http://127.0.0.1:2580.
    #[arg(long)]
    sms: Option<String>,
    /// The key of the SMS sink.
    #[arg(long, default_value = "access")]
    sms_key: String,
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
    let (count, connections, bytes) =
        (arguments.count, arguments.connections, arguments.body_bytes);
    let (what, flooded) = match &arguments.sms {
        Some(url) => (
            "flood-sms",
            flood_sms(url, &arguments.sms_key, count, connections, bytes).await?,
        ),
        None => (
            "flood-smtp",
            flood_smtp(&arguments.smtp, count, connections, bytes).await?,
        ),
    };
    let seconds = flooded.took.as_secs_f64();
    let rate = flooded.accepted as f64 / seconds;
    let line = json!({ "what": what, "accepted": flooded.accepted, "connections": connections, "seconds": seconds, "rate": rate });
    println!("{line}");
    Ok(if flooded.accepted > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
