//! One generation: a directory with a log file that holds the records of all shards between two
//! sequences per shard, and its index. Refuses deletes: space comes back when the whole directory
//! goes.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;

use super::frame::{self, GroupWriter, RECORD_BYTES};
use super::held::{self, Held};
use super::index::{Column, Index};
use super::log_file::LogFile;
use super::manifest::{Floor, Made, Manifest};
use super::options::Options;
use super::prepared::Prepared;
use super::report::{Repaired, Repairs};
use super::scan::{Broken, Scan, scan};
use crate::{Batch, Damage, JournalError, Sequence, Shard};

/// How many offsets a replay asks for at once.
const REPLAY_RECORDS: usize = 1024;
/// Records nearer than this to each other are read with one call ...
const NEAR_BYTES: u32 = 16 << 10;
/// ... of at most this.
const RUN_BYTES: u32 = 256 << 10;

/// What reads records: the visitor of a replay.
pub(super) type Visit<'a> = &'a mut dyn FnMut(Sequence, &[u8]) -> ControlFlow<()>;

/// What the newest generation is.
pub(super) enum Newest {
    /// It holds groups, and perhaps something behind them that is none.
    Begun(Box<Generation>, Option<Tail>),
    /// Nothing in it was ever acknowledged. `is_blank`: its log holds nothing but zeros.
    Unbegun {
        /// See there.
        is_blank: bool,
    },
}

/// What stands behind the good groups of the newest log and is no room.
pub(super) struct Tail {
    pub(super) bytes: u64,
    /// Whether it came there after a clean stop.
    pub(super) clean: bool,
    pub(super) broken: Broken,
}

/// An open generation.
pub(super) struct Generation {
    pub(super) number: u64,
    /// Per shard the first sequence that can be in here.
    pub(super) starts: Vec<u64>,
    dir: PathBuf,
    pub(super) log: LogFile,
    salt: u64,
    pub(super) index: Index,
    /// Whether its directory is going: nothing is written there any more. Held while something is.
    going: Mutex<bool>,
}

impl Generation {
    /// A generation whose shards begin at `starts`. It counts from its first group on, which says
    /// so.
    pub(super) fn begin(prepared: Prepared, starts: Vec<u64>) -> Self {
        let columns = vec![Column::default(); starts.len()];
        Self::new(prepared, starts, columns)
    }

    fn new(prepared: Prepared, starts: Vec<u64>, columns: Vec<Column>) -> Self {
        let index = Index::growing(&starts, columns);
        Self::with_index(prepared, starts, index)
    }

    fn with_index(files: Prepared, starts: Vec<u64>, index: Index) -> Self {
        let Made { number, salt, .. } = files.made();
        Self {
            number,
            starts,
            dir: files.dir,
            log: files.log,
            salt,
            index,
            going: Mutex::new(false),
        }
    }

    /// Opens a sealed generation: by its index, or by a scan that must find it whole.
    pub(super) fn open_sealed(
        data: &Path,
        number: u64,
        known: Option<u64>,
        ends: &[u64],
        options: &Options,
        repairs: &mut Repairs,
    ) -> Result<Self, JournalError> {
        let missing = || JournalError::missing(data, number);
        let files = Prepared::open(data, number, known, options)?.ok_or_else(missing)?;
        files.write_start_again(repairs)?;
        if let Ok(starts) = files.log.opening(ends.len())?
            && let Some((index, end, groups)) = Index::open(&files.dir, files.log.salt, &starts)?
            && files.log.len()? == end
            && index.lasts() == ends
        {
            files.log.settle(end, groups)?;
            return Ok(Self::with_index(files, starts, index));
        }
        let scanned = scan(&files.log, ends.len())?;
        held::check_whole(&files.log, &scanned, ends)?;
        if Index::exists(&files.dir) {
            repairs.add(
                Repaired::Index,
                &Index::file(&files.dir),
                "did not fit the log: made again from it",
            );
        }
        let generation = Self::settled(files, scanned)?;
        generation.seal();
        Ok(generation)
    }

    /// Opens the newest generation, cutting nothing off yet. What the manifest knows of it must be
    /// there.
    pub(super) fn open_newest(
        data: &Path,
        number: u64,
        known: Option<&Manifest>,
        options: &Options,
        repairs: &mut Repairs,
    ) -> Result<Newest, JournalError> {
        let made = known.and_then(|manifest| manifest.of(number));
        let files = Prepared::open(data, number, made.map(|made| made.salt), options)?;
        let Some(files) = files else {
            return Ok(Newest::Unbegun { is_blank: true });
        };
        files.write_start_again(repairs)?;
        let scanned = scan(&files.log, usize::from(options.shards))?;
        let held = Held {
            data,
            number,
            known,
            made,
        };
        held.check_groups(&files, &scanned)?;
        let broken = scanned.broken;
        if scanned.groups == 0 {
            return Ok(Newest::Unbegun {
                is_blank: broken.is_none(),
            });
        }
        let clean = held.was_clean(&scanned);
        let length = held.check_length(&files, clean)?;
        let tail = broken.map(|broken| Tail {
            bytes: length - scanned.end,
            clean,
            broken,
        });
        let generation = Self::settled(files, scanned)?;
        Ok(Newest::Begun(Box::new(generation), tail))
    }

    /// Looks at every byte and changes nothing. `None` when nothing in it was ever acknowledged.
    pub(super) fn look(
        data: &Path,
        number: u64,
        known: Option<u64>,
        options: &Options,
    ) -> Result<Option<(Self, Scan)>, JournalError> {
        let Some(files) = Prepared::open(data, number, known, options)? else {
            return Ok(None);
        };
        let scanned = scan(&files.log, usize::from(options.shards))?;
        if scanned.groups == 0 && scanned.broken.is_none_or(|broken| !broken.good_follows) {
            return Ok(None);
        }
        Ok(Some((
            Self::new(files, scanned.starts.clone(), scanned.columns.clone()),
            scanned,
        )))
    }

    /// Cuts off what stands behind the good groups, durably.
    pub(super) fn cut(&self) -> Result<(), JournalError> {
        self.log.cut(self.log.end())?;
        self.log.settle(self.log.end(), self.log.groups())
    }

    /// What the manifest has to know of it.
    pub(super) fn made(&self) -> Made {
        Made {
            number: self.number,
            salt: self.salt,
            length: self.log.durable_length(),
        }
    }

    /// Up to where it is durable.
    pub(super) fn floor(&self) -> Floor {
        Floor {
            generation: self.number,
            end: self.log.end(),
            groups: self.log.groups(),
        }
    }

    fn settled(files: Prepared, scanned: Scan) -> Result<Self, JournalError> {
        files.log.settle(scanned.end, scanned.groups)?;
        Ok(Self::new(files, scanned.starts, scanned.columns))
    }

    /// Where it stands.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Bytes of its log.
    pub(super) fn log_bytes(&self) -> u64 {
        self.log.end()
    }

    /// Writes a group and makes it durable. `wrote` is called between the two.
    pub(super) fn append(
        &self,
        writer: &mut GroupWriter,
        batches: &[Batch],
        wrote: impl FnOnce(),
    ) -> Result<(), JournalError> {
        let base = self.log.end();
        let (group, marks) = match self.log.groups() {
            0 => writer.build_first(self.log.salt, &self.starts, batches),
            groups => writer.build(self.log.salt, groups + 1, batches),
        };
        self.log.append(group, wrote)?;
        self.index.add(base, marks);
        Ok(())
    }

    /// Gives back the room and moves the index out of memory, once nothing is written here any
    /// more. Where the disk has no place for it, it stays in memory.
    pub(super) fn seal(&self) {
        let going = self.going.lock();
        if *going {
            return;
        }
        let index = || {
            self.index
                .seal(&self.dir, self.log.salt, self.log.end(), self.log.groups())
        };
        if let Err(error) = self.log.seal().and_then(|()| index()) {
            tracing::warn!(generation = self.number, %error, "the index of a journal generation stays in memory");
        }
    }

    /// Nothing is written to its directory any more when this returns: it may go.
    pub(super) fn retire(&self) {
        *self.going.lock() = true;
    }

    fn missing(&self, shard: Shard, first: Sequence, expected: Sequence) -> JournalError {
        self.log.damaged(
            self.log.end(),
            Some((shard, first)),
            Damage::Missing { expected },
        )
    }

    /// One record that must be in here.
    pub(super) fn read(&self, shard: Shard, sequence: Sequence) -> Result<Vec<u8>, JournalError> {
        let mut offsets = Vec::with_capacity(1);
        self.index.offsets(shard, sequence, 1, &mut offsets)?;
        let offset = offsets
            .first()
            .ok_or_else(|| self.missing(shard, sequence, sequence))?;
        self.log.read(shard, sequence, u64::from(*offset))
    }

    /// Visits the shard's records from `from` up to and including `upto`, all of which must be in
    /// here.
    pub(super) fn replay(
        &self,
        shard: Shard,
        from: Sequence,
        upto: Sequence,
        visit: Visit<'_>,
    ) -> Result<ControlFlow<()>, JournalError> {
        let mut window = self.log.window();
        let mut offsets = Vec::with_capacity(REPLAY_RECORDS);
        let mut next = from;
        while next <= upto {
            let most = (upto.0 - next.0 + 1).min(REPLAY_RECORDS as u64) as usize;
            self.index.offsets(shard, next, most, &mut offsets)?;
            if offsets.is_empty() {
                return Err(self.missing(shard, next, upto));
            }
            for (place, offset) in offsets.iter().enumerate() {
                let at = u64::from(*offset);
                let damaged = |damage| self.log.damaged(at, Some((shard, next)), damage);
                let ahead = || run_length(&offsets[place..]);
                let header = window
                    .get(at, RECORD_BYTES, ahead)
                    .map_err(self.log.failed())?;
                let length = RECORD_BYTES + frame::record_length(header).map_err(damaged)?;
                let bytes = window.get(at, length, ahead).map_err(self.log.failed())?;
                let record = frame::record(self.log.salt, shard, next, bytes).map_err(damaged)?;
                if visit(next, record).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
                next = next.next();
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// How many bytes to read for the first of these records, so that those that stand near come with
/// it.
fn run_length(offsets: &[u32]) -> usize {
    let first = offsets[0];
    // An offset may be damaged: it need not be behind the one before it.
    let is_near = |pair: &[u32]| {
        pair[1]
            .checked_sub(pair[0])
            .is_some_and(|apart| apart <= NEAR_BYTES)
    };
    let near = offsets
        .windows(2)
        .take_while(|pair| is_near(pair) && pair[1] - first <= RUN_BYTES);
    let last = near.last().map_or(first, |pair| pair[1]);
    (last - first) as usize + 4096
}
