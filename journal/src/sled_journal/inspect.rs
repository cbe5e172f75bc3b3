//! A look at a data directory for the command line: every page of every generation, and what is wrong.
//! Refuses to run beside the engine (it takes the lock), to cut a tail, and to stop at the first problem.
//! sled itself may finish its own recovery while it is opened.

use std::path::Path;

use super::checkpoints::Checkpoints;
use super::generation::Generation;
use super::generations::Generations;
use super::options::Options;
use super::recovery;
use super::report::ShardReport;
use super::scan::{ShardScan, scan};
use super::{checkpoints, files};
use crate::{Damage, JournalError, PageKey, Sequence, Shard};

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
        problems: Vec::new(),
    };
    inspection.checkpoints = checkpoints::covered(dir, marks.len())?.into_iter().map(Sequence).collect();
    inspection.generations.sort_unstable();
    let options = Options { shards: shard_count, ..Options::default() };
    for number in inspection.generations.clone() {
        if let Err(error) = inspection.walk(dir, number, &options) {
            inspection.problem(number, false, error);
        }
    }
    inspection.check_checkpoints(dir)?;
    Ok(inspection)
}

fn empty(shard: u16, mark: u64) -> ShardReport {
    let (first, last) = (Sequence(mark), Sequence(mark).previous());
    ShardReport { shard: Shard(shard), first, last, pages: 0, bytes: 0, torn_pages: 0 }
}

impl Inspection {
    fn walk(&mut self, dir: &Path, number: u64, options: &Options) -> Result<(), JournalError> {
        let newest = self.generations.last() == Some(&number);
        let mut removed = Vec::new();
        let opened = Generation::open(dir, number, options.sealed_cache_bytes, options, &mut removed)?;
        let Some(generation) = opened else {
            if !newest {
                let error = JournalError::MissingGeneration { path: dir.to_owned(), number };
                self.problem(number, false, error);
            }
            return Ok(());
        };
        for (shard, scan) in (0..).zip(scan(&generation)?) {
            self.add(&generation, Shard(shard), &scan, newest);
        }
        Ok(())
    }

    fn add(&mut self, generation: &Generation, shard: Shard, scan: &ShardScan, newest: bool) {
        let index = usize::from(shard.0);
        let report = &mut self.shards[index];
        let expected = generation.starts[index] - 1;
        let follows = report.pages == 0 || report.last.0 == expected;
        let before = report.last;
        report.last = Sequence(scan.last).max(report.last);
        report.pages += scan.pages;
        report.bytes += scan.bytes;
        if !follows {
            let page = PageKey::new(shard, before.0 + 1, 0);
            let error = generation.damaged(page, Damage::Missing { expected: Sequence(expected) });
            self.problem(generation.number, false, error);
        }
        if let Some(broken) = &scan.broken {
            self.shards[index].torn_pages += broken.tail.len() as u64;
            let repaired = newest && !broken.good_follows;
            self.problem(generation.number, repaired, generation.damaged(broken.page, broken.damage));
        }
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
