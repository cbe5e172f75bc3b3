//! Owns the two threads of the archive. One uses only time that nobody else wants, and little of that
//! while the engine is busy. The other has a
//! small share of its own: it works when somebody waits, when the archive has been behind for long,
//! and at the end. A thread cannot change from the first kind to the second. Refuses to know the work.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::Mutex;

use super::pace::{Pace, Used};
use super::worker::{REST, Worker};
use crate::{clock, machine};

/// How often the second thread asks whether the archive has been behind for long.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What the second thread is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// To take a turn: somebody waits for it.
    Turn,
    /// To follow to the end, and to end.
    End,
}

/// Both threads.
pub(super) struct Threads {
    ask: SyncSender<Asked>,
    running: Mutex<Option<Running>>,
}

struct Running {
    /// Dropped, it ends the first thread.
    spare: SyncSender<()>,
    second: JoinHandle<()>,
}

impl Threads {
    /// Starts both.
    ///
    /// # Errors
    /// The operating system gives no thread.
    pub(super) fn start(worker: Worker) -> io::Result<Self> {
        let worker = Arc::new(Mutex::new(Some(worker)));
        let (ask, asked) = sync_channel(1);
        let work = worker.clone();
        // Nobody waits for its end: on a busy machine that comes late.
        let (spare, ended) = sync_channel(0);
        drop(spawn("archive", move || use_spare_time(&work, &ended))?);
        let second = spawn("archive-behind", move || keep_up(&worker, &asked))?;
        Ok(Self {
            ask,
            running: Mutex::new(Some(Running { spare, second })),
        })
    }

    /// Asks for a turn soon, also on a busy machine.
    pub(super) fn hurry(&self) {
        // Full: it was asked already.
        let _ = self.ask.try_send(Asked::Turn);
    }

    /// Follows to the end, and ends both. Blocks until the work has ended.
    pub(super) fn stop(&self) {
        if let Some(Running { spare, second }) = self.running.lock().take() {
            drop(spare);
            // It takes what it is asked, and is not gone before it was asked to end.
            let _ = self.ask.send(Asked::End);
            drop(second.join());
        }
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.into()).spawn(run)
}

/// Turn after turn, with rests, until the work has ended. While the engine is busy the rests are long.
fn use_spare_time(work: &Mutex<Option<Worker>>, ended: &Receiver<()>) {
    machine::use_spare_time();
    let mut pace = Pace::new(machine::processors(), used());
    let mut rest = REST;
    while ended.recv_timeout(rest) == Err(RecvTimeoutError::Timeout) {
        let mut work = work.lock();
        let Some(worker) = &mut *work else {
            return;
        };
        let began = used();
        rest = worker.turn();
        drop(work);
        rest = rest.max(pace.rest_after(began, used()));
    }
}

fn used() -> Used {
    Used {
        at: Duration::from_nanos(clock::nanos()),
        process: machine::process_time(),
        own: machine::thread_time(),
    }
}

/// A turn when it is asked, and turn after turn while the archive has been behind for long.
fn keep_up(work: &Mutex<Option<Worker>>, asked: &Receiver<Asked>) {
    // The start of the engine waits for the first turn: it opens the archive.
    if let Some(worker) = &mut *work.lock() {
        worker.turn();
    }
    machine::give_way();
    let mut rest = LOOK_EVERY;
    loop {
        let asked = asked.recv_timeout(rest);
        let mut work = work.lock();
        let Some(worker) = &mut *work else {
            return;
        };
        match asked {
            Ok(Asked::Turn) => drop(worker.turn()),
            Err(RecvTimeoutError::Timeout) => {}
            Ok(Asked::End) | Err(RecvTimeoutError::Disconnected) => {
                worker.end();
                // What it holds is let go before whoever asked goes on.
                *work = None;
                return;
            }
        }
        rest = match worker.is_behind_for_long() {
            true => worker.turn(),
            false => LOOK_EVERY,
        };
    }
}
