//! Owns the demo, the main job from end to end: returned direct debits of a housing corporation
//! go in over the real API, mail and text messages go out to sinks that behave like the world, days
//! pass in seconds, and three independent books are balanced at the end. Refuses a real provider,
//! another machine, and a good end without balanced books.

mod api;
mod args;
mod books;
mod driver;
mod ends;
mod fast;
mod files;
mod inputs;
mod journal_book;
mod keep;
mod live;
mod oracle;
mod people;
mod print;
mod schedule;
mod stage;
mod story;
mod time;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use sluis_loadtest::sink::Stats;
use sluis_model::Channel;

pub use args::DemoArgs;
pub use books::Check;
pub use driver::{OnProgress, Progress};
pub use fast::{FastArgs, serve_fast};
pub use files::{Balance, Files, Payment, Return};
pub use journal_book::Tally;
pub use live::{LiveArgs, live, play};

use driver::Driver;
use ends::Account;
use inputs::InputBook;
use story::Story;

/// What the demo found.
#[derive(Debug)]
pub struct Report {
    /// Everything that must be so, and whether it is.
    pub checks: Vec<Check>,
    /// How far things went.
    pub tally: Tally,
    /// Real time it took.
    pub took: Duration,
    inputs: InputBook,
    verdicts: BTreeMap<(Channel, String, &'static str), u64>,
    stats: Stats,
    ends: BTreeMap<(String, String), usize>,
    people: BTreeMap<(String, String), usize>,
    story: Option<Story>,
    steps: usize,
}

impl Report {
    /// Whether the three books balance.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        self.checks.iter().all(Check::is_good)
    }
}

/// Runs the demo.
#[must_use]
pub fn main(args: DemoArgs) -> ExitCode {
    log();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            print::failed(&anyhow::Error::new(error).context("no runtime"));
            return ExitCode::FAILURE;
        }
    };
    let ended = runtime.block_on(shown(args));
    runtime.shutdown_timeout(Duration::from_secs(1));
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            print::failed(&error);
            ExitCode::FAILURE
        }
    }
}

/// Runs the demo on `files` and ends everything it started. For tests.
///
/// # Errors
/// The engine failed, or nothing moved any more.
pub async fn run(files: Files, progress: OnProgress<'_>) -> anyhow::Result<Report> {
    let monotonic = sluis::clock::monotonic();
    let began = monotonic();
    let mut driver = Driver::start(files, None).await?;
    driver.run(progress).await?;
    let report = report(&mut driver, Duration::from_nanos(monotonic() - began)).await?;
    driver.stage.stop().await?;
    Ok(report)
}

async fn shown(args: DemoArgs) -> anyhow::Result<bool> {
    let monotonic = sluis::clock::monotonic();
    let began = monotonic();
    let mut driver = Driver::start(Files::of_seed(args.seed)?, args.data_dir).await?;
    print::opening(&driver.stage, &driver.files);
    let mut meter = print::Meter::new();
    let ran = driver.run(&mut |progress| meter.tell(progress)).await;
    meter.finish();
    ran?;
    let report = report(&mut driver, Duration::from_nanos(monotonic() - began)).await?;
    print::report(&report);
    if args.keep {
        print::keeping(&driver.stage, report.story.as_ref());
        keep::serve(&mut driver).await?;
    }
    driver.stage.stop().await?;
    Ok(report.is_balanced())
}

async fn report(driver: &mut Driver, took: Duration) -> anyhow::Result<Report> {
    let account = Account::read(&driver.stage.api).await?;
    let rows = driver.stage.sinks.book().rows();
    let checks = books::Books::new(driver, &account, &rows).checks();
    let story = Story::fetch(driver).await?;
    let (mut ends, mut people) = (BTreeMap::new(), BTreeMap::new());
    for note in driver.journal.notes.values() {
        if let Some(end) = note.ends.first() {
            *ends.entry(end.clone()).or_default() += 1;
        }
        if let Some(task) = &note.task {
            *people.entry(task.clone()).or_default() += 1;
        }
    }
    Ok(Report {
        checks,
        tally: driver.journal.tally(),
        took,
        inputs: std::mem::take(&mut driver.inputs),
        verdicts: driver.journal.verdicts.clone(),
        stats: driver.stage.sinks.book().stats(),
        ends,
        people,
        story,
        steps: driver.steps,
    })
}

/// Only what is wrong, on stderr: the demo tells the rest itself.
fn log() {
    let filter = tracing_subscriber::EnvFilter::new("error");
    // A test may have set one up already.
    drop(
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .try_init(),
    );
}
