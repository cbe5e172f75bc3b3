//! Owns what is known of one connection: when a byte last moved, how many requests it has, for how
//! many of them it waits for us. All of it in plain stores and counts on its own thread. Refuses to
//! decide about the others.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::task::Poll;

use futures::task::AtomicWaker;
use sluis_model::CorporationId;

use super::limits::{FAREWELL, Limits, millis};

/// What a connection is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Order {
    Go = 0,
    /// Take no more requests, and end when the last has its answer.
    Finish = 1,
    /// End now.
    Cut = 2,
}

/// What a look at a connection says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Stay,
    Finish,
    Cut,
}

/// What one connection did and waits for.
#[derive(Debug)]
pub(crate) struct Life {
    now: Arc<AtomicU64>,
    order: AtomicU8,
    told: AtomicU64,
    waker: AtomicWaker,
    /// When a byte last came or went.
    moved: AtomicU64,
    /// When a request last began or ended.
    asked: AtomicU64,
    /// Requests whose answer is not out.
    open: AtomicI32,
    /// Of these, those that wait for us: neither for the rest of their body nor for their answer to
    /// be read.
    working: AtomicI32,
    /// The corporation whose key it showed last, and one; 0: none.
    owner: AtomicU32,
}

impl Life {
    pub(super) fn new(now: Arc<AtomicU64>) -> Self {
        let at = now.load(Ordering::Relaxed);
        Self {
            now,
            order: AtomicU8::new(Order::Go as u8),
            told: AtomicU64::new(0),
            waker: AtomicWaker::new(),
            moved: AtomicU64::new(at),
            asked: AtomicU64::new(at),
            open: AtomicI32::new(0),
            working: AtomicI32::new(0),
            owner: AtomicU32::new(0),
        }
    }

    /// Does the connection's work until it is done or cut off.
    pub(crate) async fn live<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        poll_fn(|context| {
            self.waker.register(context.waker());
            if self.order.load(Ordering::Acquire) == Order::Cut as u8 {
                return Poll::Ready(None);
            }
            work.as_mut().poll(context).map(Some)
        })
        .await
    }

    /// Whether it was told to take no more requests. Whoever lives is woken when it is.
    pub(crate) fn is_finishing(&self) -> bool {
        self.order.load(Ordering::Acquire) >= Order::Finish as u8
    }

    pub(super) fn order(&self, order: Order) {
        if self.order.fetch_max(order as u8, Ordering::AcqRel) < order as u8 {
            self.told
                .store(self.now.load(Ordering::Relaxed), Ordering::Relaxed);
            self.waker.wake();
        }
    }

    /// A byte came or went.
    pub(crate) fn moves(&self) {
        self.moved
            .store(self.now.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    pub(super) fn moved(&self) -> u64 {
        self.moved.load(Ordering::Relaxed)
    }

    /// A request has come.
    pub(crate) fn ask(self: &Arc<Self>) -> Asked {
        self.open.fetch_add(1, Ordering::Relaxed);
        self.working.fetch_add(1, Ordering::Relaxed);
        self.stamp();
        Asked {
            life: self.clone(),
            answered: false.into(),
        }
    }

    fn stamp(&self) {
        self.asked
            .store(self.now.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// A request waits for more of its body.
    pub(crate) fn wants(&self) {
        self.working.fetch_sub(1, Ordering::Relaxed);
    }

    /// It does no more.
    pub(crate) fn has(&self) {
        self.working.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether it has a request.
    pub(super) fn is_asked(&self) -> bool {
        self.open.load(Ordering::Relaxed) > 0
    }

    /// Whether nothing in it waits for us.
    pub(super) fn is_silent(&self) -> bool {
        self.working.load(Ordering::Relaxed) <= 0
    }

    /// Whether it showed a key and is between two requests. In the middle of one it is no better
    /// than a stranger: without any key in the configuration everybody is known, and half a body
    /// must not push out whoever came a moment ago.
    pub(super) fn is_resting(&self) -> bool {
        self.owner.load(Ordering::Relaxed) != 0 && !self.is_asked()
    }

    /// It showed a corporation's key. True: it did not show that one before.
    pub(super) fn knows(&self, corporation: CorporationId) -> bool {
        let owner = u32::from(corporation.0) + 1;
        self.owner.load(Ordering::Relaxed) != owner
            && self.owner.swap(owner, Ordering::Relaxed) != owner
    }

    pub(super) fn forgets(&self) {
        self.owner.store(0, Ordering::Relaxed);
    }

    /// What is to happen to it at an instant.
    pub(super) fn judge(&self, now: u64, limits: Limits) -> Verdict {
        let over = |since: &AtomicU64, limit| {
            now.saturating_sub(since.load(Ordering::Relaxed)) >= millis(limit)
        };
        if !self.is_silent() {
            return Verdict::Stay;
        }
        if self.is_asked() {
            let gone = over(&self.moved, limits.stalled) || over(&self.asked, limits.answer);
            return if gone { Verdict::Cut } else { Verdict::Stay };
        }
        if !self.is_finishing() {
            return if over(&self.asked, limits.idle) {
                Verdict::Finish
            } else {
                Verdict::Stay
            };
        }
        // The rest of an answer may still be on its way.
        let gone = over(&self.told, FAREWELL.min(limits.idle))
            && over(&self.moved, FAREWELL.min(limits.idle));
        if gone || over(&self.told, limits.idle) {
            Verdict::Cut
        } else {
            Verdict::Stay
        }
    }
}

/// A request that has come and whose answer is not out; it is when this is dropped.
#[derive(Debug)]
pub(crate) struct Asked {
    life: Arc<Life>,
    answered: std::sync::atomic::AtomicBool,
}

impl Asked {
    pub(crate) const fn life(&self) -> &Arc<Life> {
        &self.life
    }

    /// There is an answer: from here on the peer keeps us waiting.
    pub(crate) fn answered(&self) {
        if !self.answered.swap(true, Ordering::Relaxed) {
            self.life.working.fetch_sub(1, Ordering::Relaxed);
            self.life.stamp();
        }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.answered();
        self.life.open.fetch_sub(1, Ordering::Relaxed);
        self.life.stamp();
    }
}
