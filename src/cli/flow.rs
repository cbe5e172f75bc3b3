//! Owns `sluis flow`: what people ask of flows before these run. Refuses to print: each command returns
//! its text and exit code.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::config::{Reply, Source};
use crate::config::ConfigProblems;
use crate::config::flows::{FlowMistake, Found, find, find_in};
use crate::flows::check::{Report, check};

/// Looks at flows before they run.
#[derive(Debug, clap::Subcommand)]
pub enum FlowCommand {
    /// Checks flows: every mistake at once, with file, line and column; exit code 1
    Check {
        /// Which configuration's flows, when no path is given.
        #[command(flatten)]
        source: Source,
        /// Directories with flows, or single flows
        #[arg(value_name = "DIR|FILE")]
        paths: Vec<PathBuf>,
    },
}

/// Exit code of a command that found mistakes in flows.
const EXIT_MISTAKES: u8 = 1;

/// Runs one command. `env` is the environment of the process.
#[must_use]
pub(crate) fn run(command: &FlowCommand, env: &BTreeMap<String, String>) -> Reply {
    match command {
        FlowCommand::Check { source, paths } => match flows(source, paths, env) {
            Ok((found, mistakes)) => told(&check(&found, mistakes)),
            Err(problems) => Reply::bad(&problems),
        },
    }
}

/// The flows of the paths, or, without any, of the configuration.
fn flows(
    source: &Source,
    paths: &[PathBuf],
    env: &BTreeMap<String, String>,
) -> Result<(Vec<Found>, Vec<FlowMistake>), ConfigProblems> {
    if paths.is_empty() {
        let config = source.load(env)?.config;
        return Ok(find(&config));
    }
    let (mut all, mut mistakes) = (Vec::new(), Vec::new());
    for path in paths {
        let (found, wrong) = at(path);
        all.extend(found);
        mistakes.extend(wrong);
    }
    Ok((all, mistakes))
}

/// The flows of a directory, or the one in a file.
fn at(path: &Path) -> (Vec<Found>, Vec<FlowMistake>) {
    if path.is_dir() {
        return find_in(path);
    }
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    let (mut found, mut mistakes) = find_in(dir.unwrap_or(Path::new(".")));
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let is_it = |label: &str| label.rsplit('/').next() == Some(&*file);
    found.retain(|found| is_it(&found.sources.layers[0].0));
    mistakes.retain(|mistake| is_it(&mistake.place.file));
    // What stands beside it is for others, too.
    found
        .iter_mut()
        .for_each(|found| found.sources.beside.clear());
    if found.is_empty() && mistakes.is_empty() {
        let message = "expected a flow, a file that ends with .toml, or a directory with flows";
        let place = crate::config::flows::Place::whole(&path.display().to_string());
        mistakes.push(FlowMistake::new(place, "", message));
    }
    (found, mistakes)
}

fn told(report: &Report) -> Reply {
    let mut out = String::new();
    for warning in &report.warnings {
        out.push_str(&format!("warning: {warning}\n"));
    }
    if report.mistakes.is_empty() {
        let (count, listed) = (report.sound.len(), report.sound.join(", "));
        let noun = if count == 1 { "flow is" } else { "flows are" };
        out.push_str(&format!("{count} {noun} right: {listed}\n"));
        return Reply::good(out);
    }
    let mut err = String::new();
    for mistake in &report.mistakes {
        err.push_str(&format!("{mistake}\n"));
    }
    let count = report.mistakes.len();
    let noun = if count == 1 { "mistake" } else { "mistakes" };
    err.push_str(&format!("{count} {noun}\n"));
    Reply {
        out,
        err,
        code: EXIT_MISTAKES,
    }
}
