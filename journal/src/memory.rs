//! The journal in memory, for simulation: nothing becomes durable until [`MemoryJournal::commit`]
//! says so. Refuses threads, clocks and chance: the same calls give the same answers.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::{
    Batch, CheckpointChunks, Failure, Generation, Journal, JournalError, MAX_KEY_BYTES,
    MAX_RECORD_BYTES, MAX_VALUE_BYTES, OnFailure, QueueDepth, Sequence, Shard, Stats, Ticket,
    TryAppendError, Wake,
};

/// A journal whose commits and crashes are steps of a simulation.
pub struct MemoryJournal {
    state: Mutex<State>,
    max_batches: usize,
}

type Table = BTreeMap<Vec<u8>, Vec<u8>>;

#[derive(Default)]
struct State {
    shards: Vec<Log>,
    definitions: BTreeMap<[u8; 16], Vec<u8>>,
    failure: Option<Failure>,
    on_failure: Option<OnFailure>,
    pending: QueueDepth,
    stats: Stats,
    closed: bool,
    /// Where each generation after the first begins.
    begun: Vec<Generation>,
}

#[derive(Default)]
struct Log {
    /// Every record from sequence 1; trimmed ones are empty and behind `first`.
    records: Vec<Vec<u8>>,
    durable: usize,
    first: u64,
    wake: Option<Wake>,
    checkpoint: Option<(Sequence, Vec<Vec<u8>>)>,
    table: Table,
    stable_table: Table,
    applied: Sequence,
}

impl MemoryJournal {
    /// An empty journal whose queue takes at most `max_batches` between two commits.
    #[must_use]
    pub fn new(shards: u16, max_batches: usize) -> Self {
        let log = || Log {
            first: 1,
            ..Log::default()
        };
        let state = State {
            shards: (0..shards).map(|_| log()).collect(),
            ..State::default()
        };
        Self {
            state: Mutex::new(state),
            max_batches,
        }
    }

    /// Makes everything that was appended durable, then wakes each shard that moved. Returns how
    /// many records.
    pub fn commit(&self) -> usize {
        let mut state = self.state.lock();
        if state.failure.is_some() {
            return 0;
        }
        let mut wakes = Vec::new();
        for log in state
            .shards
            .iter_mut()
            .filter(|log| log.durable < log.records.len())
        {
            log.durable = log.records.len();
            wakes.extend(log.wake.clone());
        }
        let pending = std::mem::take(&mut state.pending);
        if pending.records > 0 {
            state.stats.groups += 1;
            state.stats.records += pending.records as u64;
            state.stats.bytes += pending.bytes as u64;
            state.stats.last_group_records = pending.records as u64;
        }
        drop(state);
        wakes.iter().for_each(|wake| wake());
        pending.records
    }

    /// Begins another generation: what is appended from now on is in it.
    pub fn begin_generation(&self) {
        let mut state = self.state.lock();
        let starts = state.shards.iter();
        let starts = starts.map(|log| Sequence(log.durable as u64 + 1)).collect();
        let number = state.begun.last().map_or(1, |last| last.number + 1);
        state.begun.push(Generation {
            number,
            starts,
            bytes: 0,
        });
    }

    /// What a power cut does: everything that was not durable is gone, and so are the
    /// registrations.
    pub fn crash(&self) {
        let mut state = self.state.lock();
        for log in &mut state.shards {
            log.records.truncate(log.durable);
            log.table = log.stable_table.clone();
            log.wake = None;
        }
        state.pending = QueueDepth::default();
        state.failure = None;
        state.on_failure = None;
        state.closed = false;
    }

    /// What a failing disk does: nothing becomes durable any more, and the callback is told.
    pub fn fail(&self) {
        let failure = Failure(Arc::new(JournalError::Closed));
        let mut state = self.state.lock();
        state.failure = Some(failure.clone());
        let callback = state.on_failure.clone();
        drop(state);
        if let Some(callback) = callback {
            callback(&failure);
        }
    }

    fn with<T>(
        &self,
        shard: Shard,
        work: impl FnOnce(&mut Log) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        let mut state = self.state.lock();
        let shards = state.shards.len() as u16;
        let log = state.shards.get_mut(usize::from(shard.0));
        work(log.ok_or(JournalError::UnknownShard { shard, shards })?)
    }

    fn view<T>(&self, shard: Shard, look: impl FnOnce(&mut Log) -> T) -> T {
        look(&mut self.state.lock().shards[usize::from(shard.0)])
    }
}

impl State {
    /// Bytes of the records of a generation.
    fn bytes_of(&self, generation: &Generation, later: Option<&Generation>) -> u64 {
        let of = |(shard, log): (usize, &Log)| -> usize {
            let from = (generation.starts[shard].0 as usize - 1).min(log.durable);
            let to = later.map_or(log.durable, |later| later.starts[shard].0 as usize - 1);
            log.records[from..to.max(from)].iter().map(Vec::len).sum()
        };
        self.shards.iter().enumerate().map(of).sum::<usize>() as u64
    }
}

impl Log {
    fn covers(&self, shard: Shard, sequence: Sequence) -> Result<(), JournalError> {
        let durable = Sequence(self.durable as u64);
        if sequence <= durable {
            return Ok(());
        }
        Err(JournalError::NotDurable {
            shard,
            sequence,
            durable,
        })
    }

    fn record(&self, sequence: u64) -> Option<&[u8]> {
        let kept = sequence >= self.first && sequence <= self.durable as u64;
        kept.then(|| &self.records[sequence as usize - 1][..])
    }
}

fn check_size(
    what: &'static str,
    bytes: usize,
    least: usize,
    limit: usize,
) -> Result<(), JournalError> {
    if (least..=limit).contains(&bytes) {
        return Ok(());
    }
    Err(JournalError::Size { what, bytes, limit })
}

impl Journal for MemoryJournal {
    fn shards(&self) -> u16 {
        self.state.lock().shards.len() as u16
    }

    fn try_append(&self, batch: Batch, expected: Sequence) -> Result<Ticket, TryAppendError> {
        let mut state = self.state.lock();
        let state = &mut *state;
        let shards = state.shards.len() as u16;
        let Some(log) = state.shards.get_mut(usize::from(batch.shard().0)) else {
            return Err(TryAppendError::UnknownShard { batch, shards });
        };
        if batch.longest() > MAX_RECORD_BYTES {
            let bytes = batch.longest();
            return Err(TryAppendError::TooLarge {
                batch,
                bytes,
                limit: MAX_RECORD_BYTES,
            });
        }
        if state.closed || state.failure.is_some() {
            return Err(TryAppendError::Closed(batch));
        }
        let actual = Sequence(log.records.len() as u64);
        if expected != actual || batch.first() != actual.next() {
            return Err(TryAppendError::Fenced {
                batch,
                expected,
                actual,
            });
        }
        if !batch.is_empty() && state.pending.batches >= self.max_batches {
            return Err(TryAppendError::Full(batch));
        }
        state.pending.batches += usize::from(!batch.is_empty());
        state.pending.records += batch.len();
        state.pending.bytes += batch.bytes();
        log.records
            .extend(batch.records().map(|(_, record)| record.to_vec()));
        Ok(Ticket {
            shard: batch.shard(),
            last: batch.last(),
        })
    }

    fn durable(&self, shard: Shard) -> Sequence {
        self.view(shard, |log| Sequence(log.durable as u64))
    }

    fn on_durable(&self, shard: Shard, wake: Wake) {
        self.view(shard, |log| log.wake = Some(wake));
    }

    fn first(&self, shard: Shard) -> Sequence {
        self.view(shard, |log| Sequence(log.first))
    }

    fn last(&self, shard: Shard) -> Sequence {
        self.view(shard, |log| Sequence(log.records.len() as u64))
    }

    fn read(&self, shard: Shard, sequence: Sequence) -> Result<Option<Vec<u8>>, JournalError> {
        self.with(shard, |log| Ok(log.record(sequence.0).map(<[u8]>::to_vec)))
    }

    fn replay(
        &self,
        shard: Shard,
        from: Sequence,
        visit: &mut dyn FnMut(Sequence, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        let mut next = self.with(shard, |log| Ok(from.0.max(log.first)))?;
        // One record at a time: the visitor may use the journal.
        while let Some(record) = self.read(shard, Sequence(next))? {
            if visit(Sequence(next), &record).is_break() {
                break;
            }
            next += 1;
        }
        Ok(())
    }

    fn checkpoint(
        &self,
        shard: Shard,
        upto: Sequence,
        chunks: &mut dyn Iterator<Item = Vec<u8>>,
    ) -> Result<(), JournalError> {
        self.with(shard, |log| log.covers(shard, upto))?;
        let chunks = chunks.collect();
        self.with(shard, |log| {
            if log
                .checkpoint
                .as_ref()
                .is_none_or(|(covered, _)| *covered <= upto)
            {
                log.checkpoint = Some((upto, chunks));
            }
            Ok(())
        })
    }

    fn latest_checkpoint(
        &self,
        shard: Shard,
    ) -> Result<Option<(Sequence, CheckpointChunks)>, JournalError> {
        let found = self.with(shard, |log| Ok(log.checkpoint.clone()))?;
        Ok(found.map(|(upto, chunks)| {
            (
                upto,
                Box::new(chunks.into_iter().map(Ok)) as CheckpointChunks,
            )
        }))
    }

    fn put(&self, shard: Shard, key: &[u8], value: &[u8]) -> Result<(), JournalError> {
        check_size("table key", key.len(), 1, MAX_KEY_BYTES)?;
        check_size("table value", value.len(), 0, MAX_VALUE_BYTES)?;
        self.with(shard, |log| {
            log.table.insert(key.to_vec(), value.to_vec());
            Ok(())
        })
    }

    fn get(&self, shard: Shard, key: &[u8]) -> Result<Option<Vec<u8>>, JournalError> {
        check_size("table key", key.len(), 1, MAX_KEY_BYTES)?;
        self.with(shard, |log| Ok(log.table.get(key).cloned()))
    }

    fn visit(
        &self,
        shard: Shard,
        from: &[u8],
        to: &[u8],
        visit: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        check_size("table key", from.len(), 1, MAX_KEY_BYTES)?;
        check_size("last table key", to.len(), from.len(), from.len())?;
        let found: Vec<Vec<u8>> = self.with(shard, |log| {
            let range = log.table.range(from.to_vec()..=to.to_vec());
            Ok(range
                .filter(|(key, _)| key.len() == from.len())
                .map(|(_, value)| value.clone())
                .collect())
        })?;
        let _ = found.iter().try_for_each(|value| visit(value));
        Ok(())
    }

    fn table_keys(
        &self,
        shard: Shard,
        (from, to): (&[u8], &[u8]),
        most: usize,
    ) -> Result<Vec<Vec<u8>>, JournalError> {
        check_size("table key", from.len(), 1, MAX_KEY_BYTES)?;
        check_size("last table key", to.len(), from.len(), from.len())?;
        self.with(shard, |log| {
            let range = log.table.range(from.to_vec()..=to.to_vec());
            let keys = range.map(|(key, _)| key);
            let alike = keys.filter(|key| key.len() == from.len());
            Ok(alike.take(most).cloned().collect())
        })
    }

    fn delete(&self, shard: Shard, keys: &[Vec<u8>]) -> Result<(), JournalError> {
        self.with(shard, |log| {
            keys.iter().for_each(|key| drop(log.table.remove(key)));
            Ok(())
        })
    }

    fn table_applied(&self, shard: Shard) -> Sequence {
        self.view(shard, |log| log.applied)
    }

    fn set_table_applied(&self, shard: Shard, sequence: Sequence) -> Result<(), JournalError> {
        self.with(shard, |log| {
            log.covers(shard, sequence)?;
            log.stable_table = log.table.clone();
            log.applied = sequence;
            Ok(())
        })
    }

    fn trim(&self, shard: Shard, before: Sequence) -> Result<(), JournalError> {
        self.with(shard, |log| {
            log.covers(shard, before.previous())?;
            for sequence in log.first..before.0 {
                log.records[sequence as usize - 1] = Vec::new();
            }
            log.first = log.first.max(before.0);
            Ok(())
        })
    }

    fn generations(&self) -> Vec<Generation> {
        let state = self.state.lock();
        let first = Generation {
            number: 0,
            starts: state.shards.iter().map(|_| Sequence::FIRST).collect(),
            bytes: 0,
        };
        let all: Vec<Generation> = [first].into_iter().chain(state.begun.clone()).collect();
        let firsts: Vec<u64> = state.shards.iter().map(|log| log.first).collect();
        let forgotten = |later: &Generation| {
            let mut starts = later.starts.iter().zip(&firsts);
            starts.all(|(start, first)| start.0 <= *first)
        };
        let dropped = all.iter().skip(1).take_while(|later| forgotten(later));
        let dropped = dropped.count();
        let mut kept = all.into_iter().skip(dropped).collect::<Vec<_>>();
        for place in 0..kept.len() {
            kept[place].bytes = state.bytes_of(&kept[place], kept.get(place + 1));
        }
        kept
    }

    fn put_definition(&self, hash: [u8; 16], bytes: &[u8]) -> Result<(), JournalError> {
        self.state
            .lock()
            .definitions
            .entry(hash)
            .or_insert_with(|| bytes.to_vec());
        Ok(())
    }

    fn get_definition(&self, hash: [u8; 16]) -> Result<Option<Vec<u8>>, JournalError> {
        Ok(self.state.lock().definitions.get(&hash).cloned())
    }

    fn definitions(&self) -> Result<Vec<[u8; 16]>, JournalError> {
        Ok(self.state.lock().definitions.keys().copied().collect())
    }

    fn delete_definition(&self, hash: [u8; 16]) -> Result<(), JournalError> {
        self.state.lock().definitions.remove(&hash);
        Ok(())
    }

    fn queue(&self) -> QueueDepth {
        let pending = self.state.lock().pending;
        QueueDepth {
            max_batches: self.max_batches,
            max_records: usize::MAX,
            max_bytes: usize::MAX,
            ..pending
        }
    }

    fn stats(&self) -> Stats {
        Stats {
            queue: self.queue(),
            ..self.state.lock().stats
        }
    }

    fn failure(&self) -> Option<Failure> {
        self.state.lock().failure.clone()
    }

    fn on_failure(&self, callback: OnFailure) {
        let mut state = self.state.lock();
        state.on_failure = Some(Arc::clone(&callback));
        let happened = state.failure.clone();
        drop(state);
        if let Some(failure) = happened {
            callback(&failure);
        }
    }

    fn close(&self) -> Result<(), JournalError> {
        self.state.lock().closed = true;
        self.commit();
        self.failure()
            .map_or(Ok(()), |failure| Err(JournalError::Stopped(failure)))
    }
}
