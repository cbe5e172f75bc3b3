//! Owns the three threads of those who follow the log. One uses only time that nobody else wants, and
//! little of that while the engine is busy. The second has a
//! small share of its own: it works when somebody waits, when the work has been behind for long,
//! and at the end. The third works while old records cannot be forgotten because of those who follow: as
//! any thread of the engine, with rests that become shorter. No thread can change from one of these kinds
//! to the next. While the third one works the others stand aside: whoever gets little time must not
//! hold the work meanwhile. Refuses to know what a turn does.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::Mutex;

use super::pace::{self, Pace, Used};
use super::reader::Reader;
use super::taking::REST;
use super::waiting::{Asked, Pressed};
use crate::{clock, machine};

/// How often the second thread asks whether the work has been behind for long, and the third whether it
/// is needed.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// All three.
pub(super) struct Threads {
    ask: SyncSender<Asked>,
    running: Mutex<Option<Running>>,
}

struct Running {
    /// Dropped, they end the first thread and the third.
    others: [SyncSender<()>; 2],
    second: JoinHandle<()>,
}

impl Threads {
    /// Starts them.
    ///
    /// # Errors
    /// The operating system gives no thread.
    pub(super) fn start(
        reader: Reader,
        pressed: Pressed,
        ask: SyncSender<Asked>,
        asked: Receiver<Asked>,
    ) -> io::Result<Self> {
        let work = Work {
            reader: Arc::new(Mutex::new(Some(reader))),
            pressed: Arc::new(pressed),
        };
        // Nobody waits for their end: on a busy machine that comes late.
        let (spare, spare_ended) = sync_channel(0);
        let (pressing, pressing_ended) = sync_channel(0);
        let (of_spare, of_pressed) = (work.clone(), work.clone());
        drop(spawn("follow", move || {
            of_spare.use_spare_time(&spare_ended)
        })?);
        drop(spawn("follow-pressed", move || {
            of_pressed.press_on(&pressing_ended)
        })?);
        let second = spawn("follow-behind", move || work.keep_up(&asked))?;
        Ok(Self {
            ask,
            running: Mutex::new(Some(Running {
                others: [spare, pressing],
                second,
            })),
        })
    }

    /// Follows to the end, and ends all. Blocks until the work has ended.
    pub(super) fn stop(&self) {
        if let Some(Running { others, second }) = self.running.lock().take() {
            drop(others);
            // It takes what it is asked, and is not gone before it was asked to end.
            let _ = self.ask.send(Asked::End);
            drop(second.join());
        }
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.into()).spawn(run)
}

/// What all of them work on.
#[derive(Clone)]
struct Work {
    /// None: the work has ended.
    reader: Arc<Mutex<Option<Reader>>>,
    pressed: Arc<Pressed>,
}

impl Work {
    /// Turn after turn, with rests, until the work has ended. While the engine is busy the rests are
    /// long.
    fn use_spare_time(&self, ended: &Receiver<()>) {
        machine::use_spare_time();
        let mut pace = Pace::new(machine::processors(), used());
        let mut rest = REST;
        while goes_on(ended, rest) {
            rest = REST;
            if self.is_pressed() {
                continue;
            }
            let goes_on = || !self.is_pressed();
            match self.paced_turn(&mut pace, pace::LEAST_SHARE, &goes_on) {
                Some(wanted) => rest = wanted,
                None => return,
            }
        }
    }

    /// Turn after turn while old records are held up, with the shorter rests the more comes meanwhile.
    fn press_on(&self, ended: &Receiver<()>) {
        let mut pace = Pace::new(machine::processors(), used());
        let mut rest = LOOK_EVERY;
        while goes_on(ended, rest) {
            rest = LOOK_EVERY;
            if !self.is_pressed() {
                continue;
            }
            let share = pace::share(self.pressed.generations());
            match self.paced_turn(&mut pace, share, &|| true) {
                Some(wanted) => rest = wanted,
                None => return,
            }
        }
    }

    /// A turn, unless a rest is owed; how long to rest then. None: the work has ended.
    fn paced_turn(
        &self,
        pace: &mut Pace,
        share: f64,
        goes_on: &dyn Fn() -> bool,
    ) -> Option<Duration> {
        let owed = pace.rest_on(used());
        if !owed.is_zero() {
            return Some(owed);
        }
        let mut reader = self.reader.lock();
        let working = reader.as_mut()?;
        let began = used();
        let wanted = match pace.is_busy() && share <= pace::LEAST_SHARE {
            true => working.short_turn(goes_on),
            false => working.turn(goes_on),
        };
        drop(reader);
        Some(wanted.max(pace.rest_after(began, used(), share)))
    }

    /// A turn when it is asked, and turn after turn while the work has been behind for long.
    fn keep_up(&self, asked: &Receiver<Asked>) {
        // The start of the engine may wait for the first turn: that of the archive opens it.
        if let Some(reader) = &mut *self.reader.lock() {
            reader.turn(&|| true);
        }
        machine::give_way();
        let mut rest = LOOK_EVERY;
        loop {
            let asked = asked.recv_timeout(rest);
            let mut work = self.reader.lock();
            let Some(reader) = &mut *work else {
                return;
            };
            match asked {
                Ok(Asked::Turn) => drop(reader.turn(&|| true)),
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Asked::End) | Err(RecvTimeoutError::Disconnected) => {
                    reader.stop();
                    // What it holds is let go before whoever asked goes on.
                    *work = None;
                    return;
                }
            }
            let goes_on = || !self.is_pressed();
            rest = match reader.is_behind_for_long() && goes_on() {
                true => reader.turn(&goes_on),
                false => LOOK_EVERY,
            };
        }
    }

    /// Whether the third thread is to work, and nobody else.
    fn is_pressed(&self) -> bool {
        self.pressed.is_pressed(clock::nanos())
    }
}

/// Rests; whether the work goes on then.
fn goes_on(ended: &Receiver<()>, rest: Duration) -> bool {
    ended.recv_timeout(rest) == Err(RecvTimeoutError::Timeout)
}

fn used() -> Used {
    Used {
        at: Duration::from_nanos(clock::nanos()),
        process: machine::process_time(),
        own: machine::thread_time(),
    }
}
