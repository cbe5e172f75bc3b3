//! Owns the way from the journal's records to a shard's state, at start and after a failure.
//! Refuses to skip what it cannot read: a damaged record stops the start with its position.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use sluis_journal::{Journal, JournalError, Sequence, Shard};
use sluis_model::codec::CodecError;
use sluis_model::{
    AttemptRef, Control, CorporationId, DAY, FlowBook, HOUR, Input, Intent, NotificationId,
    PauseScope, Phase, Record, TenantRecord, Timestamp,
};

use super::packs;
use super::table::Ended;
use super::tenants::Tenants;
use crate::keys::KeyIndex;
use crate::recovery::{Recovery, STEP};

/// Endings that are written to the table at once.
const TABLED_AT_ONCE: usize = 4_096;

/// What the journal says a shard is.
#[derive(Debug, Default)]
pub(super) struct Recovered {
    pub tenants: Tenants,
    pub last: u64,
    /// With their beginnings.
    pub pauses: HashMap<PauseScope, Timestamp>,
    pub intents: BTreeMap<u64, Intent>,
    /// Bytes of the last day, by corporation and hour; at the first start.
    pub written: BTreeMap<(CorporationId, Timestamp), u64>,
    /// What ended and is not in the table.
    untabled: Vec<(NotificationId, Ended)>,
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
    let mut recovered = Recovered::default();
    let mut failure = None;
    let applied = journal.table_applied(shard).0;
    let mut untold = 0;
    journal.replay(
        shard,
        journal.first(shard),
        &mut |sequence, bytes| match Record::decode(bytes) {
            Ok(record) => {
                recovered.last = sequence.0;
                if let (Some((_, now)), Record::Tenant(record)) = (keys, &record)
                    && now.since(record.at) <= DAY
                {
                    let hour = Timestamp(record.at.0 - record.at.0.rem_euclid(HOUR));
                    *recovered
                        .written
                        .entry((record.tenant.corporation, hour))
                        .or_default() += bytes.len() as u64;
                }
                if let Err(error) =
                    recovered.take(journal, shard, sequence, record, flows, keys, applied)
                {
                    failure = Some(RecoverError::from(error));
                    return ControlFlow::Break(());
                }
                untold += 1;
                if untold >= STEP && !watch.step(std::mem::take(&mut untold)) {
                    failure = Some(RecoverError::Ended);
                    return ControlFlow::Break(());
                }
                ControlFlow::Continue(())
            }
            Err(source) => {
                failure = Some(RecoverError::Record {
                    shard: shard.0,
                    sequence: sequence.0,
                    source,
                });
                ControlFlow::Break(())
            }
        },
    )?;
    match failure {
        Some(error) => Err(error),
        None => {
            watch.step(untold);
            recovered.table(journal, shard)?;
            Ok(recovered)
        }
    }
}

impl Recovered {
    #[allow(
        clippy::too_many_arguments,
        reason = "one private call, each argument a different thing"
    )]
    fn take(
        &mut self,
        journal: &dyn Journal,
        shard: Shard,
        sequence: Sequence,
        record: Record,
        flows: &dyn FlowBook,
        keys: Option<(&KeyIndex, Timestamp)>,
        applied: u64,
    ) -> Result<(), JournalError> {
        match record {
            Record::Tenant(record) => {
                if let (Some((keys, now)), Input::Notify(body)) = (keys, &record.input) {
                    keys.recover(record.tenant.corporation, body.idempotency, body.id, now);
                }
                let untabled = &mut self.untabled;
                self.tenants
                    .replay(sequence.0, &record, flows, |id, end, accepted| {
                        if sequence.0 > applied {
                            untabled.push((id, ended_by(&record, sequence, end, accepted)));
                        }
                    });
                if self.untabled.len() >= TABLED_AT_ONCE {
                    self.table(journal, shard)?;
                }
            }
            Record::Control(record) => self.control(record.at, record.control),
        }
        Ok(())
    }

    fn table(&mut self, journal: &dyn Journal, shard: Shard) -> Result<(), JournalError> {
        packs::put(journal, shard, &self.untabled)?;
        self.untabled.clear();
        Ok(())
    }

    fn control(&mut self, at: Timestamp, control: Control) {
        match control {
            Control::Pause(scope) => drop(self.pauses.entry(scope).or_insert(at)),
            Control::Resume(scope) => drop(self.pauses.remove(&scope)),
            Control::IntentOpened { intent, work } => drop(self.intents.insert(intent, work)),
            Control::IntentDone { intent } => drop(self.intents.remove(&intent)),
            Control::Unexplained { .. } => {}
        }
    }

    /// Attempts that were under way.
    pub(super) fn started(&self) -> Vec<AttemptRef> {
        let attempt = |(id, slot)| {
            let open = self.tenants.tenant(slot).find(id)?;
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

pub(super) fn ended_by(
    record: &TenantRecord,
    sequence: Sequence,
    end: &str,
    accepted: u64,
) -> Ended {
    Ended {
        tenant: record.tenant.clone(),
        end: end.into(),
        at: record.at,
        sequence: sequence.0,
        accepted,
    }
}
