//! Owns what the log says of a reload: what was taken over, what waits for a start, every mistake. Refuses to
//! say it anywhere else.

use sluis_actors::Change;

use crate::config::ConfigProblems;
use crate::reloading::{Difference, Kind, Report, word};

/// What was taken over.
pub(super) fn taken(report: &Report) {
    for change in &report.changes {
        one(change);
    }
    for setting in &report.waiting {
        tracing::warn!(
            setting,
            "it was changed in the configuration and holds from the next start on"
        );
    }
    let (changes, waiting) = (report.changes.len(), report.waiting.len());
    let checksum = &report.current.checksum;
    tracing::info!(
        changes,
        waiting,
        checksum,
        "the configuration was taken over: so many changes, so many settings wait for a start"
    );
}

fn one(different: &Difference) {
    let Difference {
        kind,
        corporation,
        name,
        change,
        from,
        to,
    } = different;
    let corporation = corporation.as_deref().unwrap_or("all");
    if *kind == Kind::Flow {
        let change = match change {
            Change::Added => "is new",
            Change::Changed => "has another definition for what is accepted from now on",
            Change::Removed => "takes nothing more in; what was accepted under it goes on",
        };
        tracing::info!(flow = name, corporation, from, to, "the flow {change}");
        return;
    }
    let (kind, change) = (kind.name(), word(*change));
    tracing::info!(kind, corporation, name, "{kind} {change}");
}

/// Why nothing was taken over.
pub(super) fn refused(problems: &ConfigProblems) {
    for problem in &problems.0 {
        tracing::error!(%problem, "a mistake in the configuration");
    }
    tracing::error!("the configuration has mistakes: everything stays as it was");
}
