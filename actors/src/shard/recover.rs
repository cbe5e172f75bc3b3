//! Owns the way from the journal's records to a shard's state, at start and after a failure.
//! Refuses to skip what it cannot read: a damaged record stops the start with its position.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use sluis_journal::{Journal, JournalError, Sequence, Shard};
use sluis_model::codec::CodecError;
use sluis_model::{
    Addressed, Assembly, AttemptRef, Carried, Control, ControlRecord, DAY, FlowBook, Input, Intent,
    NotificationId, PauseScope, Phase, Record, StoredTenant, TenantKey, TenantRecord, Timestamp,
    Whole,
};

use super::activation::read_stored;
use super::brought::LostState;
use super::checkpoint::load::{Base, Itself, load};
use super::erased::{Beside, ErasedTenants};
use super::place::Slot;
use super::table::Ended;
use super::tenants::{AtRest, Located, Standing, Tenants};
use super::unmatched::UnmatchedFacts;
use super::unread::UnreadMessages;
use super::written::Written;
use crate::keys::KeyIndex;
use crate::recovery::{Recovery, STEP};

/// Endings that are written to the table at once.
const TABLED_AT_ONCE: usize = 4_096;

/// What the journal says a shard is.
#[derive(Debug, Default)]
pub(super) struct Recovered {
    pub tenants: Tenants,
    /// With their beginnings.
    pub pauses: HashMap<PauseScope, Timestamp>,
    pub intents: BTreeMap<u64, Intent>,
    /// Bytes of the last day; at the first start.
    pub written: Written,
    /// What stands still of passive tenants.
    pub standing: Standing,
    /// Up to which record a checkpoint had everything; 0: there was none.
    pub checkpoint: u64,
    /// Who was erased.
    pub erased: ErasedTenants,
}

/// The journal cannot be turned into a state.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The store failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A record is there but cannot be read.
    #[error(
        "record {sequence} of shard {shard} cannot be read: {source}; restore the data directory from a copy"
    )]
    Record {
        /// The shard.
        shard: u16,
        /// The record.
        sequence: u64,
        /// What is wrong with it.
        source: CodecError,
    },
    /// The state of a passive tenant is not where the checkpoint says.
    #[error("the state of a tenant of shard {shard} cannot be read")]
    State {
        /// The shard.
        shard: u16,
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Something is open of a corporation that is not configured. Whatever was decided about it now
    /// would be wrong: it has no channel and no sender any more.
    #[error(
        "corporation {corporation} is not configured, and {open} of its notifications are open in shard {shard}: put its \
         [[corporation]] back, and take it out when nothing of it is open"
    )]
    NotConfigured {
        /// The corporation's id.
        corporation: u16,
        /// How many are open in this shard.
        open: i64,
        /// The shard.
        shard: u16,
    },
    /// A tenant was to be erased, and his key cannot be destroyed.
    #[error(
        "record {sequence} of shard {shard} says that a tenant was erased, and his key cannot be destroyed: {why}"
    )]
    Erasure {
        /// The shard.
        shard: u16,
        /// The record.
        sequence: u64,
        /// Why not.
        why: String,
    },
    /// Somebody asked for the end before everything was read.
    #[error("the start was ended before every record was read")]
    Ended,
}

/// A shard from its newest checkpoint and what came since; without one, or when that cannot be used,
/// from the log. `keys`: taken over at the first start; `None` when the process already knows them.
/// `watch` is told how far it is, and may end it. `endings`: of the shard, whose table is filled.
pub(super) fn recover(
    journal: &dyn Journal,
    shard: Shard,
    flows: &dyn FlowBook,
    keys: Option<(&KeyIndex, Timestamp)>,
    watch: &Recovery,
    beside: Beside<'_>,
) -> Result<Recovered, RecoverError> {
    let base = load(journal, shard).unwrap_or_else(|error| {
        passed_over(shard, &error);
        None
    });
    if let Some(base) = base {
        match replay_from(journal, shard, flows, keys, watch, beside, base) {
            Err(error) if !matches!(error, RecoverError::Ended) => passed_over(shard, &error),
            done => return done,
        }
    }
    recover_from_log(journal, shard, flows, keys, watch, beside)
}

/// A shard from its log alone.
pub(super) fn recover_from_log(
    journal: &dyn Journal,
    shard: Shard,
    flows: &dyn FlowBook,
    keys: Option<(&KeyIndex, Timestamp)>,
    watch: &Recovery,
    beside: Beside<'_>,
) -> Result<Recovered, RecoverError> {
    replay_from(journal, shard, flows, keys, watch, beside, Base::default())
}

/// Costs time only: the log has everything.
fn passed_over(shard: Shard, error: &dyn std::fmt::Display) {
    let shard = shard.0;
    tracing::warn!(shard, %error, "the checkpoint of a shard is passed over, and its whole log replayed");
}

/// Replays what came behind `base`.
fn replay_from(
    journal: &dyn Journal,
    shard: Shard,
    flows: &dyn FlowBook,
    keys: Option<(&KeyIndex, Timestamp)>,
    watch: &Recovery,
    beside: Beside<'_>,
    base: Base,
) -> Result<Recovered, RecoverError> {
    let first = journal.first(shard).max(Sequence(base.upto + 1));
    let mut replay = Replay {
        journal,
        shard,
        flows,
        keys,
        watch,
        beside,
        tabled: journal.table_applied(shard),
        untabled: Vec::new(),
        untold: 0,
        pieces: Assembly::default(),
        recovered: Recovered::default(),
        end: base.end,
        itself: None,
        at_rest: AtRest::default(),
    };
    replay.begin(base)?;
    let mut failure = None;
    journal.replay(
        shard,
        first,
        &mut |sequence, bytes| match replay.take(sequence, bytes) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failure = Some(error);
                ControlFlow::Break(())
            }
        },
    )?;
    match failure {
        Some(error) => Err(error),
        None => replay.finish(),
    }
}

/// A replay that is under way.
struct Replay<'a> {
    journal: &'a dyn Journal,
    shard: Shard,
    flows: &'a dyn FlowBook,
    keys: Option<(&'a KeyIndex, Timestamp)>,
    watch: &'a Recovery,
    beside: Beside<'a>,
    /// Up to which record the table has what ended.
    tabled: Sequence,
    /// What ended and is not in the table.
    untabled: Vec<(NotificationId, Ended)>,
    /// Records that `watch` does not know of yet.
    untold: u64,
    /// Pieces of a stored tenant, until all came.
    pieces: Assembly,
    recovered: Recovered,
    /// Up to this record the checkpoint may have a tenant already, and has the shard.
    end: u64,
    /// The shard as it was then: put in when that is reached.
    itself: Option<Itself>,
    /// What the checkpoint knows of passive tenants.
    at_rest: AtRest,
}

impl Replay<'_> {
    /// Begins with what a checkpoint has.
    fn begin(&mut self, base: Base) -> Result<(), RecoverError> {
        if base.upto == 0 {
            return Ok(());
        }
        let skipped = (base.upto + 1).saturating_sub(self.journal.first(self.shard).0);
        if !self.watch.step(skipped) {
            return Err(RecoverError::Ended);
        }
        self.recovered.tenants = base.tenants;
        self.recovered.checkpoint = base.upto;
        if let Some((keys, now)) = self.keys {
            for (corporation, key, id) in base.keys {
                keys.recover(corporation, key, id, now);
            }
        }
        (self.itself, self.at_rest) = (Some(base.itself), base.at_rest);
        Ok(())
    }

    /// Reaches a record: before the first one behind the checkpoint's end the shard is put in as it was
    /// then, beside its tenants.
    fn reach(&mut self, sequence: u64) -> Result<(), RecoverError> {
        if sequence <= self.end {
            return Ok(());
        }
        let Some(itself) = self.itself.take() else {
            return Ok(());
        };
        self.recovered.tenants.unmatched = UnmatchedFacts::default();
        self.recovered.tenants.unread = UnreadMessages::default();
        for control in itself.controls {
            let (at, sequence) = (Timestamp(0), Sequence(self.end));
            self.control(sequence, ControlRecord { at, control })?;
        }
        for (corporation, hour, bytes) in itself.written {
            self.recovered.written.add(corporation, bytes, hour);
        }
        Ok(())
    }

    /// The tenant is active after this.
    fn wake(&mut self, key: &TenantKey) -> Result<(), RecoverError> {
        while let Err(slot) = self.recovered.tenants.find(key) {
            self.activate(slot, key)?;
        }
        Ok(())
    }

    fn activate(&mut self, slot: Slot, key: &TenantKey) -> Result<(), RecoverError> {
        let tenants = &mut self.recovered.tenants;
        let Some(stored) = tenants.host.stored_at(slot) else {
            return Ok(());
        };
        match read_stored(self.journal, self.shard, stored) {
            Ok(whole) => match tenants.wake(slot, stored, whole, &self.at_rest) {
                true => Ok(()),
                false => Err(self.lost("it is another tenant's")),
            },
            // It is stored again behind this: what is left of the log tells.
            Err(LostState::Missing { .. }) if stored < self.journal.first(self.shard).0 => {
                tenants.host.begin_anew(slot, key);
                Ok(())
            }
            Err(error) => Err(self.lost(error)),
        }
    }

    fn lost(&self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> RecoverError {
        RecoverError::State {
            shard: self.shard.0,
            source: source.into(),
        }
    }

    fn take(&mut self, sequence: Sequence, bytes: &[u8]) -> Result<(), RecoverError> {
        let record = Record::decode(bytes).map_err(|source| RecoverError::Record {
            shard: self.shard.0,
            sequence: sequence.0,
            source,
        })?;
        self.reach(sequence.0)?;
        let is_behind = sequence.0 > self.end;
        match record {
            Record::Tenant(record) => {
                if let Some((keys, now)) = self.keys {
                    self.remember_key(keys, &record, now);
                    if is_behind {
                        self.count_bytes(&record, bytes.len(), now);
                    }
                }
                let erasures = self.beside.erasures;
                self.recovered.erased.newer(erasures, &record.tenant);
                if is_behind || !self.recovered.tenants.know(&record.tenant, sequence.0) {
                    self.wake(&record.tenant)?;
                    self.tenant(sequence, &record)?;
                }
            }
            Record::Control(record) if is_behind => self.control(sequence, record)?,
            Record::Control(_) => {}
            Record::Stored(piece) => {
                let erasures = self.beside.erasures;
                self.recovered.erased.newer(erasures, &piece.tenant);
                self.stored(sequence, *piece)?;
            }
            // Nothing of an erased tenant was open, and nothing is known of him any more.
            Record::Gone(_) => {}
        }
        self.tell()
    }

    fn control(&mut self, sequence: Sequence, record: ControlRecord) -> Result<(), RecoverError> {
        if let Control::Carried(carried) = &record.control
            && let Carried::Strays(strays) = &**carried
            && let Some(corporation) = strays.corporation
        {
            for fact in &strays.facts {
                self.wake(&TenantKey::new(corporation, &*fact.tenant))?;
            }
        }
        self.recovered.control(sequence, record);
        Ok(())
    }

    fn remember_key(&self, keys: &KeyIndex, record: &TenantRecord, now: Timestamp) {
        // The key is the group's, not that of its parts.
        if let Input::Notify(body) = &record.input
            && !matches!(body.addressed, Addressed::Part(_))
        {
            keys.recover(record.tenant.corporation, body.idempotency, body.id, now);
        }
    }

    /// What the corporation wrote within the last day counts against its bound.
    fn count_bytes(&mut self, record: &TenantRecord, bytes: usize, now: Timestamp) {
        if now.since(record.at) <= DAY {
            let corporation = record.tenant.corporation;
            self.recovered
                .written
                .add(corporation, bytes as u64, record.at);
        }
    }

    fn tenant(&mut self, sequence: Sequence, record: &TenantRecord) -> Result<(), JournalError> {
        let (tabled, untabled) = (self.tabled, &mut self.untabled);
        let ended = |id: NotificationId, end: &str, accepted: u64| {
            if sequence > tabled {
                untabled.push((id, ended_by(record, sequence, end, accepted)));
            }
        };
        let tenants = &mut self.recovered.tenants;
        tenants.replay(sequence.0, record, self.flows, ended);
        if self.untabled.len() >= TABLED_AT_ONCE {
            self.table()?;
        }
        Ok(())
    }

    fn stored(&mut self, sequence: Sequence, piece: StoredTenant) -> Result<(), RecoverError> {
        if piece.is_bodies_only() {
            if self.recovered.tenants.know(&piece.tenant, sequence.0) {
                return Ok(());
            }
            self.wake(&piece.tenant)?;
            let tenants = &mut self.recovered.tenants;
            let tenant = tenants.replayed(&piece.tenant);
            let actor = tenants.host.actor_mut(tenant);
            actor.was_stored(&[piece], sequence.0);
        } else if let Some(whole) = self.pieces.take(sequence.0, piece) {
            self.stored_whole(whole);
        }
        Ok(())
    }

    /// A tenant was stored as it is.
    fn stored_whole(&mut self, whole: Whole) {
        let tenants = &mut self.recovered.tenants;
        if tenants.know(&whole.key, whole.first) {
            return;
        }
        match tenants.find(&whole.key) {
            // Nothing happened to it since, or it would be active: it only stands elsewhere now.
            Err(slot) => {
                let oldest = whole.state.open.iter().map(|open| open.body).min();
                let needed = oldest.unwrap_or(whole.first);
                tenants.host.was_stored(slot, whole.first, needed);
            }
            Ok(_) => {
                let key = whole.key.clone();
                tenants.put_stored(whole);
                tenants.rest_again(&key, &mut self.at_rest);
            }
        }
    }

    /// Writes to the table what it does not have.
    fn table(&mut self) -> Result<(), JournalError> {
        self.beside
            .endings
            .put(self.journal, self.shard, &self.untabled)?;
        self.untabled.clear();
        Ok(())
    }

    /// Tells how far it is, now and then.
    fn tell(&mut self) -> Result<(), RecoverError> {
        self.untold += 1;
        if self.untold >= STEP && !self.watch.step(std::mem::take(&mut self.untold)) {
            return Err(RecoverError::Ended);
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Recovered, RecoverError> {
        self.watch.step(self.untold);
        self.table()?;
        self.reach(u64::MAX)?;
        self.recovered.standing = self.recovered.tenants.attach(self.at_rest);
        self.recovered.tenants.count_all_unknown();
        Ok(self.recovered)
    }
}

impl Recovered {
    fn control(&mut self, sequence: Sequence, ControlRecord { at, control }: ControlRecord) {
        self.tenants.unread.told((sequence.0, at), &control);
        match control {
            Control::Pause(scope) => drop(self.pauses.entry(scope).or_insert(at)),
            Control::Resume(scope) => drop(self.pauses.remove(&scope)),
            Control::IntentOpened { intent, work } => drop(self.intents.insert(intent, work)),
            Control::IntentDone { intent } => drop(self.intents.remove(&intent)),
            Control::StrayDismissed {
                corporation, fact, ..
            } => drop(self.tenants.dismiss(corporation, fact)),
            Control::Unexplained { .. } => {}
            Control::Erased(erased) => self.erased.note(sequence, at, *erased),
            Control::Carried(carried) => self.carried(*carried),
        }
    }

    /// What the shard said of itself again.
    fn carried(&mut self, carried: Carried) {
        match carried {
            Carried::Pause { scope, since } => drop(self.pauses.insert(scope, since)),
            Carried::Strays(strays) => self.tenants.put_strays(strays),
            Carried::Unread(unread) => self.tenants.unread.put_carried(unread),
        }
    }

    /// Attempts that were under way.
    pub(super) fn started(&self) -> Vec<AttemptRef> {
        let attempt = |located: &Located| {
            let id = located.id();
            let open = self.tenants.open(id)?;
            let Phase::Started { attempt, .. } = open.phase else {
                return None;
            };
            Some(AttemptRef {
                id,
                step: open.step,
                attempt,
            })
        };
        self.tenants.iter_open(None).filter_map(attempt).collect()
    }
}

fn ended_by(record: &TenantRecord, sequence: Sequence, end: &str, accepted: u64) -> Ended {
    Ended {
        tenant: record.tenant.clone(),
        end: end.into(),
        at: record.at,
        sequence: sequence.0,
        accepted,
    }
}
