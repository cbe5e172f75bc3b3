//! Owns the running of a router: its place on an arbiter and the way its grants go out.
//! Refuses every message but `Wake`.

use std::sync::Arc;

use actix::{Actor, Addr, Context, Handler};
use sluis_model::ShardId;

use super::core::RouterCore;
use crate::arbiter_waker::ArbiterWaker;
use crate::outbox::Grant;
use crate::wake::{Wake, Waker};

/// Where grants go: the shard's inbox. Must not block; a shard's inbox has room for every permit
/// there is.
pub type GrantSink = Box<dyn FnMut(ShardId, Grant) + Send>;

/// The actor of one router.
pub struct RouterActor {
    core: RouterCore,
    waker: Arc<Waker>,
    grant: GrantSink,
}

impl std::fmt::Debug for RouterActor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.core.fmt(f)
    }
}

impl RouterActor {
    /// One `Wake` in hand and one that waits are all there can be.
    const MAILBOX: usize = 2;

    /// An actor for `core`, woken by `waker`: the one its gates and the shards hold.
    #[must_use]
    pub fn new(core: RouterCore, waker: Arc<Waker>, grant: GrantSink) -> Self {
        Self { core, waker, grant }
    }

    /// Starts it on an arbiter and connects its waker.
    pub fn start_in(self, arbiter_waker: &ArbiterWaker) -> Addr<Self> {
        let waker = self.waker.clone();
        let address = Self::start_in_arbiter(arbiter_waker.arbiter(), |_| self);
        arbiter_waker.connect(&waker, address.clone());
        address
    }
}

impl Actor for RouterActor {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Context<Self>) {
        context.set_mailbox_capacity(Self::MAILBOX);
    }
}

impl Handler<Wake> for RouterActor {
    type Result = ();

    fn handle(&mut self, _: Wake, _: &mut Context<Self>) {
        let Self { core, waker, grant } = self;
        let next = waker.turn(|| core.turn(&mut **grant));
        waker.set_due(next);
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use sluis_model::{Channel, CorporationId, Lane, ManualClock, OnDoubt, Timestamp};

    use super::*;
    use crate::outbox::{Outbox, QueueKey};
    use crate::router::{Gate, Owner, ProviderSlot, RouterSettings};
    use crate::wake::Activity;

    #[test]
    fn it_grants_when_its_bell_rings_and_sets_its_alarm() {
        let (activity, outbox) = (Arc::<Activity>::default(), Arc::<Outbox>::default());
        let (waker, one, many) = (
            Waker::new(activity.clone()),
            NonZeroU32::MIN,
            NonZeroU32::MAX,
        );
        let gate = Gate::new(many, waker.clone());
        let (name, on_doubt) = ("a".into(), OnDoubt::Hold);
        let slot = ProviderSlot {
            name,
            owner: Owner::Street,
            on_doubt,
            concurrency: many,
            rate_per_second: Some(one),
            burst: Some(one),
            gate,
        };
        let queue = QueueKey {
            channel: Channel::Sms,
            lane: Lane::Bulk,
            corporation: CorporationId(1),
            pinned: None,
        };
        let clock = Arc::new(ManualClock::default());
        let settings = RouterSettings::new(Channel::Sms);
        let core = RouterCore::new(
            settings,
            vec![slot],
            vec![outbox.clone()],
            clock.clone(),
            activity,
        );
        clock.set(Timestamp(1_000));
        let waiting = queue.clone();
        outbox.post(|report| {
            report.waiting.insert(waiting, 2);
        });
        let (sender, grants) = crossbeam::channel::unbounded();
        let sink = Box::new(move |shard, grant| drop(sender.send((shard, grant))));
        actix::System::new().block_on(async {
            let arbiter = actix::Arbiter::new();
            RouterActor::new(core, waker.clone(), sink)
                .start_in(&ArbiterWaker::start(arbiter.handle(), 1));
            waker.wake();
            let granted = grants.recv_timeout(std::time::Duration::from_secs(30));
            assert_eq!(
                granted,
                Ok((
                    ShardId(0),
                    Grant {
                        queue,
                        provider: 0,
                        count: 1
                    }
                ))
            );
            arbiter.stop();
            arbiter.join().unwrap();
        });
        assert_eq!(waker.due(), Timestamp(2_000), "one message a second");
    }
}
