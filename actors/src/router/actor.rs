//! Owns the running of a router: its place on an arbiter and the way its grants go out.
//! Refuses every message but `Wake`.

use std::sync::Arc;

use actix::{Actor, Addr, Context, Handler};
use sluis_model::ShardId;

use super::core::RouterCore;
use crate::belfry::Belfry;
use crate::board::Grant;
use crate::wake::{Bell, Wake};

/// Where grants go: the shard's inbox. Must not block; a shard's inbox has room for every permit
/// there is.
pub type GrantSink = Box<dyn FnMut(ShardId, Grant) + Send>;

/// The actor of one router.
pub struct RouterActor {
    core: RouterCore,
    bell: Arc<Bell>,
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

    /// An actor for `core`, rung by `bell`: the one its gates and the shards hold.
    #[must_use]
    pub fn new(core: RouterCore, bell: Arc<Bell>, grant: GrantSink) -> Self {
        Self { core, bell, grant }
    }

    /// Starts it on an arbiter and connects its bell.
    pub fn start_in(self, belfry: &Belfry) -> Addr<Self> {
        let bell = self.bell.clone();
        let address = Self::start_in_arbiter(belfry.arbiter(), |_| self);
        belfry.connect(&bell, address.clone());
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
        let Self { core, bell, grant } = self;
        let next = bell.turn(|| core.turn(&mut **grant));
        bell.set_due(next);
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use sluis_model::{Channel, CorporationId, Lane, ManualClock, OnDoubt, Timestamp};

    use super::*;
    use crate::board::{Board, QueueKey};
    use crate::router::{Gate, Owner, ProviderSlot, RouterSettings};
    use crate::wake::Activity;

    #[test]
    fn it_grants_when_its_bell_rings_and_sets_its_alarm() {
        let (activity, board) = (Arc::<Activity>::default(), Arc::<Board>::default());
        let (bell, one, many) = (
            Bell::new(activity.clone()),
            NonZeroU32::MIN,
            NonZeroU32::MAX,
        );
        let gate = Gate::new(many, bell.clone());
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
            vec![board.clone()],
            clock.clone(),
            activity,
        );
        clock.set(Timestamp(1_000));
        let waiting = queue.clone();
        board.post(|report| {
            report.waiting.insert(waiting, 2);
        });
        let (sender, grants) = crossbeam::channel::unbounded();
        let sink = Box::new(move |shard, grant| drop(sender.send((shard, grant))));
        actix::System::new().block_on(async {
            let arbiter = actix::Arbiter::new();
            RouterActor::new(core, bell.clone(), sink)
                .start_in(&Belfry::start(arbiter.handle(), 1));
            bell.ring();
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
        assert_eq!(bell.due(), Timestamp(2_000), "one message a second");
    }
}
