//! Owns the order in which things left the engine's cores: what was handed to the journal, what was
//! answered. The books read it after every step. Refuses to judge.

use parking_lot::Mutex;
use sluis_actors::{Answers, ShardAnswer};
use sluis_model::Record;

/// One thing that left a core.
#[derive(Debug)]
pub(crate) enum Entry {
    /// Records were handed to the journal, the first of them as `first`.
    Appended {
        shard: u16,
        first: u64,
        records: Vec<Record>,
    },
    /// A request was answered.
    Answered { request: usize, answer: ShardAnswer },
}

/// What left the cores, in order.
#[derive(Debug, Default)]
pub(crate) struct Tape(Mutex<Vec<Entry>>);

impl Tape {
    pub(crate) fn put(&self, entry: Entry) {
        self.0.lock().push(entry);
    }

    /// Takes what happened since the last call.
    pub(crate) fn take(&self) -> Vec<Entry> {
        std::mem::take(&mut *self.0.lock())
    }
}

impl Answers for Tape {
    fn answer(&self, correlation: u64, answer: ShardAnswer) {
        self.put(Entry::Answered {
            request: correlation as usize,
            answer,
        });
    }
}
