//! Owns the two threads of those who follow the log. One uses only time that nobody else wants, and
//! little of that while the engine is busy. The other has a
//! small share of its own: it works when somebody waits, when the work has been behind for long,
//! and at the end. A thread cannot change from the first kind to the second. Refuses to know what a turn does.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::Mutex;

use super::pace::{Pace, Used};
use super::reader::Reader;
use super::taking::REST;
use super::waiting::Asked;
use crate::{clock, machine};

/// How often the second thread asks whether the work has been behind for long.
const LOOK_EVERY: Duration = Duration::from_secs(1);

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
    pub(super) fn start(
        reader: Reader,
        ask: SyncSender<Asked>,
        asked: Receiver<Asked>,
    ) -> io::Result<Self> {
        let reader = Arc::new(Mutex::new(Some(reader)));
        let work = reader.clone();
        // Nobody waits for its end: on a busy machine that comes late.
        let (spare, ended) = sync_channel(0);
        drop(spawn("follow", move || use_spare_time(&work, &ended))?);
        let second = spawn("follow-behind", move || keep_up(&reader, &asked))?;
        Ok(Self {
            ask,
            running: Mutex::new(Some(Running { spare, second })),
        })
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
fn use_spare_time(work: &Mutex<Option<Reader>>, ended: &Receiver<()>) {
    machine::use_spare_time();
    let mut pace = Pace::new(machine::processors(), used());
    let mut rest = REST;
    while ended.recv_timeout(rest) == Err(RecvTimeoutError::Timeout) {
        rest = pace.rest_on(used());
        if !rest.is_zero() {
            continue;
        }
        let mut work = work.lock();
        let Some(reader) = &mut *work else {
            return;
        };
        let began = used();
        rest = reader.turn();
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
fn keep_up(work: &Mutex<Option<Reader>>, asked: &Receiver<Asked>) {
    // The start of the engine may wait for the first turn: that of the archive opens it.
    if let Some(reader) = &mut *work.lock() {
        reader.turn();
    }
    machine::give_way();
    let mut rest = LOOK_EVERY;
    loop {
        let asked = asked.recv_timeout(rest);
        let mut work = work.lock();
        let Some(reader) = &mut *work else {
            return;
        };
        match asked {
            Ok(Asked::Turn) => drop(reader.turn()),
            Err(RecvTimeoutError::Timeout) => {}
            Ok(Asked::End) | Err(RecvTimeoutError::Disconnected) => {
                reader.stop();
                // What it holds is let go before whoever asked goes on.
                *work = None;
                return;
            }
        }
        rest = match reader.is_behind_for_long() {
            true => reader.turn(),
            false => LOOK_EVERY,
        };
    }
}
