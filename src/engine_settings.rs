//! Owns what a running engine is given of a configuration, part by part, at the start
//! and when it is read again: limits, quotas, ways out.
//! Refuses to start anything: `engine_start` does.

use std::sync::Arc;

use sluis_actors::{Bounds, KeyIndex, ProviderSetup, Quota};
use sluis_journal::Options;

use crate::app::{Corporation, Corporations, RequestLimits, WayOut};
use crate::config::Config;
use crate::telemetry::JournalObserver;
use crate::telemetry::names::KEY_WINDOW;

/// Share of all intake lines that one corporation may fill while there are others.
const ARRIVING_SHARE: f64 = 0.6;

/// The idempotency keys that are remembered, with how long they are.
pub(crate) fn key_index(config: &Config) -> Arc<KeyIndex> {
    let window = config.key_window();
    KEY_WINDOW.of(()).set(window.age_ms as f64 / 1_000.0);
    let corporations = config.corporations.iter().map(|c| c.id);
    Arc::new(KeyIndex::new(window, corporations))
}

/// What the journal is opened with.
pub(crate) fn journal_options(config: &Config) -> Options {
    Options {
        monotonic: crate::clock::monotonic(),
        observer: Some(Arc::new(JournalObserver::default())),
        ..config.journal_options()
    }
}

/// What a request may take.
pub(crate) fn limits(config: &Config) -> RequestLimits {
    let bytes = |limit: u64| usize::try_from(limit).unwrap_or(usize::MAX);
    let http = &config.http;
    RequestLimits {
        body: bytes(http.max_body_bytes),
        batch: bytes(http.max_batch_bytes),
        time: http.request_timeout.0,
    }
}

/// A provider and whose it is.
pub(crate) fn way_out(setup: &ProviderSetup) -> WayOut {
    WayOut {
        provider: setup.provider.clone(),
        owner: setup.owner.clone(),
    }
}

/// The bounds on what corporations have open, on its way in, and written.
pub(crate) fn bounds(config: &Config) -> Bounds {
    let lines = config.limits.inbox_intake as f64 * f64::from(config.engine.shards);
    let arriving = if config.corporations.len() > 1 {
        lines * ARRIVING_SHARE
    } else {
        lines
    };
    Bounds {
        total: config.engine.max_open,
        arriving: arriving as u64,
        shares: config.shares(),
        limits: config.write_limits(),
    }
}

/// Whose share of the open notifications and of the lines in is how large.
pub(crate) fn quota(config: &Config) -> Arc<Quota> {
    let Bounds {
        total,
        arriving,
        shares,
        limits,
    } = bounds(config);
    Arc::new(Quota::new(total, arriving, shares).with_limits(limits))
}

/// The corporations as requests and pages name them.
pub(crate) fn corporations(config: &Config) -> Corporations {
    let of = |c: &crate::config::Corporation| {
        let corporation = Corporation {
            name: c.name.clone(),
            display_name: c.display_name.clone(),
            public_url: c.originator.public_url.clone(),
        };
        (c.id, corporation)
    };
    config.corporations.iter().map(of).collect()
}
