//! A journal with one of everything, what it must hold, and the verdict on a damaged copy of it.
//! Plays the owner: it fills the table again behind the watermark, has its current definition and
//! its secret elsewhere, and checks an older definition's hash.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;

use sluis_journal::{
    DiskJournal, Journal, JournalError, Options, RecoveryReport, Repaired, Sequence, Shard, inspect,
};

use super::damages::Damage;
use crate::support::{SHARDS, Settle, append, copy, options, replayed, scratch};

const CURRENT: [u8; 16] = [1; 16];
const OLDER: [u8; 16] = [2; 16];
const SECRET: &str = "secret";
/// Ended notifications in a value of the table.
const PACK: u64 = 50;

/// How the process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stop {
    Clean,
    Kill,
}

impl Stop {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Clean => "a clean stop",
            Self::Kill => "a kill",
        }
    }
}

/// What a start does with a damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    Refused,
    Repaired,
    Lossless,
    /// The end of the newest log went as a torn tail, and the start says how much.
    CutAndSaid,
}

impl Outcome {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Repaired => "repaired",
            Self::Lossless => "nothing lost",
            Self::CutAndSaid => "cut and said",
        }
    }

    /// Whether the words of a cell tell of it. Which bytes of the table were in use when the process
    /// ended is for sled's threads: where a repair is told of, a run may find that nothing was hit.
    pub(super) fn is_in(self, words: &BTreeSet<String>) -> bool {
        let is_better = self == Self::Lossless && words.contains(Self::Repaired.word());
        is_better || words.contains(self.word())
    }
}

struct Put {
    shard: Shard,
    sequence: Sequence,
    key: Vec<u8>,
    value: Vec<u8>,
}

/// A journal to be damaged, with what it must still hold.
pub(super) struct Subject {
    pub(super) stop: Stop,
    dir: tempfile::TempDir,
    newest: u64,
    records: Vec<Vec<(u64, Vec<u8>)>>,
    puts: Vec<Put>,
}

fn matrix_options() -> Options {
    Options {
        generation_max_bytes: 160 << 10,
        room_bytes: 64 << 10,
        segment_bytes: 512 << 10,
        existing: true,
        ..options()
    }
}

fn definition(hash: [u8; 16]) -> Vec<u8> {
    hash.repeat(20)
}

impl Subject {
    /// `owner` tells its content from another's.
    pub(super) fn new(owner: u8, stop: Stop) -> Self {
        let (live, left) = (scratch(), scratch());
        let mut puts = Vec::new();
        let first = Options {
            existing: false,
            ..matrix_options()
        };
        let (journal, _) = DiskJournal::open(live.path(), first).expect("made");
        fill(&journal, owner, 2);
        put(&journal, owner, 0..40, &mut puts);
        (0..2).for_each(|shard| {
            journal
                .set_table_applied(Shard(shard), Sequence(20))
                .expect("applied")
        });
        furnish(&journal, owner);
        drop(journal);

        let (journal, report) = DiskJournal::open(live.path(), matrix_options()).expect("opened");
        assert!(report.repairs.is_empty(), "{:?}", report.repairs);
        fill(&journal, owner, 3);
        put(&journal, owner, 30..60, &mut puts);
        journal
            .set_table_applied(Shard(1), Sequence(60))
            .expect("applied");
        put(&journal, owner, 60..70, &mut puts);
        (0..6).for_each(|_| fill_once(&journal, owner));
        Self::stopped(journal, stop, live.path(), left, puts)
    }

    /// With so many ended notifications in two generations: a record and a place in a value of the
    /// table each.
    pub(super) fn large(owner: u8, stop: Stop, ended: u64) -> Self {
        let (live, left) = (scratch(), scratch());
        let mut puts = Vec::new();
        let generation_max_bytes = ended * 110;
        let first = Options {
            existing: false,
            generation_max_bytes,
            ..matrix_options()
        };
        let (journal, _) = DiskJournal::open(live.path(), first).expect("made");
        furnish(&journal, owner);
        for pack in 0..ended / PACK {
            let shard = (pack % u64::from(SHARDS)) as u16;
            let ids =
                || (pack * PACK..(pack + 1) * PACK).map(|id| format!("{owner} ended {id:08} "));
            let records: Vec<Vec<u8>> = ids().map(|id| id.repeat(8).into_bytes()).collect();
            append(
                &journal,
                shard,
                &records.iter().map(Vec::as_slice).collect::<Vec<_>>(),
            );
            journal.settle();
            let (sequence, key) = (journal.durable(Shard(shard)), pack.to_be_bytes().to_vec());
            let value: Vec<u8> = ids().flat_map(String::into_bytes).collect();
            journal.put(Shard(shard), &key, &value).expect("put");
            puts.push(Put {
                shard: Shard(shard),
                sequence,
                key,
                value,
            });
            if pack % 97 == 96 {
                journal
                    .set_table_applied(Shard(shard), sequence)
                    .expect("applied");
            }
        }
        assert!(journal.stats().generations >= 2);
        Self::stopped(journal, stop, live.path(), left, puts)
    }

    fn stopped(
        journal: DiskJournal,
        stop: Stop,
        live: &Path,
        left: tempfile::TempDir,
        puts: Vec<Put>,
    ) -> Self {
        let newest = journal.stats().generations;
        let records = (0..SHARDS)
            .map(|shard| replayed(&journal, shard, 1))
            .collect();
        match stop {
            Stop::Clean => {
                drop(journal);
                copy(live, left.path());
            }
            Stop::Kill => {
                full_ones_put_away(live, newest);
                copy(live, left.path());
            }
        }
        let subject = Self {
            stop,
            dir: left,
            newest,
            records,
            puts,
        };
        assert!(
            inspect(subject.dir())
                .expect("inspected")
                .defects
                .is_empty()
        );
        subject
    }

    pub(super) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(super) fn newest(&self) -> u64 {
        self.newest
    }

    /// For the control.
    pub(super) fn expect_one_record_more(&mut self) {
        let records = &mut self.records[0];
        records.push((records.len() as u64 + 1, b"never written".to_vec()));
    }

    /// Damages a copy and starts on it. An error where something is lost and nothing said, or where
    /// a refusal does not help.
    pub(super) fn judge(&self, damage: &Damage) -> Result<Outcome, String> {
        let copied = scratch();
        let dir = copied.path().join("journal");
        copy(self.dir(), &dir);
        damage.strike(&dir);
        let place = format!(
            "{} ({}), {}, after {}",
            damage.row,
            damage.path.display(),
            damage.kind.word(),
            self.stop.word()
        );
        match self.start(&dir) {
            Ok(outcome) => Ok(outcome),
            Err(Verdict::Refused(message)) => {
                let says = |part: &str| message.contains(part);
                let remedy = ["restore", "put back", "start again", "move"]
                    .iter()
                    .any(|remedy| says(remedy));
                if says(&dir.display().to_string()) && remedy {
                    return Ok(Outcome::Refused);
                }
                Err(format!("{place}: no remedy: {message}"))
            }
            Err(Verdict::Silent(what)) => Err(format!("{place}: silent: {what}")),
        }
    }

    fn start(&self, dir: &Path) -> Result<Outcome, Verdict> {
        let (journal, report) = DiskJournal::open(dir, matrix_options())?;
        let mut is_repaired = !report.repairs.is_empty();
        journal.put_definition(CURRENT, &definition(CURRENT))?;
        is_repaired |= !journal.repaired_definitions().is_empty();
        is_repaired |= self.has_its_secret_again(&journal)?;
        for hash in journal.definitions()? {
            let found = journal.get_definition(hash)?;
            if found != Some(definition(hash)) {
                let why = format!(
                    "{}: definition {hash:x?} does not fit its hash: restore it",
                    dir.display()
                );
                return Err(Verdict::Refused(why));
            }
        }
        if journal.definitions()? != [CURRENT, OLDER] {
            return Err(Verdict::Silent("a definition is gone".into()));
        }
        for shard in 0..2 {
            let found = journal.latest_checkpoint(Shard(shard))?;
            let found = found
                .map(|(upto, chunks)| (upto, chunks.map_while(Result::ok).collect::<Vec<_>>()));
            // The log has everything without it.
            let is_said = found.is_none() && says_checkpoint(&report, shard);
            if !is_said && found != Some((Sequence(7), vec![vec![1; 300], vec![shard as u8; 20]])) {
                return Err(Verdict::Silent(format!(
                    "the checkpoint of shard {shard} is {found:?}"
                )));
            }
        }
        let is_cut = self.compare_records(&journal, &report)?;
        self.compare_table(&journal)?;
        journal.check_blobs()?;
        Ok(match (is_cut, is_repaired) {
            (true, _) => Outcome::CutAndSaid,
            (false, true) => Outcome::Repaired,
            (false, false) => Outcome::Lossless,
        })
    }

    /// The owner has its secret elsewhere too, and gives the journal's copy back.
    fn has_its_secret_again(&self, journal: &DiskJournal) -> Result<bool, JournalError> {
        match journal.kept(SECRET) {
            Ok(Some(secret)) if secret == [1; 32] => Ok(false),
            Ok(_) | Err(JournalError::DamagedFile { .. } | JournalError::Foreign { .. }) => {
                journal.keep(SECRET, &[1; 32]).map(|()| true)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether the end was cut off with a word.
    fn compare_records(
        &self,
        journal: &DiskJournal,
        report: &RecoveryReport,
    ) -> Result<bool, Verdict> {
        let said = report
            .repairs
            .iter()
            .any(|repair| repair.what == Repaired::Tail);
        let mut is_cut = false;
        for (shard, expected) in (0..).map(Shard).zip(&self.records) {
            let mut found = Vec::new();
            journal.replay(shard, Sequence(1), &mut |sequence, bytes| {
                found.push((sequence.0, bytes.to_vec()));
                ControlFlow::Continue(())
            })?;
            if found == *expected {
                continue;
            }
            let is_prefix = found.len() < expected.len() && found[..] == expected[..found.len()];
            if !(is_prefix && said && self.stop == Stop::Kill) {
                return Err(Verdict::Silent(format!(
                    "{} records of {} in shard {shard}",
                    found.len(),
                    expected.len()
                )));
            }
            is_cut = true;
        }
        Ok(is_cut)
    }

    /// As the shards do: what came behind the watermark is put again; then everything must be
    /// there.
    fn compare_table(&self, journal: &DiskJournal) -> Result<(), Verdict> {
        for put in self
            .puts
            .iter()
            .filter(|put| put.sequence > journal.table_applied(put.shard))
        {
            journal.put(put.shard, &put.key, &put.value)?;
        }
        for (number, put) in self.puts.iter().enumerate() {
            let is_last = !self.puts[number + 1..]
                .iter()
                .any(|later| (later.shard, &later.key) == (put.shard, &put.key));
            let found = journal.get(put.shard, &put.key)?;
            if is_last && found.as_ref() != Some(&put.value) {
                return Err(Verdict::Silent(format!(
                    "value {:?} of shard {} is {found:?}",
                    put.key, put.shard
                )));
            }
        }
        Ok(())
    }
}

/// Whether the start says that it goes on without the shard's checkpoint.
fn says_checkpoint(report: &RecoveryReport, shard: u16) -> bool {
    let is_of = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with(&format!("{shard:05}-")))
    };
    let mut repairs = report.repairs.iter();
    repairs.any(|repair| repair.what == Repaired::Checkpoint && is_of(&repair.path))
}

enum Verdict {
    Refused(String),
    Silent(String),
}

impl From<JournalError> for Verdict {
    fn from(error: JournalError) -> Self {
        Self::Refused(error.to_string())
    }
}

/// Waits until each full generation gave back its room and has its index. Another thread does that
/// a moment after the next generation began: a copy in between has other files at each run.
fn full_ones_put_away(live: &Path, newest: u64) {
    let is_put_away = |number: u64| live.join(format!("gen-{number:08}/index")).exists();
    while !(1..newest).all(is_put_away) {
        std::thread::yield_now();
    }
}

/// One of everything beside the log and the table.
fn furnish(journal: &DiskJournal, owner: u8) {
    for hash in [CURRENT, OLDER] {
        journal
            .put_definition(hash, &definition(hash))
            .expect("put");
    }
    while journal.durable(Shard(1)) < Sequence(7) {
        fill_once(journal, owner);
    }
    for shard in 0..2 {
        let chunks = [vec![owner; 300], vec![shard as u8; 20]];
        journal
            .checkpoint(Shard(shard), Sequence(7), &mut chunks.into_iter())
            .expect("written");
    }
    journal.keep(SECRET, &[owner; 32]).expect("kept");
}

fn fill_once(journal: &DiskJournal, owner: u8) {
    for shard in 0..SHARDS {
        let next = journal.last(Shard(shard)).0 + 1;
        let records: Vec<Vec<u8>> = (next..next + 5)
            .map(|number| format!("{owner} {shard} {number} ").repeat(60).into_bytes())
            .collect();
        append(
            journal,
            shard,
            &records.iter().map(Vec::as_slice).collect::<Vec<_>>(),
        );
    }
    journal.settle();
}

fn fill(journal: &DiskJournal, owner: u8, generations: u64) {
    while journal.stats().generations < generations {
        fill_once(journal, owner);
    }
}

/// Puts one value per sequence into two shards: short ones, long ones, and some under a key that
/// had one.
fn put(journal: &DiskJournal, owner: u8, sequences: std::ops::Range<u64>, puts: &mut Vec<Put>) {
    for sequence in sequences.map(|number| number + 1) {
        for shard in (0..2).map(Shard) {
            let key = format!("key {}", sequence % 50).into_bytes();
            let length = if sequence % 7 == 0 {
                9_000
            } else {
                30 + sequence as usize
            };
            let value = [
                &[owner, shard.0 as u8, sequence as u8],
                &vec![sequence as u8; length][..],
            ]
            .concat();
            journal.put(shard, &key, &value).expect("put");
            puts.push(Put {
                shard,
                sequence: Sequence(sequence),
                key,
                value,
            });
        }
    }
}
