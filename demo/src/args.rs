//! Owns the options of the demo. Refuses to run anything.

use std::path::PathBuf;

/// Options of the demo.
#[derive(Clone, Debug, clap::Args)]
pub struct DemoArgs {
    /// Keep serving afterwards, on the demo's address, with the clock running at its usual pace
    #[arg(long)]
    pub keep: bool,
    /// Another seed: other households, other returns, other payments
    #[arg(long, value_name = "NUMBER", default_value_t = sluis_loadtest::demo::SEED)]
    pub seed: u64,
    /// Where the journal stands; must be new. Without it, a temporary directory
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}
