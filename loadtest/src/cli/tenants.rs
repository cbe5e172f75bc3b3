//! `sluis-loadtest tenants`: loads the tenants that `run` sends to.

use std::process::ExitCode;

use sluis_loadtest::run::{Endpoint, load_tenants};

use super::Done;

#[derive(Debug, clap::Args)]
pub(crate) struct TenantArguments {
    /// The engine.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    target: String,
    /// How many.
    #[arg(long, default_value_t = 1000)]
    count: u64,
    /// API key.
    #[arg(long, env = "SLUIS_LOADTEST_KEY", hide_env_values = true)]
    key: Option<String>,
}

pub(crate) async fn tenants(arguments: TenantArguments) -> Done {
    let endpoint = Endpoint::new(&arguments.target, arguments.key.as_deref())?;
    for report in load_tenants(endpoint, arguments.count).await? {
        println!("{}", report.trim_end());
    }
    Ok(ExitCode::SUCCESS)
}
