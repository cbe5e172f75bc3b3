//! Owns the mailings of an engine: who may see them, what people do with them, and that each change is
//! durable before anybody sees it. Refuses to show one corporation what is another's.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use rand::RngCore as _;
use serde_json::Value;
use sluis_actors::{Book, Latest};
use sluis_journal::{Journal, Shard};
use sluis_model::{
    Clock, CorporationId, DAY, Environment, Flow, FlowBook as _, FlowRef, Timestamp,
};

use super::chosen::{HowFar, Selecting};
use super::error::NotDone;
use super::live::{Counts, Live};
use super::mailing::{Mailing, Origin, PausedFor, Said};
use super::pace::opens_at;
use super::progress::{Progress, Taking};
use super::rows::{Owner, is_whole};
use super::stage::{MailingId, Stage};
use super::store::{Store, directory};
use crate::following::{Bell, Waiting};
use crate::intake::mailing_rows::Frame;
use crate::intake::tenant_list::Rejected;
use crate::intake::{FieldProblem, fits};
use crate::sealing::RowSeal;
use crate::telemetry::names;

/// Mailings of a corporation.
const MOST_MAILINGS: usize = 1_000;
/// How long after its end receipts of a mailing are still looked for.
const LOOKED_FOR_MS: i64 = 30 * DAY;

/// What is wanted of a new mailing.
#[derive(Clone, Debug)]
pub struct Draft {
    /// What people call it.
    pub name: String,
    /// What all rows have in common.
    pub frame: Frame,
    /// Who makes it.
    pub by: String,
}

/// What became of a list of rows.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The mailing.
    pub view: View,
    /// Rows of the list.
    pub read: usize,
    /// Rows that were not taken.
    pub rejected: usize,
    /// Rows that stood there already.
    pub repeated: usize,
    /// Those that were not taken: the first thousand.
    pub rejections: Vec<Rejected>,
    /// Those that stood there already, with their tenant and the line of the first: the first thousand.
    pub repeats: Vec<(u64, String, u64)>,
    /// About the list as a whole.
    pub notes: Vec<FieldProblem>,
}

/// A mailing, and how far it is.
#[derive(Clone, Debug)]
pub struct View {
    /// How it stands.
    pub mailing: Mailing,
    /// Its rows, once it was released.
    pub counts: Option<Counts>,
    /// How far the choosing of its tenants is, while it is under way and when it failed.
    pub selecting: Option<HowFar>,
    /// When rows go on, while it runs and none of its windows is open.
    pub opens_at: Option<Timestamp>,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) mailing: Mailing,
    /// While it is under way, and some time after.
    pub(super) live: Option<Arc<Live>>,
    /// While its tenants are chosen, and when that failed.
    pub(super) selecting: Option<Arc<Selecting>>,
}

impl Entry {
    const fn of(mailing: Mailing, live: Option<Arc<Live>>) -> Self {
        Self {
            mailing,
            live,
            selecting: None,
        }
    }

    pub(super) fn is_selecting(&self) -> bool {
        let selecting = self.selecting.as_ref();
        selecting.is_some_and(|selecting| selecting.is_under_way())
    }
}

/// What mailings are driven with.
pub struct Mailings {
    pub(super) store: Store,
    pub(super) seal: RowSeal,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) book: Arc<Book>,
    pub(super) journal: Arc<dyn Journal>,
    pub(super) environment: Environment,
    names: Latest<HashMap<CorporationId, String>>,
    pub(super) entries: Mutex<BTreeMap<MailingId, Entry>>,
    /// One change after the other.
    pub(super) changing: Mutex<()>,
    /// One list after the other.
    pub(super) uploading: Mutex<()>,
    pub(super) progress: Arc<Progress>,
    waiting: Arc<Waiting>,
}

impl std::fmt::Debug for Mailings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mailings").finish_non_exhaustive()
    }
}

/// What they are opened with.
pub(crate) struct Parts {
    pub(crate) seal: RowSeal,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) book: Arc<Book>,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) environment: Environment,
    pub(crate) names: HashMap<CorporationId, String>,
}

impl Mailings {
    /// Opens those of a data directory; what is under way is followed from when the bell rings.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub(crate) fn add(
        bell: &mut Bell,
        data_dir: &Path,
        parts: Parts,
    ) -> std::io::Result<Arc<Self>> {
        let store = Store::at(directory(data_dir));
        let (now, shards) = (parts.clock.now(), parts.journal.shards());
        let (mut entries, mut all_live) = (BTreeMap::new(), Vec::new());
        for mut mailing in store.all()? {
            let Ok(id) = mailing.number() else { continue };
            let mut live = None;
            if is_looked_for(&mailing, now) {
                let owner = owner(id, &mailing, &parts.seal);
                match open_live(&store, owner, &mailing, shards) {
                    Ok(found) => live = Some(Arc::new(found)),
                    Err(error) => {
                        tracing::error!(mailing = %id, %error, "a mailing cannot go on: it is paused");
                        drop(mailing.pause(None, PausedFor::Damage));
                    }
                }
            }
            all_live.extend(live.clone());
            entries.insert(id, Entry::of(mailing, live));
        }
        let progress = Arc::new(Progress::open(store.clone(), &*parts.journal, &all_live));
        let waiting = bell.add(Taking::new(progress.clone(), parts.clock.clone()));
        Ok(Arc::new(Self {
            store,
            seal: parts.seal,
            clock: parts.clock,
            book: parts.book,
            journal: parts.journal,
            environment: parts.environment,
            names: Latest::new(parts.names),
            entries: Mutex::new(entries),
            changing: Mutex::new(()),
            uploading: Mutex::new(()),
            progress,
            waiting,
        }))
    }

    pub(super) fn said(&self, by: &str) -> Said {
        let (by, at) = (by.to_owned(), self.clock.now());
        Said { by, at }
    }

    pub(super) fn flow_of(
        &self,
        corporation: CorporationId,
        name: &str,
    ) -> Result<(FlowRef, &Flow), NotDone> {
        let reference = self.book.current(corporation, name);
        let found = reference.and_then(|reference| Some((reference, self.book.flow(reference)?)));
        found.ok_or_else(|| {
            let known = self.book.names(corporation).into_iter();
            NotDone::UnknownFlow(known.collect())
        })
    }

    pub(super) fn entry<T>(
        &self,
        corporation: CorporationId,
        id: MailingId,
        look: impl FnOnce(&Entry) -> T,
    ) -> Result<T, NotDone> {
        let entries = self.entries.lock();
        let entry = entries.get(&id);
        let own = entry.filter(|entry| entry.mailing.corporation == corporation);
        own.map(look).ok_or(NotDone::Unknown)
    }

    pub(super) fn mailing(
        &self,
        corporation: CorporationId,
        id: MailingId,
    ) -> Result<Mailing, NotDone> {
        self.entry(corporation, id, |entry| entry.mailing.clone())
    }

    /// Changes a mailing: durable, then seen. Blocks.
    pub(super) fn change<T>(
        &self,
        corporation: CorporationId,
        id: MailingId,
        change: impl FnOnce(&mut Mailing) -> Result<T, NotDone>,
    ) -> Result<T, NotDone> {
        let _alone = self.changing.lock();
        let mut mailing = self.mailing(corporation, id)?;
        let done = change(&mut mailing)?;
        self.store.put(&mailing)?;
        if let Some(entry) = self.entries.lock().get_mut(&id) {
            entry.mailing = mailing;
        }
        Ok(done)
    }

    /// The same from a task that must not block.
    pub(super) async fn change_later(
        self: &Arc<Self>,
        live: &Live,
        change: impl FnOnce(&mut Mailing) -> Result<(), NotDone> + Send + 'static,
    ) -> Result<(), NotDone> {
        let (all, corporation, id) = (self.clone(), live.corporation, live.id);
        let work = move || match all.change(corporation, id, change) {
            // A person was faster.
            Err(NotDone::WrongStage { .. }) => Ok(()),
            done => done,
        };
        let lost = |error: tokio::task::JoinError| NotDone::Damaged(error.to_string());
        tokio::task::spawn_blocking(work).await.map_err(lost)?
    }

    /// Mailings of a corporation, the newest first.
    #[must_use]
    pub fn list(&self, corporation: CorporationId) -> Vec<View> {
        let entries = self.entries.lock();
        let own = entries
            .values()
            .filter(|e| e.mailing.corporation == corporation);
        let mut views: Vec<View> = own.map(view).collect();
        views.sort_by_key(|view| std::cmp::Reverse(view.mailing.made.at));
        views
    }

    /// One of them. Blocks.
    ///
    /// # Errors
    /// There is none, or it is another corporation's.
    pub fn view(&self, corporation: CorporationId, id: MailingId) -> Result<View, NotDone> {
        let mut view = self.entry(corporation, id, view)?;
        if view.counts.is_none() && view.mailing.released.is_some() {
            let (verdicts, seen) = self.marks_of(&view.mailing, id)?;
            view.counts = Some(Counts::of(&verdicts, &seen));
        }
        if view.mailing.stage == Stage::Running {
            let windows = view.mailing.terms.read_windows();
            view.opens_at = opens_at(&windows, self.clock.now());
        }
        Ok(view)
    }

    /// Makes a draft. Blocks.
    ///
    /// # Errors
    /// A word is wrong, or a field that every row has; the flow is unknown; there are too many.
    pub fn make(&self, corporation: CorporationId, draft: Draft) -> Result<View, NotDone> {
        self.make_from(corporation, draft, None)
    }

    pub(super) fn make_from(
        &self,
        corporation: CorporationId,
        draft: Draft,
        origin: Option<Origin>,
    ) -> Result<View, NotDone> {
        let problems = draft.frame.problems();
        if !problems.is_empty() {
            return Err(NotDone::Invalid(problems));
        }
        let (_, flow) = self.flow_of(corporation, &draft.frame.flow)?;
        let data = Value::Object(draft.frame.data.clone()).to_string();
        let unfit = fits(&data, flow, self.environment);
        if !unfit.is_empty() {
            return Err(NotDone::Invalid(unfit));
        }
        let _alone = self.changing.lock();
        let own = |entry: &&Entry| entry.mailing.corporation == corporation;
        if self.entries.lock().values().filter(own).count() >= MOST_MAILINGS {
            return Err(NotDone::TooMany(MOST_MAILINGS));
        }
        let mut random = [0; 16];
        rand::rng().fill_bytes(&mut random);
        let id = MailingId(u128::from_be_bytes(random));
        let made = self.said(&draft.by);
        let named = (draft.name, draft.frame);
        let mailing = Mailing::draft(id, corporation, named, made, origin);
        self.store.put(&mailing)?;
        self.entries.lock().insert(id, Entry::of(mailing, None));
        self.entry(corporation, id, view)
    }

    /// Those that run, stop or are paused, with their rows.
    pub(super) fn under_way(&self) -> Vec<(Mailing, Arc<Live>)> {
        let entries = self.entries.lock();
        let goes_on = |entry: &&Entry| entry.mailing.stage.is_under_way();
        let with_rows = |entry: &Entry| Some((entry.mailing.clone(), entry.live.clone()?));
        entries
            .values()
            .filter(goes_on)
            .filter_map(with_rows)
            .collect()
    }

    /// Waits until everything that is durable now was looked at; whether it was. Blocks.
    pub(super) fn catch_up(&self) -> bool {
        let durable = |shard: u16| self.journal.durable(Shard(shard)).0;
        let wanted: Vec<u64> = (0..self.journal.shards()).map(durable).collect();
        self.waiting.wait_until(|| self.progress.is_past(&wanted))
    }

    /// Has the log followed: one turn, or to its end. Whether that was done.
    pub(super) async fn follow(self: &Arc<Self>, to_its_end: bool) -> bool {
        let all = self.clone();
        let work = move || match to_its_end {
            true => all.catch_up(),
            false => all.waiting.wait_for_one(),
        };
        tokio::task::spawn_blocking(work).await.unwrap_or(false)
    }

    /// Lets go of mailings that ended long ago: their files stay.
    pub(super) fn forget_old(&self, now: Timestamp) {
        let mut entries = self.entries.lock();
        for entry in entries.values_mut() {
            let is_old = entry.live.is_some() && !is_looked_for(&entry.mailing, now);
            if is_old && let Some(live) = entry.live.take() {
                self.progress.leave(&live);
            }
        }
    }

    /// Names of corporations, as they are now.
    pub(crate) fn know(&self, names: HashMap<CorporationId, String>) {
        self.names.set(names);
    }

    pub(super) fn name_of(&self, corporation: CorporationId) -> String {
        let name = self.names.get().get(&corporation).cloned();
        name.unwrap_or_else(|| corporation.to_string())
    }

    /// Shows in the metrics what is left to do.
    pub(super) fn show(&self) {
        let mut shown: HashMap<CorporationId, (usize, usize, usize)> = HashMap::new();
        let entries = self.entries.lock();
        for entry in entries.values() {
            let Some(live) = &entry.live else { continue };
            let (running, paused, left) = shown.entry(live.corporation).or_default();
            *running += usize::from(entry.mailing.stage == Stage::Running);
            *paused += usize::from(entry.mailing.stage == Stage::Paused);
            if entry.mailing.stage.is_under_way() {
                let verdicts = live.verdicts.lock();
                *left += verdicts.values().iter().filter(|mark| **mark == 0).count();
            }
        }
        drop(entries);
        for (corporation, (running, paused, left)) in shown {
            let name = || self.name_of(corporation);
            names::MAILINGS_RUNNING.of(name()).set(running as f64);
            names::MAILINGS_PAUSED.of(name()).set(paused as f64);
            names::MAILING_LEFT.of(name()).set(left as f64);
        }
    }
}

pub(super) fn owner(id: MailingId, mailing: &Mailing, seal: &RowSeal) -> Owner {
    Owner {
        mailing: id,
        is_apart: false,
        corporation: mailing.corporation,
        seal: seal.clone(),
    }
}

pub(super) fn open_live(
    store: &Store,
    owner: Owner,
    mailing: &Mailing,
    shards: u16,
) -> Result<Live, NotDone> {
    let rows = mailing.rows.as_ref().ok_or(NotDone::NoRows)?;
    if !is_whole(&store.rows(owner.mailing), rows)? {
        let why = "the file of rows is not the one that was approved";
        return Err(NotDone::Damaged(why.to_owned()));
    }
    Live::open(store, owner, mailing, shards)
}

/// Whether its notifications are looked for in the log.
fn is_looked_for(mailing: &Mailing, now: Timestamp) -> bool {
    let ended = mailing.ended_at.filter(|_| mailing.stage.is_over());
    mailing.released.is_some() && ended.is_none_or(|at| now.since(at) < LOOKED_FOR_MS)
}

pub(super) fn view(entry: &Entry) -> View {
    View {
        mailing: entry.mailing.clone(),
        counts: entry.live.as_ref().map(|live| live.counts()),
        selecting: entry.selecting.as_ref().map(|far| far.how_far()),
        opens_at: None,
    }
}
