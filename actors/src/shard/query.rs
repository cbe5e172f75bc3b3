//! Owns the answering of questions from a shard's state. Refuses to read the journal: walking back
//! through records is done outside the shard, from the snapshot it gives.

use sluis_model::{CorporationId, NotificationId, Open, Phase, Tenant, TenantKey};

use super::core::ShardCore;
use super::found::{Asked, Then};
use super::place::Slot;
use super::request::{Listed, Query, Reply, ShardAnswer, Snapshot, StateFilter};
use super::table::Ended;

/// Most open notifications looked at for one list.
const MOST_SCANNED: usize = 2_000;

impl ShardCore {
    pub(super) fn query(&mut self, query: &Query, reply: Reply) {
        let answer = match query {
            Query::Echo => ShardAnswer::Echo,
            Query::Tenant(key) => self.snapshot(key, None),
            Query::Accepted { corporation, id } => {
                return self.query_by_id(*corporation, *id, Then::Accepted, reply);
            }
            Query::Notification { corporation, id } => {
                return self.query_by_id(*corporation, *id, Then::Snapshot, reply);
            }
            Query::List {
                corporation,
                filter,
                after,
                limit,
            } => self.list(*corporation, filter, *after, *limit),
            Query::Unmatched {
                corporation,
                after,
                limit,
            } => self.unmatched_facts(*corporation, *after, *limit),
            Query::AlikeTasks { corporation } => self.alike_tasks(*corporation),
            Query::Census => self.census(),
            Query::Survey { after } => self.survey(*after),
        };
        self.answer(reply, answer);
    }

    /// A question about one notification, open or ended.
    fn query_by_id(
        &mut self,
        corporation: CorporationId,
        id: NotificationId,
        then: Then,
        reply: Reply,
    ) {
        let Some(located) = self.tenants.locate(id) else {
            let corporation = Some(corporation);
            let asked = Asked {
                corporation,
                then,
                reply,
            };
            return self.look_up(id, asked);
        };
        let slot = located.slot;
        let answer = if self.tenants.key(slot).corporation == corporation {
            self.of_open(slot, id, &then)
        } else {
            ShardAnswer::NotFound
        };
        self.answer(reply, answer);
    }

    fn of_open(&self, slot: Slot, id: NotificationId, then: &Then) -> ShardAnswer {
        match (then, self.tenants.tenant(slot).find(id)) {
            (Then::Accepted, Some(open)) => ShardAnswer::Accepted {
                position: open.body,
            },
            (Then::Accepted | Then::Snapshot | Then::Decide(_), _) => {
                self.snapshot(self.tenants.key(slot), None)
            }
        }
    }

    /// A tenant's state; with how the notification asked for ended, if it did.
    pub(super) fn snapshot(&self, key: &TenantKey, ended: Option<Ended>) -> ShardAnswer {
        let tenant = match (self.tenants.find(key), &ended) {
            (Some(tenant), _) => tenant.clone(),
            // Nothing is left of it but that this ended.
            (None, Some(ended)) => Tenant {
                last: ended.sequence,
                ..Tenant::default()
            },
            (None, None) => return ShardAnswer::NotFound,
        };
        ShardAnswer::Snapshot(Box::new(Snapshot {
            key: key.clone(),
            tenant,
            ended,
        }))
    }

    /// Open notifications that the filter takes, in order of id; of one corporation, or of all.
    fn list(
        &self,
        of: Option<CorporationId>,
        filter: &StateFilter,
        after: Option<NotificationId>,
        limit: usize,
    ) -> ShardAnswer {
        let mut rows = Vec::new();
        let mut last = None;
        for (scanned, (id, slot)) in self.tenants.iter_open(after).enumerate() {
            if rows.len() >= limit || scanned >= MOST_SCANNED {
                return ShardAnswer::List {
                    rows,
                    scanned_to: last,
                };
            }
            last = Some(id);
            rows.extend(self.listed(slot, id, of, filter));
        }
        ShardAnswer::List {
            rows,
            scanned_to: None,
        }
    }

    /// The row of an open notification, if it is wanted.
    fn listed(
        &self,
        slot: Slot,
        id: NotificationId,
        of: Option<CorporationId>,
        filter: &StateFilter,
    ) -> Option<Listed> {
        let key = self.tenants.key(slot);
        if of.is_some_and(|corporation| corporation != key.corporation) {
            return None;
        }
        let open = self.tenants.tenant(slot).find(id)?;
        let is_wanted = self.is_wanted(key.corporation, open, filter);
        is_wanted.then(|| Listed {
            corporation: key.corporation,
            tenant: key.tenant.clone(),
            open: open.clone(),
        })
    }

    fn is_wanted(&self, of: CorporationId, open: &Open, filter: &StateFilter) -> bool {
        let group = || open.task_group(of, &*self.settings.flows);
        match filter {
            StateFilter::Any => true,
            StateFilter::Named(name) => open.phase.name() == &**name,
            StateFilter::TasksAlone => {
                matches!(open.phase, Phase::Task { .. }) && group().is_none()
            }
            StateFilter::TasksAlike(wanted) => group() == Some(*wanted),
        }
    }
}
