//! Owns the migrations of an engine: who may see them, what people do with them, and that each change is durable before
//! anybody sees it. Refuses two of one flow at once.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use rand::RngCore as _;
use sluis_actors::Book;
use sluis_model::{Clock, CorporationId, Flow, FlowBook as _, FlowRef};
use tokio::sync::Notify;

use super::error::NotMigrated;
use super::stage::Stage;
use super::state::{Cursor, Migration, Said};
use super::store::{Store, directory};

/// Migrations of a corporation that are kept; of more, the oldest that are over go.
const MOST_KEPT: usize = 100;

/// The migrations of an engine.
pub struct Migrations {
    store: Store,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) book: Arc<Book>,
    entries: Mutex<BTreeMap<String, Migration>>,
    /// One change after the other: nobody who looks waits for the disk.
    writing: Mutex<()>,
    /// Rings when there is something to do.
    bell: Notify,
}

impl std::fmt::Debug for Migrations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Migrations").finish_non_exhaustive()
    }
}

impl Migrations {
    /// Opens those of a data directory. A look that was cut off begins again.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn open(
        data_dir: &Path,
        clock: &Arc<dyn Clock>,
        book: &Arc<Book>,
    ) -> std::io::Result<Arc<Self>> {
        let store = Store(directory(data_dir));
        let mut entries = BTreeMap::new();
        for mut migration in store.all()? {
            if migration.stage == Stage::Checking {
                migration.begin_pass();
            }
            entries.insert(migration.id.clone(), migration);
        }
        Ok(Arc::new(Self {
            store,
            clock: clock.clone(),
            book: book.clone(),
            entries: Mutex::new(entries),
            writing: Mutex::new(()),
            bell: Notify::new(),
        }))
    }

    /// Begins to look at what a migration to `to` would move: `latest`, or the number of the newest version.
    ///
    /// # Errors
    /// See [`NotMigrated`].
    pub fn make(
        &self,
        corporation: CorporationId,
        flow: &str,
        to: &str,
        by: &str,
    ) -> Result<Migration, NotMigrated> {
        let (reference, found) = self.current(corporation, flow)?;
        if to != "latest" && to != found.version.to_string() {
            let (asked, current) = (to.to_owned(), found.version);
            return Err(NotMigrated::NotCurrent { asked, current });
        }
        let _writing = self.writing.lock();
        self.none_of(corporation, flow, |one| one.stage.is_under_way())?;
        let mut bytes = [0; 16];
        rand::rng().fill_bytes(&mut bytes);
        let migration = Migration {
            id: format!("{:032x}", u128::from_be_bytes(bytes)),
            corporation,
            flow: flow.to_owned(),
            to: reference.to_string(),
            to_version: found.version,
            made: Said::now(by, self.clock.now()),
            stage: Stage::Checking,
            shown: Vec::new(),
            checksum: None,
            begun: None,
            ended: None,
            moved: 0,
            gone: 0,
            left: Vec::new(),
            stayed: Vec::new(),
            cursor: Cursor::default(),
            pending: Vec::new(),
            passes: 0,
        };
        self.keep(&migration)?;
        self.forget_old(corporation);
        Ok(migration)
    }

    /// Refuses where there is such a migration of the flow.
    fn none_of(
        &self,
        corporation: CorporationId,
        flow: &str,
        is_such: impl Fn(&Migration) -> bool,
    ) -> Result<(), NotMigrated> {
        let entries = self.entries.lock();
        let is_of = |one: &&Migration| one.corporation == corporation && one.flow == flow;
        match entries.values().filter(is_of).find(|one| is_such(one)) {
            Some(other) => Err(NotMigrated::UnderWay(other.id.clone())),
            None => Ok(()),
        }
    }

    /// Writes one, and then shows it. Durable on return.
    fn keep(&self, migration: &Migration) -> std::io::Result<()> {
        self.store.put(migration)?;
        let (id, shown) = (migration.id.clone(), migration.clone());
        self.entries.lock().insert(id, shown);
        self.bell.notify_one();
        Ok(())
    }

    /// Waits until there is something to do, at once if there is.
    pub async fn have_work(&self) {
        while !self.is_under_way() {
            self.bell.notified().await;
        }
    }

    fn is_under_way(&self) -> bool {
        let entries = self.entries.lock();
        entries.values().any(|one| one.stage.is_under_way())
    }

    /// The definition that new notifications get.
    fn current(
        &self,
        corporation: CorporationId,
        name: &str,
    ) -> Result<(FlowRef, &Flow), NotMigrated> {
        let reference = self.book.current(corporation, name);
        let found = reference.and_then(|reference| Some((reference, self.book.flow(reference)?)));
        found.ok_or_else(|| NotMigrated::UnknownFlow(self.book.names(corporation)))
    }

    fn forget_old(&self, corporation: CorporationId) {
        let newest_first = self.list(corporation);
        let old = newest_first.into_iter().skip(MOST_KEPT);
        for one in old.filter(|one| !one.stage.is_under_way()) {
            let id = one.id;
            match self.store.remove(&id) {
                Ok(()) => drop(self.entries.lock().remove(&id)),
                Err(error) => {
                    tracing::warn!(migration = id, %error, "an old migration could not be removed")
                }
            }
        }
    }

    /// One of the corporation.
    ///
    /// # Errors
    /// There is none of this number.
    pub fn get(&self, corporation: CorporationId, id: &str) -> Result<Migration, NotMigrated> {
        let entries = self.entries.lock();
        let found = entries.get(id).filter(|one| one.corporation == corporation);
        found.cloned().ok_or(NotMigrated::Unknown)
    }

    /// Those of the corporation, newest first.
    #[must_use]
    pub fn list(&self, corporation: CorporationId) -> Vec<Migration> {
        let entries = self.entries.lock();
        let own = entries
            .values()
            .filter(|one| one.corporation == corporation);
        let mut own: Vec<Migration> = own.cloned().collect();
        own.sort_by(|a, b| (b.made.at, &b.id).cmp(&(a.made.at, &a.id)));
        own
    }

    /// Begins what was shown.
    ///
    /// # Errors
    /// See [`NotMigrated`].
    pub fn begin(
        &self,
        corporation: CorporationId,
        id: &str,
        checksum: &str,
        by: &str,
    ) -> Result<Migration, NotMigrated> {
        let said = Said::now(by, self.clock.now());
        let _writing = self.writing.lock();
        let mut migration = self.get(corporation, id)?;
        migration.begin(checksum, said)?;
        self.none_of(corporation, &migration.flow, |one| {
            one.stage == Stage::Running
        })?;
        let current = self.book.current(corporation, &migration.flow);
        if current.map(|now| now.to_string()).as_ref() != Some(&migration.to) {
            return Err(NotMigrated::FlowChanged);
        }
        self.keep(&migration)?;
        Ok(migration)
    }

    /// Stops one. What has moved stays where it is.
    ///
    /// # Errors
    /// See [`NotMigrated`].
    pub fn cancel(
        &self,
        corporation: CorporationId,
        id: &str,
        by: &str,
    ) -> Result<Migration, NotMigrated> {
        let said = Said::now(by, self.clock.now());
        let _writing = self.writing.lock();
        let mut migration = self.get(corporation, id)?;
        migration.cancel(said)?;
        self.keep(&migration)?;
        Ok(migration)
    }

    /// Those for which there is something to do.
    pub(super) fn under_way(&self) -> Vec<Migration> {
        let entries = self.entries.lock();
        let under_way = entries.values().filter(|one| one.stage.is_under_way());
        under_way.cloned().collect()
    }

    /// What the driver has done of one. Says whether it goes on: somebody may have stopped it meanwhile, and then only what
    /// was counted is kept. Durable on return, if `store`. Blocks.
    pub(super) fn went_on(&self, done: &mut Migration, store: bool) -> std::io::Result<bool> {
        let _writing = self.writing.lock();
        let known = self.entries.lock().get(&done.id).cloned();
        let Some(known) = known else {
            return Ok(false);
        };
        let goes_on = known.stage.is_under_way();
        if !goes_on {
            (done.stage, done.ended) = (known.stage, known.ended);
        }
        if store || !goes_on {
            self.keep(done)?;
        } else {
            self.entries.lock().insert(done.id.clone(), done.clone());
        }
        Ok(goes_on)
    }
}
