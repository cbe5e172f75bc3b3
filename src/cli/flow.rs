//! Owns `sluis flow`: what people ask of flows before these run. Refuses to print: each command returns
//! its text and exit code.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use sluis_model::Flow;

use super::config::{Reply, Source};
use crate::config::flows::{FlowMistake, Found, Place, find, find_in, scenarios};
use crate::config::{Config, ConfigProblems};
use crate::flows::check::{Report, check};
use crate::flows::diff::diff;
use crate::flows::graph;
use crate::flows::scenario::test;

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
    /// Prints a flow as it is stored, with what it extends put together
    Show {
        /// In which configuration.
        #[command(flatten)]
        source: Source,
        /// storno, storno@CORPORATION for a corporation's own, or a file
        flow: String,
    },
    /// Says in words what differs between two flows; exit code 1 when something does
    Diff {
        /// In which configuration.
        #[command(flatten)]
        source: Source,
        /// storno, storno@CORPORATION for a corporation's own, or a file
        a: String,
        /// The other one
        b: String,
    },
    /// Draws a flow: its steps, the ways out of each, its rules
    Graph {
        /// In which configuration.
        #[command(flatten)]
        source: Source,
        /// storno, storno@CORPORATION for a corporation's own, or a file
        flow: String,
        /// In which language
        #[arg(long, value_enum, default_value = "mermaid")]
        format: Format,
    },
    /// Runs scenarios (scenarios/*.toml beside the flows) and shows what they cover; exit code 1 when one
    /// comes otherwise
    Test {
        /// Which configuration's flows, when no directory is given.
        #[command(flatten)]
        source: Source,
        /// A directory with flows
        dir: Option<PathBuf>,
    },
}

/// A language for graphs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For viewers of Markdown.
    Mermaid,
    /// A picture.
    Svg,
    /// For Graphviz.
    Dot,
}

/// Exit code of a command that found mistakes or differences.
const EXIT_FOUND: u8 = 1;

/// Runs one command. `env` is the environment of the process.
#[must_use]
pub(crate) fn run(command: &FlowCommand, env: &BTreeMap<String, String>) -> Reply {
    match command {
        FlowCommand::Check { source, paths } => match flows(source, paths, env) {
            Ok((found, mistakes)) => told(&check(&found, mistakes)),
            Err(problems) => Reply::bad(&problems),
        },
        FlowCommand::Show { source, flow } => match one(source, flow, env) {
            Ok(found) => Reply::good(shown(&found)),
            Err(reply) => reply,
        },
        FlowCommand::Diff { source, a, b } => match (one(source, a, env), one(source, b, env)) {
            (Ok(a), Ok(b)) => differing(&a, &b),
            (Err(reply), _) | (Ok(_), Err(reply)) => reply,
        },
        FlowCommand::Graph {
            source,
            flow,
            format,
        } => match one(source, flow, env) {
            Ok(found) => drawn(&found, *format),
            Err(reply) => reply,
        },
        FlowCommand::Test { source, dir } => tested(source, dir.as_deref(), env),
    }
}

/// Flows, and what is wrong on the way to them.
type Flows = (Vec<Found>, Vec<FlowMistake>);

/// The flows of the paths, or, without any, of the configuration.
fn flows(
    source: &Source,
    paths: &[PathBuf],
    env: &BTreeMap<String, String>,
) -> Result<Flows, ConfigProblems> {
    if paths.is_empty() {
        return Ok(find(&source.load(env)?.config));
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
fn at(path: &Path) -> Flows {
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
        let place = Place::whole(&path.display().to_string());
        mistakes.push(FlowMistake::new(place, "", message));
    }
    (found, mistakes)
}

/// One flow: `storno`, `storno@waterpoort`, or a file.
fn one(source: &Source, named: &str, env: &BTreeMap<String, String>) -> Result<Found, Reply> {
    if Path::new(named).is_file() {
        let (found, mistakes) = at(Path::new(named));
        return found.into_iter().next().ok_or_else(|| wrong(&mistakes));
    }
    let config = source
        .load(env)
        .map_err(|problems| Reply::bad(&problems))?
        .config;
    let (name, corporation) = named
        .split_once('@')
        .map_or((named, None), |(name, of)| (name, Some(of)));
    let owner = corporation.map(|of| config.corporations.iter().find(|known| known.name == of));
    let owner = match owner {
        Some(None) => {
            return Err(refused(&format!(
                "{named}: expected name@corporation of the configuration"
            )));
        }
        Some(Some(corporation)) => Some(corporation.id),
        None => None,
    };
    let (found, mistakes) = find(&config);
    let known = names(&config, &found);
    // A corporation without a flow of its own uses the shared one.
    let own = found
        .iter()
        .position(|found| found.name == name && found.owner == owner);
    let shared = || {
        found
            .iter()
            .position(|found| found.name == name && found.owner.is_none())
    };
    match own.or_else(shared) {
        Some(index) => Ok(found.into_iter().nth(index).expect("it was found there")),
        None if mistakes.is_empty() => Err(refused(&format!(
            "{named}: expected a file, or one of {known}"
        ))),
        None => Err(wrong(&mistakes)),
    }
}

/// The flows that may be named.
fn names(config: &Config, found: &[Found]) -> String {
    let name = |found: &Found| {
        let owner = config
            .corporations
            .iter()
            .find(|known| Some(known.id) == found.owner);
        owner.map_or_else(
            || found.name.clone(),
            |owner| format!("{}@{}", found.name, owner.name),
        )
    };
    found.iter().map(name).collect::<Vec<_>>().join(", ")
}

fn refused(message: &str) -> Reply {
    Reply {
        err: format!("{message}\n"),
        code: EXIT_FOUND,
        ..Reply::default()
    }
}

fn wrong(mistakes: &[FlowMistake]) -> Reply {
    let mut err = String::new();
    for mistake in mistakes {
        let _ = writeln!(err, "{mistake}");
    }
    let count = mistakes.len();
    let noun = if count == 1 { "mistake" } else { "mistakes" };
    let _ = writeln!(err, "{count} {noun}");
    Reply {
        err,
        code: EXIT_FOUND,
        ..Reply::default()
    }
}

fn told(report: &Report) -> Reply {
    let mut out = String::new();
    for warning in &report.warnings {
        let _ = writeln!(out, "warning: {warning}");
    }
    if !report.mistakes.is_empty() {
        return Reply {
            out,
            ..wrong(&report.mistakes)
        };
    }
    let (count, listed) = (report.sound.len(), report.sound.join(", "));
    let noun = if count == 1 { "flow is" } else { "flows are" };
    let _ = writeln!(out, "{count} {noun} right: {listed}");
    Reply::good(out)
}

/// The flow with the files it was put together from.
fn shown(found: &Found) -> String {
    let mut text = String::new();
    for (number, (file, _)) in found.sources.layers.iter().enumerate() {
        let word = if number == 0 { "from" } else { "extends" };
        let _ = writeln!(text, "# {word} {file}");
    }
    for (file, _) in found.sources.parts.values() {
        let _ = writeln!(text, "# with {file}");
    }
    let _ = writeln!(text, "# stored as {}\n", found.definition.reference());
    text.push_str(&found.definition.flow);
    text
}

/// The compiled flow, or its mistakes.
fn compiled(found: &Found) -> Result<Flow, Reply> {
    Flow::compile(&found.definition).map_err(|_| {
        let report = check(std::slice::from_ref(found), Vec::new());
        wrong(&report.mistakes)
    })
}

fn differing(a: &Found, b: &Found) -> Reply {
    let (flow, other) = match (compiled(a), compiled(b)) {
        (Ok(flow), Ok(other)) => (flow, other),
        (Err(reply), _) | (Ok(_), Err(reply)) => return reply,
    };
    let lines = diff((&flow, &a.definition), (&other, &b.definition));
    if lines.is_empty() {
        return Reply::good("nothing differs\n".to_owned());
    }
    Reply {
        out: lines.join("\n") + "\n",
        code: EXIT_FOUND,
        ..Reply::default()
    }
}

fn drawn(found: &Found, format: Format) -> Reply {
    let flow = match compiled(found) {
        Ok(flow) => flow,
        Err(reply) => return reply,
    };
    match format {
        Format::Mermaid => Reply::good(graph::mermaid(&flow)),
        Format::Dot => Reply::good(graph::dot(&flow)),
        Format::Svg => match graph::svg(&flow) {
            Ok(picture) => Reply::good(picture),
            Err(why) => refused(&format!("no picture: {why}")),
        },
    }
}

fn tested(source: &Source, dir: Option<&Path>, env: &BTreeMap<String, String>) -> Reply {
    let ((found, mistakes), files) = match dir {
        Some(dir) => (find_in(dir), scenarios(&[dir])),
        None => match source.load(env) {
            Ok(loaded) => {
                let config = loaded.config;
                let own = config
                    .corporations
                    .iter()
                    .filter_map(|of| of.flows.as_deref());
                let dirs: Vec<&Path> = config
                    .flows
                    .directory
                    .as_deref()
                    .into_iter()
                    .chain(own)
                    .collect();
                (find(&config), scenarios(&dirs))
            }
            Err(problems) => return Reply::bad(&problems),
        },
    };
    let report = check(&found, mistakes);
    if !report.mistakes.is_empty() {
        return wrong(&report.mistakes);
    }
    let tested = test(&found, &files);
    Reply {
        out: tested.report(),
        code: if tested.is_good() { 0 } else { EXIT_FOUND },
        ..Reply::default()
    }
}
