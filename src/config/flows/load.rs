//! Owns the flows of a configuration as the engine loads them: all of them, or none. Refuses to look at
//! what they mean.

use sluis_model::CorporationId;
use sluis_model::flow::Definition;

use super::find::find;
use crate::config::Config;
use crate::config::problem::{Collector, ConfigProblems, Problem};
use crate::config::ways;

/// The flows of a configuration: the shared ones under none, then each corporation's own.
///
/// # Errors
/// Every file that cannot be read, every flow that is not TOML, and every one that does not fit what
/// it extends.
pub fn load(config: &Config) -> Result<Vec<(Option<CorporationId>, Definition)>, ConfigProblems> {
    let (found, mistakes) = find(config);
    let all: Vec<(Option<CorporationId>, Definition)> = found
        .into_iter()
        .map(|found| (found.owner, found.definition))
        .collect();
    let mut problems = Collector::default();
    ways::check(config, &all, &mut problems);
    let mistakes = mistakes.into_iter().map(Problem::from);
    let problems: Vec<Problem> = mistakes.chain(problems.finish()).collect();
    if problems.is_empty() {
        Ok(all)
    } else {
        Err(ConfigProblems(problems))
    }
}
