//! Owns `sluis reload`: asks a running engine, over its API, to read its configuration again, and shows what it
//! answers. Refuses to read the configuration itself, but for where the engine listens.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use http::{Method, StatusCode};
use serde_json::Value;

use super::calling::{Call, Caller, EngineArgs};
use super::config::{Reply, Source};
use super::told::told;
use crate::config::EXIT_CONFIG;

/// The environment variable that usually holds the operator's key.
const KEY: &str = "SLUIS_OPERATOR_KEY";

/// How to ask for it.
#[derive(Debug, clap::Args)]
pub struct ReloadArgs {
    /// Which configuration says where the engine listens. The engine reads the one that it was started with
    #[command(flatten)]
    source: Source,
    /// Only shows what would change
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    engine: EngineArgs,
    /// The environment variable that holds an operator's key
    #[arg(long, value_name = "NAME", default_value = KEY)]
    key_env: String,
}

/// Runs it. `env` is the environment of the process.
#[must_use]
pub(crate) fn run(args: &ReloadArgs, env: &BTreeMap<String, String>) -> Reply {
    match asked(args, env) {
        Ok((StatusCode::OK, answer)) => Reply::good(shown(&answer)),
        Ok((status, answer)) => refused(status, &answer),
        Err(error) => Reply {
            err: format!("sluis: {}\n", told(&error)),
            code: 1,
            ..Reply::default()
        },
    }
}

fn asked(args: &ReloadArgs, env: &BTreeMap<String, String>) -> anyhow::Result<(StatusCode, Value)> {
    let caller = Caller::new((&args.engine, &args.source), &args.key_env, env)?;
    let answer = caller.ask(Call {
        method: Method::POST,
        path: format!("/v1/reload?check={}", args.check),
        body: None,
    })?;
    let said = serde_json::from_slice(&answer.body).unwrap_or_default();
    Ok((answer.status, said))
}

/// What was or would be taken over, a line for each thing.
fn shown(answer: &Value) -> String {
    let word = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let list = |key: &str| answer[key].as_array().cloned().unwrap_or_default();
    let mut text = String::new();
    for change in list("changes") {
        let (kind, name) = (word(&change, "kind"), word(&change, "name"));
        let of = change["corporation"].as_str();
        let of = of.map_or_else(String::new, |of| format!(" of {of}"));
        let versions = match (&change["from_version"], &change["to_version"]) {
            (Value::Number(from), Value::Number(to)) => format!(" (version {from} to {to})"),
            (Value::Null, Value::Number(only)) | (Value::Number(only), Value::Null) => {
                format!(" (version {only})")
            }
            _ => String::new(),
        };
        let change = word(&change, "change");
        let _ = writeln!(
            text,
            "{change}: {} {name}{of}{versions}",
            kind.replace('_', " ")
        );
    }
    for setting in list("waiting") {
        let setting = setting.as_str().unwrap_or_default();
        let _ = writeln!(text, "waits for a start: {setting}");
    }
    let changes = list("changes").len();
    let (checksum, since) = (word(answer, "checksum"), word(answer, "since"));
    let done = match answer["taken"] == true {
        true => format!("{changes} changes were taken over"),
        false => format!("{changes} changes; nothing was taken over"),
    };
    let _ = writeln!(text, "{done}; {checksum} runs since {since}");
    text
}

/// Every mistake, as `sluis config check` shows it.
fn refused(status: StatusCode, answer: &Value) -> Reply {
    let mut err = String::new();
    let word = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    for problem in answer["errors"].as_array().into_iter().flatten() {
        let [path, value, expected, hint] =
            ["path", "value", "expected", "hint"].map(|key| word(problem, key));
        let _ = writeln!(err, "{path}: {value}: expected {expected}: {hint}");
    }
    let _ = writeln!(err, "sluis: {status}: {}", word(answer, "detail"));
    Reply {
        err,
        code: match status {
            StatusCode::UNPROCESSABLE_ENTITY => EXIT_CONFIG,
            _ => 1,
        },
        ..Reply::default()
    }
}
