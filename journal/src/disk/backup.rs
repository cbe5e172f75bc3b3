//! A copy of a data directory beside the process that writes it: a directory that a start can open.
//! Sealed generations never change and are copied once; the newest is copied up to its last good
//! group. The checkpoints are left out, and so is the table: a start makes it again from the records
//! that there are. What ended before them is not in it then. Refuses to lock the source, to write to
//! it, and to call a copy whole that it has not read.
//!
//! What makes it consistent: the log alone is complete for what is live, and any prefix of it is a
//! state that the engine was in. Everything that was acknowledged before the copy began was written
//! before, and so is in it. Definitions are copied before and after the log, because a record may
//! refer to one that is newer, and one may be deleted meanwhile.
//!
//! The manifest of the copy is written last. What it says of the newest log is what the source's
//! manifest said: so far it is durable there, and cannot change any more. The next copy goes on from
//! there. What lies behind it may have been lost in the source by a cut of the power, and is copied
//! anew.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::generation::Generation;
use super::index::Index;
use super::manifest::{Floor, Ledger, Made, Manifest};
use super::options::{Barrier, Options};
use super::prepared::Prepared;
use super::report::Repairs;
use super::scan::Scan;
use super::{definitions, files, identity, keepsakes, lock, prepared, table};
use crate::{JournalError, MAX_RECORD_BYTES, Sequence};

/// How often a copy begins again because the source dropped a generation under it, and how often a
/// log is read again because it was being written.
const MOST_TRIES: usize = 20;
/// How much of a log is copied at once. Longer than the longest record with its headers, so that as
/// many zeros are no part of one.
const COPIED_AT_ONCE: usize = 2 * MAX_RECORD_BYTES;

/// What a copy did, and how far it goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backup {
    /// Generations in the copy.
    pub generations: u64,
    /// Bytes of logs that were copied now.
    pub copied_bytes: u64,
    /// Bytes of logs that were there already.
    pub kept_bytes: u64,
    /// Per shard the last record in the copy.
    pub lasts: Vec<Sequence>,
}

/// Copies the journal in `from`, which a process may be writing, to `to`, where an earlier copy of
/// it may be. Everything that was durable before the call is in the copy. Durable on return.
///
/// # Errors
/// There is no journal in `from`, or one of an older format; `to` is in use, or has a copy of another
/// journal; damage in a log; a failing disk. The copy is then not whole: try again.
pub fn back_up(from: &Path, to: &Path) -> Result<Backup, JournalError> {
    let source = identity_of(from)?;
    files::create_dir(to)?;
    let _lock = lock::take(to)?;
    let before = earlier(from, to, source.id)?;
    definitions::copy(from, to)?;
    let (manifest, taken) = undisturbed(from, |manifest| {
        let mut taking = Taking::new(from, to, before.as_ref(), manifest);
        taking.take_all()?;
        Ok(taking.taken)
    })?;
    definitions::copy(from, to)?;
    keepsakes::copy(from, to)?;
    table::leave_out(to)?;
    identity::write(to, source.id, source.shards)?;
    let known = known(to, manifest, &taken)?;
    let numbers: Vec<u64> = known.made.iter().map(|made| made.number).collect();
    drop(Ledger::start(to, known, Barrier::Full)?);
    clear(to, &numbers)?;
    Ok(taken.told)
}

/// Reads everything in `from` that a copy to `to` would add to the earlier one there, and changes
/// nothing: what is wrong with the source is told while the earlier copy is as it was.
///
/// # Errors
/// As of [`back_up`], but for what may go wrong at writing.
pub fn look_over(from: &Path, to: &Path) -> Result<(), JournalError> {
    let source = identity_of(from)?;
    let before = earlier(from, to, source.id)?;
    undisturbed(from, |manifest| {
        Taking::new(from, to, before.as_ref(), manifest).look_over_all()
    })
    .map(drop)
}

fn identity_of(from: &Path) -> Result<identity::Identity, JournalError> {
    let found = identity::look(from, &mut Repairs::quiet())?;
    found.ok_or_else(|| JournalError::Gone {
        path: from.to_owned(),
    })
}

/// Does something with all of the source, and again where that dropped a generation under it.
fn undisturbed<T>(
    from: &Path,
    mut work: impl FnMut(&Manifest) -> Result<T, JournalError>,
) -> Result<(Manifest, T), JournalError> {
    let manifest = || {
        let found = Manifest::read(from)?;
        found.ok_or_else(|| JournalError::MissingFile {
            path: Manifest::path(from),
        })
    };
    let mut tries = 0;
    loop {
        let source = manifest()?;
        match work(&source) {
            Ok(done) => return Ok((source, done)),
            Err(error) => {
                tries += 1;
                if tries >= MOST_TRIES || oldest(&manifest()?) == oldest(&source) {
                    return Err(error);
                }
            }
        }
    }
}

/// What an earlier copy says of itself.
fn earlier(from: &Path, to: &Path, id: u64) -> Result<Option<Manifest>, JournalError> {
    let manifest = Manifest::read(to)?;
    if manifest.as_ref().is_some_and(|manifest| manifest.id != id) {
        return Err(JournalError::Foreign {
            path: Manifest::path(to),
            other: Manifest::path(from),
        });
    }
    Ok(manifest)
}

fn oldest(manifest: &Manifest) -> Option<u64> {
    manifest.made.first().map(|made| made.number)
}

/// The manifest of the copy.
fn known(to: &Path, source: Manifest, taken: &Taken) -> Result<Manifest, JournalError> {
    let mut made: Vec<Made> = source.made.clone();
    made.retain(|made| made.number <= source.begun);
    if let Some(newest) = made.last_mut() {
        newest.length = taken.end;
    }
    let unknown = Floor {
        generation: source.begun,
        ..Floor::default()
    };
    let floor = source
        .floor_of(source.begun)
        .filter(|floor| floor.end <= taken.end);
    Ok(Manifest {
        made,
        floor: floor.unwrap_or(unknown),
        clean: false,
        checkpoints: vec![0; source.checkpoints.len()],
        definitions: definitions::found(to)?,
        ..source
    })
}

/// Removes generations that the source has dropped.
fn clear(to: &Path, numbers: &[u64]) -> Result<(), JournalError> {
    for number in identity::generations(to)? {
        if !numbers.contains(&number) {
            files::remove_dir(&Prepared::path(to, number))?;
        }
    }
    Ok(())
}

/// What has been copied so far.
#[derive(Default)]
struct Taken {
    told: Backup,
    /// Where the newest log ends.
    end: u64,
    /// Per shard the last record of the generation before, where it was read.
    ends: Option<Vec<u64>>,
}

/// One try to copy every generation of a manifest.
struct Taking<'a> {
    from: &'a Path,
    to: &'a Path,
    before: Option<&'a Manifest>,
    source: &'a Manifest,
    options: Options,
    taken: Taken,
}

impl<'a> Taking<'a> {
    fn new(
        from: &'a Path,
        to: &'a Path,
        before: Option<&'a Manifest>,
        source: &'a Manifest,
    ) -> Self {
        let options = Options {
            shards: source.marks.len() as u16,
            ..Options::default()
        };
        Self {
            from,
            to,
            before,
            source,
            options,
            taken: Taken::default(),
        }
    }

    fn take_all(&mut self) -> Result<(), JournalError> {
        // One that is made and not begun holds nothing.
        let begun = self.source.begun;
        for made in self.source.made.iter().filter(|made| made.number <= begun) {
            self.taken.told.generations += 1;
            if self.is_there(made)? {
                self.taken.ends = None;
            } else {
                self.take(made)?;
            }
        }
        Ok(())
    }

    /// Reads what [`Self::take_all`] would copy, where it is.
    fn look_over_all(&mut self) -> Result<(), JournalError> {
        let begun = self.source.begun;
        for made in self.source.made.iter().filter(|made| made.number <= begun) {
            if self.is_there(made)? {
                self.taken.ends = None;
                continue;
            }
            let (_, scan) = self.read_still(self.from, made)?;
            self.taken.ends = Some(scan.lasts());
        }
        Ok(())
    }

    /// Reads a log that may be written meanwhile, and checks it.
    fn read_still(&self, dir: &Path, made: &Made) -> Result<(Generation, Scan), JournalError> {
        let mut tries = 0;
        loop {
            let (generation, scan) = self.read(dir, made)?;
            let is_behind = scan.broken.is_some_and(|broken| broken.good_follows);
            tries += 1;
            if !is_behind || made.number < self.source.begun || tries >= MOST_TRIES {
                self.check(made, &generation, &scan)?;
                return Ok((generation, scan));
            }
        }
    }

    /// Whether a sealed generation was sealed in the earlier copy too: then it is whole there.
    fn is_there(&mut self, made: &Made) -> Result<bool, JournalError> {
        let Some(before) = self.before else {
            return Ok(false);
        };
        let was_sealed = made.number < before.begun && made.number < self.source.begun;
        let is_same = before.of(made.number).map(|known| known.salt) == Some(made.salt);
        if !was_sealed || !is_same {
            return Ok(false);
        }
        let length = length_of(&self.log(self.to, made.number))?;
        self.taken.told.kept_bytes += length.unwrap_or(0);
        Ok(length.is_some())
    }

    fn log(&self, dir: &Path, number: u64) -> PathBuf {
        Prepared::path(dir, number).join("log")
    }

    /// Copies what an earlier copy does not have of a generation, and reads all of it.
    fn take(&mut self, made: &Made) -> Result<(), JournalError> {
        let target = Prepared::path(self.to, made.number);
        files::make_dir(&target)?;
        prepared::write_start(&target, made.salt)?;
        let mut at = self.durable_before(made);
        let kept = at;
        let mut tries = 0;
        let (generation, scan) = loop {
            self.copy_log(made.number, at)?;
            let (generation, scan) = self.read(self.to, made)?;
            // A part that was being written while it was read, and a later one that was read when
            // it was written: by now both are.
            let is_behind = scan.broken.is_some_and(|broken| broken.good_follows);
            tries += 1;
            if !is_behind || made.number < self.source.begun || tries >= MOST_TRIES {
                break (generation, scan);
            }
            at = scan.end;
        };
        self.check(made, &generation, &scan)?;
        generation.log.cut(scan.end)?;
        self.taken.told.kept_bytes += kept.min(scan.end);
        self.taken.told.copied_bytes += scan.end.saturating_sub(kept);
        if made.number < self.source.begun {
            self.copy_index(made.number)?;
        }
        files::sync_dir(&target)?;
        files::sync_dir(self.to)?;
        self.taken.end = scan.end;
        let lasts = scan.lasts();
        self.taken.told.lasts = lasts.iter().copied().map(Sequence).collect();
        self.taken.ends = Some(lasts);
        Ok(())
    }

    /// Up to where the earlier copy of this log cannot differ from the source any more.
    fn durable_before(&self, made: &Made) -> u64 {
        let same = self
            .before
            .filter(|before| before.of(made.number).map(|known| known.salt) == Some(made.salt));
        same.and_then(|before| before.floor_of(made.number))
            .map_or(0, |floor| floor.end)
    }

    /// Copies a log from an offset on.
    fn copy_log(&self, number: u64, at: u64) -> Result<(), JournalError> {
        let (source, target) = (self.log(self.from, number), self.log(self.to, number));
        let mut reader = match File::open(&source) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(JournalError::MissingGeneration {
                    path: self.from.to_owned(),
                    number,
                });
            }
            Err(error) => return Err(JournalError::io("open", &source)(error)),
        };
        let mut writer = files::private()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&target)
            .map_err(JournalError::io("create", &target))?;
        let mut copy = || -> io::Result<()> {
            writer.set_len(at)?;
            reader.seek(SeekFrom::Start(at))?;
            writer.seek(SeekFrom::Start(at))?;
            copy_used(&mut reader, &mut writer)?;
            writer.sync_all()
        };
        copy().map_err(JournalError::io("copy a log to", &target))
    }

    /// Reads every byte of a log.
    fn read(&self, dir: &Path, made: &Made) -> Result<(Generation, Scan), JournalError> {
        let salt = Some(made.salt);
        let found = Generation::look(dir, made.number, salt, &self.options)?;
        found.ok_or_else(|| JournalError::MissingGeneration {
            path: self.from.to_owned(),
            number: made.number,
        })
    }

    /// What was copied is whole, and follows what is before it. Faults are the source's.
    fn check(&self, made: &Made, generation: &Generation, scan: &Scan) -> Result<(), JournalError> {
        let is_newest = made.number == self.source.begun;
        if let Some(broken) = scan.broken
            && (!is_newest || broken.good_follows)
        {
            return Err(JournalError::Damaged {
                path: self.log(self.from, made.number),
                place: broken.place,
                damage: broken.damage,
            });
        }
        let floor = self.source.floor_of(made.number).unwrap_or_default();
        let follows = self.taken.ends.as_ref().is_none_or(|ends| {
            let pairs = generation.starts.iter().zip(ends);
            pairs.into_iter().all(|(start, end)| *start == end + 1)
        });
        if scan.end >= floor.end && follows {
            return Ok(());
        }
        Err(JournalError::MissingGeneration {
            path: self.from.to_owned(),
            number: made.number,
        })
    }

    /// The index of a sealed generation spares a start the reading of its log. One that is not
    /// there yet is made then.
    fn copy_index(&self, number: u64) -> Result<(), JournalError> {
        let [source, target] =
            [self.from, self.to].map(|dir| Index::file(&Prepared::path(dir, number)));
        match std::fs::copy(&source, &target) {
            Ok(_) => files::sync_file(&target),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(JournalError::io("copy", &source)(error)),
        }
    }
}

/// Copies up to the end, or up to the room behind the last group: zeros longer than any record.
fn copy_used(reader: &mut impl Read, writer: &mut impl Write) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(COPIED_AT_ONCE);
    loop {
        bytes.clear();
        reader
            .by_ref()
            .take(COPIED_AT_ONCE as u64)
            .read_to_end(&mut bytes)?;
        let is_room = bytes.iter().all(|byte| *byte == 0);
        if is_room {
            return Ok(());
        }
        writer.write_all(&bytes)?;
    }
}

fn length_of(path: &Path) -> Result<Option<u64>, JournalError> {
    match std::fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata.len())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(JournalError::io("look at", path)(error)),
    }
}
