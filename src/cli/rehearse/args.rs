//! Owns what `sluis rehearse` is asked. Refuses to read it.

use std::path::PathBuf;

use super::super::config::Source;

/// What to rehearse.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct RehearseArgs {
    #[command(subcommand)]
    pub(super) what: Option<RehearseCommand>,
    #[command(flatten)]
    pub(super) run: RunArgs,
}

/// What else there is to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum RehearseCommand {
    /// Prints channel models measured from the records of an engine, or from the daily counters
    #[command(group(clap::ArgGroup::new("from").required(true)))]
    Model {
        /// The data directory of an engine that is stopped, or a copy of one
        #[arg(long, value_name = "DIR", group = "from")]
        from_history: Option<PathBuf>,
        /// An answer of GET /v1/counters
        #[arg(long, value_name = "FILE", group = "from")]
        counters: Option<PathBuf>,
    },
}

/// A rehearsal.
#[derive(Debug, clap::Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub(super) source: Source,
    /// Whose tenants: name of the corporation; needed
    #[arg(long, value_name = "NAME")]
    pub(super) corporation: Option<String>,
    /// storno, storno@CORPORATION for a corporation's own, or a file; needed
    #[arg(long)]
    pub(super) flow: Option<String>,
    /// Category of the notifications
    #[arg(long, default_value = "general")]
    pub(super) category: String,
    /// normal or bulk; urgent for messages that no mailing has
    #[arg(long, default_value = "bulk")]
    pub(super) priority: String,
    /// A tenant list; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(super) tenants: Vec<PathBuf>,
    /// Rows as those of a mailing; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(super) rows: Vec<PathBuf>,
    /// Who is in which household, one in each line; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(super) households: Vec<PathBuf>,
    /// Rows about households: each becomes one for everybody who is told; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(super) household_rows: Vec<PathBuf>,
    /// Every tenant of the lists gets one, instead of rows
    #[arg(long, conflicts_with_all = ["rows", "household_rows"])]
    pub(super) everyone: bool,
    /// Fields that every row has: a JSON object
    #[arg(long, value_name = "JSON", default_value = "{}")]
    pub(super) data: String,
    /// Facts, one in each line; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(super) facts: Vec<PathBuf>,
    /// Balances and declared facts are told again so often, such as 12h
    #[arg(long, value_name = "TIME")]
    pub(super) facts_again: Option<String>,
    /// The clock at the start, such as 2026-12-01T09:00:00+01:00; without it now
    #[arg(long, value_name = "INSTANT")]
    pub(super) starts: Option<jiff::Timestamp>,
    /// How long it is followed, such as 21d; without it 60d
    #[arg(long = "for", value_name = "TIME")]
    pub(super) span: Option<String>,
    /// Rows a minute; without it all at once
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) per_minute: Option<u32>,
    /// When rows are handed over, such as "mon-fri 09:00-17:00"; may be given several times
    #[arg(long = "window", value_name = "WINDOW")]
    pub(super) windows: Vec<String>,
    /// When calls are taken; may be given several times; without it mon-fri 08:00-17:00
    #[arg(long, value_name = "WINDOW")]
    pub(super) desk: Vec<String>,
    /// Calls that the desk can take in an hour
    #[arg(long, value_name = "CALLS")]
    pub(super) most_calls: Option<u64>,
    /// Channel models; without them those that are assumed
    #[arg(long, value_name = "FILE")]
    pub(super) model: Option<PathBuf>,
    /// Another seed than that of the models
    #[arg(long)]
    pub(super) seed: Option<u64>,
    /// Another flow for the same rows: what it would have done
    #[arg(long, value_name = "FLOW")]
    pub(super) against: Option<String>,
    /// Another configuration for the same rows: what it would have done
    #[arg(long, value_name = "FILE")]
    pub(super) against_config: Option<PathBuf>,
    /// Where report.html, counts.csv, exceptions.csv and summary.txt are written; the directory is made
    #[arg(long, value_name = "DIR")]
    pub(super) to: Option<PathBuf>,
}
