//! Owns the answering of questions from a shard's state. Refuses to read the journal: walking back
//! through records is done outside the shard, from the snapshot it gives.

use sluis_model::{CorporationId, NotificationId, Tenant, TenantKey};

use super::core::ShardCore;
use super::found::{Asked, Then};
use super::request::{Query, Reply, ShardAnswer, ShardRequest, Snapshot};
use super::table::Ended;
use crate::tenant::Awake;

impl ShardCore {
    pub(super) fn query(&mut self, query: Query, reply: Reply) {
        if let Some(slot) = self.asleep_for(&query) {
            let again = ShardRequest::Query { query, reply };
            return self.wait_for(slot, again.into());
        }
        let answer = match query {
            Query::Echo => ShardAnswer::Echo,
            Query::Tenant(key) => self.snapshot(&key, None),
            Query::Accepted { corporation, id } => {
                return self.query_by_id(corporation, id, Then::Accepted, reply);
            }
            Query::Notification { corporation, id } => {
                return self.query_by_id(corporation, id, Then::Snapshot, reply);
            }
            Query::List {
                corporation,
                filter,
                after,
                limit,
            } => return self.list(corporation, &filter, (after, limit), reply),
            Query::Unmatched {
                corporation,
                after,
                limit,
            } => self.unmatched_facts(corporation, after, limit),
            Query::AlikeTasks { corporation } => self.alike_tasks(corporation),
            Query::Unread { corporation, limit } => {
                ShardAnswer::Unread(self.tenants.unread.list(corporation).take(limit).collect())
            }
            Query::Census => self.census(),
            Query::Survey { after } => self.survey(after),
            Query::Roll { corporation, from } => self.roll(corporation, from),
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
        let answer = match self.tenants.awake(located.slot) {
            Some(tenant) if self.tenants.corporation(located.slot) == corporation => {
                if matches!(then, Then::Accepted) {
                    // A repeat of a group waits until each addressee has his, as the first one does.
                    self.hand_out(tenant, id);
                }
                let answer = self.of_open(tenant, id, &then);
                return self.begin_following(reply, answer);
            }
            Some(_) | None => ShardAnswer::NotFound,
        };
        self.answer(reply, answer);
    }

    fn of_open(&self, tenant: Awake, id: NotificationId, then: &Then) -> ShardAnswer {
        match (then, self.tenants.state(tenant).find(id)) {
            (Then::Accepted, Some(open)) => ShardAnswer::Accepted {
                position: open.body,
            },
            (Then::Accepted | Then::Snapshot | Then::Decide(_), _) => {
                self.snapshot(self.tenants.key(tenant), None)
            }
        }
    }

    /// A tenant's state; with how the notification asked for ended, if it did.
    pub(super) fn snapshot(&self, key: &TenantKey, ended: Option<Ended>) -> ShardAnswer {
        let tenant = match (self.tenants.find(key), &ended) {
            (Ok(Some(tenant)), _) => self.tenants.state(tenant).clone(),
            // Nothing is left of it but that this ended.
            (Ok(None) | Err(_), Some(ended)) => Tenant {
                last: ended.sequence,
                ..Tenant::default()
            },
            (Ok(None) | Err(_), None) => return ShardAnswer::NotFound,
        };
        ShardAnswer::Snapshot(Box::new(Snapshot {
            key: key.clone(),
            tenant,
            ended,
        }))
    }
}
