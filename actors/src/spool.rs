//! Owns copies of what left, in memory, between the send and the archive. Bounded in bytes: when it is
//! full the oldest copy goes, and its message has to be made again. Refuses to copy: it shares the
//! buffer that was sent.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use parking_lot::Mutex;
use sluis_channels::Output;
use sluis_model::{Channel, Left};

/// What left with one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spooled {
    /// The channel.
    pub channel: Channel,
    /// Name of the provider.
    pub provider: Arc<str>,
    /// The bytes, and what they are.
    pub output: Output,
}

/// Copies of what left, by their hash.
#[derive(Debug)]
pub struct Spool {
    most: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    by_hash: HashMap<[u8; 32], Spooled>,
    /// Oldest first; some are gone.
    order: VecDeque<[u8; 32]>,
    bytes: usize,
    /// Copies that had to go before anybody took them.
    dropped: u64,
    /// The names of providers, so that not every copy has one.
    names: Vec<Arc<str>>,
}

impl Spool {
    /// One that keeps at most so many bytes of messages.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            most,
            kept: Mutex::default(),
        }
    }

    /// Keeps what leaves; the hash is what the journal has.
    pub fn put(&self, channel: Channel, provider: &str, output: &Output) -> Left {
        let left = Left {
            hash: *blake3::hash(&output.bytes).as_bytes(),
            length: u32::try_from(output.bytes.len()).unwrap_or(u32::MAX),
        };
        self.kept
            .lock()
            .put(left, channel, provider, output, self.most);
        left
    }

    /// Takes the copy with this hash out.
    #[must_use]
    pub fn take(&self, hash: &[u8; 32]) -> Option<Spooled> {
        self.kept.lock().take(hash)
    }

    /// Bytes that it holds, and how many copies had to go since the start.
    #[must_use]
    pub fn figures(&self) -> (usize, u64) {
        let kept = self.kept.lock();
        (kept.bytes, kept.dropped)
    }
}

impl Kept {
    fn put(&mut self, left: Left, channel: Channel, provider: &str, output: &Output, most: usize) {
        let spooled = Spooled {
            channel,
            provider: self.name(provider),
            output: output.clone(),
        };
        if self.by_hash.insert(left.hash, spooled).is_none() {
            self.order.push_back(left.hash);
            self.bytes += output.bytes.len();
        }
        while self.bytes > most {
            let Some(oldest) = self.order.pop_front() else {
                break;
            };
            self.dropped += u64::from(self.remove(&oldest).is_some());
        }
    }

    fn take(&mut self, hash: &[u8; 32]) -> Option<Spooled> {
        let taken = self.remove(hash);
        // Copies are mostly taken in their order.
        while self
            .order
            .front()
            .is_some_and(|hash| !self.by_hash.contains_key(hash))
        {
            self.order.pop_front();
        }
        taken
    }

    fn remove(&mut self, hash: &[u8; 32]) -> Option<Spooled> {
        let removed = self.by_hash.remove(hash)?;
        self.bytes -= removed.output.bytes.len();
        Some(removed)
    }

    fn name(&mut self, provider: &str) -> Arc<str> {
        if let Some(name) = self.names.iter().find(|name| ***name == *provider) {
            return name.clone();
        }
        let name: Arc<str> = provider.into();
        self.names.push(name.clone());
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(text: &'static str) -> Output {
        Output {
            media_type: "text/plain",
            bytes: text.as_bytes().into(),
        }
    }

    fn put(spool: &Spool, text: &'static str) -> Left {
        spool.put(Channel::Email, "relay", &output(text))
    }

    #[test]
    fn what_was_put_is_taken_once() {
        let spool = Spool::new(100);
        let left = put(&spool, "hello");
        assert_eq!(
            (left.length, left.hash),
            (5, *blake3::hash(b"hello").as_bytes())
        );
        let taken = spool.take(&left.hash).expect("kept");
        assert_eq!((taken.output, &*taken.provider), (output("hello"), "relay"));
        assert_eq!(spool.take(&left.hash), None);
        assert_eq!(spool.figures(), (0, 0));
    }

    #[test]
    fn the_oldest_goes_when_it_is_full_and_the_same_message_counts_once() {
        let spool = Spool::new(10);
        let lefts = ["aaaa", "bbbb", "bbbb", "cccc"].map(|text| put(&spool, text));
        assert_eq!(spool.figures(), (8, 1));
        let taken = lefts.map(|left| spool.take(&left.hash).is_some());
        assert_eq!(taken, [false, true, false, true]);
        assert!(spool.kept.lock().order.is_empty());
    }

    #[test]
    fn a_message_that_is_longer_than_all_room_is_not_kept() {
        let spool = Spool::new(3);
        assert_eq!(spool.take(&put(&spool, "aaaa").hash), None);
        assert_eq!(spool.figures(), (0, 1));
    }
}
