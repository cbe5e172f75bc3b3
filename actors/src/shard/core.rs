//! Owns one shard's turn: release what is durable, fire timers, take the inbox in order of urgency,
//! decide, hand the batch to the journal. Deterministic given its inputs, the clock and the
//! journal. Refuses to be woken by itself: the actor around it does that.

use sluis_model::{Input, Timestamp};

use super::carry::work::Carry;
use super::cost::Spent;
use super::effects::{Effect, Effects};
use super::horizon::Live;
use super::inbox::{Inbox, Internal};
use super::intents::Intents;
use super::pauses::Pauses;
use super::request::{Reply, ShardAnswer, ShardRequest};
use super::schedule::{Schedule, TURN_TIMERS};
use super::settings::ShardSettings;
use super::tenants::Tenants;
use super::writer::Writer;
use crate::dispatch::Outcome;
use crate::telemetry::ShardMetrics;

/// Retry of what met a full line, in milliseconds: parts of an intent at an inbox, a batch at the
/// journal.
const AGAIN_MS: i64 = 10;

/// One shard: its tenants, and what its turn needs to decide and to write.
pub struct ShardCore {
    pub(super) settings: ShardSettings,
    /// The instant of the turn at hand. One for the whole turn: a clock that is set back must not
    /// make a timer that was taken from the timer set as due early again, for then nothing would come
    /// back to it.
    pub(super) now: Timestamp,
    pub(super) tenants: Tenants,
    pub(super) schedule: Schedule,
    pub(super) pauses: Pauses,
    pub(super) intents: Intents,
    pub(super) writer: Writer,
    pub(super) effects: Effects,
    pub(super) carry: Carry,
    /// Open notifications that the item at hand has looked at.
    pub(super) walked: usize,
    pub(super) metrics: ShardMetrics,
}

impl std::fmt::Debug for ShardCore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShardCore")
            .field("shard", &self.settings.shard)
            .field("appended", &self.writer.appended())
            .finish_non_exhaustive()
    }
}

impl ShardCore {
    /// One turn. `true` when there is more to do at once.
    pub fn turn(&mut self) -> bool {
        self.now = self.settings.clock.now();
        self.release();
        if !self.flush() {
            // The journal takes no more for now: until it does, nothing is decided.
            self.set_alarm();
            return false;
        }
        if self.recall() {
            return true;
        }
        let timers_left = self.fire_timers();
        self.intents.drive(&self.settings.inboxes);
        let inbox_left = self.take_inbox();
        let stranded_left = self.strand();
        let carry_left = self.carry(timers_left || inbox_left);
        let flushed = self.flush();
        self.release();
        self.tell_routers();
        self.show();
        self.set_alarm();
        flushed && (timers_left || inbox_left || stranded_left || carry_left)
    }

    /// Lets everything leave whose record is durable.
    fn release(&mut self) {
        let durable = self.writer.durable();
        self.effects
            .release(durable, &self.settings, &mut self.intents);
        self.writer.end_durable(durable);
    }

    /// Hands the batch to the journal; `false` when it takes no more for now.
    fn flush(&mut self) -> bool {
        self.writer.flush(&self.metrics)
    }

    /// Decides on one outcome that a failed turn had taken with it; alone, so that one that fails
    /// again takes no other with it.
    fn recall(&mut self) -> bool {
        let Some(outcome) = self.writer.recall() else {
            return false;
        };
        self.outcome(outcome.clone());
        // Not before: one whose decision fails is not tried for ever.
        self.writer.remember(outcome);
        self.flush();
        true
    }

    /// Whether there may be more that is due.
    fn fire_timers(&mut self) -> bool {
        let due = self.schedule.take_due(self.now);
        let more = due.len() == TURN_TIMERS;
        for (at, id) in due {
            let flows = &*self.settings.flows;
            if self
                .schedule
                .is_over(&mut self.tenants, flows, id, self.now)
            {
                self.metrics.timer_fired(self.now.since(at));
                self.decide_by_id(id, Input::Timer { id }, Reply::nobody());
            }
        }
        more
    }

    /// Takes as much as one turn may cost; whether something is left.
    fn take_inbox(&mut self) -> bool {
        let inbox = self.settings.inbox().clone();
        let mut done = inbox.done();
        let mut spent = Spent::default();
        while !spent.is_all() {
            if self.writer.is_full() && !self.flush() {
                return false;
            }
            self.walked = 0;
            let Some(business) = self.take_next(&inbox, &spent) else {
                break;
            };
            spent.count(self.walked, business);
            done.one();
        }
        !inbox.is_empty()
    }

    /// Takes one item, the most urgent first; whether it was business.
    fn take_next(&mut self, inbox: &Inbox, spent: &Spent) -> Option<bool> {
        if let Some(item) = inbox.next_internal() {
            self.internal(item);
            return Some(false);
        }
        if let Some(found) = inbox.next_found() {
            self.found(found);
            return Some(true);
        }
        let (request, business) = spent.next(inbox)?;
        self.request(request);
        Some(business)
    }

    fn internal(&mut self, item: Internal) {
        match item {
            Internal::Grant(grant) => self.grant(grant),
            Internal::Outcome(outcome) => {
                self.writer.remember(outcome.clone());
                self.outcome(outcome);
            }
        }
    }

    fn outcome(&mut self, outcome: Outcome) {
        let id = outcome.attempt.id;
        self.decide_by_id(id, outcome.into_input(), Reply::nobody());
    }

    fn request(&mut self, request: ShardRequest) {
        match request {
            ShardRequest::Input {
                tenant,
                input,
                reply,
                claim,
            } => self.input(tenant, input, reply, claim),
            ShardRequest::ById {
                corporation,
                id,
                input,
                reply,
            } => self.by_id(corporation, id, input, reply),
            ShardRequest::Part { work, reply } => self.part(&work, reply),
            ShardRequest::Control { control, reply } => self.control(control, reply),
            ShardRequest::Intent { work, reply } => self.open_intent(work, reply),
            ShardRequest::IntentFinished {
                intent,
                answers,
                reply,
            } => self.finish_intent(intent, answers, reply),
            ShardRequest::GiveUp(given_up) => self.give_up(&given_up),
            ShardRequest::Query { query, reply } => self.query(&query, reply),
        }
    }

    /// Answers once everything decided so far is durable.
    pub(super) fn answer(&mut self, reply: Reply, answer: ShardAnswer) {
        let last = self.writer.last();
        self.effects.push(last, Effect::Answer(reply, answer));
    }

    /// Whether everything handed to the journal is durable.
    pub(super) fn is_settled(&self) -> bool {
        self.writer.is_settled()
    }

    /// Shows in the metrics how much there is.
    fn show(&self) {
        let (metrics, schedule) = (&self.metrics, &self.schedule);
        metrics.open.set(self.tenants.open_count() as f64);
        metrics.tenants.set(self.tenants.tenant_count() as f64);
        metrics.timers.set(schedule.timers() as f64);
        metrics.parked.set(schedule.ready.parked() as f64);
        metrics.undurable.set(self.effects.len() as f64);
        self.settings.horizon.show(Live {
            tenants: self.tenants.tenant_count() as u64,
            open: self.tenants.open_count() as u64,
        });
        for (gauge, lane) in metrics.ready.iter().zip(sluis_model::Lane::ALL) {
            gauge.set(schedule.ready.depth(lane) as f64);
        }
    }

    fn set_alarm(&self) {
        // A batch that was refused is tried again by the clock: the journal wakes only those whose
        // own records became durable, and what fills its queue may be others' alone.
        let refused = self.intents.has_more() || self.writer.has_more() || self.carry.is_stalled();
        let again = if refused {
            self.now.plus(AGAIN_MS)
        } else {
            Timestamp::NEVER
        };
        let due = self.schedule.next_due().min(again);
        self.settings.bell.set_due(due);
    }

    /// What a panic leaves behind: decided, and not handed to the journal.
    #[cfg(any(test, feature = "simulation"))]
    pub(super) fn decide_without_flush(&mut self) {
        self.take_inbox();
    }
}
