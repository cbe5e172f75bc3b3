//! Owns the finding of declared types of facts: the ones built in, and those beside the flows, in the
//! folder `facts`. Refuses to say twice that a file cannot be read: the finding of flows says it.

use std::sync::Arc;

use sluis_model::FactType;
use sluis_model::flow::Definition;

use super::flows::{Files, FlowMistake, place_in};
use super::problem::{Collector, ConfigProblems, Problem};
use super::{Config, Corporation};
use crate::fact_types::{FactTypes, Types};

/// The types of every corporation.
///
/// # Errors
/// Every mistake in a file of a type.
pub fn load(config: &Config) -> Result<FactTypes, ConfigProblems> {
    let mut found = Finding::default();
    let mut shared = found.types(&Files::shipped());
    if let Some(dir) = &config.flows.directory {
        let files = Files::read("flows.directory", dir, &mut found.unread);
        shared.extend(found.types(&files));
    }
    let own = config.corporations.iter();
    let own = own.filter_map(|corporation| {
        let types = found.own(corporation, &shared)?;
        Some((corporation.id, Arc::new(types)))
    });
    let own = own.collect();
    let problems = found.problems.finish();
    if problems.is_empty() {
        let shared = Arc::new(shared);
        Ok(FactTypes { shared, own })
    } else {
        Err(ConfigProblems(problems))
    }
}

/// The types that are built in, and those that a definition holds. What is no type is none of them.
#[must_use]
pub fn of(definition: &Definition) -> Types {
    let mut types = Finding::default().types(&Files::shipped());
    let held = definition.facts.iter();
    types.extend(held.filter_map(|(name, text)| {
        let read = FactType::parse(name, text).ok()?;
        Some((name.as_str().into(), read))
    }));
    types
}

/// The mistakes so far.
#[derive(Default)]
struct Finding {
    problems: Collector,
    /// What could not be read, which the flows tell.
    unread: Vec<FlowMistake>,
}

impl Finding {
    /// A corporation's own types before the shared ones. None: it has no own files.
    fn own(&mut self, corporation: &Corporation, shared: &Types) -> Option<Types> {
        let dir = corporation.flows.as_ref()?;
        let setting = format!("corporation.{}.flows", corporation.name);
        let files = Files::read(&setting, dir, &mut self.unread);
        let mut types = shared.clone();
        types.extend(self.types(&files));
        Some(types)
    }

    fn types(&mut self, files: &Files) -> Types {
        let mut types = Types::new();
        for (at, name, text) in files.facts() {
            match FactType::parse(name, text) {
                Ok(read) => drop(types.insert(name.into(), read)),
                Err(mistakes) => {
                    let told = mistakes.iter().map(|mistake| {
                        Problem::new(
                            shown(&at, text, &mistake.path),
                            "wrong",
                            "a type of fact",
                            mistake.message.clone(),
                        )
                    });
                    self.problems.extend(told);
                }
            }
        }
        types
    }
}

/// Where a mistake is: its line too, unless the file as a whole is no type.
fn shown(file: &str, text: &str, path: &str) -> String {
    match path.is_empty() {
        true => file.to_owned(),
        false => format!("{file}:{}: {path}", place_in(file, text, path).line),
    }
}

#[cfg(test)]
mod tests {
    use super::super::CliOverrides;
    use super::*;

    fn configured(dir: &std::path::Path) -> Config {
        let mut config = Config::load(None, &[].into(), &CliOverrides::default())
            .expect("the default")
            .config;
        config.corporations[0].flows = Some(dir.to_owned());
        config
    }

    #[test]
    fn a_corporations_own_types_stand_beside_the_shared_ones_and_before_those_of_their_name() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(dir.path().join("facts")).expect("a folder");
        let write = |name: &str, text: &str| {
            std::fs::write(dir.path().join("facts").join(name), text).expect("a file");
        };
        write("complaint.toml", "about = \"tenant\"\nholds = \"30d\"");
        write("segment.toml", "about = \"tenant\"\nholds = \"1d\"");
        let config = configured(dir.path());
        let found = load(&config).expect("sound");
        let own = found.of(config.corporations[0].id);
        assert_eq!(own.len(), FactType::BUILT_IN.len() + 1);
        assert_eq!(own["segment"].fields, []);
        assert!(!found.shared["segment"].fields.is_empty());
        write("segment.toml", "about = \"nobody\"\nholds = \"long\"");
        let told = load(&config).expect_err("two mistakes").to_string();
        for place in ["facts/segment.toml:1: about", "facts/segment.toml:2: holds"] {
            assert!(told.contains(place), "{place}: {told}");
        }
    }
}
