//! Owns the binary's own metrics, the recorder they go to, and the list of all metrics of the engine.
//! Refuses labels without a bound: no tenant, no address, no id.

pub mod names;
mod recorder;

pub use recorder::{JournalObserver, count_repairs, install, sample};

use sluis_actors::router::RouterMetric;
use sluis_actors::supervisor::SupervisorMetric;
use sluis_actors::telemetry::{ACTOR_METRICS, Described};

/// Every metric of the process: the binary's own, the shards', the routers', the supervisors'.
pub fn all_metrics() -> impl Iterator<Item = Described> {
    let routers = RouterMetric::ALL.into_iter().map(|m| Described { name: m.name(), kind: m.kind(), help: m.help() });
    let supervisors = SupervisorMetric::ALL.into_iter().map(|m| Described { name: m.name(), kind: m.kind(), help: m.help() });
    names::OWN_METRICS.iter().chain(ACTOR_METRICS).copied().chain(routers).chain(supervisors)
}
