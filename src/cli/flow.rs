//! Owns `sluis flow`: what people ask of flows before these run. Refuses to print: each command returns
//! its text and exit code.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use sluis_model::Flow;
use sluis_model::reading::nearest;

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
    /// Prints a flow as it is stored, with what it extends and includes put together
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
    /// Moves open notifications of a flow to its newest version, on a running engine: first shows how many would move
    Migrate(super::migrate::MigrateArgs),
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
        FlowCommand::Migrate(args) => super::migrate::run(args, env),
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
        let (found, mut wrong) = at(path);
        if found.is_empty() && wrong.is_empty() {
            let message = "expected a directory with flows: no file in it ends with .toml";
            let place = Place::whole(&path.display().to_string());
            wrong.push(FlowMistake::new(place, "", message));
        }
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
pub(super) fn one(
    source: &Source,
    named: &str,
    env: &BTreeMap<String, String>,
) -> Result<Found, Reply> {
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
    let listed = known.join(", ");
    let hint = match nearest(named, known.iter().map(String::as_str)) {
        Some(near) => format!(": did you mean {near}?"),
        None => String::new(),
    };
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
            "{named}: expected a file, or one of {listed}{hint}"
        ))),
        None => Err(wrong(&mistakes)),
    }
}

/// The flows that may be named.
fn names(config: &Config, found: &[Found]) -> Vec<String> {
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
    found.iter().map(name).collect()
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
    for included in &found.sources.included {
        for (number, (file, _)) in included.layers.iter().enumerate() {
            let word = if number == 0 {
                "includes"
            } else {
                "which extends"
            };
            let _ = writeln!(text, "# {word} {file}");
        }
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
        // Scenarios of a directory may play what is built in, too.
        Some(dir) => {
            let (mut found, mistakes) = find_in(dir);
            let (built_in, _) = find(&Config::built_in());
            let is_other = |of: &Found| !found.iter().any(|own| own.name == of.name);
            let others: Vec<Found> = built_in.into_iter().filter(is_other).collect();
            found.extend(others);
            ((found, mistakes), scenarios(&[dir]))
        }
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

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn asked(command: FlowCommand) -> Reply {
        run(&command, &BTreeMap::new())
    }

    /// A directory with a corporation's own storno, and the file.
    fn own(text: &str) -> (TempDir, PathBuf) {
        let dir = TempDir::new().unwrap();
        let file = dir.path().join("own.toml");
        std::fs::write(&file, text).unwrap();
        (dir, file)
    }

    const OWN: &str =
        "extends = \"storno\"\nversion = 3\n[[step]]\nid = \"sms\"\nsend.except = \"failed\"\n";

    #[test]
    fn check_ends_with_1_where_a_flow_is_wrong_and_with_0_else() {
        let check = |paths| {
            asked(FlowCommand::Check {
                source: Source::default(),
                paths,
            })
        };
        let (dir, file) = own(OWN);
        assert_eq!(check(vec![dir.path().to_owned()]).code, 0);
        assert_eq!(check(vec![file.clone()]).out, "1 flow is right: storno 3\n");
        std::fs::write(&file, OWN.replace("\"sms\"", "\"smss\"")).unwrap();
        let reply = check(vec![file]);
        assert_eq!(reply.code, 1);
        assert!(reply.err.ends_with("1 mistake\n"), "{}", reply.err);
        let reply = check(vec![dir.path().join("none.toml")]);
        assert!(
            reply.code == 1 && reply.err.contains("none.toml: expected a flow"),
            "{}",
            reply.err
        );
        assert_eq!(check(Vec::new()).code, 0, "those that are built in");
    }

    #[test]
    fn diff_ends_with_1_where_something_differs() {
        let diff = |a: &str, b: &str| {
            asked(FlowCommand::Diff {
                source: Source::default(),
                a: a.to_owned(),
                b: b.to_owned(),
            })
        };
        let (_dir, file) = own(OWN);
        let same = diff("storno", "storno");
        assert_eq!((same.code, &*same.out), (0, "nothing differs\n"));
        let reply = diff("storno", &file.display().to_string());
        assert_eq!(reply.code, 1);
        let line = "step sms: sends by sms, email, except what was tried; link -> sends by sms, email, except what failed; link\n";
        assert!(reply.out.ends_with(line), "{}", reply.out);
    }

    #[test]
    fn a_flow_that_is_not_there_is_told_with_those_that_are() {
        let (source, flow) = (Source::default(), "stornoo".to_owned());
        let reply = asked(FlowCommand::Show { source, flow });
        let expected = "stornoo: expected a file, or one of acceptance, appointment, arrangement, dunning, email, instalment, letter, newsletter, notice, prenotice, storno: did you mean storno?\n";
        assert_eq!((reply.code, &*reply.err), (1, expected));
    }

    #[test]
    fn show_names_the_files_and_prints_the_whole_flow() {
        let (_dir, file) = own(OWN);
        let (source, flow) = (Source::default(), file.display().to_string());
        let reply = asked(FlowCommand::Show { source, flow });
        assert!(reply.out.starts_with(&format!(
            "# from {}\n# extends (built in)/storno.toml\n",
            file.display()
        )));
        assert!(
            reply.out.contains("\nname = \"storno\"\nversion = 3\n"),
            "{}",
            reply.out
        );
    }

    #[test]
    fn test_runs_the_scenarios_that_are_built_in() {
        let (source, dir) = (Source::default(), None);
        let reply = asked(FlowCommand::Test { source, dir });
        assert!(
            reply.code == 0 && reply.out.contains("0 differ, 0 mistakes"),
            "{}",
            reply.out
        );
    }
}
