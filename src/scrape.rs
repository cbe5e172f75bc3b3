//! Owns what is measured when somebody asks for the metrics: gauges that stand for a state. Refuses
//! to count events: whoever sees one does.

mod census;

pub use census::take_census;

use crate::app::App;
use crate::telemetry::{ALL, names, process};

const DAY_SECONDS: f64 = 86_400.0;

/// Sets the gauges that stand for a state. Walks the data directory: not for a runtime's own
/// threads.
pub fn sample(app: &App) {
    sample_shares(app);
    sample_inboxes(app);
    for (provider, count) in app.engine.under_way() {
        names::UNDER_WAY.of(provider.to_owned()).set(count as f64);
    }
    sample_journal(app);
    sample_pauses(app);
    census::show(app);
    process::sample();
}

/// What is open and written, of all and of each corporation, beside its bounds.
fn sample_shares(app: &App) {
    let (open, most) = app.engine.quota().total();
    names::OPEN.of(()).set(open as f64);
    names::MAX_OPEN.of(()).set(most as f64);
    sample_open(app);
    sample_day(app);
    sample_unknown(app);
    for (corporation, count) in app.engine.keys().len() {
        let name = app.corporation_name(corporation);
        names::KEYS.of(name).set(count as f64);
    }
}

/// Open notifications of each corporation.
fn sample_open(app: &App) {
    for (corporation, open, most) in app.engine.quota().shares() {
        let name = app.corporation_name(corporation);
        names::SHARE_OPEN.of(name.clone()).set(open as f64);
        names::SHARE_BOUND.of(name).set(most as f64);
    }
}

/// What each corporation has written today.
fn sample_day(app: &App) {
    for (corporation, bytes, most) in app.engine.quota().budgets() {
        let name = app.corporation_name(corporation);
        names::DAY_BYTES.of(name.clone()).set(bytes as f64);
        names::DAY_BYTES_BOUND.of(name).set(most as f64);
    }
}

/// Tenants of each corporation of whom facts alone are known.
fn sample_unknown(app: &App) {
    for (corporation, unknown, most) in app.engine.quota().unknown() {
        let name = app.corporation_name(corporation);
        names::FACT_TENANTS.of(name.clone()).set(unknown as f64);
        names::FACT_TENANTS_BOUND.of(name).set(most as f64);
    }
}

/// Each line of the inboxes, over all shards.
fn sample_inboxes(app: &App) {
    for line in 0..names::LINES.len() {
        let depths = app
            .engine
            .inboxes()
            .iter()
            .map(|inbox| inbox.depths()[line]);
        let (name, depth, bound) = depths.fold(("", 0, 0), |sum, (name, depth, bound)| {
            (name, sum.1 + depth, sum.2 + bound)
        });
        names::INBOX.of(name).set(depth as f64);
        names::INBOX_BOUND.of(name).set(bound as f64);
    }
}

fn sample_journal(app: &App) {
    let stats = app.engine.journal().stats();
    let left_days = app.watch.disk_left_days(&stats, app.clock.now());
    names::JOURNAL_DISK.of(()).set(stats.disk_bytes as f64);
    names::JOURNAL_LIVE.of(()).set(stats.live_bytes as f64);
    names::DISK_FREE.of(()).set(stats.disk_free_bytes as f64);
    names::DISK_LEFT.of(()).set(left_days * DAY_SECONDS);
    sample_queue(app);
}

/// The queue in front of the journal, beside its bounds.
fn sample_queue(app: &App) {
    let queue = app.engine.journal().queue();
    for (gauge, value) in [
        (names::JOURNAL_BATCHES, queue.batches),
        (names::JOURNAL_RECORDS, queue.records),
        (names::JOURNAL_BYTES, queue.bytes),
        (names::JOURNAL_BATCHES_BOUND, queue.max_batches),
        (names::JOURNAL_RECORDS_BOUND, queue.max_records),
        (names::JOURNAL_BYTES_BOUND, queue.max_bytes),
    ] {
        gauge.of(()).set(value as f64);
    }
}

/// How many pauses there are, of each corporation and over all; none is told as 0.
fn sample_pauses(app: &App) {
    let pauses = app.engine.pauses().all();
    let of = |corporation| {
        pauses
            .iter()
            .filter(|pause| pause.scope.corporation == corporation)
            .count() as f64
    };
    names::PAUSES.of(ALL).set(of(None));
    for (id, corporation) in app.corporations.get().iter() {
        names::PAUSES
            .of(corporation.name.clone())
            .set(of(Some(*id)));
    }
}
