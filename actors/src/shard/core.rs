//! Owns one shard's turn: release what is durable, fire timers, take the inbox in order of urgency,
//! decide, hand the batch to the journal. Deterministic given its inputs, the clock and the
//! journal. Refuses to be woken by itself: the actor around it does that.

use std::sync::Arc;

use sluis_model::{Input, NotificationId, Policy, Timestamp};

use super::brought::Brought;
use super::carry::work::Carry;
use super::checkpoint::taking::Taking;
use super::cost::{Origin, Spent};
use super::effects::{Effect, Effects};
use super::going::Rest;
use super::horizon::Live;
use super::inbox::{Inbox, Internal};
use super::intents::Intents;
use super::message::{Lobby, Message};
use super::pauses::Pauses;
use super::request::{Reply, ShardAnswer, ShardRequest};
use super::schedule::{Schedule, TURN_TIMERS};
use super::settings::ShardSettings;
use super::tenants::Tenants;
use super::unfolding::Follows;
use super::writer::Writer;
use super::written::Written;
use crate::claim::Claim;
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
    /// The settings for decisions of the turn at hand. One for the whole turn: what a record says was decided
    /// under one configuration.
    pub(super) policy: Arc<Policy>,
    pub(super) tenants: Tenants,
    pub(super) schedule: Schedule,
    pub(super) pauses: Pauses,
    pub(super) intents: Intents,
    pub(super) writer: Writer,
    pub(super) effects: Effects,
    pub(super) carry: Carry,
    pub(super) taking: Option<Box<Taking>>,
    pub(super) written: Written,
    pub(super) lobby: Lobby,
    /// What follows at other tenants from the decision at hand.
    pub(super) follows: Vec<Follows>,
    /// Places in the quota for the parts of the group at hand.
    pub(super) places: Vec<Claim>,
    /// Who is put to rest.
    pub(super) rest: Rest,
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
        self.policy = self.settings.policy.get();
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
        let (spent, inbox_left) = self.take_inbox();
        let stranded_left = self.strand();
        self.put_to_rest(spent);
        let carry_left = self.carry(timers_left || inbox_left);
        let checkpoint_left = self.take_checkpoint(timers_left || inbox_left);
        let flushed = self.flush();
        self.release();
        self.tell_routers();
        self.show();
        self.set_alarm();
        let more = timers_left || inbox_left || stranded_left;
        flushed && (more || carry_left || checkpoint_left)
    }

    /// Lets everything leave whose record is durable.
    fn release(&mut self) {
        let durable = self.writer.durable();
        self.effects
            .release(durable, &self.settings, &mut self.intents);
        self.writer.end_durable(durable);
        self.let_rest(durable);
        self.send_for_unread();
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
        self.decide_outcome(outcome, true);
        self.flush();
        true
    }

    /// Whether there may be more that is due.
    fn fire_timers(&mut self) -> bool {
        let most = self.room_to_wait().min(TURN_TIMERS);
        let due = self.schedule.take_due(self.now, most);
        let more = due.len() == TURN_TIMERS;
        for (at, id) in due {
            self.fire(at, id);
        }
        more
    }

    /// Decides on a timer that was taken out of the timer set, if its wait is over.
    pub(super) fn fire(&mut self, due: Timestamp, id: NotificationId) {
        if let Some(located) = self.tenants.locate(id)
            && self.tenants.awake(located.slot).is_none()
        {
            return self.wait_for(located.slot, Message::Timer(due, id));
        }
        let flows = &*self.settings.flows;
        let tenants = &mut self.tenants;
        if self.schedule.is_over(tenants, flows, id, self.now) {
            self.metrics.timer_fired(self.now.since(due));
            self.decide_by_id(id, Input::Timer { id });
        }
    }

    /// Takes as much as one turn may cost. Gives what it did cost, and whether something is left that
    /// can be taken.
    fn take_inbox(&mut self) -> (usize, bool) {
        let inbox = self.settings.inbox().clone();
        let mut done = inbox.done();
        let mut spent = Spent::default();
        while !spent.is_all() {
            if self.writer.is_full() && !self.flush() {
                return (spent.all(), false);
            }
            self.walked = 0;
            let Some(from) = self.take_next(&inbox, &spent) else {
                break;
            };
            spent.count(self.walked, from);
            done.one();
        }
        let left = if self.is_held_up() {
            // What comes from outside waits for what readers bring, and that wakes the shard.
            !inbox.is_empty_inside() || (self.takes_urgent() && inbox.has_urgent())
        } else {
            !inbox.is_empty()
        };
        (spent.all(), left)
    }

    /// Takes one item, the most urgent first; from where it came.
    fn take_next(&mut self, inbox: &Inbox, spent: &Spent) -> Option<Origin> {
        if let Some(item) = inbox.next_internal() {
            self.internal(item);
            return Some(Origin::Intake);
        }
        if let Some(brought) = inbox.next_brought() {
            self.brought(brought);
            return Some(Origin::Business);
        }
        let (request, from) = if !self.is_held_up() {
            spent.next(inbox)?
        } else if self.takes_urgent() {
            (inbox.next_urgent()?, Origin::Urgent)
        } else {
            return None;
        };
        self.request(request);
        Some(from)
    }

    fn internal(&mut self, item: Internal) {
        match item {
            Internal::Grant(grant) => self.grant(grant),
            Internal::Outcome(outcome) => self.decide_outcome(outcome, false),
        }
    }

    fn brought(&mut self, brought: Brought) {
        match brought {
            Brought::Found(found) => self.found(found),
            Brought::Activated(read) => self.activated(*read),
            Brought::Lost(slot, stored, error) => self.lost(slot, stored, &error),
            Brought::Answer(reply, answer) => self.answer(reply, answer),
            Brought::Erased(tenant) => self.erased(&tenant),
        }
    }

    /// Decides on what became of an attempt, and remembers it until its record is handed over: nobody
    /// would send it again.
    /// `recalled`: a failed turn had taken it along.
    pub(super) fn decide_outcome(&mut self, outcome: Outcome, recalled: bool) {
        let id = outcome.attempt.id;
        if let Some(located) = self.tenants.locate(id)
            && self.tenants.awake(located.slot).is_none()
        {
            return self.wait_for(located.slot, Message::Outcome(outcome, recalled));
        }
        if recalled {
            self.decide_by_id(id, outcome.clone().into_input());
            // Not before: one whose decision fails is not tried for ever.
            self.writer.remember(outcome);
        } else {
            self.writer.remember(outcome.clone());
            self.decide_by_id(id, outcome.into_input());
        }
    }

    pub(super) fn request(&mut self, request: ShardRequest) {
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
            ShardRequest::Erase { order, reply } => self.erase(order, reply),
            ShardRequest::Query { query, reply } => self.query(query, reply),
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
        let (known, active) = (self.tenants.tenant_count(), self.tenants.host.active());
        metrics.tenants.set(active as f64);
        metrics.passive.set((known - active) as f64);
        metrics.waiting.set(self.lobby.len() as f64);
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
        self.settings.waker.set_due(due);
    }

    /// What a panic leaves behind: decided, and not handed to the journal.
    #[cfg(any(test, feature = "simulation"))]
    pub(super) fn decide_without_flush(&mut self) {
        self.take_inbox();
    }
}
