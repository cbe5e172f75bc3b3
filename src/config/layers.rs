//! Owns the layers: default, file, environment, command line, put over one another with a note of
//! where each value came from. Refuses unknown environment variables, and values that cannot be
//! what their setting is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use sluis_model::reading::nearest;
use toml::{Table, Value};

use super::problem::{Collector, Origin, Problem};
use super::reader::join;
use super::settings::{self, Kind, PREFIX, SETTINGS, Setting};

/// The default configuration: the file that documents it.
pub const DEFAULT: &str = include_str!("../../config/sluis.toml");

/// What the command line may set.
#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Args)]
pub struct CliOverrides {
    /// Directory of the journal (engine.data_dir)
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Address of the HTTP port (http.address)
    #[arg(long, value_name = "ADDR")]
    pub http: Option<String>,
    /// Address of the binary port (binary.address)
    #[arg(long, value_name = "ADDR")]
    pub binary: Option<String>,
    /// A proxy that ends TLS stands before both ports
    #[arg(long)]
    pub behind_proxy: bool,
}

/// Values with their origins.
#[derive(Debug, Default)]
pub(super) struct Layers {
    pub(super) table: Table,
    /// By path; without an entry the value is the default.
    pub(super) origins: BTreeMap<String, Origin>,
}

impl Layers {
    /// Puts all four layers together.
    pub(super) fn read(
        file: Option<&Path>,
        env: &BTreeMap<String, String>,
        cli: &CliOverrides,
        problems: &mut Collector,
    ) -> Self {
        let mut layers = Self {
            table: parse("config/sluis.toml", DEFAULT, problems),
            ..Self::default()
        };
        if let Some(path) = file {
            let table = read_file(path, problems);
            merge(
                "",
                &mut layers.table,
                table,
                &Origin::File(path.to_owned()),
                &mut layers.origins,
                problems,
            );
        }
        layers.environment(env, problems);
        layers.command_line(cli);
        layers
    }

    fn environment(&mut self, env: &BTreeMap<String, String>, problems: &mut Collector) {
        let known: BTreeMap<String, &Setting> = SETTINGS
            .iter()
            .map(|setting| (setting.variable(), setting))
            .collect();
        let secrets = named_variables(&self.table);
        for (name, text) in env
            .iter()
            .filter(|(name, _)| name.starts_with(PREFIX) && !secrets.contains(name.as_str()))
        {
            let Some(setting) = known.get(name) else {
                problems.extend(unknown_variable(name, &known));
                continue;
            };
            match value(setting, text) {
                Some(value) => self.set(setting.path, value, Origin::Environment(name.clone())),
                None => {
                    let (expected, hint) = settings::words(setting.path).unwrap_or_default();
                    problems.add(Problem::new(
                        setting.path,
                        format_args!("{text:?}"),
                        expected,
                        format!("{hint} (from {name})"),
                    ));
                }
            }
        }
    }

    fn command_line(&mut self, cli: &CliOverrides) {
        let mut set =
            |path: &str, value: Value, option| self.set(path, value, Origin::CommandLine(option));
        if let Some(dir) = &cli.data_dir {
            set(
                "engine.data_dir",
                Value::String(dir.to_string_lossy().into_owned()),
                "--data-dir",
            );
        }
        if let Some(address) = &cli.http {
            set("http.address", Value::String(address.clone()), "--http");
        }
        if let Some(address) = &cli.binary {
            set("binary.address", Value::String(address.clone()), "--binary");
        }
        if cli.behind_proxy {
            set("http.behind_proxy", Value::Boolean(true), "--behind-proxy");
            set(
                "binary.behind_proxy",
                Value::Boolean(true),
                "--behind-proxy",
            );
        }
    }

    fn set(&mut self, path: &str, value: Value, origin: Origin) {
        let mut table = &mut self.table;
        let mut keys = path.split('.').peekable();
        while let Some(key) = keys.next() {
            if keys.peek().is_none() {
                table.insert(key.to_owned(), value);
                break;
            }
            let below = table
                .entry(key)
                .or_insert_with(|| Value::Table(Table::new()));
            // Something else stands there: the reader reports it.
            let Value::Table(next) = below else { return };
            table = next;
        }
        self.origins.insert(path.to_owned(), origin);
    }
}

fn read_file(path: &Path, problems: &mut Collector) -> Table {
    let shown = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&shown, &text, problems),
        Err(error) => {
            problems.add(Problem::new(
                "--config",
                &shown,
                "a readable TOML file",
                error.to_string(),
            ));
            Table::new()
        }
    }
}

/// Parses a file; what is wrong names its line.
pub(super) fn parse(name: &str, text: &str, problems: &mut Collector) -> Table {
    match text.parse::<Table>() {
        Ok(table) => table,
        Err(error) => {
            let start = error.span().map_or(0, |span| span.start);
            let before = text.get(..start).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let shown = text
                .lines()
                .nth(line - 1)
                .unwrap_or_default()
                .split('=')
                .next()
                .unwrap_or_default()
                .trim();
            problems.add(Problem::new(
                format!("{name}:{line}"),
                format_args!("{shown:?}"),
                "TOML 1.0",
                error.message(),
            ));
            Table::new()
        }
    }
}

fn merge(
    path: &str,
    under: &mut Table,
    over: Table,
    origin: &Origin,
    origins: &mut BTreeMap<String, Origin>,
    problems: &mut Collector,
) {
    for (key, value) in over {
        let path = join(path, &key);
        match (under.get_mut(&key), value) {
            (Some(Value::Table(under)), Value::Table(over)) => {
                merge(&path, under, over, origin, origins, problems)
            }
            (Some(Value::Table(_)), other) => {
                let hint = format!("[{path}] (from {origin})");
                problems.add(Problem::new(path, other, "a section", hint));
            }
            (_, value) => {
                note(&path, &value, origin, origins);
                under.insert(key, value);
            }
        }
    }
}

/// Notes the origin of a value, and of every value in it when it is a new section.
fn note(path: &str, value: &Value, origin: &Origin, origins: &mut BTreeMap<String, Origin>) {
    if let Value::Table(table) = value {
        table
            .iter()
            .for_each(|(key, value)| note(&join(path, key), value, origin, origins));
    } else {
        origins.insert(path.to_owned(), origin.clone());
    }
}

fn value(setting: &Setting, text: &str) -> Option<Value> {
    match setting.kind {
        Kind::Text => Some(Value::String(text.to_owned())),
        Kind::Number => text.replace('_', "").parse().ok().map(Value::Integer),
        Kind::Truth => text.parse().ok().map(Value::Boolean),
        Kind::List => {
            let words = text
                .split(',')
                .map(str::trim)
                .filter(|word| !word.is_empty());
            Some(Value::Array(
                words.map(|word| Value::String(word.to_owned())).collect(),
            ))
        }
    }
}

/// Variables that the configuration names for secrets: they may start with our prefix too.
fn named_variables(table: &Table) -> BTreeSet<String> {
    let providers = table
        .get("provider")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let entries = providers.filter_map(Value::as_table).flatten();
    entries
        .filter(|(key, _)| key.ends_with("_env"))
        .filter_map(|(_, value)| value.as_str().map(str::to_owned))
        .collect()
}

/// A variable of ours that is no setting. Orchestrators set variables after the names of services
/// (`SLUIS_PORT`), so one without two underscores is ours only when it looks like a setting.
fn unknown_variable(name: &str, known: &BTreeMap<String, &Setting>) -> Option<Problem> {
    let alike = |variable: &&String| variable.replace("__", "_") == name.replace("__", "_");
    let meant = known.keys().find(alike).map(String::as_str);
    if !name[PREFIX.len()..].contains("__") && meant.is_none() {
        return None;
    }
    let hint = match meant.or_else(|| nearest(name, known.keys().map(String::as_str))) {
        Some(near) => format!("did you mean {near}?"),
        None => "`sluis config env` lists them".to_owned(),
    };
    Some(Problem::new(
        name,
        "unknown variable",
        "a setting as SLUIS_SECTION__KEY",
        hint,
    ))
}
