//! A look at a data directory for the command line: every record of every generation, and what is
//! wrong. Refuses to run beside the engine (it takes the lock), to cut a tail, and to stop at the
//! first problem.

use std::path::Path;

use super::checkpoints::Checkpoints;
use super::generation::Generation;
use super::generations::Generations;
use super::manifest::Manifest;
use super::options::Options;
use super::report::{Repairs, ShardReport};
use super::{checkpoints, files, identity, lock};
use crate::{Damage, JournalError, Sequence, Shard};

/// One thing that is wrong.
#[derive(Debug)]
pub struct Problem {
    /// The generation, 0 for something outside of them.
    pub generation: u64,
    /// Whether a start would repair it, or refuse.
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
    let _lock = lock::take(dir)?;
    let mut repairs = Repairs::quiet();
    let missing = || JournalError::MissingFile {
        path: dir.join("meta"),
    };
    let identity = identity::look(dir, &mut repairs)?.ok_or_else(missing)?;
    let shard_count = identity.shards;
    let marks = match &identity.manifest {
        Some(manifest) => manifest.marks.clone(),
        None => Generations::old_marks(dir, shard_count)?,
    };
    let mut inspection = Inspection {
        shard_count,
        shards: (0..shard_count)
            .zip(&marks)
            .map(|(shard, mark)| empty(shard, *mark))
            .collect(),
        generations: identity::generations(dir)?,
        checkpoints: Vec::new(),
        disk_bytes: files::disk_bytes(dir),
        torn_bytes: 0,
        problems: Vec::new(),
    };
    for repair in repairs.into_list() {
        inspection.problem(0, true, JournalError::DamagedFile { path: repair.path });
    }
    inspection.checkpoints = checkpoints::covered(dir, marks.len())?
        .into_iter()
        .map(Sequence)
        .collect();
    let options = Options {
        shards: shard_count,
        ..Options::default()
    };
    let mut expected = Vec::new();
    let known = identity.manifest.as_ref();
    for number in inspection.generations.clone() {
        if let Err(error) = inspection.walk(dir, number, known, &options, &mut expected) {
            inspection.problem(number, false, error);
        }
    }
    inspection.check_known(dir, known);
    inspection.check_checkpoints(dir, identity.id)?;
    Ok(inspection)
}

fn empty(shard: u16, mark: u64) -> ShardReport {
    ShardReport {
        shard: Shard(shard),
        first: Sequence(mark),
        last: Sequence(mark).previous(),
        records: 0,
        bytes: 0,
    }
}

impl Inspection {
    /// Looks at one generation. `ends` are the last sequences of the one before, and then of this
    /// one.
    fn walk(
        &mut self,
        dir: &Path,
        number: u64,
        known: Option<&Manifest>,
        options: &Options,
        ends: &mut Vec<u64>,
    ) -> Result<(), JournalError> {
        let newest = self.generations.last() == Some(&number);
        let salt = known
            .and_then(|manifest| manifest.of(number))
            .map(|made| made.salt);
        let Some((generation, scan)) = Generation::look(dir, number, salt, options)? else {
            let never_begun = newest && known.is_none_or(|manifest| number > manifest.begun);
            return if never_begun {
                Ok(())
            } else {
                Err(JournalError::MissingGeneration {
                    path: dir.to_owned(),
                    number,
                })
            };
        };
        if let Some(floor) = known.and_then(|manifest| manifest.floor_of(number))
            && (scan.end < floor.end || scan.groups < floor.groups)
        {
            self.problem(
                number,
                false,
                generation.log.damaged(
                    scan.end,
                    None,
                    Damage::Short {
                        expected: floor.end,
                    },
                ),
            );
        }
        let gap = generation
            .starts
            .iter()
            .zip(&*ends)
            .position(|(start, end)| *start != end + 1);
        if let Some(shard) = gap {
            let record = Some((Shard(shard as u16), Sequence(ends[shard] + 1)));
            let damage = Damage::Missing {
                expected: Sequence(generation.starts[shard] - 1),
            };
            self.problem(number, false, generation.log.damaged(0, record, damage));
        }
        if let Some(broken) = scan.broken {
            self.torn_bytes += generation.log.len()? - scan.end;
            let repaired = newest && !broken.good_follows;
            let error =
                generation
                    .log
                    .damaged(broken.place.offset, broken.place.record, broken.damage);
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

    /// What the manifest knows must be there.
    fn check_known(&mut self, dir: &Path, known: Option<&Manifest>) {
        let made = known
            .map(|manifest| manifest.made.as_slice())
            .unwrap_or_default();
        for number in made
            .iter()
            .map(|made| made.number)
            .filter(|number| !self.generations.contains(number))
            .collect::<Vec<_>>()
        {
            self.problem(
                number,
                false,
                JournalError::MissingGeneration {
                    path: dir.to_owned(),
                    number,
                },
            );
        }
    }

    fn check_checkpoints(&mut self, dir: &Path, id: u64) -> Result<(), JournalError> {
        let checkpoints = Checkpoints::open(dir, id, None, &mut Vec::new())?;
        for shard in 0..self.shard_count {
            if let Err(error) = checkpoints.latest(Shard(shard)) {
                self.problem(0, false, error);
            }
        }
        Ok(())
    }

    fn problem(&mut self, generation: u64, repaired_by_start: bool, error: JournalError) {
        self.problems.push(Problem {
            generation,
            repaired_by_start,
            error,
        });
    }
}
