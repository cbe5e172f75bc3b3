//! Owns the report as one page that needs nothing else: tables, and plots as inline SVG. Refuses scripts,
//! and anything a browser would have to fetch.

use std::fmt::Write as _;

use sluis_model::Channel;

use super::svg::{Plot, Series, escape};
use super::tables::{Table, all, summary};
use super::told::{Told, local};

const STYLE: &str = "body{font:15px/1.45 system-ui,sans-serif;max-width:1080px;margin:2em auto;padding:0 1em;color:#1a1a1a}\
h1{font-size:1.5em}h2{font-size:1.1em;margin:2em 0 .4em}ul{padding-left:1.2em}\
table{border-collapse:collapse;font-size:13px;margin:.4em 0}th,td{border-bottom:1px solid #ddd;padding:.25em .6em;text-align:left;\
white-space:nowrap}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}p.note{color:#555;font-size:13px;margin:.2em 0}\
svg{width:100%;height:auto;margin:.6em 0}.wide{overflow-x:auto}";

/// Ends that a plot shows; the others are one line.
const MOST_ENDS: usize = 6;

/// The report as one page.
#[must_use]
pub fn html(told: &Told<'_>) -> String {
    let flow = &told.stage.flow;
    let title = format!("Rehearsal of {} {}", flow.name, flow.version);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title><style>{STYLE}</style></head>\n\
         <body><h1>{0} for {1}</h1>\n<p class=\"note\">Nothing was sent. What stands here was drawn from channel models.</p>\n<ul>\n",
        escape(&title),
        escape(&told.stage.corporation_name),
    );
    for line in summary(told) {
        let _ = writeln!(out, "<li>{}</li>", escape(&line));
    }
    out.push_str("</ul>\n");
    for plot in plots(told) {
        out.push_str(&plot.svg());
    }
    for table in all(told) {
        lay_out(&mut out, &table);
    }
    out.push_str("</body></html>\n");
    out
}

fn lay_out(out: &mut String, table: &Table) {
    let _ = write!(out, "<h2>{}</h2>", escape(table.title));
    if !table.rows.is_empty() {
        rows(out, table);
    }
    if !table.note.is_empty() {
        let _ = writeln!(out, "<p class=\"note\">{}</p>", escape(&table.note));
    }
}

fn rows(out: &mut String, table: &Table) {
    let class = |column: usize| {
        if column < table.words {
            ""
        } else {
            " class=\"n\""
        }
    };
    out.push_str("<div class=\"wide\"><table><tr>");
    for (column, word) in table.head.iter().enumerate() {
        let _ = write!(out, "<th{}>{}</th>", class(column), escape(word));
    }
    out.push_str("</tr>\n");
    for row in &table.rows {
        out.push_str("<tr>");
        for (column, cell) in row.iter().enumerate() {
            let _ = write!(out, "<td{}>{}</td>", class(column), escape(cell));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</table></div>\n");
}

fn plots(told: &Told<'_>) -> Vec<Plot> {
    let results = told.results;
    let starts = local(told.stage.starts);
    let plot = |title: &str, series: Vec<Series>, bound: Option<f64>| Plot {
        title: format!("{title}, by hour from {starts}"),
        starts: told.stage.starts,
        series,
        bound,
    };
    let channels = told.results.span.keys().copied();
    let sent = channels.map(|channel| Series {
        name: channel.name().to_owned(),
        points: sent_of(told, channel),
    });
    let mut plots = vec![plot("Messages that leave", sent.collect(), None)];
    let calls: Vec<(i64, f64)> = results
        .calls_by_hour
        .iter()
        .map(|(h, n)| (*h, *n as f64))
        .collect();
    if !calls.is_empty() {
        let series = vec![Series {
            name: "calls".into(),
            points: calls,
        }];
        let bound = told.most_calls.map(|most| most as f64);
        plots.push(plot("Expected calls", series, bound));
    }
    plots.push(plot(
        "Notifications that have ended, in all",
        ends(told),
        None,
    ));
    plots.retain(|plot| plot.series.iter().any(|series| !series.points.is_empty()));
    plots
}

fn sent_of(told: &Told<'_>, channel: Channel) -> Vec<(i64, f64)> {
    let sent = told.results.sent_by_hour.iter();
    let sent = sent.filter(|((_, of), _)| *of == channel);
    sent.map(|((hour, _), count)| (*hour, *count as f64))
        .collect()
}

/// The most frequent ends, each summed up over the hours.
fn ends(told: &Told<'_>) -> Vec<Series> {
    let results = told.results;
    let mut places: Vec<usize> = (0..results.ends.len()).collect();
    places.sort_by_key(|place| std::cmp::Reverse(results.ends[*place].1));
    places.truncate(MOST_ENDS);
    let series = |place: usize| {
        let mut sum = 0.0;
        let hours = results.ends_by_hour.iter();
        let hours = hours.filter(|((_, end), _)| usize::from(*end) == place);
        let points = hours.map(|((hour, _), count)| {
            sum += *count as f64;
            (*hour, sum)
        });
        Series {
            name: results.ends[place].0.to_string(),
            points: points.collect(),
        }
    };
    places.into_iter().map(series).collect()
}
