//! `sluis-loadtest ledger`: the three books in, a table out, non-zero when they differ.

use std::path::PathBuf;
use std::process::ExitCode;

use sluis_loadtest::ledger::{
    Books, Rules, read_acks, read_outcomes, read_sinks, reconcile, render,
};

use super::Done;

#[derive(Debug, clap::Args)]
pub(crate) struct LedgerArguments {
    /// Acknowledged ids (`run --ids-out`); may be given more than once.
    #[arg(long, required = true)]
    acks: Vec<PathBuf>,
    /// Sink ledgers (`sink --ledger`, or GET /__sink/ledger); may be given more than once.
    #[arg(long, required = true)]
    sink: Vec<PathBuf>,
    /// Saved answers of GET /v1/outcomes and GET /v1/notifications?state=…; may be given more than
    /// once.
    #[arg(long, required = true)]
    outcomes: Vec<PathBuf>,
    /// End states that claim a message left.
    #[arg(long, value_delimiter = ',', default_value = "sent,delivered")]
    sent_ends: Vec<String>,
    /// States in which the engine waits for somebody.
    #[arg(long, value_delimiter = ',', default_value = "held,task,in_doubt")]
    settled_states: Vec<String>,
    /// Start of the offered keys (`run --run-id`, with its dash): an accepted id whose ack was lost
    /// has one.
    #[arg(long)]
    offered_prefix: Option<String>,
    /// Most extra copies allowed at the sinks.
    #[arg(long, default_value_t = 0)]
    max_duplicates: u64,
    /// The engine is still working: open notifications are no difference.
    #[arg(long)]
    allow_open: bool,
}

pub(crate) fn ledger(arguments: &LedgerArguments) -> Done {
    let books = Books {
        acked: read_acks(&arguments.acks)?,
        sinks: read_sinks(&arguments.sink)?,
        outcomes: read_outcomes(&arguments.outcomes)?,
    };
    let rules = Rules {
        sent_ends: arguments.sent_ends.iter().cloned().collect(),
        settled_states: arguments.settled_states.iter().cloned().collect(),
        offered_prefix: arguments.offered_prefix.clone(),
        max_duplicates: arguments.max_duplicates,
        allow_open: arguments.allow_open,
    };
    let balance = reconcile(&books, &rules);
    print!("{}", render(&balance));
    Ok(if balance.is_balanced() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
