//! Owns threads that read beside the arbiters: what must look at the disk, or decode much, is a
//! piece of work that waits here in a line of its corporation. The lines take turns, so that
//! whoever asks for much waits for himself. What an urgent message waits for goes before all of them.
//! Refuses to grow: a corporation has a bounded line, and what is over it comes back.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use parking_lot::{Condvar, Mutex};
use sluis_model::CorporationId;

/// A piece of work: short, or it goes on in another one.
pub type Work = Box<dyn FnOnce() + Send>;

/// Most urgent pieces in a row while others wait: then one of theirs is done.
const URGENT_IN_ROW: u32 = 8;

/// The line is full: the work comes back, undone.
pub struct LineFull(pub Work);

impl std::fmt::Debug for LineFull {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LineFull")
    }
}

/// The threads that read for the shards, and the lines in front of them.
pub struct Readers {
    state: Mutex<State>,
    wake: Condvar,
    most_of_one: usize,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Without threads: work is done where it is handed in.
    inline: bool,
}

#[derive(Default)]
struct State {
    lines: BTreeMap<Option<CorporationId>, VecDeque<Work>>,
    /// Lines with something in them, in the order of their turns.
    turns: VecDeque<Option<CorporationId>>,
    /// What goes before them.
    urgent: VecDeque<Work>,
    /// Urgent pieces that were taken since one of the others.
    urgent_in_row: u32,
    stopped: bool,
}

impl std::fmt::Debug for Readers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Readers")
            .field("most_of_one", &self.most_of_one)
            .field("inline", &self.inline)
            .finish_non_exhaustive()
    }
}

impl Readers {
    /// Starts `threads` threads, each of which runs `on_start` first. A corporation may have
    /// `most_of_one` pieces waiting.
    ///
    /// # Errors
    /// The operating system refused a thread.
    pub fn start(
        name: &str,
        threads: usize,
        most_of_one: usize,
        on_start: fn(),
    ) -> io::Result<Arc<Self>> {
        let readers = Arc::new(Self::new(most_of_one, false));
        for number in 0..threads.max(1) {
            let all = readers.clone();
            let run = move || {
                on_start();
                all.run();
            };
            let thread = std::thread::Builder::new()
                .name(format!("{name}-{number}"))
                .spawn(run)?;
            readers.threads.lock().push(thread);
        }
        Ok(readers)
    }

    /// No threads: work is done at once by whoever hands it in. For tests, which have one thread.
    #[must_use]
    pub fn inline() -> Arc<Self> {
        Arc::new(Self::new(usize::MAX, true))
    }

    /// No threads: work waits until somebody takes it. For tests and the simulation, which say when a
    /// reader has its turn.
    #[must_use]
    pub fn by_hand() -> Arc<Self> {
        Arc::new(Self::new(usize::MAX, false))
    }

    /// Takes the piece of work whose turn it is, as a thread does.
    #[must_use]
    pub fn take_one(&self) -> Option<Work> {
        self.state.lock().next()
    }

    fn new(most_of_one: usize, inline: bool) -> Self {
        let (state, wake, threads) = Default::default();
        Self {
            state,
            wake,
            most_of_one,
            threads,
            inline,
        }
    }

    /// Puts work into the line of a corporation.
    ///
    /// # Errors
    /// The line is full, or the threads were stopped.
    pub fn ask(&self, corporation: CorporationId, work: Work) -> Result<(), LineFull> {
        self.push(Some(corporation), self.most_of_one, work)
    }

    /// Puts the engine's own work in, which its permits bound.
    ///
    /// # Errors
    /// The threads were stopped.
    pub(crate) fn ask_for_the_engine(&self, work: Work) -> Result<(), LineFull> {
        self.push(None, usize::MAX, work)
    }

    /// Puts the engine's own work in, for which an urgent message waits.
    ///
    /// # Errors
    /// The threads were stopped.
    pub(crate) fn ask_urgently(&self, work: Work) -> Result<(), LineFull> {
        if self.inline {
            work();
            return Ok(());
        }
        let mut state = self.state.lock();
        if state.stopped {
            return Err(LineFull(work));
        }
        state.urgent.push_back(work);
        drop(state);
        self.wake.notify_one();
        Ok(())
    }

    fn push(&self, line: Option<CorporationId>, most: usize, work: Work) -> Result<(), LineFull> {
        if self.inline {
            work();
            return Ok(());
        }
        let mut state = self.state.lock();
        let State {
            lines,
            turns,
            stopped,
            ..
        } = &mut *state;
        let waiting = lines.entry(line).or_default();
        if *stopped || waiting.len() >= most {
            return Err(LineFull(work));
        }
        waiting.push_back(work);
        if waiting.len() == 1 {
            turns.push_back(line);
        }
        drop(state);
        self.wake.notify_one();
        Ok(())
    }

    /// Pieces that wait, of all.
    #[must_use]
    pub fn waiting(&self) -> usize {
        let state = self.state.lock();
        state.urgent.len() + state.lines.values().map(VecDeque::len).sum::<usize>()
    }

    fn run(&self) {
        loop {
            let work = {
                let mut state = self.state.lock();
                loop {
                    if let Some(work) = state.next() {
                        break work;
                    }
                    if state.stopped {
                        return;
                    }
                    self.wake.wait(&mut state);
                }
            };
            // A piece that fails takes no thread with it: whoever waited is told by what it
            // dropped.
            if std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err() {
                crate::telemetry::actor_panicked("reader");
            }
        }
    }

    /// Takes no more, finishes what waits and ends the threads.
    pub fn stop(&self) {
        self.state.lock().stopped = true;
        self.wake.notify_all();
        for thread in std::mem::take(&mut *self.threads.lock()) {
            drop(thread.join());
        }
    }
}

impl State {
    fn next(&mut self) -> Option<Work> {
        let may_be_urgent = self.urgent_in_row < URGENT_IN_ROW || self.turns.is_empty();
        if may_be_urgent && let Some(work) = self.urgent.pop_front() {
            self.urgent_in_row += 1;
            return Some(work);
        }
        self.urgent_in_row = 0;
        let line = self.turns.pop_front()?;
        let waiting = self.lines.get_mut(&line)?;
        let work = waiting.pop_front();
        if waiting.is_empty() {
            // The memory of a flood goes with it.
            self.lines.remove(&line);
        } else {
            self.turns.push_back(line);
        }
        work
    }
}

#[cfg(test)]
mod tests {
    use crossbeam::channel::{bounded, unbounded};

    use super::*;

    const ONE: CorporationId = CorporationId(1);
    const OTHER: CorporationId = CorporationId(2);

    #[test]
    fn a_flood_of_one_waits_for_itself_and_what_is_over_its_line_comes_back() {
        let readers = Readers::start("test", 1, 100, || ()).expect("a thread");
        let ((hold, held), (busy, begun), (done, order)) =
            (bounded::<()>(0), bounded::<()>(0), unbounded());
        let first = Box::new(move || {
            busy.send(()).expect("the test waits");
            assert!(held.recv().is_err(), "let go");
        });
        readers.ask(ONE, first).expect("room");
        begun.recv().expect("the thread is busy");
        let work = |name: u32| -> Work {
            let done = done.clone();
            Box::new(move || done.send(name).expect("the test reads"))
        };
        (0..100).for_each(|number| readers.ask(ONE, work(number)).expect("room"));
        assert!(
            readers.ask(ONE, work(100)).is_err(),
            "the line has its bound"
        );
        readers.ask(OTHER, work(1_000)).expect("a line of its own");
        readers.ask_for_the_engine(work(2_000)).expect("its own");
        assert_eq!(readers.waiting(), 102);
        drop(hold);
        readers.stop();
        drop(done);
        let order: Vec<u32> = order.iter().collect();
        assert_eq!(order.len(), 102, "what waited was done");
        assert!(
            order[..4].contains(&1_000) && order[..4].contains(&2_000),
            "{:?}",
            &order[..8]
        );
    }

    #[test]
    fn what_an_urgent_message_waits_for_goes_first_and_lets_others_have_a_turn() {
        let readers = Readers::by_hand();
        let (done, order) = unbounded();
        let work = |name: u32| -> Work {
            let done = done.clone();
            Box::new(move || done.send(name).expect("the test reads"))
        };
        (0..3).for_each(|name| readers.ask_for_the_engine(work(name)).expect("room"));
        readers.ask(ONE, work(3)).expect("room");
        (10..20).for_each(|name| readers.ask_urgently(work(name)).expect("room"));
        assert_eq!(readers.waiting(), 14);
        while let Some(work) = readers.take_one() {
            work();
        }
        drop(done);
        let order: Vec<u32> = order.iter().collect();
        let expected = [10, 11, 12, 13, 14, 15, 16, 17, 0, 18, 19, 3, 1, 2];
        assert_eq!(order, expected);
    }

    #[test]
    fn work_that_fails_takes_no_thread_with_it() {
        let readers = Readers::start("test", 1, 8, || ()).expect("a thread");
        let (done, seen) = bounded(1);
        readers
            .ask(ONE, Box::new(|| panic!("on purpose")))
            .expect("room");
        readers
            .ask(ONE, Box::new(move || done.send(()).expect("read")))
            .expect("room");
        seen.recv().expect("the second was done");
        readers.stop();
        assert!(readers.ask(ONE, Box::new(|| ())).is_err(), "stopped");
    }
}
