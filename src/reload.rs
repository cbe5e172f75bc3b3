//! Owns what a running engine takes over from a configuration that is read again: flows with what lies
//! beside them, API keys, certificates, credentials. All of it is checked first, and with one mistake
//! nothing is taken. Refuses to change what holds from a start on: that is named.

use std::collections::BTreeMap;
use std::sync::Arc;

use sluis_actors::{Book, BookProblem, Change, Fresh, Renewed};
use sluis_journal::Journal;
use sluis_model::CorporationId;

use crate::config::{Config, ConfigProblems, KeyRing, Problem, flows};
use crate::flows::check;

/// What a process was started with, and the keys that can be changed.
pub(crate) struct Reload {
    started: Config,
    /// API keys.
    keys: Arc<KeyRing>,
    /// Operators' keys.
    operators: Arc<KeyRing>,
}

/// A configuration that can be taken over.
pub(crate) struct Checked {
    pub(crate) config: Config,
    flows: Fresh,
}

/// What is different.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) flows: Vec<Renewed>,
    /// Settings that wait for a start, by their paths.
    pub(crate) waiting: Vec<String>,
}

impl Reload {
    pub(crate) const fn new(started: Config, keys: Arc<KeyRing>, operators: Arc<KeyRing>) -> Self {
        Self {
            started,
            keys,
            operators,
        }
    }

    /// Checks all of a configuration, its flows included.
    ///
    /// # Errors
    /// Every mistake.
    pub(crate) fn check(&self, config: Config) -> Result<Checked, ConfigProblems> {
        let mut definitions = flows::load(&config)?;
        // A corporation that the engine does not know has no flow either.
        definitions.retain(|(owner, _)| owner.is_none_or(|owner| self.knows(&config, owner)));
        let flows =
            Book::check(definitions).map_err(|found| ConfigProblems(placed(&config, &found)))?;
        Ok(Checked { config, flows })
    }

    /// Takes the flows and the keys over. Blocks for the disk.
    ///
    /// # Errors
    /// The definitions cannot be stored. Then nothing is taken over.
    pub(crate) fn take(
        &self,
        book: &Book,
        journal: &dyn Journal,
        Checked { config, flows }: Checked,
    ) -> Result<(Config, Taken), ConfigProblems> {
        let flows = book
            .take_over(journal, flows)
            .map_err(|found| problems(&found))?;
        let renewed = book.all_current().into_iter();
        sluis_actors::telemetry::announce(renewed.map(|(_, flow)| flow));
        self.take_keys(&config);
        let waiting = self.waiting(&config);
        Ok((config, Taken { flows, waiting }))
    }

    /// Takes the keys over; those of a corporation that the engine does not know have to wait.
    pub(crate) fn take_keys(&self, config: &Config) {
        let known = config.keys().filter(|(_, of)| self.knows(config, *of));
        self.keys.replace(known);
        self.operators.replace(config.operator_keys());
    }

    fn waiting(&self, config: &Config) -> Vec<String> {
        // Both were made from TOML, so each of their values has a place in it.
        config.waits_for_a_start(&self.started).unwrap_or_default()
    }

    /// Whether the engine was started with this corporation, under the same name.
    fn knows(&self, config: &Config, corporation: CorporationId) -> bool {
        let name = |config: &Config| {
            let mut all = config.corporations.iter();
            let found = all.find(|known| known.id == corporation);
            found.map(|known| known.name.clone())
        };
        let started = name(&self.started);
        started.is_some() && started == name(config)
    }
}

fn problems(found: &[BookProblem]) -> ConfigProblems {
    ConfigProblems(found.iter().map(flow_problem).collect())
}

/// What is wrong with the flows of a configuration, in the lines where it stands.
pub(crate) fn placed(config: &Config, found: &[BookProblem]) -> Vec<Problem> {
    let (all, mistakes) = flows::find(config);
    let report = check::check(&all, mistakes);
    if report.mistakes.is_empty() {
        return found.iter().map(flow_problem).collect();
    }
    report.mistakes.into_iter().map(Problem::from).collect()
}

/// What is wrong with a flow, as what is wrong with a setting is told.
fn flow_problem(found: &BookProblem) -> Problem {
    let path = format!("flow {}.{}", found.definition, found.path);
    Problem::new(path, "wrong", "a flow that compiles", found.message.clone())
}

impl Taken {
    /// Writes what was taken over into the log, and what waits for a start.
    pub(crate) fn say(&self, config: &Config) {
        let names: BTreeMap<CorporationId, &str> = config
            .corporations
            .iter()
            .map(|corporation| (corporation.id, corporation.name.as_str()))
            .collect();
        for Renewed {
            owner,
            name,
            change,
        } in &self.flows
        {
            let change = match change {
                Change::Added => "is new",
                Change::Changed => "has another definition for what is accepted from now on",
                Change::Removed => "takes nothing more in; what was accepted under it goes on",
            };
            let owner = owner.and_then(|owner| names.get(&owner).copied());
            let corporation = owner.unwrap_or("all");
            tracing::info!(flow = name, corporation, "the flow {change}");
        }
        for setting in &self.waiting {
            tracing::warn!(
                setting,
                "it was changed in the configuration and holds from the next start on"
            );
        }
        let (flows, settings) = (self.flows.len(), self.waiting.len());
        tracing::info!(
            flows,
            settings,
            "the configuration was taken over: so many flows changed, so many settings wait for a start"
        );
    }
}

#[cfg(test)]
mod tests;
