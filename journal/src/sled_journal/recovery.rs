//! From a data directory to open generations: locks it, clears leftovers, checks every page, cuts a torn tail.
//! Refuses to go on over damage that could hold acknowledged records.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::generation::Generation;
use super::generations::Generations;
use super::options::Options;
use super::page::PageKey;
use super::report::{RecoveryReport, ShardReport};
use super::scan::{Broken, ShardScan, scan};
use super::{checkpoints, files, store};
use crate::{Damage, JournalError, Sequence, Shard};

const LOCK: &str = "lock";
const META: &str = "meta";
const FORMAT: u16 = 1;

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
    let created = claim(dir, options)?;
    let mut removed = Vec::new();
    clear_leftovers(dir, &mut removed)?;
    let mut list = open_all(dir, options, &mut removed)?;
    let marks = Generations::stored_marks(dir, options.shards)?;
    if list.is_empty() {
        list.push(Arc::new(Generation::create(dir, 1, marks.clone(), options)?));
    }
    check_oldest(dir, &list[0], &marks)?;
    let mut scans = Vec::with_capacity(list.len());
    for (place, generation) in list.iter().enumerate() {
        let scanned = scan(generation)?;
        generation.set_page_bytes(scanned.iter().map(|shard| shard.bytes).sum());
        settle(generation, &scanned, list.get(place + 1).map(|later| &later.starts[..]))?;
        scans.push(scanned);
    }
    let lasts: Vec<u64> = scans[scans.len() - 1].iter().map(|shard| shard.last).collect();
    check_promises(dir, &list[list.len() - 1], &lasts, &marks)?;
    let report = report(created, &scans, &lasts, &marks, removed);
    let generations = Generations::new(dir, options.clone(), list, marks.clone());
    generations.drop_forgotten(&marks)?;
    let report = RecoveryReport { generations: generations.count(), ..report };
    Ok(Recovered { lock, generations, lasts, report })
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
        if path.extension().is_some_and(|extension| extension == store::DEAD) {
            store::bury(&path)?;
            removed.push(path);
        }
    }
    Ok(())
}

/// Opens the generations in order. A newest one whose making was interrupted is removed.
fn open_all(dir: &Path, options: &Options, removed: &mut Vec<PathBuf>) -> Result<Vec<Arc<Generation>>, JournalError> {
    let mut numbers: Vec<u64> = files::list(dir)?.iter().filter_map(|path| Generation::number_of(path)).collect();
    numbers.sort_unstable();
    if let Some((last, next)) = numbers.iter().zip(numbers.iter().skip(1)).find(|(a, b)| **b != **a + 1) {
        let _ = next;
        return Err(JournalError::MissingGeneration { path: dir.to_owned(), number: last + 1 });
    }
    let mut list = Vec::with_capacity(numbers.len());
    for (place, number) in numbers.iter().enumerate() {
        let newest = place + 1 == numbers.len();
        let cache = if newest { options.cache_bytes } else { options.sealed_cache_bytes };
        match Generation::open(dir, *number, cache, options, removed)? {
            Some(generation) => list.push(Arc::new(generation)),
            None if newest => {
                let path = Generation::path(dir, *number);
                store::remove(&path)?;
                removed.push(path);
            }
            None => return Err(JournalError::MissingGeneration { path: dir.to_owned(), number: *number }),
        }
    }
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

/// Accepts a generation's shards, cutting a torn tail of the newest one. `later` are the next one's starts.
fn settle(generation: &Generation, scans: &[ShardScan], later: Option<&[u64]>) -> Result<(), JournalError> {
    for (shard, scan) in (0..).zip(scans) {
        let end = later.map(|starts| starts[usize::from(shard)] - 1);
        if let Some(broken) = &scan.broken {
            if broken.good_follows || end.is_some() {
                return Err(generation.damaged(broken.page, broken.damage));
            }
            cut(generation, broken)?;
        } else if let Some(end) = end.filter(|end| *end != scan.last) {
            let page = PageKey::new(Shard(shard), scan.last + 1, 0);
            return Err(generation.damaged(page, Damage::Missing { expected: Sequence(end) }));
        }
    }
    Ok(())
}

fn cut(generation: &Generation, broken: &Broken) -> Result<(), JournalError> {
    tracing::warn!(page = %broken.page, damage = %broken.damage, pages = broken.tail.len(), "torn tail cut off");
    for key in &broken.tail {
        generation.store.ask("cut off a torn tail", |tree| tree.remove(key.encode()))?;
    }
    generation.store.flush()?;
    generation.store.barrier()
}

/// What was promised durably elsewhere must be in the log: trim marks and checkpoints.
fn check_promises(dir: &Path, newest: &Generation, lasts: &[u64], marks: &[u64]) -> Result<(), JournalError> {
    let covered = checkpoints::covered(dir, lasts.len())?;
    for (shard, last) in (0..).zip(lasts) {
        let index = usize::from(shard);
        let expected = covered[index].max(marks[index] - 1);
        if expected > *last {
            let page = PageKey::new(Shard(shard), last + 1, 0);
            return Err(newest.damaged(page, Damage::Missing { expected: Sequence(expected) }));
        }
    }
    Ok(())
}

fn report(created: bool, scans: &[Vec<ShardScan>], lasts: &[u64], marks: &[u64], removed: Vec<PathBuf>) -> RecoveryReport {
    let shard = |index: usize| {
        let parts = || scans.iter().map(move |shards| &shards[index]);
        let torn = |scan: &ShardScan| scan.broken.as_ref().map_or(0, |broken| broken.tail.len() as u64);
        ShardReport {
            shard: Shard(index as u16),
            first: Sequence(marks[index]),
            last: Sequence(lasts[index]),
            pages: parts().map(|scan| scan.pages).sum(),
            bytes: parts().map(|scan| scan.bytes).sum(),
            torn_pages: parts().map(torn).sum(),
        }
    };
    RecoveryReport { created, shards: (0..lasts.len()).map(shard).collect(), generations: 0, removed }
}
