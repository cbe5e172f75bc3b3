//! Owns the binary's own metrics, the recorder they go to, and the list of all metrics of the
//! engine. Refuses labels without a bound: no tenant, no address, no id.

mod certificate;
mod disk;
mod edge;
pub mod names;
pub(crate) mod process;
mod receipts;
mod recorder;
mod traces;
mod watch;

pub use certificate::loaded as certificate_loaded;
pub use edge::Edge;
pub use receipts::ReceiptCounters;
pub use recorder::{JournalObserver, count_repairs, install};
pub use traces::Traces;
pub use watch::Watch;

use sluis_actors::metric::Described;
use sluis_actors::telemetry::names::ACTOR_METRICS;

/// Whose pauses hold everybody's sends, as the label names them.
pub(crate) const ALL: &str = "all";

/// Every metric of the process: the binary's own and the actors'.
pub fn all_metrics() -> impl Iterator<Item = Described> {
    names::OWN_METRICS.iter().chain(ACTOR_METRICS).copied()
}

/// Values of labels that are closed lists: what a help text quotes is held to them.
#[must_use]
pub fn label_values() -> Vec<&'static str> {
    let labels = all_metrics().flat_map(|metric| metric.labels);
    let closed = labels.filter_map(|label| label.values);
    closed
        .flat_map(|values| values())
        .chain(sluis_actors::telemetry::own_ends().iter().copied())
        .chain([ALL])
        .collect()
}
