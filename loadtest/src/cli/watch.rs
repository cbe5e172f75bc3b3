//! `sluis-loadtest watch` and the samples of `run`: options, and the file they go to. Refuses to
//! hold up the generator: a sample for which there is no room is left out and counted.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sluis_loadtest::results::{ResultsError, append};
use sluis_loadtest::run::{Endpoint, Progress};
use sluis_loadtest::watch::{Sample, Watcher, follow};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::Done;

/// Samples that may wait to be written.
const WAITING: usize = 16;

#[derive(Debug, clap::Args)]
pub(crate) struct WatchArguments {
    /// The engine whose /metrics are read, such as http://127.0.0.1:8080.
    #[arg(long)]
    metrics: Option<String>,
    /// The engine's process.
    #[arg(long)]
    pid: Option<u32>,
    /// An operator's key, where the engine has keys.
    #[arg(long, env = "SLUIS_LOADTEST_OPERATOR_KEY", hide_env_values = true)]
    key: Option<String>,
    /// Where the samples go, one line of JSON a second.
    #[arg(long)]
    out: PathBuf,
    /// How long; until ctrl-c when left out.
    #[arg(long)]
    seconds: Option<u64>,
}

pub(crate) async fn watch(arguments: WatchArguments) -> Done {
    if arguments.metrics.is_none() && arguments.pid.is_none() {
        return Err("nothing to watch: expected --metrics, --pid or both".into());
    }
    let endpoint = arguments
        .metrics
        .as_deref()
        .map(|url| Endpoint::new(url, arguments.key.as_deref()))
        .transpose()?;
    let over = async {
        let time = async {
            match arguments.seconds {
                Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = time => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    let written = follow(Watcher::new(endpoint, arguments.pid), &arguments.out, over).await?;
    eprintln!("{written} samples in {}", arguments.out.display());
    Ok(if written > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

#[derive(Debug, clap::Args)]
pub(crate) struct SampleArguments {
    /// Append a sample a second to this file: rate and latency of that second, the engine's queues
    /// and memory.
    #[arg(long)]
    samples: Option<PathBuf>,
    /// The engine's process, for its memory.
    #[arg(long)]
    pid: Option<u32>,
    /// An operator's key for /metrics, where the engine has keys.
    #[arg(long, env = "SLUIS_LOADTEST_OPERATOR_KEY", hide_env_values = true)]
    operator_key: Option<String>,
}

/// Takes the generator's progress and writes samples beside it.
pub(crate) struct Sampler {
    /// `None` ends it: the generator keeps its half for longer than the run.
    to: mpsc::Sender<Option<Sample>>,
    left_out: Arc<AtomicU64>,
    writing: JoinHandle<Result<(), ResultsError>>,
}

impl SampleArguments {
    /// A sampler, if a file was named.
    pub(crate) fn start(
        &self,
        target: &str,
    ) -> Result<Option<Sampler>, Box<dyn std::error::Error>> {
        let Some(path) = self.samples.clone() else {
            return Ok(None);
        };
        let endpoint = Endpoint::new(target, self.operator_key.as_deref())?;
        let mut watcher = Watcher::new(Some(endpoint), self.pid);
        let (to, mut from) = mpsc::channel(WAITING);
        let writing = tokio::spawn(async move {
            while let Some(Some(sample)) = from.recv().await {
                append(&path, &watcher.look(sample).await)?;
            }
            Ok(())
        });
        Ok(Some(Sampler {
            to,
            left_out: Arc::default(),
            writing,
        }))
    }
}

impl Sampler {
    /// What a run calls once a second.
    pub(crate) fn note(&self) -> impl Fn(&Progress) + Send + Sync + 'static {
        let (to, left_out) = (self.to.clone(), self.left_out.clone());
        move |progress| {
            if to
                .try_send(Some(Sample::of_window(progress.seconds, &progress.window)))
                .is_err()
            {
                left_out.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Waits until everything noted is written. Call when the run is over.
    pub(crate) async fn finish(self) -> Result<(), Box<dyn std::error::Error>> {
        // Closed already when writing failed: the error comes with the next line.
        let _ = self.to.send(None).await;
        self.writing.await??;
        match self.left_out.load(Ordering::Relaxed) {
            0 => {}
            left_out => eprintln!(
                "{left_out} samples were left out: the disk or the engine was too slow for them"
            ),
        }
        Ok(())
    }
}
