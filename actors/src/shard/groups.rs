//! Owns what follows from a decision at other tenants: the parts of a group to its addressees, the
//! order to stop them, what a part tells its household. Refuses to decide who is told: the household
//! does. What a crash cuts off is handed over again: by the group's timer, or by the intent that a
//! part's record opened.

use sluis_model::{
    Control, Event, Group, Input, Intent, NotificationId, TenantKey, TenantRecord, part_id,
};

use super::core::ShardCore;
use super::decide::Decided;
use super::effects::Effect;
use super::request::{Reply, ShardAnswer};
use super::unfolding::{After, Fan, Follows, Unfolding};
use crate::tenant::Awake;

impl ShardCore {
    /// Answers when the decision is durable, and all that follows from it at other tenants.
    pub(super) fn reply(&mut self, reply: Reply, decided: Decided) {
        if self.follows.is_empty() {
            return self.answer(reply, decided.into());
        }
        self.begin_following(reply, decided.into());
    }

    /// Begins what follows from the decisions since; `answer` waits for it.
    pub(super) fn begin_following(&mut self, reply: Reply, answer: ShardAnswer) {
        let follows = std::mem::take(&mut self.follows);
        if follows.is_empty() {
            return self.answer(reply, answer);
        }
        let after = After::new(follows.len(), reply, answer);
        let last = self.writer.last();
        for (number, follows) in (0..).zip(follows) {
            let effect = match follows {
                Follows::Intent(intent, work) => {
                    let reply = Reply::to(after.clone(), number);
                    self.intents.insert(intent, work, reply);
                    Effect::Drive(intent)
                }
                Follows::Fan(fan) => Effect::Fan(Box::new(Unfolding {
                    fan,
                    after: after.clone(),
                    number,
                })),
            };
            self.effects.push(last, effect);
        }
    }

    /// Begins what follows from a decision of which nobody is told.
    pub(super) fn follow_unasked(&mut self) {
        if !self.follows.is_empty() {
            self.begin_following(Reply::nobody(), ShardAnswer::Dropped);
        }
    }

    /// Keeps what follows from a record that was just written.
    pub(super) fn follow(&mut self, tenant: Awake, record: &TenantRecord) {
        let is_household = record.tenant.as_household().is_some();
        for event in &record.events {
            match event {
                Event::PartTells { household, news } => {
                    let intent = self.writer.next();
                    let work = Intent::PartNews {
                        corporation: record.tenant.corporation,
                        household: household.clone(),
                        news: news.clone(),
                    };
                    self.write_control(Control::IntentOpened {
                        intent,
                        work: work.clone(),
                    });
                    self.follows.push(Follows::Intent(intent, work));
                }
                Event::GroupFormed { id, .. } => self.hand_out(tenant, *id),
                Event::GroupStopping { id, .. } => self.hand_stop(tenant, *id),
                Event::GroupTold { id, stop: false } => self.let_go(tenant, *id),
                Event::Waiting { id, .. } if is_household => {
                    self.hand_out(tenant, *id);
                    self.hand_stop(tenant, *id);
                }
                Event::HouseholdStored { left, .. } => {
                    self.name_members(&record.tenant, left.iter().map(|left| &**left), false);
                }
                _ => {}
            }
        }
        let stops = |event: &Event| matches!(event, Event::GroupStopping { .. });
        if !record.events.iter().any(stops) {
            self.follow_input(tenant, &record.tenant, &record.input);
        }
    }

    /// What follows also where nothing is new: a crash may have cut it off the time before.
    pub(super) fn follow_input(&mut self, tenant: Awake, key: &TenantKey, input: &Input) {
        match input {
            // Members are told that they are in a household each time it is supplied.
            Input::PutHousehold(household) => {
                let members = household.members.iter().map(|member| &*member.tenant);
                self.name_members(key, members, true);
            }
            // Whoever waits for the news waits until all are stopped.
            Input::PartNews(news) if news.stops.is_some() => self.hand_stop(tenant, news.group),
            _ => {}
        }
    }

    /// A fact that was taken before is acknowledged when what it brought about at other tenants is done: the
    /// household hears once more of the parts that it ended.
    pub(super) fn follow_again(&mut self, tenant: Awake) {
        let Some(grouped) = self.tenants.state(tenant).grouped() else {
            return;
        };
        let is_own = |id| grouped.ended.contains(&id) || grouped.part(id).is_some();
        let left = self.intents.news_of(is_own);
        let left = left.into_iter();
        self.follows
            .extend(left.map(|(intent, work)| Follows::Intent(intent, work)));
    }

    fn name_members<'a>(
        &mut self,
        key: &TenantKey,
        members: impl Iterator<Item = &'a str>,
        is_in: bool,
    ) {
        let Some(household) = key.as_household() else {
            return;
        };
        let mut members: Vec<&str> = members.collect();
        members.sort_unstable();
        members.dedup();
        let input = |tenant: &str| {
            let tenant = TenantKey::new(key.corporation, tenant);
            let household = household.into();
            (tenant, Input::InHousehold { household, is_in })
        };
        let inputs: Vec<_> = members.into_iter().map(input).collect();
        if !inputs.is_empty() {
            self.follows.push(Follows::Fan(Fan {
                inputs,
                places: Vec::new(),
                then: None,
            }));
        }
    }

    /// The parts of a group that may not all have come.
    pub(super) fn hand_out(&mut self, household: Awake, id: NotificationId) {
        let part = |group: &Group, number: &str, part: NotificationId| {
            Some(Input::Notify(Box::new(group.part(number, part)?)))
        };
        self.fan(household, id, false, part);
    }

    /// The order to stop what is left of a group, if it may not have come everywhere.
    pub(super) fn hand_stop(&mut self, household: Awake, id: NotificationId) {
        let stop = |group: &Group, number: &str, part: NotificationId| {
            let stop = group.stop_part(number, part)?;
            Some(Input::StopPart(Box::new(stop)))
        };
        self.fan(household, id, true, stop);
    }

    /// Every addressee has his part, and none of them stops the others: each may begin. Nobody waits for
    /// it. What a crash cuts off begins by itself, half a minute after it was handed out.
    fn let_go(&mut self, household: Awake, id: NotificationId) {
        let key = self.tenants.key(household);
        let (corporation, shards) = (key.corporation, self.settings.shards);
        let state = self.tenants.state(household);
        let group = state.grouped().and_then(|grouped| grouped.group(id));
        let Some(group) = group.filter(|group| group.stop.is_none()) else {
            return;
        };
        let parts = group.parts.iter().filter(|part| part.end.is_none());
        let inputs = parts.map(|part| {
            let tenant = TenantKey::new(corporation, part.tenant.clone());
            let id = part_id(id, &tenant, shards);
            (tenant, Input::GroupTold { id, stop: false })
        });
        let fan = Fan {
            inputs: inputs.collect(),
            places: Vec::new(),
            then: None,
        };
        let after = After::new(1, Reply::nobody(), ShardAnswer::Dropped);
        let number = 0;
        let unfolding = Box::new(Unfolding { fan, after, number });
        let last = self.writer.last();
        self.effects.push(last, Effect::Fan(unfolding));
    }

    fn fan(
        &mut self,
        household: Awake,
        id: NotificationId,
        stop: bool,
        input: impl Fn(&Group, &str, NotificationId) -> Option<Input>,
    ) {
        let key = self.tenants.key(household);
        let (corporation, shards) = (key.corporation, self.settings.shards);
        let state = self.tenants.state(household);
        let group = state.grouped().and_then(|grouped| grouped.group(id));
        let (Some(group), Some(number)) = (group, key.as_household()) else {
            return;
        };
        let is_due = match stop {
            true => group.stop.as_deref().is_some_and(|stop| !stop.is_told),
            false => group.body.is_some(),
        };
        if !is_due {
            return;
        }
        // Whoever brought the stop about has his part all the same when the group is handed out.
        let parts = group.parts.iter().filter(|part| part.end.is_none());
        let left = group.left().map(|part| &*part.tenant);
        let left: Vec<&str> = left.collect();
        let parts = parts.filter(|part| !stop || left.contains(&&*part.tenant));
        let inputs = parts.filter_map(|part| {
            let tenant = TenantKey::new(corporation, part.tenant.clone());
            let part = part_id(id, &tenant, shards);
            Some((tenant, input(group, number, part)?))
        });
        let inputs = inputs.collect();
        let then = Some((key.clone(), Input::GroupTold { id, stop }));
        let places = match stop {
            true => Vec::new(),
            false => std::mem::take(&mut self.places),
        };
        self.follows.push(Follows::Fan(Fan {
            inputs,
            places,
            then,
        }));
    }
}
