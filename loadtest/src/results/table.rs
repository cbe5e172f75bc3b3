//! Medians of a session as a markdown table, each path beside its floor. Owns the median and the
//! layout; refuses a mean, and a row without its number of runs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Line;

/// A row of the table: the medians of all lines with the same label `row`.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The label.
    pub row: String,
    /// What was measured.
    pub what: String,
    /// How many runs the medians are of.
    pub runs: usize,
    /// Per second, at full speed.
    pub rate: Option<f64>,
    /// Latency under full speed.
    pub p50_ms: Option<f64>,
    /// Latency under full speed.
    pub p99_ms: Option<f64>,
    /// Each floor in words, with its median rate.
    pub floors: Vec<(String, f64)>,
    /// Latency p99 at a fixed rate: that rate, and the p99.
    pub at_fixed_rate: Option<(f64, f64)>,
}

impl Row {
    /// The rows of a session, by label; lines without a `row` are left out. An empty session takes
    /// all.
    #[must_use]
    pub fn of_session(lines: &[Line], session: &str) -> Vec<Self> {
        let mut rows: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
        let ours = lines
            .iter()
            .filter(|line| session.is_empty() || line.label("session") == session);
        ours.filter(|line| !line.label("row").is_empty())
            .for_each(|line| rows.entry(line.label("row")).or_default().push(line));
        rows.into_iter()
            .map(|(row, lines)| Self::of(row, &lines))
            .collect()
    }

    fn of(row: &str, lines: &[&Line]) -> Self {
        let in_role =
            |role: &'static str| lines.iter().filter(move |line| line.label("role") == role);
        let median_of =
            |role, name: &str| median(in_role(role).filter_map(|line| line.figure(name)).collect());
        let mut floors: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for line in in_role("floor") {
            floors
                .entry(&line.what)
                .or_default()
                .extend(line.figure("rate"));
        }
        Self {
            row: row.into(),
            what: in_role("measured")
                .next()
                .or(lines.first())
                .map_or(String::new(), |line| line.what.clone()),
            runs: in_role("measured").count(),
            rate: median_of("measured", "rate"),
            p50_ms: median_of("measured", "p50_ms"),
            p99_ms: median_of("measured", "p99_ms"),
            floors: floors
                .into_iter()
                .filter_map(|(what, rates)| Some((what.to_owned(), median(rates)?)))
                .collect(),
            at_fixed_rate: median_of("latency", "rate_asked").zip(median_of("latency", "p99_ms")),
        }
    }
}

/// The middle one; of an even number the mean of the two in the middle.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}

/// The rows as a markdown table.
#[must_use]
pub fn markdown(rows: &[Row]) -> String {
    let mut text = String::from(
        "| row | path | runs | median | p50, p99 at full speed | floor in the same session | p99 at 80 % |\n|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let rate = row.rate.map_or("none".into(), per_second);
        let speed = match (row.p50_ms, row.p99_ms) {
            (Some(p50), Some(p99)) => format!("{p50:.1} ms, {p99:.1} ms"),
            _ => String::new(),
        };
        let floors: Vec<_> = row
            .floors
            .iter()
            .map(|(what, rate)| format!("{what}: {}", per_second(*rate)))
            .collect();
        let fixed = row
            .at_fixed_rate
            .map(|(rate, p99)| format!("{p99:.1} ms at {}", per_second(rate)))
            .unwrap_or_default();
        let (row, what, runs, floors) = (&row.row, &row.what, row.runs, floors.join("; "));
        let _ = writeln!(
            text,
            "| {row} | {what} | {runs} | {rate} | {speed} | {floors} | {fixed} |"
        );
    }
    text
}

/// Three digits that count, with commas.
fn per_second(rate: f64) -> String {
    let unit = 10_f64.powf((rate.abs().max(1.0).log10().floor() - 2.0).max(0.0));
    let digits = format!("{}", ((rate / unit).round() * unit) as i64);
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + "/s"
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn line(role: &str, session: &str, what: &str, figures: Value) -> Line {
        let labels = [("row", "1"), ("role", role), ("session", session)];
        let labels = labels
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        Line::now(what, labels, "synced", None, figures)
    }

    #[test]
    fn medians_beside_their_floors() {
        let lines = [
            line(
                "measured",
                "a",
                "accept",
                json!({ "rate": 30_000.0, "p50_ms": 2.0, "p99_ms": 9.0 }),
            ),
            line(
                "measured",
                "a",
                "accept",
                json!({ "rate": 37_449.0, "p50_ms": 4.0, "p99_ms": 7.0 }),
            ),
            line(
                "measured",
                "a",
                "accept",
                json!({ "rate": 1_000.0, "p50_ms": 3.0, "p99_ms": 8.0 }),
            ),
            line("measured", "b", "accept", json!({ "rate": 9.0 })),
            line("floor", "a", "append", json!({ "rate": 50_000.0 })),
            line("floor", "a", "append", json!({ "rate": 60_000.0 })),
            line(
                "latency",
                "a",
                "accept",
                json!({ "rate_asked": 24_000.0, "p99_ms": 12.25 }),
            ),
            Line::now(
                "no row",
                BTreeMap::new(),
                "synced",
                None,
                json!({ "rate": 1.0 }),
            ),
        ];
        let rows = Row::of_session(&lines, "a");
        assert_eq!(rows.len(), 1);
        assert_eq!(
            (rows[0].runs, rows[0].rate, rows[0].p50_ms, rows[0].p99_ms),
            (3, Some(30_000.0), Some(3.0), Some(8.0))
        );
        assert_eq!(rows[0].floors, [("append".to_owned(), 55_000.0)]);
        let text = markdown(&rows);
        let last = text.lines().last().unwrap();
        assert_eq!(
            last,
            "| 1 | accept | 3 | 30,000/s | 3.0 ms, 8.0 ms | append: 55,000/s | 12.2 ms at 24,000/s |"
        );
        assert_eq!(Row::of_session(&lines, "")[0].runs, 4);
    }

    #[test]
    fn numbers_have_three_digits_that_count() {
        let shown = [37_449.0, 999.6, 12.3, 0.0, 1_234_567.0].map(per_second);
        assert_eq!(shown, ["37,400/s", "1,000/s", "12/s", "0/s", "1,230,000/s"]);
        assert_eq!(median(Vec::new()), None);
    }
}
