//! Owns what the edges report and nobody stores: keys that do not fit, the growth of the disk,
//! warnings that are held back. Refuses a thread: housekeeping calls [`Watch::flush`], and a scrape
//! asks for the rest.

use std::sync::Arc;

use metrics::Counter;
use parking_lot::{Mutex, MutexGuard};
use sluis_actors::{Census, Seldom};
use sluis_journal::Stats;
use sluis_model::{Clock, Timestamp};

use super::disk::Forecast;
use super::edge::Edge;
use super::names;

/// Keys that did not fit, at one edge.
struct Strangers {
    counter: Counter,
    warning: Seldom,
}

/// Counts and held-back warnings of the edges.
pub struct Watch {
    strangers: [Strangers; Edge::ALL.len()],
    disk_low: Seldom,
    /// Free bytes below which intake is refused.
    reserve: u64,
    forecast: Mutex<Forecast>,
    /// The newest figures of each shard.
    censuses: Mutex<Vec<Census>>,
}

impl Watch {
    /// A watch by this clock, over a disk with this reserve in bytes.
    #[must_use]
    pub fn new(clock: &Arc<dyn Clock>, reserve: u64) -> Self {
        let strangers = |edge: Edge| Strangers {
            counter: names::UNAUTHORIZED.of(edge.name()),
            warning: Seldom::new(clock.clone(), move |count, client| {
                let (edge, client) = (edge.name(), client.unwrap_or("-"));
                tracing::warn!(
                    edge,
                    client,
                    refused = count,
                    "keys that nobody has, or none at all, were presented"
                );
            }),
        };
        let disk_low = Seldom::new(clock.clone(), move |_, free| {
            let free = free.unwrap_or("too few");
            tracing::warn!(
                free,
                needed = reserve,
                "the disk is nearly full: intake is refused, what is open goes on"
            );
        });
        Self {
            strangers: Edge::ALL.map(strangers),
            disk_low,
            reserve,
            forecast: Mutex::default(),
            censuses: Mutex::default(),
        }
    }

    /// Somebody came without a key that fits. `client`: what it calls itself, if it says so.
    pub fn stranger(&self, edge: Edge, client: Option<&str>) {
        let Strangers { counter, warning } = &self.strangers[edge as usize];
        counter.increment(1);
        warning.note_with(|| client.map(|client| client.chars().take(64).collect()));
    }

    /// Whether the disk is down to its reserve; says so in the log.
    pub fn is_disk_low(&self, stats: &Stats) -> bool {
        let low = stats.disk_free_bytes < self.reserve;
        if low {
            self.disk_low
                .note_with(|| Some(stats.disk_free_bytes.to_string()));
        }
        low
    }

    /// Days until it is.
    pub fn disk_left_days(&self, stats: &Stats, now: Timestamp) -> f64 {
        self.forecast
            .lock()
            .days(now, stats.disk_bytes, stats.disk_free_bytes, self.reserve)
    }

    /// The newest figures of each shard, in their order.
    pub(crate) fn censuses(&self) -> MutexGuard<'_, Vec<Census>> {
        self.censuses.lock()
    }

    /// Tells what was held back; to be called every few seconds.
    pub fn flush(&self) {
        self.strangers
            .iter()
            .for_each(|strangers| strangers.warning.flush());
        self.disk_low.flush();
    }

    /// Tells it at the end of the process.
    pub fn finish(&self) {
        self.strangers
            .iter()
            .for_each(|strangers| strangers.warning.finish());
        self.disk_low.finish();
    }
}
