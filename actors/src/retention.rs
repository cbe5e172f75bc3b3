//! Owns the forgetting of old records: which generations of the log can go, that everything alive in
//! them is written again first, and that nothing goes before everybody who follows the log is past
//! it. Owns too when what ended leaves the table. Refuses to look at a record beyond the instant at which it was written, and to hold up
//! anything: a step that cannot be done now is done later.

use std::sync::Arc;

use sluis_journal::{Generation, Journal, JournalError, Sequence, Shard};
use sluis_model::codec::CodecError;
use sluis_model::{Clock, HOUR, MINUTE, Record, Timestamp};

use crate::shard::{Endings, Horizon, Leaving};
use crate::telemetry::names;
use crate::wake::Waker;

mod growth;

pub use self::growth::Brake;
use self::growth::Mark;

/// What an open notification is taken to cost in the log, its body included, and a tenant beside
/// that, in bytes.
const OPEN_BYTES: u64 = 1_024;
const TENANT_BYTES: u64 = 256;

/// Who follows the log and must have read a record before it is forgotten.
pub trait Follower: Send + Sync {
    /// Up to which record of the shard everything is kept elsewhere, durably.
    fn passed(&self, shard: Shard) -> Sequence;

    /// It is told by how many generations the log has grown since records were to go that it is not
    /// past; 0 when it holds up nothing. The more, the more of the processors it is to take.
    fn holds_up(&self, generations: f64) {
        let _ = generations;
    }

    /// Whether it has work to do, and so gets further when it is given more time. Who fails, or waits
    /// for something else, does not.
    fn is_catching_up(&self) -> bool {
        true
    }
}

/// Packs of endings that are looked at with nobody else at the table of the shard.
const PACKS_AT_ONCE: usize = 512;
/// Packs of endings that are looked at in one step, per shard: at least so many, and so many for each
/// ending that came since the step before. Each pack has an ending at least, so the table does not
/// grow while as many leave as come.
const LEAST_PACKS: usize = 2_048;
const PACKS_FOR_EACH: usize = 2;
/// How often what ended is gone through: after this part of the time for which it is kept, within
/// these bounds.
const PASSES: i64 = 64;
const LEAST_REST_MS: i64 = MINUTE;
const MOST_REST_MS: i64 = HOUR;

/// When old records are forgotten.
#[derive(Clone)]
pub struct RetentionSettings {
    /// Records younger than this are kept, in milliseconds: at least as long as idempotency keys and
    /// the bytes of a day are counted from them.
    pub keep_for_ms: i64,
    /// What ended longer ago than this leaves the table, in milliseconds. At least as long as records
    /// are kept: what they tell is found by it.
    pub endings_for_ms: i64,
    /// How many times as large as what is alive the log may be, beside the spare generations, before
    /// any is forgotten.
    pub live_factor: u64,
    /// Generations that are kept beside what is alive, however little that is.
    pub spare_generations: u64,
    /// Bytes by which the log may grow in any case while old records are to go, before intake waits.
    pub least_growth: u64,
    /// Who must be past a record.
    pub followers: Vec<Arc<dyn Follower>>,
}

impl std::fmt::Debug for RetentionSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RetentionSettings")
            .field("keep_for_ms", &self.keep_for_ms)
            .field("endings_for_ms", &self.endings_for_ms)
            .field("live_factor", &self.live_factor)
            .field("spare_generations", &self.spare_generations)
            .field("least_growth", &self.least_growth)
            .field("followers", &self.followers.len())
            .finish()
    }
}

/// Why a step failed. Nothing is lost by it: it is tried again.
#[derive(Debug, thiserror::Error)]
pub enum RetentionError {
    /// The journal failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A record at the end of a generation cannot be read.
    #[error("record {sequence} of shard {shard} cannot be read: {source}")]
    Record {
        /// The shard.
        shard: u16,
        /// The record.
        sequence: u64,
        /// What is wrong with it.
        source: CodecError,
    },
}

/// One shard, as the retention sees it.
#[derive(Clone, Debug)]
pub struct Retained {
    /// What is to be carried.
    pub horizon: Arc<Horizon>,
    /// What ended and must stand in the table first.
    pub endings: Arc<Endings>,
    /// Wakes the shard.
    pub waker: Arc<Waker>,
}

/// What is to be forgotten.
struct Goal {
    /// Up to where, for each shard.
    horizons: Vec<Sequence>,
    /// Where the log was when that began.
    began: Mark,
}

/// The forgetting of old records.
pub struct Retention {
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    settings: RetentionSettings,
    /// In order of shards.
    shards: Vec<Retained>,
    /// What is to be forgotten, while that is under way.
    goal: Option<Goal>,
    brake: Arc<Brake>,
    /// Since when all has left each shard's table that may; none: it is being gone through.
    swept: Vec<Option<Timestamp>>,
}

impl Retention {
    /// Nothing is forgotten yet.
    #[must_use]
    pub fn new(
        journal: Arc<dyn Journal>,
        clock: Arc<dyn Clock>,
        settings: RetentionSettings,
        shards: Vec<Retained>,
    ) -> Self {
        Self {
            journal,
            clock,
            settings,
            swept: vec![None; shards.len()],
            shards,
            goal: None,
            brake: Arc::default(),
        }
    }

    /// What says whether intake waits.
    #[must_use]
    pub fn brake(&self) -> Arc<Brake> {
        self.brake.clone()
    }

    /// Takes some of what ended long ago out of the tables. Blocks on the disk: not for an arbiter.
    ///
    /// # Errors
    /// See [`RetentionError`]; the next step tries again.
    pub fn sweep(&mut self) -> Result<(), RetentionError> {
        let now = self.clock.now();
        let rest = self.settings.endings_for_ms / PASSES;
        let rest = rest.clamp(LEAST_REST_MS, MOST_REST_MS);
        let before = now.plus(-self.settings.endings_for_ms);
        for (place, retained) in self.shards.iter().enumerate() {
            let came = retained.endings.written_since();
            // A clock that was set back is no reason to wait.
            let rested = self.swept[place].map(|since| now.since(since));
            let rests = rested.is_some_and(|rested| (0..rest).contains(&rested));
            if !retained.endings.came_back() && rests {
                continue;
            }
            let shard = Shard(place as u16);
            let passed = self.settings.followers.iter().map(|it| it.passed(shard));
            let upto = passed.min().unwrap_or(Sequence(u64::MAX));
            let leaving = Leaving { before, upto };
            let most = LEAST_PACKS.max(came.saturating_mul(PACKS_FOR_EACH));
            let is_over = self.sweep_some((shard, retained), leaving, most)?;
            self.swept[place] = is_over.then_some(now);
        }
        Ok(())
    }

    /// Looks at about `most` packs of a shard, some at a time; whether that was the end of them.
    fn sweep_some(
        &self,
        (shard, retained): (Shard, &Retained),
        leaving: Leaving,
        most: usize,
    ) -> Result<bool, RetentionError> {
        let journal = &*self.journal;
        for _ in 0..most.div_ceil(PACKS_AT_ONCE) {
            // What waits to be written may be old itself, and does not wait until all is swept.
            retained.endings.write(journal, shard)?;
            let swept = retained
                .endings
                .sweep(journal, shard, leaving, PACKS_AT_ONCE)?;
            let (endings, is_over) = swept;
            names::ENDINGS_LEFT.of(()).increment(endings);
            if is_over {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// One step: begins to forget where that is due, or goes on with it. Blocks on the disk: not for
    /// an arbiter.
    ///
    /// # Errors
    /// See [`RetentionError`]; the next step tries again.
    pub fn step(&mut self) -> Result<(), RetentionError> {
        let Some(goal) = self.goal.take() else {
            let all = self.journal.generations();
            if let Some(horizons) = self.due(&all)? {
                self.ask(&horizons);
                let began = Mark::of(&all, self.carried_bytes());
                self.goal = Some(Goal { horizons, began });
            }
            return Ok(());
        };
        let before = self.journal.generations().len();
        let done = self.go_on(&goal.horizons);
        let forgotten = before.saturating_sub(self.journal.generations().len());
        names::FORGOTTEN.of(()).increment(forgotten as u64);
        if matches!(done, Ok(true)) {
            self.hurry_nobody();
        } else {
            self.hurry(&goal);
            self.goal = Some(goal);
        }
        done.map(drop)
    }

    /// Tells everybody who holds the goal up how far the log has grown meanwhile. When it has grown too
    /// far, intake waits: for what gets further by that, and not for a follower who fails.
    fn hurry(&self, goal: &Goal) {
        let all = self.journal.generations();
        let bytes = goal.began.grown(&all, self.carried_bytes());
        let generations = bytes as f64 / growth::full(&all).max(1) as f64;
        let mut waits_for_somebody = !self.is_carried(&goal.horizons);
        for follower in &self.settings.followers {
            let holds_up = self.holds_up(&**follower, &goal.horizons);
            follower.holds_up(if holds_up { generations } else { 0.0 });
            waits_for_somebody |= holds_up && follower.is_catching_up();
        }
        let most = growth::most(&all, self.alive());
        let is_too_much = bytes >= most.max(self.settings.least_growth);
        self.brake.set(is_too_much && waits_for_somebody);
        names::GROWTH.of(()).set(bytes as f64);
    }

    fn hurry_nobody(&self) {
        for follower in &self.settings.followers {
            follower.holds_up(0.0);
        }
        self.brake.set(false);
        names::GROWTH.of(()).set(0.0);
    }

    /// Whether a follower is not past what is to be forgotten.
    fn holds_up(&self, follower: &dyn Follower, horizons: &[Sequence]) -> bool {
        let mut shards = (0..).map(Shard).zip(horizons);
        shards.any(|(shard, horizon)| follower.passed(shard) < horizon.previous())
    }

    /// Whether everything alive was written again.
    fn is_carried(&self, horizons: &[Sequence]) -> bool {
        let mut shards = self.shards.iter().zip(horizons);
        shards.all(|(shard, horizon)| {
            let carried = shard.horizon.carried();
            carried.is_some_and(|carried| carried.horizon >= *horizon)
        })
    }

    /// Bytes that were written again since the start.
    fn carried_bytes(&self) -> u64 {
        let shards = self.shards.iter();
        shards.map(|shard| shard.horizon.carried_bytes()).sum()
    }

    fn ask(&self, goal: &[Sequence]) {
        for (shard, horizon) in self.shards.iter().zip(goal) {
            shard.horizon.ask(*horizon);
            shard.waker.wake();
        }
    }

    /// Up to where the shards can be forgotten now, if it is worth it: as few generations as bring
    /// the log within its size.
    fn due(&self, all: &[Generation]) -> Result<Option<Vec<Sequence>>, RetentionError> {
        let mut bytes: u64 = all.iter().map(|generation| generation.bytes).sum();
        let most = self.most_bytes(all);
        let mut goal = None;
        for pair in all.windows(2) {
            let [going, next] = pair else {
                break;
            };
            if bytes <= most || !self.is_old(next)? {
                break;
            }
            bytes -= going.bytes;
            goal = Some(next.starts.clone());
        }
        Ok(goal)
    }

    /// Bytes that the log may have before any of it is forgotten.
    fn most_bytes(&self, all: &[Generation]) -> u64 {
        self.alive()
            .saturating_mul(self.settings.live_factor)
            .saturating_add(self.settings.spare_generations * growth::full(all))
    }

    /// Bytes of what is alive, about.
    fn alive(&self) -> u64 {
        let alive = |shard: &Retained| {
            let live = shard.horizon.live();
            live.open * OPEN_BYTES + live.tenants * TENANT_BYTES
        };
        self.shards.iter().map(alive).sum()
    }

    /// Whether everything before this generation is older than what is kept.
    fn is_old(&self, next: &Generation) -> Result<bool, RetentionError> {
        let now = self.clock.now();
        for (shard, start) in (0..).map(Shard).zip(&next.starts) {
            if let Some(at) = self.written_at(shard, start.previous())?
                && now.since(at) < self.settings.keep_for_ms
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// When a record was written; none: it is not there, or there never was one.
    fn written_at(
        &self,
        shard: Shard,
        sequence: Sequence,
    ) -> Result<Option<Timestamp>, RetentionError> {
        let Some(bytes) = self.journal.read(shard, sequence)? else {
            return Ok(None);
        };
        let record = Record::decode(&bytes).map_err(|source| RetentionError::Record {
            shard: shard.0,
            sequence: sequence.0,
            source,
        })?;
        Ok(Some(record.at()))
    }

    /// Trims every shard that can be. Whether all are.
    fn go_on(&self, goal: &[Sequence]) -> Result<bool, RetentionError> {
        let mut all = true;
        for ((shard, retained), horizon) in (0..).map(Shard).zip(&self.shards).zip(goal) {
            if self.journal.first(shard) < *horizon {
                all &= self.trim(shard, retained, *horizon)?;
            }
        }
        Ok(all)
    }

    /// Trims a shard, if everything alive was carried and everybody is past the horizon.
    fn trim(
        &self,
        shard: Shard,
        retained: &Retained,
        horizon: Sequence,
    ) -> Result<bool, RetentionError> {
        let carried = retained.horizon.carried();
        let Some(carried) = carried.filter(|carried| carried.horizon >= horizon) else {
            // The shard may have been rebuilt and have missed its waker.
            retained.waker.wake();
            return Ok(false);
        };
        let passed = |follower: &Arc<dyn Follower>| follower.passed(shard) >= horizon.previous();
        if !self.settings.followers.iter().all(passed) {
            return Ok(false);
        }
        self.table(shard, retained, carried.upto)?;
        if self.journal.table_applied(shard) < carried.upto {
            return Ok(false);
        }
        self.journal.trim(shard, horizon)?;
        let forgotten = self.journal.first(shard).previous();
        names::FORGOTTEN_RECORDS
            .of(shard.0.to_string())
            .set(forgotten.0 as f64);
        tracing::info!(
            shard = shard.0,
            before = horizon.0,
            "old records were forgotten"
        );
        Ok(true)
    }

    /// Has the table hold everything that ended up to `upto`, durably: what ended between the
    /// horizon and the record that carried its tenant cannot be told from the log any more.
    fn table(&self, shard: Shard, retained: &Retained, upto: Sequence) -> Result<(), JournalError> {
        if self.journal.table_applied(shard) >= upto {
            return Ok(());
        }
        let complete = retained.endings.write(&*self.journal, shard)?;
        if complete >= upto.0 {
            self.journal.set_table_applied(shard, Sequence(complete))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
