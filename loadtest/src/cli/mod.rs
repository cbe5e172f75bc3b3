//! One file per subcommand: its options, and the call into the library. Refuses logic of its own.

pub(crate) mod ask;
pub(crate) mod demo;
pub(crate) mod flood;
pub(crate) mod households;
pub(crate) mod ledger;
pub(crate) mod record;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod sink;
pub(crate) mod table;
pub(crate) mod tenants;
pub(crate) mod until;
pub(crate) mod watch;

use std::error::Error;
use std::process::ExitCode;

/// What a subcommand ends in.
pub(crate) type Done = Result<ExitCode, Box<dyn Error>>;
