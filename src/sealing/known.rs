//! Owns what the journal says of one tenant who is to be erased: read from its frames as they lie there,
//! piece by piece, because what matters is what stands on the disk. The same for an engine that runs
//! and for one that does not. Refuses to change anything.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use sluis_actors::{Book, EndingsPack};
use sluis_journal::{Journal, JournalError, Sequence, Shard};
use sluis_keys::{KeyStore, Tag};
use sluis_model::codec::{FrameKind, take_frame};
use sluis_model::{
    Applied, Assembly, Carried, Control, ControlRecord, Erased, Input, Intent, NotificationId,
    Record, Tenant, TenantKey, TenantRecord, evolve, finish,
};

use super::refusal::Refusal;
use super::{endings, record as sealed_record};
use crate::config::Corporation;

/// Records of one piece.
const MOST_RECORDS: usize = 16_384;
/// Bytes of records of one piece.
const MOST_BYTES: usize = 8 << 20;

/// Whose keys matter, and what is needed to read with them.
pub(crate) struct About {
    pub(crate) key: TenantKey,
    pub(crate) store: Arc<KeyStore>,
    pub(crate) book: Arc<Book>,
    /// The keys under which something about him may stand; none: whose a key is may not be known yet, so
    /// every record is opened.
    pub(crate) only: Option<BTreeSet<u32>>,
}

impl About {
    /// For a journal that was read as a whole since its start: only what stands under his key, or under
    /// that of several, is opened.
    pub(crate) fn known(key: TenantKey, store: Arc<KeyStore>, book: Arc<Book>) -> Self {
        let shared = TenantKey::new(key.corporation, "");
        let tags = [store.tag(&key), store.tag(&shared)];
        let keys = tags.into_iter().flat_map(|tag| store.keys_of(tag));
        Self {
            only: Some(keys.map(|key| key.0).collect()),
            key,
            store,
            book,
        }
    }

    fn concerns(&self, key: u32) -> bool {
        let only = self.only.as_ref();
        key == 0 || only.is_none_or(|only| only.contains(&key))
    }
}

/// A reading that is under way.
pub(crate) struct Scan {
    about: About,
    known: Known,
    shard: u16,
    from: Sequence,
}

impl Scan {
    pub(crate) fn of(about: About) -> Self {
        Self {
            about,
            known: Known::default(),
            shard: 0,
            from: Sequence(0),
        }
    }

    /// Reads everything.
    pub(super) fn whole(mut self, journal: &dyn Journal) -> anyhow::Result<Known> {
        while !self.piece(journal)? {}
        Ok(self.known)
    }

    /// What was read.
    pub(crate) fn known(self) -> Known {
        self.known
    }

    /// Reads one piece; whether that was the last.
    pub(crate) fn piece(&mut self, journal: &dyn Journal) -> anyhow::Result<bool> {
        if self.shard >= journal.shards() {
            return Ok(true);
        }
        let shard = Shard(self.shard);
        let from = self.from.max(journal.first(shard));
        let (mut records, mut bytes) = (0, 0);
        let mut failure = None;
        let mut is_cut = false;
        journal.replay(shard, from, &mut |sequence, frame| {
            self.from = sequence.next();
            records += 1;
            bytes += frame.len();
            if let Err(error) = self.known.take(&self.about, (shard, sequence), frame) {
                failure = Some(error.context(format!("shard {shard}, record {sequence}")));
                return ControlFlow::Break(());
            }
            is_cut = records >= MOST_RECORDS || bytes >= MOST_BYTES;
            if is_cut {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        if let Some(error) = failure {
            return Err(error);
        }
        if !is_cut {
            if self.about.key.shard(journal.shards()).0 == shard.0 {
                self.known.endings(journal, shard, &self.about.key)?;
            }
            (self.shard, self.from) = (self.shard + 1, Sequence(0));
        }
        Ok(self.shard >= journal.shards())
    }
}

/// What the journal says of a tenant.
#[derive(Default)]
pub(crate) struct Known {
    /// As it is by its records.
    state: Tenant,
    pieces: Assembly,
    /// Records about this tenant.
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
        about: &About,
        (shard, sequence): (Shard, Sequence),
        frame: &[u8],
    ) -> anyhow::Result<()> {
        let sealed_with = take_frame(FrameKind::Record, frame)?.key;
        if !about.concerns(sealed_with) {
            return Ok(());
        }
        let mut plain = Vec::new();
        sealed_record::open(&about.store, (shard, sequence), frame, &mut plain)?;
        let key = &about.key;
        let is_about_him = match Record::decode(&plain)? {
            Record::Tenant(record) if record.tenant == *key => {
                self.decided(sequence.0, &record, &about.book);
                true
            }
            Record::Stored(piece) if piece.tenant == *key => {
                if let Some(whole) = self.pieces.take(sequence.0, *piece) {
                    self.state = whole.state;
                }
                true
            }
            Record::Control(record) => {
                let is_named = self.control(shard, record, key);
                self.named |= is_named;
                // One that is encrypted has a key of its own.
                is_named && sealed_with == 0
            }
            Record::Tenant(_) | Record::Stored(_) | Record::Gone(_) => false,
        };
        if is_about_him {
            self.records += 1;
            self.plain += u64::from(sealed_with == 0);
        }
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
        if let Input::Declared(fact) = &record.input {
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

    /// Whether it names the tenant.
    fn control(&mut self, shard: Shard, record: ControlRecord, key: &TenantKey) -> bool {
        match record.control {
            Control::IntentOpened { intent, work } => {
                let (corporation, is_named) = match &work {
                    Intent::Each { tenants, .. } => {
                        let corporation = tenants.first().map(|tenant| tenant.corporation);
                        (corporation, tenants.contains(key))
                    }
                    Intent::CancelSubject { corporation, .. }
                    | Intent::PartNews { corporation, .. } => (Some(*corporation), false),
                };
                if corporation == Some(key.corporation) {
                    self.intents.insert((shard.0, intent));
                }
                is_named
            }
            Control::IntentDone { intent } => {
                self.intents.remove(&(shard.0, intent));
                false
            }
            Control::Carried(carried) => {
                let Carried::Strays(strays) = &*carried else {
                    return false;
                };
                let is_his = |tenant: &str| tenant == &*key.tenant;
                let mut facts = strays.facts.iter();
                strays.corporation == Some(key.corporation)
                    && facts.any(|fact| is_his(&fact.tenant))
            }
            // These name no tenant.
            Control::Pause(_)
            | Control::Resume(_)
            | Control::Unexplained { .. }
            | Control::StrayDismissed { .. }
            | Control::Erased(_) => false,
        }
    }

    /// Whether anything is known of him.
    pub(crate) const fn is_anything(&self) -> bool {
        self.records > 0
    }

    /// Whether something about several tenants names this one.
    pub(crate) const fn is_named(&self) -> bool {
        self.named
    }

    /// What forbids to erase him. `corporation`: his, with its legal holds.
    pub(crate) fn check(&self, corporation: &Corporation) -> Result<(), Refusal> {
        if let Some(unfinished) = self.state.unfinished() {
            return Err(Refusal::Unfinished(unfinished));
        }
        if self.plain > 0 {
            return Err(Refusal::PlainRecords {
                plain: self.plain,
                records: self.records,
            });
        }
        if self.plain_endings > 0 {
            return Err(Refusal::PlainEndings(self.plain_endings));
        }
        if self.named && !self.intents.is_empty() {
            return Err(Refusal::UnderWay);
        }
        let mut held = corporation.legal_hold_subjects.iter();
        match held.find(|subject| self.subjects.contains(*subject)) {
            Some(subject) => Err(Refusal::SubjectHeld(subject.clone())),
            None => Ok(()),
        }
    }

    /// Whether a household names him, or did.
    pub(crate) fn is_in_household(&self) -> bool {
        let known = self.state.grouped();
        known.is_some_and(|known| !known.households.is_empty())
    }

    /// The notifications that were his.
    pub(crate) fn notifications(&self) -> Vec<NotificationId> {
        self.notifications.iter().copied().collect()
    }

    /// What stays of the tenant. `by`: who asks; `why`: why.
    pub(crate) fn erased(&self, tag: Tag, key: &TenantKey, (by, why): (&str, &str)) -> Erased {
        Erased {
            corporation: key.corporation,
            tenant: tag.0,
            by: by.into(),
            why: why.into(),
            records: self.records,
            notifications: self.notifications.len() as u64,
        }
    }
}

/// A legal hold on the tenant himself.
pub(crate) fn check_hold(corporation: &Corporation, tenant: &str) -> Result<(), Refusal> {
    match corporation.holds(tenant) {
        true => Err(Refusal::Held(corporation.name.clone())),
        false => Ok(()),
    }
}
