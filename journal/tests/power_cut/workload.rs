//! What the journal is made to do while its calls are recorded: batches of all sizes on several
//! shards, records split over pages, trimming, new generations, checkpoints, definitions, table
//! values, a restart in between. Owns what each record must hold. Refuses chance that does not come
//! from the seed.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};

use sluis_journal::{
    Barrier, Batch, DiskJournal, Journal, JournalError, Options, Sequence, Shard, TryAppendError,
};

use super::interpose;
use super::rng::Rng;
use super::trace::{Mark, Trace};

pub(crate) const SHARDS: u16 = 3;

/// The options of a seed. Segments of the table are smaller than the default, so that sled reuses
/// them within one run.
pub(crate) fn options(seed: u64, barrier: Barrier) -> Options {
    let mut rng = Rng::new(seed ^ 0x0F_71_0A);
    let segment_bytes = rng.pick(&[512 << 10, 512 << 10, 1 << 20]);
    Options {
        shards: SHARDS,
        segment_bytes,
        group_max_bytes: segment_bytes / 4,
        room_bytes: rng.pick(&[0, 64 << 10, 512 << 10]),
        generation_max_bytes: rng.pick(&[200 << 10, 700 << 10, 2 << 20, 3 << 20, 64 << 20]),
        queue_max_batches: 64,
        cache_bytes: 4 << 20,
        barrier,
        ..Options::default()
    }
}

/// What the record at a place holds: its length and bytes follow from the place.
pub(crate) fn record(seed: u64, shard: u16, sequence: u64) -> Vec<u8> {
    let mut rng = Rng::new(seed ^ (u64::from(shard) << 48) ^ sequence.wrapping_mul(0x51_7C_C1));
    let length = match rng.below(100) {
        0..60 => rng.below(700),
        60..85 => rng.below(3000),
        85..98 => 3900 + rng.below(9000),
        _ => rng.below(70_000),
    };
    bytes(&mut rng, length)
}

/// What the table holds under a key after the record at `sequence` put it.
pub(crate) fn value(seed: u64, shard: u16, key: u8, sequence: u64) -> Vec<u8> {
    let mut rng = Rng::new(!seed ^ (u64::from(shard) << 40) ^ (u64::from(key) << 32) ^ sequence);
    let length = rng.pick(&[0, 10, 300, 5000, 20_000]);
    bytes(&mut rng, length)
}

/// The chunks of a checkpoint.
pub(crate) fn chunks(seed: u64, shard: u16, upto: u64) -> Vec<Vec<u8>> {
    let mut rng = Rng::new(seed.rotate_left(7) ^ (u64::from(shard) << 40) ^ upto);
    (0..rng.below(4)).map(|_| bytes(&mut rng, 2000)).collect()
}

pub(crate) fn definition(hash: [u8; 16]) -> Vec<u8> {
    hash.repeat(40)
}

fn bytes(rng: &mut Rng, length: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        bytes.extend_from_slice(&rng.next().to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// An open journal under recording, and the means to wait for it.
pub(crate) struct Driver {
    root: PathBuf,
    pub(crate) journal: Arc<DiskJournal>,
    seed: u64,
    moved: Arc<(Mutex<()>, Condvar)>,
}

impl Driver {
    /// Opens the journal and marks every durable sequence that it claims, now and later.
    pub(crate) fn open(root: &Path, seed: u64, options: Options) -> Result<Self, JournalError> {
        let (journal, _) = DiskJournal::open(root, options)?;
        interpose::mark(root, Mark::Started);
        let journal = Arc::new(journal);
        let moved = Arc::new((Mutex::new(()), Condvar::new()));
        for shard in 0..SHARDS {
            let (root, moved) = (root.to_owned(), Arc::clone(&moved));
            let weak: Weak<DiskJournal> = Arc::downgrade(&journal);
            let wake = move || {
                if let Some(journal) = weak.upgrade() {
                    let last = journal.durable(Shard(shard)).0;
                    interpose::mark(&root, Mark::Acked { shard, last });
                }
                let _held = moved.0.lock().unwrap_or_else(PoisonError::into_inner);
                moved.1.notify_all();
            };
            wake.clone()();
            journal.on_durable(Shard(shard), Arc::new(wake));
        }
        Ok(Self {
            root: root.to_owned(),
            journal,
            seed,
            moved,
        })
    }

    /// Ends it in order. The committer's last wake may still hold the journal for a moment: it is
    /// joined first.
    pub(crate) fn close(self) {
        self.journal.close().expect("a clean close");
    }

    fn mark(&self, mark: Mark) {
        interpose::mark(&self.root, mark);
    }

    /// Waits until everything that was handed in is durable.
    pub(crate) fn settle(&self) {
        let mut held = self.moved.0.lock().unwrap_or_else(PoisonError::into_inner);
        let open = |shard| self.journal.durable(Shard(shard)) < self.journal.last(Shard(shard));
        while (0..SHARDS).any(open) {
            held = self
                .moved
                .1
                .wait(held)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(crate) fn append(&self, shard: u16, records: usize) {
        let last = self.journal.last(Shard(shard));
        let mut batch = Batch::new(Shard(shard), last.next());
        for _ in 0..records {
            let next = batch.last().0 + 1;
            batch.push(&record(self.seed, shard, next));
        }
        self.mark(Mark::Appending {
            shard,
            last: batch.last().0,
        });
        while let Err(refused) = self.journal.try_append(batch, last) {
            let TryAppendError::Full(back) = refused else {
                panic!("{refused}")
            };
            batch = back;
            self.settle();
        }
    }

    /// One step of the workload.
    fn step(&self, rng: &mut Rng) {
        let shard = rng.below(usize::from(SHARDS)) as u16;
        match rng.below(100) {
            0..70 => {
                for _ in 0..=rng.below(5) {
                    let records = 1 + rng.pick(&[0, 0, 5, 5, 30, 30, 90]);
                    self.append(rng.below(usize::from(SHARDS)) as u16, records);
                }
                if rng.chance(70) {
                    self.settle();
                }
            }
            70..82 => self.trim(shard, rng),
            82..87 => self.checkpoint(shard),
            87..90 => self.define(rng),
            90..97 => self.put(shard, rng),
            // Enough to make sled use its segments again.
            _ => (0..40).for_each(|_| self.put(shard, rng)),
        }
    }

    fn trim(&self, shard: u16, rng: &mut Rng) {
        let (first, durable) = (
            self.journal.first(Shard(shard)).0,
            self.journal.durable(Shard(shard)).0,
        );
        let kept = rng.pick(&[0, 10, 60]);
        let before = (durable + 1).saturating_sub(kept).max(first);
        self.mark(Mark::Trimming { shard, before });
        self.journal
            .trim(Shard(shard), Sequence(before))
            .expect("trimmed");
        self.mark(Mark::Trimmed { shard, before });
    }

    fn checkpoint(&self, shard: u16) {
        let upto = self.journal.durable(Shard(shard));
        let mut chunks = chunks(self.seed, shard, upto.0).into_iter();
        self.journal
            .checkpoint(Shard(shard), upto, &mut chunks)
            .expect("a checkpoint");
        self.mark(Mark::Checkpointed {
            shard,
            upto: upto.0,
        });
    }

    fn define(&self, rng: &mut Rng) {
        let hash = u128::from(rng.next()).to_be_bytes();
        self.journal
            .put_definition(hash, &definition(hash))
            .expect("defined");
        self.mark(Mark::Defined { hash });
    }

    fn put(&self, shard: u16, rng: &mut Rng) {
        let sequence = self.journal.durable(Shard(shard));
        let key = rng.below(6) as u8;
        self.mark(Mark::Put {
            shard,
            key,
            sequence: sequence.0,
        });
        let value = value(self.seed, shard, key, sequence.0);
        self.journal.put(Shard(shard), &[key], &value).expect("put");
        if rng.chance(30) {
            self.delete(shard, rng.below(6) as u8);
        }
        if rng.chance(25) {
            self.journal
                .set_table_applied(Shard(shard), sequence)
                .expect("applied");
            self.mark(Mark::TableApplied {
                shard,
                sequence: sequence.0,
            });
        }
    }

    fn delete(&self, shard: u16, key: u8) {
        self.mark(Mark::Deleted { shard, key });
        self.journal
            .delete(Shard(shard), &[vec![key]])
            .expect("deleted");
    }

    pub(crate) fn steps(&self, count: usize, rng: &mut Rng) {
        (0..count).for_each(|_| self.step(rng));
    }
}

/// A directory that is gone with the value; in memory where the system has one, for no sync here
/// has to be real.
pub(crate) fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    made.or_else(|_| tempfile::tempdir()).expect("a directory")
}

/// Records a whole run of a seed.
pub(crate) fn run(seed: u64, barrier: Barrier) -> Trace {
    let dir = scratch();
    let root = dir.path().canonicalize().expect("a path");
    let mut rng = Rng::new(seed);
    interpose::start(&root, Trace::new());
    for _ in 0..1 + rng.below(2) {
        let driver = Driver::open(&root, seed, options(seed, barrier)).expect("opened");
        driver.steps(40 + rng.below(60), &mut rng);
        driver.close();
    }
    interpose::stop(&root)
}
