//! From a data directory to open generations: locks it, clears leftovers, holds the log against the
//! manifest, has torn tails cut, checks what was promised. Refuses to go on over damage that could
//! hold acknowledged records, and to remove a log that holds anything.
//!
//! The order: look at everything; write the manifest that says what goes on from here; only then
//! cut, move aside, remove. A cut of the power at any point leaves what the next start does again.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::checkpoints::Examined;
use super::found::{Found, open_all};
use super::frame::GroupWriter;
use super::generation::{Generation, Tail};
use super::generations::Generations;
use super::identity::{self, Identity};
use super::lock::{self, Lock};
use super::manifest::{Ledger, Manifest};
use super::options::Options;
use super::prepared::Prepared;
use super::report::{RecoveryReport, Repaired, Repairs, ShardReport};
use super::{checkpoints, definitions, files, privacy};
use crate::{Damage, JournalError, Sequence, Shard};

/// A data directory that was recovered.
pub(super) struct Recovered {
    pub(super) lock: Lock,
    pub(super) id: u64,
    pub(super) ledger: Arc<Ledger>,
    pub(super) generations: Generations,
    /// Per shard the last sequence, all of it durable, and the first that is kept.
    pub(super) lasts: Vec<u64>,
    pub(super) marks: Vec<u64>,
    /// Per shard the last record that its checkpoint covers.
    pub(super) checkpoints: Vec<u64>,
    /// Whether the format before this one wrote it.
    pub(super) is_old: bool,
    pub(super) repairs: Repairs,
    pub(super) report: RecoveryReport,
}

/// What was promised of a directory, per shard.
struct Promised {
    /// The last record.
    lasts: Vec<u64>,
    /// The oldest record that is kept.
    marks: Vec<u64>,
    /// The checkpoints that are there. The log has everything without them.
    checkpoints: Examined,
}

/// Opens a directory, making it when it is new.
pub(super) fn recover(dir: &Path, options: &Options) -> Result<Recovered, JournalError> {
    let (lock, made_private) = enter(dir, options)?;
    let mut repairs = Repairs::default();
    let identity = identity::settle(dir, options, &mut repairs)?;
    let mut report = RecoveryReport {
        created: identity.created,
        made_private,
        ..RecoveryReport::default()
    };
    clear_leftovers(dir, &mut report.removed)?;
    let mut found = open_or_begin(dir, options, &identity, &mut repairs, &mut report.removed)?;
    let promised = promised(dir, &identity, &found)?;

    let ledger = write_down(dir, options, &identity, &found, &promised)?;

    // From here on the manifest says what is changed now.
    Generations::remove_old_marks(dir)?;
    let tail = found.tail.take();
    report.torn_bytes = cut_tail(found.newest(), tail, &mut repairs)?;
    clear_unbegun(dir, found.unbegun, &mut repairs, &mut report.removed)?;
    clear_checkpoints(dir, &identity, &promised.checkpoints, &mut repairs)?;
    report.shards = (0..options.shards)
        .map(|shard| shard_report(shard, &found.list, &promised))
        .collect();
    let Promised {
        lasts,
        marks,
        checkpoints,
    } = promised;
    let generations = Generations::new(Arc::clone(&ledger), found.list, marks.clone());
    generations.drop_forgotten(&marks)?;
    report.generations = generations.count();
    Ok(Recovered {
        lock,
        id: identity.id,
        is_old: identity.is_old,
        ledger,
        generations,
        lasts,
        marks,
        checkpoints: checkpoints.good,
        repairs,
        report,
    })
}

/// Makes the directory when it may, locks it, and takes from others what they may do with its
/// files. Gives how many files that were.
fn enter(dir: &Path, options: &Options) -> Result<(Lock, u64), JournalError> {
    if options.existing && !dir.exists() {
        return Err(gone(dir));
    }
    files::create_dir(dir)?;
    let lock = lock::take(dir)?;
    let made_private = privacy::tighten(dir)?;
    // What a killed process left may have its names in the page cache alone.
    files::sync_dir(dir)?;
    Ok((lock, made_private))
}

fn gone(dir: &Path) -> JournalError {
    JournalError::Gone {
        path: dir.to_owned(),
    }
}

/// The generations of the directory; the first one is begun where there is none.
fn open_or_begin(
    dir: &Path,
    options: &Options,
    identity: &Identity,
    repairs: &mut Repairs,
    removed: &mut Vec<PathBuf>,
) -> Result<Found, JournalError> {
    let mut found = open_all(dir, options, identity, repairs)?;
    if found.list.is_empty() {
        if options.existing {
            return Err(gone(dir));
        }
        clear_unbegun(dir, found.unbegun.take(), repairs, removed)?;
        let starts = vec![1; usize::from(options.shards)];
        found.list.push(Arc::new(first(dir, starts, options)?));
    }
    Ok(found)
}

/// What there must be, once it is known to be there.
fn promised(dir: &Path, identity: &Identity, found: &Found) -> Result<Promised, JournalError> {
    let marks = marks(dir, identity, &found.list)?;
    check_oldest(dir, &found.list[0], &marks)?;
    let newest = found.newest();
    let lasts = newest.index.lasts();
    check_promises(dir, newest, &lasts, &marks, identity.manifest.as_ref())?;
    let checkpoints = checkpoints::examine(dir, identity.id, lasts.len())?;
    Ok(Promised {
        lasts,
        marks,
        checkpoints,
    })
}

/// Writes the manifest that goes on from here.
fn write_down(
    dir: &Path,
    options: &Options,
    identity: &Identity,
    found: &Found,
    promised: &Promised,
) -> Result<Arc<Ledger>, JournalError> {
    let definitions = definitions(dir, identity)?;
    let manifest = manifest(identity, found, promised, definitions);
    let ledger = Arc::new(Ledger::start(dir, manifest, options.barrier)?);
    if identity.is_old {
        identity::write(dir, identity.id, options.shards)?;
    }
    Ok(ledger)
}

/// The first generation of a directory. Each later one begins with records; this one with a group
/// that has none.
fn first(dir: &Path, starts: Vec<u64>, options: &Options) -> Result<Generation, JournalError> {
    let generation = Generation::begin(Prepared::create(dir, 1, 0, options)?, starts);
    generation.append(&mut GroupWriter::default(), &[], || ())?;
    Ok(generation)
}

/// Removes what an interrupted run left half done: files being written, directories being removed.
fn clear_leftovers(dir: &Path, removed: &mut Vec<PathBuf>) -> Result<(), JournalError> {
    files::remove_unfinished(dir, removed)?;
    for path in files::list(dir)? {
        if path
            .extension()
            .is_some_and(|extension| extension == files::DEAD)
        {
            files::bury(&path)?;
            removed.push(path);
        }
    }
    Ok(())
}

/// What may be forgotten. Where the manifest was lost, the oldest generation says what is kept.
fn marks(
    dir: &Path,
    identity: &Identity,
    list: &[Arc<Generation>],
) -> Result<Vec<u64>, JournalError> {
    match &identity.manifest {
        Some(manifest) => Ok(manifest.marks.clone()),
        None if identity.is_old => Generations::old_marks(dir, identity.shards),
        None => Ok(list[0].starts.clone()),
    }
}

/// The oldest generation must begin at or before what is kept.
fn check_oldest(dir: &Path, oldest: &Generation, marks: &[u64]) -> Result<(), JournalError> {
    let covered = oldest
        .starts
        .iter()
        .zip(marks)
        .all(|(start, mark)| start <= mark);
    if covered {
        return Ok(());
    }
    Err(JournalError::missing(dir, oldest.number - 1))
}

/// Records that were promised durably elsewhere must be there: those before a trim mark, and those
/// that a checkpoint covers, whether it is still there or not.
fn check_promises(
    dir: &Path,
    newest: &Generation,
    lasts: &[u64],
    marks: &[u64],
    known: Option<&Manifest>,
) -> Result<(), JournalError> {
    let covered = checkpoints::covered(dir, lasts.len())?;
    for (index, last) in lasts.iter().enumerate() {
        let told = known.map_or(0, |manifest| manifest.checkpoints[index]);
        let expected = covered[index].max(told).max(marks[index] - 1);
        if expected > *last {
            let record = Some((Shard(index as u16), Sequence(last + 1)));
            return Err(newest.log.damaged(
                newest.log_bytes(),
                record,
                Damage::Missing {
                    expected: Sequence(expected),
                },
            ));
        }
    }
    Ok(())
}

/// Removes checkpoints that are damaged, and says which are gone.
fn clear_checkpoints(
    dir: &Path,
    identity: &Identity,
    examined: &Examined,
    repairs: &mut Repairs,
) -> Result<(), JournalError> {
    for path in &examined.bad {
        files::remove_file(path)?;
        let why = "is damaged: removed, and its shard is read from the log, which has everything";
        repairs.add(Repaired::Checkpoint, path, why);
    }
    let known = identity.manifest.iter();
    let told = known.flat_map(|manifest| &manifest.checkpoints);
    for ((shard, good), told) in (0..).map(Shard).zip(&examined.good).zip(told) {
        let path = checkpoints::path(dir, shard, Sequence(*told));
        if good < told && !examined.bad.contains(&path) {
            let why = "is gone: its shard is read from the log, which has everything";
            repairs.add(Repaired::Checkpoint, &path, why);
        }
    }
    Ok(())
}

/// What goes on from here.
fn manifest(
    identity: &Identity,
    found: &Found,
    promised: &Promised,
    definitions: Vec<[u8; 16]>,
) -> Manifest {
    let newest = found.newest();
    let mut made: Vec<_> = found
        .list
        .iter()
        .map(|generation| generation.made())
        .collect();
    if let (Some(made), Some(_)) = (made.last_mut(), &found.tail) {
        // It is about to be cut off.
        made.length = newest.log_bytes();
    }
    let (begun, floor) = (newest.number, newest.floor());
    Manifest {
        id: identity.id,
        made,
        begun,
        floor,
        clean: false,
        marks: promised.marks.clone(),
        checkpoints: promised.checkpoints.good.clone(),
        definitions,
    }
}

/// Which definitions there must be: those that the manifest knows and those that are there, for a
/// cut may come between the two.
fn definitions(dir: &Path, identity: &Identity) -> Result<Vec<[u8; 16]>, JournalError> {
    let mut all = definitions::found(dir)?;
    all.extend(
        identity
            .manifest
            .iter()
            .flat_map(|manifest| &manifest.definitions),
    );
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

/// Cuts off what stands behind the good groups. Gives the bytes of a torn tail.
fn cut_tail(
    newest: &Generation,
    tail: Option<Tail>,
    repairs: &mut Repairs,
) -> Result<u64, JournalError> {
    let Some(Tail {
        bytes,
        clean,
        broken,
    }) = tail
    else {
        return Ok(0);
    };
    let origin = if clean {
        "came there after a clean stop"
    } else {
        "was being written as the process died"
    };
    let why = format!(
        "{bytes} bytes from {} on ({}) cut off: what {origin} was never acknowledged",
        broken.place, broken.damage
    );
    repairs.add(Repaired::Tail, newest.log.path(), why);
    newest.cut()?;
    Ok(bytes)
}

/// Removes a generation that holds nothing; moves aside one that holds what no start can read and
/// nobody was told of.
fn clear_unbegun(
    dir: &Path,
    unbegun: Option<(u64, bool)>,
    repairs: &mut Repairs,
    removed: &mut Vec<PathBuf>,
) -> Result<(), JournalError> {
    let Some((number, is_blank)) = unbegun else {
        return Ok(());
    };
    let path = Prepared::path(dir, number);
    if is_blank {
        files::remove_dir(&path)?;
        removed.push(path);
        return Ok(());
    }
    let aside = files::move_aside(&path)?;
    let why = format!(
        "holds no group that can be read, and nothing in it was acknowledged: moved to {}",
        aside.display()
    );
    repairs.add(Repaired::Unbegun, &path, why);
    Ok(())
}

fn shard_report(shard: u16, list: &[Arc<Generation>], promised: &Promised) -> ShardReport {
    let index = usize::from(shard);
    let extents = || list.iter().map(|generation| generation.index.extent(index));
    ShardReport {
        shard: Shard(shard),
        first: Sequence(promised.marks[index]),
        last: Sequence(promised.lasts[index]),
        records: extents().map(|extent| extent.records).sum(),
        bytes: extents().map(|extent| extent.bytes).sum(),
    }
}
