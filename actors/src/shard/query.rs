//! Owns the answering of questions from a shard's state. Refuses to read the journal: walking back
//! through records is done outside the shard, from the snapshot it gives.

use sluis_model::{CorporationId, NotificationId, TenantKey};

use super::core::ShardCore;
use super::letter::{Listed, Query, ShardAnswer, Snapshot, StateFilter};
use super::table::Ended;

/// Most open notifications looked at for one list.
const MOST_SCANNED: usize = 2_000;

impl ShardCore {
    pub(super) fn ask(&self, query: &Query) -> ShardAnswer {
        match query {
            Query::Echo => ShardAnswer::Echo,
            Query::Tenant(key) => self.snapshot(key, None),
            // Answered where a notification is looked up by its id.
            Query::Accepted { .. } | Query::Notification { .. } => ShardAnswer::NotFound,
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
            // It tidies what it counts, so the shard asks it by itself.
            Query::Census => ShardAnswer::NotFound,
            Query::Survey { after } => self.survey(*after),
        }
    }

    pub(super) fn snapshot(&self, key: &TenantKey, ended: Option<Ended>) -> ShardAnswer {
        match self.tenants.find(key) {
            Some(tenant) => ShardAnswer::Snapshot(Box::new(Snapshot {
                key: key.clone(),
                tenant: tenant.clone(),
                ended,
            })),
            None => ShardAnswer::NotFound,
        }
    }

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
            let key = self.tenants.key(slot);
            if of.is_some_and(|corporation| corporation != key.corporation) {
                continue;
            }
            let Some(open) = self.tenants.tenant(slot).find(id) else {
                continue;
            };
            let wanted = match filter {
                StateFilter::Any => true,
                StateFilter::Named(name) => open.phase.name() == &**name,
            };
            if wanted {
                rows.push(Listed {
                    corporation: key.corporation,
                    tenant: key.tenant.clone(),
                    open: open.clone(),
                });
            }
        }
        ShardAnswer::List {
            rows,
            scanned_to: None,
        }
    }
}
