//! `sluis-loadtest ask`: whether an engine knows every id that it acknowledged. Refuses to call an
//! empty book a success.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;
use sluis_loadtest::run::{AckRow, Endpoint, ask_all};

use super::Done;

#[derive(Debug, clap::Args)]
pub(crate) struct AskArguments {
    /// The engine.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    target: String,
    /// The acknowledged ids, as `run --ids-out` wrote them.
    #[arg(long, value_name = "FILE")]
    acks: PathBuf,
    /// Connections.
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// API key.
    #[arg(long, env = "SLUIS_LOADTEST_KEY", hide_env_values = true)]
    key: Option<String>,
}

pub(crate) async fn ask(arguments: AskArguments) -> Done {
    let endpoint = Endpoint::new(&arguments.target, arguments.key.as_deref())?;
    let text = std::fs::read_to_string(&arguments.acks)?;
    let rows: Vec<AckRow> = text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    let count = rows.len();
    let asked = ask_all(&endpoint, rows, arguments.connections).await;
    println!(
        "{}",
        json!({ "what": "ask", "asked": count, "by_status": asked.by_status, "unknown": asked.unknown })
    );
    Ok(if count > 0 && asked.is_all_known() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
