//! `sluis-loadtest report`: draws samples and results. Refuses to draw nothing.

use std::path::PathBuf;
use std::process::ExitCode;

use sluis_loadtest::plot::draw;
use sluis_loadtest::results::{Line, read};
use sluis_loadtest::watch::Sample;

use super::Done;

#[derive(Debug, clap::Args)]
pub(crate) struct ReportArguments {
    /// Results, as `run --results` appends them.
    #[arg(long)]
    results: Option<PathBuf>,
    /// Samples, as `run --samples` or `watch` write them.
    #[arg(long)]
    samples: Option<PathBuf>,
    /// Folder for the page and its plots.
    #[arg(long)]
    out: PathBuf,
}

pub(crate) fn report(arguments: &ReportArguments) -> Done {
    let samples: Vec<Sample> = arguments.samples.as_deref().map_or(Ok(Vec::new()), read)?;
    let results: Vec<Line> = arguments.results.as_deref().map_or(Ok(Vec::new()), read)?;
    if samples.is_empty() && results.is_empty() {
        return Err(
            "nothing to draw: expected --samples or --results with at least one line".into(),
        );
    }
    let drawn = draw(&samples, &results, &arguments.out)?;
    println!(
        "{}: {} plots of {} samples, {} results",
        drawn.page.display(),
        drawn.plots,
        samples.len(),
        drawn.results
    );
    Ok(ExitCode::SUCCESS)
}
