//! Owns how long messages wait for a provider that refuses our account. When that is over, every
//! shard is told, and gives what waits for nothing else to people. Refuses to look at each tick:
//! what takes two days may be noticed a few seconds late.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use sluis_model::{Channel, SECOND, Timestamp};

use crate::router::Outlook;
use crate::shard::{GivenUp, Inbox, ShardRequest};

/// How often it looks, in milliseconds.
const EVERY_MS: i64 = 5 * SECOND;

/// When it looks again, and how long is waited.
pub(super) struct GiveUp {
    after_ms: AtomicI64,
    looked: AtomicI64,
}

impl GiveUp {
    /// After so many milliseconds of refusals without a break.
    pub(super) const fn after(after_ms: i64) -> Self {
        Self {
            after_ms: AtomicI64::new(after_ms),
            looked: AtomicI64::new(i64::MIN),
        }
    }

    /// From here on after so many.
    pub(super) fn wait_for(&self, after_ms: i64) {
        self.after_ms.store(after_ms, Ordering::Relaxed);
    }

    /// Looks, if it is time to. A clock that was set back is no reason to wait.
    pub(super) fn look(
        &self,
        now: Timestamp,
        outlooks: &BTreeMap<Channel, Arc<Outlook>>,
        inboxes: &[Arc<Inbox>],
    ) {
        let looked = Timestamp(self.looked.load(Ordering::Relaxed));
        if now >= looked && now < looked.plus(EVERY_MS) {
            return;
        }
        self.looked.store(now.0, Ordering::Relaxed);
        let since = now.plus(-self.after_ms.load(Ordering::Relaxed));
        for (channel, outlook) in outlooks {
            let providers = outlook.barred_since(since);
            if providers.is_empty() {
                continue;
            }
            let given_up = Arc::new(GivenUp {
                channel: *channel,
                providers,
            });
            for inbox in inboxes {
                // A full line takes it when it looks again.
                drop(inbox.offer_business(ShardRequest::GiveUp(given_up.clone())));
            }
        }
    }
}
