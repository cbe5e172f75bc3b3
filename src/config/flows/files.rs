//! Owns the files of one directory of flows, on disk or built in. Refuses to read what is in them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::mistake::FlowMistake;
use super::shipped::SHIPPED;

/// A longer file is no flow, class table, calendar, type of facts or template.
const MAX_FILE_BYTES: u64 = 1 << 20;
/// Folders beside the flows.
const PARTS: [&str; 5] = ["calendars", "classes", "facts", "scenarios", "templates"];

/// What stands behind the name of a file that is a copy of another one.
const LEFT_OVER: [&str; 13] = [
    "~",
    ".bak",
    ".dpkg-dist",
    ".dpkg-new",
    ".dpkg-old",
    ".orig",
    ".part",
    ".rej",
    ".rpmnew",
    ".rpmsave",
    ".swo",
    ".swp",
    ".tmp",
];

/// The files of one directory of flows, by path below it.
#[derive(Debug)]
pub(in crate::config) struct Files {
    at: String,
    files: BTreeMap<String, String>,
}

impl Files {
    pub(in crate::config) fn shipped() -> Self {
        let files = SHIPPED
            .iter()
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
            .collect();
        Self {
            at: "(built in)".to_owned(),
            files,
        }
    }

    /// Reads the directory that a setting names.
    pub(in crate::config) fn read(
        setting: &str,
        dir: &Path,
        mistakes: &mut Vec<FlowMistake>,
    ) -> Self {
        let mut files = Self {
            at: dir.display().to_string(),
            files: BTreeMap::new(),
        };
        match std::fs::metadata(dir) {
            Ok(found) if found.is_dir() => {
                files.add(dir, "", Some("toml"), mistakes);
                for part in PARTS.into_iter().filter(|part| dir.join(part).is_dir()) {
                    files.add(&dir.join(part), &format!("{part}/"), None, mistakes);
                }
            }
            other => {
                let hint =
                    other.map_or_else(|error| error.to_string(), |_| "this is a file".to_owned());
                let found = dir.display();
                let message = format!("{found}: expected a directory with flows: {hint}");
                mistakes.push(FlowMistake::of_file(setting, message));
            }
        }
        files
    }

    /// Adds the files of one folder. Names with a dot before them are the file system's or an
    /// editor's own.
    fn add(
        &mut self,
        folder: &Path,
        prefix: &str,
        ending: Option<&str>,
        mistakes: &mut Vec<FlowMistake>,
    ) {
        let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                let message = format!("expected a readable folder: {error}");
                mistakes.push(FlowMistake::of_file(folder.display(), message));
                return;
            }
        };
        for path in entries.into_iter().map(|entry| entry.path()) {
            let Some(name) = name_of(&path, ending) else {
                continue;
            };
            // A folder is none of ours. A link that leads nowhere is: a flow must not go unnoticed.
            if path.is_dir() {
                continue;
            }
            match read(&path) {
                Ok(text) => drop(self.files.insert(format!("{prefix}{name}"), text)),
                Err(hint) => {
                    let message = format!("expected UTF-8 of at most 1 MiB: {hint}");
                    mistakes.push(FlowMistake::of_file(path.display(), message));
                }
            }
        }
    }

    /// How one of its files is shown.
    pub(in crate::config) fn label(&self, path: &str) -> String {
        format!("{}/{path}", self.at)
    }

    /// Its flows, by file.
    pub(super) fn flows(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .filter(|(path, _)| !path.contains('/'))
            .map(|(path, text)| (&**path, &**text))
    }

    /// One of its files.
    pub(super) fn get(&self, path: &str) -> Option<&String> {
        self.files.get(path)
    }

    /// Its class tables, calendars, types of facts, scenarios and templates.
    pub(super) fn parts(&self) -> impl Iterator<Item = &str> {
        let paths = self.files.keys().map(|path| &**path);
        paths.filter(|path| path.contains('/'))
    }

    /// Its types of facts: how each file is shown, the name of the type, and the text.
    pub(in crate::config) fn facts(&self) -> impl Iterator<Item = (String, &str, &str)> {
        self.files.iter().filter_map(|(path, text)| {
            let name = path.strip_prefix("facts/")?.strip_suffix(".toml")?;
            Some((self.label(path), name, &**text))
        })
    }

    /// Every file of a template: its name up to the first dot.
    pub(super) fn template(&self, name: &str) -> Vec<(String, String)> {
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

/// The name of a file that is wanted: it has the ending, is not hidden, and is not what an editor or a
/// package leaves beside a file.
fn name_of(path: &Path, ending: Option<&str>) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let has_ending = |ending: &str| path.extension().is_some_and(|found| found == ending);
    let is_wanted = !name.starts_with('.') && ending.is_none_or(has_ending) && !is_left_over(name);
    is_wanted.then(|| name.to_owned())
}

/// Whether a file is a copy of another one that somebody saves or replaces.
fn is_left_over(name: &str) -> bool {
    let is_copy = LEFT_OVER.iter().any(|ending| name.ends_with(ending));
    // Emacs saves into `#name#`; Vim tries whether it may write with a file named 4913.
    is_copy || name == "4913" || (name.starts_with('#') && name.ends_with('#'))
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
