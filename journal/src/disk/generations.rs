//! The generations in order: which one holds a record, which ones can go.
//! Refuses to drop a generation before the trim marks that allow it are durable.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};

use super::files;
use super::generation::{Generation, Visit};
use super::manifest::Ledger;
use crate::{JournalError, Sequence, Shard};

/// Where the format before this one kept the trim marks.
const OLD_TRIM: &str = "trim";
/// All open generations of a data directory, oldest first; never empty.
pub(super) struct Generations {
    ledger: Arc<Ledger>,
    list: RwLock<Vec<Arc<Generation>>>,
    /// Per shard the oldest sequence that is kept. Held while it is written, so that marks only
    /// grow.
    marks: Mutex<Vec<u64>>,
}

impl Generations {
    pub(super) fn new(ledger: Arc<Ledger>, list: Vec<Arc<Generation>>, marks: Vec<u64>) -> Self {
        Self {
            ledger,
            list: RwLock::new(list),
            marks: Mutex::new(marks),
        }
    }

    /// The trim marks as the format before this one stored them; 1 for every shard when there are
    /// none.
    pub(super) fn old_marks(dir: &Path, shards: u16) -> Result<Vec<u64>, JournalError> {
        let count = usize::from(shards);
        Ok(files::read_numbers(&dir.join(OLD_TRIM), count)?.unwrap_or_else(|| vec![1; count]))
    }

    /// Removes the file of the old trim marks, once the manifest has them.
    pub(super) fn remove_old_marks(dir: &Path) -> Result<(), JournalError> {
        files::remove_file(&dir.join(OLD_TRIM))
    }

    /// Takes in a generation whose first group is durable: from then on a trim may take away the
    /// one before it.
    pub(super) fn add(&self, begun: Arc<Generation>) {
        tracing::info!(generation = begun.number, "journal generation begun");
        self.list.write().push(begun);
    }

    pub(super) fn newest(&self) -> Arc<Generation> {
        let list = self.list.read();
        Arc::clone(&list[list.len() - 1])
    }

    fn holding(&self, shard: Shard, sequence: Sequence) -> Option<Arc<Generation>> {
        let list = self.list.read();
        let found = list
            .iter()
            .rev()
            .find(|generation| generation.starts[usize::from(shard.0)] <= sequence.0);
        found.map(Arc::clone)
    }

    pub(super) fn first(&self, shard: Shard) -> Sequence {
        Sequence(self.marks.lock()[usize::from(shard.0)])
    }

    pub(super) fn read(
        &self,
        shard: Shard,
        sequence: Sequence,
    ) -> Result<Option<Vec<u8>>, JournalError> {
        if sequence < self.first(shard) {
            return Ok(None);
        }
        // Between the two looks a trim can take the generation away: then the record is forgotten,
        // not damaged.
        let Some(generation) = self.holding(shard, sequence) else {
            return Ok(None);
        };
        generation.read(shard, sequence).map(Some)
    }

    pub(super) fn replay(
        &self,
        shard: Shard,
        from: Sequence,
        upto: Sequence,
        visit: Visit<'_>,
    ) -> Result<(), JournalError> {
        let mut next = from.max(self.first(shard));
        let list = self.list.read().clone();
        let index = usize::from(shard.0);
        for (generation, later) in list.iter().zip((1..).map(|place| list.get(place))) {
            let end = later.map_or(upto, |later| {
                upto.min(Sequence(later.starts[index]).previous())
            });
            if next > end || generation.starts[index] > next.0 {
                continue;
            }
            if generation.replay(shard, next, end, visit)? == ControlFlow::Break(()) {
                return Ok(());
            }
            next = end.next();
        }
        Ok(())
    }

    /// Forgets records before `before`, and drops the generations that nobody keeps a record of.
    pub(super) fn trim(&self, shard: Shard, before: Sequence) -> Result<(), JournalError> {
        let mut marks = self.marks.lock();
        let index = usize::from(shard.0);
        if before.0 <= marks[index] {
            return Ok(());
        }
        let mut moved = marks.clone();
        moved[index] = before.0;
        self.ledger.trimmed(&moved)?;
        marks.clone_from(&moved);
        self.drop_forgotten(&moved)
    }

    /// Drops the oldest generations while all their records are before the marks.
    pub(super) fn drop_forgotten(&self, marks: &[u64]) -> Result<(), JournalError> {
        while let Some(forgotten) = self.take_forgotten(marks) {
            tracing::info!(generation = forgotten.number, "journal generation dropped");
            self.ledger.dropped(forgotten.number)?;
            forgotten.retire();
            let dir = forgotten.dir().to_owned();
            drop(forgotten); // a reader may still hold it: its open file outlives the name
            files::remove_dir(&dir)?;
        }
        Ok(())
    }

    fn take_forgotten(&self, marks: &[u64]) -> Option<Arc<Generation>> {
        let mut list = self.list.write();
        let later = list.get(1)?;
        let forgotten = later
            .starts
            .iter()
            .zip(marks)
            .all(|(start, mark)| start <= mark);
        forgotten.then(|| list.remove(0))
    }

    /// What each is, oldest first.
    pub(super) fn all(&self) -> Vec<crate::Generation> {
        let of = |generation: &Arc<Generation>| crate::Generation {
            number: generation.number,
            starts: generation.starts.iter().copied().map(Sequence).collect(),
            bytes: generation.log_bytes(),
        };
        self.list.read().iter().map(of).collect()
    }

    pub(super) fn count(&self) -> u64 {
        self.list.read().len() as u64
    }

    /// Log bytes of kept records; inside a generation they count by the share of its records that
    /// is kept.
    pub(super) fn live_bytes(&self, lasts: &[u64]) -> u64 {
        let marks = self.marks.lock().clone();
        let list = self.list.read().clone();
        let live = |place: usize, generation: &Generation| {
            let (mut kept, mut all) = (0, 0);
            for (shard, start) in generation.starts.iter().enumerate() {
                let end = list
                    .get(place + 1)
                    .map_or(lasts[shard] + 1, |later| later.starts[shard]);
                all += end.saturating_sub(*start);
                kept += end.saturating_sub(marks[shard].max(*start));
            }
            (u128::from(generation.log_bytes()) * u128::from(kept) / u128::from(all.max(1))) as u64
        };
        list.iter()
            .enumerate()
            .map(|(place, generation)| live(place, generation))
            .sum()
    }
}
