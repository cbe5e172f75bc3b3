//! Owns the journal in front of the journal: it seals what goes in and opens what comes out. Refuses to
//! store anything itself, and to hand on a batch that it could not seal.

use std::ops::ControlFlow;
use std::sync::Arc;

use sluis_journal::{
    Batch, CheckpointChunks, Failure, Generation, Journal, JournalError, OnFailure, QueueDepth,
    Sequence, Shard, Stats, Ticket, TryAppendError, Wake,
};
use sluis_keys::KeyStore;

use super::checkpoints::SealedCheckpoints;
use super::record::SealError;
use super::{endings, record};

/// By how much a record grows: what stays readable, and what sealing adds.
const GROWTH: usize = 64;

/// A journal whose content is sealed.
pub struct SealedJournal {
    inner: Arc<dyn Journal>,
    store: Arc<KeyStore>,
    checkpoints: Arc<SealedCheckpoints>,
    /// Told when nothing can be sealed any more: the process must end.
    on_fatal: Box<dyn Fn(String) + Send + Sync>,
}

impl std::fmt::Debug for SealedJournal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SealedJournal").finish_non_exhaustive()
    }
}

impl SealedJournal {
    /// In front of `inner`, with the keys of `store`; `checkpoints`: those of the same store.
    pub fn new(
        inner: Arc<dyn Journal>,
        store: Arc<KeyStore>,
        checkpoints: Arc<SealedCheckpoints>,
        on_fatal: impl Fn(String) + Send + Sync + 'static,
    ) -> Self {
        Self {
            inner,
            store,
            checkpoints,
            on_fatal: Box::new(on_fatal),
        }
    }

    /// A batch as it goes to the journal.
    ///
    /// # Errors
    /// See [`SealError`].
    pub fn seal(&self, batch: &Batch) -> Result<Batch, SealError> {
        let shard = batch.shard();
        let mut sealed = Batch::new(shard, batch.first());
        sealed.reserve(batch.len(), batch.bytes() + batch.len() * GROWTH);
        for (sequence, frame) in batch.records() {
            sealed
                .push_with(|buffer| record::seal(&self.store, (shard, sequence), frame, buffer))?;
        }
        Ok(sealed)
    }

    /// The journal takes no more, as it was when it failed.
    fn fatal(&self, error: &dyn std::fmt::Display) {
        (self.on_fatal)(format!("records cannot be encrypted: {error}"));
    }
}

/// What is sealed cannot be opened.
fn unreadable(shard: Shard, what: String, why: &dyn std::fmt::Display) -> JournalError {
    JournalError::Sealed {
        shard,
        what,
        why: why.to_string(),
    }
}

fn value_error(shard: Shard) -> impl Fn(sluis_keys::KeyError) -> JournalError {
    move |error| unreadable(shard, "a value of the table".to_owned(), &error)
}

fn checkpoint_error(shard: Shard) -> impl Fn(sluis_keys::KeyError) -> JournalError {
    move |error| unreadable(shard, "a checkpoint".to_owned(), &error)
}

impl SealedJournal {
    /// Puts an empty checkpoint in the place of each that is not sealed for every corporation that has a
    /// key now: it was stored before there was one.
    ///
    /// # Errors
    /// The disk or the file of keys fails.
    pub(super) fn forget_checkpoints(&self) -> Result<(), JournalError> {
        for shard in (0..self.inner.shards()).map(Shard) {
            let is_sealed = match self.inner.latest_checkpoint(shard) {
                Ok(None) => true,
                Ok(Some((_, mut chunks))) => match chunks.next() {
                    None => true,
                    Some(Ok(head)) => self.checkpoints.covers(&head),
                    Some(Err(_)) => false,
                },
                Err(_) => false,
            };
            if !is_sealed {
                let renewed = self.checkpoints.renew(shard);
                renewed.map_err(checkpoint_error(shard))?;
                let upto = self.inner.durable(shard);
                self.inner
                    .checkpoint(shard, upto, &mut std::iter::empty())?;
            }
        }
        Ok(())
    }
}

impl Journal for SealedJournal {
    fn try_append(&self, batch: Batch, expected_last: Sequence) -> Result<Ticket, TryAppendError> {
        // Sealing a batch that comes back would be in vain.
        if self.inner.queue().fill() >= 1.0 {
            return Err(TryAppendError::Full(batch));
        }
        let sealed = match self.seal(&batch) {
            Ok(sealed) => sealed,
            Err(error) => {
                self.fatal(&error);
                return Err(TryAppendError::Closed(batch));
            }
        };
        // The caller gets back what it handed in.
        self.inner
            .try_append(sealed, expected_last)
            .map_err(|error| match error {
                TryAppendError::Full(_) => TryAppendError::Full(batch),
                TryAppendError::Closed(_) => TryAppendError::Closed(batch),
                TryAppendError::Fenced {
                    expected, actual, ..
                } => TryAppendError::Fenced {
                    batch,
                    expected,
                    actual,
                },
                TryAppendError::TooLarge { bytes, limit, .. } => TryAppendError::TooLarge {
                    batch,
                    bytes,
                    limit,
                },
                TryAppendError::UnknownShard { shards, .. } => {
                    TryAppendError::UnknownShard { batch, shards }
                }
            })
    }

    fn read(&self, shard: Shard, sequence: Sequence) -> Result<Option<Vec<u8>>, JournalError> {
        let Some(frame) = self.inner.read(shard, sequence)? else {
            return Ok(None);
        };
        let mut plain = Vec::with_capacity(frame.len());
        record::open(&self.store, (shard, sequence), &frame, &mut plain)
            .map_err(|error| unreadable(shard, format!("record {sequence}"), &error))?;
        Ok(Some(plain))
    }

    fn replay(
        &self,
        shard: Shard,
        from: Sequence,
        visit: &mut dyn FnMut(Sequence, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        let (mut plain, mut failure) = (Vec::new(), None);
        self.inner.replay(shard, from, &mut |sequence, frame| {
            plain.clear();
            match record::open(&self.store, (shard, sequence), frame, &mut plain) {
                Ok(()) => visit(sequence, &plain),
                Err(error) => {
                    failure = Some(unreadable(shard, format!("record {sequence}"), &error));
                    ControlFlow::Break(())
                }
            }
        })?;
        failure.map_or(Ok(()), Err)
    }

    fn checkpoint(
        &self,
        shard: Shard,
        upto: Sequence,
        chunks: &mut dyn Iterator<Item = Vec<u8>>,
    ) -> Result<(), JournalError> {
        let sealer = self.checkpoints.sealer((shard, upto));
        let Some(sealer) = sealer.map_err(checkpoint_error(shard))? else {
            // It has a tenant who was erased since. Another one is taken when its time comes.
            return Ok(());
        };
        let sealed = (0..).zip(chunks);
        let sealed = sealed.map(|(number, chunk)| sealer.seal(number, chunk));
        let mut all = std::iter::once(sealer.head.clone()).chain(sealed);
        self.inner.checkpoint(shard, upto, &mut all)
    }

    fn latest_checkpoint(
        &self,
        shard: Shard,
    ) -> Result<Option<(Sequence, CheckpointChunks)>, JournalError> {
        let Some((upto, mut chunks)) = self.inner.latest_checkpoint(shard)? else {
            return Ok(None);
        };
        let Some(head) = chunks.next().transpose()? else {
            return Ok(None);
        };
        let opener = self.checkpoints.opener((shard, upto), &head);
        let Some(opener) = opener.map_err(checkpoint_error(shard))? else {
            return Ok(None);
        };
        let opened = (0..).zip(chunks).map(move |(number, chunk)| {
            let opened = opener.open(number, chunk?);
            opened.map_err(checkpoint_error(shard))
        });
        Ok(Some((upto, Box::new(opened))))
    }

    fn put(&self, shard: Shard, key: &[u8], value: &[u8]) -> Result<(), JournalError> {
        let sealed = endings::seal(&self.store, shard, value).map_err(value_error(shard))?;
        self.inner.put(shard, key, &sealed)
    }

    fn get(&self, shard: Shard, key: &[u8]) -> Result<Option<Vec<u8>>, JournalError> {
        let value = self.inner.get(shard, key)?;
        let open = |value| endings::open(&self.store, shard, value).map_err(value_error(shard));
        value.map(open).transpose()
    }

    fn visit(
        &self,
        shard: Shard,
        from: &[u8],
        to: &[u8],
        visit: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        let mut failure = None;
        self.inner
            .visit(shard, from, to, &mut |value| match endings::open(
                &self.store,
                shard,
                value.to_vec(),
            ) {
                Ok(value) => visit(&value),
                Err(error) => {
                    failure = Some(value_error(shard)(error));
                    ControlFlow::Break(())
                }
            })?;
        failure.map_or(Ok(()), Err)
    }

    fn table_keys(
        &self,
        shard: Shard,
        between: (&[u8], &[u8]),
        most: usize,
    ) -> Result<Vec<Vec<u8>>, JournalError> {
        self.inner.table_keys(shard, between, most)
    }

    fn delete(&self, shard: Shard, keys: &[Vec<u8>]) -> Result<(), JournalError> {
        self.inner.delete(shard, keys)
    }

    fn trim(&self, shard: Shard, before: Sequence) -> Result<(), JournalError> {
        // What is trimmed can tell no more whose its key is.
        let synced = self.store.sync();
        synced.map_err(|error| unreadable(shard, "what is to be trimmed".to_owned(), &error))?;
        self.inner.trim(shard, before)
    }

    fn shards(&self) -> u16 {
        self.inner.shards()
    }

    fn durable(&self, shard: Shard) -> Sequence {
        self.inner.durable(shard)
    }

    fn on_durable(&self, shard: Shard, wake: Wake) {
        self.inner.on_durable(shard, wake);
    }

    fn first(&self, shard: Shard) -> Sequence {
        self.inner.first(shard)
    }

    fn last(&self, shard: Shard) -> Sequence {
        self.inner.last(shard)
    }

    fn table_applied(&self, shard: Shard) -> Sequence {
        self.inner.table_applied(shard)
    }

    fn set_table_applied(&self, shard: Shard, sequence: Sequence) -> Result<(), JournalError> {
        self.inner.set_table_applied(shard, sequence)
    }

    fn generations(&self) -> Vec<Generation> {
        self.inner.generations()
    }

    fn put_definition(&self, hash: [u8; 16], bytes: &[u8]) -> Result<(), JournalError> {
        self.inner.put_definition(hash, bytes)
    }

    fn get_definition(&self, hash: [u8; 16]) -> Result<Option<Vec<u8>>, JournalError> {
        self.inner.get_definition(hash)
    }

    fn definitions(&self) -> Result<Vec<[u8; 16]>, JournalError> {
        self.inner.definitions()
    }

    fn delete_definition(&self, hash: [u8; 16]) -> Result<(), JournalError> {
        self.inner.delete_definition(hash)
    }

    fn queue(&self) -> QueueDepth {
        self.inner.queue()
    }

    fn stats(&self) -> Stats {
        self.inner.stats()
    }

    fn failure(&self) -> Option<Failure> {
        self.inner.failure()
    }

    fn on_failure(&self, callback: OnFailure) {
        self.inner.on_failure(callback);
    }

    fn close(&self) -> Result<(), JournalError> {
        self.inner.close()
    }
}
