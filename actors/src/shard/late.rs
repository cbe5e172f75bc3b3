//! Owns the way back to where an attempt of an ended notification went: nothing of that is in memory
//! once the end is durable, so it is read along the tenant's records, from the end backwards. For a
//! reader beside the arbiters. Refuses to walk further than the notification lived, and to walk
//! without a bound.

use sluis_journal::{Journal, JournalError, Sequence, Shard};
use sluis_model::{AttemptRef, Channel, Event, Input, LateReceipt, Receipt, Record, Tried};

use super::table::Ended;

/// Most records read for one receipt: what a tenant gathers while one notification is open. Each is
/// one short read; a receipt whose attempt lies further back is noted and marks nothing.
const MOST_READ: usize = 1_024;

/// A channel with an address on it.
pub(super) type Went = (Channel, Box<str>);

/// Where the attempt went, by what was in memory until a moment ago.
pub(super) fn remembered(tried: Option<&Tried>, attempt: AttemptRef) -> Option<Went> {
    let sent = tried?.sent_to.iter();
    let sent = sent.rev().find(|sent| sent.attempt == attempt.attempt)?;
    Some((sent.channel, sent.address.clone()))
}

/// Where the attempt went, by the records. None: they are not kept any more, or too many.
///
/// # Errors
/// The journal cannot be read.
pub(super) fn went(
    journal: &dyn Journal,
    shard: Shard,
    ended: &Ended,
    attempt: AttemptRef,
) -> Result<Option<Went>, JournalError> {
    let mut at = ended.sequence;
    for _ in 0..MOST_READ {
        let Some(bytes) = journal.read(shard, Sequence(at))? else {
            return Ok(None);
        };
        let Ok(Record::Tenant(record)) = Record::decode(&bytes) else {
            return Ok(None);
        };
        if record.tenant != ended.tenant {
            return Ok(None);
        }
        let found = record
            .events
            .into_iter()
            .find_map(|event| started(event, attempt));
        let older = record.previous;
        if found.is_some() || older < ended.accepted.max(1) || older >= at {
            return Ok(found);
        }
        at = older;
    }
    Ok(None)
}

fn started(event: Event, of: AttemptRef) -> Option<Went> {
    match event {
        Event::AttemptStarted {
            id,
            attempt,
            channel,
            address,
            ..
        } if (id, attempt) == (of.id, of.attempt) => Some((channel, address)),
        _ => None,
    }
}

/// The receipt with where its attempt went, as it is decided on.
pub(super) fn input(receipt: Receipt, (channel, address): Went) -> Input {
    Input::LateReceipt(Box::new(LateReceipt {
        receipt,
        channel,
        address,
    }))
}
