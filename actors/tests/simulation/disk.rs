//! Owns the journal of the simulation: a queue of batches before the in-memory journal, and a
//! committer that is a step of the driver. A crash keeps, per shard, a prefix that holds everything
//! durable and perhaps some batches of what was not. Refuses to lose anything durable, except where a bug
//! is planted.

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;
use sluis::sealing::SealedJournal;
use sluis_journal::{
    Batch, CheckpointChunks, Failure, Generation, Journal, JournalError, MemoryJournal, OnFailure,
    QueueDepth, Sequence, Shard, Stats, Ticket, TryAppendError, Wake,
};
use sluis_model::checkpoint::Part;
use sluis_model::{Record, TenantKey};

use crate::planted::Bug;
use crate::rng::Rng;
use crate::tape::{Entry, Tape};
use crate::vault::Vault;

/// Wakes that arrive before one is lost, where losing them is planted.
const WAKES: u64 = 5;

/// The simulated journal.
pub(crate) struct Disk {
    state: Mutex<State>,
    tape: Arc<Tape>,
    batches: usize,
    bug: Option<Bug>,
    /// Whether a reader has its turn.
    pub(crate) by_reader: AtomicBool,
}

struct State {
    log: Arc<MemoryJournal>,
    /// Before the log, where the house has keys: what lies in it and in the queue is sealed.
    sealed: Option<Arc<SealedJournal>>,
    /// Handed in, and not yet given to the log.
    queue: VecDeque<Batch>,
    /// Last sequence handed in, per shard.
    last: Vec<u64>,
    /// Everything handed in, first come: a cache that no crash empties, where a stale read is
    /// planted.
    cache: BTreeMap<(Shard, Sequence), Vec<u8>>,
}

impl Disk {
    pub(crate) fn new(shards: u16, batches: usize, tape: Arc<Tape>, bug: Option<Bug>) -> Arc<Self> {
        let log = Arc::new(MemoryJournal::new(shards, usize::MAX));
        let last = vec![0; usize::from(shards)];
        let state = State {
            log,
            sealed: None,
            queue: VecDeque::new(),
            last,
            cache: BTreeMap::new(),
        };
        Arc::new(Self {
            by_reader: AtomicBool::new(false),
            state: Mutex::new(state),
            tape,
            batches,
            bug,
        })
    }

    fn log(&self) -> Arc<MemoryJournal> {
        self.state.lock().log.clone()
    }

    /// What a reader reads: the log, opened where it is sealed.
    fn opened(&self) -> Arc<dyn Journal> {
        let state = self.state.lock();
        match &state.sealed {
            Some(sealed) => sealed.clone(),
            None => state.log.clone(),
        }
    }

    /// From now on what is written is sealed with these keys.
    pub(crate) fn seal_with(&self, vault: &Vault) {
        let mut state = self.state.lock();
        let (store, checkpoints) = (vault.store.clone(), vault.checkpoints.clone());
        let fatal = |error: String| panic!("{error}");
        let sealed = SealedJournal::new(state.log.clone(), store, checkpoints, fatal);
        state.sealed = Some(Arc::new(sealed));
    }

    /// A record as it lies there.
    pub(crate) fn raw(&self, shard: Shard, sequence: Sequence) -> Vec<u8> {
        let found = self.log().read(shard, sequence);
        found
            .expect("a log in memory can be read")
            .expect("it was read just now")
    }

    /// Batches handed in and not yet durable.
    pub(crate) fn waiting(&self) -> usize {
        self.state.lock().queue.len()
    }

    /// One group commit of up to `batches` batches.
    pub(crate) fn commit(&self, batches: usize) {
        let log = self.log();
        for _ in 0..batches {
            let Some(batch) = self.state.lock().queue.pop_front() else {
                break;
            };
            write(&log, batch);
        }
        log.commit();
    }

    /// The process is gone. `keep`: how much of what was not durable survives all the same, batch
    /// by batch and shard by shard; none: nothing. Returns the last record of each shard.
    pub(crate) fn crash(&self, keep: Option<&mut Rng>) -> Vec<u64> {
        let mut state = self.state.lock();
        let queue = std::mem::take(&mut state.queue);
        if let Some(rng) = keep {
            let mut left: Vec<usize> = state.last.iter().map(|_| rng.below(6)).collect();
            for batch in queue {
                let left = &mut left[usize::from(batch.shard().0)];
                // A batch stands in one group, and of a group all survives or nothing.
                match left.checked_sub(batch.len()) {
                    Some(rest) => {
                        *left = rest;
                        write(&state.log, batch);
                    }
                    None => *left = 0,
                }
            }
            state.log.commit();
        }
        state.log.crash();
        if self.bug == Some(Bug::TornTailCutTooFar) {
            state.log = Arc::new(without_last(&state.log));
        }
        let log = state.log.clone();
        for (shard, last) in state.last.iter_mut().enumerate() {
            *last = log.last(Shard(shard as u16)).0;
        }
        state.last.clone()
    }

    /// What is appended from now on stands in another generation.
    pub(crate) fn begin_generation(&self) {
        self.log().begin_generation();
    }

    /// Forgets everything before the newest generation.
    pub(crate) fn trim_to_newest(&self) {
        let log = self.log();
        let newest = log.generations().pop();
        for (shard, start) in (0..)
            .map(Shard)
            .zip(newest.into_iter().flat_map(|g| g.starts))
        {
            drop(log.trim(shard, start));
        }
    }

    /// Forgets the older half of each shard, as a retention would that looks at the clock only.
    pub(crate) fn trim_half(&self) {
        let log = self.log();
        for shard in (0..log.shards()).map(Shard) {
            let before = Sequence(log.durable(shard).0 / 2);
            drop(log.trim(shard, before));
        }
    }
}

fn write(log: &MemoryJournal, batch: Batch) {
    let before = log.last(batch.shard());
    if !batch.is_empty() {
        log.try_append(batch, before)
            .expect("the queue keeps the order of each shard");
    }
}

/// The batch, its stored tenants without the bodies that they carry.
fn without_bodies(batch: &Batch) -> Batch {
    let mut without = Batch::new(batch.shard(), batch.first());
    for (_, bytes) in batch.records() {
        let mut record = Record::decode(bytes).expect("a shard writes records");
        if let Record::Stored(piece) = &mut record {
            piece.bodies.clear();
        }
        let written = without.push_with(|buffer| record.encode(buffer));
        written.expect("a smaller record");
    }
    without
}

/// The record, or, where it stores a tenant, the one that stored it the time before.
fn stored_before(
    log: &dyn Journal,
    shard: Shard,
    sequence: Sequence,
) -> Result<Option<Vec<u8>>, JournalError> {
    let mut found = log.read(shard, sequence)?;
    let Some(tenant) = found.as_deref().and_then(stored_tenant) else {
        return Ok(found);
    };
    for before in (log.first(shard).0..sequence.0).map(Sequence) {
        let record = log.read(shard, before)?;
        if record.as_deref().and_then(stored_tenant).as_ref() == Some(&tenant) {
            found = record;
        }
    }
    Ok(found)
}

/// Whom the record stores.
fn stored_tenant(record: &[u8]) -> Option<TenantKey> {
    match Record::decode(record) {
        Ok(Record::Stored(stored)) => Some(stored.tenant),
        _ => None,
    }
}

/// A chunk of a checkpoint, where a mistake is planted in how one is read.
fn misread(chunk: &[u8], bug: Option<Bug>) -> Vec<u8> {
    let mut read = Vec::with_capacity(chunk.len());
    for part in Part::of(chunk) {
        let mut part = part.expect("a shard writes parts");
        match (&mut part, bug) {
            (Part::Active { state, .. }, Some(Bug::AgeInCheckpointIgnored)) => state.last = 0,
            (Part::Open(_), Some(Bug::CheckpointWithoutThoseAtRest)) => continue,
            _ => {}
        }
        part.append(&mut read);
    }
    read
}

/// What a recovery leaves that cuts one good record off each shard.
fn without_last(log: &MemoryJournal) -> MemoryJournal {
    let cut = MemoryJournal::new(log.shards(), usize::MAX);
    for shard in (0..log.shards()).map(Shard) {
        let (first, last) = (log.first(shard), log.last(shard));
        let mut batch = Batch::new(shard, Sequence::FIRST);
        (1..first.0).for_each(|_| {
            batch.push(&[]);
        });
        let copied = log.replay(shard, Sequence::FIRST, &mut |sequence, record| {
            if sequence < last {
                batch.push(record);
            }
            ControlFlow::Continue(())
        });
        copied.expect("a log in memory can be read");
        write(&cut, batch);
    }
    cut.commit();
    for shard in (0..log.shards()).map(Shard) {
        let first = log.first(shard).min(cut.last(shard).next());
        cut.trim(shard, first).expect("it is durable");
    }
    cut
}

impl Journal for Disk {
    fn shards(&self) -> u16 {
        self.log().shards()
    }

    fn try_append(&self, batch: Batch, expected: Sequence) -> Result<Ticket, TryAppendError> {
        let mut state = self.state.lock();
        let shard = batch.shard();
        let actual = Sequence(state.last[usize::from(shard.0)]);
        if expected != actual || batch.first() != actual.next() {
            return Err(TryAppendError::Fenced {
                batch,
                expected,
                actual,
            });
        }
        if state.queue.len() >= self.batches {
            return Err(TryAppendError::Full(batch));
        }
        let last = batch.last();
        state.last[usize::from(shard.0)] = last.0;
        if self.bug == Some(Bug::StaleRead) {
            for (sequence, record) in batch.records() {
                state
                    .cache
                    .entry((shard, sequence))
                    .or_insert_with(|| record.to_vec());
            }
        }
        let batch = match self.bug {
            Some(Bug::BodyLeftBehind) => without_bodies(&batch),
            _ => batch,
        };
        let records = batch
            .records()
            .map(|(_, bytes)| Record::decode(bytes).expect("a shard writes records"))
            .collect();
        self.tape.put(Entry::Appended {
            shard: shard.0,
            first: batch.first().0,
            records,
        });
        let batch = match &state.sealed {
            Some(sealed) => sealed.seal(&batch).expect("keys are made"),
            None => batch,
        };
        state.queue.push_back(batch);
        Ok(Ticket { shard, last })
    }

    fn durable(&self, shard: Shard) -> Sequence {
        match self.bug {
            Some(Bug::DurableTooEarly) => self.last(shard),
            _ => self.log().durable(shard),
        }
    }

    fn on_durable(&self, shard: Shard, wake: Wake) {
        let wakes = AtomicU64::new(0);
        let lossy = self.bug == Some(Bug::WakeLost);
        let wake: Wake = Arc::new(move || {
            if !lossy || !wakes.fetch_add(1, Ordering::SeqCst).is_multiple_of(WAKES) {
                wake();
            }
        });
        self.log().on_durable(shard, wake);
    }

    fn first(&self, shard: Shard) -> Sequence {
        self.log().first(shard)
    }

    fn last(&self, shard: Shard) -> Sequence {
        Sequence(self.state.lock().last[usize::from(shard.0)])
    }

    fn read(&self, shard: Shard, sequence: Sequence) -> Result<Option<Vec<u8>>, JournalError> {
        let found = match self.bug {
            Some(Bug::OlderStateRead) if self.by_reader.load(Ordering::SeqCst) => {
                stored_before(&*self.opened(), shard, sequence)?
            }
            _ => self.opened().read(shard, sequence)?,
        };
        Ok(found.map(|found| {
            self.state
                .lock()
                .cache
                .get(&(shard, sequence))
                .cloned()
                .unwrap_or(found)
        }))
    }

    fn replay(
        &self,
        shard: Shard,
        from: Sequence,
        visit: &mut dyn FnMut(Sequence, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        self.opened().replay(shard, from, visit)
    }

    fn checkpoint(
        &self,
        shard: Shard,
        upto: Sequence,
        chunks: &mut dyn Iterator<Item = Vec<u8>>,
    ) -> Result<(), JournalError> {
        self.opened().checkpoint(shard, upto, chunks)
    }

    fn latest_checkpoint(
        &self,
        shard: Shard,
    ) -> Result<Option<(Sequence, CheckpointChunks)>, JournalError> {
        let found = self.opened().latest_checkpoint(shard)?;
        let bug = self.bug;
        Ok(found.map(|(upto, chunks)| {
            let chunks = chunks.map(move |chunk| chunk.map(|chunk| misread(&chunk, bug)));
            (upto, Box::new(chunks) as CheckpointChunks)
        }))
    }

    fn put(&self, shard: Shard, key: &[u8], value: &[u8]) -> Result<(), JournalError> {
        self.opened().put(shard, key, value)
    }

    fn visit(
        &self,
        shard: Shard,
        from: &[u8],
        to: &[u8],
        visit: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        self.opened().visit(shard, from, to, visit)
    }

    fn get(&self, shard: Shard, key: &[u8]) -> Result<Option<Vec<u8>>, JournalError> {
        self.opened().get(shard, key)
    }

    fn table_keys(
        &self,
        shard: Shard,
        between: (&[u8], &[u8]),
        most: usize,
    ) -> Result<Vec<Vec<u8>>, JournalError> {
        self.log().table_keys(shard, between, most)
    }

    fn delete(&self, shard: Shard, keys: &[Vec<u8>]) -> Result<(), JournalError> {
        self.log().delete(shard, keys)
    }

    fn table_applied(&self, shard: Shard) -> Sequence {
        self.log().table_applied(shard)
    }

    fn set_table_applied(&self, shard: Shard, sequence: Sequence) -> Result<(), JournalError> {
        self.log().set_table_applied(shard, sequence)
    }

    fn trim(&self, shard: Shard, before: Sequence) -> Result<(), JournalError> {
        self.opened().trim(shard, before)
    }

    fn generations(&self) -> Vec<Generation> {
        self.log().generations()
    }

    fn put_definition(&self, hash: [u8; 16], bytes: &[u8]) -> Result<(), JournalError> {
        self.log().put_definition(hash, bytes)
    }

    fn get_definition(&self, hash: [u8; 16]) -> Result<Option<Vec<u8>>, JournalError> {
        self.log().get_definition(hash)
    }

    fn definitions(&self) -> Result<Vec<[u8; 16]>, JournalError> {
        self.log().definitions()
    }

    fn delete_definition(&self, hash: [u8; 16]) -> Result<(), JournalError> {
        self.log().delete_definition(hash)
    }

    fn queue(&self) -> QueueDepth {
        QueueDepth {
            batches: self.waiting(),
            max_batches: self.batches,
            ..QueueDepth::default()
        }
    }

    fn stats(&self) -> Stats {
        Stats {
            queue: self.queue(),
            ..self.log().stats()
        }
    }

    fn failure(&self) -> Option<Failure> {
        self.log().failure()
    }

    fn on_failure(&self, callback: OnFailure) {
        self.log().on_failure(callback);
    }

    fn close(&self) -> Result<(), JournalError> {
        self.log().close()
    }
}
