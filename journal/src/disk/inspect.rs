//! A look at a data directory for the command line: every record of every generation, and what is
//! wrong. Refuses to run beside the engine (it takes the lock), to cut a tail, and to stop at the
//! first defect.

use std::path::Path;

use super::generation::Generation;
use super::generations::Generations;
use super::identity::Identity;
use super::manifest::Manifest;
use super::options::Options;
use super::prepared::Prepared;
use super::report::{Repairs, ShardReport};
use super::scan::Scan;
use super::{checkpoints, files, identity, lock};
use crate::{Damage, JournalError, Sequence, Shard};

/// One thing that is wrong.
#[derive(Debug)]
pub struct Defect {
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
    pub defects: Vec<Defect>,
}

/// Walks a data directory.
///
/// # Errors
/// The directory is in use, or it is not a data directory. Everything else is a [`Defect`].
pub fn inspect(dir: &Path) -> Result<Inspection, JournalError> {
    let _lock = lock::take(dir)?;
    let mut repairs = Repairs::quiet();
    let missing_meta = || JournalError::MissingFile {
        path: dir.join("meta"),
    };
    let identity = identity::look(dir, &mut repairs)?.ok_or_else(missing_meta)?;
    let mut inspection = Inspection::begin(dir, &identity)?;
    for repair in repairs.into_list() {
        inspection.defect(0, true, JournalError::DamagedFile { path: repair.path });
    }
    let options = Options {
        shards: identity.shards,
        ..Options::default()
    };
    let mut ends = Vec::new();
    let known = identity.manifest.as_ref();
    for number in inspection.generations.clone() {
        if let Err(error) = inspection.walk(dir, number, known, &options, &mut ends) {
            inspection.defect(number, false, error);
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
    /// What is known of a directory before its generations are looked at.
    fn begin(dir: &Path, identity: &Identity) -> Result<Self, JournalError> {
        let marks = match &identity.manifest {
            Some(manifest) => manifest.marks.clone(),
            None => Generations::old_marks(dir, identity.shards)?,
        };
        let covered = checkpoints::covered(dir, marks.len())?;
        let shards = (0..identity.shards).zip(&marks);
        Ok(Self {
            shard_count: identity.shards,
            shards: shards.map(|(shard, mark)| empty(shard, *mark)).collect(),
            generations: identity::generations(dir)?,
            checkpoints: covered.into_iter().map(Sequence).collect(),
            disk_bytes: files::disk_bytes(dir),
            torn_bytes: 0,
            defects: Vec::new(),
        })
    }

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
        let is_newest = self.generations.last() == Some(&number);
        let salt = known
            .and_then(|manifest| manifest.of(number))
            .map(|made| made.salt);
        let files = Prepared::open(dir, number, salt, options)?;
        if let Some(path) = files.and_then(|files| files.lost_start()) {
            self.defect(number, true, JournalError::DamagedFile { path });
        }
        let Some((generation, scan)) = Generation::look(dir, number, salt, options)? else {
            let never_begun = known.is_none_or(|manifest| number > manifest.begun);
            return if is_newest && never_begun {
                Ok(())
            } else {
                Err(JournalError::missing(dir, number))
            };
        };
        self.check_floor(&generation, &scan, known);
        self.check_follows(&generation, ends);
        if let Some(broken) = scan.broken {
            self.torn_bytes += generation.log.len()? - scan.end;
            let place = broken.place;
            let error = generation
                .log
                .damaged(place.offset, place.record, broken.damage);
            self.defect(number, is_newest && !broken.good_follows, error);
        }
        *ends = scan.lasts();
        for ((report, column), end) in self.shards.iter_mut().zip(&scan.columns).zip(&*ends) {
            report.last = report.last.max(Sequence(*end));
            report.records += column.offsets.len() as u64;
            report.bytes += column.bytes;
        }
        Ok(())
    }

    /// What was certainly durable is there.
    fn check_floor(&mut self, generation: &Generation, scan: &Scan, known: Option<&Manifest>) {
        let floor = known.and_then(|manifest| manifest.floor_of(generation.number));
        if let Some(floor) = floor
            && (scan.end < floor.end || scan.groups < floor.groups)
        {
            let expected = floor.end;
            let error = generation
                .log
                .damaged(scan.end, None, Damage::Short { expected });
            self.defect(generation.number, false, error);
        }
    }

    /// It begins where the generation before it ends.
    fn check_follows(&mut self, generation: &Generation, ends: &[u64]) {
        let gap = generation
            .starts
            .iter()
            .zip(ends)
            .position(|(start, end)| *start != end + 1);
        if let Some(shard) = gap {
            let record = Some((Shard(shard as u16), Sequence(ends[shard] + 1)));
            let expected = Sequence(generation.starts[shard] - 1);
            let error = generation
                .log
                .damaged(0, record, Damage::Missing { expected });
            self.defect(generation.number, false, error);
        }
    }

    /// What the manifest knows must be there.
    fn check_known(&mut self, dir: &Path, known: Option<&Manifest>) {
        let made = known
            .map(|manifest| manifest.made.as_slice())
            .unwrap_or_default();
        for made in made {
            if !self.generations.contains(&made.number) {
                self.defect(made.number, false, JournalError::missing(dir, made.number));
            }
        }
    }

    fn check_checkpoints(&mut self, dir: &Path, id: u64) -> Result<(), JournalError> {
        let examined = checkpoints::examine(dir, id, usize::from(self.shard_count))?;
        for path in examined.bad {
            self.defect(0, true, JournalError::DamagedFile { path });
        }
        Ok(())
    }

    fn defect(&mut self, generation: u64, repaired_by_start: bool, error: JournalError) {
        self.defects.push(Defect {
            generation,
            repaired_by_start,
            error,
        });
    }
}
