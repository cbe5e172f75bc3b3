//! Owns the binary's own metrics, the recorder they go to, and the list of all metrics of the engine.
//! Refuses labels without a bound: no tenant, no address, no id.

pub mod names;
mod recorder;

pub use recorder::{JournalObserver, install, sample};
