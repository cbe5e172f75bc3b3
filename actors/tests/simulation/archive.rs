//! Owns what follows the log outside of the engine: a copy of every durable record, made a few at a
//! time, that no crash takes away. Nothing may be forgotten before it is here. Refuses to be read by
//! the engine.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use parking_lot::Mutex;
use sluis_actors::Follower;
use sluis_journal::{Journal, Sequence, Shard};

/// A copy of the log.
pub(crate) struct Archive(Mutex<Copied>);

#[derive(Default)]
struct Copied {
    passed: Vec<u64>,
    records: BTreeMap<(Shard, Sequence), Vec<u8>>,
}

impl Archive {
    pub(crate) fn new(shards: u16) -> Arc<Self> {
        let passed = vec![0; usize::from(shards)];
        let records = BTreeMap::new();
        Arc::new(Self(Mutex::new(Copied { passed, records })))
    }

    /// Copies at most so many durable records of a shard. Gives up to where it is then.
    pub(crate) fn follow(&self, journal: &dyn Journal, shard: Shard, most: usize) -> u64 {
        let mut copied = self.0.lock();
        let Copied { passed, records } = &mut *copied;
        let passed = &mut passed[usize::from(shard.0)];
        let mut left = most;
        let from = Sequence(*passed + 1);
        let read = journal.replay(shard, from, &mut |sequence, record| {
            if left == 0 {
                return ControlFlow::Break(());
            }
            left -= 1;
            *passed = sequence.0;
            records.insert((shard, sequence), record.to_vec());
            ControlFlow::Continue(())
        });
        read.expect("a log in memory can be read");
        *passed
    }

    /// A record, if it was copied.
    pub(crate) fn record(&self, shard: Shard, sequence: Sequence) -> Option<Vec<u8>> {
        self.0.lock().records.get(&(shard, sequence)).cloned()
    }
}

impl Follower for Archive {
    fn passed(&self, shard: Shard) -> Sequence {
        Sequence(self.0.lock().passed[usize::from(shard.0)])
    }
}
