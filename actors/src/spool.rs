//! Owns copies of what left, in memory, between the send and the archive. Bounded in bytes: when it is
//! full nothing more is kept until something was taken, and what was not kept has to be made again.
//! Refuses to copy, it shares the buffer that was sent; and refuses a lock between those who send and
//! the one who takes, because that one gives way to them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crossbeam::queue::SegQueue;
use parking_lot::Mutex;
use sluis_channels::Output;
use sluis_model::{Channel, Left, Timestamp};

/// What left with one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spooled {
    /// When it was put here.
    pub at: Timestamp,
    /// The channel.
    pub channel: Channel,
    /// Name of the provider.
    pub provider: Arc<str>,
    /// The bytes, and what they are.
    pub output: Output,
}

/// Copies of what left, by their hash. Any thread may put; one takes.
///
/// A full spool keeps what it has, not what comes: the archive takes the oldest next. Were those to
/// go, an archive that is behind would find none of its copies.
#[derive(Debug)]
pub struct Spool {
    most: usize,
    bytes: AtomicUsize,
    refused: AtomicU64,
    /// In the order in which they were put, until the one who takes looks at them.
    arriving: SegQueue<([u8; 32], Spooled)>,
    /// Of the one who takes.
    here: Mutex<HashMap<[u8; 32], Spooled>>,
}

impl Spool {
    /// One that keeps at most so many bytes of messages.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            most,
            bytes: AtomicUsize::new(0),
            refused: AtomicU64::new(0),
            arriving: SegQueue::new(),
            here: Mutex::default(),
        }
    }

    /// Keeps what leaves, if there is room; the hash is what the journal has.
    pub fn put(&self, spooled: Spooled) -> Left {
        let bytes = &spooled.output.bytes;
        let left = Left {
            hash: *blake3::hash(bytes).as_bytes(),
            length: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
        };
        let length = bytes.len();
        if self.bytes.fetch_add(length, Ordering::Relaxed) + length > self.most {
            self.bytes.fetch_sub(length, Ordering::Relaxed);
            self.refused.fetch_add(1, Ordering::Relaxed);
        } else {
            self.arriving.push((left.hash, spooled));
        }
        left
    }

    /// Takes the copy with this hash out.
    #[must_use]
    pub fn take(&self, hash: &[u8; 32]) -> Option<Spooled> {
        let mut here = self.here.lock();
        if !here.contains_key(hash) {
            self.receive(&mut here);
        }
        let taken = here.remove(hash)?;
        self.give_room(&taken);
        Some(taken)
    }

    /// Lets go of what was put before `at`: to be called when everything that was decided before then
    /// was looked at. What is here then belongs to nothing.
    pub fn let_go(&self, before: Timestamp) {
        let mut here = self.here.lock();
        self.receive(&mut here);
        here.retain(|_, copy| {
            let stays = copy.at >= before;
            if !stays {
                self.give_room(copy);
            }
            stays
        });
    }

    /// Bytes that it holds, and how many copies it had no room for since the start.
    #[must_use]
    pub fn figures(&self) -> (usize, u64) {
        let bytes = self.bytes.load(Ordering::Relaxed);
        (bytes, self.refused.load(Ordering::Relaxed))
    }

    fn receive(&self, here: &mut HashMap<[u8; 32], Spooled>) {
        while let Some((hash, copy)) = self.arriving.pop() {
            // The same message twice is one copy.
            if let Some(same) = here.insert(hash, copy) {
                self.give_room(&same);
            }
        }
    }

    fn give_room(&self, gone: &Spooled) {
        let length = gone.output.bytes.len();
        self.bytes.fetch_sub(length, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy(at: i64, text: &'static str) -> Spooled {
        Spooled {
            at: Timestamp(at),
            channel: Channel::Email,
            provider: "relay".into(),
            output: Output {
                media_type: "text/plain",
                bytes: text.as_bytes().into(),
            },
        }
    }

    #[test]
    fn what_was_put_is_taken_once() {
        let spool = Spool::new(100);
        let left = spool.put(copy(1, "hello"));
        assert_eq!(
            (left.length, left.hash),
            (5, *blake3::hash(b"hello").as_bytes())
        );
        assert_eq!(spool.take(&left.hash), Some(copy(1, "hello")));
        assert_eq!(spool.take(&left.hash), None);
        assert_eq!(spool.figures(), (0, 0));
    }

    #[test]
    fn a_full_spool_keeps_what_it_has_until_something_is_taken() {
        let spool = Spool::new(10);
        let lefts = ["aaaa", "bbbb", "cccc"].map(|text| spool.put(copy(1, text)));
        assert_eq!(spool.figures(), (8, 1));
        assert!(spool.take(&lefts[0].hash).is_some());
        let later = spool.put(copy(2, "dddd"));
        let taken = [lefts[1], lefts[2], later].map(|left| spool.take(&left.hash).is_some());
        assert_eq!(taken, [true, false, true]);
        assert_eq!(spool.figures(), (0, 1));
    }

    #[test]
    fn the_same_message_twice_is_one_copy() {
        let spool = Spool::new(100);
        let left = [1, 2].map(|at| spool.put(copy(at, "aaaa")))[0];
        assert!(spool.take(&left.hash).is_some());
        assert_eq!((spool.take(&left.hash), spool.figures()), (None, (0, 0)));
    }

    #[test]
    fn a_message_that_is_longer_than_all_room_is_not_kept() {
        let spool = Spool::new(3);
        let left = spool.put(copy(1, "aaaa"));
        assert_eq!((spool.take(&left.hash), spool.figures()), (None, (0, 1)));
    }

    #[test]
    fn what_belongs_to_nothing_is_let_go_and_gives_its_room_back() {
        let spool = Spool::new(8);
        let lefts = [(1, "aaaa"), (5, "bbbb")].map(|(at, text)| spool.put(copy(at, text)));
        spool.let_go(Timestamp(5));
        assert_eq!(spool.figures(), (4, 0));
        assert_eq!(
            lefts.map(|left| spool.take(&left.hash).is_some()),
            [false, true]
        );
    }

    #[test]
    fn many_who_send_and_one_who_takes_leave_nothing_behind() {
        const EACH: usize = 500;
        let spool = Spool::new(1 << 20);
        let texts: Vec<Vec<String>> = (0..4)
            .map(|thread| (0..EACH).map(|at| format!("{thread}-{at}")).collect())
            .collect();
        std::thread::scope(|scope| {
            let spool = &spool;
            for texts in &texts {
                scope.spawn(move || {
                    for text in texts {
                        let mut copy = copy(1, "");
                        copy.output.bytes = text.clone().into();
                        spool.put(copy);
                    }
                });
            }
            for text in texts.iter().flatten() {
                let hash = *blake3::hash(text.as_bytes()).as_bytes();
                while spool.take(&hash).is_none() {
                    std::thread::yield_now();
                }
            }
        });
        assert_eq!(spool.figures(), (0, 0));
    }
}
