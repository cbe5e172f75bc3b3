//! Owns the reading of an expression of Prometheus, as far as names go: which series it asks for, by
//! which labels it chooses and groups. Refuses to judge its syntax: `promtool` does, in `.ci/run`.

use std::collections::{BTreeMap, BTreeSet};

use sluis::telemetry::all_metrics;
use sluis_actors::metric::{Described, Kind};

/// Labels that Prometheus gives every target.
const OF_TARGETS: [&str; 2] = ["job", "instance"];
/// Series that Prometheus makes itself, with their labels.
const OWN: [(&str, &[&str]); 2] = [("up", &[]), ("ALERTS", &["alertname", "alertstate"])];
/// Words before a list of labels.
const GROUPING: [&str; 6] = [
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
];

/// A label and the values that it is compared with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Matcher {
    pub(super) label: String,
    pub(super) values: Vec<String>,
}

/// What an expression names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) series: Vec<(String, Vec<Matcher>)>,
    pub(super) grouped: Vec<String>,
}

/// The recorded series, each with its labels.
pub(super) type Recorded = BTreeMap<String, BTreeSet<String>>;

/// Reads an expression.
pub(super) fn read(expression: &str) -> Named {
    let mut named = Named::default();
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        if first == '"' || first == '\'' {
            rest = after_text(rest).1;
        } else if first == '[' {
            rest = rest.split_once(']').map_or("", |(_, rest)| rest);
        } else if first.is_ascii_alphabetic() || first == '_' || first == ':' {
            rest = take_word(rest, &mut named);
        } else if first.is_ascii_digit() {
            rest = rest.trim_start_matches(is_word);
        } else {
            rest = &rest[first.len_utf8()..];
        }
    }
    named
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == ':' || c == '.'
}

/// The text in quotes at the beginning, and what follows it.
fn after_text(from: &str) -> (&str, &str) {
    let quote = &from[..1];
    from[1..].split_once(quote).unwrap_or((&from[1..], ""))
}

/// Takes a word and what belongs to it. Gives what follows.
fn take_word<'a>(from: &'a str, named: &mut Named) -> &'a str {
    let end = from.find(|c| !is_word(c)).unwrap_or(from.len());
    let (word, after) = from.split_at(end);
    let next = after.trim_start();
    if GROUPING.contains(&word) && next.starts_with('(') {
        let (labels, rest) = next[1..].split_once(')').unwrap_or((&next[1..], ""));
        let labels = labels.split(',').map(|label| label.trim().to_owned());
        named
            .grouped
            .extend(labels.filter(|label| !label.is_empty()));
        return rest;
    }
    if let Some(matchers) = next.strip_prefix('{') {
        let (matchers, rest) = take_matchers(matchers);
        named.series.push((word.to_owned(), matchers));
        return rest;
    }
    let is_series = word.starts_with("sluis") || word.contains(':') || is_own(word);
    if is_series && !next.starts_with('(') {
        named.series.push((word.to_owned(), Vec::new()));
    }
    after
}

fn is_own(word: &str) -> bool {
    OWN.iter().any(|(name, _)| *name == word)
}

/// The matchers up to the closing brace, and what follows it.
fn take_matchers(from: &str) -> (Vec<Matcher>, &str) {
    let mut matchers = Vec::new();
    let mut rest = from;
    loop {
        rest = rest.trim_start_matches([' ', ',', '\n']);
        if let Some(after) = rest.strip_prefix('}') {
            return (matchers, after);
        }
        let Some(quote) = rest.find('"') else {
            return (matchers, "");
        };
        let label = rest[..quote].trim_end_matches(['=', '~', '!', ' ']);
        let (text, after) = after_text(&rest[quote..]);
        matchers.push(Matcher {
            label: label.to_owned(),
            values: text.split('|').map(str::to_owned).collect(),
        });
        rest = after;
    }
}

/// The metric whose series these are. A histogram has no series of its own name.
fn metric_of(series: &str) -> Option<Described> {
    let parts = ["_bucket", "_sum", "_count"];
    all_metrics().find(|metric| match metric.kind {
        Kind::Histogram => parts
            .iter()
            .any(|part| series.strip_suffix(part) == Some(metric.name)),
        Kind::Counter | Kind::Gauge => series == metric.name,
    })
}

/// The labels of a series; none: there is no such series.
pub(super) fn labels_of(series: &str, recorded: &Recorded) -> Option<BTreeSet<String>> {
    let targets = OF_TARGETS.map(str::to_owned);
    if let Some((_, labels)) = OWN.iter().find(|(name, _)| *name == series) {
        let own = labels.iter().map(|label| (*label).to_owned());
        return Some(own.chain(targets).collect());
    }
    if let Some(labels) = recorded.get(series) {
        return Some(labels.clone());
    }
    let metric = metric_of(series)?;
    let declared = metric.labels.iter().map(|label| label.name.to_owned());
    let bounds = series.ends_with("_bucket").then(|| "le".to_owned());
    Some(declared.chain(targets).chain(bounds).collect())
}

/// What an expression names and does not exist: series, labels, values of closed lists.
pub(super) fn faults(expression: &str, recorded: &Recorded) -> Vec<String> {
    let named = read(expression);
    let mut faults = Vec::new();
    let mut labels = BTreeSet::new();
    for (series, matchers) in &named.series {
        let Some(known) = labels_of(series, recorded) else {
            faults.push(format!("no series {series}"));
            continue;
        };
        for matcher in matchers {
            if !known.contains(&matcher.label) {
                faults.push(format!("{series} has no label {}", matcher.label));
            }
            faults.extend(strange_values(series, matcher));
        }
        labels.extend(known);
    }
    let strange = named
        .grouped
        .iter()
        .filter(|label| !labels.contains(*label));
    faults.extend(strange.map(|label| format!("nothing here has the label {label}")));
    faults
}

/// Values that the label never has. A variable of a dashboard may be any.
fn strange_values(series: &str, matcher: &Matcher) -> Vec<String> {
    let label = metric_of(series).and_then(|metric| {
        let mut labels = metric.labels.iter();
        labels.find(|label| label.name == matcher.label).copied()
    });
    let Some(values) = label.and_then(|label| label.values) else {
        return Vec::new();
    };
    let known = values();
    let strange = matcher
        .values
        .iter()
        .filter(|value| !value.starts_with('$') && !known.contains(&value.as_str()));
    strange
        .map(|value| format!("{series}: {} is never {value:?}", matcher.label))
        .collect()
}

#[test]
fn an_expression_is_read_with_its_matchers_and_its_groups() {
    let named = read(
        "histogram_quantile(0.99, sum by (job, le) (rate(sluis_x_bucket{a=\"b|c\", d!~\"e\"}[5m]))) \
         > 14.4 * 0.001 and on (job) time() - sluis_y < 2 unless a:b:c",
    );
    let matcher = |label: &str, values: &[&str]| Matcher {
        label: label.to_owned(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    };
    let series = |name: &str| (name.to_owned(), Vec::new());
    let first = (
        "sluis_x_bucket".to_owned(),
        vec![matcher("a", &["b", "c"]), matcher("d", &["e"])],
    );
    assert_eq!(named.series, [first, series("sluis_y"), series("a:b:c")]);
    assert_eq!(named.grouped, ["job", "le", "job"]);
}

#[test]
fn what_does_not_exist_is_found() {
    let recorded = Recorded::from([("a:b:c".to_owned(), BTreeSet::from(["edge".to_owned()]))]);
    let wrong = |expression| faults(expression, &recorded).len();
    assert_eq!(
        wrong("sum by (actor) (sluis_actor_panics_total{actor=\"shard\"})"),
        0
    );
    assert_eq!(
        wrong("rate(sluis_journal_sync_seconds_bucket{le=\"0.1\"}[5m])"),
        0
    );
    assert_eq!(
        wrong("up{job=\"sluis\"} == 0 and a:b:c{edge=\"http\"} > 1"),
        0
    );
    assert_eq!(
        wrong("sluis_actor_panics_total{instance=~\"$instance\"}"),
        0
    );
    // A name that is none, and a histogram without its part.
    assert_eq!(wrong("sluis_actor_panic_total"), 1);
    assert_eq!(wrong("rate(sluis_journal_sync_seconds[5m])"), 1);
    assert_eq!(wrong("d:e:f > 1"), 1);
    // A label and a value that the metric does not have.
    assert_eq!(wrong("sluis_actor_panics_total{tenant=\"H-1\"}"), 1);
    assert_eq!(wrong("sluis_actor_panics_total{actor=\"ghost\"}"), 1);
    assert_eq!(wrong("sum by (tenant) (sluis_actor_panics_total)"), 1);
    assert_eq!(wrong("a:b:c{lane=\"bulk\"}"), 1);
}
