//! Owns where a shard's effects go: supervisors, routers, and whoever waits for news.

use std::collections::HashMap;
use std::sync::Arc;

use sluis_model::{Channel, OnDoubt};

use crate::dispatch::Dispatch;
use crate::outbox::{Outbox, QueueKey, Report};
use crate::router::Owner;
use crate::wake::Waker;

/// A provider as a shard knows it; its index in [`Links::providers`] is its index in the router.
#[derive(Clone, Debug)]
pub struct ProviderEntry {
    /// Its name.
    pub name: Box<str>,
    /// What doubt means to it.
    pub on_doubt: OnDoubt,
    /// Whose it is.
    pub owner: Owner,
}

type TakeDispatch = Arc<dyn Fn(Box<Dispatch>) -> Result<(), Box<Dispatch>> + Send + Sync>;

/// Where a shard's effects go.
#[derive(Clone)]
pub struct Links {
    /// Hands an attempt to its supervisor; refused, its permit has come back already.
    pub dispatch: TakeDispatch,
    /// Gives back the permit of an attempt that never was: its record did not reach the journal.
    pub abandon: Arc<dyn Fn(&Dispatch) + Send + Sync>,
    /// Per channel: this shard's outbox and the router's waker.
    pub routers: HashMap<Channel, (Arc<Outbox>, Arc<Waker>)>,
    /// Per channel: its providers.
    pub providers: HashMap<Channel, Vec<ProviderEntry>>,
    /// Woken whenever something ended, durably.
    pub news: Arc<dyn Fn() + Send + Sync>,
}

impl Links {
    /// Leaves a report for the channel's router and wakes it.
    pub(super) fn tell_router(&self, channel: Channel, report: impl FnOnce(&mut Report)) {
        if let Some((outbox, waker)) = self.routers.get(&channel) {
            outbox.post(report);
            waker.wake();
        }
    }

    /// The provider with this index in the channel's router.
    pub(super) fn provider(&self, channel: Channel, index: usize) -> Option<&ProviderEntry> {
        self.providers.get(&channel)?.get(index)
    }

    /// The index of the provider with this name.
    pub(super) fn index_of(&self, channel: Channel, provider: &str) -> Option<usize> {
        let all = self.providers.get(&channel)?;
        all.iter().position(|known| &*known.name == provider)
    }
    /// The providers that what stands in a queue may go through.
    pub(super) fn serving(&self, queue: &QueueKey) -> impl Iterator<Item = &ProviderEntry> {
        let all = self
            .providers
            .get(&queue.channel)
            .map_or(&[][..], Vec::as_slice);
        let (corporation, pinned) = (queue.corporation, queue.pinned.as_deref());
        all.iter().filter(move |entry| {
            entry.owner.serves(corporation) && pinned.is_none_or(|pinned| *entry.name == *pinned)
        })
    }

    /// Whether any provider takes what stands in a queue.
    pub(super) fn serve(&self, queue: &QueueKey) -> bool {
        self.serving(queue).next().is_some()
    }
}
