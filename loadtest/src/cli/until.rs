//! `sluis-loadtest until`: options. Refuses to poll itself.

use std::process::ExitCode;
use std::time::Duration;

use sluis_loadtest::watch::Count;

use super::Done;

#[derive(Debug, clap::Args)]
pub(crate) struct UntilArguments {
    /// The page with the count, such as <http://127.0.0.1:8080/metrics> or a sink's
    /// `/__sink/stats`.
    #[arg(long)]
    url: String,
    /// Name of the metric, or of the field of the statistics.
    #[arg(long)]
    name: String,
    /// What a series of the metric must have among its labels, such as event="ended".
    #[arg(long, default_value = "")]
    label: String,
    /// The count to wait for.
    #[arg(long)]
    at_least: u64,
    /// Seconds to wait at most.
    #[arg(long, default_value_t = 900)]
    within: u64,
}

pub(crate) async fn until(arguments: UntilArguments) -> Done {
    let UntilArguments {
        url,
        name,
        label,
        at_least,
        within,
    } = arguments;
    let wrong =
        || format!("{url}: expected a page over http, such as http://127.0.0.1:8080/metrics");
    let (authority, path) = url
        .strip_prefix("http://")
        .and_then(|rest| rest.split_once('/'))
        .ok_or_else(wrong)?;
    let count = Count {
        authority: authority.to_owned(),
        path: format!("/{path}"),
        name,
        label,
    };
    match count
        .reaches(at_least as f64, Duration::from_secs(within))
        .await
    {
        Some(_) => Ok(ExitCode::SUCCESS),
        None => Err(format!(
            "{} at {url} did not reach {at_least} within {within} s",
            count.name
        )
        .into()),
    }
}
