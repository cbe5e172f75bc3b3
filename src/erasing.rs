//! Owns the erasure of a tenant while the engine runs (AVG, art. 17), from the first look to the moment
//! at which his key is gone. Refuses what `sluis erase` refuses, and to hold up anybody: what reads much
//! is done in pieces beside the arbiters, and only his own messages wait, for two syncs of the disk.
//!
//! 1. His newest record is asked for; archive and counters must have taken it.
//! 2. What the journal says of him is read from its frames, and every rule is asked.
//! 3. His shard looks once more whether something was written meanwhile, writes the record of the
//!    erasure and forgets him. From here on a crash leaves the rest to the next start.
//! 4. The key is destroyed, durably, while nobody writes the table.
//! 5. What came for him meanwhile is taken, as about somebody new.

mod households;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use sluis_actors::{
    Book, Engine, EraseOrder, Erasure, FoundErasure, Query, Readers, ShardAnswer, ShardRequest,
};
use sluis_journal::Journal;
use sluis_model::{Erased, TenantKey, Timestamp};
use tokio::sync::{oneshot, watch};

use crate::archive::Archiving;
use crate::ask::ask;
use crate::config::{Config, Corporation};
use crate::counters::Counters;
use crate::sealing::{
    About, Known, Refusal, Scan, TenantErasures, check_hold, count_plain, plain_entries,
};
use crate::telemetry::names;

/// Erasures that are under way or wait for their turn.
const MOST_AT_ONCE: usize = 16;
/// How often he is looked at, because something was written about him meanwhile.
const MOST_LOOKS: usize = 4;

/// How long it waits when the shard was busy.
const AGAIN: Duration = Duration::from_millis(10);

/// Tells how many entries of a tenant an archive has that are not sealed, when the engine does not use
/// it.
type Archived = Arc<dyn Fn(&TenantKey) -> anyhow::Result<u64> + Send + Sync>;

/// Who works beside the engine: the archive, where there is one, the counters, the readers.
pub(crate) type Beside<'a> = (
    &'a Option<Arc<Archiving>>,
    &'a Arc<Counters>,
    &'a Arc<Readers>,
);

/// What it works with.
pub(crate) struct Parts {
    engine: Arc<Engine>,
    /// The journal as it lies on the disk.
    raw: Arc<dyn Journal>,
    keys: Arc<TenantErasures>,
    book: Arc<Book>,
    /// With their legal holds.
    corporations: Vec<Corporation>,
    archiving: Option<Arc<Archiving>>,
    archived: Archived,
    counters: Arc<Counters>,
    readers: Arc<Readers>,
    on_fatal: Arc<dyn Fn(String) + Send + Sync>,
}

impl Parts {
    /// For these corporations.
    pub(crate) fn new(
        config: &Config,
        environment: BTreeMap<String, String>,
        (raw, keys, book): (Arc<dyn Journal>, Arc<TenantErasures>, Arc<Book>),
        engine: Arc<Engine>,
        (archiving, counters, readers): Beside<'_>,
        on_fatal: Arc<dyn Fn(String) + Send + Sync>,
    ) -> Self {
        let corporations = config.corporations.clone();
        let config = config.clone();
        Self {
            engine,
            raw,
            keys,
            book,
            corporations,
            archiving: archiving.clone(),
            archived: Arc::new(move |key| plain_entries(&config, &environment, key)),
            counters: counters.clone(),
            readers: readers.clone(),
            on_fatal,
        }
    }
}

/// Whom to erase, who says so, and why.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) tenant: TenantKey,
    pub(crate) by: String,
    pub(crate) why: String,
}

/// A tenant was erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) at: Timestamp,
    /// Records that can be read no more.
    pub(crate) records: u64,
    /// Notifications that they were about.
    pub(crate) notifications: u64,
    /// Whether that was before, and nothing was done now.
    pub(crate) before: bool,
}

impl Done {
    const fn of(at: Timestamp, record: &Erased, before: bool) -> Self {
        Self {
            at,
            records: record.records,
            notifications: record.notifications,
            before,
        }
    }
}

/// Why a tenant was not erased. Nothing was done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotErased {
    /// A rule forbids it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Nothing is known of him.
    #[error("nothing is known of this tenant")]
    Unknown,
    /// The archive is away.
    #[error("the archive is away")]
    ArchiveAway,
    /// Archive or counters have not yet everything that was decided about him.
    #[error("the archive or the counters are behind")]
    Behind,
    /// Too many others are erased, or too much happens to him.
    #[error("the engine is busy")]
    Busy,
    /// Something cannot be read.
    #[error("{0}")]
    Failed(String),
}

/// What became of it; none: it is under way.
pub(crate) type Ended = Option<Result<Done, NotErased>>;

/// Erases tenants of a running engine, one after the other.
pub struct Erasing {
    parts: Parts,
    under_way: Mutex<HashMap<TenantKey, watch::Receiver<Ended>>>,
    /// Of whoever is at work.
    turn: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for Erasing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Erasing").finish_non_exhaustive()
    }
}

impl Erasing {
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            parts,
            under_way: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// Begins to erase a tenant, or joins whoever does. It goes on when nobody waits.
    ///
    /// # Errors
    /// [`NotErased::Busy`].
    pub(crate) fn begin(self: &Arc<Self>, wish: Wish) -> Result<watch::Receiver<Ended>, NotErased> {
        let mut under_way = self.under_way.lock();
        if let Some(known) = under_way.get(&wish.tenant) {
            return Ok(known.clone());
        }
        if under_way.len() >= MOST_AT_ONCE {
            return Err(NotErased::Busy);
        }
        let (sender, receiver) = watch::channel(None);
        under_way.insert(wish.tenant.clone(), receiver.clone());
        drop(under_way);
        let all = self.clone();
        tokio::spawn(async move {
            let leaving = Leaving(&all, &wish.tenant);
            let ended = all.erase(&wish).await;
            say(&ended);
            drop(leaving);
            drop(sender.send(Some(ended)));
        });
        Ok(receiver)
    }

    async fn erase(&self, wish: &Wish) -> Result<Done, NotErased> {
        let _turn = self.turn.lock().await;
        self.leave_households(wish).await?;
        self.erase_one(wish).await
    }

    async fn erase_one(&self, wish: &Wish) -> Result<Done, NotErased> {
        let tenant = &wish.tenant;
        let corporation = self.corporation(tenant)?;
        check_hold(corporation, &tenant.tenant)?;
        for _ in 0..MOST_LOOKS {
            let seen = self.newest(tenant).await?;
            if seen == 0 && !self.parts.keys.store().has_key(tenant) {
                return self.before(tenant);
            }
            self.is_followed(tenant).await?;
            let known = self.look(tenant).await?;
            known.check(corporation)?;
            if known.is_named() {
                return Err(Refusal::NamedWithOthers.into());
            }
            // A start that finds the record must know whose the key is.
            let store = self.parts.keys.store().clone();
            blocking(move || store.sync()).await?.map_err(failed)?;
            match self.order(wish, seen, &known).await? {
                Some(found) => return self.finish(tenant, found).await,
                None => continue,
            }
        }
        Err(NotErased::Busy)
    }

    fn corporation(&self, tenant: &TenantKey) -> Result<&Corporation, NotErased> {
        let mut corporations = self.parts.corporations.iter();
        let own = |corporation: &&Corporation| corporation.id == tenant.corporation;
        // One that came while the engine runs has no key before the next start.
        let corporation = corporations
            .find(own)
            .ok_or(NotErased::Refused(Refusal::NotEncrypted))?;
        match self.parts.keys.store().seals(corporation.id) {
            true => Ok(corporation),
            false => Err(Refusal::NotEncrypted.into()),
        }
    }

    /// Of whom nothing is known: perhaps he was erased before.
    fn before(&self, tenant: &TenantKey) -> Result<Done, NotErased> {
        let found = self.parts.keys.of(tenant).ok_or(NotErased::Unknown)?;
        Ok(Done::of(found.at, &found.record, true))
    }

    /// The sequence of his newest record, 0 for none, durable; unless something about him is not
    /// finished.
    async fn newest(&self, tenant: &TenantKey) -> Result<u64, NotErased> {
        let query = Query::Tenant(tenant.clone());
        let request = |reply| ShardRequest::Query { query, reply };
        match self.ask(tenant, request).await? {
            ShardAnswer::Snapshot(snapshot) => match snapshot.tenant.unfinished() {
                Some(unfinished) => Err(Refusal::Unfinished(unfinished).into()),
                None => Ok(snapshot.tenant.last),
            },
            _ => Ok(0),
        }
    }

    async fn ask(
        &self,
        tenant: &TenantKey,
        request: impl FnOnce(sluis_actors::Reply) -> ShardRequest,
    ) -> Result<ShardAnswer, NotErased> {
        let answer = ask(self.parts.engine.inbox_of(tenant), request).await;
        answer.map_err(|_| NotErased::Busy)
    }

    /// Waits until archive and counters have taken what is durable: whoever has a piece of it in memory
    /// when the key goes would seal it with a new one. And the archive must have nothing of him in
    /// plain.
    async fn is_followed(&self, tenant: &TenantKey) -> Result<(), NotErased> {
        let shard = tenant.shard(self.parts.engine.shards());
        let counters = self.parts.counters.clone();
        if !blocking(move || counters.catch_up()).await? {
            return Err(NotErased::Behind);
        }
        let key = tenant.clone();
        let plain = match &self.parts.archiving {
            Some(archiving) => {
                let archive = archiving.archive().ok_or(NotErased::ArchiveAway)?.clone();
                let archiving = archiving.clone();
                if !blocking(move || archiving.catch_up(shard)).await? {
                    return Err(NotErased::Behind);
                }
                let count = move || count_plain(&archive, &key).map_err(failed);
                self.read(tenant, count).await??
            }
            None => {
                let archived = self.parts.archived.clone();
                let count = move || archived(&key).map_err(failed);
                self.read(tenant, count).await??
            }
        };
        match plain {
            0 => Ok(()),
            plain => Err(Refusal::PlainEntries(plain).into()),
        }
    }

    /// What the journal says of him: read piece by piece, between which others have their turn.
    async fn look(&self, tenant: &TenantKey) -> Result<Known, NotErased> {
        let (store, book) = (self.parts.keys.store().clone(), self.parts.book.clone());
        let mut scan = Scan::of(About::known(tenant.clone(), store, book));
        loop {
            let raw = self.parts.raw.clone();
            let piece = move || {
                let is_all = scan.piece(&*raw);
                (scan, is_all)
            };
            let (read, is_all) = self.read(tenant, piece).await?;
            scan = read;
            if is_all.map_err(|error| NotErased::Failed(format!("{error:#}")))? {
                return Ok(scan.known());
            }
        }
    }

    /// Runs a piece of reading on the threads that are there for it.
    async fn read<T: Send + 'static>(
        &self,
        tenant: &TenantKey,
        piece: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotErased> {
        let (sender, receiver) = oneshot::channel();
        let work = Box::new(move || drop(sender.send(piece())));
        let taken = self.parts.readers.ask(tenant.corporation, work);
        taken.map_err(|_| NotErased::Busy)?;
        let lost = |_| NotErased::Failed("a reader failed".to_owned());
        receiver.await.map_err(lost)
    }

    /// Has his shard write the record and forget him; none: something was written about him since he was
    /// looked at.
    async fn order(
        &self,
        wish: &Wish,
        seen: u64,
        known: &Known,
    ) -> Result<Option<FoundErasure>, NotErased> {
        let tenant = &wish.tenant;
        let tag = self.parts.keys.store().tag(tenant);
        let record = known.erased(tag, tenant, (&wish.by, &wish.why));
        let order = Box::new(EraseOrder {
            tenant: tenant.clone(),
            seen,
            record: record.clone(),
            notifications: known.notifications(),
        });
        let request = |reply| ShardRequest::Erase { order, reply };
        match self.ask(tenant, request).await? {
            ShardAnswer::Erasure(Erasure::Written { sequence, at }) => Ok(Some(FoundErasure {
                shard: tenant.shard(self.parts.engine.shards()),
                sequence,
                at,
                record,
            })),
            ShardAnswer::Erasure(Erasure::Refused(unfinished)) => {
                Err(Refusal::Unfinished(unfinished).into())
            }
            _ => Ok(None),
        }
    }

    /// The record is durable: destroys the key, and lets his messages through.
    async fn finish(&self, tenant: &TenantKey, found: FoundErasure) -> Result<Done, NotErased> {
        // Answered by a later turn: what ended before the record is at the table by then.
        let echo = |reply| ShardRequest::Query {
            query: Query::Echo,
            reply,
        };
        // Also a shard that is busy or was rebuilt has had that turn when the answer comes, or when it
        // takes the next one.
        while self.ask(tenant, echo).await.is_err() {
            tokio::time::sleep(AGAIN).await;
        }
        let done = Done::of(found.at, &found.record, false);
        let (engine, keys, key) = (
            self.parts.engine.clone(),
            self.parts.keys.clone(),
            tenant.clone(),
        );
        let destroyed = blocking(move || engine.end_erasure(&key, || keys.destroy(&found))).await?;
        if let Err(error) = destroyed {
            // The next start finishes it; nobody may go on with a key that is to be gone.
            let why = format!("the key of an erased tenant cannot be destroyed: {error}");
            (self.parts.on_fatal)(why.clone());
            return Err(NotErased::Failed(why));
        }
        Ok(done)
    }
}

/// Takes an erasure out of those that are under way.
struct Leaving<'a>(&'a Erasing, &'a TenantKey);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.under_way.lock().remove(self.1);
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, NotErased> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| NotErased::Failed("a thread failed".to_owned()))
}

fn failed(error: impl std::fmt::Display) -> NotErased {
    NotErased::Failed(format!("{error:#}"))
}

/// Counts it, and says it to operators: without the tenant's number.
fn say(ended: &Result<Done, NotErased>) {
    let result = match ended {
        Ok(Done { before: true, .. }) | Err(NotErased::Unknown) => return,
        Ok(done) => {
            let (records, notifications) = (done.records, done.notifications);
            tracing::info!(
                records,
                notifications,
                "a tenant was erased: his key is destroyed"
            );
            "erased"
        }
        Err(NotErased::Refused(refusal)) => {
            tracing::info!(code = refusal.code(), "a tenant was not erased");
            "refused"
        }
        Err(error) => {
            tracing::error!(%error, "a tenant could not be erased");
            "failed"
        }
    };
    names::ERASURES.of(result).increment(1);
}
