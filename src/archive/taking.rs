//! Owns what the archive does while the log is followed: it is opened, takes records, seals, removes what
//! is past its period, and says how far it is. Refuses to end the process: while it is away or its store
//! fails it is tried again; nothing is forgotten meanwhile.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use sluis_archive::{Archive, Hash, Sealed, Terms};
use sluis_journal::Journal;
use sluis_model::Clock;

use super::follower::Follower;
use super::opening::{OpenError, Opening, Standing};
use super::outputs::Outputs;
use super::retaining::{Retaining, Step};
use super::seen::Seen;
use crate::following::{Piece, TakeError, Takes};
use crate::telemetry::names;

/// How long it rests after a failure.
const REST_AFTER_FAILURE: Duration = Duration::from_secs(2);

/// What it needs of the engine.
pub(super) struct Parts {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) standing: Arc<Standing>,
    /// What is remembered of it when this process has ended.
    pub(super) seen: Arc<Seen>,
    /// Told of the first try to open the archive.
    pub(super) first: SyncSender<Result<(), OpenError>>,
}

/// The work: until the archive is open, and then.
enum Work {
    /// What the follower will have is kept until then.
    Open(Opening, Outputs),
    Follow(Follower),
    /// Between the two, and never seen.
    Nothing,
}

/// Opens the archive, then gives it what it is given.
pub(super) struct Taking {
    work: Work,
    parts: Parts,
    retaining: Retaining,
}

impl Taking {
    pub(super) fn new(opening: Opening, outputs: Outputs, parts: Parts, terms: Terms) -> Self {
        Self {
            retaining: Retaining::new(terms),
            work: Work::Open(opening, outputs),
            parts,
        }
    }

    /// One try to open the archive. Nothing is trimmed from the journal until it is open.
    fn open(&mut self, opening: Opening, outputs: Outputs) -> Result<(), TakeError> {
        let standing = &self.parts.standing;
        let (result, told) = match opening.open() {
            Ok(archive) => {
                let archive = Arc::new(archive);
                standing.is_open(archive.clone());
                let (journal, clock) = (self.parts.journal.clone(), self.parts.clock.clone());
                self.work = Work::Follow(Follower::new(journal, archive, clock, outputs));
                (Ok(()), Ok(()))
            }
            Err(error) => {
                standing.is_away(&error);
                self.work = Work::Open(opening, outputs);
                (Err(error.to_string().into()), Err(error))
            }
        };
        // Whoever starts the engine wants to know of the first try, and waits no longer than it likes.
        let _ = self.parts.first.try_send(told);
        result
    }

    /// What is past its period goes when nothing else is to be done.
    fn retain(&mut self) -> Result<(), TakeError> {
        let (Work::Follow(follower), Some(archive)) = (&self.work, self.parts.standing.archive())
        else {
            return Ok(());
        };
        let step = self.retaining.step(archive, self.parts.clock.now());
        if step == Step::Ended && archive.owes_removals() {
            // The chain has what was removed from now on.
            self.say_sealed(follower.seal(true)?.as_ref());
        }
        Ok(())
    }
}

impl Taking {
    /// The end of the chain stands in the log: whoever keeps the log notices a change.
    fn say_sealed(&self, sealed: Option<&Sealed>) {
        if let Some(sealed) = sealed {
            let (volume, head) = (sealed.tip.volume, sealed.tip.hash);
            let (entries, bytes) = (sealed.entries, sealed.bytes);
            tracing::info!(volume, %head, entries, bytes, "a volume of the archive was sealed");
            names::ARCHIVE_BYTES.of(()).increment(bytes);
            names::ARCHIVE_ENTRIES.of(()).increment(entries);
            self.parts.seen.note(volume);
        }
    }
}

impl Takes for Taking {
    fn name(&self) -> &'static str {
        "the archive"
    }

    /// A volume that cannot be sealed takes nothing more: it is in memory.
    fn begin(&mut self) -> Result<(), TakeError> {
        match std::mem::replace(&mut self.work, Work::Nothing) {
            Work::Open(opening, outputs) => self.open(opening, outputs)?,
            known => self.work = known,
        }
        if let Work::Follow(follower) = &self.work {
            self.say_sealed(follower.seal(false)?.as_ref());
        }
        Ok(())
    }

    fn is_open(&self) -> bool {
        matches!(self.work, Work::Follow(_))
    }

    fn followed(&self, shard: u16) -> u64 {
        match &self.work {
            Work::Follow(follower) => follower.followed(shard),
            Work::Open(..) | Work::Nothing => 0,
        }
    }

    fn take(&mut self, piece: &Piece) -> Result<(), TakeError> {
        match &mut self.work {
            Work::Follow(follower) => Ok(follower.take(piece)?),
            Work::Open(..) | Work::Nothing => Ok(()),
        }
    }

    fn end(&mut self, has_all: bool) -> Result<(), TakeError> {
        if !has_all {
            return Ok(());
        }
        if let Work::Follow(follower) = &mut self.work {
            follower.let_go();
        }
        self.retain()
    }

    fn fail(&mut self) -> Duration {
        names::ARCHIVE_FAILURES.of(()).increment(1);
        match &mut self.work {
            Work::Open(opening, _) => opening.rest(),
            Work::Follow(_) | Work::Nothing => REST_AFTER_FAILURE,
        }
    }

    fn show(&self, behind_ms: i64) {
        names::ARCHIVE_BEHIND.of(()).set(behind_ms as f64 / 1_000.0);
        let archive = self.parts.standing.archive();
        let is_away = if archive.is_none() { 1.0 } else { 0.0 };
        names::ARCHIVE_AWAY.of(()).set(is_away);
        if let (Some(archive), Work::Follow(follower)) = (archive, &self.work) {
            show(archive, follower);
        }
    }

    fn stop(&mut self, _: bool) -> Result<(), TakeError> {
        if let Work::Follow(follower) = &self.work {
            self.say_sealed(follower.seal(true)?.as_ref());
        }
        Ok(())
    }
}

fn show(archive: &Archive, follower: &Follower) {
    let tip = archive.tip();
    let (entries, bytes) = archive.unsealed();
    let (spooled, refused) = follower.outputs().spooled();
    names::ARCHIVE_LAG.of(()).set(follower.lag() as f64);
    names::ARCHIVE_VOLUMES.of(()).set(tip.volume as f64);
    names::ARCHIVE_HEAD.of(()).set(first_bits(tip.hash));
    names::ARCHIVE_UNSEALED.of(()).set(entries as f64);
    names::ARCHIVE_UNSEALED_BYTES.of(()).set(bytes as f64);
    names::ARCHIVE_SPOOL_BYTES.of(()).set(spooled as f64);
    names::ARCHIVE_SPOOL_DROPPED.of(()).absolute(refused);
}

/// The first 48 bits, as a number that a metric can hold.
fn first_bits(hash: Hash) -> f64 {
    let bits = hash.0[..6].iter();
    bits.fold(0.0, |number, byte| number * 256.0 + f64::from(*byte))
}
