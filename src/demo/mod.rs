//! to come
use std::process::ExitCode;
/// Arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct DemoArgs {
    /// Keep serving afterwards.
    #[arg(long)]
    pub keep: bool,
}
/// Runs the demo.
pub fn main(_: DemoArgs) -> ExitCode { ExitCode::SUCCESS }
