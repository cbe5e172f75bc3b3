//! Owns the start of encryption from the configuration: corporations' keys are fetched, the file of
//! keys is opened. Refuses a data directory that has keys when none is configured.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use sluis_archive::Veil;
use sluis_journal::{DiskJournal, Journal};
use sluis_keys::{KeyStore, StoreOptions};

use super::checkpoints::SealedCheckpoints;
use super::erasures::TenantErasures;
use super::journal::SealedJournal;
use super::keeper::Keeper;
use super::place::{NAME, path};
use super::rows::RowSeal;
use super::veil::TenantVeil;
use super::wrapping::wrapping;
use crate::config::Config;

/// What must be told when nothing can be sealed any more.
pub(super) type OnFatal = Arc<dyn Fn(String) + Send + Sync>;

/// Encryption of a running engine.
#[derive(Debug)]
pub struct Sealing {
    pub(super) store: Arc<KeyStore>,
    pub(super) checkpoints: Arc<SealedCheckpoints>,
    keeper: Keeper,
}

/// Opens the file of keys of a data directory whose journal is open; none when no corporation has a key.
/// Runs the programs that give keys. The journal keeps the number of the file: a start with a new one, or
/// with another's, would find out late that nothing can be read.
///
/// # Errors
/// A key cannot be fetched or does not open what it must; the file of keys is gone, damaged or that of
/// another data directory; keys were used here and none is configured.
pub fn open(
    config: &Config,
    environment: &BTreeMap<String, String>,
    journal: &DiskJournal,
    on_fatal: &OnFatal,
) -> anyhow::Result<Option<Sealing>> {
    let path = path(&config.engine.data_dir);
    let wrapping = wrapping(config, environment)?;
    let kept = journal.kept(NAME)?;
    if wrapping.is_empty() {
        ensure!(
            kept.is_none() && !path.exists(),
            "{}: this data directory is encrypted, and no corporation has data_keys: configure them",
            path.display()
        );
        return Ok(None);
    }
    let shown = path.display().to_string();
    ensure!(
        kept.is_none() || path.exists(),
        "{shown}: the file of keys is gone, and without it nothing can be read: put it back from the newest copy"
    );
    let store = KeyStore::open(&path, wrapping, StoreOptions::default());
    let store = store.with_context(|| shown.clone())?;
    match kept {
        Some(kept) => ensure!(
            kept == store.number(),
            "{shown}: the file of keys belongs to another data directory: put back the one that was here"
        ),
        None => journal.keep(NAME, &store.number())?,
    }
    store.tend()?;
    let store = Arc::new(store);
    let fatal = on_fatal.clone();
    let keeper = Keeper::start(store.clone(), move |error| fatal(error))?;
    let checkpoints = SealedCheckpoints::new(store.clone());
    Ok(Some(Sealing {
        store,
        checkpoints,
        keeper,
    }))
}

impl Sealing {
    /// The journal whose content is sealed.
    ///
    /// # Errors
    /// What was stored in plain text and is not needed cannot be removed.
    pub fn journal(
        &self,
        inner: Arc<dyn Journal>,
        on_fatal: OnFatal,
    ) -> anyhow::Result<Arc<dyn Journal>> {
        let (store, checkpoints) = (self.store.clone(), self.checkpoints.clone());
        let sealed = SealedJournal::new(inner, store, checkpoints, move |error| {
            on_fatal(error);
        });
        sealed.forget_checkpoints()?;
        Ok(Arc::new(sealed))
    }

    /// What seals the archive's entries.
    #[must_use]
    pub fn veil(&self) -> Arc<dyn Veil> {
        Arc::new(TenantVeil::new(self.store.clone()))
    }

    /// What seals the rows of mailings.
    #[must_use]
    pub fn rows(&self) -> RowSeal {
        RowSeal::of(self.store.clone())
    }

    /// Who destroys the keys of erased tenants.
    pub(crate) fn erasures(&self) -> Arc<TenantErasures> {
        let (store, checkpoints) = (self.store.clone(), self.checkpoints.clone());
        Arc::new(TenantErasures::new(store, checkpoints))
    }

    /// The whole journal was read: keys that are still nobody's may be used.
    ///
    /// # Errors
    /// The file of keys cannot be read.
    pub fn settle(&self) -> anyhow::Result<()> {
        Ok(self.store.settle()?)
    }

    /// Ends its thread; everything that is known of keys is durable then.
    pub fn stop(&self) {
        self.keeper.stop();
    }
}
