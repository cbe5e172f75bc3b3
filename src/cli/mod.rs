//! Owns the command line: what can be asked for, exit codes, and everything printed. Refuses to do
//! the work itself.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the command line is the one place that talks to a person"
)]

mod archive;
mod archive_keys;
mod archive_of;
mod archive_process;
mod backup;
mod calling;
mod config;
mod erase;
mod explain;
mod flow;
mod journal;
mod mailing;
mod metrics;
mod migrate;
mod new_file;
mod place;
mod rehearse;
mod reload;
mod told;
mod trusting;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use sluis_model::Clock;
use tokio::runtime::Handle;

use self::config::{Reply, Source};
pub use self::rehearse::{Prepared, RunArgs as RehearsalArgs, prepare};
use self::told::told;
use crate::clock::SystemClock;
use crate::config::{Config, EXIT_CONFIG, LogFormat};
use crate::telemetry::Traces;

/// An output street for housing corporations.
#[derive(Debug, Parser)]
#[command(name = "sluis", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// What `sluis` can be asked for. Another command may have these beside its own.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve: take notifications in and get them to tenants.
    Serve(ServeArgs),
    /// The configuration: check it, print it, make a key.
    Config {
        /// What of it.
        #[command(subcommand)]
        what: config::ConfigCommand,
    },
    /// Flows before they run: check them.
    Flow {
        /// What of them.
        #[command(subcommand)]
        what: flow::FlowCommand,
    },
    /// Rehearse: what a mailing or a flow would do. Nothing is sent.
    Rehearse(Box<rehearse::RehearseArgs>),
    /// Mailings of a running engine: draft, select, preview, approve, release, account.
    Mailing(Box<mailing::MailingArgs>),
    /// The journal of a data directory that no process has open.
    Journal {
        /// What of it.
        #[command(subcommand)]
        what: journal::JournalCommand,
    },
    /// Copy a data directory while an engine uses it.
    Backup(backup::BackupArgs),
    /// Make a data directory of a copy. An engine that starts there pauses everything.
    Restore(backup::RestoreArgs),
    /// Erase a tenant: destroy the key of what was written about him. The engine must not run.
    Erase(erase::EraseArgs),
    /// The archive: check it, look into it.
    Archive {
        /// What of it.
        #[command(subcommand)]
        what: archive::ArchiveCommand,
    },
    /// Have a running engine read its configuration again: all of it is checked, then taken over.
    Reload(reload::ReloadArgs),
    /// Have a running engine explain a notification, a notification to a household, or a mailing.
    Explain(explain::ExplainArgs),
    /// List every metric with its meaning.
    Metrics,
}

/// How to serve.
#[derive(Clone, Debug, clap::Args)]
pub struct ServeArgs {
    /// Which configuration.
    #[command(flatten)]
    source: Source,
    /// Pauses everything before anything leaves, until an operator resumes it: for a restored data
    /// directory
    #[arg(long)]
    paused: bool,
}

/// Runs the command line and says how it went.
#[must_use]
pub fn main() -> ExitCode {
    crate::machine::use_ordinary_pages();
    Cli::parse().command.run()
}

impl Command {
    /// Does it and says how it went.
    #[must_use]
    pub fn run(self) -> ExitCode {
        match self {
            Self::Serve(args) => serve_by(&args, Arc::new(SystemClock)),
            Self::Config { what } => said(config::run(&what, &environment())),
            Self::Flow { what } => said(flow::run(&what, &environment())),
            Self::Rehearse(args) => said(rehearse::rehearse(&args, &environment())),
            Self::Mailing(args) => said(mailing::run(&args, &environment())),
            Self::Journal { what } => said(journal::run(&what)),
            Self::Backup(args) => said(backup::backup(&args, &environment())),
            Self::Restore(args) => said(backup::restored(&args, &environment())),
            Self::Erase(args) => said(erase::run(&args, &environment())),
            Self::Archive { what } => said(archive::run(&what, &environment())),
            Self::Reload(args) => said(reload::run(&args, &environment())),
            Self::Explain(args) => said(explain::run(&args, &environment())),
            Self::Metrics => said(metrics::run()),
        }
    }
}

fn said(said: Reply) -> ExitCode {
    let mut code = said.code;
    let mut err = said.err;
    if let Err(error) = put(&mut std::io::stdout().lock(), &said.out) {
        let _ = writeln!(err, "sluis: standard output: {error}");
        code = 1;
    }
    // Nobody is left to tell when this one fails.
    drop(put(&mut std::io::stderr().lock(), &err));
    ExitCode::from(code)
}

/// Writes a text. Whoever has read enough of it, as `head` does, is no failure.
fn put(to: &mut dyn std::io::Write, text: &str) -> std::io::Result<()> {
    let written = to.write_all(text.as_bytes()).and_then(|()| to.flush());
    match written {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Serves by this clock, and says how it went.
#[must_use]
pub fn serve_by(args: &ServeArgs, clock: Arc<dyn Clock>) -> ExitCode {
    let config = match args.source.load(&environment()) {
        Ok(loaded) => loaded.config,
        Err(problems) => {
            eprintln!("{problems}");
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => serve_on(runtime, config, args, clock),
        Err(error) => {
            eprintln!("no runtime: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve_on(
    runtime: tokio::runtime::Runtime,
    config: Config,
    args: &ServeArgs,
    clock: Arc<dyn Clock>,
) -> ExitCode {
    let traces = match traces(&config, runtime.handle()) {
        Ok(traces) => traces,
        Err(error) => {
            eprintln!("sluis: log.traces_to: {error:#}");
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    log(&config, traces.as_ref());
    let again = args.source.clone();
    let source = Box::new(move || Ok(again.load(&environment())?.config));
    let serving = crate::serve::run(config, environment(), clock, args.paused, source);
    let ended = runtime.block_on(serving);
    traces.iter().for_each(Traces::end);
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let error = told(&error);
            tracing::error!("{error}");
            eprintln!("sluis: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Where spans go, if the configuration says so.
fn traces(config: &Config, runtime: &Handle) -> anyhow::Result<Option<Traces>> {
    let to = |address: &String| Traces::to(address, config.log.traces_percent, runtime.clone());
    config.log.traces_to.as_ref().map(to).transpose()
}

/// Log lines go to stderr; answers of commands to stdout.
fn log(config: &Config, traces: Option<&Traces>) {
    use tracing_subscriber::{EnvFilter, Layer as _, prelude::*, registry};
    let filter = EnvFilter::try_new(&config.log.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    // Colours are for a terminal: in a file or a journal they are noise that no search finds its
    // way through.
    let colours = std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(colours)
        .with_writer(std::io::stderr);
    let lines = match config.log.format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    let set = match traces {
        // One filter for everything is the cheaper way.
        None => registry().with(lines).with(filter).try_init(),
        Some(traces) => registry()
            .with(lines.with_filter(filter))
            .with(traces.layer())
            .try_init(),
    };
    // A test may have set one up already.
    drop(set);
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind, Result, Write};

    use super::put;

    /// A place that takes nothing more.
    struct Full(ErrorKind);

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> Result<usize> {
            Err(Error::from(self.0))
        }

        fn flush(&mut self) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn whoever_has_read_enough_is_no_failure_and_a_full_disk_is() {
        assert!(put(&mut Full(ErrorKind::BrokenPipe), "x").is_ok());
        assert!(put(&mut Full(ErrorKind::StorageFull), "x").is_err());
        let mut out = Vec::new();
        assert!(put(&mut out, "all of it\n").is_ok());
        assert_eq!(out, b"all of it\n");
    }
}
