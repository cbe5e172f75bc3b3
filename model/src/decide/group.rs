//! Owns what a household decides: who is in it, who is told when something is sent to it, and when the
//! rest of a group is stopped; and what an addressee's part tells it. Refuses to move the flow of a
//! part: each runs at its own tenant, by its own rules.

use super::Turn;
use crate::addressed::{Addressed, PartOf};
use crate::answer::{Answer, Cancelled, ProfileChange, Stopped};
use crate::event::{Cause, Event};
use crate::group::{Group, PartNews, StopPart, gate, number_of};
use crate::household::Household;
use crate::ids::NotificationId;
use crate::notification::Notification;
use crate::state::{Phase, Tenant};

/// End of a group whose parts did not all end under one name.
const TOLD: &str = "told";
/// End of the others when one has answered for all.
const ANSWERED: &str = "answered";
/// Most households that may name one tenant.
const MOST_HOUSEHOLDS: usize = 64;

impl Turn<'_> {
    pub(super) fn put_household(&mut self, household: &Household) -> Answer {
        let change = match self.tenant.household() {
            None => ProfileChange::New,
            Some(known) if known == household => ProfileChange::Same,
            Some(_) => ProfileChange::Changed,
        };
        if change != ProfileChange::Same {
            let before = self.tenant.household().into_iter();
            let before = before.flat_map(|known| &known.members);
            let stays = |tenant: &str| household.members.iter().any(|m| *m.tenant == *tenant);
            let gone = before.filter(|member| !stays(&member.tenant));
            let mut left: Vec<Box<str>> = gone.map(|member| member.tenant.clone()).collect();
            left.sort_unstable();
            left.dedup();
            let new = change == ProfileChange::New;
            self.emit(Event::HouseholdStored { new, left });
        }
        Answer::Profile(change)
    }

    /// A household names the tenant, or names him no more. More than enough are not remembered.
    pub(super) fn in_household(&mut self, household: &str, is_in: bool) -> Answer {
        let known = self.tenant.grouped().map_or(&[][..], |g| &g.households);
        let noted = known.iter().find(|known| *known.household == *household);
        let is_news = noted.map_or(is_in && known.len() < MOST_HOUSEHOLDS, |n| n.is_in != is_in);
        if is_news {
            let household = household.into();
            self.emit(Event::HouseholdNoted { household, is_in });
        }
        Answer::Done
    }

    /// A notification to the household becomes one for each addressee.
    pub(super) fn form_group(&mut self, notification: &Notification) -> Answer {
        let Some(household) = self.tenant.household() else {
            return Answer::UnknownHousehold;
        };
        let Some(flow) = self.flow(notification.flow) else {
            return Answer::Done;
        };
        if let Some(full) = full(self.tenant) {
            return full;
        }
        let (told, not_told) = household.told(&flow.group.roles, self.now());
        if told.is_empty() {
            return Answer::NobodyToTell(not_told);
        }
        let (id, live) = (notification.id, self.live_instance(notification));
        self.emit(Event::Accepted { id });
        if let Some(live) = live {
            self.end(id, "already running", Cause::AlreadyRunning { live });
            // Nobody is told by this one: his part of the other one tells him.
            let told = Vec::new();
            return Answer::Group { id, told, not_told };
        }
        self.emit(Event::GroupFormed {
            id,
            told: told.clone(),
            not_told: not_told.clone(),
            together: flow.answers_for_all(),
        });
        Answer::Group { id, told, not_told }
    }

    /// Whether a part came before: then it is not taken again.
    pub(super) fn came_before(&self, notification: &Notification) -> bool {
        #[cfg(feature = "simulation")]
        if crate::slip::slips(crate::slip::Slip::PartTakenTwice) {
            return false;
        }
        let id = notification.id;
        matches!(notification.addressed, Addressed::Part(_))
            && (self.open(id).is_some()
                || self
                    .tenant
                    .grouped()
                    .is_some_and(|grouped| grouped.ended.contains(&id)))
    }

    /// Its addressees are told again, where not all answered.
    pub(super) fn group_timer(&mut self, id: NotificationId) -> Answer {
        let now = self.now();
        let group = self.tenant.grouped().and_then(|grouped| grouped.group(id));
        let is_due = self.open(id).and_then(|open| open.due()) <= Some(now);
        if let Some(group) = group.filter(|group| is_due && !group.is_settled()) {
            let until = group.until(now);
            self.emit(Event::Waiting { id, until });
        }
        Answer::Done
    }

    /// Every addressee has what was handed to him. Told to a part: it may begin.
    pub(super) fn group_told(&mut self, id: NotificationId, stop: bool) -> Answer {
        if self.waits_for_group(id) {
            self.enter(id, 0, Cause::Accepted);
            return Answer::Done;
        }
        let group = self.tenant.grouped().and_then(|grouped| grouped.group(id));
        let is_news = group.is_some_and(|group| match stop {
            true => group.stop.as_deref().is_some_and(|stop| !stop.is_told),
            false => group.body.is_some(),
        });
        if is_news {
            self.emit(Event::GroupTold { id, stop });
            self.close_group(id);
        }
        Answer::Done
    }

    /// Whether it is a part that has not begun, because it waits for the others of its group.
    pub(super) fn waits_for_group(&self, id: NotificationId) -> bool {
        let Some(open) = self.open(id).filter(|_| self.tenant.part(id).is_some()) else {
            return false;
        };
        let gate = gate(open.accepted_at);
        !open.entered && matches!(open.phase, Phase::Waiting { until } if until == gate)
    }

    /// What became of an addressee's part.
    pub(super) fn part_news(&mut self, news: &PartNews) -> Answer {
        let (id, part) = (news.group, number_of(news.id));
        let Some(group) = self.tenant.grouped().and_then(|grouped| grouped.group(id)) else {
            return Answer::Done;
        };
        let known = group.parts.iter();
        let known = known.filter(|known| crate::part_number(id, &known.tenant) == part);
        let is_open = known.clone().any(|known| known.end.is_none());
        let is_stopped = group.stop.is_some();
        if known.count() == 0 {
            return Answer::Done;
        }
        if let Some(end) = news.end.clone().filter(|_| is_open) {
            self.emit(Event::PartEnded { id, part, end });
        }
        if let Some(end) = news.stops.clone().filter(|_| !is_stopped) {
            self.stop_group(id, end, "", Some(part));
        }
        self.close_group(id);
        Answer::Done
    }

    /// Stops what is left of a group, if anything is.
    fn stop_group(&mut self, id: NotificationId, end: Box<str>, note: &str, by: Option<u64>) {
        let group = self.tenant.grouped().and_then(|grouped| grouped.group(id));
        let is_left = group.is_some_and(|group| {
            let mut left = group.parts.iter();
            left.any(|part| part.end.is_none() && by != Some(crate::part_number(id, &part.tenant)))
        });
        if is_left {
            let note = note.into();
            self.emit(Event::GroupStopping { id, end, note, by });
        }
    }

    /// Ends a group whose parts have all ended.
    fn close_group(&mut self, id: NotificationId) {
        let Some(group) = self.tenant.grouped().and_then(|grouped| grouped.group(id)) else {
            return;
        };
        #[cfg(feature = "simulation")]
        let is_slip = crate::slip::slips(crate::slip::Slip::GroupEndsEarly);
        #[cfg(not(feature = "simulation"))]
        let is_slip = false;
        let mut parts = group.parts.iter();
        let goes_on = parts.any(|part| part.end.is_none()) && !is_slip;
        if !group.is_settled() || goes_on {
            return;
        }
        let end: Box<str> = end_of(group).into();
        self.end(id, &end, Cause::PartsEnded);
    }

    /// Cancels an open group: its parts are stopped, and it ends with them.
    pub(super) fn cancel_group(&mut self, id: NotificationId, note: &str) -> Option<Stopped> {
        let group = self
            .tenant
            .grouped()
            .and_then(|grouped| grouped.group(id))?;
        if group.stop.as_deref().is_none_or(|stop| stop.by.is_some()) {
            self.stop_group(id, "cancelled".into(), note, None);
        }
        Some(Stopped {
            id,
            state: self.open(id)?.phase.name(),
            already_gone: Vec::new(),
        })
    }

    /// A part is stopped with its group. One that has not come yet is barred.
    pub(super) fn stop_part(&mut self, stop: &StopPart) -> Answer {
        let id = stop.id;
        let mut cancelled = Cancelled::default();
        if let Some(open) = self.open(id) {
            cancelled.stopped.push(Stopped {
                id,
                state: open.phase.name(),
                already_gone: open.sent().iter().map(|sent| sent.channel).collect(),
            });
            let end = stop.end.clone();
            self.emit(Event::LinkClosed { id, end });
            let cause = Cause::Group {
                group: stop.of.group,
                note: stop.note.clone(),
            };
            self.end(id, &stop.end, cause);
            return Answer::Cancelled(cancelled);
        }
        cancelled.not_open.push(id);
        let ended = self.tenant.grouped().map(|grouped| &grouped.ended);
        if !ended.is_some_and(|ended| ended.contains(&id)) {
            self.emit(Event::PartBarred { part: id });
            self.tell_household(
                &stop.of.household,
                PartNews {
                    id,
                    group: stop.of.group,
                    end: Some(stop.end.clone()),
                    stops: None,
                },
            );
        }
        Answer::Cancelled(cancelled)
    }

    /// A part that ended says so to its household.
    pub(super) fn part_has_ended(
        &mut self,
        of: &PartOf,
        id: NotificationId,
        end: &str,
        cause: &Cause,
    ) {
        let stops = match cause {
            Cause::Stop { .. } => true,
            Cause::Task { .. } => of.together,
            _ => false,
        };
        self.tell_household(
            &of.household,
            PartNews {
                id,
                group: of.group,
                end: Some(end.into()),
                stops: stops.then(|| end.into()),
            },
        );
    }

    /// Who got a part has answered: where one answers for all, the others are told no more.
    pub(super) fn part_answered(&mut self, id: NotificationId) {
        let Some(of) = self.tenant.part(id).filter(|of| of.together).cloned() else {
            return;
        };
        self.tell_household(
            &of.household,
            PartNews {
                id,
                group: of.group,
                end: None,
                stops: Some(ANSWERED.into()),
            },
        );
    }

    fn tell_household(&mut self, household: &str, news: PartNews) {
        let household = household.into();
        self.emit(Event::PartTells { household, news });
    }
}

/// What is answered where the household has as many open groups as it may.
fn full(household: &Tenant) -> Option<Answer> {
    let groups = household
        .grouped()
        .map_or(&[][..], |grouped| &grouped.groups);
    let begun = groups.iter().filter(|group| group.body.is_some()).count();
    let (open, most) = match (groups.len(), begun) {
        (open, _) if open >= Group::MOST => (open, Group::MOST),
        (_, begun) if begun >= Group::MOST_BEGUN => (begun, Group::MOST_BEGUN),
        _ => return None,
    };
    Some(Answer::TenantFull { open, most })
}

/// The end of a group: that of all its parts, or the one that it was stopped under.
fn end_of(group: &Group) -> &str {
    if let Some(stop) = group.stop.as_deref() {
        return &stop.end;
    }
    let mut ends = group.parts.iter().filter_map(|part| part.end.as_deref());
    let first = ends.next().unwrap_or(TOLD);
    if ends.all(|end| end == first) {
        first
    } else {
        TOLD
    }
}
