//! Watching an engine from outside while it works: its metrics, its memory and its time on the
//! processor, once a second. Owns reading and the samples' form; refuses to judge them and to
//! disturb: one small request a second.

mod arrival;
mod process;
mod prometheus;
mod sample;
mod watcher;

pub use self::arrival::Count;
pub use self::process::Process;
pub use self::sample::Sample;
pub use self::watcher::{Watcher, follow};
