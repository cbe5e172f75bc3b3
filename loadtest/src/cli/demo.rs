//! `sluis-loadtest demo-data`. Refuses to choose another place than the one given.

use std::path::PathBuf;
use std::process::ExitCode;

use sluis_loadtest::demo;

use super::Done;

#[derive(Debug, clap::Args)]
pub(crate) struct DemoArguments {
    /// Folder to write into.
    #[arg(long, default_value = "config/demo")]
    out: PathBuf,
    /// The same seed makes the same files.
    #[arg(long, default_value_t = demo::SEED)]
    seed: u64,
}

pub(crate) fn demo_data(arguments: &DemoArguments) -> Done {
    let data = demo::generate(arguments.seed);
    data.write(&arguments.out)?;
    for (name, text) in data.files() {
        println!(
            "{}: {} lines",
            arguments.out.join(name).display(),
            text.lines().count()
        );
    }
    Ok(ExitCode::SUCCESS)
}
