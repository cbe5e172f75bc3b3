//! Owns the handles of a running engine: every inbox, what it knows of its channels, its clock's
//! alarms, and how it stops.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use sluis_journal::Journal;
use sluis_model::{
    Channel, CorporationId, Lane, NotificationId, Policy, ShardId, TenantKey, Timestamp,
};
use tokio::sync::watch;

use super::give_up::GiveUp;
use super::settings::EngineChange;
use crate::checkpointer::CheckpointThread;
use crate::keys::KeyIndex;
use crate::latest::Latest;
use crate::pauses::PauseRegistry;
use crate::prepare::{Cards, PreparePool};
use crate::quota::Quota;
use crate::readers::Readers;
use crate::retention::{Brake, Retention, RetentionError};
use crate::router::{Hold, Out, Outlook};
use crate::shard::{CheckpointDesk, Endings, Horizon, Inbox};
use crate::supervisor::Supervisor;
use crate::table_writer::TableWriter;
use crate::wake::{Activity, Waker};

/// A running engine.
pub struct Engine {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) inboxes: Vec<Arc<Inbox>>,
    pub(super) wakers: Vec<Arc<Waker>>,
    pub(super) activity: Arc<Activity>,
    pub(super) policy: Arc<Latest<Policy>>,
    pub(super) quota: Arc<Quota>,
    pub(super) keys: Arc<KeyIndex>,
    pub(super) pauses: Arc<PauseRegistry>,
    pub(super) outlooks: BTreeMap<Channel, Arc<Outlook>>,
    pub(super) router_wakers: BTreeMap<Channel, Arc<Waker>>,
    pub(super) cards: Arc<Latest<Cards>>,
    pub(super) supervisors: Vec<(Box<str>, Arc<Supervisor>)>,
    pub(super) pool: Arc<PreparePool>,
    pub(super) news: watch::Sender<u64>,
    pub(super) endings: Vec<Arc<Endings>>,
    pub(super) horizons: Vec<Arc<Horizon>>,
    pub(super) retention: Arc<Mutex<Retention>>,
    pub(super) brake: Arc<Brake>,
    pub(super) keeper: TableWriter,
    pub(super) desks: Vec<Arc<CheckpointDesk>>,
    pub(super) checkpoints: CheckpointThread,
    pub(super) readers: Arc<Readers>,
    pub(super) given_up: GiveUp,
}

impl Engine {
    /// The number of shards.
    #[must_use]
    pub fn shards(&self) -> u16 {
        self.journal.shards()
    }

    /// The inbox of a shard; none for a number that does not exist, which a forged id may carry.
    #[must_use]
    pub fn inbox(&self, shard: ShardId) -> Option<&Arc<Inbox>> {
        self.inboxes.get(usize::from(shard.0))
    }

    /// The inbox of a tenant's shard.
    #[must_use]
    pub fn inbox_of(&self, tenant: &TenantKey) -> &Arc<Inbox> {
        &self.inboxes[usize::from(tenant.shard(self.shards()).0)]
    }

    /// The inbox of a notification's shard.
    #[must_use]
    pub fn inbox_by_id(&self, id: NotificationId) -> Option<&Arc<Inbox>> {
        self.inbox(id.shard())
    }

    /// Every inbox, in order of shards.
    #[must_use]
    pub fn inboxes(&self) -> &[Arc<Inbox>] {
        &self.inboxes
    }

    /// The journal.
    #[must_use]
    pub fn journal(&self) -> &Arc<dyn Journal> {
        &self.journal
    }

    /// What is under way.
    #[must_use]
    pub fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }

    /// What decisions rely on now.
    #[must_use]
    pub fn policy(&self) -> Arc<Policy> {
        self.policy.get()
    }

    /// Goes by other settings from here on, for corporations that it did not know too. Nothing of it can fail.
    /// First the room for what is open, then what messages show, then how they leave, then how they are
    /// decided about.
    pub fn take_over(&self, fresh: EngineChange) {
        let EngineChange {
            policy,
            bounds,
            routers,
            cards,
        } = fresh;
        let known = bounds.shares.iter().map(|(corporation, _)| *corporation);
        self.keys.add(known);
        self.quota.take_over(bounds);
        self.cards.set(cards);
        let limits = routers.values().flat_map(|settings| &settings.limits);
        for (name, limits) in limits {
            let known = self.supervisors.iter().find(|(known, _)| known == name);
            if let Some((_, supervisor)) = known {
                supervisor.allow(limits.concurrency);
            }
        }
        for (channel, settings) in routers {
            if let Some(outlook) = self.outlooks.get(&channel) {
                outlook.settings.set(settings);
            }
            if let Some(waker) = self.router_wakers.get(&channel) {
                waker.wake();
            }
        }
        self.given_up.wait_for(policy.retry.give_up_ms);
        self.policy.set(policy);
    }

    /// Most attempts at once that a provider may be given before the next start; none: there is no such
    /// provider.
    #[must_use]
    pub fn room(&self, provider: &str) -> Option<usize> {
        let known = self
            .supervisors
            .iter()
            .find(|(name, _)| **name == *provider);
        known.map(|(_, supervisor)| supervisor.inbox().bound())
    }

    /// Open notifications and their bounds.
    #[must_use]
    pub fn quota(&self) -> &Arc<Quota> {
        &self.quota
    }

    /// Used idempotency keys.
    #[must_use]
    pub fn keys(&self) -> &Arc<KeyIndex> {
        &self.keys
    }

    /// What is paused.
    #[must_use]
    pub fn pauses(&self) -> &Arc<PauseRegistry> {
        &self.pauses
    }

    /// What holds back a message of the corporation that is ready for this channel and lane, pinned
    /// to a provider perhaps, beside pauses.
    #[must_use]
    pub fn holds(
        &self,
        corporation: CorporationId,
        channel: Channel,
        lane: Lane,
        pinned: Option<&str>,
        now: Timestamp,
    ) -> Vec<Hold> {
        self.outlooks
            .get(&channel)
            .map(|outlook| outlook.holds(corporation, lane, pinned, now))
            .unwrap_or_default()
    }

    /// The providers that let nothing through freely at `now`: they cannot be reached, or take
    /// nothing from us.
    #[must_use]
    pub fn providers_out(&self, now: Timestamp) -> Vec<Out> {
        self.outlooks
            .values()
            .flat_map(|outlook| outlook.out(now))
            .collect()
    }

    /// Tells the warnings of the supervisors that were held back; to be called every few seconds.
    pub fn flush_warnings(&self) {
        self.supervisors
            .iter()
            .for_each(|(_, supervisor)| supervisor.flush_warnings());
    }

    /// Changes whenever something ended, durably.
    #[must_use]
    pub fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    /// Destroys the key of a tenant whose erasure is written, with nobody at the table of his shard, and
    /// takes what waits for him. Blocks on the disk.
    ///
    /// # Errors
    /// What `destroy` says: his messages wait on.
    pub fn end_erasure<T, E>(
        &self,
        tenant: &TenantKey,
        destroy: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let shard = tenant.shard(self.shards());
        let destroyed = self.endings[usize::from(shard.0)].erase(tenant, destroy)?;
        self.inbox_of(tenant).end_erasure(tenant.clone());
        Ok(destroyed)
    }

    /// One step towards forgetting old records and old endings, as is done every second. Blocks on the
    /// disk.
    ///
    /// # Errors
    /// See [`RetentionError`]; nothing is lost by it.
    pub fn forget(&self) -> Result<(), RetentionError> {
        let mut retention = self.retention.lock();
        retention.sweep()?;
        retention.step()
    }

    /// Whether intake is to wait, because old records go more slowly than new ones come.
    #[must_use]
    pub fn is_growing(&self) -> bool {
        self.brake.is_on()
    }

    /// Wakes whoever's alarm fell due. To be called often: its period is the lateness of timers.
    pub fn tick(&self, now: Timestamp) {
        self.given_up.look(now, &self.outlooks, &self.inboxes);
        self.wakers.iter().for_each(|waker| waker.tick(now));
    }

    /// When the next alarm falls due: what a stepped clock may step to once nothing is under way.
    #[must_use]
    pub fn next_due(&self) -> Timestamp {
        self.wakers
            .iter()
            .map(|waker| waker.due())
            .min()
            .unwrap_or(Timestamp::NEVER)
    }

    /// Attempts under way, per provider.
    pub fn under_way(&self) -> impl Iterator<Item = (&str, usize)> {
        self.supervisors
            .iter()
            .map(|(name, supervisor)| (&**name, supervisor.inbox().under_way()))
    }

    /// Starts no further attempts and waits, at most `bound`, for those under way. Returns how many
    /// still are: they stay journaled as started, and are in doubt at the next start.
    pub async fn stop_sending(&self, bound: Duration) -> usize {
        let mut left = 0;
        for (_, supervisor) in &self.supervisors {
            left += supervisor.stop(bound).await;
        }
        left
    }

    /// Tells them at the end of the process.
    pub fn finish_warnings(&self) {
        self.supervisors
            .iter()
            .for_each(|(_, supervisor)| supervisor.finish_warnings());
    }

    /// Ends the threads beside the actors. Blocks until they ended.
    pub fn close(&self) {
        self.readers.stop();
        self.checkpoints.stop();
        self.keeper.stop();
        self.pool.close();
    }
}
