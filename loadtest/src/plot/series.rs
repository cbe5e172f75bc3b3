//! From samples to the plots: throughput, latency, queues, what is open, memory, disk, starts. Owns what is drawn and
//! under which name; refuses a line of which no sample knows anything.

use super::{Plot, Series};
use crate::watch::Sample;

/// Queues and how the legend calls them.
const QUEUES: &[(&str, &str)] = &[
    ("inbox", "inboxes of the shards"),
    ("journal_queue", "records in the journal's queue"),
    ("undurable", "effects before their sync"),
    ("ready", "ready lists"),
    ("parked", "parked"),
    ("router_waiting", "waiting in the routers"),
    ("under_way", "attempts under way"),
];

/// Parts of the data directory and how the legend calls them.
const DISK: &[(&str, &str)] = &[
    ("journal_mib", "journal"),
    ("table_mib", "table"),
    ("archive_mib", "archive"),
];

/// The plots, each with the name of its file.
pub(super) fn plots(samples: &[Sample]) -> Vec<(&'static str, Plot)> {
    let plots = [
        ("throughput", throughput(samples)),
        ("latency", latency(samples)),
        ("queues", queues(samples)),
        ("open", open(samples)),
        ("memory", memory(samples)),
        ("disk", disk(samples)),
        ("start", start(samples)),
    ];
    plots
        .into_iter()
        .filter(|(_, plot)| !plot.series.is_empty())
        .collect()
}

fn throughput(samples: &[Sample]) -> Plot {
    let acked = |sample: &Sample| sample.acked.map(|acked| acked as f64);
    let series = vec![
        line("acknowledged", samples, acked),
        growth("accepted by the engine", samples, "accepted_total"),
        growth("ended", samples, "ended_total"),
    ];
    plot("Throughput", "per second", false, series)
}

fn latency(samples: &[Sample]) -> Plot {
    let series = vec![
        line("p50", samples, |sample| sample.p50_ms),
        line("p99", samples, |sample| sample.p99_ms),
        line("slowest", samples, |sample| sample.max_ms),
    ];
    plot(
        "Latency from scheduled arrival",
        "milliseconds",
        true,
        series,
    )
}

fn queues(samples: &[Sample]) -> Plot {
    let queue = |(name, shown): &(&str, &str)| engine(shown, samples, name);
    let series = QUEUES.iter().map(queue).collect();
    plot("Queues of the engine", "entries", true, series)
}

fn open(samples: &[Sample]) -> Plot {
    let series = vec![
        engine("open notifications", samples, "open"),
        engine("timers", samples, "timers"),
    ];
    plot("Open", "entries", false, series)
}

fn memory(samples: &[Sample]) -> Plot {
    let resident = line("resident", samples, |sample| sample.rss_mib);
    plot("Memory of the engine", "MiB", false, vec![resident])
}

/// What the parts of the data directory take.
fn disk(samples: &[Sample]) -> Plot {
    let part = |(name, shown): &(&str, &str)| engine(shown, samples, name);
    let series = DISK.iter().map(part).collect();
    plot("Disk", "MiB", false, series)
}

fn start(samples: &[Sample]) -> Plot {
    let ready = engine("ready after kill -9", samples, "ready_seconds");
    plot("Start", "seconds", false, vec![ready])
}

/// A plot of those series of which something is known.
fn plot(title: &str, unit: &str, logarithmic: bool, series: Vec<Series>) -> Plot {
    let known = |series: &Series| series.points.iter().any(|(_, y)| y.is_some());
    Plot {
        title: title.into(),
        unit: unit.into(),
        logarithmic,
        series: series.into_iter().filter(known).collect(),
    }
}

/// A figure that the engine tells by this name.
fn engine(shown: &str, samples: &[Sample], name: &str) -> Series {
    line(shown, samples, |sample| sample.engine.get(name).copied())
}

fn line(name: &str, samples: &[Sample], value: impl Fn(&Sample) -> Option<f64>) -> Series {
    Series {
        name: name.into(),
        points: samples
            .iter()
            .map(|sample| (sample.seconds, value(sample)))
            .collect(),
    }
}

/// A count's growth per second; a count that went back belongs to another process and is a gap.
fn growth(name: &str, samples: &[Sample], count: &str) -> Series {
    let step = |pair: &[Sample]| {
        let took = pair[1].seconds - pair[0].seconds;
        let (before, after) = (pair[0].engine.get(count)?, pair[1].engine.get(count)?);
        (took > 0.0 && after >= before).then(|| (after - before) / took)
    };
    Series {
        name: name.into(),
        points: samples
            .windows(2)
            .map(|pair| (pair[1].seconds, step(pair)))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(seconds: f64, accepted: f64) -> Sample {
        let engine = [
            ("accepted_total".to_owned(), accepted),
            ("inbox".to_owned(), 3.0),
        ]
        .into();
        Sample {
            seconds,
            engine,
            rss_mib: Some(100.0),
            ..Sample::default()
        }
    }

    #[test]
    fn plots_have_a_point_a_sample_and_none_for_what_nobody_measured() {
        let samples = [
            sample(1.0, 100.0),
            sample(2.0, 350.0),
            sample(4.0, 450.0),
            sample(5.0, 0.0),
        ];
        let plots = plots(&samples);
        let names: Vec<_> = plots.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["throughput", "queues", "memory"]);
        let throughput = &plots[0].1.series;
        assert_eq!(throughput.len(), 1, "no generator, nothing ended");
        assert_eq!(
            throughput[0].points,
            [(2.0, Some(250.0)), (4.0, Some(50.0)), (5.0, None)]
        );
        assert_eq!(plots[2].1.series[0].points.len(), 4);
    }

    #[test]
    fn a_case_may_measure_disk_and_starts() {
        let measured = |seconds, ready: Option<f64>| Sample {
            seconds,
            engine: ready
                .map(|ready| ("ready_seconds".to_owned(), ready))
                .into_iter()
                .chain([("table_mib".to_owned(), 7.0)])
                .collect(),
            ..Sample::default()
        };
        let plots = plots(&[measured(1.0, None), measured(2.0, Some(0.5))]);
        let names: Vec<_> = plots.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["disk", "start"]);
        assert_eq!(plots[0].1.series[0].points.len(), 2);
        assert_eq!(plots[1].1.series[0].points, [(1.0, None), (2.0, Some(0.5))]);
    }
}
