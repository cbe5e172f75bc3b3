//! Owns the arbiters that everything runs on, one per core, on a system of their own. Refuses to know
//! what runs there.

use std::io;
use std::sync::mpsc;

use actix::{Arbiter, System};

use crate::threads::Threads;

/// Arbiters, one per core, on a system of their own.
pub(crate) struct Actors {
    pub(crate) arbiters: Vec<Arbiter>,
    pub(crate) threads: Threads,
    system: System,
    thread: std::thread::JoinHandle<()>,
}

impl Actors {
    pub(crate) fn start(count: usize) -> io::Result<Self> {
        let (sender, receiver) = mpsc::channel();
        let run = move || {
            let runner = System::new();
            let arbiters: Vec<Arbiter> =
                runner.block_on(async { (0..count.max(1)).map(|_| Arbiter::new()).collect() });
            drop(sender.send((System::current(), arbiters)));
            drop(runner.run());
        };
        let thread = std::thread::Builder::new()
            .name("actors".into())
            .spawn(run)?;
        let (system, arbiters) = receiver
            .recv()
            .map_err(|_| io::Error::other("the actor system did not start"))?;
        let threads = arbiters
            .iter()
            .map(thread_of)
            .collect::<io::Result<Vec<_>>>()?;
        Ok(Self {
            arbiters,
            threads: Threads::new(threads),
            system,
            thread,
        })
    }

    pub(crate) fn stop(self) {
        self.arbiters.iter().for_each(|arbiter| {
            arbiter.stop();
        });
        for arbiter in self.arbiters {
            drop(arbiter.join());
        }
        self.system.stop();
        drop(self.thread.join());
    }
}

/// The runtime under an arbiter.
fn thread_of(arbiter: &Arbiter) -> io::Result<tokio::runtime::Handle> {
    let (sender, receiver) = mpsc::channel();
    arbiter.spawn_fn(move || drop(sender.send(tokio::runtime::Handle::current())));
    receiver
        .recv()
        .map_err(|_| io::Error::other("an arbiter did not start"))
}
