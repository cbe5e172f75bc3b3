//! The thread that has the next generation ready before the newest is full, and puts the full one
//! away: the change from one to the other then costs a commit no more than any other. Refuses to
//! begin a generation: that is the committer's, with the first group it writes there.
//!
//! Who owns what: the thread makes a generation's files and hands them over once, by a channel;
//! from then on they are the committer's. A full generation is put away once the next one is in the
//! list. A trim that takes it meanwhile waits for that, or comes first; then nothing is put away
//! ([`Generation::seal`], [`Generation::retire`]).

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam::channel::{Receiver, Sender, bounded};

use super::generation::Generation;
use super::manifest::Ledger;
use super::options::Options;
use super::prepared::Prepared;
use crate::JournalError;

/// An offset of the index is four bytes: a generation ends well before they are used up, its last
/// group included.
const MOST_BYTES: u64 = 2 << 30;
/// One generation to put away and one to make: the next change comes behind both.
const MOST_JOBS: usize = 2;

enum Job {
    Prepare(u64),
    PutAway(Arc<Generation>),
}

/// The committer's end.
pub(super) struct Successor {
    full_bytes: u64,
    /// Whether the next generation was asked for ahead.
    asked: bool,
    jobs: Option<Sender<Job>>,
    answers: Receiver<Result<Prepared, JournalError>>,
    thread: Option<JoinHandle<()>>,
}

impl Successor {
    /// Starts the thread.
    pub(super) fn start(dir: &Path, options: &Options, ledger: Arc<Ledger>) -> io::Result<Self> {
        let (jobs, asks) = bounded::<Job>(MOST_JOBS);
        let (answer, answers) = bounded(1);
        let (data, owned) = (dir.to_owned(), options.clone());
        let run = move || {
            for job in asks {
                match job {
                    Job::Prepare(number) => {
                        drop(answer.send(prepare(&data, number, &owned, &ledger)))
                    }
                    Job::PutAway(generation) => generation.seal(),
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name("journal-next".into())
            .spawn(run)?;
        let full_bytes = options.generation_max_bytes.min(MOST_BYTES);
        Ok(Self {
            full_bytes,
            asked: false,
            jobs: Some(jobs),
            answers,
            thread: Some(thread),
        })
    }

    /// Whether the next group goes to a new generation.
    pub(super) fn is_due(&self, newest: &Generation) -> bool {
        newest.log_bytes() >= self.full_bytes
    }

    /// Asks for the next generation once half of the newest is used; never waits.
    pub(super) fn ask_ahead(&mut self, newest: &Generation) {
        if !self.asked && newest.log_bytes() >= self.full_bytes / 2 {
            self.ask(Job::Prepare(newest.number + 1));
            self.asked = true;
        }
    }

    /// The next generation's files; waits where they are not ready yet. What went wrong ahead may
    /// have passed: it is tried once more, and fails then.
    pub(super) fn take(&mut self, number: u64) -> Result<Prepared, JournalError> {
        if std::mem::take(&mut self.asked) {
            match self.answer(number) {
                Ok(prepared) => return Ok(prepared),
                Err(error) => {
                    tracing::warn!(generation = number, %error, "the next journal generation was not ready")
                }
            }
        }
        self.ask(Job::Prepare(number));
        self.answer(number)
    }

    fn answer(&self, number: u64) -> Result<Prepared, JournalError> {
        let answer = self.answers.recv();
        answer.unwrap_or_else(|_| {
            Err(JournalError::Ended {
                what: "the thread that makes generations ready",
                number,
            })
        })
    }

    /// Gives a full generation to the thread, to put it away.
    pub(super) fn put_away(&self, full: Arc<Generation>) {
        self.ask(Job::PutAway(full));
    }

    fn ask(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            // There is room, see `MOST_JOBS`; a thread that is gone is noticed by its missing
            // answer.
            drop(jobs.try_send(job));
        }
    }
}

/// Makes the files of a generation, and has the manifest know of them.
fn prepare(
    data: &Path,
    number: u64,
    options: &Options,
    ledger: &Ledger,
) -> Result<Prepared, JournalError> {
    let prepared = Prepared::create(data, number, options.room_bytes, options)?;
    ledger.made(prepared.made())?;
    Ok(prepared)
}

impl Drop for Successor {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}
