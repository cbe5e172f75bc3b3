//! `sluis-loadtest run` and `tenants`: options to a plan, progress to stderr, the report to stdout.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use sluis_loadtest::clock;
use sluis_loadtest::run::{
    AckWriter, Endpoint, HttpTarget, LaneMix, Maker, NdjsonTarget, OnProgress, Pace, Plan, Progress, Report, RunError, Shape,
    Stop, Target, load_tenants,
};

use super::Done;

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Mode {
    /// One notification per request.
    Http,
    /// Batches of rows.
    Ndjson,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RunArguments {
    /// The engine.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    target: String,
    /// The way in.
    #[arg(long, value_enum, default_value = "http")]
    mode: Mode,
    /// Notifications a second on a fixed schedule, or `max` for as fast as the connections allow.
    #[arg(long, default_value = "1000")]
    rate: String,
    /// How long fresh notifications arrive.
    #[arg(long, required_unless_present = "count")]
    seconds: Option<f64>,
    /// How many notifications.
    #[arg(long)]
    count: Option<u64>,
    /// Connections kept open.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Rows per request in ndjson mode.
    #[arg(long, default_value_t = 500)]
    batch: usize,
    /// The flow.
    #[arg(long, default_value = "notice")]
    flow: String,
    /// The category.
    #[arg(long, default_value = "information")]
    category: String,
    /// Kind of the subject; its id is the idempotency key.
    #[arg(long, default_value = "message")]
    subject_kind: String,
    /// Tenants to spread over, loaded before with `tenants --count`.
    #[arg(long, default_value_t = 1000)]
    tenants: u64,
    /// `urgent`, `normal`, `bulk`, `mix` (5/45/50), or shares such as urgent=1,bulk=9.
    #[arg(long, default_value = "normal")]
    lane: String,
    /// The notification's data; {filler} becomes text of --body-bytes bytes, {n} its number.
    #[arg(long, default_value = r#"{"title":"Werkzaamheden aan uw woning","text":"{filler}"}"#)]
    data: String,
    /// Length of {filler}.
    #[arg(long, default_value_t = 1024)]
    body_bytes: usize,
    /// Not before, RFC 3339.
    #[arg(long)]
    send_after: Option<String>,
    /// Not after, RFC 3339.
    #[arg(long)]
    expires_at: Option<String>,
    /// Must be the engine's.
    #[arg(long, default_value = "production")]
    environment: String,
    /// Start of the idempotency keys; the present time when left out.
    #[arg(long)]
    run_id: Option<String>,
    /// API key.
    #[arg(long, env = "SLUIS_LOADTEST_KEY", hide_env_values = true)]
    key: Option<String>,
    /// Offer 429, 503 and unanswered ones again, with the same key.
    #[arg(long)]
    retry: bool,
    /// How long after the last arrival to keep offering again.
    #[arg(long, default_value_t = 60.0)]
    drain_seconds: f64,
    /// Append acknowledged ids here as they come.
    #[arg(long)]
    ids_out: Option<PathBuf>,
    /// Also write the report here.
    #[arg(long)]
    report: Option<PathBuf>,
    /// No progress on stderr.
    #[arg(long)]
    quiet: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct TenantArguments {
    /// The engine.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    target: String,
    /// How many.
    #[arg(long, default_value_t = 1000)]
    count: u64,
    /// API key.
    #[arg(long, env = "SLUIS_LOADTEST_KEY", hide_env_values = true)]
    key: Option<String>,
}

pub(crate) async fn run(arguments: RunArguments) -> Done {
    let endpoint = Endpoint::new(&arguments.target, arguments.key.as_deref())?;
    let plan = plan(&arguments)?;
    let report = match arguments.mode {
        Mode::Http => drive(plan, HttpTarget { endpoint }).await?,
        Mode::Ndjson => drive(plan, NdjsonTarget { endpoint, batch: arguments.batch }).await?,
    };
    let line = serde_json::to_string(&report)?;
    println!("{line}");
    if let Some(path) = &arguments.report {
        std::fs::write(path, line + "\n")?;
    }
    if report.delivered_something() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("nothing was acknowledged: this run has failed");
    Ok(ExitCode::FAILURE)
}

async fn drive(plan: Plan, target: impl Target) -> Result<Report, RunError> {
    let stop_on_signal = |stop: Stop| {
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                stop.stop();
            }
        });
    };
    sluis_loadtest::run::run(plan, target, stop_on_signal).await
}

fn plan(arguments: &RunArguments) -> Result<Plan, RunError> {
    let pace = match arguments.rate.as_str() {
        "max" => Pace::Max,
        text => match text.parse::<f64>() {
            Ok(rate) if rate > 0.0 && rate.is_finite() => Pace::PerSecond(rate),
            _ => return Err(RunError::Option { option: "--rate", value: text.into(), expected: "a number above 0, or max" }),
        },
    };
    let shape = Shape {
        run_id: arguments.run_id.clone().unwrap_or_else(|| format!("run{}", clock::wall_ms())),
        flow: arguments.flow.clone(),
        category: arguments.category.clone(),
        subject_kind: arguments.subject_kind.clone(),
        tenants: arguments.tenants,
        lanes: LaneMix::parse(&arguments.lane)?,
        data: arguments.data.clone(),
        body_bytes: arguments.body_bytes,
        send_after: arguments.send_after.clone(),
        expires_at: arguments.expires_at.clone(),
        environment: arguments.environment.clone(),
    };
    let show = |progress: &Progress| {
        let [accepted, duplicate, conflict, too_many, unavailable, other, connection] = progress.answers;
        eprintln!(
            "{:>5.0} s  {:>9.0}/s  accepted {accepted}  duplicate {duplicate}  409 {conflict}  429 {too_many}  503 {unavailable}  other {other}  connection {connection}",
            progress.seconds, progress.acked_per_second
        );
    };
    Ok(Plan {
        maker: Maker::new(shape)?,
        pace,
        count: arguments.count,
        lasts: seconds("--seconds", arguments.seconds)?,
        connections: arguments.connections,
        retry: arguments.retry,
        drain: seconds("--drain-seconds", Some(arguments.drain_seconds))?.unwrap_or_default(),
        acks: arguments.ids_out.as_deref().map(AckWriter::open).transpose()?,
        progress: (!arguments.quiet).then(|| Box::new(show) as OnProgress),
    })
}

fn seconds(option: &'static str, value: Option<f64>) -> Result<Option<Duration>, RunError> {
    value
        .map(|seconds| {
            let fail = |_| RunError::Option { option, value: seconds.to_string(), expected: "seconds, 0 or more" };
            Duration::try_from_secs_f64(seconds).map_err(fail)
        })
        .transpose()
}

pub(crate) async fn tenants(arguments: TenantArguments) -> Done {
    let endpoint = Endpoint::new(&arguments.target, arguments.key.as_deref())?;
    for report in load_tenants(endpoint, arguments.count).await? {
        println!("{}", report.trim_end());
    }
    Ok(ExitCode::SUCCESS)
}
