//! Owns the start and the end of those who follow the log while the engine runs. Refuses to follow: the
//! reader does, on threads of its own.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use sluis_journal::Journal;
use sluis_model::Clock;

use super::reader::Reader;
use super::taking::{Takes, Taking};
use super::threads::Threads;
use super::waiting::{Asked, Pressed, Waiting};

/// What followers are gathered with, before any of them is given a record.
pub(crate) struct Bell {
    ask: SyncSender<Asked>,
    asked: Receiver<Asked>,
    followers: Vec<(Box<dyn Takes>, Arc<Waiting>)>,
}

impl Bell {
    pub(crate) fn new() -> Self {
        let (ask, asked) = sync_channel(1);
        Self {
            ask,
            asked,
            followers: Vec::new(),
        }
    }

    /// One more who follows; what is waited for it with.
    pub(crate) fn add(&mut self, takes: impl Takes) -> Arc<Waiting> {
        let waiting = Arc::new(Waiting::new(self.ask.clone()));

        self.followers.push((Box::new(takes), waiting.clone()));
        waiting
    }

    /// All who follow, and what is heard when somebody asks.
    pub(super) fn gathered(self, clock: &Arc<dyn Clock>) -> (Vec<Taking>, Receiver<Asked>) {
        let all = self.followers.into_iter();
        let all = all.map(|(takes, waiting)| Taking::new(takes, waiting, clock));
        (all.collect(), self.asked)
    }
}

/// The following of the log, by all who were gathered.
pub(crate) struct Following {
    threads: Threads,
}

impl std::fmt::Debug for Following {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Following").finish_non_exhaustive()
    }
}

impl Following {
    /// Starts to follow.
    ///
    /// # Errors
    /// The operating system gives no thread.
    pub(crate) fn start(
        bell: Bell,
        journal: &Arc<dyn Journal>,
        clock: &Arc<dyn Clock>,
    ) -> io::Result<Self> {
        let ask = bell.ask.clone();
        let waiting = bell.followers.iter();
        let pressed = Pressed::by(waiting.map(|(_, waiting)| waiting.clone()));
        let (all, asked) = bell.gathered(clock);
        let reader = Reader::new(journal.clone(), clock.clone(), all);
        Ok(Self {
            threads: Threads::start(reader, pressed, ask, asked)?,
        })
    }

    /// Follows to the end of what is durable, has all put away what they hold, and ends the threads.
    /// Blocks until the work has ended.
    pub(crate) fn stop(&self) {
        self.threads.stop();
    }
}
