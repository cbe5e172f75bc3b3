//! Owns how the wakers of one arbiter reach it: however many ring while its thread is busy or
//! asleep, that thread is woken once. Waking a thread is a system call and a switch, dearer than
//! most turns. Refuses to carry work and to run turns: it passes each ring on to the actor whose
//! waker it was.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix::{Actor, Addr, ArbiterHandle, Context, Handler};
use crossbeam::queue::ArrayQueue;

use crate::wake::{Wake, Waker};

/// One `Wake` in hand and one that waits are all there can be.
const MAILBOX: usize = 2;

/// Passes a ring on, on the arbiter's own thread.
type Pass = Arc<dyn Fn() + Send + Sync>;

/// Passes rings on to the actors of one arbiter. A clone is the same belfry.
#[derive(Clone)]
pub struct Belfry {
    arbiter: ArbiterHandle,
    woken: Arc<Woken>,
    address: Addr<BelfryActor>,
}

impl std::fmt::Debug for Belfry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Belfry")
            .field("woken", &self.woken.wakers.len())
            .finish_non_exhaustive()
    }
}

struct Woken {
    /// A waker stands here at most once, so `wakers` is as long as there are wakers.
    wakers: ArrayQueue<Pass>,
    /// The arbiter was woken and has not looked yet.
    woken: AtomicBool,
}

impl Belfry {
    /// The belfry of an arbiter that will have at most `wakers` wakers.
    #[must_use]
    pub fn start(arbiter: ArbiterHandle, wakers: usize) -> Self {
        let woken = Arc::new(Woken {
            wakers: ArrayQueue::new(wakers.max(1)),
            woken: AtomicBool::new(false),
        });
        let actor = BelfryActor(woken.clone());
        let address = BelfryActor::start_in_arbiter(&arbiter, |_| actor);
        Self {
            arbiter,
            woken,
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
        let belfry = self.clone();
        waker.connect(move || belfry.ring(&pass));
    }

    fn ring(&self, pass: &Pass) {
        if let Err(pass) = self.woken.wakers.push(pass.clone()) {
            // More wakers than were said: each wakes for itself.
            return pass();
        }
        if !self.woken.woken.swap(true, Ordering::SeqCst) {
            drop(self.address.try_send(Wake));
        }
    }
}

/// What stands on the arbiter for its belfry.
struct BelfryActor(Arc<Woken>);

impl Actor for BelfryActor {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.set_mailbox_capacity(MAILBOX);
    }
}

impl Handler<Wake> for BelfryActor {
    type Result = ();

    fn handle(&mut self, _: Wake, _: &mut Self::Context) {
        // First, so that a waker that rings after the last look wakes again.
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

    struct Ringer {
        waker: Arc<Waker>,
        turns: Arc<AtomicUsize>,
        done: mpsc::Sender<()>,
    }

    impl Actor for Ringer {
        type Context = Context<Self>;
    }

    impl Handler<Wake> for Ringer {
        type Result = ();

        fn handle(&mut self, _: Wake, _: &mut Self::Context) {
            self.waker
                .turn(|| self.turns.fetch_add(1, Ordering::SeqCst));
            self.done.send(()).unwrap();
        }
    }

    #[test]
    fn every_bell_that_rang_gets_its_turn_also_with_more_bells_than_were_said() {
        let system = System::new();
        system.block_on(async {
            let arbiter = Arbiter::new();
            let belfry = Belfry::start(arbiter.handle(), 2);
            let (done, turned) = mpsc::channel();
            let turns: Vec<Arc<AtomicUsize>> = (0..5).map(|_| Arc::default()).collect();
            let wakers: Vec<Arc<Waker>> =
                turns.iter().map(|_| Waker::new(Arc::default())).collect();
            for (waker, turns) in wakers.iter().zip(&turns) {
                let ringer = Ringer {
                    waker: waker.clone(),
                    turns: turns.clone(),
                    done: done.clone(),
                };
                let address = Ringer::start_in_arbiter(belfry.arbiter(), |_| ringer);
                belfry.connect(waker, address);
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
    fn bells_that_ring_while_the_arbiter_is_busy_wake_it_once() {
        let system = System::new();
        system.block_on(async {
            let arbiter = Arbiter::new();
            let belfry = Belfry::start(arbiter.handle(), 8);
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
                belfry.ring(&pass);
            }
            assert!(
                belfry.woken.woken.load(Ordering::SeqCst),
                "woken for the first"
            );
            assert_eq!(
                belfry.woken.wakers.len(),
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
