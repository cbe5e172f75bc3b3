//! Owns how the archive of an engine is opened and its thread started, from the configuration. Refuses
//! an archive of another data directory.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use sluis_actors::{Book, Preparer, ProviderSetup, Spool};
use sluis_archive::{Archive, Store};
use sluis_journal::{Journal, Shard};
use sluis_model::{Clock, ReferenceKey};

use super::again::MakeAgain;
use super::follower::Follower;
use super::outputs::Outputs;
use super::running::Archiving;
use crate::config::Config;

/// What the archive of an engine is opened with.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    /// Whether there is one, where, and when volumes are sealed.
    pub config: &'a Config,
    /// What it follows.
    pub journal: &'a Arc<dyn Journal>,
    /// Definitions, to make messages again.
    pub book: &'a Arc<Book>,
    /// The engine's secret, for the same.
    pub reference: &'a ReferenceKey,
    /// Providers, for the same.
    pub providers: &'a [ProviderSetup],
    /// The clock.
    pub clock: &'a Arc<dyn Clock>,
    /// Keys of an object store stand there.
    pub environment: &'a BTreeMap<String, String>,
}

impl std::fmt::Debug for Around<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Around").finish_non_exhaustive()
    }
}

/// Room for copies of what leaves, when that is kept.
#[must_use]
pub fn spool(config: &Config) -> Option<Arc<Spool>> {
    let archive = &config.archive;
    archive
        .enabled
        .then(|| Arc::new(Spool::new(archive.spool_max_bytes)))
}

/// Opens the archive and starts to follow the journal; none when that is off.
///
/// # Errors
/// The archive cannot be opened, or is that of another data directory.
pub fn start(
    around: Around<'_>,
    spool: Option<&Arc<Spool>>,
) -> anyhow::Result<Option<Arc<Archiving>>> {
    let Some(spool) = spool else {
        return Ok(None);
    };
    let config = around.config;
    let store = store(around)?;
    let place = store.shown().to_owned();
    let archive = Archive::open(store, config.engine.shards, config.archive_limits())
        .with_context(|| format!("{place}: the archive cannot be opened"))?;
    not_ahead(&archive, &**around.journal).with_context(|| place)?;
    let archive = Arc::new(archive);
    let outputs = Outputs::new(spool.clone(), again(around));
    let (journal, clock) = (around.journal.clone(), around.clock);
    let follower = Follower::new(journal.clone(), archive.clone(), clock.clone(), outputs);
    let archiving = Archiving::start(follower, archive, journal, clock)?;
    Ok(Some(Arc::new(archiving)))
}

/// An archive that is ahead of the journal has records that the journal lost. The journal would give
/// their sequences to others, and those would never be archived.
fn not_ahead(archive: &Archive, journal: &dyn Journal) -> anyhow::Result<()> {
    for shard in 0..journal.shards() {
        let (passed, last) = (archive.passed(shard), journal.last(Shard(shard)).0);
        anyhow::ensure!(
            passed <= last,
            "the archive has shard {shard} up to sequence {passed}, the journal up to {last}: the data directory is an older copy; \
             keep this archive and give the engine a new one (archive.directory or archive.url)"
        );
    }
    Ok(())
}

/// What makes messages again.
fn again(around: Around<'_>) -> MakeAgain {
    let preparer = Preparer::new(
        around.journal.clone(),
        around.book.clone(),
        around.reference.clone(),
        around.config.cards(),
    );
    let by_name = |setup: &ProviderSetup| {
        let provider = setup.provider.clone();
        (provider.name().to_owned(), provider)
    };
    MakeAgain::new(preparer, around.providers.iter().map(by_name).collect())
}

/// A directory, or a bucket.
fn store(around: Around<'_>) -> anyhow::Result<Store> {
    let Some(url) = &around.config.archive.url else {
        let directory = around.config.archive_directory();
        return Ok(Store::directory(directory)?);
    };
    let runtime = tokio::runtime::Handle::try_current()?;
    let options = around.environment.iter();
    let options = options.map(|(name, value)| (name.as_str(), value.as_str()));
    Ok(Store::s3(url, options, runtime)?)
}
