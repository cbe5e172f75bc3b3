//! `sluis-loadtest record`: appends a figure that another program measured to the results, and the
//! options that `run` shares with it. Refuses a figure that is no number.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Map, Value};
use sluis_loadtest::results::{Line, ResultsError, append};

use super::Done;

/// Where a result goes and what stands beside its figures.
#[derive(Debug, clap::Args)]
pub(crate) struct ResultArguments {
    /// Append the result to this file, one line of JSON.
    #[arg(long)]
    results: Option<PathBuf>,
    /// What is measured, in words.
    #[arg(long)]
    what: Option<String>,
    /// A word to group by, name=value; may be given more than once.
    #[arg(long = "label", value_parser = pair)]
    labels: Vec<(String, String)>,
    /// What an acknowledgement means; the binary port says it by itself.
    #[arg(long)]
    durability: Option<String>,
    /// The engine's data directory, whose file system stands in the result.
    #[arg(long)]
    data_dir: Option<PathBuf>,
}

impl ResultArguments {
    /// Appends the result, if a file was named.
    pub(crate) fn append(
        &self,
        what: &str,
        durability: Option<&str>,
        figures: Value,
    ) -> Result<(), ResultsError> {
        let Some(path) = &self.results else {
            return Ok(());
        };
        let what = self.what.as_deref().unwrap_or(what);
        let durability = self
            .durability
            .as_deref()
            .or(durability)
            .unwrap_or("not stated");
        let labels = BTreeMap::from_iter(self.labels.iter().cloned());
        append(
            path,
            &Line::now(what, labels, durability, self.data_dir.as_deref(), figures),
        )
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct RecordArguments {
    #[command(flatten)]
    result: ResultArguments,
    /// A line of JSON whose fields are figures, such as `sluis-bench` prints.
    #[arg(long)]
    json: Option<String>,
    /// Figures, name=number.
    #[arg(value_parser = figure)]
    figures: Vec<(String, f64)>,
}

pub(crate) fn record(arguments: &RecordArguments) -> Done {
    let mut figures: Map<String, Value> = arguments
        .json
        .as_deref()
        .map_or(Ok(Map::new()), serde_json::from_str)?;
    figures.extend(
        arguments
            .figures
            .iter()
            .map(|(name, number)| (name.clone(), (*number).into())),
    );
    let what = figures
        .get("what")
        .and_then(Value::as_str)
        .unwrap_or("unnamed")
        .to_owned();
    println!("{}", Value::Object(figures.clone()));
    arguments
        .result
        .append(&what, None, Value::Object(figures))?;
    Ok(ExitCode::SUCCESS)
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .ok_or("expected name=value")?;
    Ok((name.into(), value.into()))
}

fn figure(text: &str) -> Result<(String, f64), String> {
    let (name, value) = pair(text)?;
    let number = value
        .parse::<f64>()
        .ok()
        .filter(|number| number.is_finite());
    Ok((
        name,
        number.ok_or_else(|| format!("{value}: expected a number"))?,
    ))
}
