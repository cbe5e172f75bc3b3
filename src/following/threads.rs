//! Owns the two threads of somebody who follows the log. One uses only time that nobody else wants, and
//! little of that while the engine is busy. The other has a
//! small share of its own: it works when somebody waits, when the work has been behind for long,
//! and at the end. A thread cannot change from the first kind to the second. Refuses to know the work.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::Mutex;

use super::pace::{Pace, Used};
use crate::{clock, machine};

/// How long the first thread rests when it has caught up: how late the work is at least. What came
/// meanwhile is taken in one piece, which costs less than many small ones.
pub(crate) const REST: Duration = Duration::from_millis(100);
/// How often the second thread asks whether the work has been behind for long.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What is done turn after turn.
pub(crate) trait Follows: Send + 'static {
    /// One turn; how long to rest after it.
    fn turn(&mut self) -> Duration;

    /// Whether it has been behind for so long that it is to have a share of its own: what is behind
    /// keeps records in the journal.
    fn is_behind_for_long(&self) -> bool;

    /// Follows to the end of what is durable.
    fn end(&mut self);
}

/// What the second thread is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// To take a turn: somebody waits for it.
    Turn,
    /// To follow to the end, and to end.
    End,
}

/// Both threads.
pub(crate) struct Threads {
    ask: SyncSender<Asked>,
    running: Mutex<Option<Running>>,
}

struct Running {
    /// Dropped, it ends the first thread.
    spare: SyncSender<()>,
    second: JoinHandle<()>,
}

impl Threads {
    /// Starts both, with names that begin like this.
    ///
    /// # Errors
    /// The operating system gives no thread.
    pub(crate) fn start(name: &str, work: impl Follows) -> io::Result<Self> {
        let worker = Arc::new(Mutex::new(Some(work)));
        let (ask, asked) = sync_channel(1);
        let work = worker.clone();
        // Nobody waits for its end: on a busy machine that comes late.
        let (spare, ended) = sync_channel(0);
        drop(spawn(name, move || use_spare_time(&work, &ended))?);
        let second = spawn(&format!("{name}-behind"), move || keep_up(&worker, &asked))?;
        Ok(Self {
            ask,
            running: Mutex::new(Some(Running { spare, second })),
        })
    }

    /// Asks for a turn soon, also on a busy machine.
    pub(crate) fn hurry(&self) {
        // Full: it was asked already.
        let _ = self.ask.try_send(Asked::Turn);
    }

    /// Follows to the end, and ends both. Blocks until the work has ended.
    pub(crate) fn stop(&self) {
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
fn use_spare_time(work: &Mutex<Option<impl Follows>>, ended: &Receiver<()>) {
    machine::use_spare_time();
    let mut pace = Pace::new(machine::processors(), used());
    let mut rest = REST;
    while ended.recv_timeout(rest) == Err(RecvTimeoutError::Timeout) {
        rest = pace.rest_on(used());
        if !rest.is_zero() {
            continue;
        }
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

/// A turn when it is asked, and turn after turn while the work has been behind for long.
fn keep_up(work: &Mutex<Option<impl Follows>>, asked: &Receiver<Asked>) {
    // The start of the engine may wait for the first turn: that of the archive opens it.
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
