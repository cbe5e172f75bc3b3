//! The thread that makes room behind the end of the newest log, so that syncs stay short, and notes
//! in the manifest how far the log has come. Refuses to be needed: without room the log grows as
//! files do, and a disk that has none to give is for the appending to notice.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam::channel::{Sender, bounded};

use super::generation::Generation;
use super::manifest::Ledger;

/// The committer's end.
pub(super) struct Filler {
    ahead: u64,
    asked: Option<Sender<Arc<Generation>>>,
    thread: Option<JoinHandle<()>>,
}

impl Filler {
    /// Starts the thread; none when no room is wanted.
    pub(super) fn start(ahead: u64, ledger: Arc<Ledger>) -> io::Result<Self> {
        if ahead == 0 {
            return Ok(Self {
                ahead,
                asked: None,
                thread: None,
            });
        }
        let (asked, asks) = bounded::<Arc<Generation>>(1);
        let run = move || {
            for generation in asks {
                let made = generation.log.make_room(ahead);
                if let Err(error) = made.and_then(|()| {
                    ledger.reached(generation.floor(), generation.log.durable_length())
                }) {
                    tracing::debug!(generation = generation.number, %error, "no room made, or not noted");
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name("journal-room".into())
            .spawn(run)?;
        Ok(Self {
            ahead,
            asked: Some(asked),
            thread: Some(thread),
        })
    }

    /// Asks for room once half of it is used; never waits.
    pub(super) fn ask(&self, generation: &Arc<Generation>) {
        if let Some(asked) = &self.asked
            && generation.log.room() < self.ahead / 2
        {
            // One that is under way makes room as well.
            drop(asked.try_send(Arc::clone(generation)));
        }
    }
}

impl Drop for Filler {
    fn drop(&mut self) {
        self.asked = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}
