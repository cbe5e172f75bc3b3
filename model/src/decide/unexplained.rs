//! Owns what a message does that is certainly about an attempt and that nobody can read: people do.
//! A flow that waits on the attempt waits for them, because the silence after such a message is no
//! sign of arrival. Refuses to ask twice about one attempt.

use super::Turn;
use super::receipt::reason;
use crate::answer::{Answer, ReceiptEffect};
use crate::attempt::{Refusal, Why};
use crate::event::{Cause, Event};
use crate::ids::{AttemptRef, NotificationId};
use crate::input::Receipt;
use crate::state::Phase;

/// The answer of somebody who read that the message arrived.
pub(super) const ARRIVED: &str = "arrived";
/// The answer of somebody who read that it did not.
pub(super) const BOUNCED: &str = "bounced";

impl Turn<'_> {
    pub(super) fn unexplained(&mut self, receipt: &Receipt) -> Answer {
        let AttemptRef { id, attempt, .. } = receipt.attempt;
        let open = self.open(id);
        if open.is_some_and(|open| open.asked_about(attempt)) {
            self.note(receipt);
            return Answer::Receipt(ReceiptEffect::Noted);
        }
        let waited_for = self.speaks_of_now(receipt.attempt);
        let why = reason(receipt);
        self.emit(Event::Unexplained {
            id,
            attempt,
            why: why.clone(),
        });
        if waited_for {
            self.ask_people(id, attempt, why);
        }
        Answer::Receipt(ReceiptEffect::Unexplained)
    }

    fn ask_people(&mut self, id: NotificationId, attempt: u16, why: Why) {
        let Some((open, flow)) = self.running(id) else {
            return;
        };
        if !matches!(open.phase, Phase::Sent { .. }) {
            // Whoever writes about it had it: it left, whatever our side of the connection saw.
            self.emit(Event::AttemptAccepted {
                id,
                attempt,
                provider_id: "".into(),
            });
        }
        self.open_task(id, &flow.fallback_list, Cause::Unexplained { attempt, why });
    }

    /// Somebody read the message: what it was about arrived. The flow goes on as after any delivery.
    pub(super) fn read_as_arrived(&mut self, id: NotificationId, attempt: u16) {
        self.emit(Event::AttemptDelivered { id, attempt });
        self.delivered(id);
    }

    /// Somebody read the message: what it was about did not arrive. The address may be fine.
    pub(super) fn read_as_bounced(&mut self, id: NotificationId, attempt: u16, by: &str) {
        let Some(step) = self.open(id).map(|open| open.step) else {
            return;
        };
        let attempt = AttemptRef { id, step, attempt };
        let why = Why::new("read", &format!("{by} read that it did not arrive"));
        self.failed(attempt, Refusal::Soft, &why, false);
    }
}
