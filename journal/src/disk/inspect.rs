//! A look at a data directory for the command line: every record of every generation, and what is wrong.
//! Refuses to run beside the engine (it takes the lock), to cut a tail, and to stop at the first problem.

use std::path::Path;

use super::checkpoints::Checkpoints;
use super::generation::Generation;
use super::generations::Generations;
use super::options::Options;
use super::recovery;
use super::report::ShardReport;
use super::{checkpoints, files};
use crate::{Damage, JournalError, Sequence, Shard};

/// One thing that is wrong.
#[derive(Debug)]
pub struct Problem {
    /// The generation, 0 for something outside of them.
    pub generation: u64,
    /// Whether a start would repair it by cutting a torn tail, or refuse.
    pub repaired_by_start: bool,
    /// What and where.
    pub error: JournalError,
}

/// What is in a data directory.
#[derive(Debug)]
pub struct Inspection {
    /// The number of shards it was made with.
    pub shard_count: u16,
    /// Every shard over all generations.
    pub shards: Vec<ShardReport>,
    /// The numbers of the generations, oldest first.
    pub generations: Vec<u64>,
    /// Per shard what its newest checkpoint covers; zero for none.
    pub checkpoints: Vec<Sequence>,
    /// Bytes of all files.
    pub disk_bytes: u64,
    /// Bytes behind the last good group of a generation.
    pub torn_bytes: u64,
    /// Everything that is wrong, oldest generation first; empty is good.
    pub problems: Vec<Problem>,
}

/// Walks a data directory.
///
/// # Errors
/// The directory is in use, or it is not a data directory. Everything else is a [`Problem`].
pub fn inspect(dir: &Path) -> Result<Inspection, JournalError> {
    let meta = dir.join("meta");
    let missing = || JournalError::io("open", &meta)(std::io::ErrorKind::NotFound.into());
    let shard_count = recovery::stored_shards(dir)?.ok_or_else(missing)?;
    let _lock = recovery::lock(dir)?;
    let marks = Generations::stored_marks(dir, shard_count)?;
    let mut inspection = Inspection {
        shard_count,
        shards: (0..shard_count).zip(&marks).map(|(shard, mark)| empty(shard, *mark)).collect(),
        generations: files::list(dir)?.iter().filter_map(|path| Generation::number_of(path)).collect(),
        checkpoints: Vec::new(),
        disk_bytes: files::disk_bytes(dir),
        torn_bytes: 0,
        problems: Vec::new(),
    };
    inspection.checkpoints = checkpoints::covered(dir, marks.len())?.into_iter().map(Sequence).collect();
    inspection.generations.sort_unstable();
    let options = Options { shards: shard_count, ..Options::default() };
    let mut expected = Vec::new();
    for number in inspection.generations.clone() {
        if let Err(error) = inspection.walk(dir, number, &options, &mut expected) {
            inspection.problem(number, false, error);
        }
    }
    inspection.check_checkpoints(dir)?;
    Ok(inspection)
}

fn empty(shard: u16, mark: u64) -> ShardReport {
    ShardReport { shard: Shard(shard), first: Sequence(mark), last: Sequence(mark).previous(), records: 0, bytes: 0 }
}

impl Inspection {
    /// Looks at one generation. `ends` are the last sequences of the one before, and then of this one.
    fn walk(&mut self, dir: &Path, number: u64, options: &Options, ends: &mut Vec<u64>) -> Result<(), JournalError> {
        let newest = self.generations.last() == Some(&number);
        let Some((generation, scan)) = Generation::look(dir, number, options)? else {
            return if newest { Ok(()) } else { Err(JournalError::MissingGeneration { path: dir.to_owned(), number }) };
        };
        let gap = generation.starts.iter().zip(&*ends).position(|(start, end)| *start != end + 1);
        if let Some(shard) = gap {
            let record = Some((Shard(shard as u16), Sequence(ends[shard] + 1)));
            let damage = Damage::Missing { expected: Sequence(generation.starts[shard] - 1) };
            self.problem(number, false, generation.log.damaged(0, record, damage));
        }
        if let Some(broken) = scan.broken {
            self.torn_bytes += generation.log.len()? - scan.end;
            let repaired = newest && !broken.good_follows;
            let error = generation.log.damaged(broken.place.offset, broken.place.record, broken.damage);
            self.problem(number, repaired, error);
        }
        *ends = scan.lasts();
        for ((report, column), end) in self.shards.iter_mut().zip(&scan.columns).zip(&*ends) {
            report.last = report.last.max(Sequence(*end));
            report.records += column.offsets.len() as u64;
            report.bytes += column.bytes;
        }
        Ok(())
    }

    fn check_checkpoints(&mut self, dir: &Path) -> Result<(), JournalError> {
        let checkpoints = Checkpoints::open(dir, &mut Vec::new())?;
        for shard in 0..self.shard_count {
            if let Err(error) = checkpoints.latest(Shard(shard)) {
                self.problem(0, false, error);
            }
        }
        Ok(())
    }

    fn problem(&mut self, generation: u64, repaired_by_start: bool, error: JournalError) {
        self.problems.push(Problem { generation, repaired_by_start, error });
    }
}
