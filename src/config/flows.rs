//! Owns the finding of flows: the ones built in, and those in the directories of the configuration,
//! each with exactly the class tables, calendar and templates it names. Refuses to interpret them:
//! the book of flows compiles them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use sluis_model::CorporationId;
use sluis_model::flow::Definition;
use toml::{Table, Value};

use super::problem::{ConfigProblems, Problem};
use super::ways;
use super::{Config, Corporation, problem::Collector};

/// What is built in, by path below the directory of flows.
const SHIPPED: &[(&str, &str)] = &[
    (
        "notice.toml",
        include_str!("../../config/flows/notice.toml"),
    ),
    (
        "storno.toml",
        include_str!("../../config/flows/storno.toml"),
    ),
    (
        "calendars/nl.toml",
        include_str!("../../config/flows/calendars/nl.toml"),
    ),
    (
        "classes/storno-class.toml",
        include_str!("../../config/flows/classes/storno-class.toml"),
    ),
    (
        "templates/notice-mail.subject.txt",
        include_str!("../../config/flows/templates/notice-mail.subject.txt"),
    ),
    (
        "templates/notice-mail.txt",
        include_str!("../../config/flows/templates/notice-mail.txt"),
    ),
    (
        "templates/notice-null.txt",
        include_str!("../../config/flows/templates/notice-null.txt"),
    ),
    (
        "templates/notice-sms.txt",
        include_str!("../../config/flows/templates/notice-sms.txt"),
    ),
    (
        "templates/storno-mail.en.txt",
        include_str!("../../config/flows/templates/storno-mail.en.txt"),
    ),
    (
        "templates/storno-mail.html",
        include_str!("../../config/flows/templates/storno-mail.html"),
    ),
    (
        "templates/storno-mail.subject.en.txt",
        include_str!("../../config/flows/templates/storno-mail.subject.en.txt"),
    ),
    (
        "templates/storno-mail.subject.txt",
        include_str!("../../config/flows/templates/storno-mail.subject.txt"),
    ),
    (
        "templates/storno-mail.txt",
        include_str!("../../config/flows/templates/storno-mail.txt"),
    ),
    (
        "templates/storno-sms.en.txt",
        include_str!("../../config/flows/templates/storno-sms.en.txt"),
    ),
    (
        "templates/storno-sms.txt",
        include_str!("../../config/flows/templates/storno-sms.txt"),
    ),
];

/// A longer file is no flow, class table, calendar or template.
const MAX_FILE_BYTES: u64 = 1 << 20;
/// Folders beside the flows.
const PARTS: [&str; 3] = ["calendars", "classes", "templates"];

/// The flows of a configuration: the shared ones under none, then each corporation's own.
///
/// # Errors
/// Every file that cannot be read, and every flow that is not TOML.
pub fn load(config: &Config) -> Result<Vec<(Option<CorporationId>, Definition)>, ConfigProblems> {
    let mut problems = Collector::default();
    let shipped = Files::shipped();
    let directory = config.flows.directory.as_ref();
    let shared = directory.map(|dir| Files::read("flows.directory", dir, &mut problems));
    let shared: Vec<&Files> = shared.iter().chain([&shipped]).collect();
    let mut all = of(None, current(&shared, shared.len(), &mut problems));
    for corporation in &config.corporations {
        all.extend(of(
            Some(corporation.id),
            own(corporation, &shared, &mut problems),
        ));
    }
    ways::check(config, &all, &mut problems);
    let problems = problems.finish();
    if problems.is_empty() {
        Ok(all)
    } else {
        Err(ConfigProblems(problems))
    }
}

/// Flows with whose they are.
fn of(
    corporation: Option<CorporationId>,
    flows: Vec<Definition>,
) -> Vec<(Option<CorporationId>, Definition)> {
    flows.into_iter().map(|flow| (corporation, flow)).collect()
}

/// A corporation's own flows, which may use parts of the shared ones.
fn own(corporation: &Corporation, shared: &[&Files], problems: &mut Collector) -> Vec<Definition> {
    let Some(dir) = &corporation.flows else {
        return Vec::new();
    };
    let setting = format!("corporation.{}.flows", corporation.name);
    let own = Files::read(&setting, dir, problems);
    let sources: Vec<&Files> = [&own].into_iter().chain(shared.iter().copied()).collect();
    current(&sources, 1, problems)
}

/// The flows of the first `own` sources, an earlier source's before a later one's of the same name,
/// each with the parts that all sources give it. Two flows of one name in one source both stay: the
/// book reports them.
fn current(sources: &[&Files], own: usize, problems: &mut Collector) -> Vec<Definition> {
    let mut names = BTreeSet::new();
    let mut all = Vec::new();
    for source in &sources[..own] {
        let mut here = BTreeSet::new();
        for (file, text) in source.flows() {
            let Some(flow) = parse(source, file, text, problems) else {
                continue;
            };
            let name = flow
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or(file)
                .to_owned();
            if !names.contains(&name) {
                all.push(definition(&flow, text, sources));
            }
            here.insert(name);
        }
        names.extend(here);
    }
    all
}

fn parse(source: &Files, file: &str, text: &str, problems: &mut Collector) -> Option<Table> {
    let parsed = text.parse::<Table>();
    if let Err(error) = &parsed {
        let line = text
            .get(..error.span().map_or(0, |span| span.start))
            .unwrap_or_default()
            .matches('\n')
            .count()
            + 1;
        problems.add(Problem::new(
            format!("{}/{file}:{line}", source.at),
            "a flow",
            "TOML 1.0",
            error.message(),
        ));
    }
    parsed.ok()
}

fn definition(flow: &Table, text: &str, sources: &[&Files]) -> Definition {
    let part = |folder: &str, stem: &str| {
        let path = format!("{folder}/{stem}.toml");
        let found = sources.iter().find_map(|source| source.files.get(&path));
        found.map(|text| (stem.to_owned(), text.clone()))
    };
    let calendar = flow.get("calendar").and_then(Value::as_str);
    let template = |name: &str| {
        let sets = sources.iter().map(|source| source.template(name));
        let mut given = sets.filter(|set| !set.is_empty());
        given.next().unwrap_or_default()
    };
    Definition {
        flow: text.to_owned(),
        classes: classes_of(flow)
            .filter_map(|stem| part("classes", stem))
            .collect(),
        calendars: calendar
            .and_then(|stem| part("calendars", stem))
            .into_iter()
            .collect(),
        templates: templates_of(flow).into_iter().flat_map(template).collect(),
    }
}

/// The class tables that a flow names.
fn classes_of(flow: &Table) -> impl Iterator<Item = &str> {
    let classes = flow.get("classes").and_then(Value::as_table);
    let named = classes.into_iter().flatten();
    named.filter_map(|(_, stem)| stem.as_str())
}

/// The templates that a flow names, each once.
fn templates_of(flow: &Table) -> BTreeSet<&str> {
    let steps = flow.get("step").and_then(Value::as_array);
    let steps = steps.into_iter().flatten();
    let named = steps.filter_map(|step| step.get("send")?.get("template")?.as_table());
    named
        .flatten()
        .filter_map(|(_, name)| name.as_str())
        .collect()
}

/// The files of one directory of flows, by path below it.
#[derive(Debug)]
struct Files {
    at: String,
    files: BTreeMap<String, String>,
}

impl Files {
    fn shipped() -> Self {
        let files = SHIPPED
            .iter()
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
            .collect();
        Self {
            at: "(built in)".to_owned(),
            files,
        }
    }

    fn read(setting: &str, dir: &Path, problems: &mut Collector) -> Self {
        let mut files = Self {
            at: dir.display().to_string(),
            files: BTreeMap::new(),
        };
        match std::fs::metadata(dir) {
            Ok(found) if found.is_dir() => {
                files.add(dir, "", Some("toml"), problems);
                for part in PARTS.into_iter().filter(|part| dir.join(part).is_dir()) {
                    files.add(&dir.join(part), &format!("{part}/"), None, problems);
                }
            }
            other => {
                let hint =
                    other.map_or_else(|error| error.to_string(), |_| "this is a file".to_owned());
                problems.add(Problem::new(
                    setting,
                    dir.display(),
                    "a directory with flows",
                    hint,
                ));
            }
        }
        files
    }

    /// Adds the files of one folder. Names with a dot before them are the file system's or an
    /// editor's own.
    fn add(&mut self, folder: &Path, prefix: &str, ending: Option<&str>, problems: &mut Collector) {
        let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                let (path, hint) = (folder.display().to_string(), error.to_string());
                problems.add(Problem::new(path, "a folder", "a readable folder", hint));
                return;
            }
        };
        for path in entries.into_iter().map(|entry| entry.path()) {
            let Some(name) = name_of(&path, ending) else {
                continue;
            };
            match read(&path) {
                Ok(text) => drop(self.files.insert(format!("{prefix}{name}"), text)),
                Err(hint) => {
                    let (path, expected) = (path.display().to_string(), "UTF-8 of at most 1 MiB");
                    problems.add(Problem::new(path, "a file", expected, hint));
                }
            }
        }
    }

    fn flows(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .filter(|(path, _)| !path.contains('/'))
            .map(|(path, text)| (&**path, &**text))
    }

    /// Every file of a template: its name up to the first dot.
    fn template(&self, name: &str) -> Vec<(String, String)> {
        let of = |path: &str| {
            path.strip_prefix("templates/")?
                .split_once('.')
                .filter(|(stem, _)| *stem == name)
                .map(drop)
        };
        let found = self.files.iter().filter(|(path, _)| of(path).is_some());
        found
            .map(|(path, text)| (path["templates/".len()..].to_owned(), text.clone()))
            .collect()
    }
}

/// The name of a file that is wanted: it has the ending, and is not hidden.
fn name_of(path: &Path, ending: Option<&str>) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let has_ending = |ending: &str| path.extension().is_some_and(|found| found == ending);
    let is_wanted = !name.starts_with('.') && ending.is_none_or(has_ending) && path.is_file();
    is_wanted.then(|| name.to_owned())
}

fn read(path: &PathBuf) -> Result<String, String> {
    let length = std::fs::metadata(path)
        .map_err(|error| error.to_string())?
        .len();
    if length > MAX_FILE_BYTES {
        return Err(format!("it has {length} bytes"));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}
