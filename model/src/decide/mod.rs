//! Owns `decide`: one input, one tenant, what follows. Pure and deterministic. Each kind of input
//! has a file of its own; all of them speak through a [`Turn`], which applies every event at once,
//! so a later decision of the same input sees the earlier ones. Refuses effects: the shard derives
//! them from the events.

mod asked;
mod attempt;
mod branch;
mod bundle;
mod cap;
mod close;
mod conflict;
mod fact;
mod group;
mod human;
mod migrate;
mod no_way;
mod notify;
mod planned;
mod receipt;
mod rules;
mod segment;
mod set;
mod steer;
mod step;
mod tenant;
#[cfg(test)]
mod tests;
mod timer;
mod unexplained;
mod wait;
mod way;

pub use human::known_answers;

use crate::answer::Answer;
use crate::event::{Cause, Event};
use crate::evolve::{Applied, FlowBook, evolve, finish};
use crate::flow::{Flow, FlowRef, Step};
use crate::ids::{CorporationId, NotificationId};
use crate::input::Input;
use crate::policy::Policy;
use crate::state::{Open, Tenant};
use crate::time::Timestamp;

/// Most notifications of one tenant that one input moves, so that its record has room for the
/// events: a tenant of an older journal may have more open than one may today. What a fact leaves
/// out meets its rules again before anything is sent.
pub const MOST_AT_ONCE: usize = 2_000;

/// What a decision is made with, besides the tenant's state.
#[derive(Clone, Copy)]
pub struct Situation<'a> {
    /// The engine's clock when the input was taken.
    pub now: Timestamp,
    /// The sequence the record gets.
    pub sequence: u64,
    /// Whose tenant it is.
    pub corporation: CorporationId,
    /// The corporation's number for the tenant.
    pub tenant: &'a str,
    /// Compiled flows.
    pub flows: &'a dyn FlowBook,
    /// Engine-wide settings.
    pub policy: &'a Policy,
}

/// What was decided. No events: nothing changed, and no record is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The events, already applied to the tenant.
    pub events: Vec<Event>,
    /// What ended with them, in the order of their `Ended`.
    #[allow(clippy::vec_box, reason = "they stood in boxes")]
    pub ended: Vec<Box<Open>>,
    /// What the input's sender is told once the record is durable.
    pub answer: Answer,
}

/// Decides what follows from `input` and applies it to `tenant`.
pub fn decide(tenant: &mut Tenant, input: &Input, situation: Situation<'_>) -> Decision {
    let mut turn = Turn {
        tenant,
        input,
        situation,
        events: Vec::new(),
        ended: Vec::new(),
        moves: (NotificationId(0), 0),
        sets: 0,
        seen: 0,
    };
    let answer = turn.take();
    turn.tell_what_was_set();
    turn.ask_the_waiting();
    // What waited may have gone on to a step that sets something.
    turn.tell_what_was_set();
    let answer = turn.with_what_ended(answer);
    let Turn { events, ended, .. } = turn;
    if !events.is_empty() {
        finish(tenant, situation.sequence);
    }
    Decision {
        events,
        ended,
        answer,
    }
}

/// One input being decided.
struct Turn<'a> {
    tenant: &'a mut Tenant,
    input: &'a Input,
    situation: Situation<'a>,
    events: Vec<Event>,
    #[allow(clippy::vec_box, reason = "they stood in boxes")]
    ended: Vec<Box<Open>>,
    /// Steps that the notification at hand has entered.
    moves: (NotificationId, usize),
    /// Facts that were set so far.
    sets: usize,
    /// Those of them that everything open has seen.
    seen: usize,
}

impl<'a> Turn<'a> {
    fn take(&mut self) -> Answer {
        let input = self.input;
        match input {
            Input::Notify(notification) => self.notify(notification),
            Input::PutProfile(supplied) => self.put_profile(supplied),
            Input::Fact(fact) => self.fact(fact),
            Input::Declared(fact) => self.declared_fact(fact),
            Input::Receipt(receipt) => self.receipt(receipt),
            Input::LateReceipt(late) => self.late_receipt(late),
            Input::Timer { id } => self.timer(*id),
            Input::Permit(permit) => self.permit(permit),
            Input::Outcome { attempt, verdict }
            | Input::Sent {
                attempt, verdict, ..
            } => self.outcome(*attempt, verdict),
            Input::Interrupted { attempt } => self.interrupted(*attempt),
            Input::NoWay(no_way) => self.no_way(no_way),
            Input::Cancel { target, note } => self.cancel(target, note),
            Input::Answer {
                id,
                task,
                answer,
                by,
            } => self.answer(*id, *task, (answer, &[]), by),
            Input::TaskAnswered(given) => self.answer(
                given.id,
                given.task,
                (&given.answer, &given.says),
                &given.by,
            ),
            Input::TenantAnswered(given) => self.tenant_answered(given),
            Input::Link { id, pressed } => self.link(*id, *pressed),
            Input::PutHousehold(household) => self.put_household(household),
            Input::InHousehold { household, is_in } => self.in_household(household, *is_in),
            Input::PartNews(news) => self.part_news(news),
            Input::GroupTold { id, stop } => self.group_told(*id, *stop),
            Input::StopPart(stop) => self.stop_part(stop),
            Input::Migrate(order) => Answer::Migration(self.migrate(order)),
        }
    }

    fn emit(&mut self, event: Event) {
        let applied = Applied {
            sequence: self.situation.sequence,
            at: self.situation.now,
            input: self.input,
        };
        self.ended
            .extend(evolve(self.tenant, applied, &event, self.situation.flows));
        self.events.push(event);
    }

    fn now(&self) -> Timestamp {
        self.situation.now
    }

    fn open(&self, id: NotificationId) -> Option<&Open> {
        self.tenant.find(id)
    }

    fn flow(&self, reference: FlowRef) -> Option<&'a Flow> {
        self.situation.flows.flow(reference)
    }

    /// The open notification and its flow.
    fn running(&self, id: NotificationId) -> Option<(&Open, &'a Flow)> {
        let open = self.tenant.find(id)?;
        Some((open, self.situation.flows.flow(open.flow)?))
    }

    /// The open notification, its flow, and the step it stands at.
    fn at_step(&self, id: NotificationId) -> Option<(&Open, &'a Flow, &'a Step)> {
        let (open, flow) = self.running(id)?;
        Some((open, flow, flow.step(open.step)?))
    }

    /// Ends it, or has it close first what it opened.
    fn end(&mut self, id: NotificationId, end: &str, cause: Cause) {
        if self.closes_first(id, end, &cause) {
            return;
        }
        let waited = self.open(id).and_then(|open| self.closing(open));
        let end = waited.as_deref().unwrap_or(end);
        let part = self.tenant.part(id).cloned();
        let told = part.map(|of| (of, cause.clone()));
        self.emit(Event::Ended {
            id,
            end: end.into(),
            cause,
        });
        if let Some((of, cause)) = told {
            self.part_has_ended(&of, id, end, &cause);
        }
    }
}
