//! The journal on disk. Owns the data directory and the committer thread; ties the parts below
//! together. Refuses logic of its own beyond checking a shard number.

pub(crate) mod backup;
mod checkpoints;
mod committer;
mod definitions;
mod entry;
mod files;
mod filler;
mod found;
mod frame;
mod generation;
mod generations;
mod held;
mod held_table;
mod identity;
mod index;
pub(crate) mod inspect;
mod intake;
mod keepsakes;
mod lock;
mod log_file;
mod manifest;
mod offsets;
pub(crate) mod options;
pub(crate) mod phase;
mod prepared;
mod privacy;
mod progress;
mod proof;
mod recovery;
pub(crate) mod report;
mod scan;
mod store;
mod successor;
mod table;
mod values;
mod window;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

use parking_lot::Mutex;

use self::checkpoints::Checkpoints;
use self::committer::Committer;
use self::definitions::Definitions;
use self::filler::Filler;
use self::frame::GroupWriter;
use self::generations::Generations;
use self::intake::Intake;
use self::keepsakes::Keepsakes;
use self::lock::Lock;
use self::options::Options;
use self::phase::{Phase, Stopwatch};
use self::progress::Progress;
use self::proof::Expected;
use self::report::{Opening, RecoveryReport, Repair};
use self::successor::Successor;
use self::table::Table;
use crate::{
    Batch, CheckpointChunks, Failure, Journal, JournalError, OnFailure, QueueDepth, Sequence,
    Shard, Stats, Ticket, TryAppendError, Wake,
};

/// The journal on disk: a log file per generation, and sled for the keyed table beside it.
pub struct DiskJournal {
    dir: PathBuf,
    shards: u16,
    intake: Arc<Intake>,
    progress: Arc<Progress>,
    generations: Arc<Generations>,
    checkpoints: Checkpoints,
    definitions: Definitions,
    keepsakes: Keepsakes,
    table: Table,
    committer: Mutex<Option<JoinHandle<()>>>,
    /// Held for as long as the journal lives.
    _lock: Lock,
}

impl DiskJournal {
    /// Opens a data directory, making it when it is new. Everything it then says is durable, is.
    ///
    /// # Errors
    /// The directory is in use, was made for another number of shards or by another version, holds
    /// damage that is not a torn tail, or the disk fails. Each error names the path and what to do.
    pub fn open(dir: &Path, options: Options) -> Result<(Self, RecoveryReport), JournalError> {
        let mut watch = Stopwatch::start(options.monotonic.clone());
        let mut recovered = recovery::recover(dir, &options)?;
        let removed = &mut recovered.report.removed;
        let checkpoints = Checkpoints::open(
            dir,
            recovered.id,
            Some(Arc::clone(&recovered.ledger)),
            recovered.checkpoints,
            removed,
        )?;
        let definitions = Definitions::open(dir, Arc::clone(&recovered.ledger), removed)?;
        let keepsakes = Keepsakes::open(dir, recovered.id, removed)?;
        let is_left_out = table::is_left_out(dir)?;
        let expected = Expected {
            id: recovered.id,
            lasts: &recovered.lasts,
            marks: &recovered.marks,
            is_first: recovered.report.created || recovered.is_old || is_left_out,
        };
        watch.ended(Phase::Log);
        let mut opening = Opening {
            removed,
            repairs: &mut recovered.repairs,
            watch: &mut watch,
        };
        let table = Table::open(dir, &options, &expected, &mut opening)?;
        if is_left_out {
            table::put_in(dir)?;
        }
        recovered.report.repairs = recovered.repairs.into_list();
        recovered.report.phases = watch.into_took();
        let (intake, queue) = Intake::new(&options, &recovered.lasts);
        let (intake, generations) = (Arc::new(intake), Arc::new(recovered.generations));
        let progress = Arc::new(Progress::new(&recovered.lasts));
        let shards = options.shards;
        let filler = Filler::start(options.room_bytes, Arc::clone(&recovered.ledger))
            .map_err(JournalError::io("start the thread that makes room in", dir))?;
        let successor = Successor::start(dir, &options, Arc::clone(&recovered.ledger));
        let successor = successor.map_err(JournalError::io(
            "start the thread that makes generations ready in",
            dir,
        ))?;
        let committer = Committer {
            dir: dir.to_owned(),
            options,
            intake: Arc::clone(&intake),
            queue,
            generations: Arc::clone(&generations),
            ledger: recovered.ledger,
            progress: Arc::clone(&progress),
            writer: GroupWriter::default(),
            filler,
            successor,
        };
        let thread = std::thread::Builder::new()
            .name("journal-commit".into())
            .spawn(move || committer.run())
            .map_err(JournalError::io("start the committer thread for", dir))?;
        let journal = Self {
            dir: dir.to_owned(),
            shards,
            intake,
            progress,
            generations,
            checkpoints,
            definitions,
            keepsakes,
            table,
            committer: Mutex::new(Some(thread)),
            _lock: recovered.lock,
        };
        Ok((journal, recovered.report))
    }

    /// Fails when sled spilled a value into a file of its own, which it never syncs. Cheap: a
    /// directory listing.
    ///
    /// # Errors
    /// [`JournalError::Blobs`]; a failing disk.
    pub fn check_blobs(&self) -> Result<(), JournalError> {
        self.table.check_blobs()
    }

    /// Reads every value of the keyed table; gives the number of entries.
    ///
    /// # Errors
    /// Damage; a failing disk.
    pub fn verify_table(&self) -> Result<u64, JournalError> {
        self.table.verify()
    }

    /// Keeps something small for the owner under a name that is a file's name too. Durable on
    /// return.
    ///
    /// # Errors
    /// A failing disk.
    pub fn keep(&self, name: &str, bytes: &[u8]) -> Result<(), JournalError> {
        self.keepsakes.put(name, bytes)
    }

    /// What was kept under a name.
    ///
    /// # Errors
    /// It is damaged or another data directory's; a failing disk.
    pub fn kept(&self, name: &str) -> Result<Option<Vec<u8>>, JournalError> {
        self.keepsakes.get(name)
    }

    /// Definitions that were damaged and were written again by [`Journal::put_definition`], since
    /// the last time this was asked.
    #[must_use]
    pub fn repaired_definitions(&self) -> Vec<Repair> {
        self.definitions.repairs()
    }

    /// Ends the journal where the table turns out to be damaged while it is in use: what it does
    /// not find may be there, and the next start makes it again.
    fn noticed<T>(&self, result: Result<T, JournalError>) -> Result<T, JournalError> {
        result.inspect_err(|error| {
            if proof::is_damage(error) {
                self.intake.shut();
                self.progress.fail(JournalError::Table {
                    path: self.dir.join(table::DIR),
                    why: format!("turned out to be damaged ({error})"),
                    remedy: "nothing is lost with it; start again, and it is made anew from the log",
                });
            }
        })
    }

    fn known(&self, shard: Shard) -> Result<(), JournalError> {
        if shard.0 < self.shards {
            return Ok(());
        }
        Err(JournalError::UnknownShard {
            shard,
            shards: self.shards,
        })
    }

    fn covered(&self, shard: Shard, sequence: Sequence) -> Result<(), JournalError> {
        self.known(shard)?;
        let durable = self.durable(shard);
        if sequence <= durable {
            return Ok(());
        }
        Err(JournalError::NotDurable {
            shard,
            sequence,
            durable,
        })
    }
}

impl Journal for DiskJournal {
    fn shards(&self) -> u16 {
        self.shards
    }

    fn try_append(&self, batch: Batch, expected_last: Sequence) -> Result<Ticket, TryAppendError> {
        self.intake.try_append(batch, expected_last)
    }

    fn durable(&self, shard: Shard) -> Sequence {
        self.progress.durable(shard)
    }

    fn on_durable(&self, shard: Shard, wake: Wake) {
        self.progress.on_durable(shard, wake);
    }

    fn first(&self, shard: Shard) -> Sequence {
        self.generations.first(shard)
    }

    fn last(&self, shard: Shard) -> Sequence {
        self.intake.last(shard)
    }

    fn read(&self, shard: Shard, sequence: Sequence) -> Result<Option<Vec<u8>>, JournalError> {
        self.known(shard)?;
        if sequence > self.durable(shard) {
            return Ok(None);
        }
        self.generations.read(shard, sequence)
    }

    fn replay(
        &self,
        shard: Shard,
        from: Sequence,
        visit: &mut dyn FnMut(Sequence, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        self.known(shard)?;
        self.generations
            .replay(shard, from, self.durable(shard), visit)
    }

    fn checkpoint(
        &self,
        shard: Shard,
        upto: Sequence,
        chunks: &mut dyn Iterator<Item = Vec<u8>>,
    ) -> Result<(), JournalError> {
        self.covered(shard, upto)?;
        self.checkpoints.write(shard, upto, chunks)
    }

    fn latest_checkpoint(
        &self,
        shard: Shard,
    ) -> Result<Option<(Sequence, CheckpointChunks)>, JournalError> {
        self.known(shard)?;
        self.checkpoints.latest(shard)
    }

    fn put(&self, shard: Shard, key: &[u8], value: &[u8]) -> Result<(), JournalError> {
        self.known(shard)?;
        self.noticed(self.table.put(shard, key, value))
    }

    fn get(&self, shard: Shard, key: &[u8]) -> Result<Option<Vec<u8>>, JournalError> {
        self.known(shard)?;
        self.noticed(self.table.get(shard, key))
    }

    fn visit(
        &self,
        shard: Shard,
        from: &[u8],
        to: &[u8],
        visit: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        self.known(shard)?;
        self.noticed(self.table.visit(shard, from, to, visit))
    }

    fn table_keys(
        &self,
        shard: Shard,
        between: (&[u8], &[u8]),
        most: usize,
    ) -> Result<Vec<Vec<u8>>, JournalError> {
        self.known(shard)?;
        self.noticed(self.table.keys(shard, between, most))
    }

    fn delete(&self, shard: Shard, keys: &[Vec<u8>]) -> Result<(), JournalError> {
        self.known(shard)?;
        self.noticed(self.table.delete(shard, keys))
    }

    fn table_applied(&self, shard: Shard) -> Sequence {
        self.table.applied(shard)
    }

    fn set_table_applied(&self, shard: Shard, sequence: Sequence) -> Result<(), JournalError> {
        self.covered(shard, sequence)?;
        self.noticed(self.table.set_applied(shard, sequence))
    }

    fn trim(&self, shard: Shard, before: Sequence) -> Result<(), JournalError> {
        self.covered(shard, before.previous())?;
        self.generations.trim(shard, before)
    }

    fn generations(&self) -> Vec<crate::Generation> {
        self.generations.all()
    }

    fn put_definition(&self, hash: [u8; 16], bytes: &[u8]) -> Result<(), JournalError> {
        self.definitions.put(hash, bytes)
    }

    fn get_definition(&self, hash: [u8; 16]) -> Result<Option<Vec<u8>>, JournalError> {
        self.definitions.get(hash)
    }

    fn definitions(&self) -> Result<Vec<[u8; 16]>, JournalError> {
        Ok(self.definitions.list())
    }

    fn delete_definition(&self, hash: [u8; 16]) -> Result<(), JournalError> {
        self.definitions.delete(hash)
    }

    fn queue(&self) -> QueueDepth {
        self.intake.depth()
    }

    fn stats(&self) -> Stats {
        let progress = &self.progress;
        let space = fs4::statvfs(&self.dir).ok();
        Stats {
            queue: self.queue(),
            groups: progress.groups.load(Ordering::Relaxed),
            records: progress.records.load(Ordering::Relaxed),
            bytes: progress.bytes.load(Ordering::Relaxed),
            last_group_records: progress.last_group_records.load(Ordering::Relaxed),
            disk_bytes: files::disk_bytes(&self.dir),
            live_bytes: self.generations.live_bytes(&progress.all_durable()),
            generations: self.generations.count(),
            disk_free_bytes: space.as_ref().map_or(0, fs4::FsStats::available_space),
            disk_total_bytes: space.as_ref().map_or(0, fs4::FsStats::total_space),
        }
    }

    fn failure(&self) -> Option<Failure> {
        self.progress.failure()
    }

    fn on_failure(&self, callback: OnFailure) {
        self.progress.on_failure(callback);
    }

    fn close(&self) -> Result<(), JournalError> {
        self.intake.shut();
        if let Some(thread) = self.committer.lock().take() {
            self.intake.stop();
            // A panic of the committer was turned into a failure inside it.
            let _ = thread.join();
        }
        self.failure()
            .map_or(Ok(()), |failure| Err(JournalError::Stopped(failure)))
    }
}

impl Drop for DiskJournal {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::error!(%error, "journal closed after a failure");
        }
    }
}
