//! Owns where `sluis archive` finds the keys of a sealed archive. Refuses to keep them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sluis_archive::Archive;

use super::place::{Place, Reached};
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
    /// Whether it was said where they are.
    pub(super) const fn is_asked(&self) -> bool {
        self.config.is_some()
    }

    /// The archive there.
    ///
    /// # Errors
    /// There is none, it is damaged, the configuration is wrong, or the keys cannot be read.
    pub(super) fn open(
        &self,
        place: &Place,
        reached: &Reached,
        environment: &BTreeMap<String, String>,
    ) -> anyhow::Result<Archive> {
        // Keys of what is sealed are durable before it is: they are read second.
        let archive = Archive::look(reached.store.clone())?;
        ensure_sealed_once(archive.tip().volume > 0, place)?;
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

/// A place without a volume is another place, or an archive that is too new to have one.
///
/// # Errors
/// There is none.
pub(super) fn ensure_sealed_once(is_any: bool, place: &Place) -> anyhow::Result<()> {
    anyhow::ensure!(
        is_any,
        "{place}: no archive is there, it has no volume: look whether the path, or bucket and prefix, are right; in a data directory it is \
         the folder `archive`. An engine seals its first volume after archive.volume_max_age, and when it stops"
    );
    Ok(())
}
