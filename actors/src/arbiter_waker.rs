//! Owns how the wakers of one arbiter reach it: however many are woken while its thread is busy or
//! asleep, that thread is woken once. Waking a thread is a system call and a switch, dearer than
//! most turns. Refuses to carry work and to run turns: it passes each wake on to the actor whose
//! waker it was.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix::{Actor, Addr, ArbiterHandle, Context, Handler};
use crossbeam::queue::ArrayQueue;

use crate::wake::{Wake, Waker};

/// One `Wake` in hand and one that waits are all there can be.
const MAILBOX: usize = 2;

/// Passes a wake on, on the arbiter's own thread.
type Pass = Arc<dyn Fn() + Send + Sync>;

/// Passes wakes on to the actors of one arbiter. A clone is the same one.
#[derive(Clone)]
pub struct ArbiterWaker {
    arbiter: ArbiterHandle,
    pending: Arc<Pending>,
    address: Addr<ArbiterWakerActor>,
}

impl std::fmt::Debug for ArbiterWaker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ArbiterWaker")
            .field("pending", &self.pending.wakers.len())
            .finish_non_exhaustive()
    }
}

struct Pending {
    /// A waker stands here at most once, so `wakers` is as long as there are wakers.
    wakers: ArrayQueue<Pass>,
    /// The arbiter was woken and has not looked yet.
    woken: AtomicBool,
}

impl ArbiterWaker {
    /// For an arbiter that will have at most `wakers` wakers.
    #[must_use]
    pub fn start(arbiter: ArbiterHandle, wakers: usize) -> Self {
        let pending = Arc::new(Pending {
            wakers: ArrayQueue::new(wakers.max(1)),
            woken: AtomicBool::new(false),
        });
        let actor = ArbiterWakerActor(pending.clone());
        let address = ArbiterWakerActor::start_in_arbiter(&arbiter, |_| actor);
        Self {
            arbiter,
            pending,
            address,
        }
    }

    /// The arbiter.
    pub(crate) fn arbiter(&self) -> &ArbiterHandle {
        &self.arbiter
    }

    /// Connects the waker of an actor that runs on this arbiter.
    pub(crate) fn connect<A>(&self, waker: &Waker, address: Addr<A>)
    where
        A: Actor<Context = Context<A>> + Handler<Wake>,
    {
        // Refused only when one waits already, or when the actor is gone.
        let pass: Pass = Arc::new(move || drop(address.try_send(Wake)));
        let arbiter_waker = self.clone();
        waker.connect(move || arbiter_waker.wake(&pass));
    }

    fn wake(&self, pass: &Pass) {
        if let Err(pass) = self.pending.wakers.push(pass.clone()) {
            // More wakers than were said: each wakes for itself.
            return pass();
        }
        if !self.pending.woken.swap(true, Ordering::SeqCst) {
            drop(self.address.try_send(Wake));
        }
    }
}

/// The actor on the arbiter that passes them on.
struct ArbiterWakerActor(Arc<Pending>);

impl Actor for ArbiterWakerActor {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.set_mailbox_capacity(MAILBOX);
    }
}

impl Handler<Wake> for ArbiterWakerActor {
    type Result = ();

    fn handle(&mut self, _: Wake, _: &mut Self::Context) {
        // First, so that a wake after the last look wakes again.
        self.0.woken.store(false, Ordering::SeqCst);
        while let Some(pass) = self.0.wakers.pop() {
            pass();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::sync::mpsc;

    use actix::{Arbiter, System};

    use super::*;

    struct Counter {
        waker: Arc<Waker>,
        turns: Arc<AtomicUsize>,
        done: mpsc::Sender<()>,
    }

    impl Actor for Counter {
        type Context = Context<Self>;
    }

    impl Handler<Wake> for Counter {
        type Result = ();

        fn handle(&mut self, _: Wake, _: &mut Self::Context) {
            self.waker
                .turn(|| self.turns.fetch_add(1, Ordering::SeqCst));
            self.done.send(()).unwrap();
        }
    }

    #[test]
    fn every_actor_that_was_woken_gets_its_turn_also_with_more_wakers_than_were_said() {
        let system = System::new();
        system.block_on(async {
            let arbiter = Arbiter::new();
            let arbiter_waker = ArbiterWaker::start(arbiter.handle(), 2);
            let (done, turned) = mpsc::channel();
            let turns: Vec<Arc<AtomicUsize>> = (0..5).map(|_| Arc::default()).collect();
            let wakers: Vec<Arc<Waker>> =
                turns.iter().map(|_| Waker::new(Arc::default())).collect();
            for (waker, turns) in wakers.iter().zip(&turns) {
                let counter = Counter {
                    waker: waker.clone(),
                    turns: turns.clone(),
                    done: done.clone(),
                };
                let address = Counter::start_in_arbiter(arbiter_waker.arbiter(), |_| counter);
                arbiter_waker.connect(waker, address);
            }
            for round in 1..=100 {
                wakers.iter().for_each(|waker| waker.wake());
                wakers.iter().for_each(|_| turned.recv().unwrap());
                assert!(
                    turns
                        .iter()
                        .all(|turns| turns.load(Ordering::SeqCst) == round),
                    "round {round}"
                );
            }
            arbiter.stop();
        });
    }

    #[test]
    fn wakes_while_the_arbiter_is_busy_wake_it_once() {
        let system = System::new();
        system.block_on(async {
            let arbiter = Arbiter::new();
            let arbiter_waker = ArbiterWaker::start(arbiter.handle(), 8);
            let (hold, held) = mpsc::channel::<()>();
            let (busy, is_busy) = mpsc::channel();
            arbiter.spawn_fn(move || {
                busy.send(()).unwrap();
                assert!(held.recv().is_err(), "nobody sends");
            });
            is_busy.recv().unwrap();
            let passed = Arc::new(AtomicUsize::new(0));
            let (done, all) = mpsc::channel();
            for _ in 0..8 {
                let (passed, done) = (passed.clone(), done.clone());
                let pass: Pass = Arc::new(move || {
                    if passed.fetch_add(1, Ordering::SeqCst) == 7 {
                        done.send(()).unwrap();
                    }
                });
                arbiter_waker.wake(&pass);
            }
            assert!(
                arbiter_waker.pending.woken.load(Ordering::SeqCst),
                "woken for the first"
            );
            assert_eq!(
                arbiter_waker.pending.wakers.len(),
                8,
                "the others wait for the same look"
            );
            drop(hold);
            all.recv().unwrap();
            assert_eq!(passed.load(Ordering::SeqCst), 8);
            arbiter.stop();
        });
    }
}
