//! Owns `sluis flow migrate`: asks a running engine, over its API, what a migration would move, begins what was shown, and
//! follows it. Refuses to begin what nobody looked at: the checksum of what was shown does it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::calling::{Call, Caller, EngineArgs};
use super::config::{Reply, Source};
use super::told::told;
use crate::config::CliOverrides;

/// The environment variable that usually holds the corporation's key.
const KEY: &str = "SLUIS_KEY";
/// How often it is asked how far a migration is.
const EVERY: Duration = Duration::from_millis(250);

/// What is to be migrated, and how.
#[derive(Debug, clap::Args)]
pub struct MigrateArgs {
    /// The flow
    #[arg(value_name = "NAME")]
    flow: String,
    /// To which version: latest, or its number
    #[arg(long, value_name = "VERSION", default_value = "latest")]
    to: String,
    /// Only shows how many would move and how many would stay, with a checksum
    #[arg(long, conflicts_with_all = ["begin", "cancel"])]
    check: bool,
    /// Begins a migration that was shown, by its number
    #[arg(long, value_name = "ID", requires = "checksum")]
    begin: Option<String>,
    /// The checksum of what was shown
    #[arg(long, value_name = "CHECKSUM", requires = "begin")]
    checksum: Option<String>,
    /// Stops a migration, by its number. What has moved stays where it is
    #[arg(long, value_name = "ID", conflicts_with = "begin")]
    cancel: Option<String>,
    /// Who asks for it, for the explanation
    #[arg(long, value_name = "NAME", default_value = "sluis flow migrate")]
    by: String,
    /// Configuration file, which says where the engine listens
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    engine: EngineArgs,
    /// The environment variable that holds a key of the corporation
    #[arg(long, value_name = "NAME", default_value = KEY)]
    key_env: String,
}

/// Runs it. `env` is the environment of the process.
#[must_use]
pub(super) fn run(args: &MigrateArgs, env: &BTreeMap<String, String>) -> Reply {
    match asked(args, env) {
        Ok(Ok(answer)) => Reply::good(shown(&answer, &args.way())),
        Ok(Err(refused)) => refused,
        Err(error) => failed(&told(&error)),
    }
}

fn failed(text: &str) -> Reply {
    Reply {
        err: format!("sluis: {text}\n"),
        code: 1,
        ..Reply::default()
    }
}

fn asked(
    args: &MigrateArgs,
    env: &BTreeMap<String, String>,
) -> anyhow::Result<Result<Value, Reply>> {
    let begins = args.check || args.begin.is_some() || args.cancel.is_some();
    anyhow::ensure!(
        begins,
        "expected --check, which shows what would move; or --begin ID --checksum CHECKSUM, as a check has shown them; or \
         --cancel ID"
    );
    let source = Source {
        config: args.config.clone(),
        overrides: CliOverrides::default(),
    };
    let caller = Caller::new((&args.engine, &source), &args.key_env, env)?;
    let (path, body) = asks(args)?;
    let (status, mut answer) = ask(&caller, Method::POST, &path, Some(&body))?;
    if !status.is_success() {
        return Ok(Err(refused(status, &answer)));
    }
    while matches!(answer["stage"].as_str(), Some("checking" | "running")) {
        caller.wait(EVERY);
        let id = answer["id"].as_str().unwrap_or_default();
        let path = format!("/v1/migrations/{id}");
        let (status, now) = ask(&caller, Method::GET, &path, None)?;
        if !status.is_success() {
            return Ok(Err(refused(status, &now)));
        }
        answer = now;
    }
    Ok(Ok(answer))
}

/// What is asked of the API: the path, and the body.
fn asks(args: &MigrateArgs) -> anyhow::Result<(String, Value)> {
    let by = &args.by;
    Ok(match (&args.begin, &args.cancel) {
        (Some(id), _) => {
            let body = json!({ "by": by, "checksum": args.checksum });
            (format!("/v1/migrations/{}/begin", plain(id)?), body)
        }
        (None, Some(id)) => {
            let path = format!("/v1/migrations/{}/cancel", plain(id)?);
            (path, json!({ "by": by }))
        }
        (None, None) => {
            let path = format!("/v1/flows/{}/migrations", plain(&args.flow)?);
            (path, json!({ "to": args.to, "by": by }))
        }
    })
}

fn ask(
    caller: &Caller,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> anyhow::Result<(StatusCode, Value)> {
    let answer = caller.ask(Call {
        method,
        path: path.to_owned(),
        body: body.map(|body| ("application/json", body.to_string().into_bytes())),
    })?;
    let said = serde_json::from_slice(&answer.body).unwrap_or_default();
    Ok((answer.status, said))
}

impl MigrateArgs {
    /// How the engine was named, for a command that is to ask the same one.
    fn way(&self) -> String {
        let mut way = String::new();
        if let Some(config) = &self.config {
            let _ = write!(way, " --config {}", config.display());
        }
        if let Some(url) = &self.engine.url {
            let _ = write!(way, " --url {url}");
        }
        if let Some(file) = &self.engine.ca {
            let _ = write!(way, " --ca {}", file.display());
        }
        if self.key_env != KEY {
            let _ = write!(way, " --key-env {}", self.key_env);
        }
        way
    }
}

/// A name that may stand in a path as it is.
fn plain(name: &str) -> anyhow::Result<&str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    anyhow::ensure!(
        !name.is_empty() && name.bytes().all(is_plain),
        "{name:?}: expected a name of letters, digits, - and _"
    );
    Ok(name)
}

fn refused(status: StatusCode, answer: &Value) -> Reply {
    failed(&format!(
        "{status}: {}",
        answer["detail"].as_str().unwrap_or_default()
    ))
}

/// How a migration stands, a line for each step. `way`: how the engine was named.
fn shown(answer: &Value, way: &str) -> String {
    let (stage, flow) = (word(answer, "stage"), word(answer, "flow"));
    let to = number(answer, "to_version");
    let mut text = String::new();
    let places = match stage.as_str() {
        "checked" => &answer["shown"],
        _ => &answer["left"],
    };
    let mut stays = 0;
    for place in places.as_array().into_iter().flatten() {
        stays += place_of(&mut text, place);
    }
    let named = answer["stayed"].as_array();
    for stayed in named.into_iter().flatten() {
        let (id, why) = (word(stayed, "id"), word(stayed, "text"));
        let _ = writeln!(text, "stays: {id}: {why}");
    }
    let more = stays.saturating_sub(named.map_or(0, |named| named.len() as u64));
    if more > 0 {
        let _ = writeln!(text, "and {more} more stay");
    }
    let (moved, gone) = (number(answer, "moved"), number(answer, "gone"));
    let would_move = number(answer, "would_move");
    let _ = match stage.as_str() {
        "checked" => writeln!(
            text,
            "{would_move} would move to version {to} of {flow}; nothing has moved"
        ),
        _ => writeln!(
            text,
            "{stage}: {moved} moved to version {to} of {flow}, {gone} ended before they could"
        ),
    };
    if stage == "checked" && would_move > 0 {
        let (id, checksum) = (word(answer, "id"), word(answer, "checksum"));
        let _ = writeln!(
            text,
            "to move them: sluis flow migrate {flow} --begin {id} --checksum {checksum}{way}"
        );
    }
    text
}

fn word(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

fn number(value: &Value, key: &str) -> u64 {
    value[key].as_u64().unwrap_or_default()
}

/// Tells of one step, and how many stay there.
fn place_of(text: &mut String, place: &Value) -> u64 {
    let step = place["step"].as_str().unwrap_or("(not begun)");
    let (mut parts, mut stay) = (Vec::new(), 0);
    for (key, what) in [("moves", "move"), ("under_way", "move after their attempt")] {
        match number(place, key) {
            0 => {}
            count => parts.push(format!("{count} {what}")),
        }
    }
    for (why, count) in place["stays"].as_object().into_iter().flatten() {
        stay += count.as_u64().unwrap_or_default();
        parts.push(format!("{count} stay ({})", why.replace('_', " ")));
    }
    let version = number(place, "version");
    let _ = writeln!(text, "version {version}, {step}: {}", parts.join(", "));
    stay
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(would_move: u64) -> Value {
        json!({
            "stage": "checked", "flow": "storno", "to_version": 3, "id": "ab", "checksum": "cd", "would_move": would_move,
            "shown": [{ "version": 2, "step": "sms", "moves": would_move, "stays": { "no_such_step": 3 } }],
            "stayed": [{ "id": "01", "text": "the new version has no step of this name" }]
        })
    }

    #[test]
    fn the_command_that_moves_them_asks_the_engine_that_was_asked() {
        let told = shown(&checked(2), " --url http://127.0.0.1:9/ --key-env OOST");
        assert_eq!(
            told,
            "version 2, sms: 2 move, 3 stay (no such step)\n\
             stays: 01: the new version has no step of this name\nand 2 more stay\n\
             2 would move to version 3 of storno; nothing has moved\n\
             to move them: sluis flow migrate storno --begin ab --checksum cd --url http://127.0.0.1:9/ --key-env OOST\n"
        );
    }

    #[test]
    fn where_nothing_would_move_there_is_nothing_to_begin() {
        assert!(!shown(&checked(0), "").contains("to move them"));
    }
}
