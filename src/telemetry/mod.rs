//! Owns the binary's own metrics, the recorder they go to, and the list of all metrics of the
//! engine. Refuses labels without a bound: no tenant, no address, no id.

mod census;
mod certificate;
mod disk;
pub mod names;
mod process;
mod recorder;
mod watch;

pub use census::take_census;
pub use certificate::loaded as certificate_loaded;
pub use recorder::{JournalObserver, count_repairs, install, sample};
pub use watch::{Edge, Watch};

use sluis_actors::router::RouterMetric;
use sluis_actors::supervisor::SupervisorMetric;
use sluis_actors::telemetry::{ACTOR_METRICS, Described};

/// Every metric of the process: the binary's own, the shards', the routers', the supervisors'.
pub fn all_metrics() -> impl Iterator<Item = Described> {
    let routers = RouterMetric::ALL.into_iter().map(|m| Described {
        name: m.name(),
        kind: m.kind(),
        help: m.help(),
    });
    let supervisors = SupervisorMetric::ALL.into_iter().map(|m| Described {
        name: m.name(),
        kind: m.kind(),
        help: m.help(),
    });
    names::OWN_METRICS
        .iter()
        .chain(ACTOR_METRICS)
        .copied()
        .chain(routers)
        .chain(supervisors)
}

/// Values of labels that are closed lists: what a help text quotes is held to them.
#[must_use]
pub fn label_values() -> Vec<&'static str> {
    let lanes = sluis_model::Lane::ALL.map(sluis_model::Lane::name);
    let channels = sluis_model::Channel::ALL.map(sluis_model::Channel::name);
    let edges = Edge::ALL.map(Edge::name);
    let own = crate::admission::REASONS
        .into_iter()
        .chain(crate::http::RECEIPT_EFFECTS);
    let repairs = sluis_journal::Repaired::ALL.map(sluis_journal::Repaired::name);
    own.chain(repairs)
        .chain(lanes)
        .chain(channels)
        .chain(edges)
        .chain(["all"])
        .chain(sluis_actors::telemetry::label_values())
        .collect()
}
