//! Owns the tables of a report: what stands in each cell, the same for the text and the page. Refuses to
//! lay them out.

use sluis_model::{Channel, HOUR};

use super::told::{Told, euros, grouped, local};
use crate::counted::measured;
use crate::spread::Spread;
use crate::tally::{Counts, Trouble, Via};

/// A table.
pub(super) struct Table {
    pub title: &'static str,
    pub note: String,
    pub head: Vec<&'static str>,
    pub rows: Vec<Vec<String>>,
    /// How many columns are words; the others are numbers.
    pub words: usize,
    /// Whether the note has something to say where there is no row.
    pub note_alone: bool,
}

/// Every table that has something to say.
pub(super) fn all(told: &Told<'_>) -> Vec<Table> {
    let tables = [
        Some(messages(told)),
        Some(ends(told)),
        Some(reach(told)),
        Some(times(told)),
        calls(told),
        troubles(told),
        changes(told),
        Some(models(told)),
    ];
    let said = tables.into_iter().flatten();
    said.filter(|table| !table.rows.is_empty() || table.note_alone)
        .collect()
}

/// The first lines of a report.
pub(super) fn summary(told: &Told<'_>) -> Vec<String> {
    let (stage, results) = (told.stage, told.results);
    let (rows, people) = (told.audience.rows.len() as u64, results.people);
    let mut lines = vec![format!(
        "{} notifications to {} tenants by flow {} {}, from {} to {}",
        grouped(rows),
        grouped(people),
        stage.flow.name,
        stage.flow.version,
        local(stage.starts),
        local(stage.ends),
    )];
    let groups = told.audience.groups.len() as u64;
    if groups > 0 {
        let parts = told.audience.rows.iter().filter(|row| row.group.is_some());
        lines.push(format!(
            "{} of them are for those who are told in {} households",
            grouped(parts.count() as u64),
            grouped(groups),
        ));
    }
    let cost: u64 = results
        .counts
        .values()
        .map(|counts| counts.millicents)
        .sum();
    let unpriced: u64 = results.counts.values().map(|counts| counts.unpriced).sum();
    lines.push(format!(
        "{} messages would leave, for {} by the rate card{}",
        grouped(sent(told)),
        euros(cost),
        match unpriced {
            0 => String::new(),
            _ => format!(" ({} of them have no price)", grouped(unpriced)),
        },
    ));
    if let Some((first, last)) = span(told) {
        lines.push(format!("the first leaves {first}, the last {last}"));
    }
    if let Some((hour, most)) = results.peak() {
        let at = stage.starts.plus(hour * HOUR);
        let all: u64 = results.calls_by_hour.values().sum();
        lines.push(format!(
            "{} calls are expected, at most {} in an hour (from {})",
            grouped(all),
            grouped(most),
            local(at),
        ));
    }
    let troubles: u64 = results.troubles().values().sum();
    lines.push(format!(
        "{} rows were refused, {} troubles with the others: see the list of exceptions",
        grouped(told.rejected.len() as u64),
        grouped(troubles),
    ));
    lines.extend(told.notes.iter().cloned());
    lines
}

/// Messages that left.
fn sent(told: &Told<'_>) -> u64 {
    let each = told.results.counts.values();
    each.map(Counts::left).sum()
}

fn span(told: &Told<'_>) -> Option<(String, String)> {
    let spans = told.results.span.values();
    let (first, last) = spans.copied().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
    Some((local(first), local(last)))
}

fn name_of(told: &Told<'_>, via: Via) -> [String; 3] {
    let step = told.stage.flow.step(via.step);
    let carrier = told.stage.carriers.get(usize::from(via.carrier));
    [
        step.map_or_else(String::new, |step| step.id.to_string()),
        via.channel.name().to_owned(),
        carrier.map_or_else(String::new, |carrier| carrier.name.to_string()),
    ]
}

/// A count with how far it may lie from it.
fn spread(told: &Told<'_>, count: u64, of: u64, measured: Option<u64>) -> String {
    if count == 0 {
        return "0".to_owned();
    }
    let together = told.results.together;
    let width = Spread::together(count, of, measured, together).width(count);
    format!("{} ±{}", grouped(count), grouped(width))
}

fn messages(told: &Told<'_>) -> Table {
    let mut each: Vec<(&Via, &Counts)> = told.results.counts.iter().collect();
    each.sort_by_key(|(via, _)| **via);
    let rows = told.audience.rows.len() as u64;
    let line = |(via, counts): (&Via, &Counts)| {
        let names = name_of(told, *via);
        let known = measured(told.stage, via.channel, &names[2]);
        let of = rows + counts.deferred;
        let mut cells = names.to_vec();
        cells.extend([
            spread(told, counts.started, of, known),
            grouped(counts.unsendable),
            spread(told, counts.deferred, of, known),
            spread(told, counts.refused, of, known),
            spread(told, counts.accepted, of, known),
            spread(told, counts.bounced, of, known),
            spread(told, counts.failed, of, known),
            spread(told, counts.delivered, of, known),
            spread(told, counts.pressed, of, known),
            grouped(counts.segments),
            euros(counts.millicents),
        ]);
        cells
    };
    Table {
        title: "Messages, by step and channel",
        note: "± is how far a count may lie from this one with another seed: 999 of 1,000 do not lie further. Where the \
               channel was measured, it covers what was measured too."
            .into(),
        head: vec![
            "step", "channel", "provider", "begun", "cannot be made", "not now", "refused", "taken",
            "bounced", "failed", "delivered", "button", "segments", "cost",
        ],
        rows: each.into_iter().map(line).collect(),
        words: 3,
        note_alone: false,
    }
}

fn ends(told: &Told<'_>) -> Table {
    let rows = told.audience.rows.len() as u64;
    let mut each: Vec<_> = told
        .results
        .ends
        .iter()
        .filter(|(_, count)| *count > 0)
        .collect();
    each.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let ended: u64 = each.iter().map(|(_, count)| count).sum();
    let share = |count: u64| format!("{:.1} %", count as f64 * 100.0 / rows.max(1) as f64);
    let mut lines: Vec<Vec<String>> = each
        .iter()
        .map(|(end, count)| {
            vec![
                end.to_string(),
                spread(told, *count, rows, None),
                share(*count),
            ]
        })
        .collect();
    let open = rows.saturating_sub(ended);
    if open > 0 {
        lines.push(vec!["still open".into(), grouped(open), share(open)]);
    }
    Table {
        title: "Where notifications end",
        note: "\"people: …\" stands on a list of people, who are not rehearsed.".into(),
        head: vec!["end", "notifications", "share"],
        rows: lines,
        words: 1,
        note_alone: false,
    }
}

fn reach(told: &Told<'_>) -> Table {
    let results = told.results;
    let line = |(channel, count): (&Channel, &u64)| {
        vec![
            channel.name().to_owned(),
            grouped(*count),
            grouped(results.people.saturating_sub(*count)),
        ]
    };
    let mut rows: Vec<Vec<String>> = results.reachable.iter().map(line).collect();
    let some = results.people.saturating_sub(results.unreachable);
    rows.push(vec![
        "any of them".into(),
        grouped(some),
        grouped(results.unreachable),
    ]);
    Table {
        title: "Who can be reached",
        note: "Tenants with an address for each channel that has a provider, whether or not the flow uses it.".into(),
        head: vec!["channel", "has an address", "has none"],
        rows,
        words: 1,
        note_alone: false,
    }
}

fn times(told: &Told<'_>) -> Table {
    let line = |(channel, (first, last)): (
        &Channel,
        &(sluis_model::Timestamp, sluis_model::Timestamp),
    )| {
        let busiest = told.results.sent_by_hour.iter();
        let busiest = busiest.filter(|((_, of), _)| of == channel);
        let busiest = busiest.map(|(_, count)| *count).max().unwrap_or(0);
        vec![
            channel.name().to_owned(),
            local(*first),
            local(*last),
            grouped(busiest),
        ]
    };
    Table {
        title: "When messages leave",
        note: "Under the limits of providers, shares and send windows.".into(),
        head: vec!["channel", "first", "last", "most in an hour"],
        rows: told.results.span.iter().map(line).collect(),
        words: 3,
        note_alone: false,
    }
}

fn calls(told: &Told<'_>) -> Option<Table> {
    let (hour, most) = told.results.peak()?;
    let at = told.stage.starts.plus(hour * HOUR);
    let all: u64 = told.results.calls_by_hour.values().sum();
    let mut rows = vec![
        vec!["calls in all".into(), spread(told, all, sent(told), None)],
        vec![
            format!("most in an hour, from {}", local(at)),
            spread(told, most, all, None),
        ],
    ];
    if let Some(bound) = told.most_calls {
        let over = told.results.calls_by_hour.values();
        let over = over.filter(|count| **count > bound).count() as u64;
        rows.push(vec![format!("hours with more than {bound}"), grouped(over)]);
        if most > bound {
            let share = bound as f64 / most as f64;
            rows.push(vec![
                "hand rows over so much slower".into(),
                format!("{:.0} % of this pace", share * 100.0),
            ]);
        }
    }
    Some(Table {
        title: "Calls that it causes",
        note: "Somebody who wants to call while the desk is closed calls within two hours after it opens.".into(),
        head: vec!["what", "calls"],
        rows,
        words: 1,
        note_alone: false,
    })
}

fn troubles(told: &Told<'_>) -> Option<Table> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    let refused = told.rejected.len() as u64;
    if refused > 0 {
        rows.push(vec!["row refused".into(), grouped(refused)]);
    }
    let each = told.results.troubles();
    let meaning = |trouble: Trouble| match trouble {
        Trouble::NoAddress => "no channel of the step reaches the tenant",
        Trouble::AllOff => "the matrix has every channel of the step off",
        Trouble::TooLate => "no channel of the step arrives as soon as it wants",
        Trouble::Render => "the message cannot be rendered",
        Trouble::TooLong => "the text is longer than the provider takes",
        Trouble::Held => "a rule lacks a fact, or one that is fresh",
        Trouble::NotAllowed => "outside production, and not on the allow-list",
        Trouble::TenantFull => "the tenant has too many open",
        Trouble::Fact => "a fact was not taken",
    };
    rows.extend(each.into_iter().map(|(trouble, count)| {
        let text = format!("{}: {}", trouble.name(), meaning(trouble));
        vec![text, grouped(count)]
    }));
    (!rows.is_empty()).then(|| Table {
        title: "What cannot be done",
        note: "By the data and the flow, not by chance. The list of exceptions has each.".into(),
        head: vec!["trouble", "times"],
        rows,
        words: 1,
        note_alone: false,
    })
}

fn changes(told: &Told<'_>) -> Option<Table> {
    let (name, other, compared) = told.other?;
    let channel = |channel: Option<Channel>| channel.map_or("none", Channel::name).to_owned();
    let mut each: Vec<_> = compared.changes.iter().collect();
    each.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let rows = each.into_iter().map(|(change, count)| {
        vec![
            change.end.to_string(),
            channel(change.first),
            change.other_end.to_string(),
            channel(change.other_first),
            grouped(*count),
        ]
    });
    let cost = |results: &crate::Results| results.counts.values().map(|c| c.millicents).sum();
    let left = |results: &crate::Results| results.counts.values().map(Counts::left).sum();
    let rows: Vec<Vec<String>> = rows.collect();
    let none = match rows.is_empty() {
        true => " None ends otherwise or begins over another channel.",
        false => "",
    };
    Some(Table {
        title: "What the other version would have done",
        note: format!(
            "{name}: {} messages for {} instead of {} for {}. {} notifications go alike; of {} more only the number of \
             messages differs.{none} The same seed draws for both.",
            grouped(left(other)),
            euros(cost(other)),
            grouped(sent(told)),
            euros(cost(told.results)),
            grouped(compared.alike),
            grouped(compared.more_or_less),
        ),
        head: vec![
            "end",
            "first over",
            "other end",
            "other first over",
            "notifications",
        ],
        rows,
        words: 4,
        note_alone: true,
    })
}

/// What the models rest on. A model that does not say is an assumption.
fn basis(outside: &sluis_model::outside::Outside) -> String {
    if outside.basis.is_empty() {
        return " The models do not say what they rest on.".to_owned();
    }
    let each = outside.basis.iter().map(|sentence| format!(" {sentence}."));
    each.collect()
}

fn models(told: &Told<'_>) -> Table {
    let outside = &told.stage.outside;
    let line = |one: &sluis_model::outside::Behaviour| {
        let percent = |share: f64| format!("{share:.2} %");
        vec![
            one.channel.name().to_owned(),
            one.provider.as_deref().unwrap_or("each").to_owned(),
            match one.measured {
                0 => "assumed".to_owned(),
                measured => format!("{} messages", grouped(measured)),
            },
            percent(one.refused),
            percent(one.deferred),
            percent(one.bounced),
            percent(one.failed),
            percent(one.delivered),
            percent(one.pressed),
        ]
    };
    let used = |one: &&sluis_model::outside::Behaviour| {
        told.stage
            .carriers
            .iter()
            .any(|carrier| carrier.channel == one.channel)
    };
    let people = &outside.people;
    Table {
        title: "What is taken to be so of the outside",
        note: format!(
            "{}; seed {}. {:.2} % of messages that arrive make somebody call. {:.0} % of those who press the button pay.{}",
            outside.source,
            outside.seed,
            people.calls,
            people.pays,
            basis(outside),
        ),
        head: vec![
            "channel",
            "provider",
            "measured from",
            "refused",
            "not now",
            "bounced",
            "failed",
            "delivered",
            "button",
        ],
        rows: outside.channels.iter().filter(used).map(line).collect(),
        words: 3,
        note_alone: false,
    }
}
