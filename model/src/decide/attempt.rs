//! Owns the life of an attempt: leave to start, its outcome, doubt. Every attempt, retries too,
//! passes the guards and stop rules again. Refuses to fail over an attempt in doubt.

use super::Turn;
use super::rules::Guarded;
use crate::answer::Answer;
use crate::attempt::{Barred, OnDoubt, Refusal, Verdict, Why};
use crate::channel::Channel;
use crate::event::{Cause, Choice, Event};
use crate::ids::{AttemptRef, NotificationId};
use crate::input::{Input, Permit};
use crate::policy::withdrawn_delay_ms;
use crate::state::Phase;
use crate::time::Timestamp;

/// How long an attempt in doubt waits before it is sent again: a provider that has just dropped us
/// is not asked at once.
const RESEND_AFTER_MS: i64 = 1_000;
/// Deaths of the process in a row that an attempt may be under way at. At the last one people get
/// it: it may be what ends the process, and would at every start.
pub(crate) const MOST_INTERRUPTIONS: u8 = 3;
/// Over how long the attempts go again that were under way at more than one death: one after the
/// other, so that one that ends the process does not take the same ones with it each time.
const SPREAD_MS: i64 = 30_000;

/// How long an attempt in doubt waits before it is sent again, after `interruptions` deaths of the
/// process in a row.
fn resend_after_ms(interruptions: u8, attempt: AttemptRef) -> i64 {
    let spread = if interruptions > 1 {
        SPREAD_MS * i64::from(attempt.token().0[0]) / 255
    } else {
        0
    };
    RESEND_AFTER_MS + spread
}

impl Turn<'_> {
    pub(super) fn permit(&mut self, permit: &Permit) -> Answer {
        let id = permit.id;
        let Some(open) = self.open(id) else {
            return Answer::Done;
        };
        let Phase::Ready {
            channel,
            choice,
            pinned,
            ..
        } = &open.phase
        else {
            return Answer::Done;
        };
        if *channel != permit.channel || pinned.as_ref().is_some_and(|p| *p != permit.provider) {
            return Answer::Done;
        }
        let (choice, pinned) = (*choice, pinned.clone());
        if open.expires_at.is_some_and(|at| at <= self.now()) {
            self.end(id, "expired", Cause::Expired);
        } else if !self.stopped(id)
            && let Guarded::Passed(passed) = self.guarded(id)
        {
            match pinned {
                Some(_) => self.resend(permit, choice, passed),
                None => self.start(permit, passed),
            }
        }
        Answer::Done
    }

    fn start(&mut self, permit: &Permit, passed: Vec<crate::flow::Seen>) {
        let id = permit.id;
        // Who the tenant is may have become known while the message waited.
        if self.people_first(id) {
            return;
        }
        let Some(way) = self.way(id) else {
            return self.unreachable(id);
        };
        if way.channel != permit.channel {
            let not_before = self.now();
            return self.emit(Event::Ready {
                id,
                channel: way.channel,
                choice: way.choice,
                pinned: None,
                not_before,
            });
        }
        if let Some(found) = self.conflict(id) {
            return self.give_way(id, &way, found);
        }
        if let Some(capped) = self.over_cap(id) {
            return self.hold_back(id, &way, capped);
        }
        // The allow-list is of tenants.
        let asks_machine = way.channel == Channel::Machine;
        if !asks_machine && !self.situation.policy.may_reach(&way.address) {
            return self.end(id, "not allow-listed", Cause::NotAllowListed);
        }
        let attempt = self
            .open(id)
            .map_or(1, |open| open.attempts().saturating_add(1));
        self.tell_steering(id, Some(&permit.provider));
        self.emit_started(permit, attempt, way.address, way.choice, passed, false);
    }

    /// The same attempt again: same number, same address, same provider, so that the provider may
    /// recognise it.
    fn resend(&mut self, permit: &Permit, choice: Choice, passed: Vec<crate::flow::Seen>) {
        let Some(last) = self.open(permit.id).and_then(|open| open.sent().last()) else {
            return;
        };
        let (attempt, address) = (last.attempt, last.address.clone());
        self.emit_started(permit, attempt, address, choice, passed, true);
    }

    fn emit_started(
        &mut self,
        permit: &Permit,
        attempt: u16,
        address: Box<str>,
        choice: Choice,
        passed: Vec<crate::flow::Seen>,
        resend: bool,
    ) {
        self.emit(Event::AttemptStarted {
            id: permit.id,
            attempt,
            channel: permit.channel,
            provider: permit.provider.clone(),
            address,
            on_doubt: permit.on_doubt,
            choice,
            passed,
            resend,
        });
        self.count_contact(permit.id);
        if resend {
            self.vary_again(permit.id);
        } else {
            self.vary(permit.id);
        }
    }

    pub(super) fn outcome(&mut self, attempt: AttemptRef, verdict: &Verdict) -> Answer {
        let id = attempt.id;
        let current = match self.open(id).map(|open| &open.phase) {
            Some(Phase::Started {
                attempt: number, ..
            }) => *number == attempt.attempt,
            _ => false,
        };
        if !current {
            self.note_outcome(attempt, verdict);
            return Answer::Done;
        }
        if self.is_closing(id) && self.closes_after(attempt, verdict) {
            return Answer::Done;
        }
        let number = attempt.attempt;
        match verdict {
            Verdict::Accepted { provider_id } => {
                self.emit(Event::AttemptAccepted {
                    id,
                    attempt: number,
                    provider_id: provider_id.clone(),
                });
                self.handed_over(id);
            }
            Verdict::Delivered { .. } => {
                self.emit(Event::AttemptDelivered {
                    id,
                    attempt: number,
                });
                self.mark_used(id, number, self.now());
                self.delivered(id);
            }
            Verdict::Retry { after_ms, why } => {
                self.deferred(attempt, *after_ms, why, Refusal::Soft)
            }
            Verdict::Refused { class, why } => self.failed(attempt, *class, why, false),
            Verdict::InDoubt { why } => self.in_doubt(attempt, why),
            Verdict::Withdrawn { why } => self.withdrawn(attempt, why),
            Verdict::Barred { what, why } => self.barred(attempt, *what, why),
        }
        Answer::Done
    }

    /// Whether it only waited for this outcome to close what it had opened.
    fn closes_after(&mut self, attempt: AttemptRef, verdict: &Verdict) -> bool {
        let is_there = self
            .running(attempt.id)
            .is_some_and(|(open, flow)| flow.is_closing_step(open.step));
        if is_there {
            return false;
        }
        self.note_outcome(attempt, verdict);
        self.closes_now(attempt.id)
    }

    fn note_outcome(&mut self, attempt: AttemptRef, verdict: &Verdict) {
        let why = match verdict {
            Verdict::Accepted { .. } | Verdict::Delivered { .. } => Why::new(verdict.name(), ""),
            Verdict::Retry { why, .. }
            | Verdict::Refused { why, .. }
            | Verdict::InDoubt { why }
            | Verdict::Withdrawn { why }
            | Verdict::Barred { why, .. } => why.clone(),
        };
        self.emit(Event::OutcomeNoted {
            id: attempt.id,
            attempt: attempt.attempt,
            why,
        });
    }

    /// After acceptance: a step that listens to nothing more is over.
    pub(super) fn handed_over(&mut self, id: NotificationId) {
        if self.follow_answer(id) {
            return;
        }
        let Some((_, _, step)) = self.at_step(id) else {
            return;
        };
        let on = step.on();
        if on.unanswered.is_none() && on.settled.is_none() && on.delivered.is_none() {
            self.end(id, "sent", Cause::HandedOver);
        }
    }

    /// After delivery: follows the handler; a step that listens to nothing more is over.
    pub(super) fn delivered(&mut self, id: NotificationId) {
        if self.follow_answer(id) {
            return;
        }
        let Some((_, _, step)) = self.at_step(id) else {
            return;
        };
        let on = step.on();
        match &on.delivered {
            Some(go) => self.go(id, go, Cause::Delivered),
            None if on.unanswered.is_none() && on.settled.is_none() => {
                self.end(id, "delivered", Cause::Delivered)
            }
            None => {}
        }
    }

    /// The provider takes nothing from our account: the message waits as long as for any "not now",
    /// and then people get it. Another channel would only hide it, and may cost money. A sender that
    /// is barred is one corporation's.
    fn barred(&mut self, attempt: AttemptRef, what: Barred, why: &Why) {
        match what {
            Barred::Account if self.waited_too_long(attempt.id) => self.given_up(attempt, why),
            Barred::Account => self.withdrawn(attempt, why),
            Barred::Sender => self.deferred(attempt, None, why, Refusal::Ours),
        }
    }

    /// Whether the step's first attempt began longer ago than a message waits for "later".
    fn waited_too_long(&self, id: NotificationId) -> bool {
        let since = self
            .open(id)
            .map_or(Timestamp::NEVER, |open| open.tries().since);
        let most = self.situation.policy.retry.give_up_ms;
        since != Timestamp::NEVER && self.now().since(since) >= most
    }

    /// Nothing left, and nothing will until somebody mends the account.
    fn given_up(&mut self, attempt: AttemptRef, why: &Why) {
        let id = attempt.id;
        let Some((_, flow)) = self.running(id) else {
            return;
        };
        self.emit(Event::AttemptWithdrawn {
            id,
            attempt: attempt.attempt,
            why: why.clone(),
        });
        if !self.follow_answer(id) {
            let why = why.clone();
            self.open_task(id, &flow.fallback_list, Cause::CannotSend { why });
        }
    }

    /// Not now. `class`: what it counts as when it has been so for too long.
    fn deferred(&mut self, attempt: AttemptRef, after_ms: Option<u64>, why: &Why, class: Refusal) {
        let id = attempt.id;
        let Some((open, flow)) = self.running(id) else {
            return;
        };
        let retry = self.situation.policy.retry;
        let first = open.tries().since;
        let elapsed = if first == Timestamp::NEVER {
            0
        } else {
            self.now().since(first)
        };
        let (exhausted, in_doubt) = (
            retry.exhausted(open.tries().retried, elapsed),
            open.doubt().is_some(),
        );
        if exhausted && !in_doubt {
            return self.failed(attempt, class, why, true);
        }
        let (delay, channel) = (
            retry.delay_ms(open.tries().retried, after_ms, attempt),
            self.channel_of(attempt),
        );
        self.emit(Event::AttemptDeferred {
            id,
            attempt: attempt.attempt,
            why: why.clone(),
        });
        if exhausted {
            // The first try may have arrived: people decide, not the next channel.
            return self.open_task(id, &flow.fallback_list, Cause::DoubtTooLong);
        }
        self.again(id, channel, delay);
    }

    fn withdrawn(&mut self, attempt: AttemptRef, why: &Why) {
        let id = attempt.id;
        let delay = self
            .open(id)
            .map_or(0, |open| withdrawn_delay_ms(open.tries().withdrawn));
        let channel = self.channel_of(attempt);
        self.emit(Event::AttemptWithdrawn {
            id,
            attempt: attempt.attempt,
            why: why.clone(),
        });
        self.again(id, channel, delay);
    }

    fn channel_of(&self, attempt: AttemptRef) -> Option<Channel> {
        self.open(attempt.id)?
            .sent_to(attempt.attempt)
            .map(|sent| sent.channel)
    }

    /// Back in line, over the channel the attempt used; through the same provider while its outcome
    /// is in doubt. Not when the tenant has answered meanwhile: then there is nothing left to send.
    fn again(&mut self, id: NotificationId, channel: Option<Channel>, delay_ms: i64) {
        let Some(channel) = channel else { return };
        if self.follow_answer(id) {
            return;
        }
        let Some(open) = self.open(id) else { return };
        let (pinned, choice, not_before) = (
            open.doubt().map(Box::from),
            self.choice_of(id, channel),
            self.now().plus(delay_ms),
        );
        self.emit(Event::Ready {
            id,
            channel,
            choice,
            pinned,
            not_before,
        });
    }

    pub(super) fn failed(
        &mut self,
        attempt: AttemptRef,
        class: Refusal,
        why: &Why,
        exhausted: bool,
    ) {
        let id = attempt.id;
        let Some((open, flow)) = self.running(id) else {
            return;
        };
        let sent = open.sent_to(attempt.attempt).cloned();
        self.emit(Event::AttemptFailed {
            id,
            attempt: attempt.attempt,
            class,
            why: why.clone(),
            exhausted,
        });
        if let (Refusal::Address, Some(sent)) = (class, sent) {
            let when = match self.input {
                Input::Receipt(receipt) => receipt.occurred_at,
                _ => None,
            };
            self.mark_invalid(sent.channel, &sent.address, when);
        }
        match class {
            Refusal::Ours | Refusal::Unsendable => self.cannot_send(id, &flow.fallback_list, why),
            Refusal::Policy => self.bounced(id, Cause::Blocked { why: why.clone() }),
            Refusal::Address | Refusal::Soft => {
                self.bounced(id, Cause::Bounced { why: why.clone() })
            }
        }
    }

    /// The channel cannot carry the message, for a reason of ours: the step's next way, else as if
    /// it had bounced.
    fn cannot_send(&mut self, id: NotificationId, fallback_list: &str, why: &Why) {
        if self.open(id).is_some_and(|open| open.doubt().is_some()) {
            // The first try may have arrived: people decide, not the next channel.
            return self.open_task(id, fallback_list, Cause::OurMistake { why: why.clone() });
        }
        if self.follow_answer(id) {
            return;
        }
        match self.way(id) {
            Some(_) => self.seek_permit(id),
            None => self.bounced(id, Cause::CannotSend { why: why.clone() }),
        }
    }

    fn in_doubt(&mut self, attempt: AttemptRef, why: &Why) {
        let id = attempt.id;
        let Some((open, flow)) = self.running(id) else {
            return;
        };
        let Phase::Started {
            provider, on_doubt, ..
        } = &open.phase
        else {
            return;
        };
        let (provider, on_doubt) = (provider.clone(), *on_doubt);
        let until = self.now().plus(flow.hold_for_ms);
        self.emit(Event::AttemptInDoubt {
            id,
            attempt: attempt.attempt,
            provider,
            why: why.clone(),
            until,
        });
        let times = self
            .open(id)
            .and_then(|open| open.tried.as_deref())
            .map_or(0, |tried| tried.interrupted);
        if times >= MOST_INTERRUPTIONS {
            if !self.follow_answer(id) {
                self.open_task(id, &flow.fallback_list, Cause::Interrupted { times });
            }
            return;
        }
        match on_doubt {
            OnDoubt::Resend => self.again(
                id,
                self.channel_of(attempt),
                resend_after_ms(times, attempt),
            ),
            OnDoubt::Hold => drop(self.follow_answer(id)),
        }
    }

    pub(super) fn interrupted(&mut self, attempt: AttemptRef) -> Answer {
        let started = match self.open(attempt.id).map(|open| &open.phase) {
            Some(Phase::Started {
                attempt: number, ..
            }) => *number == attempt.attempt,
            _ => false,
        };
        if started {
            let why = Why::new(
                "interrupted",
                "the process ended while the attempt was under way",
            );
            let in_doubt = Verdict::InDoubt { why: why.clone() };
            if !(self.is_closing(attempt.id) && self.closes_after(attempt, &in_doubt)) {
                self.in_doubt(attempt, &why);
            }
        }
        Answer::Done
    }
}
