//! Owns the configuration: its layers (default, file, environment, command line), its types, its
//! checks, the flows and the API keys it names, and what the engine is told of it. Refuses unknown
//! keys, secrets in the file, and to stop at the first mistake: every problem is reported at once.

mod check;
mod difference;
mod engine;
pub mod facts;
pub mod flows;
mod keeping;
mod keys;
mod layers;
mod lists;
mod parties;
mod print;
mod problem;
mod ranges;
mod reader;
mod running;
mod sections;
mod settings;
pub mod steering;
#[cfg(test)]
mod tests;
mod ways;

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use toml::Value;

pub use engine::MapSecrets;
pub use keys::{ApiKey, KeyHash, KeyProblem, KeyRing};
pub use layers::{CliOverrides, DEFAULT};
pub use parties::{ChannelLimits, Corporation, ProviderEntry};
pub use problem::{ConfigProblems, EXIT_CONFIG, Origin, Problem};
pub use sections::{
    ArchiveSection, BinarySection, EngineSection, FlowsSection, HttpSection, JournalSection,
    LimitsSection, LogFormat, LogSection, RetrySection, SendingSection, TimeStamps, TlsFiles,
};
pub use settings::{Kind, SETTINGS, Setting};

use layers::Layers;
use problem::Collector;

/// The whole configuration, checked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `[engine]`
    pub engine: EngineSection,
    /// `[http]`
    pub http: HttpSection,
    /// `[binary]`
    pub binary: BinarySection,
    /// `[journal]`
    pub journal: JournalSection,
    /// `[archive]`
    pub archive: ArchiveSection,
    /// `[limits]`
    pub limits: LimitsSection,
    /// `[retry]`
    pub retry: RetrySection,
    /// `[sending]`
    pub sending: SendingSection,
    /// `[flows]`
    #[serde(default)]
    pub flows: FlowsSection,
    /// `[log]`
    pub log: LogSection,
    /// `[[corporation]]`
    #[serde(rename = "corporation")]
    pub corporations: Vec<Corporation>,
    /// `[[provider]]`, in order of preference.
    #[serde(rename = "provider", skip_deserializing)]
    pub providers: Vec<ProviderEntry>,
}

/// A configuration and what is known about it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What holds.
    pub config: Config,
    /// Where each value came from, by path; without an entry it is the default.
    pub origins: BTreeMap<String, Origin>,
    /// What is allowed and perhaps not meant.
    pub notes: Vec<String>,
}

impl Config {
    /// Reads and checks all layers. `env` is the environment of the process, or whatever a test
    /// puts in its place.
    ///
    /// # Errors
    /// Every problem found; the process then ends with [`EXIT_CONFIG`].
    pub fn load(
        file: Option<&Path>,
        env: &BTreeMap<String, String>,
        cli: &CliOverrides,
    ) -> Result<Loaded, ConfigProblems> {
        let mut problems = Collector::default();
        let Layers { mut table, origins } = Layers::read(file, env, cli, &mut problems);
        let providers = table.remove("provider");
        let read = reader::read::<Config>("", &Value::Table(table), &["provider"], &mut problems);
        let providers = lists::providers(providers.as_ref(), &mut problems);
        let config = read.map(|config| Config {
            providers,
            ..config
        });
        if let Some(config) = &config {
            check::check(config, &mut problems);
            lists::check(config, &mut problems);
        }
        match (config, problems.finish()) {
            (Some(config), problems) if problems.is_empty() => Ok(Loaded {
                notes: check::notes(&config),
                config,
                origins,
            }),
            (_, problems) => Err(ConfigProblems(
                problems
                    .into_iter()
                    .map(|found| traced(found, &origins))
                    .collect(),
            )),
        }
    }

    /// The built-in configuration.
    #[must_use]
    pub fn built_in() -> Self {
        match Self::load(None, &BTreeMap::new(), &CliOverrides::default()) {
            Ok(loaded) => loaded.config,
            Err(problems) => {
                unreachable!("the built-in configuration is part of the program: {problems}")
            }
        }
    }

    /// Whether any corporation has an API key. Without one the only corporation is `demo`, on this
    /// machine.
    #[must_use]
    pub fn has_keys(&self) -> bool {
        self.corporations
            .iter()
            .any(|corporation| !corporation.key_hashes.is_empty())
    }
}

/// The problem, with the variable or option that a wrong value came from.
fn traced(mut problem: Problem, origins: &BTreeMap<String, Origin>) -> Problem {
    if let Some(origin @ (Origin::Environment(_) | Origin::CommandLine(_))) =
        origins.get(&problem.path)
    {
        problem.hint = format!("{} (from {origin})", problem.hint);
    }
    problem
}
