//! Promise 4, escalations are not lost: whenever nothing is under way, no wait is overdue, none ended
//! early or began late, and every bounce that was acknowledged has moved its flow. Refuses the shards' timers: it looks at
//! the instants in the records.

use std::collections::BTreeSet;

use sluis_model::{AttemptRef, Cause, Event, Input, Phase, ReceiptKind, TenantRecord, Timestamp};

use super::{Check, Findings};
use crate::shadow::Shadow;

const CHECK: Check = Check::EscalationKept;
/// How far a restless clock may have gone back within a turn.
const RESTLESS_MS: i64 = 20;

/// Bounces whose senders were told that they were taken.
#[derive(Debug, Default)]
pub(crate) struct Escalations {
    acknowledged: BTreeSet<AttemptRef>,
}

impl Escalations {
    /// A provider was told.
    pub(crate) fn acknowledged(&mut self, attempt: AttemptRef, kind: ReceiptKind) {
        if says_it_failed(kind) {
            self.acknowledged.insert(attempt);
        }
    }

    /// A record is handed in; the shadow does not have it yet. A bounce of the message the flow
    /// waits on moves it. `first`: the oldest record that its shard keeps.
    pub(crate) fn decided(
        (first, record): (u64, &TenantRecord),
        shadow: &Shadow,
        now: Timestamp,
        findings: &mut Findings,
    ) {
        Self::in_time(record, shadow, now, findings);
        Self::dated(record, now, findings);
        Self::not_silent(record, shadow, findings);
        Self::late(first, record, shadow, findings);
        let Input::Receipt(receipt) = &record.input else {
            return;
        };
        if !says_it_failed(receipt.kind) || !waits_on(shadow, receipt.attempt) {
            return;
        }
        let moved = |event: &Event| match event {
            Event::StepEntered { id, cause, .. }
            | Event::Ended { id, cause, .. }
            | Event::TaskOpened { id, cause, .. } => {
                *id == receipt.attempt.id && !matches!(cause, Cause::Accepted)
            }
            _ => false,
        };
        findings.expect(record.events.iter().any(moved), CHECK, || {
            format!(
                "the bounce of attempt {} of {} led nowhere",
                receipt.attempt.attempt, receipt.attempt.id
            )
        });
    }

    /// Silence is no arrival behind a message that nobody could read: then people are asked, once
    /// for each attempt, and no timer settles what was sent.
    fn not_silent(record: &TenantRecord, shadow: &Shadow, findings: &mut Findings) {
        for event in &record.events {
            let asked = |id, attempt| {
                shadow
                    .open(id)
                    .is_some_and(|open| open.asked_about(attempt))
            };
            let fault = match event {
                Event::Unexplained { id, attempt, .. } => asked(*id, *attempt),
                Event::StepEntered {
                    id,
                    cause: Cause::Settled,
                    ..
                }
                | Event::Ended {
                    id,
                    cause: Cause::Settled,
                    ..
                } => match shadow.open(*id).map(|open| &open.phase) {
                    // What people read as arrived may settle.
                    Some(Phase::Sent {
                        attempt,
                        delivered_at: None,
                        ..
                    }) => asked(*id, *attempt),
                    _ => false,
                },
                _ => false,
            };
            findings.expect(!fault, CHECK, || {
                format!("after a message that nobody could read: {event:?}")
            });
        }
    }

    /// A message that came back after its notification had ended marks the address it went to, and
    /// no other.
    fn late(first: u64, record: &TenantRecord, shadow: &Shadow, findings: &mut Findings) {
        let (attempt, address) = match &record.input {
            Input::LateReceipt(late) => (late.receipt.attempt, Some(&late.address)),
            Input::Receipt(receipt)
                if receipt.kind == ReceiptKind::BouncedHard
                    && shadow.open(receipt.attempt.id).is_none() =>
            {
                (receipt.attempt, None)
            }
            _ => return,
        };
        let start = shadow.known.starts.get(&(attempt.id, attempt.attempt));
        let went = start.map(|start| &start.address);
        // Where it went stands in its record, as long as that is kept.
        let forgotten = address.is_none() && start.is_some_and(|start| start.sequence < first);
        findings.expect(went == address || forgotten, CHECK, || {
            format!(
                "attempt {} of {} came back late: it went to {went:?}, and {address:?} is marked",
                attempt.attempt, attempt.id
            )
        });
    }

    /// What a timer moved was due, by the clock that everybody sees.
    fn in_time(record: &TenantRecord, shadow: &Shadow, now: Timestamp, findings: &mut Findings) {
        let Input::Timer { id } = record.input else {
            return;
        };
        let due = shadow.open(id).and_then(|open| open.due());
        let early = due.filter(|due| !record.events.is_empty() && *due > now.plus(RESTLESS_MS));
        findings.expect(early.is_none(), CHECK, || {
            format!(
                "the wait of {id} ended {} ms early",
                due.unwrap_or(now).since(now)
            )
        });
    }

    /// A record is dated when it is decided, not later: what begins to wait in it would end late.
    fn dated(record: &TenantRecord, now: Timestamp, findings: &mut Findings) {
        let ahead = record.at.since(now);
        findings.expect(ahead <= RESTLESS_MS, CHECK, || {
            format!(
                "what begins to wait for {:?} ends {ahead} ms late",
                record.tenant
            )
        });
    }

    /// When nothing is under way at `now`.
    pub(crate) fn settled(&self, shadow: &Shadow, now: Timestamp, findings: &mut Findings) {
        for (_, open) in shadow.all_open() {
            // In line already, only its expiry is left to wait for.
            let due = match open.phase {
                Phase::Ready { not_before, .. } if not_before <= now => open.expires_at,
                _ => open.due(),
            };
            let overdue = due.is_some_and(|due| due <= now);
            findings.expect(!overdue, CHECK, || {
                let late = now.since(due.unwrap_or(now));
                format!(
                    "the wait of {} in {} ended {late} ms ago and nothing happened",
                    open.id,
                    open.phase.name()
                )
            });
        }
        for attempt in &self.acknowledged {
            findings.expect(!waits_on(shadow, *attempt), CHECK, || {
                format!(
                    "the bounce of attempt {} of {} was acknowledged and moved nothing",
                    attempt.attempt, attempt.id
                )
            });
        }
    }
}

/// Whether a provider says that the message did not arrive, and will not.
pub(crate) const fn says_it_failed(kind: ReceiptKind) -> bool {
    matches!(
        kind,
        ReceiptKind::BouncedHard | ReceiptKind::Failed | ReceiptKind::Blocked
    )
}

/// Whether the flow waits for news of this very attempt: it is under way, in doubt, or taken and
/// not delivered.
fn waits_on(shadow: &Shadow, attempt: AttemptRef) -> bool {
    let Some(open) = shadow.open(attempt.id) else {
        return false;
    };
    match open.phase {
        Phase::Started {
            attempt: number, ..
        }
        | Phase::InDoubt {
            attempt: number, ..
        }
        | Phase::Sent {
            attempt: number,
            delivered_at: None,
            ..
        } => number == attempt.attempt,
        // In doubt, and waiting to be sent again.
        Phase::Ready { .. } | Phase::Held { .. } => {
            open.doubt().is_some()
                && open
                    .sent()
                    .last()
                    .is_some_and(|sent| sent.attempt == attempt.attempt)
        }
        Phase::Waiting { .. } | Phase::Sent { .. } | Phase::Task { .. } => false,
    }
}
