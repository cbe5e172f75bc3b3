//! Owns the counts of a rehearsal as a list: by step, channel and provider what became of messages, and
//! where notifications ended, each with how far it may lie. Written and read as CSV, so that what came
//! of it in the world can be held against it. Refuses to say which of two lists is right.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sluis_model::Channel;

use crate::spread::Spread;
use crate::stage::Stage;
use crate::tally::{Counts, Results, Via};

const HEAD: &str = "step,channel,provider,what,count,from,to";
/// What stands for the way of an end: it has none.
const END: &str = "end: ";
/// Notifications that had no end yet.
const OPEN: &str = "still open";

/// A count, and what it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The flow's step; empty for an end.
    pub step: String,
    /// The channel; empty for an end.
    pub channel: String,
    /// The provider; empty for an end.
    pub provider: String,
    /// What became of messages (`begun`, `taken`, ...), or `end: …`.
    pub what: String,
    /// How many.
    pub count: u64,
    /// How far it may lie.
    pub spread: Spread,
}

/// A count that is not what was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What was said of it.
    pub said: Counted,
    /// What came.
    pub came: u64,
}

impl Counted {
    fn key(&self) -> [&str; 4] {
        [&self.step, &self.channel, &self.provider, &self.what]
    }

    /// What it is of, for people.
    #[must_use]
    pub fn name(&self) -> String {
        let parts = self.key().into_iter().filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join(" · ")
    }
}

/// Every count of a rehearsal of so many rows, in order.
#[must_use]
pub fn counted(stage: &Stage, results: &Results, rows: u64) -> Vec<Counted> {
    let mut all = Vec::new();
    let mut each: Vec<(&Via, &Counts)> = results.counts.iter().collect();
    each.sort_by_key(|(via, _)| **via);
    for (via, counts) in each {
        messages(&mut all, stage, (*via, counts), (rows, results.together));
    }
    let end = |end: &str, count: u64| Counted {
        step: String::new(),
        channel: String::new(),
        provider: String::new(),
        what: format!("{END}{end}"),
        count,
        spread: Spread::together(count, rows, None, results.together),
    };
    let mut ends: Vec<Counted> = results.ends.iter().map(|(name, n)| end(name, *n)).collect();
    ends.retain(|one| one.count > 0);
    ends.sort_by(|a, b| a.what.cmp(&b.what));
    let ended: u64 = ends.iter().map(|one| one.count).sum();
    all.extend(ends);
    all.push(end(OPEN, rows.saturating_sub(ended)));
    all
}

fn messages(
    all: &mut Vec<Counted>,
    stage: &Stage,
    (via, counts): (Via, &Counts),
    (rows, together): (u64, f64),
) {
    let step = stage.flow.step(via.step);
    let carrier = stage.carriers.get(usize::from(via.carrier));
    let provider = carrier.map_or("", |carrier| &carrier.name);
    let known = measured(stage, via.channel, provider);
    let each = [
        ("begun", counts.started),
        ("cannot be made", counts.unsendable),
        ("not now", counts.deferred),
        ("refused", counts.refused),
        ("taken", counts.accepted),
        ("bounced", counts.bounced),
        ("failed", counts.failed),
        ("delivered", counts.delivered),
        ("pressed", counts.pressed),
    ];
    // Of the rows, and not of the messages that begin: how many begin by a way is drawn too. Those that are
    // put off begin again.
    let of = rows + counts.deferred;
    all.extend(each.map(|(what, count)| Counted {
        step: step.map_or_else(String::new, |step| step.id.to_string()),
        channel: via.channel.name().to_owned(),
        provider: provider.to_owned(),
        what: what.to_owned(),
        count,
        spread: Spread::together(count, of.max(count), known, together),
    }));
}

/// From how many messages a channel was measured; none: it is assumed.
pub(crate) fn measured(stage: &Stage, channel: Channel, provider: &str) -> Option<u64> {
    let model = stage.outside.of(channel, provider)?;
    (model.measured > 0).then_some(model.measured)
}

/// The counts as CSV.
#[must_use]
pub fn listed(counts: &[Counted]) -> String {
    let mut out = format!("{HEAD}\r\n");
    for one in counts {
        for part in one.key() {
            let _ = write!(out, "{},", quoted(part));
        }
        let Spread { from, to } = one.spread;
        let _ = write!(out, "{},{from},{to}\r\n", one.count);
    }
    out
}

/// Reads what [`listed`] wrote.
///
/// # Errors
/// It is no such list: which line, and what was expected.
pub fn read_counts(text: &str) -> Result<Vec<Counted>, String> {
    let mut lines = text.lines();
    if lines.next() != Some(HEAD) {
        return Err(format!(
            "line 1: expected {HEAD}, as counts.csv of a report has"
        ));
    }
    let mut counts = Vec::new();
    for (number, line) in (2..).zip(lines).filter(|(_, line)| !line.is_empty()) {
        let read = counted_in(line);
        let wrong = || format!("line {number}: {line}: expected {HEAD}");
        counts.push(read.ok_or_else(wrong)?);
    }
    Ok(counts)
}

fn counted_in(line: &str) -> Option<Counted> {
    let cells = cells(line);
    let [step, channel, provider, what, count, from, to] = <[String; 7]>::try_from(cells).ok()?;
    Some(Counted {
        step,
        channel,
        provider,
        what,
        count: count.parse().ok()?,
        spread: Spread {
            from: from.parse().ok()?,
            to: to.parse().ok()?,
        },
    })
}

/// In quotes where a comma or a quote stands in it.
fn quoted(cell: &str) -> String {
    match cell.contains(['"', ',']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.to_owned(),
    }
}

fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let (mut is_quoted, mut before) = (false, ' ');
    for c in line.chars() {
        match c {
            '"' => {
                // Two in a row within quotes are one.
                if !is_quoted && before == '"' {
                    cells
                        .iter_mut()
                        .last()
                        .into_iter()
                        .for_each(|cell| cell.push('"'));
                }
                is_quoted = !is_quoted;
            }
            ',' if !is_quoted => cells.push(String::new()),
            other => cells
                .iter_mut()
                .last()
                .into_iter()
                .for_each(|cell| cell.push(other)),
        }
        before = c;
    }
    cells
}

/// What came otherwise than it was said: not exactly so, or outside what it may be. A count that only
/// one of the two lists has is zero in the other.
#[must_use]
pub fn differences(said: &[Counted], came: &[Counted], exact: bool) -> Vec<Difference> {
    let mut both: BTreeMap<[&str; 4], (Option<&Counted>, u64)> = BTreeMap::new();
    for one in said {
        both.entry(one.key()).or_default().0 = Some(one);
    }
    for one in came {
        both.entry(one.key()).or_default().1 = one.count;
    }
    let mut different = Vec::new();
    for ([step, channel, provider, what], (said, came)) in both {
        let nothing = || Counted {
            step: step.to_owned(),
            channel: channel.to_owned(),
            provider: provider.to_owned(),
            what: what.to_owned(),
            count: 0,
            spread: Spread::of(0, 1, None),
        };
        let said = said.cloned().unwrap_or_else(nothing);
        let is_so = match exact {
            true => said.count == came,
            false => said.spread.holds(came),
        };
        if !is_so {
            different.push(Difference { said, came });
        }
    }
    different
}
