//! `sluis-loadtest run`: options to a plan, progress to stderr, the report to stdout. Refuses to
//! call a run good that delivered nothing: its exit code says so.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use sluis_loadtest::clock;
use sluis_loadtest::run::{
    AckWriter, BinaryOptions, BinaryTarget, Endpoint, HttpTarget, LaneMix, Maker, NdjsonTarget,
    OnProgress, Pace, Plan, Progress, Report, RunError, Shape, Stop, Target,
};

use super::Done;
use super::record::ResultArguments;
use super::watch::{SampleArguments, Sampler};

/// How long ctrl-c leaves to what is under way.
const GRACE: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Mode {
    /// One notification per request.
    Http,
    /// Batches of rows.
    Ndjson,
    /// Frames of rows on the binary port, several under way on a connection.
    Binary,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RunArguments {
    /// The engine.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    target: String,
    /// Its binary port, for --mode binary.
    #[arg(long, default_value = "127.0.0.1:8081")]
    target_binary: String,
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
    /// Connections kept open; 64, in binary mode 4, when left out.
    #[arg(long)]
    connections: Option<usize>,
    /// Rows per request in ndjson mode (500 when left out), per frame in binary mode (64). At a
    /// fixed rate a batch leaves when its last row is due, and the wait of the others is counted.
    #[arg(long)]
    batch: Option<usize>,
    /// Frames of a connection that may wait for answers, in binary mode. The engine's credit bounds
    /// them too.
    #[arg(long, default_value_t = 32)]
    frames: usize,
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
    #[arg(
        long,
        default_value = r#"{"title":"Werkzaamheden aan uw woning","text":"{filler}"}"#
    )]
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
    #[command(flatten)]
    result: ResultArguments,
    #[command(flatten)]
    sampling: SampleArguments,
    /// No progress on stderr.
    #[arg(long)]
    quiet: bool,
}

pub(crate) async fn run(arguments: RunArguments) -> Done {
    let endpoint = Endpoint::new(&arguments.target, arguments.key.as_deref())?;
    let mut plan = plan(&arguments)?;
    let sampler = arguments.sampling.start(&arguments.target)?;
    plan.progress = progress(&arguments, sampler.as_ref());
    let report = match arguments.mode {
        Mode::Http => drive(plan, HttpTarget { endpoint }).await?,
        Mode::Ndjson => {
            drive(
                plan,
                NdjsonTarget {
                    endpoint,
                    batch: arguments.batch.unwrap_or(500),
                },
            )
            .await?
        }
        Mode::Binary => drive(plan, binary(&arguments)).await?,
    };
    if let Some(sampler) = sampler {
        sampler.finish().await?;
    }
    let line = serde_json::to_string(&report)?;
    println!("{line}");
    if let Some(path) = &arguments.report {
        std::fs::write(path, line + "\n")?;
    }
    if !report.delivered_something() {
        eprintln!("nothing was acknowledged: this run has failed");
        return Ok(ExitCode::FAILURE);
    }
    // A run that failed or was broken off leaves no figure behind.
    if report.interrupted {
        eprintln!("interrupted: nothing goes to the results");
        return Ok(ExitCode::FAILURE);
    }
    arguments.result.append(
        report.mode,
        report.durability,
        serde_json::to_value(&report)?,
    )?;
    Ok(ExitCode::SUCCESS)
}

fn binary(arguments: &RunArguments) -> BinaryTarget {
    BinaryTarget::new(BinaryOptions {
        addr: arguments.target_binary.clone(),
        key: arguments.key.clone().unwrap_or_default(),
        connections: arguments.connections(),
        rows_per_frame: arguments.batch.unwrap_or(64),
        frames_under_way: arguments.frames.max(1),
    })
}

impl RunArguments {
    fn connections(&self) -> usize {
        self.connections
            .unwrap_or(if matches!(self.mode, Mode::Binary) {
                4
            } else {
                64
            })
    }
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
            _ => {
                return Err(RunError::Option {
                    option: "--rate",
                    value: text.into(),
                    expected: "a number above 0, or max",
                });
            }
        },
    };
    let shape = Shape {
        run_id: arguments
            .run_id
            .clone()
            .unwrap_or_else(|| format!("run{}", clock::wall_ms())),
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
    Ok(Plan {
        maker: Maker::new(shape)?,
        pace,
        count: arguments.count,
        lasts: seconds("--seconds", arguments.seconds)?,
        connections: arguments.connections(),
        retry: arguments.retry,
        drain: seconds("--drain-seconds", Some(arguments.drain_seconds))?.unwrap_or_default(),
        grace: GRACE,
        acks: arguments
            .ids_out
            .as_deref()
            .map(AckWriter::open)
            .transpose()?,
        progress: None,
    })
}

/// What is called once a second: the lines on stderr, the samples, both or neither.
fn progress(arguments: &RunArguments, sampler: Option<&Sampler>) -> Option<OnProgress> {
    let quiet = arguments.quiet;
    let note = sampler.map(Sampler::note);
    if quiet && note.is_none() {
        return None;
    }
    Some(Box::new(move |progress| {
        if !quiet {
            show(progress);
        }
        if let Some(note) = &note {
            note(progress);
        }
    }))
}

fn show(progress: &Progress) {
    let [
        accepted,
        duplicate,
        conflict,
        too_many,
        unavailable,
        other,
        connection,
    ] = progress.answers;
    eprintln!(
        "{:>5.0} s  {:>9}/s  p99 {:>8.1} ms  accepted {accepted}  duplicate {duplicate}  409 {conflict}  429 {too_many}  503 {unavailable}  other {other}  connection {connection}",
        progress.seconds, progress.window.count, progress.window.p99_ms
    );
}

fn seconds(option: &'static str, value: Option<f64>) -> Result<Option<Duration>, RunError> {
    value
        .map(|seconds| {
            let fail = |_| RunError::Option {
                option,
                value: seconds.to_string(),
                expected: "seconds, 0 or more",
            };
            Duration::try_from_secs_f64(seconds).map_err(fail)
        })
        .transpose()
}
