//! Promise 2, at least once and honestly: a message arrives twice only where the outcome of the
//! first could not be learned, then through the same provider; a doubt never fails over by itself;
//! one key, one notification. It compares what the engine did with what the providers' connections
//! showed. Refuses to trust verdicts.

use sluis_model::{
    Addressed, Cause, Event, Input, NotificationId, Record, TenantRecord, Timestamp, Verdict,
};

use super::escalation::says_it_failed;
use super::{Check, Findings};
use crate::outside::{Arrival, Outside, Shown};
use crate::shadow::{Shadow, Start};

const CHECK: Check = Check::DuplicatesFromDoubtOnly;
/// How long a key is certainly remembered: the window of the key index, without the little that a
/// restless clock moves.
const WINDOW_MS: i64 = sluis_model::DAY - sluis_model::SECOND;

/// A message is about to arrive; `start` is the record that let it go.
pub(crate) fn arrives(
    outside: &Outside,
    shadow: &Shadow,
    id: NotificationId,
    attempt: u16,
    start: &Start,
    findings: &mut Findings,
) {
    let (same, others): (Vec<&Arrival>, Vec<&Arrival>) = outside
        .about(id)
        .partition(|a| a.dispatch.attempt.attempt == attempt);
    for other in others
        .into_iter()
        .filter(|other| other.visit == start.visit)
    {
        let refused = matches!(
            &other.shown,
            Shown::Said(Verdict::Retry { .. } | Verdict::Refused { .. } | Verdict::Barred { .. })
        );
        findings.expect(refused, CHECK, || {
            let number = other.dispatch.attempt.attempt;
            format!("attempt {attempt} of {id} goes out although attempt {number} of the same step showed {:?}", other.shown)
        });
    }
    if same.is_empty() {
        return;
    }
    for other in &same {
        findings.expect(*other.provider == *start.provider, CHECK, || {
            format!(
                "attempt {attempt} of {id} goes out again by {} after {} showed {:?}",
                start.provider, other.provider, other.shown
            )
        });
    }
    let taken = shadow.known.taken.get(&(id, attempt));
    findings.expect(taken.is_none_or(|at| *at > start.sequence), CHECK, || {
        format!("attempt {attempt} of {id} goes out again although it was known to have been taken")
    });
}

/// A record was handed in: whoever fails over because a message came back must have been told so by
/// a provider.
pub(crate) fn decided(outside: &Outside, record: &TenantRecord, findings: &mut Findings) {
    let moved = record.events.iter().find_map(|event| match event {
        Event::StepEntered {
            id,
            cause: Cause::Bounced { .. } | Cause::Blocked { .. },
            ..
        } => Some(*id),
        _ => None,
    });
    let Some(id) = moved else { return };
    let (attempt, honest) = match &record.input {
        Input::Outcome { attempt, .. } | Input::Sent { attempt, .. } => {
            let last = outside
                .about(id)
                .filter(|a| a.dispatch.attempt.attempt == attempt.attempt)
                .last();
            let said = last.map(|arrival| &arrival.shown);
            (
                attempt,
                matches!(
                    said,
                    Some(Shown::Said(Verdict::Refused { .. } | Verdict::Retry { .. }))
                ),
            )
        }
        Input::Receipt(receipt) => {
            let told = outside.told(id, receipt.attempt.attempt);
            (&receipt.attempt, told.iter().copied().any(says_it_failed))
        }
        _ => return,
    };
    findings.expect(honest, CHECK, || {
        format!(
            "{id} fails over after attempt {}, whose provider neither refused it nor sent it back",
            attempt.attempt
        )
    });
}

/// A record was handed in: a key stands for one notification while it is remembered. `shown` is the
/// latest instant that the clock showed before it was set back: what was too old by then is
/// forgotten.
pub(crate) fn keyed(shadow: &Shadow, record: &Record, shown: Timestamp, findings: &mut Findings) {
    let Record::Tenant(TenantRecord {
        tenant,
        input: Input::Notify(body),
        ..
    }) = record
    else {
        return;
    };
    if matches!(body.addressed, Addressed::Part(_)) {
        return;
    }
    let others = shadow
        .known
        .keys
        .get(&(tenant.corporation, body.idempotency.key))
        .into_iter()
        .flatten();
    let at = minted(body.id).max(shown.0);
    let within = others
        .filter(|other| **other != body.id && at - minted(**other) < WINDOW_MS)
        .count();
    findings.expect(within == 0, CHECK, || {
        format!(
            "{} was accepted under a key that already stood for another",
            body.id
        )
    });
}

/// When a notification was admitted, in milliseconds: its key counts from there.
const fn minted(id: NotificationId) -> i64 {
    (id.0 >> 64) as i64 & 0xffff_ffff_ffff
}
