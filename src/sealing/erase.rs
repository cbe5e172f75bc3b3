//! Owns the erasure of one tenant (AVG, art. 17): what forbids it, the record that it happened, the
//! destruction of the key. For an engine that does not run: nothing of the tenant is in memory then.
//! Refuses while somebody still needs the data, and while some of it could be read all the same.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use sluis_actors::{Book, EndingsPack};
use sluis_journal::{Batch, DiskJournal, Journal, JournalError, Options, Sequence, Shard};
use sluis_keys::{KeyStore, Tag};
use sluis_model::codec::{CodecError, FrameKind, take_frame};
use sluis_model::{
    Applied, Assembly, Carried, Control, ControlRecord, Erased, Input, Intent, NotificationId,
    Record, Tenant, TenantKey, TenantRecord, Timestamp, evolve, finish,
};

use super::archived::plain_entries;
use super::checkpoints::SealedCheckpoints;
use super::endings;
use super::record as sealed_record;
use super::start::open;
use crate::config::{Config, Corporation};
use crate::data_version;

/// Whom to erase, and who says so.
#[derive(Clone, Debug)]
pub struct Order {
    /// Name of the corporation.
    pub corporation: String,
    /// The corporation's number for the tenant.
    pub tenant: String,
    /// Who asks, as they name themselves. Not the tenant: it stays readable.
    pub by: String,
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
    let key = tenant(config, order)?;
    data_version::check(&config.engine.data_dir)?;
    let plain = plain_entries(config, environment, &key)?;
    ensure!(
        plain == 0,
        "refused: {plain} entries of the archive were written before encryption began, and no key makes them unreadable. Wait until \
         the archive has them no more"
    );
    let path = config.engine.data_dir.join("journal");
    let options = Options {
        existing: true,
        ..config.journal_options()
    };
    let (journal, _) = DiskJournal::open(&path, options)?;
    let book = Book::load(&journal, Vec::new());
    let book = book.map_err(|problems| anyhow::anyhow!("{}", problems[0]))?;
    let on_fatal = Arc::new(|error| tracing::error!(%error, "the file of keys failed"));
    let sealing = open(config, environment, &journal, &(on_fatal as _))?.context(
        "no corporation has data_keys: nothing is encrypted, so there is no key to destroy",
    )?;
    let journal: Arc<dyn Journal> = Arc::new(journal);
    let known = Known::read(&*journal, &sealing.store, &key, &book);
    let written = known.and_then(|known| {
        known.check(sealing.store.has_key(&key))?;
        known.check_holds(config, &key)?;
        let erased = known.erased(sealing.store.tag(&key), &key, order);
        let sequence = record(&*journal, &key, &erased, now)?;
        Ok((known.named, erased, sequence))
    });
    // First the record, durable when this returns, then the key: nobody would know why the rest cannot
    // be read.
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

/// The tenant, unless a legal hold keeps him.
fn tenant(config: &Config, order: &Order) -> anyhow::Result<TenantKey> {
    let mut corporations = config.corporations.iter();
    let corporation = corporations.find(|corporation| corporation.name == order.corporation);
    let corporation = corporation.with_context(|| {
        format!(
            "{:?}: no corporation of the configuration has this name",
            order.corporation
        )
    })?;
    ensure!(
        !corporation.legal_holds.contains(&order.tenant),
        "refused: a legal hold keeps what is known of this tenant (corporation.{}.legal_holds). It ends when the number is taken out \
         of the list",
        corporation.name
    );
    Ok(TenantKey::new(corporation.id, &*order.tenant))
}

/// What the journal says of a tenant.
#[derive(Default)]
struct Known {
    state: Tenant,
    pieces: Assembly,
    /// Records about this tenant alone.
    records: u64,
    /// Those that are not encrypted.
    plain: u64,
    /// Endings of his in the table that are not encrypted.
    plain_endings: u64,
    notifications: BTreeSet<NotificationId>,
    /// What they and facts are about, as `legal_hold_subjects` has it.
    subjects: BTreeSet<String>,
    /// Whether something about several tenants names this one.
    named: bool,
    /// Intents of the corporation that are not done, by shard and number.
    intents: BTreeSet<(u16, u64)>,
}

impl Known {
    fn read(
        journal: &dyn Journal,
        store: &Arc<KeyStore>,
        key: &TenantKey,
        book: &Book,
    ) -> anyhow::Result<Self> {
        let mut known = Self::default();
        let (mut plain, mut failure) = (Vec::new(), None);
        for shard in (0..journal.shards()).map(Shard) {
            journal.replay(shard, journal.first(shard), &mut |sequence, frame| {
                plain.clear();
                let opened = sealed_record::open(store, (shard, sequence), frame, &mut plain);
                let read = opened.map_err(anyhow::Error::from).and_then(|()| {
                    known.take(
                        (shard, sequence),
                        frame,
                        Record::decode(&plain)?,
                        (key, book),
                    )
                });
                match read {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(error) => {
                        failure = Some(error.context(format!("shard {shard}, record {sequence}")));
                        ControlFlow::Break(())
                    }
                }
            })?;
            known.endings(journal, shard, key)?;
        }
        failure.map_or(Ok(known), Err)
    }

    /// Counts what the table has of him and is not encrypted.
    fn endings(
        &mut self,
        journal: &dyn Journal,
        shard: Shard,
        key: &TenantKey,
    ) -> Result<(), JournalError> {
        let (from, to) = EndingsPack::keys();
        journal.visit(shard, &from, &to, &mut |value| {
            if let Ok(pack) = EndingsPack::of(value.to_vec()) {
                let plain = endings::plain(&pack);
                let tenants = plain.iter().filter_map(|body| EndingsPack::tenant(body));
                self.plain_endings += tenants.filter(|tenant| tenant == key).count() as u64;
            }
            ControlFlow::Continue(())
        })
    }

    fn take(
        &mut self,
        (shard, sequence): (Shard, Sequence),
        frame: &[u8],
        record: Record,
        (key, book): (&TenantKey, &Book),
    ) -> anyhow::Result<()> {
        match record {
            Record::Tenant(record) if record.tenant == *key => {
                self.count(frame)?;
                self.decided(sequence.0, &record, book);
            }
            Record::Stored(piece) if piece.tenant == *key => {
                self.count(frame)?;
                if let Some(whole) = self.pieces.take(sequence.0, *piece) {
                    self.state = whole.state;
                }
            }
            Record::Control(record) => self.control(shard, record, key),
            Record::Tenant(_) | Record::Stored(_) | Record::Gone(_) => {}
        }
        Ok(())
    }

    fn count(&mut self, frame: &[u8]) -> Result<(), CodecError> {
        self.records += 1;
        self.plain += u64::from(take_frame(FrameKind::Record, frame)?.key == 0);
        Ok(())
    }

    fn decided(&mut self, sequence: u64, record: &TenantRecord, book: &Book) {
        let mut subject = None;
        if let Input::Notify(notification) = &record.input {
            subject = notification.subject.as_ref();
        }
        if let Input::Fact(fact) = &record.input {
            subject = fact.subject.as_ref();
        }
        let named = subject.map(|subject| format!("{}/{}", subject.kind, subject.id));
        self.subjects.extend(named);
        let applied = Applied {
            sequence,
            at: record.at,
            input: &record.input,
        };
        for event in &record.events {
            self.notifications.extend(event.notification());
            drop(evolve(&mut self.state, applied, event, book));
        }
        finish(&mut self.state, sequence);
    }

    fn control(&mut self, shard: Shard, record: ControlRecord, key: &TenantKey) {
        match record.control {
            Control::IntentOpened { intent, work } => {
                let corporation = match &work {
                    Intent::Each { tenants, .. } => {
                        self.named |= tenants.contains(key);
                        tenants.first().map(|tenant| tenant.corporation)
                    }
                    Intent::CancelSubject { corporation, .. } => Some(*corporation),
                };
                if corporation == Some(key.corporation) {
                    self.intents.insert((shard.0, intent));
                }
            }
            Control::IntentDone { intent } => {
                self.intents.remove(&(shard.0, intent));
            }
            Control::Carried(carried) => {
                if let Carried::Strays(strays) = &*carried {
                    let is_his = |tenant: &str| tenant == &*key.tenant;
                    let mut facts = strays.facts.iter();
                    self.named |= strays.corporation == Some(key.corporation)
                        && facts.any(|fact| is_his(&fact.tenant));
                }
            }
            // These name no tenant.
            Control::Pause(_)
            | Control::Resume(_)
            | Control::Unexplained { .. }
            | Control::StrayDismissed { .. }
            | Control::Erased(_) => {}
        }
    }

    /// What forbids it.
    fn check(&self, has_key: bool) -> anyhow::Result<()> {
        ensure!(
            self.records > 0 || has_key,
            "nothing is known of this tenant: he was erased before, or the number is another one"
        );
        if let Some(open) = self.state.open.iter().next() {
            bail!(
                "refused: {} notifications are open, the first is {}: let them end, or cancel them",
                self.state.open.iter().count(),
                open.id
            );
        }
        if let Some(cents) = self.owes() {
            bail!(
                "refused: an obligation is open, {cents} cents are owed. What proves a claim may be kept (AVG art. 17, 3 under e). When \
                 it is settled, report the balance or the open amount as zero"
            );
        }
        ensure!(
            self.plain == 0,
            "refused: {} of {} records were written before encryption began, and no key makes them unreadable. Wait until they are \
             older than journal.keep_for and have gone",
            self.plain,
            self.records
        );
        ensure!(
            self.plain_endings == 0,
            "refused: {} endings in the table were written before encryption began. If no record has gone yet, move the folder \
             journal/table away: a start makes it again, encrypted",
            self.plain_endings
        );
        ensure!(
            !self.named || self.intents.is_empty(),
            "refused: a fact or a cancellation for several tenants is under way. Start the engine, which finishes it, and try again"
        );
        Ok(())
    }

    /// A hold on a subject keeps the tenant whom it concerns.
    fn check_holds(&self, config: &Config, key: &TenantKey) -> anyhow::Result<()> {
        let own = |corporation: &&Corporation| corporation.id == key.corporation;
        let corporation = config.corporations.iter().find(own);
        let mut held = corporation
            .into_iter()
            .flat_map(|it| &it.legal_hold_subjects);
        if let Some(subject) = held.find(|subject| self.subjects.contains(*subject)) {
            bail!(
                "refused: a legal hold on {subject} keeps what is known of this tenant (corporation.legal_hold_subjects). It ends when \
                 the subject is taken out of the list"
            );
        }
        Ok(())
    }

    /// What the tenant owes, when it is more than nothing.
    fn owes(&self) -> Option<i64> {
        let told = self.state.told.as_deref()?;
        let balance = told.balance.map(|(cents, _)| cents);
        let subjects = told.subjects.iter().filter_map(|money| {
            let (cents, _) = money.open?;
            Some(cents.saturating_sub(money.paid_cents))
        });
        balance.into_iter().chain(subjects).find(|cents| *cents > 0)
    }

    /// What stays of the tenant.
    fn erased(&self, tag: Tag, key: &TenantKey, order: &Order) -> Erased {
        Erased {
            corporation: key.corporation,
            tenant: tag.0,
            by: order.by.as_str().into(),
            records: self.records,
            notifications: self.notifications.len() as u64,
        }
    }
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
