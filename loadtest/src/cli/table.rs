//! `sluis-loadtest table`: the medians of a session as a markdown table. Refuses an empty one.

use std::path::PathBuf;
use std::process::ExitCode;

use sluis_loadtest::results::{Line, Row, markdown, read};

use super::Done;

#[derive(Debug, clap::Args)]
pub(crate) struct TableArguments {
    /// The results, as `run --results` and `record` append them.
    #[arg(long)]
    results: PathBuf,
    /// Only lines with this label `session`.
    #[arg(long, default_value = "")]
    session: String,
}

pub(crate) fn table(arguments: &TableArguments) -> Done {
    let lines: Vec<Line> = read(&arguments.results)?;
    let rows = Row::of_session(&lines, &arguments.session);
    print!("{}", markdown(&rows));
    Ok(if rows.is_empty() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
