//! The report as files: a page with every plot and the results, and each plot by itself. Owns the
//! folder's contents; refuses to be written from nothing.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::series::plots;
use super::svg::escape;
use crate::results::{Line, ResultsError};
use crate::watch::Sample;

/// The figures a page shows of a result, in this order.
const FIGURES: &[&str] = &[
    "rate", "p50_ms", "p90_ms", "p99_ms", "p999_ms", "max_ms", "seconds", "acked", "offered",
    "rss_mib",
];

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// The page.
    pub page: PathBuf,
    /// How many plots.
    pub plots: usize,
    /// How many results.
    pub results: usize,
}

/// Writes `index.html` and one SVG for each plot into `out`, which is made if need be.
///
/// # Errors
/// A file cannot be written.
pub fn draw(samples: &[Sample], results: &[Line], out: &Path) -> Result<Drawn, ResultsError> {
    let fail = |path: &Path| {
        let path = path.display().to_string();
        move |source| ResultsError::File { path, source }
    };
    std::fs::create_dir_all(out).map_err(fail(out))?;
    let mut body = String::new();
    let plots = plots(samples);
    for (name, plot) in &plots {
        let svg = plot.svg();
        let path = out.join(format!("{name}.svg"));
        std::fs::write(&path, &svg).map_err(fail(&path))?;
        body.push_str(&svg);
    }
    if !results.is_empty() {
        body.push_str(&table(results));
    }
    let page = out.join("index.html");
    std::fs::write(&page, html(&body)).map_err(fail(&page))?;
    Ok(Drawn {
        page,
        plots: plots.len(),
        results: results.len(),
    })
}

fn html(body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Load test</title>\n\
         <style>body{{font-family:sans-serif;max-width:960px;margin:2em auto}}svg{{width:100%}}\
         table{{border-collapse:collapse;font-size:85%}}td,th{{border:1px solid #ccc;padding:.2em .5em;text-align:left}}</style>\n\
         <h1>Load test</h1>\n{body}</html>\n"
    )
}

fn table(results: &[Line]) -> String {
    let shown: Vec<_> = FIGURES
        .iter()
        .filter(|name| results.iter().any(|line| line.figure(name).is_some()))
        .collect();
    let mut text = String::from("<table><tr><th>at</th><th>what</th><th>labels</th>");
    for name in &shown {
        let _ = write!(text, "<th>{name}</th>");
    }
    text.push_str("<th>durability</th><th>machine</th></tr>\n");
    for line in results {
        let labels: Vec<_> = line
            .labels
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let _ = write!(
            text,
            "<tr><td>{}</td><td>{}</td><td>{}</td>",
            escape(&line.at),
            escape(&line.what),
            escape(&labels.join(" "))
        );
        for name in &shown {
            let figure = line
                .figure(name)
                .map(|figure| format!("{figure:.1}"))
                .unwrap_or_default();
            let _ = write!(text, "<td>{figure}</td>");
        }
        let machine = &line.machine;
        let filesystem = machine.filesystem.as_deref().unwrap_or("");
        let machine = format!(
            "{} cores, {} MiB, {} {filesystem}",
            machine.cores, machine.memory_mib, machine.kernel
        );
        let _ = writeln!(
            text,
            "<td>{}</td><td>{}</td></tr>",
            escape(&line.durability),
            escape(machine.trim_end())
        );
    }
    text + "</table>\n"
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_holds_every_plot_and_every_result() {
        let samples: Vec<_> = (1..=5)
            .map(|n| Sample {
                seconds: f64::from(n),
                acked: Some(10),
                rss_mib: Some(64.0),
                ..Sample::default()
            })
            .collect();
        let result = Line::now(
            "a <b>",
            BTreeMap::new(),
            "synced",
            None,
            json!({ "rate": 10.0 }),
        );
        let out = tempfile::tempdir().unwrap();
        let drawn = draw(&samples, &[result], &out.path().join("deep/report")).unwrap();
        assert_eq!((drawn.plots, drawn.results), (2, 1));
        let page = std::fs::read_to_string(&drawn.page).unwrap();
        assert_eq!(
            (page.matches("<svg").count(), page.matches("<tr>").count()),
            (2, 2)
        );
        assert!(
            page.contains("a &lt;b&gt;")
                && page.contains("<td>10.0</td>")
                && !page.contains("p99_ms")
        );
        assert!(
            drawn.page.with_file_name("throughput.svg").exists()
                && drawn.page.with_file_name("memory.svg").exists()
        );
    }
}
