//! Owns the lobby in front of a shard's tenants: a message for a passive one waits here, in the
//! order of the shard, until its state is there; others are not held up. The first message sends a
//! reader beside the arbiters for the state, and what comes back goes through the shard's inbox. For
//! an urgent notification the reader goes first.
//! Refuses to read on an arbiter, and to let a message for a tenant pass those that came before it.

use sluis_model::{CorporationId, NotificationId};

use super::activation::Activation;
use super::brought::{Activated, LostState};
use super::core::ShardCore;
use super::cost::WALKED_FOR_ONE;
use super::message::Message;
use super::place::Slot;
use super::request::Query;
use super::tenants::Located;

/// Messages that wait for passive tenants before the shard takes in no more: what one turn may cost,
/// so that a tenant who comes back with all of them holds the others up for no longer than that.
/// Outcomes, permits and what readers bring are taken on: they are bounded where they come from.
const MOST_WAITING: usize = super::cost::TURN_WORK;
/// Urgent notifications that are taken in beyond that.
const MOST_URGENT: usize = MOST_WAITING / 4;

impl ShardCore {
    /// Whether the shard takes nothing more in for now: too much waits for passive tenants.
    pub(super) fn is_held_up(&self) -> bool {
        self.lobby.len() >= MOST_WAITING
    }

    /// Whether urgent notifications are taken in although too much waits for passive tenants.
    pub(super) fn takes_urgent(&self) -> bool {
        self.lobby.len() < MOST_WAITING + MOST_URGENT
    }

    /// How many messages may come that find their tenants passive.
    pub(super) fn room_to_wait(&self) -> usize {
        MOST_WAITING.saturating_sub(self.lobby.len())
    }

    /// The passive tenant for whom a question about this notification must wait. One that is not
    /// open may be about to come in: then it waits behind it.
    pub(super) fn asleep(
        &self,
        corporation: CorporationId,
        id: NotificationId,
        located: Option<Located>,
    ) -> Option<Slot> {
        let Some(Located { slot, .. }) = located else {
            return self.arriving(id);
        };
        let theirs = self.tenants.corporation(slot) == corporation;
        (theirs && self.tenants.awake(slot).is_none()).then_some(slot)
    }

    /// The tenant whose notification this is, if it waits to be taken in.
    fn arriving(&self, id: NotificationId) -> Option<Slot> {
        if self.lobby.len() == 0 {
            return None;
        }
        self.lobby.waiting.find(|message| message.brings(id))
    }

    /// The passive tenant whose state a question needs.
    pub(super) fn asleep_for(&self, query: &Query) -> Option<Slot> {
        match query {
            Query::Tenant(key) => self.tenants.find(key).err(),
            Query::Accepted { corporation, id } | Query::Notification { corporation, id } => {
                self.asleep(*corporation, *id, self.tenants.locate(*id))
            }
            Query::Echo
            | Query::AlikeTasks { .. }
            | Query::Unread { .. }
            | Query::Census
            | Query::Unmatched { .. }
            | Query::List { .. }
            | Query::Survey { .. }
            | Query::Roll { .. } => None,
        }
    }

    /// Lets a message wait until its tenant is active. The first one sends for its state, and the first
    /// urgent one sends again: what comes second finds the tenant active.
    pub(super) fn wait_for(&mut self, slot: Slot, message: Message) {
        self.metrics.misses.increment(1);
        let is_urgent = message.is_urgent();
        let waiting = &mut self.lobby.waiting;
        if waiting.push(slot, message, is_urgent, self.now) {
            self.send_for(slot);
        }
    }

    /// Has the state of a passive tenant read, as soon as it can be.
    fn send_for(&mut self, slot: Slot) {
        let Some(stored) = self.tenants.host.stored_at(slot) else {
            return;
        };
        if stored > self.writer.durable() {
            return self.lobby.unread.push(slot);
        }
        let activation = Activation::new(&self.settings, slot, stored);
        let work = Box::new(move || activation.run());
        let readers = &self.settings.readers;
        // Refused only once the readers were stopped: then the process ends.
        drop(if self.lobby.waiting.is_urgent(slot) {
            readers.ask_urgently(work)
        } else {
            readers.ask_for_the_engine(work)
        });
    }

    /// A tenant's state is there: it becomes active, and what waited for it is taken in its order.
    pub(super) fn activated(&mut self, read: Activated) {
        let Activated {
            slot,
            stored,
            key,
            state,
        } = read;
        let tenants = &mut self.tenants.host;
        if tenants.activate(slot, key, state, stored).is_none() {
            // It was stored again meanwhile, and the older record is out of date.
            return self.send_for(slot);
        }
        let Some(line) = self.lobby.waiting.take(slot) else {
            return;
        };
        let waited = self.now.since(line.since);
        self.metrics.activated(waited, line.is_urgent);
        self.walked += line.messages.len() * WALKED_FOR_ONE;
        line.messages
            .into_iter()
            .for_each(|message| self.resume(message));
    }

    /// Sends for the states of those who were stored again while they were sent for.
    pub(super) fn send_for_unread(&mut self) {
        for slot in std::mem::take(&mut self.lobby.unread) {
            self.send_for(slot);
        }
    }

    /// A passive tenant's state cannot be read. Then the log is damaged, or it was stored again
    /// meanwhile and the older record is gone.
    pub(super) fn lost(&mut self, slot: Slot, stored: u64, error: &LostState) {
        if self.tenants.host.stored_at(slot) == Some(stored) {
            let shard = self.settings.shard.0;
            // The shard is rebuilt, and the whole log read: that tells where it is damaged.
            panic!("the state of a tenant of shard {shard} cannot be read: {error}");
        }
        self.send_for(slot);
    }

    /// Takes a message whose tenant is active now. Perhaps it was for another one, whose key has the
    /// same hash: that one is looked for now.
    pub(super) fn resume(&mut self, message: Message) {
        match message {
            Message::Request(request) => self.request(*request),
            Message::Timer(due, id) => self.fire(due, id),
            Message::Outcome(outcome, recalled) => self.decide_outcome(outcome, recalled),
            Message::Own(id, input) => self.decide_by_id(id, input),
            Message::Found(found) => self.found(found),
            Message::Cancel(cancel) => self.cancel_about(cancel),
            Message::Place(id) => {
                let flows = &*self.settings.flows;
                self.schedule.place(&mut self.tenants, flows, id, self.now);
            }
        }
    }
}
