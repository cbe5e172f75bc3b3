//! One plot as SVG text: axes, a line for each series, a legend. Owns its measures and colours;
//! refuses scripts, fonts and anything a browser would have to fetch.

use std::fmt::Write as _;

use super::scale::{Kind, Scale, short};

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 190.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 40.0;
/// Told apart by people who see colours differently (Okabe and Ito).
const COLOURS: [&str; 8] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999999",
];

/// A line of a plot.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// For the legend.
    pub name: String,
    /// In the order of x; a missing y is a gap.
    pub points: Vec<(f64, Option<f64>)>,
}

/// A plot over seconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    /// Above it.
    pub title: String,
    /// What the vertical axis counts.
    pub unit: String,
    /// Whether that axis is logarithmic.
    pub logarithmic: bool,
    /// The lines.
    pub series: Vec<Series>,
}

impl Plot {
    /// The plot as an SVG document.
    #[must_use]
    pub fn svg(&self) -> String {
        let kind = if self.logarithmic {
            Kind::Log
        } else {
            Kind::Linear
        };
        let points = || self.series.iter().flat_map(|series| &series.points);
        let across = Scale::over(Kind::Linear, points().map(|(x, _)| *x));
        let up = Scale::over(kind, points().filter_map(|(_, y)| *y));
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"11\">\n\
             <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n\
             <text x=\"{LEFT}\" y=\"18\" font-size=\"14\">{}</text>\n",
            escape(&self.title)
        );
        self.axes(&mut text, &across, &up);
        for (at, series) in self.series.iter().enumerate() {
            draw(&mut text, series, COLOURS[at % COLOURS.len()], &across, &up);
            legend(&mut text, at, &series.name);
        }
        text.push_str("</svg>\n");
        text
    }

    fn axes(&self, text: &mut String, across: &Scale, up: &Scale) {
        for (value, place) in up
            .ticks
            .iter()
            .filter_map(|tick| Some((*tick, y_of(up, *tick)?)))
        {
            let _ = writeln!(
                text,
                "<line x1=\"{LEFT}\" x2=\"{}\" y1=\"{place:.1}\" y2=\"{place:.1}\" stroke=\"#ddd\"/>\
                 <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                WIDTH - RIGHT,
                LEFT - 6.0,
                place + 4.0,
                short(value)
            );
        }
        for (value, place) in across
            .ticks
            .iter()
            .filter_map(|tick| Some((*tick, x_of(across, *tick)?)))
        {
            let _ = writeln!(
                text,
                "<text x=\"{place:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                HEIGHT - BOTTOM + 16.0,
                short(value)
            );
        }
        let _ = writeln!(
            text,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">seconds</text><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            WIDTH - RIGHT,
            HEIGHT - 8.0,
            WIDTH - RIGHT,
            18,
            escape(&self.unit)
        );
    }
}

fn x_of(across: &Scale, value: f64) -> Option<f64> {
    across
        .place(value)
        .map(|place| LEFT + place * (WIDTH - LEFT - RIGHT))
}

fn y_of(up: &Scale, value: f64) -> Option<f64> {
    up.place(value)
        .map(|place| HEIGHT - BOTTOM - place * (HEIGHT - TOP - BOTTOM))
}

/// One line for each stretch without a gap; a stretch of one point is a dot.
fn draw(text: &mut String, series: &Series, colour: &str, across: &Scale, up: &Scale) {
    let placed: Vec<_> = series
        .points
        .iter()
        .map(|(x, y)| Some((x_of(across, *x)?, y_of(up, (*y)?)?)))
        .collect();
    for stretch in placed
        .split(Option::is_none)
        .filter(|stretch| !stretch.is_empty())
    {
        if let [Some((x, y))] = stretch {
            let _ = writeln!(
                text,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"1.5\" fill=\"{colour}\"/>"
            );
            continue;
        }
        let points: Vec<_> = stretch
            .iter()
            .flatten()
            .map(|(x, y)| format!("{x:.1},{y:.1}"))
            .collect();
        let points = points.join(" ");
        let _ = writeln!(
            text,
            "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\" points=\"{points}\"/>"
        );
    }
}

fn legend(text: &mut String, at: usize, name: &str) {
    let y = TOP + 8.0 + at as f64 * 17.0;
    let x = WIDTH - RIGHT + 16.0;
    let colour = COLOURS[at % COLOURS.len()];
    let _ = writeln!(
        text,
        "<line x1=\"{x}\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\" stroke=\"{colour}\" stroke-width=\"3\"/><text x=\"{}\" y=\"{}\">{}</text>",
        x + 18.0,
        x + 24.0,
        y + 4.0,
        escape(name)
    );
}

/// Text as it may stand in a document.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(points: Vec<(f64, Option<f64>)>, logarithmic: bool) -> String {
        let series = vec![Series {
            name: "a<b".into(),
            points,
        }];
        Plot {
            title: "T & U".into(),
            unit: "per second".into(),
            logarithmic,
            series,
        }
        .svg()
    }

    /// The coordinates of every line.
    fn lines(svg: &str) -> Vec<Vec<(f64, f64)>> {
        let pairs = |points: &str| {
            let pair = |pair: &str| {
                pair.split_once(',')
                    .map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap()))
                    .unwrap()
            };
            points.split(' ').map(pair).collect()
        };
        svg.split(" points=\"")
            .skip(1)
            .map(|rest| pairs(rest.split('"').next().unwrap()))
            .collect()
    }

    #[test]
    fn every_sample_is_a_point_inside_the_frame() {
        let svg = plot(
            (1..=60)
                .map(|n| (f64::from(n), Some(f64::from(n * n))))
                .collect(),
            false,
        );
        let lines = lines(&svg);
        assert_eq!((lines.len(), lines[0].len()), (1, 60));
        let inside = |(x, y): &(f64, f64)| {
            (LEFT..=WIDTH - RIGHT).contains(x) && (TOP..=HEIGHT - BOTTOM).contains(y)
        };
        assert!(lines[0].iter().all(inside), "{:?}", lines[0]);
        assert!(
            lines[0]
                .windows(2)
                .all(|pair| pair[0].0 < pair[1].0 && pair[0].1 >= pair[1].1),
            "later is right, more is up"
        );
        assert!(svg.contains("T &amp; U") && svg.contains("a&lt;b") && svg.ends_with("</svg>\n"));
    }

    #[test]
    fn a_gap_breaks_the_line_and_a_lonely_point_is_a_dot() {
        let points = [
            Some(1.0),
            Some(2.0),
            None,
            Some(3.0),
            None,
            Some(1.0),
            Some(1.0),
            Some(2.0),
        ];
        let svg = plot(
            points
                .into_iter()
                .zip(1..)
                .map(|(y, x)| (f64::from(x), y))
                .collect(),
            true,
        );
        assert_eq!(lines(&svg).iter().map(Vec::len).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(svg.matches("<circle").count(), 1);
    }

    #[test]
    fn nothing_is_still_a_document() {
        assert!(
            lines(&plot(Vec::new(), false)).is_empty()
                && plot(vec![(1.0, Some(0.0))], true).contains("</svg>")
        );
    }
}
