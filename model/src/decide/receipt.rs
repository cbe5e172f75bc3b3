//! Owns what evidence from outside does. States only move forward: late, repeated and weak evidence
//! is kept and changes nothing. Refuses to verify: that was done on the raw bytes.

use super::Turn;
use crate::answer::{Answer, ReceiptEffect};
use crate::attempt::{ReceiptKind, Refusal, Why};
use crate::channel::Channel;
use crate::event::{Cause, Event};
use crate::ids::{AttemptRef, NotificationId};
use crate::input::{LateReceipt, Receipt};
use crate::instant;
use crate::point::{Known, PointState, Where, same};
use crate::state::Phase;
use crate::time::Timestamp;

impl Turn<'_> {
    pub(super) fn receipt(&mut self, receipt: &Receipt) -> Answer {
        if receipt.kind == ReceiptKind::Unexplained {
            return self.unexplained(receipt);
        }
        let attempt = receipt.attempt;
        if self.replied(receipt) || self.speaks_of_now(attempt) && self.apply_receipt(receipt) {
            return Answer::Receipt(ReceiptEffect::Applied);
        }
        let sent = self
            .open(attempt.id)
            .and_then(|open| open.sent_to(attempt.attempt))
            .cloned();
        if let (ReceiptKind::BouncedHard, Some(sent)) = (receipt.kind, sent) {
            self.mark_invalid(sent.channel, &sent.address, receipt.occurred_at);
        }
        self.note(receipt);
        Answer::Receipt(ReceiptEffect::Noted)
    }

    /// Evidence about a notification that ended: no flow is there to move. What it says of the
    /// address the attempt went to is true all the same.
    pub(super) fn late_receipt(&mut self, late: &LateReceipt) -> Answer {
        let receipt = &late.receipt;
        match receipt.kind {
            ReceiptKind::BouncedHard => {
                self.mark_invalid(late.channel, &late.address, receipt.occurred_at);
            }
            ReceiptKind::Unexplained => return self.unexplained(receipt),
            ReceiptKind::Accepted
            | ReceiptKind::Delivered
            | ReceiptKind::Delayed
            | ReceiptKind::Failed
            | ReceiptKind::Opened
            | ReceiptKind::Complained
            | ReceiptKind::Replied
            | ReceiptKind::Blocked => {}
        }
        self.note(receipt);
        Answer::Receipt(ReceiptEffect::Noted)
    }

    /// On the record, and nothing more.
    pub(super) fn note(&mut self, receipt: &Receipt) {
        self.emit(Event::ReceiptNoted {
            id: receipt.attempt.id,
            attempt: receipt.attempt.attempt,
            kind: receipt.kind,
        });
    }

    /// A reply to any message of the notification is a trusted answer, also when the flow has gone
    /// on meanwhile.
    fn replied(&mut self, receipt: &Receipt) -> bool {
        let AttemptRef { id, attempt, .. } = receipt.attempt;
        let sent = self
            .open(id)
            .is_some_and(|open| open.sent_to(attempt).is_some());
        if receipt.kind != ReceiptKind::Replied || !sent {
            return false;
        }
        self.emit(Event::LinkUsed { id, pressed: true });
        self.mark_used(id, attempt, receipt.occurred_at.unwrap_or(self.now()));
        self.answered(id);
        true
    }

    /// Whether the receipt is about the attempt the flow is waiting on.
    pub(super) fn speaks_of_now(&self, attempt: AttemptRef) -> bool {
        match self.open(attempt.id).map(|open| &open.phase) {
            Some(
                Phase::Started {
                    attempt: number, ..
                }
                | Phase::InDoubt {
                    attempt: number, ..
                }
                | Phase::Sent {
                    attempt: number, ..
                },
            ) => *number == attempt.attempt,
            // A resend of the same attempt waits for its permit, or for fresher facts: evidence
            // about it counts.
            Some(Phase::Ready { .. } | Phase::Held { .. }) => {
                self.open(attempt.id).is_some_and(|open| {
                    open.doubt().is_some()
                        && open
                            .sent()
                            .last()
                            .is_some_and(|sent| sent.attempt == attempt.attempt)
                })
            }
            // People were asked what became of the very attempt: who says it plainly is heard.
            Some(Phase::Task { asked, .. }) => {
                matches!(asked.cause, Cause::Unexplained { attempt: number, .. } if number == attempt.attempt)
            }
            Some(Phase::Waiting { .. }) | None => false,
        }
    }

    /// `false` when the receipt tells nothing new.
    fn apply_receipt(&mut self, receipt: &Receipt) -> bool {
        let (id, number) = (receipt.attempt.id, receipt.attempt.attempt);
        let phase = self.open(id).map(|open| open.phase.clone());
        // A task about what became of the attempt does not end by what was known before it.
        let taken = matches!(phase, Some(Phase::Sent { .. } | Phase::Task { .. }));
        let known_delivered = matches!(
            phase,
            Some(Phase::Sent {
                delivered_at: Some(_),
                ..
            })
        );
        match receipt.kind {
            // "Delayed" is said by a provider that has it: as good as acceptance where that is not
            // known yet.
            ReceiptKind::Accepted | ReceiptKind::Delayed if !taken => {
                self.emit(Event::AttemptAccepted {
                    id,
                    attempt: number,
                    provider_id: "".into(),
                });
                self.handed_over(id);
            }
            ReceiptKind::Delivered if !known_delivered => {
                self.emit(Event::AttemptDelivered {
                    id,
                    attempt: number,
                });
                // Without a date of its own it is no newer than the provider's acceptance, of which
                // we know the instant.
                let accepted = match phase {
                    Some(Phase::Sent { accepted_at, .. }) => Some(accepted_at),
                    _ => None,
                };
                if let Some(when) = receipt.occurred_at.or(accepted) {
                    self.mark_used(id, number, when);
                }
                self.delivered(id);
            }
            ReceiptKind::BouncedHard if !known_delivered => {
                self.failed(receipt.attempt, Refusal::Address, &reason(receipt), false)
            }
            ReceiptKind::Failed if !known_delivered => {
                self.failed(receipt.attempt, Refusal::Soft, &reason(receipt), false)
            }
            ReceiptKind::Blocked if !known_delivered => {
                self.failed(receipt.attempt, Refusal::Policy, &reason(receipt), false)
            }
            _ => return false,
        }
        true
    }

    /// The tenant answered. What has not left need not leave any more; what is under way goes on
    /// until its outcome is known; what people have stays with them.
    pub(super) fn answered(&mut self, id: NotificationId) {
        self.part_answered(id);
        let Some(open) = self.open(id) else { return };
        if matches!(
            open.phase,
            Phase::Sent { .. } | Phase::Ready { .. } | Phase::Held { .. } | Phase::InDoubt { .. }
        ) {
            self.follow_answer(id);
        }
    }

    /// Follows the step's `answered` handler if the tenant has answered since the step began;
    /// `true` when it was followed.
    pub(super) fn follow_answer(&mut self, id: NotificationId) -> bool {
        let Some((open, _, step)) = self.at_step(id) else {
            return false;
        };
        match &step.on().answered {
            Some(go) if open.answered => self.go(id, go, Cause::Answered),
            _ => return false,
        }
        true
    }

    /// The address of an attempt turned out to be dead at `when`; none: now. That is remembered of
    /// the contact point, also when no list has it any more. Not when something newer is known of
    /// it: a bounce that is told again must not undo what was confirmed since.
    pub(super) fn mark_invalid(
        &mut self,
        channel: Channel,
        address: &str,
        when: Option<Timestamp>,
    ) {
        let when = when.map_or(self.now(), |when| instant::placed(when, self.now()));
        let outdated = |known: &Known| match known.state {
            PointState::Invalid => false,
            PointState::Created | PointState::Validated => known.since < when,
        };
        let marks = self.tenant.known(channel, address).is_none_or(outdated);
        if channel.contact_kind().is_some() && marks {
            self.emit(Event::PointMarked {
                on: Where::On(channel),
                value: address.into(),
                state: PointState::Invalid,
            });
        }
    }

    /// The address of an attempt was seen in use at `when`: if that is later than what made it
    /// dead, it is alive.
    pub(super) fn mark_used(&mut self, id: NotificationId, attempt: u16, when: Timestamp) {
        let Some(sent) = self.open(id).and_then(|open| open.sent_to(attempt)) else {
            return;
        };
        let known = self.tenant.known(sent.channel, &sent.address);
        let dead = known.filter(|known| known.state == PointState::Invalid);
        if dead.is_some_and(|dead| instant::placed(when, self.now()) > dead.since) {
            let (on, value) = (Where::On(sent.channel), sent.address.clone());
            self.emit(Event::PointMarked {
                on,
                value,
                state: PointState::Validated,
            });
        }
    }

    /// As [`Self::mark_used`], for a button whose press does not say by which message it was
    /// reached: it proves an address only when the notification went to no other.
    pub(super) fn mark_only_used(&mut self, id: NotificationId) {
        let sent = self.open(id).map_or(&[][..], |open| open.sent());
        let Some((first, others)) = sent.split_first() else {
            return;
        };
        if others.iter().all(|other| {
            let kind = first.channel.contact_kind();
            other.channel == first.channel
                && kind.is_some_and(|kind| same(kind, &other.address, &first.address))
        }) {
            self.mark_used(id, first.attempt, self.now());
        }
    }
}

pub(super) fn reason(receipt: &Receipt) -> Why {
    receipt
        .why
        .clone()
        .unwrap_or_else(|| Why::new(receipt.kind.name(), ""))
}
