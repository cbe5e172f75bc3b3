//! Owns the way from the journal's records to a shard's state, at start and after a failure.
//! Refuses to skip what it cannot read: a damaged record stops the start with its position.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use sluis_journal::{Journal, JournalError, Sequence, Shard};
use sluis_model::codec::CodecError;
use sluis_model::{
    Assembly, AttemptRef, Carried, Control, ControlRecord, CorporationId, DAY, FlowBook, HOUR,
    Input, Intent, NotificationId, PauseScope, Phase, Record, StoredTenant, TenantRecord,
    Timestamp,
};

use super::packs;
use super::table::Ended;
use super::tenants::{Located, Tenants};
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
    /// Bytes of the last day, by corporation and hour; at the first start.
    pub written: BTreeMap<(CorporationId, Timestamp), u64>,
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
    /// Somebody asked for the end before everything was read.
    #[error("the start was ended before every record was read")]
    Ended,
}

/// Replays a shard. `keys`: taken over at the first start; `None` when the process already knows
/// them. `watch` is told how far it is, and may end it.
pub(super) fn recover(
    journal: &dyn Journal,
    shard: Shard,
    flows: &dyn FlowBook,
    keys: Option<(&KeyIndex, Timestamp)>,
    watch: &Recovery,
) -> Result<Recovered, RecoverError> {
    let mut replay = Replay {
        journal,
        shard,
        flows,
        keys,
        watch,
        tabled: journal.table_applied(shard),
        untabled: Vec::new(),
        untold: 0,
        pieces: Assembly::default(),
        recovered: Recovered::default(),
    };
    let mut failure = None;
    journal.replay(
        shard,
        journal.first(shard),
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
    /// Up to which record the table has what ended.
    tabled: Sequence,
    /// What ended and is not in the table.
    untabled: Vec<(NotificationId, Ended)>,
    /// Records that `watch` does not know of yet.
    untold: u64,
    /// Pieces of a stored tenant, until all came.
    pieces: Assembly,
    recovered: Recovered,
}

impl Replay<'_> {
    fn take(&mut self, sequence: Sequence, bytes: &[u8]) -> Result<(), RecoverError> {
        let record = Record::decode(bytes).map_err(|source| RecoverError::Record {
            shard: self.shard.0,
            sequence: sequence.0,
            source,
        })?;
        match record {
            Record::Tenant(record) => {
                if let Some((keys, now)) = self.keys {
                    self.remember_key(keys, &record, now);
                    self.count_bytes(&record, bytes.len(), now);
                }
                self.tenant(sequence, &record)?;
            }
            Record::Control(record) => self.recovered.control(sequence, record),
            Record::Stored(piece) => self.stored(sequence, *piece),
            // Nothing of an erased tenant was open, and nothing is known of him any more.
            Record::Gone(_) => {}
        }
        self.tell()
    }

    fn remember_key(&self, keys: &KeyIndex, record: &TenantRecord, now: Timestamp) {
        if let Input::Notify(body) = &record.input {
            keys.recover(record.tenant.corporation, body.idempotency, body.id, now);
        }
    }

    /// What the corporation wrote within the last day counts against its bound.
    fn count_bytes(&mut self, record: &TenantRecord, bytes: usize, now: Timestamp) {
        if now.since(record.at) <= DAY {
            let hour = Timestamp(record.at.0 - record.at.0.rem_euclid(HOUR));
            let place = (record.tenant.corporation, hour);
            *self.recovered.written.entry(place).or_default() += bytes as u64;
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

    fn stored(&mut self, sequence: Sequence, piece: StoredTenant) {
        let tenants = &mut self.recovered.tenants;
        if piece.is_bodies_only() {
            let tenant = tenants.replayed(&piece.tenant);
            let actor = tenants.host.actor_mut(tenant);
            actor.was_stored(&[piece], sequence.0);
        } else if let Some(whole) = self.pieces.take(sequence.0, piece) {
            tenants.put_stored(whole);
        }
    }

    /// Writes to the table what it does not have.
    fn table(&mut self) -> Result<(), JournalError> {
        packs::put(self.journal, self.shard, &self.untabled)?;
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
            // The key is destroyed: what came before is not read any more.
            Control::Unexplained { .. } | Control::Erased(_) => {}
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
