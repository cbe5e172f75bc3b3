//! Owns the way back to where an attempt of an ended notification went: nothing of that is in memory
//! once the end is durable, so it is read along the tenant's records, from the end backwards. For a
//! reader beside the arbiters. Refuses to walk further than the notification lived, and to walk
//! without a bound.

use sluis_journal::{Journal, JournalError, Sequence, Shard};
use sluis_model::{
    AttemptRef, Channel, Event, Input, LateReceipt, Receipt, Record, StoredTenant, TenantKey, Tried,
};

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
    let (mut at, mut oldest) = (ended.sequence, ended.accepted);
    for _ in 0..MOST_READ {
        let Some(step) = step(journal, shard, at, &ended.tenant, attempt)? else {
            return Ok(None);
        };
        if step.is_carried {
            // It was accepted before: only its body stands here.
            oldest = 0;
        }
        // Records only ever point back.
        let is_over = step.before < oldest.max(1) || step.before >= at;
        if step.found.is_some() || step.is_all || is_over {
            return Ok(step.found);
        }
        at = step.before;
    }
    Ok(None)
}

/// What one record says.
struct Step {
    found: Option<Went>,
    /// Sequence of the tenant's record before.
    before: u64,
    /// Whether it carries the body along.
    is_carried: bool,
    /// Whether no record before it knows more.
    is_all: bool,
}

fn step(
    journal: &dyn Journal,
    shard: Shard,
    at: u64,
    tenant: &TenantKey,
    attempt: AttemptRef,
) -> Result<Option<Step>, JournalError> {
    let Some(bytes) = journal.read(shard, Sequence(at))? else {
        return Ok(None);
    };
    Ok(match Record::decode(&bytes) {
        Ok(Record::Tenant(record)) if record.tenant == *tenant => Some(Step {
            before: record.previous,
            is_carried: false,
            is_all: false,
            found: record
                .events
                .into_iter()
                .find_map(|event| started(event, attempt)),
        }),
        Ok(Record::Stored(piece)) if piece.tenant == *tenant => Some(of_stored(&piece, attempt)),
        Ok(_) | Err(_) => None,
    })
}

/// A tenant that was stored while the notification was open knows where each of its attempts until
/// then went.
fn of_stored(piece: &StoredTenant, attempt: AttemptRef) -> Step {
    let open = piece.open.get(attempt.id);
    Step {
        found: remembered(open.and_then(|open| open.tried.as_deref()), attempt),
        before: piece.previous,
        is_carried: piece.body(attempt.id).is_some(),
        is_all: open.is_some(),
    }
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
