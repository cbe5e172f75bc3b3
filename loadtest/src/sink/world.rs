//! What the sinks need from their surroundings: a clock, and someone who lets later events happen.
//! Owns the events and a heap of them for programs that step their own clock; refuses to deliver
//! anything itself (see `real_world` for the stand-alone process).

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use parking_lot::Mutex;
use sluis_model::AttemptRef;

use super::jwt;
use super::method::CallbackMethod;

/// The surroundings of a sink.
pub trait World: Send + Sync {
    /// Now, in milliseconds since the Unix epoch, on the clock this run lives by.
    fn now_ms(&self) -> i64;
    /// `event` should reach the engine at `at_ms`. Must not block.
    fn later(&self, at_ms: i64, event: LaterEvent);
}

/// Something the outside world does after it took a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LaterEvent {
    /// A bounce by mail (RFC 3464), for `POST /v1/receipts/email` as `message/rfc822`.
    Dsn {
        /// The whole message, CRLF lines.
        raw: Vec<u8>,
        /// Whom it is addressed to: the envelope sender of the original.
        envelope_from: String,
    },
    /// A delivery report of the SMS provider.
    SmsCallback(SmsCallback),
    /// Somebody presses the button of a message; only where fates are drawn from models.
    Press(Press),
}

/// One call of a report URL. Signed when it is sent, not when it is planned: a signature lives for
/// a minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmsCallback {
    /// How it is called.
    pub method: CallbackMethod,
    /// The whole URL, query included.
    pub url: String,
    /// Empty for GET.
    pub body: Vec<u8>,
    /// Unique per callback.
    pub jti: String,
    /// Absent: the call is not signed.
    pub signing_key: Option<Arc<[u8]>>,
}

/// A press of a button, and what follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Press {
    /// Behind which link.
    pub url: String,
    /// Of which message.
    pub attempt: AttemptRef,
    /// When what it is about is paid, counted from the press.
    pub pays_ms: Option<i64>,
}

impl SmsCallback {
    /// The headers to send at `now_ms`: the content type of a body, and the signature.
    #[must_use]
    pub fn headers(&self, now_ms: i64) -> Vec<(String, String)> {
        let mut headers = Vec::with_capacity(2);
        if !self.body.is_empty() {
            headers.push((
                "Content-Type".into(),
                "application/x-www-form-urlencoded".into(),
            ));
        }
        if let Some(key) = &self.signing_key {
            let claims = jwt::Claims::new(now_ms / 1000, &self.jti, &self.url, &self.body);
            headers.push((jwt::HEADER.into(), jwt::sign(key, &claims)));
        }
        headers
    }
}

/// A world for programs that step their own clock: later events wait in a heap until asked for.
pub struct HeapWorld {
    now: Box<dyn Fn() -> i64 + Send + Sync>,
    heap: Mutex<Heap>,
}

#[derive(Default)]
struct Heap {
    order: BinaryHeap<Reverse<(i64, u64)>>,
    events: std::collections::HashMap<u64, LaterEvent>,
    next: u64,
}

impl HeapWorld {
    /// `now` reads the clock the program lives by, in milliseconds since the Unix epoch.
    pub fn new(now: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self {
            now: Box::new(now),
            heap: Mutex::default(),
        }
    }

    /// When the next event is due; what a stepped clock may jump to.
    #[must_use]
    pub fn next_due_ms(&self) -> Option<i64> {
        self.heap
            .lock()
            .order
            .peek()
            .map(|Reverse((at_ms, _))| *at_ms)
    }

    /// The earliest event due at or before `now_ms`; of equal times the one planned first.
    pub fn pop_due(&self, now_ms: i64) -> Option<(i64, LaterEvent)> {
        let mut heap = self.heap.lock();
        let Reverse((at_ms, number)) = *heap.order.peek()?;
        if at_ms > now_ms {
            return None;
        }
        heap.order.pop();
        heap.events.remove(&number).map(|event| (at_ms, event))
    }

    /// How many events wait.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.heap.lock().order.len()
    }
}

impl World for HeapWorld {
    fn now_ms(&self) -> i64 {
        (self.now)()
    }

    fn later(&self, at_ms: i64, event: LaterEvent) {
        let mut heap = self.heap.lock();
        let number = heap.next;
        heap.next += 1;
        heap.order.push(Reverse((at_ms, number)));
        heap.events.insert(number, event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dsn(name: &str) -> LaterEvent {
        LaterEvent::Dsn {
            raw: Vec::new(),
            envelope_from: name.into(),
        }
    }

    #[test]
    fn events_come_in_order_of_time_then_of_planning() {
        let world = HeapWorld::new(|| 5);
        for (at, name) in [(30, "c"), (10, "a"), (10, "b")] {
            world.later(at, dsn(name));
        }
        assert_eq!(
            (world.now_ms(), world.next_due_ms(), world.pending()),
            (5, Some(10), 3)
        );
        assert_eq!(world.pop_due(9), None);
        assert_eq!(world.pop_due(10), Some((10, dsn("a"))));
        assert_eq!(world.pop_due(99), Some((10, dsn("b"))));
        assert_eq!(world.pop_due(99), Some((30, dsn("c"))));
        assert_eq!(world.next_due_ms(), None);
    }
}
