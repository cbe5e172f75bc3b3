//! Owns everything the demo prints: progress, tables, the story, the verdict on the books. Refuses
//! to compute.
#![allow(
    clippy::print_stdout,
    reason = "the one place of the demo that talks to a person"
)]

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use sluis_loadtest::sink::Stats;

use super::Report;
use super::books::Check;
use super::driver::Progress;
use super::inputs::Verdict;
use super::journal_book::VERDICTS;
use super::schedule::Schedule;
use super::stage::Stage;
use super::story::Story;
use super::time;

/// Width of a text column.
const WIDE: usize = 92;
/// Differences shown of each check.
const SHOWN: usize = 8;
/// Width at which long text is broken.
const LINE: usize = 100;

/// The first lines.
pub(super) fn opening(stage: &Stage, files: &super::Files) {
    println!("Sluis demo: ten days of returned direct debits, on this machine only.\n");
    println!(
        "  engine   http://{}   real HTTP, real journal with fdatasync, a clock that is stepped",
        stage.address
    );
    println!(
        "  sinks    smtp://{}   http://{} (SMS provider)",
        stage.smtp, stage.sms
    );
    println!(
        "  input    {} rows of tenants, {} returns, {} balances, {} payments (seed {})\n",
        files.tenants.lines().count().saturating_sub(1),
        files.returns.len(),
        files.balances.len(),
        files.payments.len(),
        files.seed
    );
}

/// Shows how far the demo is: a bar on a terminal, a line a day elsewhere.
pub(super) struct Meter {
    bar: Option<ProgressBar>,
    day: i64,
    last: Option<Progress>,
}

impl Meter {
    pub(super) fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let hours = Schedule::horizon().since(time::hour_zero()) / sluis_model::HOUR;
            let style = ProgressStyle::with_template("  {bar:24} {msg}")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(hours.unsigned_abs()).with_style(style)
        });
        Self {
            bar,
            day: 0,
            last: None,
        }
    }

    /// Takes the next step.
    pub(super) fn tell(&mut self, progress: Progress) {
        match &self.bar {
            Some(bar) => {
                let hours = progress.now.since(time::hour_zero()) / sluis_model::HOUR;
                bar.set_position(u64::try_from(hours).unwrap_or(0));
                bar.set_message(line(&progress));
            }
            None => {
                let day = time::day(progress.now);
                if let Some(last) = self.last.filter(|_| day > self.day && self.day > 0) {
                    println!("  {}", line(&last));
                }
                self.day = day;
            }
        }
        self.last = Some(progress);
    }

    /// Leaves the last state on the screen.
    pub(super) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
        if let Some(last) = self.last {
            println!("  {}", line(&last));
        }
    }
}

fn line(progress: &Progress) -> String {
    let tally = progress.tally;
    format!(
        "{} | accepted {:>4} | mail {:>4} | bounced {:>3} | SMS {:>3} | paid {:>3} | with people {:>3}",
        time::day_and_time(progress.now),
        tally.accepted,
        tally.mails,
        tally.bounced,
        tally.texts,
        tally.paid,
        tally.people
    )
}

/// The whole report.
pub(super) fn report(report: &Report) {
    came_in(report);
    left(report);
    became(report);
    if let Some(story) = &report.story {
        tell(story);
    }
    books(report);
}

fn heading(text: &str) {
    println!("\n{text}\n{}", "-".repeat(text.chars().count()));
}

fn row(name: &str, count: impl std::fmt::Display) {
    println!("  {name:<WIDE$}{count:>7}");
}

fn came_in(report: &Report) {
    heading("What came in");
    tenant_list(&report.inputs.tenants);
    returned(&report.inputs.returns);
    row("balances", report.inputs.balances.posted);
    row("payments", report.inputs.payments.posted);
    row("  notifications they stopped", report.inputs.payments.ended);
    let receipts = &report.inputs.receipts;
    row("bounces by mail", receipts.bounces);
    row("delivery reports of the SMS provider", receipts.callbacks);
    for (effect, count) in &receipts.effects {
        row(&format!("  receipts {effect}"), count);
    }
}

/// The engine's report on the tenant list.
fn tenant_list(report: &Value) {
    row("tenant list, rows", number(&report["rows"]));
    for (field, name) in [
        ("new", "new"),
        ("changed", "changed"),
        ("same", "the same as before"),
        ("rejected", "rejected"),
    ] {
        row(&format!("  {name}"), number(&report[field]));
    }
    because_of(&report["rejections"]);
    let warned = number(&report["warned"]);
    row(
        "  taken with a warning, without what cannot be used",
        warned,
    );
    because_of(&report["warnings"]);
}

fn because_of(rows: &Value) {
    for (reason, count) in reasons(rows) {
        row(&format!("    because of {reason}"), count);
    }
}

/// What was said to each returned direct debit.
fn returned(returns: &[Verdict]) {
    row("returned direct debits, rows", returns.len());
    let mut verdicts: BTreeMap<String, usize> = BTreeMap::new();
    for verdict in returns {
        let name = match verdict {
            Verdict::Accepted(_) => "accepted".to_owned(),
            Verdict::Duplicate(_) => "a row that was there already".to_owned(),
            Verdict::Rejected(code) => format!("rejected: {code}"),
        };
        *verdicts.entry(name).or_default() += 1;
    }
    for (name, count) in &verdicts {
        row(&format!("  {name}"), count);
    }
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

/// Rows of a report by what was wrong with them.
fn reasons(rows: &Value) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for reason in rows
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|row| row["reasons"].as_array().into_iter().flatten())
    {
        let text = |field: &str| reason[field].as_str().unwrap_or("?").replace('_', " ");
        *counts
            .entry(format!("{}: {}", text("path"), text("code")))
            .or_default() += 1;
    }
    let mut sorted: Vec<_> = counts.into_iter().collect();
    sorted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    sorted
}

fn left(report: &Report) {
    heading("What left: by channel, provider and verdict");
    let mut ways: Vec<_> = report
        .verdicts
        .keys()
        .map(|(channel, provider, _)| (*channel, provider.clone()))
        .collect();
    ways.dedup();
    for (channel, provider) in ways {
        println!("  {channel} through {provider}");
        for verdict in VERDICTS {
            if let Some(count) = report.verdicts.get(&(channel, provider.clone(), verdict)) {
                row(&format!("    attempts {verdict}"), count);
            }
        }
        sink_counts(&report.stats, channel.name());
    }
}

fn sink_counts(stats: &Stats, channel: &str) {
    let of = stats
        .iter()
        .filter_map(|(name, count)| Some((name.strip_prefix(channel)?.strip_prefix('_')?, count)));
    for (event, count) in of {
        row(
            &format!("    its own ledger: {}", event.replace('_', " ")),
            count,
        );
    }
}

fn became(report: &Report) {
    heading("What became of it");
    for ((end, reason), count) in &report.ends {
        row(&format!("ended '{end}': {reason}"), count);
    }
    for ((list, reason), count) in &report.people {
        row(&format!("waits for people, list '{list}': {reason}"), count);
    }
    row(
        "in all",
        report.ends.values().sum::<usize>() + report.people.values().sum::<usize>(),
    );
}

fn tell(story: &Story) {
    heading(&format!(
        "One tenant: {}, invoice {}",
        story.tenant, story.invoice
    ));
    for (at, text) in &story.timeline {
        wrapped(&format!("  {at}  "), text);
    }
    println!();
    wrapped("  why: ", &story.why);
    if !story.link.is_empty() {
        println!("\n  the link in the message");
    }
    for found in &story.link {
        println!(
            "  {}  {:<26}{:>4}  {}",
            time::shown(found.at),
            found.what,
            found.status.as_u16(),
            found.said
        );
    }
    println!("\n  GET /v1/notifications/{}", story.id);
}

/// Text broken at spaces, every line but the first indented as far as the lead.
fn wrapped(lead: &str, text: &str) {
    let indent = " ".repeat(lead.chars().count());
    let mut line = lead.to_owned();
    let mut used = 0;
    for word in text.split_whitespace() {
        if used > 0 && used + word.chars().count() > LINE {
            println!("{}", line.trim_end());
            line.clone_from(&indent);
            used = 0;
        }
        line.push_str(word);
        line.push(' ');
        used += word.chars().count() + 1;
    }
    println!("{}", line.trim_end());
}

fn books(report: &Report) {
    heading("The books: input files, the sinks' ledgers, the journal");
    for check in &report.checks {
        let mark = if check.is_good() { "ok" } else { "WRONG" };
        println!("  {:<WIDE$}{:>7}  {mark}", check.name, check.looked_at);
        differences(check);
    }
    let verdict = if report.is_balanced() {
        "The three books balance."
    } else {
        "THE BOOKS DO NOT BALANCE."
    };
    println!(
        "\n{verdict} {} steps of the clock, {}.",
        report.steps,
        seconds(report.took)
    );
}

fn differences(check: &Check) {
    for wrong in check.wrong.iter().take(SHOWN) {
        println!("      {wrong}");
    }
    if check.wrong.len() > SHOWN {
        println!("      and {} more", check.wrong.len() - SHOWN);
    }
    if check.looked_at == 0 {
        println!("      nothing was looked at");
    }
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s of real time", took.as_secs_f64())
}

/// What can be done with an engine that goes on serving.
pub(super) fn keeping(stage: &Stage, story: Option<&Story>) {
    let base = format!("http://{}", stage.address);
    let (tenant, id) = story.map_or_else(
        || ("H100001".to_owned(), "<id>".to_owned()),
        |s| (s.tenant.clone(), s.id.to_string()),
    );
    heading("Still serving, the clock at its usual pace; Ctrl-C ends it");
    println!("  curl -s {base}/v1/notifications/{id}");
    println!("  curl -s {base}/v1/tenants/{tenant}/timeline");
    println!("  curl -s '{base}/v1/notifications?state=task&limit=5'");
    println!("  curl -s '{base}/v1/tasks?limit=5'");
    println!("  curl -s '{base}/v1/outcomes?limit=5'");
    println!("  curl -s {base}/metrics");
    println!(
        "  curl -s {base}/v1/notifications -H 'content-type: application/json' -d '{}'",
        example(&tenant)
    );
    println!("  curl -s http://{}/__sink/ledger", stage.sms);
}

fn example(tenant: &str) -> String {
    serde_json::json!({
        "tenant_id": tenant, "flow": "notice", "category": "maintenance", "environment": "production",
        "idempotency_key": "try-1", "data": { "title": "Lift", "text": "De lift wordt morgen nagekeken." },
    })
    .to_string()
}

/// What went wrong before there was a report.
#[allow(clippy::print_stderr, reason = "an error is told on stderr")]
pub(super) fn failed(error: &anyhow::Error) {
    eprintln!("sluis-demo: {error:#}");
}
