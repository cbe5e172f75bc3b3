//! Owns how the archive of an engine is set up from the configuration. Refuses to open it: whoever follows
//! the log does.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use sluis_actors::{Book, Cards, Latest, Preparer, ProviderSetup, Spool};
use sluis_archive::{Store, Veil};
use sluis_journal::Journal;
use sluis_model::{Clock, ReferenceKey};

use super::again::MakeAgain;
use super::opening::{Opening, Place};
use super::outputs::Outputs;
use super::running::Archiving;
use crate::config::Config;
use crate::following::Bell;

/// What the archive of an engine is opened with.
#[derive(Clone)]
pub struct Around<'a> {
    /// Whether there is one, where, and when volumes are sealed.
    pub config: &'a Config,
    /// Corporations as their messages show them.
    pub cards: &'a Arc<Latest<Cards>>,
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
    /// What seals its entries, where a corporation has a key.
    pub veil: Option<Arc<dyn Veil>>,
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

/// The archive as one who follows the journal; none when that is off.
///
/// # Errors
/// The address of a bucket makes no sense.
pub(crate) fn add(
    bell: &mut Bell,
    around: Around<'_>,
    spool: Option<&Arc<Spool>>,
) -> anyhow::Result<Option<Arc<Archiving>>> {
    let Some(spool) = spool else {
        return Ok(None);
    };
    let place = place(&around)?;
    let journal: Arc<dyn Journal> = around.journal.clone();
    let outputs = Outputs::new(spool.clone(), again(&around));
    let limits = around.config.archive_limits();
    let data_dir = &around.config.engine.data_dir;
    let opening = Opening::new(place, limits, journal.clone(), around.veil, data_dir);
    let terms = around.config.archive_terms();
    let archiving = Archiving::add(bell, opening, outputs, terms, journal, around.clock);
    if let Some(stamps) = &around.config.archive.time_stamps {
        let authority = stamps.url.parse().context("archive.time_stamps.url")?;
        archiving.stamp(authority, stamps.every.0);
    }
    Ok(Some(Arc::new(archiving)))
}

/// What makes messages again.
fn again(around: &Around<'_>) -> MakeAgain {
    let preparer = Preparer::new(
        around.journal.clone(),
        around.book.clone(),
        around.reference.clone(),
        around.cards.clone(),
    );
    let by_name = |setup: &ProviderSetup| {
        let provider = setup.provider.clone();
        (provider.name().to_owned(), provider)
    };
    MakeAgain::new(preparer, around.providers.iter().map(by_name).collect())
}

/// A directory, or a bucket.
fn place(around: &Around<'_>) -> anyhow::Result<Place> {
    let Some(url) = &around.config.archive.url else {
        return Ok(Place::Directory(around.config.archive_directory()));
    };
    let runtime = tokio::runtime::Handle::try_current()?;
    let options = around.environment.iter();
    let options = options.map(|(name, value)| (name.as_str(), value.as_str()));
    Ok(Place::Bucket(Store::s3(url, options, runtime)?))
}
