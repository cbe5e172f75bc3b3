//! Owns where `sluis archive` finds the keys of a sealed archive. Refuses to keep them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sluis_archive::Archive;

use super::place::Reached;
use crate::config::{CliOverrides, Config};
use crate::sealing;

/// Where the keys are.
#[derive(Debug, Default, clap::Args)]
pub struct Keys {
    /// Configuration file of the engine: it says where the keys of a sealed archive are. Without it,
    /// of a sealed entry only what is not sealed is shown.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Keys {
    /// The archive there.
    ///
    /// # Errors
    /// It is damaged, the configuration is wrong, or the keys cannot be read.
    pub(super) fn open(
        &self,
        reached: &Reached,
        environment: &BTreeMap<String, String>,
    ) -> anyhow::Result<Archive> {
        // Keys of what is sealed are durable before it is: they are read second.
        let archive = Archive::look(reached.store.clone())?;
        let Some(file) = &self.config else {
            return Ok(archive);
        };
        let loaded = Config::load(Some(file), environment, &CliOverrides::default());
        let config = loaded
            .map_err(|problems| anyhow::anyhow!("{problems}"))?
            .config;
        match sealing::look(&config, environment)? {
            Some(veil) => Ok(archive.veiled(veil)),
            None => Ok(archive),
        }
    }
}
