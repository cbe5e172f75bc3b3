//! Owns what the records say of households: who is in each, which groups it has had, what became of each
//! addressee's part. Built from the records alone, shard by shard: a part may come before its group.
//! Refuses the engine's own states.

use std::collections::BTreeMap;

use sluis_model::{
    Addressed, Cause, Event, Household, Input, Notification, NotificationId, TenantKey,
    TenantRecord, part_number,
};

/// What is known of households and groups.
#[derive(Debug, Default)]
pub(crate) struct Grouped {
    /// Who is in each, as it was stored last.
    pub(crate) households: BTreeMap<TenantKey, Household>,
    pub(crate) groups: BTreeMap<NotificationId, Group>,
    parts: BTreeMap<(NotificationId, TenantKey), Part>,
    /// Which part a notification is.
    of: BTreeMap<NotificationId, (NotificationId, TenantKey)>,
}

/// One notification to a household.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) household: TenantKey,
    pub(crate) body: Notification,
    pub(crate) told: Vec<Box<str>>,
    pub(crate) together: bool,
    /// Whether the household knows that everybody has his.
    pub(crate) is_handed: bool,
    pub(crate) stopping: Option<Stopping>,
    pub(crate) end: Option<Box<str>>,
}

/// The order to stop what is left of a group.
#[derive(Clone, Debug)]
pub(crate) struct Stopping {
    pub(crate) end: Box<str>,
    /// The number of the part that brought it about.
    pub(crate) by: Option<u64>,
    /// Whether the household knows that everybody has it.
    pub(crate) is_told: bool,
}

/// What became of an addressee's part.
#[derive(Clone, Debug, Default)]
pub(crate) struct Part {
    /// How often it was accepted.
    pub(crate) accepted: usize,
    /// Whether the order to stop came before it.
    pub(crate) is_barred: bool,
    pub(crate) end: Option<Box<str>>,
    /// Whether a stop rule ended it.
    pub(crate) is_stopped: bool,
    /// Whether people ended it.
    pub(crate) is_closed: bool,
    /// The fact that let a stop rule end it.
    pub(crate) by_fact: Option<Box<str>>,
}

impl Part {
    /// Whether nothing of it goes on, or will.
    pub(crate) fn is_over(&self) -> bool {
        self.is_barred || self.end.is_some()
    }

    /// Whether it came, or never will.
    pub(crate) fn has_come(&self) -> bool {
        self.is_barred || self.accepted > 0
    }
}

impl Group {
    /// The addressees, each as a tenant.
    pub(crate) fn addressees(&self) -> impl Iterator<Item = TenantKey> {
        let corporation = self.household.corporation;
        let told = self.told.iter();
        told.map(move |number| TenantKey::new(corporation, number.clone()))
    }

    /// Who brought the stop about.
    pub(crate) fn stopped_by(&self) -> Option<TenantKey> {
        let number = self.stopping.as_ref()?.by?;
        let is_it = |key: &TenantKey| part_number(self.body.id, &key.tenant) == number;
        self.addressees().find(is_it)
    }

    /// Whether everybody has been told all there is.
    pub(crate) fn is_settled(&self) -> bool {
        self.is_handed && self.stopping.as_ref().is_none_or(|stop| stop.is_told)
    }
}

impl Grouped {
    /// What became of the part of one addressee.
    pub(crate) fn part(&self, group: NotificationId, tenant: &TenantKey) -> Part {
        let part = self.parts.get(&(group, tenant.clone()));
        part.cloned().unwrap_or_default()
    }

    /// The groups of which the tenant has, or had, a part.
    pub(crate) fn groups_of<'a>(
        &'a self,
        tenant: &'a TenantKey,
    ) -> impl Iterator<Item = (NotificationId, &'a Part)> {
        let parts = self.parts.iter();
        let own = parts.filter(move |((_, of), _)| of == tenant);
        own.map(|((group, _), part)| (*group, part))
    }

    /// Whether it is a part of a group.
    pub(crate) fn is_part(&self, id: NotificationId) -> bool {
        self.of.contains_key(&id)
    }

    /// Takes a record.
    pub(crate) fn take(&mut self, record: &TenantRecord) {
        for event in &record.events {
            match (event, &record.input) {
                (Event::HouseholdStored { .. }, Input::PutHousehold(household)) => {
                    let household = (**household).clone();
                    self.households.insert(record.tenant.clone(), household);
                }
                (
                    Event::GroupFormed {
                        id, told, together, ..
                    },
                    Input::Notify(body),
                ) => {
                    let group = Group {
                        household: record.tenant.clone(),
                        body: (**body).clone(),
                        told: told.iter().map(|told| told.tenant.clone()).collect(),
                        together: *together,
                        is_handed: false,
                        stopping: None,
                        end: None,
                    };
                    self.groups.insert(*id, group);
                }
                (Event::Accepted { id }, Input::Notify(body)) => self.accepted(*id, body, record),
                (Event::PartBarred { .. }, Input::StopPart(stop)) => {
                    self.part_mut(stop.of.group, record).is_barred = true;
                }
                (Event::Ended { id, end, cause }, input) => self.ended(*id, (end, cause), input),
                _ => self.group_event(event),
            }
        }
    }

    fn group_event(&mut self, event: &Event) {
        match event {
            Event::GroupTold { id, stop } => {
                let Some(group) = self.groups.get_mut(id) else {
                    return;
                };
                match (&mut group.stopping, stop) {
                    (Some(stopping), true) => stopping.is_told = true,
                    (None, true) => {}
                    (_, false) => group.is_handed = true,
                }
            }
            Event::GroupStopping { id, end, by, .. } => {
                if let Some(group) = self.groups.get_mut(id) {
                    group.stopping = Some(Stopping {
                        end: end.clone(),
                        by: *by,
                        is_told: false,
                    });
                }
            }
            _ => {}
        }
    }

    fn accepted(&mut self, id: NotificationId, body: &Notification, record: &TenantRecord) {
        if let Addressed::Part(of) = &body.addressed {
            self.of.insert(id, (of.group, record.tenant.clone()));
            self.part_mut(of.group, record).accepted += 1;
        }
    }

    fn part_mut(&mut self, group: NotificationId, record: &TenantRecord) -> &mut Part {
        let place = (group, record.tenant.clone());
        self.parts.entry(place).or_default()
    }

    fn ended(&mut self, id: NotificationId, (end, cause): (&str, &Cause), input: &Input) {
        let Some(place) = self.of.get(&id) else {
            if let Some(group) = self.groups.get_mut(&id) {
                group.end = Some(end.into());
            }
            return;
        };
        let part = self.parts.entry(place.clone()).or_default();
        part.end = Some(end.into());
        part.is_stopped = matches!(cause, Cause::Stop { .. });
        part.is_closed = matches!(cause, Cause::Task { .. });
        part.by_fact = match input {
            Input::Fact(fact) if part.is_stopped => Some(fact.fact_id.clone()),
            _ => None,
        };
    }
}
