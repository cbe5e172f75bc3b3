//! Owns `sluis flow migrate`: asks a running engine, over its API, what a migration would move, begins what was shown, and
//! follows it. Refuses to begin what nobody looked at: the checksum of what was shown does it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use super::config::Reply;
use super::told::told;

/// The environment variable that usually holds the corporation's key.
const KEY: &str = "SLUIS_API_KEY";
/// Where an engine usually listens.
const URL: &str = "http://127.0.0.1:8080";
/// Longest answer that is read.
const MOST_ANSWER_BYTES: usize = 4 << 20;
/// Longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(60);
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
    /// Where the engine listens
    #[arg(long, value_name = "URL", default_value = URL)]
    url: Uri,
    /// The environment variable that holds the corporation's key
    #[arg(long, value_name = "NAME", default_value = KEY)]
    key_env: String,
}

/// Runs it. `env` is the environment of the process.
#[must_use]
pub(super) fn run(args: &MigrateArgs, env: &BTreeMap<String, String>) -> Reply {
    match asked(args, env) {
        Ok(Ok(answer)) => Reply::good(shown(&answer)),
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
    let authority = args
        .url
        .authority()
        .context("--url: expected http://HOST:PORT")?;
    anyhow::ensure!(
        args.url.scheme_str() == Some("http"),
        "--url: expected http://HOST:PORT; over TLS, call the API with curl"
    );
    let engine = Remote {
        base: format!("http://{authority}"),
        key: env.get(&args.key_env).map(|key| key.trim().to_owned()),
        client: Client::builder(TokioExecutor::new()).build_http(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(engine.does(args))
}

/// An engine that runs.
struct Remote {
    base: String,
    key: Option<String>,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Remote {
    async fn does(&self, args: &MigrateArgs) -> anyhow::Result<Result<Value, Reply>> {
        let by = &args.by;
        let (path, body) = match (&args.begin, &args.cancel) {
            (Some(id), _) => {
                let body = json!({ "by": by, "checksum": args.checksum });
                (format!("/v1/migrations/{}/begin", plain(id)?), body)
            }
            (None, Some(id)) => (
                format!("/v1/migrations/{}/cancel", plain(id)?),
                json!({ "by": by }),
            ),
            (None, None) => {
                let path = format!("/v1/flows/{}/migrations", plain(&args.flow)?);
                (path, json!({ "to": args.to, "by": by }))
            }
        };
        let (status, mut answer) = self.call(Method::POST, &path, Some(&body)).await?;
        if !status.is_success() {
            return Ok(Err(refused(status, &answer)));
        }
        while matches!(answer["stage"].as_str(), Some("checking" | "running")) {
            tokio::time::sleep(EVERY).await;
            let id = answer["id"].as_str().unwrap_or_default().to_owned();
            let (status, now) = self
                .call(Method::GET, &format!("/v1/migrations/{id}"), None)
                .await?;
            if !status.is_success() {
                return Ok(Err(refused(status, &now)));
            }
            answer = now;
        }
        Ok(Ok(answer))
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<(StatusCode, Value)> {
        let uri: Uri = format!("{}{path}", self.base).parse()?;
        let mut request = Request::builder().method(method).uri(&uri);
        if let Some(key) = &self.key {
            request = request.header(AUTHORIZATION, format!("Bearer {key}"));
        }
        let body = match body {
            Some(body) => {
                request = request.header(CONTENT_TYPE, "application/json");
                Bytes::from(serde_json::to_vec(body)?)
            }
            None => Bytes::new(),
        };
        let request = request.body(Full::from(body)).context("expected a key")?;
        let call = async {
            let answer = self.client.request(request).await?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), MOST_ANSWER_BYTES)
                .collect()
                .await;
            let body = body.map_err(anyhow::Error::from_boxed)?.to_bytes();
            anyhow::Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
        };
        let done = tokio::time::timeout(PATIENCE, call).await;
        done.context("no answer in time")?
            .with_context(|| format!("{}: the engine does not answer", self.base))
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

/// How a migration stands, a line for each step.
fn shown(answer: &Value) -> String {
    let word = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let number = |value: &Value, key: &str| value[key].as_u64().unwrap_or_default();
    let (stage, id, flow) = (
        word(answer, "stage"),
        word(answer, "id"),
        word(answer, "flow"),
    );
    let to = number(answer, "to_version");
    let mut text = String::new();
    let places = match stage.as_str() {
        "checked" => &answer["shown"],
        _ => &answer["left"],
    };
    for place in places.as_array().into_iter().flatten() {
        let step = place["step"].as_str().unwrap_or("(not begun)");
        let mut parts = Vec::new();
        for (key, what) in [("moves", "move"), ("under_way", "move after their attempt")] {
            match number(place, key) {
                0 => {}
                count => parts.push(format!("{count} {what}")),
            }
        }
        for (why, count) in place["stays"].as_object().into_iter().flatten() {
            parts.push(format!("{count} stay ({})", why.replace('_', " ")));
        }
        let version = number(place, "version");
        let _ = writeln!(text, "version {version}, {step}: {}", parts.join(", "));
    }
    for stayed in answer["stayed"].as_array().into_iter().flatten() {
        let (id, why) = (word(stayed, "id"), word(stayed, "text"));
        let _ = writeln!(text, "stays: {id}: {why}");
    }
    let (moved, gone) = (number(answer, "moved"), number(answer, "gone"));
    let _ = match stage.as_str() {
        "checked" => writeln!(
            text,
            "{} would move to version {to} of {flow}; nothing has moved\nto move them: sluis flow migrate {flow} --begin {id} --checksum {}",
            number(answer, "would_move"),
            word(answer, "checksum")
        ),
        _ => writeln!(
            text,
            "{stage}: {moved} moved to version {to} of {flow}, {gone} ended before they could"
        ),
    };
    text
}
