//! From a data directory to open generations: locks it, clears leftovers, has torn tails cut, checks what was promised.
//! Refuses to go on over damage that could hold acknowledged records.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::frame::GroupWriter;
use super::generation::Generation;
use super::generations::Generations;
use super::options::Options;
use super::prepared::Prepared;
use super::report::{RecoveryReport, ShardReport};
use super::{checkpoints, files};
use crate::{Damage, JournalError, Sequence, Shard};

const LOCK: &str = "lock";
const META: &str = "meta";
const FORMAT: u16 = 3;

/// A data directory that was recovered.
pub(super) struct Recovered {
    pub(super) lock: File,
    pub(super) generations: Generations,
    /// Per shard the last sequence, all of it durable.
    pub(super) lasts: Vec<u64>,
    pub(super) report: RecoveryReport,
}

/// Takes the directory for this process, or says who has it. Held until the file is dropped.
pub(super) fn lock(dir: &Path) -> Result<File, JournalError> {
    let path = dir.join(LOCK);
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(JournalError::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(JournalError::Locked { path }),
        Err(TryLockError::Error(error)) => Err(JournalError::io("lock", &path)(error)),
    }
}

/// The format and the number of shards of a directory; `None` when it was never finished.
pub(super) fn stored_shards(dir: &Path) -> Result<Option<u16>, JournalError> {
    let path = dir.join(META);
    let Some(bytes) = files::read_sealed(&path)? else { return Ok(None) };
    let damaged = || JournalError::DamagedFile { path: path.clone() };
    let [f0, f1, s0, s1] = <[u8; 4]>::try_from(&bytes[..]).map_err(|_| damaged())?;
    let found = u16::from_le_bytes([f0, f1]);
    if found != FORMAT {
        return Err(JournalError::Format { path, found, expected: FORMAT });
    }
    Ok(Some(u16::from_le_bytes([s0, s1])))
}

/// Opens a directory, making it when it is new.
pub(super) fn recover(dir: &Path, options: &Options) -> Result<Recovered, JournalError> {
    files::create_dir(dir)?;
    let lock = lock(dir)?;
    // What a killed process left may have its names in the page cache alone.
    files::sync_dir(dir)?;
    let created = claim(dir, options)?;
    let mut report = RecoveryReport { created, ..RecoveryReport::default() };
    clear_leftovers(dir, &mut report.removed)?;
    let mut list = open_all(dir, options, &mut report)?;
    let marks = Generations::stored_marks(dir, options.shards)?;
    if list.is_empty() {
        list.push(Arc::new(first(dir, marks.clone(), options)?));
    }
    check_oldest(dir, &list[0], &marks)?;
    let newest = &list[list.len() - 1];
    let lasts = newest.index.lasts();
    check_promises(dir, newest, &lasts, &marks)?;
    report.shards = (0..options.shards).map(|shard| shard_report(shard, &list, &lasts, &marks)).collect();
    let generations = Generations::new(dir, list, marks.clone());
    generations.drop_forgotten(&marks)?;
    report.generations = generations.count();
    Ok(Recovered { lock, generations, lasts, report })
}

/// The first generation of a directory. Each later one begins with records; this one with a group that has none.
fn first(dir: &Path, starts: Vec<u64>, options: &Options) -> Result<Generation, JournalError> {
    let generation = Generation::begin(Prepared::create(dir, 1, 0, options)?, starts);
    generation.append(&mut GroupWriter::default(), &[], || ())?;
    Ok(generation)
}

/// Writes format and shard count into a new directory, or checks those of an old one.
fn claim(dir: &Path, options: &Options) -> Result<bool, JournalError> {
    match stored_shards(dir)? {
        Some(stored) if stored == options.shards => Ok(false),
        Some(stored) => Err(JournalError::ShardCount { path: dir.to_owned(), stored, configured: options.shards }),
        None => {
            let [f0, f1] = FORMAT.to_le_bytes();
            let [s0, s1] = options.shards.to_le_bytes();
            files::write_sealed(&dir.join(META), &[f0, f1, s0, s1])?;
            Ok(true)
        }
    }
}

/// Removes what an interrupted run left half done: files being written, directories being removed.
fn clear_leftovers(dir: &Path, removed: &mut Vec<PathBuf>) -> Result<(), JournalError> {
    files::remove_unfinished(dir, removed)?;
    for path in files::list(dir)? {
        if path.extension().is_some_and(|extension| extension == files::DEAD) {
            files::bury(&path)?;
            removed.push(path);
        }
    }
    Ok(())
}

/// Opens the generations, the newest one first: each says where the one before it has to end. A newest one that was never
/// begun is removed.
fn open_all(dir: &Path, options: &Options, report: &mut RecoveryReport) -> Result<Vec<Arc<Generation>>, JournalError> {
    let mut numbers: Vec<u64> = files::list(dir)?.iter().filter_map(|path| Generation::number_of(path)).collect();
    numbers.sort_unstable();
    if let Some(pair) = numbers.windows(2).find(|pair| pair[1] != pair[0] + 1) {
        return Err(JournalError::MissingGeneration { path: dir.to_owned(), number: pair[0] + 1 });
    }
    let mut list: Vec<Arc<Generation>> = Vec::with_capacity(numbers.len());
    let mut unbegun = None;
    for number in numbers.into_iter().rev() {
        if let Some(later) = list.last() {
            let ends: Vec<u64> = later.starts.iter().map(|start| start - 1).collect();
            list.push(Arc::new(Generation::open_sealed(dir, number, &ends, options)?));
        } else if let Some((newest, torn)) = Generation::open_newest(dir, number, options)? {
            report.torn_bytes = torn;
            list.push(Arc::new(newest));
        } else if unbegun.replace(number).is_some() {
            return Err(JournalError::MissingGeneration { path: dir.to_owned(), number });
        }
    }
    if let Some(number) = unbegun {
        let path = Generation::path(dir, number);
        files::remove_dir(&path)?;
        report.removed.push(path);
    }
    list.reverse();
    Ok(list)
}

/// The oldest generation must begin at or before what is kept.
fn check_oldest(dir: &Path, oldest: &Generation, marks: &[u64]) -> Result<(), JournalError> {
    let covered = oldest.starts.iter().zip(marks).all(|(start, mark)| start <= mark);
    if covered {
        return Ok(());
    }
    Err(JournalError::MissingGeneration { path: dir.to_owned(), number: oldest.number - 1 })
}

/// What was promised durably elsewhere must be in the log: trim marks and checkpoints.
fn check_promises(dir: &Path, newest: &Generation, lasts: &[u64], marks: &[u64]) -> Result<(), JournalError> {
    let covered = checkpoints::covered(dir, lasts.len())?;
    for (index, last) in lasts.iter().enumerate() {
        let expected = covered[index].max(marks[index] - 1);
        if expected > *last {
            let record = Some((Shard(index as u16), Sequence(last + 1)));
            return Err(newest.log.damaged(newest.log_bytes(), record, Damage::Missing { expected: Sequence(expected) }));
        }
    }
    Ok(())
}

fn shard_report(shard: u16, list: &[Arc<Generation>], lasts: &[u64], marks: &[u64]) -> ShardReport {
    let index = usize::from(shard);
    let extents = || list.iter().map(|generation| generation.index.extent(index));
    ShardReport {
        shard: Shard(shard),
        first: Sequence(marks[index]),
        last: Sequence(lasts[index]),
        records: extents().map(|extent| extent.records).sum(),
        bytes: extents().map(|extent| extent.bytes).sum(),
    }
}
