//! Owns the erasure of one tenant (AVG, art. 17) for an engine that does not run: what forbids it, the
//! record that it happened, the destruction of the key. Nothing of the tenant is in memory then. Refuses
//! while somebody still needs the data, and while some of it could be read all the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use sluis_actors::Book;
use sluis_journal::{Batch, DiskJournal, Journal, Options, Sequence, Shard};
use sluis_model::{Control, ControlRecord, Erased, Record, TenantKey, Timestamp};

use super::archived::plain_entries;
use super::checkpoints::SealedCheckpoints;
use super::known::{About, Known, Scan, check_hold};
use super::refusal::Refusal;
use super::start::{Sealing, open};
use crate::config::{Config, Corporation};
use crate::data_version;
use crate::intake::line_problem;

/// Longest `by` and `why`: they stay in the journal.
pub(crate) const MOST_TEXT: usize = 200;

/// Whom to erase, and who says so.
#[derive(Clone, Debug)]
pub struct Order {
    /// Name of the corporation.
    pub corporation: String,
    /// The corporation's number for the tenant.
    pub tenant: String,
    /// Who asks, as they name themselves. Not the tenant: it stays readable.
    pub by: String,
    /// Why, in their words. It stays readable too.
    pub why: String,
}

/// What was erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// As it stands in the journal.
    pub erased: Erased,
    /// Keys that were destroyed.
    pub keys: usize,
    /// Whether the key of what is about several tenants went too, because the tenant is named there.
    pub shared: bool,
}

/// Erases a tenant. The engine must not run.
///
/// # Errors
/// What forbids it; another process uses the data directory; nothing is known of the tenant; damage.
pub fn erase(
    config: &Config,
    environment: &BTreeMap<String, String>,
    order: &Order,
    now: Timestamp,
) -> anyhow::Result<Report> {
    let corporation = corporation(config, order)?;
    check_texts(order)?;
    check_hold(corporation, &order.tenant)?;
    let key = TenantKey::new(corporation.id, &*order.tenant);
    data_version::check(&config.engine.data_dir)?;
    match plain_entries(config, environment, &key)? {
        0 => {}
        plain => return Err(Refusal::PlainEntries(plain).into()),
    }
    let path = config.engine.data_dir.join("journal");
    let options = Options {
        existing: true,
        ..config.journal_options()
    };
    let (journal, _) = DiskJournal::open(&path, options)?;
    let book = Book::load(&journal, Vec::new());
    let book = book.map_err(|problems| anyhow::anyhow!("{}", problems[0]))?;
    let on_fatal = Arc::new(|error| tracing::error!(%error, "the file of keys failed"));
    let sealing = open(config, environment, &journal, &(on_fatal as _))?;
    let sealing = sealing.ok_or(Refusal::NotEncrypted)?;
    let journal: Arc<dyn Journal> = Arc::new(journal);
    let about = About {
        key: key.clone(),
        store: sealing.store.clone(),
        book: Arc::new(book),
        only: None,
    };
    let known = Scan::of(about).whole(&*journal);
    let written = known.and_then(|known| {
        let erased = allowed(&known, &sealing, corporation, &key, order)?;
        let sequence = record(&*journal, &key, &erased, now)?;
        Ok((known.is_named(), erased, sequence))
    });
    // First the record, durable when this returns, then the key: nobody would know why the rest cannot
    // be read. A start finds the record, should the key be left.
    journal.close()?;
    let report = written.and_then(|(shared, erased, sequence)| {
        forget_checkpoints(
            &*journal,
            &sealing.checkpoints,
            (&key, shared),
            sequence,
            now,
        )?;
        let keys = sealing.store.erase(&key, now)?;
        if shared {
            sealing
                .store
                .erase(&TenantKey::new(key.corporation, ""), now)?;
        }
        Ok(Report {
            erased,
            keys,
            shared,
        })
    });
    sealing.stop();
    report
}

/// They stand in the journal for as long as the tenant is known to be erased: as the API takes them.
fn check_texts(order: &Order) -> anyhow::Result<()> {
    for (option, text) in [("--by", &order.by), ("--why", &order.why)] {
        ensure!(
            line_problem(option, text, 1, MOST_TEXT).is_none(),
            "{option} {text:?}: expected a line of 1 to {MOST_TEXT} bytes for the record"
        );
    }
    Ok(())
}

fn corporation<'a>(config: &'a Config, order: &Order) -> anyhow::Result<&'a Corporation> {
    let mut corporations = config.corporations.iter();
    let corporation = corporations.find(|corporation| corporation.name == order.corporation);
    corporation.with_context(|| {
        let names = config.corporations.iter();
        let names: Vec<&str> = names.map(|corporation| &*corporation.name).collect();
        format!(
            "--corporation {:?}: expected the name of one in the configuration: {}",
            order.corporation,
            names.join(", ")
        )
    })
}

/// What is written, when nothing forbids it.
fn allowed(
    known: &Known,
    sealing: &Sealing,
    corporation: &Corporation,
    key: &TenantKey,
    order: &Order,
) -> anyhow::Result<Erased> {
    ensure!(
        known.is_anything() || sealing.store.has_key(key),
        "nothing is known of this tenant: he was erased before, or the number is another one"
    );
    known.check(corporation)?;
    if known.is_in_household() {
        return Err(Refusal::InHousehold.into());
    }
    Ok(known.erased(sealing.store.tag(key), key, (&order.by, &order.why)))
}

/// Hands the record to the journal, and gives its number. It is durable when that is closed.
fn record(
    journal: &dyn Journal,
    key: &TenantKey,
    erased: &Erased,
    at: Timestamp,
) -> anyhow::Result<Sequence> {
    let shard = Shard(key.shard(journal.shards()).0);
    let last = journal.last(shard);
    let control = Control::Erased(Box::new(erased.clone()));
    let mut batch = Batch::new(shard, last.next());
    batch.push_with(|buffer| Record::Control(ControlRecord { at, control }).encode(buffer))?;
    journal
        .try_append(batch, last)
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(last.next())
}

/// No checkpoint can be read any more that has something of the tenant: those of his shard, and of every
/// shard when something about several tenants names him.
fn forget_checkpoints(
    journal: &dyn Journal,
    checkpoints: &SealedCheckpoints,
    (key, shared): (&TenantKey, bool),
    erased: Sequence,
    at: Timestamp,
) -> anyhow::Result<()> {
    let own = Shard(key.shard(journal.shards()).0);
    checkpoints.forget(key.corporation, own, erased, at)?;
    let others = (0..journal.shards()).map(Shard);
    for shard in others.filter(|shard| shared && *shard != own) {
        checkpoints.forget(key.corporation, shard, journal.durable(shard), at)?;
    }
    Ok(())
}
