//! Owns what happens to an admitted notification. Refuses to validate it: admission did; and
//! refuses one more for a tenant who has as many open as a tenant may.

use super::Turn;
use crate::addressed::Addressed;
use crate::answer::Answer;
use crate::event::{Cause, Event};
use crate::group;
use crate::ids::NotificationId;
use crate::matching::near;
use crate::notification::{Notification, Subject};

impl Turn<'_> {
    pub(super) fn notify(&mut self, notification: &Notification) -> Answer {
        let id = notification.id;
        match notification.addressed {
            Addressed::Tenant => {}
            Addressed::Household => return self.form_group(notification),
            Addressed::Part(_) if self.came_before(notification) => return Answer::Done,
            Addressed::Part(_) => {}
        }
        let open = self.tenant.open.len();
        let most = self.situation.policy.max_open_per_tenant;
        // The others of a group have theirs perhaps: a part is taken in any case. The groups of a
        // household are bounded.
        if open >= most && notification.addressed == Addressed::Tenant {
            return Answer::TenantFull { open, most };
        }
        // What is there before it is accepted: it is one of them afterwards.
        let live = self.live_instance(notification);
        let near = self.near_subject(notification);
        let unknown_tenant = self.tenant.profile.is_none();
        self.emit(Event::Accepted { id });
        if live.is_none() {
            self.tell_round(id);
        }
        self.begin(notification, live);
        let state = self.open(id).map_or("ended", |open| open.phase.name());
        Answer::Accepted {
            id,
            state,
            unknown_tenant,
            near,
        }
    }

    /// Says which notification it follows, where its flow asks for that.
    fn tell_round(&mut self, id: NotificationId) {
        let Some((open, flow)) = self.running(id) else {
            return;
        };
        if let Some(round) = self.tenant.followed(open, flow) {
            let (earlier, round) = (round.last, round.number.saturating_add(1));
            self.emit(Event::Follows { id, earlier, round });
        }
    }

    /// The first moves of an accepted notification. `live`: the instance that runs for its subject.
    fn begin(&mut self, notification: &Notification, live: Option<NotificationId>) {
        let (id, now) = (notification.id, self.now());
        let expired = notification.expires_at.is_some_and(|at| at <= now);
        let gate = notification.is_part().then(|| group::gate(now));
        let send_after = notification.send_after.filter(|at| *at > now);
        if let Some(live) = live {
            self.end(id, "already running", Cause::AlreadyRunning { live });
        } else if expired {
            self.end(id, "expired", Cause::Expired);
        } else if self.stopped(id) {
            // A stop rule was already true.
        } else if let Some(until) = send_after {
            // An instant that is the gate by chance is put off by a millisecond: the gate opens sooner.
            let until = until.plus(i64::from(gate == Some(until)));
            self.emit(Event::Waiting { id, until });
        } else if let Some(until) = gate {
            // Nothing of a group leaves before each of its parts was asked whether it stops the others.
            self.emit(Event::Waiting { id, until });
        } else {
            self.enter(id, 0, Cause::Accepted);
        }
    }

    /// A subject of the tenant that is nearly this one. Asked only where the flow runs once for
    /// each subject: there a slip starts a second instance. Other subjects cost every acceptance a
    /// walk over all that is open.
    fn near_subject(&self, notification: &Notification) -> Option<Box<Subject>> {
        self.flow(notification.flow)?.subject.as_ref()?;
        near(self.tenant, notification.subject.as_ref()?).map(Box::new)
    }

    /// The live instance of the same flow for the same subject: one instance a subject, by name,
    /// over versions.
    pub(super) fn live_instance(&self, notification: &Notification) -> Option<NotificationId> {
        let flow = self.flow(notification.flow)?;
        flow.subject.as_ref()?;
        let subject = notification.subject.as_ref()?;
        let same_flow = |reference| self.flow(reference).is_some_and(|f| f.name == flow.name);
        self.tenant
            .open
            .iter()
            .find(|o| o.subject.as_deref() == Some(subject) && same_flow(o.flow))
            .map(|o| o.id)
    }
}
