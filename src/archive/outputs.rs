//! Owns what left with an attempt, for the archive: the copy that the spool has, or the message made
//! again and held against the hash in the journal. Refuses to pass one off as the other.

use std::sync::Arc;

use bytes::Bytes;
use sluis_actors::Spool;
use sluis_archive::{Attempted, Entry, Hash, Kept};
use sluis_journal::JournalError;
use sluis_model::{AttemptRef, Channel, Event, Input, Left, TenantRecord, Timestamp};

use super::again::MakeAgain;
use super::categories::Read;

/// Where the bytes of what left come from.
#[derive(Debug)]
pub struct Outputs {
    spool: Arc<Spool>,
    again: MakeAgain,
}

/// Bytes, and how they were come by.
struct Body {
    channel: Channel,
    provider: Box<str>,
    media_type: &'static str,
    hash: Hash,
    kept: Kept,
    bytes: Bytes,
}

impl Outputs {
    /// From this spool first.
    #[must_use]
    pub const fn new(spool: Arc<Spool>, again: MakeAgain) -> Self {
        Self { spool, again }
    }

    /// Lets go of copies that were put before then and that no record asked for.
    pub(super) fn let_go(&self, before: Timestamp) {
        self.spool.let_go(before);
    }

    /// Bytes that wait in the spool, and how many copies it had no room for since the start.
    #[must_use]
    pub fn spooled(&self) -> (usize, u64) {
        self.spool.figures()
    }

    /// What left with the attempt whose outcome is `record`; none when it is no outcome, or nothing
    /// left.
    ///
    /// # Errors
    /// What `read` says.
    pub(super) fn of(
        &self,
        shard: u16,
        sequence: u64,
        record: &TenantRecord,
        read: &Read<'_>,
    ) -> Result<Option<Entry>, JournalError> {
        let (attempt, body) = match &record.input {
            Input::Sent { attempt, left, .. } => {
                (*attempt, self.sent(record, *attempt, *left, read)?)
            }
            Input::Interrupted { attempt } if is_in_doubt(record) => {
                (*attempt, self.interrupted(record, *attempt, read)?)
            }
            _ => return Ok(None),
        };
        Ok(body.map(|body| {
            let attempted = Attempted {
                attempt: attempt.attempt,
                step: attempt.step,
                channel: body.channel.name().into(),
                provider: body.provider,
                media_type: body.media_type.into(),
                hash: body.hash,
                kept: body.kept,
            };
            Entry::of_output(shard, sequence, record, attempt.id, attempted, body.bytes)
        }))
    }

    fn sent(
        &self,
        record: &TenantRecord,
        attempt: AttemptRef,
        left: Left,
        read: &Read<'_>,
    ) -> Result<Option<Body>, JournalError> {
        let hash = Hash(left.hash);
        if let Some(copy) = self.spool.take(&left.hash) {
            return Ok(Some(Body {
                channel: copy.channel,
                provider: (&*copy.provider).into(),
                media_type: copy.output.media_type,
                hash,
                kept: Kept::AsSent,
                bytes: copy.output.bytes,
            }));
        }
        let made = self.again.make(record, attempt, read)?;
        Ok(made.map(|made| {
            let (media_type, bytes) = match made.output {
                Some(output) => (output.media_type, output.bytes),
                None => ("", Bytes::new()),
            };
            let kept = match Hash::of(&bytes) {
                _ if media_type.is_empty() => Kept::Missing,
                actual if actual == hash => Kept::MadeAgain,
                _ => Kept::Differs,
            };
            Body {
                channel: made.channel,
                provider: made.provider,
                media_type,
                hash,
                kept,
                bytes,
            }
        }))
    }

    /// The process ended while the attempt was under way: the journal has no hash.
    fn interrupted(
        &self,
        record: &TenantRecord,
        attempt: AttemptRef,
        read: &Read<'_>,
    ) -> Result<Option<Body>, JournalError> {
        let made = self.again.make(record, attempt, read)?;
        Ok(made.and_then(|made| {
            let output = made.output?;
            Some(Body {
                channel: made.channel,
                provider: made.provider,
                media_type: output.media_type,
                hash: Hash::of(&output.bytes),
                kept: Kept::Unproven,
                bytes: output.bytes,
            })
        }))
    }
}

fn is_in_doubt(record: &TenantRecord) -> bool {
    let mut events = record.events.iter();
    events.any(|event| matches!(event, Event::AttemptInDoubt { .. }))
}
