//! Owns the reading of what `sluis rehearse` is asked, with every mistake at once. Refuses to rehearse.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use sluis_actors::router::SendWindow;
use sluis_model::flow::parse_duration;
use sluis_model::outside::Outside;
use sluis_model::{Clock as _, DAY, Lane, Timestamp};

use super::args::RunArgs;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::intake::mailing_rows::Frame;
use crate::rehearsing::{Lists, Pace};

/// How long a rehearsal looks ahead without `--for`.
const USUAL_SPAN: i64 = 60 * DAY;
/// The longest that it may.
const LONGEST_SPAN: i64 = 2 * 366 * DAY;
/// A file of channel models is no longer.
const MOST_MODEL_BYTES: u64 = 1 << 20;

/// What is told on the command line, read; every mistake at once.
pub(super) struct Words {
    pub(super) corporation: String,
    pub(super) flow: String,
    pub(super) frame: Frame,
    pub(super) pace: Pace,
    pub(super) desk: Vec<SendWindow>,
    pub(super) facts_again: Option<i64>,
    pub(super) starts: Timestamp,
    pub(super) ends: Timestamp,
    pub(super) outside: Outside,
}

pub(super) fn words(args: &RunArgs, config: &Config) -> Result<Words, Vec<String>> {
    let mut wrong = Vec::new();
    let mut time = |option: &str, text: &Option<String>| {
        let text = text.as_ref()?;
        let read = parse_duration(text).ok().filter(|ms| *ms > 0);
        if read.is_none() {
            wrong.push(format!(
                "{option} {text}: expected a length of time, such as 12h or 21d"
            ));
        }
        read
    };
    let facts_again = time("--facts-again", &args.facts_again);
    let span = time("--for", &args.span).unwrap_or(USUAL_SPAN);
    if span > LONGEST_SPAN {
        wrong.push(format!(
            "--for: expected at most {} days",
            LONGEST_SPAN / DAY
        ));
    }
    let mut window = |option: &str, text: &String| match text.parse::<SendWindow>() {
        Ok(window) => Some(window),
        Err(problem) => {
            wrong.push(format!("{option}: {problem}"));
            None
        }
    };
    let windows = args
        .windows
        .iter()
        .filter_map(|text| window("--window", text))
        .collect();
    let usual = vec!["mon-fri 08:00-17:00".to_owned()];
    let desk = if args.desk.is_empty() {
        &usual
    } else {
        &args.desk
    };
    let desk = desk
        .iter()
        .filter_map(|text| window("--desk", text))
        .collect();
    let mut named = |option: &str, given: &Option<String>| {
        given.clone().unwrap_or_else(|| {
            wrong.push(format!("{option} is needed: see sluis rehearse --help"));
            String::new()
        })
    };
    let corporation = named("--corporation", &args.corporation);
    let flow = named("--flow", &args.flow);
    if args.rows.is_empty() && args.household_rows.is_empty() && !args.everyone {
        let needed =
            "--rows FILE, --household-rows FILE or --everyone is needed: who gets something?";
        wrong.push(needed.to_owned());
    }
    if !args.household_rows.is_empty() && args.households.is_empty() {
        wrong.push("--households FILE is needed: who is in the households of the rows?".to_owned());
    }
    let data = serde_json::from_str::<Map<String, Value>>(&args.data);
    let data = data.unwrap_or_else(|error| {
        wrong.push(format!("--data: {error}: expected a JSON object"));
        Map::new()
    });
    let priority = args.priority.parse::<Lane>().unwrap_or_else(|error| {
        wrong.push(format!("--priority {}: {error}", args.priority));
        Lane::Bulk
    });
    let outside = outside(args).unwrap_or_else(|mistakes| {
        wrong.extend(mistakes);
        Outside::assumed()
    });
    let frame = Frame {
        flow: "flow".to_owned(),
        category: args.category.clone(),
        environment: config.engine.environment,
        priority,
        data,
    };
    wrong.extend(
        frame
            .problems()
            .iter()
            .map(|problem| format!("--{problem}")),
    );
    let now = SystemClock.now();
    let starts = args.starts.map_or(now, |at| Timestamp(at.as_millisecond()));
    if !wrong.is_empty() {
        return Err(wrong);
    }
    Ok(Words {
        corporation,
        flow,
        frame,
        pace: Pace {
            per_minute: args.per_minute,
            windows,
        },
        desk,
        facts_again,
        starts,
        ends: starts.plus(span),
        outside,
    })
}

fn outside(args: &RunArgs) -> Result<Outside, Vec<String>> {
    let mut outside = match &args.model {
        None => Outside::assumed(),
        Some(file) => {
            let shown = file.display();
            let text = model_text(file).map_err(|why| vec![format!("{shown}: {why}")])?;
            Outside::parse(&text).map_err(|mistakes| {
                let each = mistakes.iter().map(|one| {
                    let (path, value) = (&one.path, &one.value);
                    format!(
                        "{shown}: {path} = {value}: expected {}; {}",
                        one.expected, one.hint
                    )
                });
                each.collect::<Vec<_>>()
            })?
        }
    };
    outside.seed = args.seed.unwrap_or(outside.seed);
    Ok(outside)
}

fn model_text(file: &Path) -> Result<String, String> {
    let shown = |error: std::io::Error| error.to_string();
    let length = fs::metadata(file).map_err(shown)?.len();
    if length > MOST_MODEL_BYTES {
        return Err(format!(
            "it has {length} bytes: expected a file of channel models"
        ));
    }
    fs::read_to_string(file).map_err(shown)
}

pub(super) fn lists(args: &RunArgs) -> Result<Lists, Vec<String>> {
    let mut wrong = Vec::new();
    let mut all = |files: &[PathBuf]| {
        let each = files.iter().filter_map(|file| match fs::read(file) {
            Ok(bytes) => Some((file.display().to_string(), bytes)),
            Err(error) => {
                wrong.push(format!("{}: {error}", file.display()));
                None
            }
        });
        each.collect()
    };
    let lists = Lists {
        tenants: all(&args.tenants),
        households: all(&args.households),
        rows: all(&args.rows),
        household_rows: all(&args.household_rows),
        facts: all(&args.facts),
    };
    if wrong.is_empty() {
        Ok(lists)
    } else {
        Err(wrong)
    }
}
