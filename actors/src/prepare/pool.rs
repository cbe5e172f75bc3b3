//! Owns the threads that prepare, and the bounded queue before them. Refuses to wait when that is
//! full, and to die of one message.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam::channel::{Receiver, Sender, bounded};
use parking_lot::Mutex;

use super::prepared::{Prepare, Prepared, unsendable};
use crate::dispatch::Dispatch;

/// Called on a prepare thread with the result. Must not block.
pub(crate) type Done = Box<dyn FnOnce(Prepared) + Send>;

/// The threads, and the bounded queue before them.
pub struct PreparePool {
    prepare: Prepare,
    jobs: Mutex<Option<Sender<Job>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    inline: bool,
}

type Job = (Dispatch, Done);

impl std::fmt::Debug for PreparePool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PreparePool")
            .field("waiting", &self.len())
            .field("bound", &self.bound())
            .finish_non_exhaustive()
    }
}

impl PreparePool {
    /// Starts `threads` threads behind a queue of `bound` attempts: the sum of all providers'
    /// concurrencies, then it cannot be full while permits are honoured.
    ///
    /// # Errors
    /// The operating system gives no thread.
    pub fn start(threads: usize, bound: usize, prepare: Prepare) -> io::Result<Arc<Self>> {
        let (sender, receiver) = bounded::<Job>(bound);
        let thread = |number: usize| {
            let (receiver, prepare) = (receiver.clone(), prepare.clone());
            std::thread::Builder::new()
                .name(format!("prepare-{number}"))
                .spawn(move || work(&receiver, &prepare))
        };
        let threads = (0..threads.max(1))
            .map(thread)
            .collect::<io::Result<Vec<_>>>()?;
        Ok(Arc::new(Self {
            prepare,
            jobs: Mutex::new(Some(sender)),
            threads: Mutex::new(threads),
            inline: false,
        }))
    }

    /// A pool without threads, which prepares within [`PreparePool::submit`]: for simulation and
    /// tests only.
    #[must_use]
    pub fn inline(prepare: Prepare) -> Arc<Self> {
        Arc::new(Self {
            prepare,
            jobs: Mutex::new(None),
            threads: Mutex::new(Vec::new()),
            inline: true,
        })
    }

    /// Has the attempt prepared; `done` is called with the result, or dropped when the pool was
    /// closed meanwhile.
    ///
    /// # Errors
    /// The dispatch, when the queue is full or the pool closed.
    #[allow(
        clippy::result_large_err,
        reason = "the caller gets back what it gave, unboxed"
    )]
    pub fn submit(&self, dispatch: Dispatch, done: Done) -> Result<(), Dispatch> {
        if self.inline {
            done(one(&self.prepare, &dispatch));
            return Ok(());
        }
        match &*self.jobs.lock() {
            Some(jobs) => jobs
                .try_send((dispatch, done))
                .map_err(|refused| refused.into_inner().0),
            None => Err(dispatch),
        }
    }

    /// Attempts that wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.jobs.lock().as_ref().map_or(0, Sender::len)
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The most that can wait.
    #[must_use]
    pub fn bound(&self) -> usize {
        self.jobs
            .lock()
            .as_ref()
            .and_then(Sender::capacity)
            .unwrap_or(0)
    }

    /// Takes no more, finishes what waits and ends the threads. Blocks until they ended.
    pub fn close(&self) {
        self.jobs.lock().take();
        for thread in std::mem::take(&mut *self.threads.lock()) {
            // It cannot have panicked: every item is caught.
            drop(thread.join());
        }
    }
}

fn work(jobs: &Receiver<Job>, prepare: &Prepare) {
    for (dispatch, done) in jobs {
        let prepared = one(prepare, &dispatch);
        if catch_unwind(AssertUnwindSafe(|| done(prepared))).is_err() {
            tracing::error!(attempt = %dispatch.attempt.id, "handing over a prepared attempt panicked");
        }
    }
}

/// A panic while rendering is about this one message.
fn one(prepare: &Prepare, dispatch: &Dispatch) -> Prepared {
    catch_unwind(AssertUnwindSafe(|| prepare(dispatch))).unwrap_or_else(|_| {
        tracing::error!(attempt = %dispatch.attempt.id, "preparing an attempt panicked");
        let text = "preparing the message broke off inside the engine";
        Err(unsendable("panic", text))
    })
}
