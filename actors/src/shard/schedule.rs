//! Owns when and where an open notification is looked at again: its place in the timer set, in a
//! ready list, and in the count of what stands still. Kept true to its phase.

use sluis_model::{CorporationId, FlowBook, NotificationId, Open, Phase, Timestamp};

use super::place::Stand;
use super::ready::Ready;
use super::standing::{Group, Groups, Marked, mark};
use super::tenants::{Located, Standing, Tenants};
use super::timer_set::TimerSet;
use crate::outbox::QueueKey;

/// Most timers fired in one turn: a million that fall due at once are paced.
pub(super) const TURN_TIMERS: usize = 256;

/// Places of open notifications.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    /// Who wants a permit, in line.
    pub(super) ready: Ready,
    wheel: TimerSet,
    standing: Groups,
}

impl Schedule {
    /// Every open notification in its place. `standing`: what stands still of passive tenants.
    pub(super) fn of(
        tenants: &mut Tenants,
        flows: &dyn FlowBook,
        standing: Standing,
        now: Timestamp,
    ) -> Self {
        let is_awake = |located: &&Located| tenants.awake(located.slot).is_some();
        // Those at rest stand where the index says.
        let at_rest = tenants.iter_open(None).filter(|open| !is_awake(open));
        let at_rest = TimerSet::of(at_rest.map(|open| (open.due, open.id())));
        let mut schedule = Self::default();
        let awake = tenants.iter_open(None).filter(is_awake).map(Located::id);
        let awake: Vec<NotificationId> = awake.collect();
        for id in awake {
            schedule.place(tenants, flows, id, now);
        }
        schedule.wheel.merge(at_rest);
        for (id, corporation, stands_as) in standing {
            let stand = schedule.standing.stand(corporation, stands_as);
            if let Some(located) = tenants.locate_mut(id) {
                let before = *located;
                located.stand = stand;
                let after = *located;
                schedule.count(tenants, &before, &after);
            }
        }
        schedule
    }

    /// Puts the notification where its phase wants it.
    pub(super) fn place(
        &mut self,
        tenants: &mut Tenants,
        flows: &dyn FlowBook,
        id: NotificationId,
        now: Timestamp,
    ) {
        let Some((located, corporation, open)) = tenants.locate_open(id) else {
            return;
        };
        let queue = ready_key(open, corporation, now);
        let before = *located;
        located.queued = queue.is_some();
        located.due = timer_due(open, now).unwrap_or(Timestamp::NEVER);
        located.stand = self.standing.place(corporation, open, flows);
        located.mark = mark(open);
        located.phase = open.phase.kind();
        let after = *located;
        if let Some(queue) = queue.filter(|_| !before.queued) {
            self.ready.push(queue, id);
        }
        self.count(tenants, &before, &after);
        if after.due != before.due {
            self.wheel.remove(before.due, id);
            self.wheel.insert(after.due, id);
        }
    }

    /// Counts that a notification stood in one group and stands in another.
    fn count(&mut self, tenants: &Tenants, before: &Located, after: &Located) {
        let moved = before.stand != after.stand;
        if moved {
            self.standing.leave(before.stand);
            self.standing.enter(after.stand);
        }
        // Once when it comes to stand there, and again when it does so anew: a task that is asked
        // again, another end of a hold.
        if moved || before.mark != after.mark {
            let still = |mark, id| is_marked(tenants, after.stand, mark, id);
            let id = after.id();
            self.standing.line_up(after.stand, after.mark, id, still);
        }
    }

    /// Takes an ended notification out. In a ready list its entry stays until it is popped.
    pub(super) fn forget(&mut self, id: NotificationId, located: &Located) {
        self.wheel.remove(located.due, id);
        self.standing.leave(located.stand);
    }

    /// Takes the timer of a notification out.
    #[cfg(feature = "simulation")]
    pub(super) fn forget_timer(&mut self, located: &Located) {
        self.wheel.remove(located.due, located.id());
    }

    /// Takes out of the timer set what is due now, with the instants at which it fell due, at most
    /// so many.
    pub(super) fn take_due(
        &mut self,
        now: Timestamp,
        most: usize,
    ) -> Vec<(Timestamp, NotificationId)> {
        let mut due = Vec::new();
        self.wheel.take_due(now, most, &mut due);
        due
    }

    /// Whether what was taken out of the timer set is to be decided on now. If not, it is put back where
    /// its phase wants it.
    pub(super) fn is_over(
        &mut self,
        tenants: &mut Tenants,
        flows: &dyn FlowBook,
        id: NotificationId,
        now: Timestamp,
    ) -> bool {
        // Out of the timer set: whoever wants it back puts it back.
        if let Some(located) = tenants.locate_mut(id) {
            located.due = Timestamp::NEVER;
        }
        let Some(open) = tenants.open(id) else {
            return false;
        };
        // Its wait is over now, or it expires in the instant in which it wants to be sent.
        if timer_due(open, now).is_some_and(|due| due <= now) {
            return true;
        }
        // It wants to be sent now, or its expiry is all that is left to wait for.
        self.place(tenants, flows, id, now);
        false
    }

    /// When the next timer falls due.
    pub(super) fn next_due(&self) -> Timestamp {
        self.wheel.next_due()
    }

    /// How many timers are set.
    pub(super) fn timers(&self) -> usize {
        self.wheel.len()
    }

    /// What stands still, and the oldest of each group with its mark.
    pub(super) fn standing(&mut self, tenants: &Tenants) -> Vec<(&Group, Option<Marked>)> {
        self.standing
            .all(|stand, mark, id| is_marked(tenants, stand, mark, id))
    }

    /// The group in which a notification is counted that stands still.
    pub(super) fn group(&self, located: &Located) -> Option<&Group> {
        self.standing.get(located.stand)
    }
}

/// The queue an open notification stands in now, if it wants a permit now.
pub(super) fn ready_key(
    open: &Open,
    corporation: CorporationId,
    now: Timestamp,
) -> Option<QueueKey> {
    match &open.phase {
        Phase::Ready {
            channel,
            pinned,
            not_before,
            ..
        } if *not_before <= now => Some(QueueKey {
            channel: *channel,
            lane: open.lane,
            corporation,
            pinned: pinned.clone(),
        }),
        _ => None,
    }
}

/// When the timer set must come back to it. Once it stands in a ready list, only expiry is left to wait
/// for.
fn timer_due(open: &Open, now: Timestamp) -> Option<Timestamp> {
    match open.phase {
        Phase::Ready { not_before, .. } if not_before <= now => open.expires_at,
        _ => open.due(),
    }
}

/// Whether the notification stands still in this group with this mark.
fn is_marked(tenants: &Tenants, stand: Stand, mark: Timestamp, id: NotificationId) -> bool {
    tenants
        .locate(id)
        .is_some_and(|located| (located.stand, located.mark) == (stand, mark))
}
