//! Owns `sluis rehearse`: what it is asked, the files it reads and those it writes. Refuses to rehearse:
//! `rehearsal` does. Refuses to write into a data directory.

mod args;
mod history;
mod words;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sluis_model::outside::Outside;
use sluis_rehearsal::{Results, Stage, Told, compare, counted, csv, html, listed, run, text};

pub(super) use self::args::RehearseArgs;
use self::args::RehearseCommand;
pub use self::args::RunArgs;
use self::words::{Words, lists, words};
use super::config::{Reply, Source};
use super::flow::one;
use super::new_file::private_dir;
use super::told::told;
use crate::config::flows::Found;
use crate::config::{Config, Corporation, facts};
use crate::fact_types::FactTypes;
use crate::intake::mailing_rows::Frame;
use crate::rehearsing::{Asked, Lists, Read, RowsAsked, measure, read, stage};

pub(super) fn rehearse(args: &RehearseArgs, env: &BTreeMap<String, String>) -> Reply {
    match &args.what {
        Some(RehearseCommand::Model {
            from_history: Some(data_dir),
            ..
        }) => history::measured(data_dir),
        Some(RehearseCommand::Model { counters, .. }) => {
            measured(counters.as_deref().unwrap_or(Path::new("")))
        }
        None => rehearsed(&args.run, env).unwrap_or_else(|reply| reply),
    }
}

fn refused(message: &str) -> Reply {
    Reply {
        err: format!("sluis: {message}\n"),
        code: 1,
        ..Reply::default()
    }
}

/// Models as a file, and beside them what could not be measured.
fn model((outside, notes): &(Outside, Vec<String>)) -> Reply {
    Reply {
        out: outside.written(),
        err: notes.iter().map(|note| format!("{note}\n")).collect(),
        code: 0,
    }
}

fn measured(counters: &Path) -> Reply {
    let text = match fs::read_to_string(counters) {
        Ok(text) => text,
        Err(error) => return refused(&format!("{}: {error}", counters.display())),
    };
    match measure(&text) {
        Ok(found) => model(&found),
        Err(why) => refused(&format!("{}: {why}", counters.display())),
    }
}

fn rehearsed(args: &RunArgs, env: &BTreeMap<String, String>) -> Result<Reply, Reply> {
    let loaded = args
        .source
        .load(env)
        .map_err(|problems| Reply::bad(&problems))?;
    let config = loaded.config;
    let words = words(args, &config).map_err(|wrong| refused(&wrong.join("\nsluis: ")))?;
    let lists = lists(args).map_err(|wrong| refused(&wrong.join("\nsluis: ")))?;
    if let Some(to) = &args.to {
        apart(to, &config).map_err(|why| refused(&why))?;
    }
    let types = facts::load(&config).map_err(|problems| Reply::bad(&problems))?;
    let (stage, mut read) = staged(
        &args.source,
        env,
        &words.flow,
        (&config, &types, &words, &lists),
    )?;
    if read.audience.rows.is_empty() {
        return Err(refused(&no_row(&lists, &read)));
    }
    read.notes.extend(notes(&config, &stage));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let results = run(&stage, &read.audience, threads);
    let other = other(args, env, (&config, &types, &words, &lists), threads)?;
    let compared = other
        .as_ref()
        .map(|(name, other)| (name, other, compare(&results, other)));
    let other = compared
        .as_ref()
        .map(|(name, other, compared)| (name.as_str(), *other, compared));
    let told = Told {
        stage: &stage,
        audience: &read.audience,
        results: &results,
        rejected: &read.rejected,
        notes: &read.notes,
        other,
        most_calls: args.most_calls,
    };
    let mut out = text(&told);
    if let Some(to) = &args.to {
        write(to, &told, &out).map_err(|why| refused(&why))?;
        out.push_str(&format!(
            "\nreport.html, counts.csv, exceptions.csv and summary.txt are in {}\n",
            to.display()
        ));
    }
    Ok(Reply {
        out,
        ..Reply::default()
    })
}

type Given<'a> = (&'a Config, &'a FactTypes, &'a Words, &'a Lists);

/// What is asked, read: for whoever plays it with a real engine.
#[derive(Debug)]
pub struct Prepared {
    /// The configuration.
    pub config: Config,
    /// Whose tenants.
    pub corporation: String,
    /// What is rehearsed.
    pub stage: Stage,
    /// The lists, as they came.
    pub lists: Lists,
    /// The lists, read.
    pub read: Read,
    /// Where a report is written.
    pub to: Option<PathBuf>,
}

/// Reads what is asked and rehearses nothing.
///
/// # Errors
/// Everything that is wrong with it.
pub fn prepare(args: &RunArgs, env: &BTreeMap<String, String>) -> Result<Prepared, String> {
    let loaded = args.source.load(env).map_err(|wrong| wrong.to_string())?;
    let config = loaded.config;
    let words = words(args, &config).map_err(|wrong| wrong.join("\n"))?;
    let lists = lists(args).map_err(|wrong| wrong.join("\n"))?;
    let types = facts::load(&config).map_err(|wrong| wrong.to_string())?;
    let given = (&config, &types, &words, &lists);
    let (stage, read) = staged(&args.source, env, &words.flow, given).map_err(|reply| reply.err)?;
    Ok(Prepared {
        corporation: words.corporation.clone(),
        stage,
        read,
        lists,
        config,
        to: args.to.clone(),
    })
}

/// The stage of a flow, and the lists as it takes them.
fn staged(
    source: &Source,
    env: &BTreeMap<String, String>,
    flow: &str,
    (config, types, words, lists): Given<'_>,
) -> Result<(Stage, Read), Reply> {
    let corporation = corporation(config, &words.corporation).map_err(|why| refused(&why))?;
    let found = found(source, flow, &corporation.name, env)?;
    let asked = Asked {
        corporation,
        definition: &found.definition,
        outside: words.outside.clone(),
        starts: words.starts,
        ends: words.ends,
        desk: words.desk.clone(),
    };
    let stage = stage(config, asked).map_err(|problems| Reply::bad(&problems))?;
    let Some(stage) = stage else {
        return Err(refused(&format!(
            "flow {flow} is not right: sluis flow check says why"
        )));
    };
    let frame = Frame {
        flow: stage.flow.name.to_string(),
        ..words.frame.clone()
    };
    let asked = RowsAsked {
        frame: &frame,
        engine: config.engine.environment,
        pace: &words.pace,
        types: types.of(corporation.id),
        facts_again: words.facts_again,
    };
    let read = read(&stage, lists, &asked);
    Ok((stage, read))
}

/// The same rows by another version.
fn other(
    args: &RunArgs,
    env: &BTreeMap<String, String>,
    (config, types, words, lists): Given<'_>,
    threads: usize,
) -> Result<Option<(String, Results)>, Reply> {
    if args.against.is_none() && args.against_config.is_none() {
        return Ok(None);
    }
    let flow = args.against.as_deref().unwrap_or(&words.flow);
    let mut source = args.source.clone();
    let mut name = format!("flow {flow}");
    let loaded;
    let (config, types) = match &args.against_config {
        None => (config, types),
        Some(file) => {
            source.config = Some(file.clone());
            name = format!("{name} with {}", file.display());
            let other = source.load(env).map_err(|problems| Reply::bad(&problems))?;
            let types = facts::load(&other.config).map_err(|problems| Reply::bad(&problems))?;
            loaded = (other.config, types);
            (&loaded.0, &loaded.1)
        }
    };
    let (stage, read) = staged(&source, env, flow, (config, types, words, lists))?;
    let results = run(&stage, &read.audience, threads);
    Ok(Some((name, results)))
}

/// The flow: a file, or a corporation's own before the shared one.
fn found(
    source: &Source,
    flow: &str,
    corporation: &str,
    env: &BTreeMap<String, String>,
) -> Result<Found, Reply> {
    let is_named = flow.contains('@') || Path::new(flow).is_file();
    if is_named {
        return one(source, flow, env);
    }
    one(source, &format!("{flow}@{corporation}"), env)
}

fn corporation<'a>(config: &'a Config, name: &str) -> Result<&'a Corporation, String> {
    let found = config.corporations.iter().find(|one| one.name == name);
    found.ok_or_else(|| {
        let all: Vec<&str> = config.corporations.iter().map(|one| &*one.name).collect();
        format!("--corporation {name}: expected one of {}", all.join(", "))
    })
}

/// What a reader of the report must know.
fn notes(config: &Config, stage: &Stage) -> Vec<String> {
    let mut notes = Vec::new();
    let environment = config.engine.environment;
    if environment != sluis_model::Environment::Production {
        notes.push(format!(
            "the configuration is of {}: only addresses on engine.allow_list are reached",
            environment.name()
        ));
    }
    if stage.carriers.is_empty() {
        notes.push("the corporation has no provider: nothing can leave".to_owned());
    }
    let asks =
        |step: &&sluis_model::flow::Step| step.kind.question().is_some_and(|of| of.page.is_some());
    let asking = stage.flow.steps.iter().filter(asks);
    let asking: Vec<&str> = asking.map(|step| &*step.id).collect();
    if !asking.is_empty() {
        notes.push(format!(
            "what tenants would answer is not rehearsed: nobody answers at {}",
            asking.join(", ")
        ));
    }
    notes.push("other corporations and other mailings take nothing of the limits here".to_owned());
    notes
}

/// Why there is nobody to rehearse it for: what was wrong with the rows. What is wrong with a tenant list
/// is another matter, and is told only where it is the rows that are missing.
fn no_row(lists: &Lists, read: &Read) -> String {
    let of_tenants = |why: &str| {
        let mut names = lists.tenants.iter().map(|(name, _)| name);
        names.any(|name| {
            why.strip_prefix(&**name)
                .is_some_and(|rest| rest.starts_with(':'))
        })
    };
    let about_rows = read.rejected.iter().filter(|(_, _, why)| !of_tenants(why));
    let first = about_rows.clone().next().or_else(|| read.rejected.first());
    let why = first.map_or_else(String::new, |(line, _, why)| {
        format!(": line {line}: {why}")
    });
    let more = match about_rows.count() {
        0 | 1 => String::new(),
        count => format!(" (and {} more rows)", count - 1),
    };
    format!("there is no row to rehearse{why}{more}")
}

/// Whether a directory is apart from the data directory.
fn apart(to: &Path, config: &Config) -> Result<(), String> {
    let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let data_dir = whole(&config.engine.data_dir);
    let data_dir = fs::canonicalize(&data_dir).unwrap_or(data_dir);
    let to_whole = whole(to);
    let there = to_whole
        .ancestors()
        .find_map(|above| fs::canonicalize(above).ok());
    let inside = |path: &Path| path.starts_with(&data_dir);
    if inside(&to_whole) || there.is_some_and(|there| inside(&there)) {
        return Err(format!(
            "--to {}: expected a directory outside engine.data_dir",
            to.display()
        ));
    }
    Ok(())
}

fn write(to: &Path, report: &Told<'_>, summary: &str) -> Result<(), String> {
    private_dir(to).map_err(|error| told(&error))?;
    let rows = report.audience.rows.len() as u64;
    let counts = counted(report.stage, report.results, rows);
    let files = [
        ("report.html", html(report)),
        ("counts.csv", listed(&counts)),
        ("exceptions.csv", csv(report)),
        ("summary.txt", summary.to_owned()),
    ];
    for (name, text) in files {
        let path = to.join(name);
        crate::files::write_whole(&path, text.as_bytes())
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}
