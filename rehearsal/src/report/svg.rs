//! Owns one plot over hours as SVG text: axes with days, a line for each series, a legend. Refuses
//! scripts, fonts and anything a browser would have to fetch.

use std::fmt::Write as _;

use sluis_model::{HOUR, Timestamp};

const WIDTH: f64 = 1040.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 200.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 34.0;
/// Told apart by people who see colours differently (Okabe and Ito).
const COLOURS: [&str; 8] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999999",
];
/// A day's name with a gap beside it, at the size of the axes.
const ROOM_PX: f64 = 72.0;

/// A line of a plot.
pub(super) struct Series {
    /// For the legend.
    pub name: String,
    /// Hours since the start, in order, with what was counted in each.
    pub points: Vec<(i64, f64)>,
}

/// A plot.
pub(super) struct Plot {
    pub title: String,
    pub starts: Timestamp,
    pub series: Vec<Series>,
    /// A line that should not be crossed.
    pub bound: Option<f64>,
}

impl Plot {
    /// As an SVG element.
    pub(super) fn svg(&self) -> String {
        let points = || self.series.iter().flat_map(|series| &series.points);
        let last = points().map(|(hour, _)| *hour).max().unwrap_or(0) + 1;
        let most = points().map(|(_, count)| *count).chain(self.bound);
        let step = nice(most.fold(1.0, f64::max) / 4.0);
        let most = points().map(|(_, count)| *count).chain(self.bound);
        let top = (most.fold(1.0, f64::max) / step).ceil() * step;
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"11\" role=\"img\">\
             <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/><text x=\"{LEFT}\" y=\"18\" font-size=\"14\">{}</text>\n",
            escape(&self.title)
        );
        let x = |hour: f64| LEFT + hour / last as f64 * (WIDTH - LEFT - RIGHT);
        let y = |count: f64| HEIGHT - BOTTOM - count / top * (HEIGHT - TOP - BOTTOM);
        let mut tick = 0.0;
        while tick <= top + step / 2.0 {
            let _ = writeln!(
                out,
                "<line x1=\"{LEFT}\" x2=\"{}\" y1=\"{1:.1}\" y2=\"{1:.1}\" stroke=\"#e3e3e3\"/><text x=\"{2}\" y=\"{3:.1}\" text-anchor=\"end\">{4}</text>",
                WIDTH - RIGHT,
                y(tick),
                LEFT - 6.0,
                y(tick) + 4.0,
                super::told::grouped(tick as u64)
            );
            tick += step;
        }
        self.days(&mut out, last, &x);
        if let Some(bound) = self.bound {
            let _ = writeln!(
                out,
                "<line x1=\"{LEFT}\" x2=\"{0}\" y1=\"{1:.1}\" y2=\"{1:.1}\" stroke=\"#c00\" stroke-dasharray=\"5 4\"/>",
                WIDTH - RIGHT,
                y(bound)
            );
        }
        for (place, series) in self.series.iter().enumerate() {
            let colour = COLOURS[place % COLOURS.len()];
            out.push_str(&line(series, last, colour, self.is_sum(), &x, &y));
            let at = TOP + 14.0 * place as f64 + 8.0;
            let _ = writeln!(
                out,
                "<rect x=\"{}\" y=\"{}\" width=\"10\" height=\"10\" fill=\"{colour}\"/><text x=\"{}\" y=\"{}\">{}</text>",
                WIDTH - RIGHT + 14.0,
                at - 9.0,
                WIDTH - RIGHT + 29.0,
                at,
                escape(&shortened(&series.name))
            );
        }
        out.push_str("</svg>\n");
        out
    }

    /// Whether its lines are sums, which stay where they are when nothing is added.
    fn is_sum(&self) -> bool {
        self.title.contains("in all")
    }

    /// The days below, or the hours where there are few: each mark at its instant by the clock on the wall,
    /// as many as there is room for.
    fn days(&self, out: &mut String, last: i64, x: &dyn Fn(f64) -> f64) {
        let Ok(zone) = jiff::tz::TimeZone::get("Europe/Amsterdam") else {
            return;
        };
        let each = hours_between_marks(x(1.0) - x(0.0));
        let mut day = -1;
        let mut free_from = f64::MIN;
        for hour in 0..=last {
            let at = self.starts.plus(hour * HOUR);
            let Ok(instant) = jiff::Timestamp::from_millisecond(at.0) else {
                return;
            };
            // A rehearsal may start within an hour: its columns are whole hours from there on.
            let zoned = instant.to_zoned(zone.clone());
            let of_day = i64::from(zoned.hour());
            day += i64::from(of_day == 0 || day < 0);
            let is_marked = match each < 24 {
                true => of_day % each == 0,
                false => of_day == 0 && day % (each / 24) == 0,
            };
            let place = x(hour as f64);
            // In the night when the clock is set back an hour comes twice.
            if !is_marked || place < free_from {
                continue;
            }
            free_from = place + ROOM_PX;
            let text = match of_day {
                0 => zoned.strftime("%a %d %b").to_string(),
                _ => zoned.strftime("%H:%M").to_string(),
            };
            let _ = writeln!(
                out,
                "<line x1=\"{place:.1}\" x2=\"{place:.1}\" y1=\"{TOP}\" y2=\"{0}\" stroke=\"#f0f0f0\"/><text x=\"{place:.1}\" y=\"{1}\" text-anchor=\"middle\">{text}</text>",
                HEIGHT - BOTTOM,
                HEIGHT - BOTTOM + 16.0,
            );
        }
    }
}

/// So many hours lie between two marks, where an hour is so wide: marks do not touch each other.
fn hours_between_marks(hour_px: f64) -> i64 {
    let steps = [1, 2, 3, 6, 12].into_iter();
    let mut steps = steps.chain((1..).map(|days| days * 24));
    let fits = |hours: &i64| *hours as f64 * hour_px >= ROOM_PX;
    steps.find(fits).unwrap_or(24)
}

/// One line, as steps of an hour: an hour without a count is zero, or as before for a sum.
fn line(
    series: &Series,
    last: i64,
    colour: &str,
    is_sum: bool,
    x: &dyn Fn(f64) -> f64,
    y: &dyn Fn(f64) -> f64,
) -> String {
    let mut path = String::new();
    let (mut hour, mut before) = (0, 0.0);
    let step = |path: &mut String, from: i64, to: i64, count: f64| {
        let word = if path.is_empty() { 'M' } else { 'L' };
        let _ = write!(
            path,
            "{word}{:.1} {:.1}L{:.1} {1:.1}",
            x(from as f64),
            y(count),
            x(to as f64)
        );
    };
    for (at, count) in &series.points {
        if *at > hour {
            step(&mut path, hour, *at, if is_sum { before } else { 0.0 });
        }
        step(&mut path, *at, at + 1, *count);
        (hour, before) = (at + 1, *count);
    }
    if hour < last {
        step(&mut path, hour, last, if is_sum { before } else { 0.0 });
    }
    format!("<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>\n")
}

/// A step of an axis: 1, 2 or 5 times a power of ten, at least one.
fn nice(step: f64) -> f64 {
    let power = 10_f64.powf(step.max(1.0).log10().floor());
    let times = step.max(1.0) / power;
    let nice = [1.0, 2.0, 5.0].into_iter().find(|nice| times <= *nice);
    nice.unwrap_or(10.0) * power
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= 26 {
        return name.to_owned();
    }
    name.chars().take(25).chain(['…']).collect()
}

/// A text as it may stand in a page.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Places and texts of the marks below.
    fn marks(svg: &str) -> Vec<(f64, String)> {
        let y = format!("y=\"{}\" text-anchor=\"middle\">", HEIGHT - BOTTOM + 16.0);
        let mut marks = Vec::new();
        for part in svg.split("<text x=\"").skip(1) {
            let (x, rest) = part.split_once('"').unwrap();
            if let Some(text) = rest.trim_start().strip_prefix(&y) {
                let text = text.split('<').next().unwrap();
                marks.push((x.parse().unwrap(), text.to_owned()));
            }
        }
        marks
    }

    #[test]
    fn marks_do_not_touch_each_other_whatever_the_span_and_the_start() {
        // A Saturday 23:10 in October: the clock is set back in the first night.
        let night = Timestamp(1_792_876_200_000);
        for starts in [night, night.plus(50 * 60_000), night.plus(13 * HOUR)] {
            for hours in [1, 5, 20, 30, 49, 72, 200, 336, 504, 1_440, 17_000] {
                let points = vec![(0, 1.0), (hours - 1, 5.0)];
                let name = "a".to_owned();
                let plot = Plot {
                    title: "t".into(),
                    starts,
                    series: vec![Series { name, points }],
                    bound: None,
                };
                let marks = marks(&plot.svg());
                for pair in marks.windows(2) {
                    assert!(pair[1].0 - pair[0].0 >= ROOM_PX - 0.2, "{hours}: {marks:?}");
                }
                let right = marks.last().map_or(0.0, |(place, _)| place + ROOM_PX / 2.0);
                assert!(right <= WIDTH - RIGHT + ROOM_PX, "{hours}: {marks:?}");
                assert!(hours < 26 || !marks.is_empty(), "{hours}");
            }
        }
    }
}
