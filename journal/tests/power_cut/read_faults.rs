//! Reads that fail, come short or bring other bytes, at a start and while the journal runs.
//! Everything that comes is right or an error that names its file; nothing is ever "not there"
//! because it could not be read. Refuses to touch what is written.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use sluis_journal::{Barrier, DiskJournal, Journal, JournalError, Options, Sequence, Shard};

use super::interpose;
use super::rng::Rng;
use super::trace::{Reads, Trace};
use super::workload::{self, Driver, SHARDS};

const SEED: u64 = 5;
const HASH: [u8; 16] = [7; 16];
const KEY: u8 = 3;
const GENERATIONS: u64 = 3;

fn options() -> Options {
    Options {
        generation_max_bytes: 300 << 10,
        ..workload::options(SEED, Barrier::Full)
    }
}

/// Ten records for every shard, each batch a group of its own. How batches that wait together are
/// grouped depends on when the committer looks; it would decide which generation they end up in.
fn append_to_each(driver: &Driver) {
    for shard in 0..SHARDS {
        driver.append(shard, 10);
        driver.settle();
    }
}

/// A directory with three generations and one of everything else, under recording. The oldest and
/// the newest generation hold records of every shard.
struct Filled {
    _holder: tempfile::TempDir,
    root: PathBuf,
}

impl Filled {
    fn new() -> Self {
        let holder = workload::scratch();
        let root = holder.path().canonicalize().expect("a path");
        interpose::start(&root, Trace::new());
        let filled = Self {
            _holder: holder,
            root,
        };
        let driver = filled.open();
        while driver.journal.stats().generations < GENERATIONS {
            append_to_each(&driver);
        }
        // The newest generation began with the last shard that was written: now it holds records of
        // every shard.
        append_to_each(&driver);
        assert_eq!(driver.journal.stats().generations, GENERATIONS);
        let upto = driver.journal.durable(Shard(0));
        let mut chunks = workload::chunks(SEED, 0, 1)
            .into_iter()
            .chain([vec![1; 100]]);
        driver
            .journal
            .checkpoint(Shard(0), upto, &mut chunks)
            .expect("a checkpoint");
        driver
            .journal
            .put_definition(HASH, &workload::definition(HASH))
            .expect("defined");
        driver
            .journal
            .put(Shard(0), &[KEY], &workload::value(SEED, 0, KEY, 1))
            .expect("put");
        driver
            .journal
            .set_table_applied(Shard(0), Sequence(1))
            .expect("applied");
        driver.close();
        filled
    }

    fn open(&self) -> Driver {
        self.try_open().expect("opened")
    }

    fn try_open(&self) -> Result<Driver, JournalError> {
        Driver::open(&self.root, SEED, options())
    }

    fn reads(&self, reads: Reads) {
        interpose::set_reads(&self.root, reads);
    }

    fn flip(&self, file: &str, byte: usize) {
        let path = self.root.join(file);
        let mut bytes = std::fs::read(&path).expect("read");
        bytes[byte] ^= 1 << (byte % 8);
        // In place: the journal has the file open.
        let file = std::fs::File::options()
            .write(true)
            .open(&path)
            .expect("opened");
        std::os::unix::fs::FileExt::write_all_at(&file, &bytes, 0).expect("written");
    }
}

impl Drop for Filled {
    fn drop(&mut self) {
        interpose::stop(&self.root);
    }
}

/// Every record of every shard: right or an error. Gives the errors.
fn read_all(journal: &DiskJournal) -> Vec<JournalError> {
    let mut errors = Vec::new();
    for shard in 0..SHARDS {
        for sequence in journal.first(Shard(shard)).0..=journal.last(Shard(shard)).0 {
            match journal.read(Shard(shard), Sequence(sequence)) {
                Ok(found) => {
                    assert_eq!(
                        found,
                        Some(workload::record(SEED, shard, sequence)),
                        "shard {shard} sequence {sequence}"
                    )
                }
                Err(error) => errors.push(error),
            }
        }
    }
    errors
}

/// The same by replays.
fn replay_all(journal: &DiskJournal) -> Vec<JournalError> {
    let replay = |shard: u16| {
        let mut next = 1;
        let mut visit = |sequence: Sequence, bytes: &[u8]| {
            assert_eq!(
                (sequence.0, bytes),
                (next, &workload::record(SEED, shard, next)[..]),
                "shard {shard}"
            );
            next += 1;
            ControlFlow::Continue(())
        };
        let replayed = journal.replay(Shard(shard), Sequence(1), &mut visit);
        assert!(
            replayed.is_err() || next == journal.last(Shard(shard)).0 + 1,
            "a replay that is short says so"
        );
        replayed.err()
    };
    (0..SHARDS).filter_map(replay).collect()
}

fn check_beside(journal: &DiskJournal) {
    let (_, chunks) = journal
        .latest_checkpoint(Shard(0))
        .expect("read")
        .expect("there");
    assert_eq!(
        chunks.map(|chunk| chunk.expect("read")).last(),
        Some(vec![1; 100])
    );
    assert_eq!(
        journal.get_definition(HASH).expect("read"),
        Some(workload::definition(HASH))
    );
    assert_eq!(
        journal.get(Shard(0), &[KEY]).expect("read"),
        Some(workload::value(SEED, 0, KEY, 1))
    );
}

fn says(error: &JournalError, file: &str) {
    let message = error.to_string();
    assert!(
        matches!(error, JournalError::Io { action: "read", .. }) && message.contains(file),
        "{message}"
    );
}

#[test]
fn a_file_that_cannot_be_read_stops_the_start_and_is_named() {
    let filled = Filled::new();
    let files = [
        "meta",
        "manifest",
        "gen-00000001/start",
        "gen-00000003/start",
        "gen-00000001/log",
        "gen-00000003/log",
        "table/start",
    ];
    filled
        .open()
        .journal
        .trim(Shard(0), Sequence(2))
        .expect("trimmed");
    for file in files {
        filled.reads(Reads::Fail(file));
        says(&filled.try_open().err().expect("refused"), file);
    }
    filled.reads(Reads::Good);
    check_beside(&filled.open().journal);
}

#[test]
fn an_index_that_cannot_be_read_is_made_again() {
    let filled = Filled::new();
    filled.reads(Reads::Fail("gen-00000001/index"));
    let driver = filled.open();
    filled.reads(Reads::Good);
    assert!(read_all(&driver.journal).is_empty() && replay_all(&driver.journal).is_empty());
    // The control: it is read where it can be, for then damage of the log is seen by the reader
    // alone.
    driver.close();
    filled.flip("gen-00000001/log", 5000);
    assert!(!read_all(&filled.open().journal).is_empty());
    filled.reads(Reads::Fail("gen-00000001/index"));
    assert!(matches!(
        filled.try_open().err(),
        Some(JournalError::Damaged { .. })
    ));
}

#[test]
fn what_cannot_be_read_is_not_taken_for_absent() {
    let filled = Filled::new();
    let driver = filled.open();
    filled.reads(Reads::Fail("checkpoints"));
    // The start has read it once, so only its chunks can tell.
    let found = driver.journal.latest_checkpoint(Shard(0));
    let (_, mut chunks) = found.expect("looked").expect("it is there");
    let refused = chunks.find_map(Result::err).expect("refused");
    says(&refused, "checkpoints");
    filled.reads(Reads::Fail("definitions"));
    says(
        &driver.journal.get_definition(HASH).expect_err("refused"),
        "definitions",
    );
    filled.reads(Reads::Good);
    check_beside(&driver.journal);
}

#[test]
fn a_failing_read_fails_alone_and_the_journal_goes_on() {
    let filled = Filled::new();
    let driver = filled.open();
    let (first, last) = (Sequence(1), driver.journal.last(Shard(1)));
    for (file, bad, good) in [
        ("gen-00000001", first, last),
        ("gen-00000001/index", first, last),
        ("gen-00000003", last, first),
    ] {
        filled.reads(Reads::Fail(file));
        says(
            &driver.journal.read(Shard(1), bad).expect_err("refused"),
            file,
        );
        assert_eq!(
            driver.journal.read(Shard(1), good).expect("read"),
            Some(workload::record(SEED, 1, good.0))
        );
        assert!(
            driver
                .journal
                .replay(Shard(1), Sequence(1), &mut |_, _| ControlFlow::Continue(()))
                .is_err()
        );
    }
    driver.append(1, 3);
    driver.settle();
    filled.reads(Reads::Good);
    assert!(
        driver.journal.failure().is_none()
            && read_all(&driver.journal).is_empty()
            && replay_all(&driver.journal).is_empty()
    );
}

#[test]
fn short_and_interrupted_reads_change_nothing() {
    let filled = Filled::new();
    filled.reads(Reads::Short(1000));
    let driver = filled.open();
    assert!(read_all(&driver.journal).is_empty() && replay_all(&driver.journal).is_empty());
    check_beside(&driver.journal);
}

/// Flips one bit somewhere in a file of a running journal, many times, and reads everything each
/// time. Gives how many of the flips were noticed.
fn flips_noticed(filled: &Filled, journal: &DiskJournal, file: &str, flips: usize) -> usize {
    let mut rng = Rng::new(SEED);
    let length = std::fs::metadata(filled.root.join(file))
        .expect("there")
        .len() as usize;
    let used = (0..length)
        .rev()
        .find(|at| std::fs::read(filled.root.join(file)).expect("read")[*at] != 0)
        .expect("something");
    let noticed = (0..flips).filter(|_| {
        let byte = rng.below(used);
        filled.flip(file, byte);
        let errors = (read_all(journal), replay_all(journal));
        filled.flip(file, byte);
        for error in errors.0.iter().chain(&errors.1) {
            let place = matches!(error, JournalError::Damaged { path, .. } if path.starts_with(filled.root.join(dir_of(file))));
            assert!(place, "{error}");
        }
        !errors.0.is_empty()
    });
    let noticed = noticed.count();
    assert!(read_all(journal).is_empty(), "all is good again");
    noticed
}

fn dir_of(file: &str) -> &Path {
    Path::new(file).parent().expect("a directory")
}

#[test]
fn a_bit_that_flips_under_a_running_journal_is_an_error_and_never_other_bytes() {
    let filled = Filled::new();
    let driver = filled.open();
    for file in ["gen-00000001/log", "gen-00000003/log", "gen-00000001/index"] {
        let noticed = flips_noticed(&filled, &driver.journal, file, 30);
        assert!(
            noticed > 15,
            "{file}: {noticed} of 30: most bytes are those of records"
        );
    }
}
