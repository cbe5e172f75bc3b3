//! The metrics an engine shows, as far as a load test draws them. Owns the short names under which
//! samples keep them; refuses whatever else stands on the page.

use std::collections::BTreeMap;

/// Short name, name of the metric, and a label that must be there.
const KEPT: &[(&str, &str, &str)] = &[
    ("open", "sluis_open_notifications", ""),
    ("inbox", "sluis_shard_inbox_depth", ""),
    ("journal_queue", "sluis_journal_queue_records", ""),
    ("undurable", "sluis_shard_undurable_effects", ""),
    ("ready", "sluis_shard_ready_messages", ""),
    ("parked", "sluis_shard_parked_messages", ""),
    ("router_waiting", "sluis_router_waiting_messages", ""),
    ("under_way", "sluis_attempts_under_way", ""),
    ("timers", "sluis_shard_timers_pending", ""),
    ("accepted_total", "sluis_intake_accepted_total", ""),
    ("ended_total", "sluis_shard_events_total", "event=\"ended\""),
];

/// The sums over all labels, by short name; what is not on the page is left out.
pub(super) fn read(page: &str) -> BTreeMap<String, f64> {
    let mut found = BTreeMap::new();
    for (name, labels, value) in series(page) {
        for (short, _, _) in KEPT
            .iter()
            .filter(|(_, kept, label)| *kept == name && labels.contains(label))
        {
            *found.entry((*short).to_owned()).or_insert(0.0) += value;
        }
    }
    found
}

/// The sum of the series of one metric that have `label` among their labels; none when there is no
/// such series.
pub(super) fn sum(page: &str, name: &str, label: &str) -> Option<f64> {
    let values = series(page)
        .filter(|(metric, labels, _)| *metric == name && labels.contains(label))
        .map(|(.., value)| value);
    values.reduce(|a, b| a + b)
}

/// Name, labels and value of each line.
fn series(page: &str) -> impl Iterator<Item = (&str, &str, f64)> {
    page.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let (metric, value) = line.rsplit_once(' ')?;
            let (name, labels) = metric.split_once('{').unwrap_or((metric, ""));
            Some((name, labels, value.parse().ok()?))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_summed_by_name_and_label() {
        let page = "# HELP sluis_open_notifications open\nsluis_open_notifications 7\nsluis_open_notifications_bound 9\n\
            sluis_journal_queue_records 3\nsluis_journal_queue_bytes 4096\n\
            sluis_shard_ready_messages{shard=\"0\",lane=\"bulk\"} 1\nsluis_shard_ready_messages{shard=\"1\",lane=\"bulk\"} 2.5\n\
            sluis_shard_events_total{event=\"ended\"} 5\nsluis_shard_events_total{event=\"accepted\"} 8\nnonsense\n";
        let found = read(page);
        let of = |name: &str| found.get(name).copied();
        assert_eq!(
            (
                of("open"),
                of("journal_queue"),
                of("ready"),
                of("ended_total")
            ),
            (Some(7.0), Some(3.0), Some(3.5), Some(5.0))
        );
        assert_eq!(found.len(), 4, "{found:?}");
    }
}
